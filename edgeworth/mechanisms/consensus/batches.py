"""Batches of signed commands of a token market: who asked for what, in which order, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

from edgeworth.mechanisms.token_market.apply import Effect, execute
from edgeworth.mechanisms.token_market.commands import Command
from edgeworth.mechanisms.token_market.encoding import decode, encode
from edgeworth.mechanisms.token_market.state import State


class Asked(NamedTuple):
    """A command that somebody asks to have in a block.

    Attributes
    ----------
    command : Command
        The command.
    signer, nonce : int
        Whose, and the signer's count.
    data : bytes
        All three as `token_market.encode` writes them.
    tag : bytes
        The signer's authenticator for one block.
    """

    command: Command
    signer: int
    nonce: int
    data: bytes
    tag: bytes


@dataclass(frozen=True)
class Reached:
    """Where a market stands after a block.

    Attributes
    ----------
    height : int
        The block's number; 0 before the first.
    state : State
        Nobody changes it; a block is played on a copy.
    digest : bytes
        Of the state.
    left : tuple of Asked
        Requests that the block left out, which are made again.
    """

    height: int
    state: State
    digest: bytes
    left: tuple[Asked, ...] = ()


class Signers:
    """Authenticators of accounts that only their owner can make, for the simulation holds all keys and lends none.

    Parameters
    ----------
    seed : int
        From which the keys are drawn.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._keys: dict[int, bytes] = {}

    def tag(self, signer: int, data: bytes, height: int) -> bytes:
        """The account's authenticator of an encoded command for the block of that number, 16 bytes."""
        if signer not in self._keys:
            self._keys[signer] = blake2b(f"account {self._seed} {signer}".encode(), digest_size=32).digest()
        return blake2b(height.to_bytes(8, "little") + data, key=self._keys[signer], digest_size=16).digest()

    def ask(self, command: Command, signer: int, nonce: int, height: int) -> Asked:
        """The signed command."""
        data = encode(command, signer, nonce)
        return Asked(command, signer, nonce, data, self.tag(signer, data, height))

    def read(self, data: bytes, tag: bytes) -> Asked:
        """The inverse, whoever signed; raises what `token_market.decode` raises."""
        return Asked(*decode(data), data, tag)


def batch_order(asked: Sequence[Asked], basis: bytes, height: int) -> list[Asked]:
    """The order that a batch must have: by hashes that nobody chooses, and no command before its account's earlier ones.

    Parameters
    ----------
    asked : sequence of Asked
        In any order.
    basis : bytes
        The digest of the market's state before the block.
    height : int
        The block's number.

    Returns
    -------
    list of Asked

    Notes
    -----
    The hash is of the basis, the number, and a command's account and nonce, not of what it commands: who tries other prices
    does not move. A command stands at its hash or, where that is later, at the latest hash among its account's commands of
    smaller nonces: who adds commands wins no better place for those that it wants there. It prevents a leader from choosing the
    order of given commands. It does not prevent it from adding commands of its own accounts where their hashes happen to put
    them in front, which the leader sees beforehand; the more accounts, the likelier. It says nothing about commands that are
    left out. A leader of the block before also has a hand in the state from which the hashes come, though it does not know then
    what will be asked for.
    """
    places: list[tuple[bytes, int, int, bytes]] = []
    latest: dict[int, bytes] = {}
    asked = sorted(asked, key=lambda each: (each.signer, each.nonce, each.data))
    for each in asked:
        numbers = basis + b"".join(number.to_bytes(8, "little") for number in (height, each.signer, each.nonce))
        own = blake2b(numbers, digest_size=16).digest()
        latest[each.signer] = max(own, latest.get(each.signer, own))
        places.append((latest[each.signer], each.signer, each.nonce, each.data))
    return [each for _, each in sorted(zip(places, asked, strict=True), key=lambda pair: pair[0])]


def played(state: State, asked: Sequence[Asked]) -> list[Effect]:
    """Apply commands one after the other, in place."""
    return [execute(state, each.command, signer=each.signer, nonce=each.nonce) for each in asked]
