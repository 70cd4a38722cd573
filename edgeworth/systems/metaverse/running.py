"""Rounds of the platform: two blocks each, what tasks take, and payments that depend on the clock."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.seeds import Seed, generator
from edgeworth.core.stop import Stop
from edgeworth.core.verdict import Report, Status, Verdict
from edgeworth.mechanisms import consensus
from edgeworth.mechanisms.consensus.blocks import Block
from edgeworth.solvers import allocation
from edgeworth.systems.metaverse.platform import Platform

if TYPE_CHECKING:
    import pandas as pd

_BUDGET = 10**9
"""Base units that every user has in every round: enough for any task of the presets."""


_STOP = Stop(seconds=2.0)


@dataclass(frozen=True)
class Round:
    """One round of the platform.

    Attributes
    ----------
    number : int
        From 1.
    problem : AllocationProblem
        Its tasks and servers.
    assignment : Assignment
        What the committed block says; nobody is served where the block is empty, or breaks the machine's rules.
    method : str
        Whose assignment that is: the leader's method's, or greedy's where that was worth more; empty where that is
        no block's.
    allocation_seconds : float
        That the leader's method and greedy took on this machine.
    block_seconds, record_seconds : float
        Simulated, from asking for the block with the allocation, and with the results, to an answer of f + 1 replicas; infinite
        where no results are recorded, which nobody is paid for then.
    send_seconds, compute_seconds : float64 [tasks]
        Of the model; NaN where unserved.
    payments : Payments
        The settled accounts.
    """

    number: int
    problem: allocation.AllocationProblem
    assignment: allocation.Assignment
    method: str
    allocation_seconds: float
    block_seconds: float
    record_seconds: float
    send_seconds: np.ndarray[Any, np.dtype[np.float64]]
    compute_seconds: np.ndarray[Any, np.dtype[np.float64]]
    payments: consensus.Payments

    @property
    def served(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The tasks that a server computes."""
        return np.flatnonzero(self.assignment.server >= 0)

    @property
    def seconds(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        """From request to recorded result, float64 [tasks]; NaN where unserved."""
        own = self.allocation_seconds + self.block_seconds + self.record_seconds
        return np.asarray(own + self.send_seconds + self.compute_seconds)

    @property
    def measures(self) -> dict[str, float]:
        """Named numbers of the round.

        ``welfare`` of the assignment; ``welfare_in_time``, of the tasks that keep their deadline when the platform's own time
        counts; ``served``; ``late``, served tasks that do not; ``paid``, base units that servers got; seconds a served task for
        ``allocation``, ``consensus`` (both blocks), ``transfer``, ``computing``; ``overhead``, the share of the first two.
        """
        served = self.served
        system = self.problem.system
        deadline = np.full(self.problem.tasks, np.inf) if system is None else system.deadline
        late = served[self.seconds[served] > deadline[served]]
        in_time = np.array(self.assignment.server)
        in_time[late] = -1
        both = self.block_seconds + self.record_seconds
        transfer = float(np.mean(self.send_seconds[served])) if len(served) else 0.0
        computing = float(np.mean(self.compute_seconds[served])) if len(served) else 0.0
        total = self.allocation_seconds + both + transfer + computing
        return {
            "welfare": allocation.value(self.problem, self.assignment),
            "welfare_in_time": allocation.value(self.problem, allocation.Assignment(in_time)),
            "served": float(len(served)),
            "late": float(len(late)),
            "paid": float(sum(self.payments.servers)),
            "allocation": self.allocation_seconds,
            "consensus": both,
            "transfer": transfer,
            "computing": computing,
            "overhead": (self.allocation_seconds + both) / total if 0.0 < total < math.inf else float(total > 0.0),
        }


@dataclass(frozen=True)
class MetaverseRun:
    """A run of the platform, as `run` returns it.

    Attributes
    ----------
    method : str
        How correct leaders allocate.
    chain : consensus.Run
        The run of the protocol that committed the blocks.
    rounds : tuple of Round
        All rounds of which every correct replica has both blocks.
    """

    method: str
    chain: consensus.Run
    rounds: tuple[Round, ...]

    @property
    def measures(self) -> dict[str, float]:
        """Means over rounds of their measures, the share of rounds in which greedy's assignment was worth more than the
        method's (``greedy_instead``), and measures of the chain: see `Round.measures` and `consensus.Run.measures`.
        """
        names = self.rounds[0].measures if self.rounds else {}
        means = {name: float(np.mean([each.measures[name] for each in self.rounds])) for name in names}
        if self.rounds:
            means["greedy_instead"] = float(np.mean([each.method != self.method for each in self.rounds]))
        chain = self.chain.measures
        return means | {
            name: chain[name] for name in ("view_changes", "refused", "lost", "messages_per_block", "bytes_per_block")
        }

    def to_frame(self) -> pd.DataFrame:
        """One row a round with its measures."""
        import pandas as pd

        return pd.DataFrame([{"round": each.number} | each.measures for each in self.rounds])

    def verify(self) -> Report:
        """Judge the run.

        Returns
        -------
        Report
            The verdicts of `consensus.verify`; ``rounds``: they are all that the chain's blocks and answers lead to, with the
            machine's problems and times, field by field, and the machine allocates by the method (witness: the round and the
            field; not checked where the chain does not stand); ``allocation``: every assignment breaks no constraint (witness:
            the round and the violation); ``money``: what users, servers and escrow hold in every round is what users began
            with; ``deadline``: nobody was paid for a task that came late, and everybody for one that did not.
        """
        verdicts = dict(consensus.verify(self.chain))
        verdicts["rounds"] = Verdict(Status.NOT_CHECKED)
        if all(verdicts.get(name) for name in ("record", "chain", "validity")):
            other = self._misrecorded()
            verdicts["rounds"] = Verdict.of(not other, float(len(other)), 0.0, other[:1])
        broken = [
            (each.number, found) for each in self.rounds for found in allocation.violations(each.problem, each.assignment)[:1]
        ]
        verdicts["allocation"] = Verdict.of(not broken, float(len(broken)), 0.0, broken[:1])
        unsound = [each.number for each in self.rounds if not each.payments.verify()]
        verdicts["money"] = Verdict.of(not unsound, float(len(unsound)), 0.0, unsound[:1])
        wrong = [(each.number, j) for each in self.rounds for j in _misjudged(each)]
        verdicts["deadline"] = Verdict.of(not wrong, float(len(wrong)), 0.0, wrong[:1])
        return Report(verdicts)

    def _misrecorded(self) -> list[tuple[int, str]]:
        """Rounds, and which of their fields, that are not as the chain has them; round 0: the run's own."""
        machine = self.chain.machine
        if not isinstance(machine, Platform) or machine.method != self.method:
            return [(0, "method")]
        expected = _rounds(machine, self.chain)
        if len(expected) != len(self.rounds):
            return [(0, "rounds")]
        pairs = [(_told(one), _told(other)) for one, other in zip(expected, self.rounds, strict=True)]
        return [(number, name) for number, (one, other) in enumerate(pairs, 1) for name in one if one[name] != other[name]]


def run(
    *,
    servers: int = 20,
    tasks: int = 50,
    rounds: int = 10,
    method: str = "exact",
    preset: str = "metaverse-code",
    stop: Stop | None = _STOP,
    gap: float | None = None,
    faults: str | Sequence[str] | None = None,
    faulty: int | None = None,
    network: consensus.Network | str = "calm",
    timeout: float = 0.5,
    seal: bool = False,
    seed: Seed = None,
    on_round: Callable[[int, int, Mapping[str, float]], None] | None = None,
) -> MetaverseRun:
    """Run the platform: every server is a replica, and users are paid for or refunded as their results come.

    Parameters
    ----------
    servers, tasks, rounds : int
        How many servers (and replicas), tasks a round, rounds; >= 1.
    method : str
        A method of `edgeworth.solvers.allocation`, with which correct leaders allocate.
    preset : str
        Of `allocation.generate`; one whose problems come from a system.
    stop : Stop, optional
        Of that method; by default two seconds, so that exact methods may end before their proof. None: no limit.
    gap : float, optional
        Blocks must prove that they are within this share of the optimum; see `Allocating`.
    faults, faulty, network, timeout
        Of `consensus.simulate`.
    seal : bool
        Whether results are sealed for their users (extra ``cryptography``), each under a fresh key, which takes a tenth of a
        second or so: such a run is not repeated by its seed, for what is sealed twice looks different.
    seed : int, SeedSequence or Generator, optional
        Of problems, network and faults.
    on_round : callable, optional
        ``f(number, rounds, measures)`` whenever a leader has allocated, with the assignment's ``welfare``; again where another
        leader follows.

    Returns
    -------
    MetaverseRun

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value.

    Notes
    -----
    A task takes the leader's method, the block, sending, computing, and the block with its result. The paper's deadlines count
    sending and computing alone. The method's seconds are those of this machine, the protocol's are simulated, the model's are
    the model's: they are added as they are.

    References
    ----------
    MTA paper, section II.
    """
    count = validation.integer("rounds", rounds, minimum=1)
    validation.flag("seal", seal)
    rng, _ = generator(seed)
    machine = Platform(
        servers=servers, tasks=tasks, preset=preset, method=method, gap=gap, stop=stop, seed=int(rng.integers(2**62))
    )
    if machine.problem(1).system is None:
        validation.reject("preset", "must make problems from a system, with prices and deadlines", preset)
    if on_round is not None:
        machine.on_allocated = lambda number, welfare: on_round(number, count, {"welfare": welfare})
    machine.seals = seal
    chain = consensus.simulate(
        replicas=servers, blocks=2 * count, faults=faults, faulty=faulty, network=network, machine=machine, timeout=timeout,
        seed=int(rng.integers(2**62)),
    )  # fmt: skip
    return MetaverseRun(method, chain, _rounds(machine, chain))


def _rounds(machine: Platform, chain: consensus.Run) -> tuple[Round, ...]:
    """What the blocks of a chain come to."""
    best = chain.chains[max(chain.correct, key=lambda i: len(chain.chains[i]))]
    done = min(chain.committed, len(chain.answers)) // 2
    before = (b"", *(each.digest for each in best))
    taken = [  # where more than f are faulty: what breaks the rules is not carried out
        b"" if not each.block or machine.refusal(each.sequence, previous, each.block) else each.block
        for each, previous in zip(best[: 2 * done], before, strict=False)
    ]
    return tuple(_round(machine, number, taken[2 * number - 2 : 2 * number], chain) for number in range(1, done + 1))


def _round(machine: Platform, number: int, blocks: list[bytes], chain: consensus.Run) -> Round:
    block, record = blocks
    problem = machine.problem(number)
    system = problem.system
    if system is None:
        raise AssertionError
    content = Block.decode(block).content if block else None
    server = np.full(problem.tasks, -1, dtype=np.int64) if content is None else np.array(content["servers"], dtype=np.int64)
    served = np.flatnonzero(server >= 0)
    terms = system.terms(served, server[served])
    sending, computing = np.full((2, problem.tasks), np.nan)
    sending[served] = np.where(terms.sent, terms.send_seconds, 0.0)
    computing[served] = terms.compute_seconds
    first, second = chain.answers[2 * number - 2], chain.answers[2 * number - 1] if record else math.inf
    took = 0.0 if content is None else machine.seconds(number, content["seed"])
    assignment = allocation.Assignment(server)
    seconds = took + first + second + sending + computing
    delivered = np.where(np.isnan(seconds), math.inf, seconds).tolist()
    book = consensus.settle(problem, assignment, delivered, [_BUDGET] * problem.tasks)
    method = "" if content is None else str(content["method"])
    return Round(number, problem, assignment, method, took, first, second, sending, computing, book)


def _told(each: Round) -> dict[str, object]:
    """All that a round says, as data that can be compared."""
    plain: dict[str, object] = {item.name: getattr(each, item.name) for item in fields(each)}
    return plain | {
        "problem": each.problem.hash,
        "assignment": each.assignment.server.tolist(),
        "send_seconds": each.send_seconds.tobytes(),
        "compute_seconds": each.compute_seconds.tobytes(),
        "payments": vars(each.payments),
    }


def _misjudged(each: Round) -> list[int]:
    """Tasks that were paid for although late, or not although in time."""
    system = each.problem.system
    if system is None:
        return []
    in_time = each.seconds[each.served] <= system.deadline[each.served]
    return [
        j for j, good in zip(each.served.tolist(), in_time.tolist(), strict=True) if (each.payments.closed[j] == "paid") != good
    ]
