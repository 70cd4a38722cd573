"""What replicas agree about: sums of numbers, for tests of the protocol, allocations of tasks to servers, or a market."""

from __future__ import annotations

from dataclasses import replace
from hashlib import blake2b

from edgeworth.core import validation
from edgeworth.mechanisms.consensus.blocks import Block, misplaced
from edgeworth.mechanisms.consensus.parts import Machine

_NUMBERS = 8


class Counting:
    """Blocks of eight numbers and their sum: as little as a block can hold about which one may be right or wrong.

    Parameters
    ----------
    seed : int
        From which the numbers are drawn.
    """

    name = "counting"

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def propose(self, height: int, previous: bytes, view: int, proposer: int, variant: int = 0) -> bytes:
        """Numbers that depend on the place, the proposer and the variant."""
        digest = blake2b(f"{self.seed} {height} {view} {proposer} {variant}".encode(), digest_size=_NUMBERS).digest()
        return Block(height, previous, view, proposer, self.name, {"numbers": list(digest), "sum": sum(digest)}).encode()

    def refusal(self, height: int, previous: bytes, block: bytes) -> str:
        """Why a block must not be accepted at that place; empty where it may."""
        try:
            found = Block.decode(block)
        except ValueError as error:
            return str(error)
        reason = misplaced(found, self.name, height, previous)
        if reason:
            return reason
        numbers, total = found.content.get("numbers"), found.content.get("sum")
        if not isinstance(numbers, list) or len(numbers) != _NUMBERS or not all(type(each) is int for each in numbers):
            return f"content: numbers must be {_NUMBERS} whole numbers; got {numbers!r}"
        if type(total) is not int or sum(numbers) != total:
            return f"content: sum must be {sum(numbers)}; got {total!r}"
        return ""

    def spoil(self, block: bytes, how: str) -> bytes:
        """A wrong sum, or fewer numbers."""
        found = Block.decode(block)
        if how == "wrong":
            return replace(found, content={**found.content, "sum": found.content["sum"] + 1}).encode()
        return replace(found, content={"numbers": [], "sum": 0}).encode()


MACHINES = ("counting", "allocation", "token-market")
"""What can be agreed about by name."""


def machine_of(machine: Machine | str, seed: int) -> Machine:
    """A machine by its name with numbers of its own drawn from a seed, or as it is.

    Parameters
    ----------
    machine : Machine or str
        One of `MACHINES`, or a machine.
    seed : int
        Of what a machine by name draws.

    Returns
    -------
    Machine
    """
    if not isinstance(machine, str):
        return machine
    validation.choice("machine", machine, MACHINES)
    if machine == "counting":
        return Counting(seed)
    if machine == "allocation":
        from edgeworth.mechanisms.consensus.allocating import Allocating

        return Allocating(seed=seed)
    from edgeworth.mechanisms.consensus.trading import Trading

    return Trading(seed=seed)
