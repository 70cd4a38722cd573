"""What votes for a new view say: whether one is sound, and what its leader must propose again."""

from __future__ import annotations

from collections.abc import Sequence

from edgeworth.mechanisms.consensus.messages import (
    Authenticators,
    Message,
    Prepared,
    Stable,
    certifies,
    checkpoint_statement,
    digest_of,
    prepare_statement,
    view_change_statement,
)

NULL = b""
"""The block that does nothing; it fills a number about which nothing was prepared below one about which something was."""


def sound_change(message: Message, quorum: int, size: int, authenticators: Authenticators) -> bool:
    """Whether a vote for a new view is signed and all that it claims is certified.

    Parameters
    ----------
    message : Message
        The vote; its body is the stable checkpoint and the prepared certificates above it.
    quorum, size : int
        How many replicas make a quorum, and how many there are.
    authenticators : Authenticators
        Of all replicas.

    Returns
    -------
    bool
    """
    stable, prepared = message.body
    if not authenticators.valid(message.sender, view_change_statement(message.view, stable, prepared), message.tag):
        return False
    if stable.sequence and not certifies(
        quorum, size, checkpoint_statement(stable.sequence, stable.digest), stable.tags, authenticators
    ):
        return False
    return all(
        each.sequence > stable.sequence
        and each.view < message.view
        and digest_of(each.block) == each.digest
        and certifies(quorum, size, prepare_statement(each.view, each.sequence, each.digest), each.tags, authenticators)
        for each in prepared
    )


def open_numbers(changes: Sequence[Message]) -> tuple[int, list[tuple[int, bytes, bytes]]]:
    """What a quorum of sound votes leaves open: the latest stable checkpoint, and what is proposed again above it.

    Parameters
    ----------
    changes : sequence of Message
        The votes.

    Returns
    -------
    stable : int
        The number of the latest stable checkpoint among them.
    numbers : list of tuple
        Sequence number, digest and block, in order; the block prepared in the latest view, or `NULL` where none is known.

    Notes
    -----
    What any correct replica executed at a number was prepared at a quorum, which shares a correct replica with the quorum that
    votes: its certificate is among theirs, and no later view prepared another block there.
    """
    stable = max((each.body[0] for each in changes), key=lambda checkpoint: checkpoint.sequence, default=Stable()).sequence
    latest: dict[int, Prepared] = {}
    for change in changes:
        for each in change.body[1]:
            known = latest.get(each.sequence)
            if each.sequence > stable and (known is None or each.view > known.view):
                latest[each.sequence] = each
    numbers = []
    for sequence in range(stable + 1, max(latest, default=stable) + 1):
        found = latest.get(sequence)
        block = NULL if found is None else found.block
        numbers.append((sequence, digest_of(block), block))
    return stable, numbers
