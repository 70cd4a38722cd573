"""Replicas, a client and a network between them, event by event."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence

import numpy as np

from edgeworth.mechanisms.consensus.faults import Coalition, Faulty
from edgeworth.mechanisms.consensus.messages import KINDS, REPLY, REQUEST, Authenticators, Message
from edgeworth.mechanisms.consensus.network import Carrier, Network
from edgeworth.mechanisms.consensus.parts import Machine
from edgeworth.mechanisms.consensus.replica import Replica

_CLIENT = -1
_TIMER = -2
_LOOK = 2_000  # events between two looks at the clock of the run

_HEAD = 32  # bytes of a message without its authenticator, its block and its certificates
_NUMBER = 2  # bytes of a replica's number beside its authenticator
_ENTRY = 28  # bytes of a certificate without its authenticators and its block


def size_of(message: Message, length: int) -> int:
    """The bytes of a message whose authenticators have that length.

    32, one authenticator and its block; 28 and a block a certificate, 2 and an authenticator for every signer in one.
    """
    body, tag = message.body, length + _NUMBER
    size = _HEAD + length
    if isinstance(body, bytes):
        return size + len(body)
    if not isinstance(body, tuple) or not body:
        return size
    if isinstance(body[0], tuple) and body[0] and isinstance(body[0][0], Message):  # a new view
        return size + sum(size_of(each, length) for each in body[0]) + tag * len(body[1])
    if hasattr(body[0], "block"):  # committed blocks
        return size + sum(_ENTRY + len(each.block) + tag * len(each.tags) for each in body)
    stable, prepared = body
    size += _ENTRY + tag * len(stable.tags)
    return size + sum(_ENTRY + len(each.block) + tag * len(each.tags) for each in prepared)


class Simulation:
    """A run under way: the world outside of every replica.

    Parameters
    ----------
    replicas : int
        How many, >= 1.
    blocks : int
        How many the client asks for, one after the other.
    machine : Machine
        What is agreed about.
    authenticators : Authenticators
        Of all replicas.
    network : Network
        How messages travel.
    rng : Generator
        Of the network and of the faults.
    kinds : sequence of (int, type)
        Which replicas are faulty, and how.
    timeout, every, window
        As in `Replica`.
    correct : type
        The class of the correct replicas.
    """

    def __init__(
        self,
        replicas: int,
        blocks: int,
        machine: Machine,
        authenticators: Authenticators,
        network: Network,
        rng: np.random.Generator,
        kinds: Sequence[tuple[int, type[Faulty]]],
        timeout: float,
        every: int,
        window: int,
        correct: type[Replica] = Replica,
    ) -> None:
        self.now = 0.0
        self.blocks = blocks
        self._size = replicas
        self._events: list[tuple[float, int, int, int, Message | int]] = []
        self._order = 0
        self._carrier = Carrier(network, rng)
        self._length = authenticators.length
        self.sent = [0] * len(KINDS)
        self.bytes = 0
        self.delivered = 0
        self.refusals: list[tuple[float, int, int, int, str]] = []
        faulty = dict(kinds)
        self.replicas: list[Replica] = []
        coalition = Coalition(rng)
        for number in range(replicas):
            made = faulty.get(number, correct)(number, replicas, machine, self, authenticators, timeout, every, window)
            self.replicas.append(made)
            if isinstance(made, Faulty):
                made.join(coalition)
        self.correct = [replica for replica in self.replicas if replica.number not in faulty]
        self._timeout = timeout
        self._enough = (replicas - 1) // 3 + 1
        self._asked = 0.0
        self._asking = self._tries = self._timer = 0
        self._votes: dict[tuple[int, bytes], set[int]] = {}
        self.answered: list[float] = []  # seconds from asking to answer, by block
        self._ask()

    # --- what replicas may do -------------------------------------------------------------------------------

    def broadcast(self, sender: int, message: Message) -> None:
        """To all other replicas."""
        size = size_of(message, self._length)
        self.sent[message.kind] += self._size - 1
        self.bytes += size * (self._size - 1)
        carry, events, order, now = self._carrier, self._events, self._order, self.now
        for receiver in range(self._size):
            if receiver != sender:
                for _ in range(carry.copies(now, sender, receiver)):
                    order += 1
                    heapq.heappush(events, (now + carry.wait(size), order, receiver, sender, message))
        self._order = order

    def send(self, sender: int, receiver: int, message: Message) -> None:
        """To one replica or to the client."""
        size = size_of(message, self._length)
        self.sent[message.kind] += 1
        self.bytes += size
        for _ in range(self._carrier.copies(self.now, sender, receiver)):
            self._push(self._carrier.wait(size), receiver, sender, message)

    def wake(self, replica: int, delay: float) -> int:
        """Call the replica after that many seconds, with the number returned."""
        self._order += 1
        heapq.heappush(self._events, (self.now + delay, self._order, replica, _TIMER, self._order))
        return self._order

    def refused(self, replica: int, sequence: int, view: int, reason: str) -> None:
        """A replica refused a block; what faulty ones say of it is not kept."""
        if not isinstance(self.replicas[replica], Faulty):
            self.refusals.append((self.now, replica, sequence, view, reason))

    # --- the client -----------------------------------------------------------------------------------------

    def _ask(self) -> None:
        """The next block; the same again where the answer did not come."""
        if len(self.answered) >= self.blocks:
            return
        number = len(self.answered) + 1
        if number != self._asking:
            self._asking, self._asked, self._tries = number, self.now, 0
        message = Message(REQUEST, _CLIENT, 0, number)
        for receiver in range(self._size):
            self.send(_CLIENT, receiver, message)
        self._timer = self.wake(_CLIENT, self._timeout * 2.0 ** min(self._tries, 6))
        self._tries += 1

    def _answer(self, by: int, message: Message) -> None:
        if message.kind != REPLY or message.sender != by or message.sequence != len(self.answered) + 1:
            return
        votes = self._votes.setdefault((message.sequence, message.digest), set())
        votes.add(by)
        if len(votes) == self._enough:  # one of them is correct
            self.answered.append(self.now - self._asked)
            self._ask()

    # --- the clock ------------------------------------------------------------------------------------------

    def _push(self, delay: float, receiver: int, by: int, message: Message) -> None:
        self._order += 1
        heapq.heappush(self._events, (self.now + delay, self._order, receiver, by, message))

    @property
    def done(self) -> bool:
        """Whether every correct replica has executed all blocks."""
        return all(replica.executed >= self.blocks for replica in self.correct)

    def run(self, until: float, most: int, look: Callable[[], None] | None = None) -> None:
        """Play events until all correct replicas have all blocks, the time is over, or so many messages were delivered."""
        events, replicas = self._events, self.replicas
        while events and self.delivered < most:
            time, _, receiver, by, message = heapq.heappop(events)
            if time > until:
                break
            self.now = time
            if isinstance(message, int):
                if receiver != _CLIENT:
                    replicas[receiver].expire(message)
                elif message == self._timer:
                    self._ask()
                continue
            self.delivered += 1
            if receiver == _CLIENT:
                self._answer(by, message)
            else:
                replicas[receiver].receive(by, message)
            if self.delivered % _LOOK == 0 and look is not None:
                look()
            if len(self.answered) >= self.blocks and self.done:
                break
