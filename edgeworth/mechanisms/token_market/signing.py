"""Ed25519 signatures (RFC 8032): key pairs, who signs what, and the bytes that are signed.

What is signed begins with `PREFIX` and the chain's id, so that no signature is good in another chain, and goes on with a byte
that says what it is: the tag of a command, or one of `Purpose`, so that none is good for anything else either.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from edgeworth.core import validation
from edgeworth.core.errors import MissingExtraError
from edgeworth.mechanisms.token_market.commands import Attest, Command, Commit, Receipt
from edgeworth.mechanisms.token_market.encoding import body, decode, encode
from edgeworth.mechanisms.token_market.fields import Party, Reading, Vote

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PREFIX = b"edgeworth/token-market/1"
_FIELD = 2**255 - 19
_SMALL = {0, 1, _FIELD - 1} | {
    int.from_bytes(bytes.fromhex(text), "little")
    for text in (
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
}
"""The y of the eight points of small order: whose signatures under them verify for many messages."""


class Purpose(IntEnum):
    """What is signed besides commands; apart from all tags of commands."""

    TEE = 128
    ORACLE = 129
    PROMISE = 130
    MONITOR = 131
    ARBITER = 132


def sound(key: bytes) -> bool:
    """Whether a public key is written canonically and is no point of small order.

    Parameters
    ----------
    key : bytes
        32 bytes.

    Examples
    --------
    >>> sound(KeyPair(0).public), sound(bytes(32))
    (True, False)
    """
    y = int.from_bytes(key, "little") % 2**255
    return len(key) == 32 and y < _FIELD and y not in _SMALL


def verified(key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether a signature is the key's, of the message. An unsound key has none; S is below the group's order.

    Parameters
    ----------
    key, signature, message : bytes
        32 bytes, 64 bytes, any.

    Examples
    --------
    >>> pair = KeyPair(0)
    >>> verified(pair.public, pair.sign(b"yes"), b"yes"), verified(pair.public, pair.sign(b"yes"), b"no")
    (True, False)
    """
    _need()
    from cryptography.exceptions import InvalidSignature

    if len(signature) != 64 or not sound(key):
        return False
    try:
        _public(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=4_096)
def _public(key: bytes) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(key)


@cache
def _need() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("signed commands", "cryptography") from error


class KeyPair:
    """A secret key and its public one.

    Parameters
    ----------
    seed : int or bytes, optional
        Same seed, same pair, for tests and examples; bytes are the secret key itself, 32 of them. Left out, a fresh pair.

    Attributes
    ----------
    public : bytes
        32 bytes.

    Raises
    ------
    MissingExtraError
        Without the extra ``cryptography``.

    Examples
    --------
    >>> KeyPair(1).public == KeyPair(1).public != KeyPair(2).public
    True
    """

    def __init__(self, seed: int | bytes | None = None) -> None:
        _need()
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if seed is None:
            seed = os.urandom(32)
        elif not isinstance(seed, bytes):
            seed = derived("account", validation.integer("seed", seed, minimum=0, maximum=2**63 - 1))
        if len(seed) != 32:
            validation.reject("seed", "must have 32 bytes", len(seed))
        self._secret: Ed25519PrivateKey = Ed25519PrivateKey.from_private_bytes(seed)
        self.public: bytes = self._secret.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, 64 bytes.

        Parameters
        ----------
        message : bytes
            Of any length.
        """
        return self._secret.sign(message)

    def __repr__(self) -> str:
        return f"<KeyPair: {self.public.hex()[:16]}>"


def derived(what: str, *numbers: int) -> bytes:
    """32 bytes for a name and numbers, the same each time."""
    text = "/".join([what, *map(str, numbers)])
    return hashlib.sha256(PREFIX + b"/seed/" + text.encode()).digest()


@dataclass(frozen=True)
class Signed:
    """A command with its signer, nonce and signature: what a ledger takes.

    Parameters
    ----------
    command : Command
        What is commanded.
    signer : int
        The account; 0 is the sequencer, and whoever opens an account.
    nonce : int
        Of the signer.
    signature : bytes
        By the signer's key of the prefix, the chain's id and the encoded command.
    """

    command: Command
    signer: int
    nonce: int
    signature: bytes

    @classmethod
    def by(cls, pair: KeyPair, chain: bytes, command: Command, signer: int, nonce: int) -> Signed:
        """A command signed.

        Parameters
        ----------
        pair : KeyPair
            The signer's.
        chain : bytes
            The chain's id.
        command : Command
        signer, nonce : int
            See above.
        """
        return cls(command, signer, nonce, pair.sign(PREFIX + chain + encode(command, signer, nonce)))

    @classmethod
    def of(cls, command: bytes, signature: bytes) -> Signed:
        """From its encoding.

        Parameters
        ----------
        command, signature : bytes
            As `to_bytes` gives them; 64 bytes of signature.

        Raises
        ------
        ValueError, TypeError
            For what is no encoding of a command.
        """
        if not isinstance(signature, bytes):
            validation.reject_type("signature", "must be bytes", signature)
        if len(signature) != 64:
            validation.reject("signature", "must have 64 bytes", signature)
        return cls(*decode(command), signature)

    def to_bytes(self) -> bytes:
        """The encoded command, which is signed after the prefix and the chain's id."""
        return encode(self.command, self.signer, self.nonce)


def _inner(chain: bytes, purpose: Purpose, *parts: bytes) -> bytes:
    return PREFIX + chain + bytes([purpose]) + b"".join(parts)


def tee_message(chain: bytes, account: int, command: Attest) -> bytes:
    """What the attestation key signs: account, number of the key, period, and what was measured."""
    return _inner(chain, Purpose.TEE, account.to_bytes(4, "little"), body(command, signatures=False))


def reading_message(chain: bytes, account: int, command: Attest, reading: Reading) -> bytes:
    """What an oracle signs: account, attestation key, period, seat, and its own values."""
    about = (account.to_bytes(4, "little"), command.tee.to_bytes(4, "little"), command.period.to_bytes(8, "little"))
    return _inner(chain, Purpose.ORACLE, *about, body(reading, signatures=False))


def promise_message(chain: bytes, command: Commit) -> bytes:
    """What the other party of a deal signs: all of it."""
    return _inner(chain, Purpose.PROMISE, body(command, signatures=False))


def monitor_message(chain: bytes, command: Receipt) -> bytes:
    """What the supplier's monitor signs: the deal and the hash of the result."""
    return _inner(chain, Purpose.MONITOR, body(command, signatures=False))


def vote_message(chain: bytes, deal: int, vote: Vote) -> bytes:
    """What an arbiter signs: the deal, its seat, and its decision."""
    return _inner(chain, Purpose.ARBITER, deal.to_bytes(8, "little"), body(vote, signatures=False))


class Wallet(Party):
    """A key pair with an account in a ledger: signs commands and promises. Commands take it where they take an account.

    Parameters
    ----------
    pair : KeyPair
        The account's.
    chain : bytes
        The chain's id.
    number : int
        The account's; 0 is the sequencer.
    next_nonce : callable
        Of the account's number: the nonce of its next command.
    """

    def __init__(self, pair: KeyPair, chain: bytes, number: int, next_nonce: Callable[[int], int]) -> None:
        self.pair, self.chain, self.number, self._next_nonce = pair, chain, number, next_nonce

    def sign(self, command: Command, nonce: int | None = None) -> Signed:
        """A command signed by this account.

        Parameters
        ----------
        command : Command
        nonce : int, optional
            Left out, the ledger's next one for this account, counting what the account signed since the ledger last took a
            command.
        """
        count = self._next_nonce(self.number) if nonce is None else nonce
        return Signed.by(self.pair, self.chain, command, self.number, count)

    def promise(self, command: Commit) -> Commit:
        """A deal with this party's signature, for the other one to submit.

        Parameters
        ----------
        command : Commit
            Its signature is replaced.
        """
        return replace(command, signature=self.pair.sign(promise_message(self.chain, command)))

    def monitored(self, command: Receipt, monitor: KeyPair | None = None) -> Receipt:
        """A receipt with the signature of a monitor.

        Parameters
        ----------
        command : Receipt
            Its signature is replaced.
        monitor : KeyPair, optional
            The supplier's attestation key; left out, the account's own, which is what a supplier has that never attested.
        """
        pair = self.pair if monitor is None else monitor
        return replace(command, signature=pair.sign(monitor_message(self.chain, command)))

    def __repr__(self) -> str:
        return f"<Wallet: account {self.number}>"
