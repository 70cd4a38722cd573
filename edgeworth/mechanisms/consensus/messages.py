"""What replicas send, and what makes it theirs: statements with authenticators that nobody else can make."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

REQUEST, PRE_PREPARE, PREPARE, COMMIT, CHECKPOINT, VIEW_CHANGE, NEW_VIEW, FETCH, BLOCKS, REPLY = range(10)
"""Kinds of messages."""

KINDS = (
    "request", "pre-prepare", "prepare", "commit", "checkpoint", "view-change", "new-view", "fetch", "blocks", "reply",
)  # fmt: skip
"""Their names, by kind."""

Statement = tuple[Any, ...]
"""What is signed: a word, and numbers and digests of one kind each, so that no two statements look alike."""

Tags = dict[int, bytes]
"""Authenticators of one statement, by replica."""


class Message(NamedTuple):
    """One message.

    Attributes
    ----------
    kind : int
        Which one, an index of `KINDS`.
    sender : int
        Who made it; whoever passes it on is somebody else.
    view, sequence : int
        The view and the sequence number that it is about; 0 where it is about none.
    digest : bytes
        Of the block that it is about.
    tag : bytes
        The sender's authenticator of the message's statement; empty in messages that are believed from their sender only.
    body : object
        A block, certificates, or what else the kind carries.
    """

    kind: int
    sender: int
    view: int = 0
    sequence: int = 0
    digest: bytes = b""
    tag: bytes = b""
    body: Any = None


class Prepared(NamedTuple):
    """A prepared certificate: a quorum accepted that block at that number in that view.

    Attributes
    ----------
    sequence, view : int
        Where and when.
    digest : bytes
        Of the block.
    block : bytes
        The block.
    tags : dict
        The authenticators of a quorum for `prepare_statement`.
    """

    sequence: int
    view: int
    digest: bytes
    block: bytes
    tags: Tags


class Stable(NamedTuple):
    """A stable checkpoint: a quorum executed all blocks up to that number, with that digest of the chain.

    Attributes
    ----------
    sequence : int
        The number, 0 at the beginning.
    digest : bytes
        The digest of the last block; empty at the beginning.
    tags : dict
        The authenticators of a quorum for `checkpoint_statement`; none at the beginning.
    """

    sequence: int = 0
    digest: bytes = b""
    tags: Tags = {}  # noqa: RUF012 - the beginning needs no certificate, and nobody writes into a certificate


class Committed(NamedTuple):
    """A block that a replica executed, with the certificate that let it.

    Attributes
    ----------
    sequence, view : int
        Its number, and the view in which a quorum committed it.
    digest, block : bytes
        The block and its digest.
    tags : dict
        The authenticators of a quorum for `commit_statement`.
    time : float
        When it was executed, seconds.
    """

    sequence: int
    view: int
    digest: bytes
    block: bytes
    tags: Tags
    time: float


def digest_of(block: bytes) -> bytes:
    """The digest of a block, 16 bytes."""
    return blake2b(block, digest_size=16).digest()


def prepare_statement(view: int, sequence: int, digest: bytes) -> Statement:
    """What a replica says that accepts a block, and the leader that proposes it."""
    return ("prepare", view, sequence, digest)


def commit_statement(view: int, sequence: int, digest: bytes) -> Statement:
    """What a replica says that has seen a quorum accept a block."""
    return ("commit", view, sequence, digest)


def checkpoint_statement(sequence: int, digest: bytes) -> Statement:
    """What a replica says that has executed all blocks up to a number."""
    return ("checkpoint", sequence, digest)


def view_change_statement(view: int, stable: Stable, prepared: tuple[Prepared, ...]) -> Statement:
    """What a replica says that leaves for a later view: its stable checkpoint and what it knows to be prepared."""
    return ("view-change", view, stable[:2], tuple(each[:3] for each in prepared))


def new_view_statement(view: int, changes: tuple[Message, ...]) -> Statement:
    """What the leader of a new view says: whose view changes it rests on."""
    return ("new-view", view, tuple((each.sender, each.tag) for each in changes))


def statement_of(message: Message) -> Statement | None:
    """The statement that a message's tag is about; None for kinds that are believed from their sender only."""
    kind, _, view, sequence, digest, _, body = message
    if kind in (PRE_PREPARE, PREPARE):
        return prepare_statement(view, sequence, digest)
    if kind == COMMIT:
        return commit_statement(view, sequence, digest)
    if kind == CHECKPOINT:
        return checkpoint_statement(sequence, digest)
    if kind == VIEW_CHANGE:
        return view_change_statement(view, *body)
    if kind == NEW_VIEW:
        return new_view_statement(view, body[0])
    return None


class Authenticators(Protocol):
    """Signs statements for replicas, and tells their signatures from others; ``length`` is that of one, in bytes."""

    length: int

    def sign(self, replica: int, statement: Statement) -> bytes:
        """That replica's authenticator of a statement."""

    def valid(self, replica: int, statement: Statement, tag: bytes) -> bool:
        """Whether the replica made it."""


class IdealAuthenticators:
    """Authenticators that only their replica can make, for the simulation holds all keys and lends none.

    Parameters
    ----------
    seed : int
        From which the keys are drawn, >= 0.

    Notes
    -----
    Keyed BLAKE2b of the statement's text. Whoever knows the seed can check a recorded certificate, and could forge one: what is
    proved by it is that the simulated replicas signed, not who ran the simulation.
    """

    length = 16

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._keys: dict[int, bytes] = {}

    def sign(self, replica: int, statement: Statement) -> bytes:
        """That replica's authenticator of a statement, 16 bytes."""
        key = self._keys.get(replica)
        if key is None:
            key = self._keys[replica] = blake2b(f"{self.seed} {replica}".encode(), digest_size=32).digest()
        return blake2b(repr(statement).encode(), key=key, digest_size=16).digest()

    def valid(self, replica: int, statement: Statement, tag: bytes) -> bool:
        """Whether the replica made it."""
        return self.sign(replica, statement) == tag


def certifies(quorum: int, size: int, statement: Statement, tags: Tags, authenticators: Authenticators) -> bool:
    """Whether tags are those of a quorum for a statement.

    Parameters
    ----------
    quorum, size : int
        How many replicas are needed, and how many there are.
    statement : tuple
        The statement.
    tags : dict
        Authenticators by replica; wrong ones are not counted.
    authenticators : Authenticators
        Tells right ones from wrong ones.

    Returns
    -------
    bool
    """
    if not isinstance(tags, dict) or len(tags) < quorum:
        return False
    good = sum(0 <= i < size and authenticators.valid(i, statement, tag) for i, tag in tags.items())
    return good >= quorum
