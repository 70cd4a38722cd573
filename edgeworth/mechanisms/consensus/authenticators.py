"""Which authenticators a run has: ideal ones of the simulation, Ed25519 signatures, or one's own."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b

from edgeworth.core import validation
from edgeworth.mechanisms.consensus.messages import Authenticators, IdealAuthenticators, Statement
from edgeworth.mechanisms.token_market.signing import KeyPair, verified

AUTHENTICATORS = ("ideal", "ed25519")
"""Authenticators by name."""


class SignedAuthenticators:
    """Ed25519 signatures, which anybody can check who knows the public keys.

    Parameters
    ----------
    seed : int
        From which the key pairs of the replicas are derived, >= 0.

    Raises
    ------
    MissingExtraError
        Without the extra ``cryptography``, when the first key is made.

    Notes
    -----
    The text of a statement is signed. Secret keys follow from the seed, so that a run can be played again: whoever knows it
    could sign for everybody. Outside of a simulation a replica makes its own pair and shows the public key only.

    Examples
    --------
    >>> keys = SignedAuthenticators(0)
    >>> tag = keys.sign(1, ("commit", 0, 1, b"digest"))
    >>> keys.valid(1, ("commit", 0, 1, b"digest"), tag), keys.valid(2, ("commit", 0, 1, b"digest"), tag)
    (True, False)
    """

    length = 64

    def __init__(self, seed: int) -> None:
        self.seed = validation.integer("seed", seed, minimum=0)
        self._pair = cache(self._derive)

    def _derive(self, replica: int) -> KeyPair:
        return KeyPair(blake2b(f"ed25519 {self.seed} {replica}".encode(), digest_size=32).digest())

    def public(self, replica: int) -> bytes:
        """That replica's public key, 32 bytes."""
        return self._pair(replica).public

    def sign(self, replica: int, statement: Statement) -> bytes:
        """That replica's signature of a statement, 64 bytes."""
        return self._pair(replica).sign(repr(statement).encode())

    def valid(self, replica: int, statement: Statement, tag: bytes) -> bool:
        """Whether the replica made it."""
        return verified(self.public(replica), tag, repr(statement).encode())


def authenticators_of(authenticators: Authenticators | str, seed: int) -> Authenticators:
    """Authenticators by their name with keys of their own, or as they are.

    Parameters
    ----------
    authenticators : Authenticators or str
        One of `AUTHENTICATORS`, or authenticators.
    seed : int
        From which the keys of those by name are drawn.

    Returns
    -------
    Authenticators
    """
    if not isinstance(authenticators, str):
        if not all(hasattr(authenticators, name) for name in ("sign", "valid", "length")):
            validation.reject_type("authenticators", "must sign, tell what is valid, and have a length", authenticators)
        return authenticators
    validation.choice("authenticators", authenticators, AUTHENTICATORS)
    return IdealAuthenticators(seed) if authenticators == "ideal" else SignedAuthenticators(seed)
