"""Replicas that do not keep to the protocol, alone or together."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from edgeworth.mechanisms.consensus.messages import (
    COMMIT,
    NEW_VIEW,
    PRE_PREPARE,
    PREPARE,
    VIEW_CHANGE,
    Message,
    Prepared,
    Stable,
    commit_statement,
    digest_of,
    new_view_statement,
    prepare_statement,
)
from edgeworth.mechanisms.consensus.parts import Market, Net
from edgeworth.mechanisms.consensus.replica import Replica

_REMEMBERED = 200  # messages that a replaying replica keeps
_NOISE = b"not an authenticator"[:16]


@dataclass(eq=False)
class Coalition:
    """The faulty replicas of a run, who know and trust each other.

    Attributes
    ----------
    rng : Generator
        For what they decide by chance.
    members : list of Replica
        All of them.
    """

    rng: np.random.Generator
    members: list[Replica] = field(default_factory=list)

    @property
    def numbers(self) -> list[int]:
        """Their numbers."""
        return [member.number for member in self.members]


class Faulty(Replica):
    """A member of a coalition; without more it behaves."""

    coalition: Coalition

    def join(self, coalition: Coalition) -> None:
        """Become a member, before the run begins."""
        self.coalition = coalition
        coalition.members.append(self)

    def vote(self, view: int, sequence: int, digest: bytes, receivers: Iterable[int]) -> None:
        """Accept a block and commit to it before these, whatever else was said before others."""
        votes = ((PREPARE, prepare_statement(view, sequence, digest)), (COMMIT, commit_statement(view, sequence, digest)))
        for kind, statement in votes:
            if kind == COMMIT or self.leader(view) != self.number:  # the leader's proposal is its vote
                message = Message(kind, self.number, view, sequence, digest, self._sign(statement))
                for receiver in receivers:
                    self.net.send(self.number, receiver, message)

    def propose_to(self, sequence: int, block: bytes, receivers: Iterable[int]) -> None:
        """Propose a block to these only, with the votes of all friends."""
        digest = digest_of(block)
        tag = self._sign(prepare_statement(self.view, sequence, digest))
        message = Message(PRE_PREPARE, self.number, self.view, sequence, digest, tag, block)
        shown = list(receivers)
        for receiver in shown:
            self.net.send(self.number, receiver, message)
        for friend in self.coalition.members:
            if isinstance(friend, Faulty):
                friend.vote(self.view, sequence, digest, shown)

    def others(self) -> list[int]:
        """All replicas outside the coalition, in random order."""
        outside = [i for i in range(self.size) if i not in self.coalition.numbers]
        self.coalition.rng.shuffle(outside)
        return outside


class Crashing(Faulty):
    """It stops at a random time in the first second or so, and is heard of no more."""

    back = False

    def join(self, coalition: Coalition) -> None:
        """Draw when it is down."""
        super().join(coalition)
        self._begins = float(coalition.rng.exponential(0.3))
        self._ends = self._begins + float(coalition.rng.uniform(0.5, 3.0)) if self.back else float("inf")
        self._return = self.net.wake(self.number, self._ends) if self.back else 0

    def _down(self) -> bool:
        return self._begins <= self.net.now < self._ends

    def receive(self, by: int, message: Message) -> None:
        """As a correct replica while it is up."""
        if not self._down():
            super().receive(by, message)

    def expire(self, timer: int) -> None:
        """As a correct replica while it is up."""
        if timer == self._return:
            self.resume()
        elif not self._down():
            super().expire(timer)


class Recovering(Crashing):
    """It stops at a random time and comes back after .5 to 3 seconds, with what it had decided and promised."""

    back = True


class Silent(Faulty):
    """It never says anything."""

    def receive(self, by: int, message: Message) -> None:
        """Nothing."""

    def expire(self, timer: int) -> None:
        """Nothing."""

    def vote(self, view: int, sequence: int, digest: bytes, receivers: Iterable[int]) -> None:
        """Nothing."""


class EquivocatingLeader(Faulty):
    """As a leader it proposes one block to half of the others and another to the rest; its friends vote for both."""

    def _offer(self, sequence: int, block: bytes) -> None:
        other = self.machine.propose(sequence, self.head, self.view, self.number, variant=1)
        outside = self.others()
        half = len(outside) // 2
        self.propose_to(sequence, block, outside[:half])
        self.propose_to(sequence, other, outside[half:])
        self._keep(sequence, block)

    def _keep(self, sequence: int, block: bytes) -> None:
        """Remember that it has proposed in this view."""
        digest = digest_of(block)
        tag = self._sign(prepare_statement(self.view, sequence, digest))
        self._on_pre_prepare(Message(PRE_PREPARE, self.number, self.view, sequence, digest, tag, block))


class WrongAllocation(EquivocatingLeader):
    """As a leader it proposes a block that breaks the rules of the machine; its friends vote for it."""

    how = "wrong"

    def _offer(self, sequence: int, block: bytes) -> None:
        spoilt = self.machine.spoil(block, self.how)
        self.propose_to(sequence, spoilt, self.others())
        self._keep(sequence, spoilt)


class LazyLeader(WrongAllocation):
    """As a leader it proposes a block that breaks no constraint and is worth less than the greedy one."""

    how = "lazy"


class FrontRunning(EquivocatingLeader):
    """As a leader of a market it puts orders of its own before a client's, within the rules; elsewhere it behaves."""

    how = "front-run"

    def _offer(self, sequence: int, block: bytes) -> None:
        if isinstance(self.machine, Market):
            block = self.machine.serve(block, self.how)
        self.propose_to(sequence, block, self.others())
        self._keep(sequence, block)


class Censoring(FrontRunning):
    """As a leader of a market it does the same, and leaves out a client's order that is in its way."""

    how = "censor"


class _Withholding:
    """Broadcasts reach a random part of the others."""

    def __init__(self, net: Net, size: int, rng: np.random.Generator) -> None:
        self._net, self._size, self._rng = net, size, rng

    @property
    def now(self) -> float:
        return self._net.now

    def broadcast(self, sender: int, message: Message) -> None:
        chosen = self._rng.random(self._size) < self._rng.random()
        for receiver in range(self._size):
            if receiver != sender and chosen[receiver]:
                self._net.send(sender, receiver, message)

    def send(self, sender: int, receiver: int, message: Message) -> None:
        self._net.send(sender, receiver, message)

    def wake(self, replica: int, delay: float) -> int:
        return self._net.wake(replica, delay)

    def refused(self, replica: int, sequence: int, view: int, reason: str) -> None:
        self._net.refused(replica, sequence, view, reason)


class Withholding(Faulty):
    """Everything that it says reaches a random part of the others only."""

    def join(self, coalition: Coalition) -> None:
        """Come between the replica and the network."""
        super().join(coalition)
        self.net = _Withholding(self.net, self.size, coalition.rng)


class Forgetful(Faulty):
    """When it votes for a new view it knows of nothing that was prepared."""

    def _certificates(self) -> tuple[Prepared, ...]:
        return ()


class Forging(Faulty):
    """It makes votes of others, certificates and new views without the authenticators for them."""

    def join(self, coalition: Coalition) -> None:
        """Nothing is forged yet."""
        super().join(coalition)
        self._forged: set[tuple[int, int, int]] = set()

    def receive(self, by: int, message: Message) -> None:
        """As a correct replica, and sometimes a forgery beside it, once of a kind and place."""
        super().receive(by, message)
        place = (message.kind, message.view, message.sequence)
        if message.kind in (PRE_PREPARE, COMMIT) and place not in self._forged and self.coalition.rng.random() < 0.5:
            self._forged.add(place)
            self._forge(message)

    def _forge(self, seen: Message) -> None:
        place, view, leader = self.executed + 1, seen.view, self.leader(seen.view)
        block = self.machine.propose(
            place, self.head, view, leader, variant=2
        )  # as if the leader had, and everybody voted for it
        digest = digest_of(block)
        self.net.broadcast(self.number, Message(PRE_PREPARE, leader, view, place, digest, _NOISE, block))
        for other in range(self.size):
            for kind in (PREPARE, COMMIT):
                self.net.broadcast(self.number, Message(kind, other, view, place, digest, _NOISE))
        view = self.view + self.size - (self.view - self.number) % self.size  # the next that it leads
        changes = tuple(Message(VIEW_CHANGE, i, view, 0, b"", _NOISE, (Stable(), ())) for i in range(self.quorum))
        tag = self._sign(new_view_statement(view, changes))
        self.net.broadcast(self.number, Message(NEW_VIEW, self.number, view, 0, b"", tag, (changes, ())))

    def _certificates(self) -> tuple[Prepared, ...]:
        forged = Prepared(self.executed + 1, 0, digest_of(b"forged"), b"forged", dict.fromkeys(range(self.quorum), _NOISE))
        return (*super()._certificates(), forged)


class Replaying(Faulty):
    """It sends again what it has received, to anybody, at any time."""

    def join(self, coalition: Coalition) -> None:
        """Begin to remember."""
        super().join(coalition)
        self._seen: deque[Message] = deque(maxlen=_REMEMBERED)

    def receive(self, by: int, message: Message) -> None:
        """As a correct replica, and something old beside it."""
        super().receive(by, message)
        self._seen.append(message)
        old = self._seen[int(self.coalition.rng.integers(len(self._seen)))]
        self.net.send(self.number, int(self.coalition.rng.integers(self.size)), old)


FAULTS: dict[str, type[Faulty]] = {
    "crash": Crashing,
    "recover": Recovering,
    "silent": Silent,
    "equivocating-leader": EquivocatingLeader,
    "wrong-allocation": WrongAllocation,
    "lazy-leader": LazyLeader,
    "withheld": Withholding,
    "forgetful": Forgetful,
    "forged": Forging,
    "replayed": Replaying,
    "front-running-leader": FrontRunning,
    "censoring-leader": Censoring,
}
"""Kinds of faulty replicas by name."""
MIXABLE = tuple(name for name in FAULTS if name not in ("front-running-leader", "censoring-leader"))
"""What "mixed" draws from: the last two gain by a token market only, and behave elsewhere."""
