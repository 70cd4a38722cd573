"""Who else signs in a market: the sequencer, oracles, arbiters, and attestation keys."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache

from edgeworth.core import validation
from edgeworth.mechanisms.token_market.commands import Arbitrate, Attest
from edgeworth.mechanisms.token_market.signing import KeyPair, derived, reading_message, sound, tee_message, vote_message

TEES = 128
"""Attestation keys of a `Ring`."""


class Authorities:
    """The public keys that a market fixes at genesis.

    Parameters
    ----------
    sequencer : bytes
        Signs ticks.
    oracles, arbiters, tees : sequence of bytes
        By seat, from 0; attestation keys by number, from 1, so that the first is number 1.
    """

    def __init__(
        self, sequencer: bytes, oracles: tuple[bytes, ...], arbiters: tuple[bytes, ...], tees: tuple[bytes, ...]
    ) -> None:
        self.sequencer, self.oracles, self.arbiters, self.tees = sequencer, tuple(oracles), tuple(arbiters), tuple(tees)
        for key in (sequencer, *self.oracles, *self.arbiters, *self.tees):
            if not isinstance(key, bytes) or not sound(key):
                validation.reject("authorities", "must be Ed25519 keys of 32 bytes, none of small order", key)
        self.pledges = {hashlib.sha256(key).digest(): number for number, key in enumerate(self.tees, 1)}

    def to_bytes(self) -> bytes:
        """Three counts and all keys."""
        counts = (len(self.oracles), len(self.arbiters), len(self.tees))
        head = b"".join(count.to_bytes(4, "little") for count in counts)
        return head + b"".join((self.sequencer, *self.oracles, *self.arbiters, *self.tees))

    @classmethod
    def from_bytes(cls, data: bytes) -> Authorities:
        """What `to_bytes` wrote.

        Parameters
        ----------
        data : bytes
            All of it.
        """
        counts = [int.from_bytes(data[k : k + 4], "little") for k in (0, 4, 8)]
        if len(data) != 12 + 32 * (1 + sum(counts)):
            validation.reject("authorities", f"must be 12 bytes and {1 + sum(counts)} keys", data[:12])
        keys = [data[k : k + 32] for k in range(12, len(data), 32)]
        one, two = 1 + counts[0], 1 + counts[0] + counts[1]
        return cls(keys[0], tuple(keys[1:one]), tuple(keys[one:two]), tuple(keys[two:]))


class Ring:
    """The secret keys of a market's authorities, all from one seed: for tests and examples, since the seed gives them away.

    Parameters
    ----------
    seed : int
        Of the market.

    Examples
    --------
    >>> Ring(0).authorities(oracles=7, arbiters=5).sequencer == Ring(0).sequencer.public
    True
    """

    def __init__(self, seed: int) -> None:
        self.seed = validation.integer("seed", seed, minimum=0, maximum=2**63 - 1)

    @lru_cache(maxsize=1_024)  # noqa: B019 rings are few and small
    def pair(self, what: str, number: int) -> KeyPair:
        """A key pair: of a ``sequencer``, ``oracle``, ``arbiter``, ``tee``, or of an account of `random_commands`.

        Parameters
        ----------
        what : str
            Whose.
        number : int
            Which.
        """
        return KeyPair(derived(what, self.seed, number))

    @property
    def sequencer(self) -> KeyPair:
        """Signs ticks."""
        return self.pair("sequencer", 0)

    def authorities(self, oracles: int, arbiters: int) -> Authorities:
        """The public keys, with `TEES` attestation keys.

        Parameters
        ----------
        oracles, arbiters : int
            How many.
        """
        panels = (("oracle", range(oracles)), ("arbiter", range(arbiters)), ("tee", range(1, TEES + 1)))
        keys = [tuple(self.pair(what, k).public for k in numbers) for what, numbers in panels]
        return Authorities(self.sequencer.public, *keys)

    def attest(self, chain: bytes, account: int, command: Attest) -> Attest:
        """An attestation with the signatures of its attestation key and of the oracles of its readings.

        Parameters
        ----------
        chain : bytes
            The chain's id.
        account : int
            The device's.
        command : Attest
            Its signatures are replaced.
        """
        signed = tuple(
            replace(each, signature=self.pair("oracle", each.seat).sign(reading_message(chain, account, command, each)))
            for each in command.readings
        )
        signature = self.pair("tee", command.tee).sign(tee_message(chain, account, command))
        return replace(command, readings=signed, signature=signature)

    def arbitrate(self, chain: bytes, command: Arbitrate) -> Arbitrate:
        """A decision with the signatures of its arbiters.

        Parameters
        ----------
        chain : bytes
            The chain's id.
        command : Arbitrate
            Its signatures are replaced.
        """
        votes = tuple(
            replace(each, signature=self.pair("arbiter", each.seat).sign(vote_message(chain, command.deal, each)))
            for each in command.votes
        )
        return replace(command, votes=votes)
