"""The searches around the best assignment that run beside the proof, in its thread and in the companion's."""

from __future__ import annotations

from collections.abc import Iterator

from edgeworth.core.run import Run
from edgeworth.solvers.allocation.exact.companion import Annealing
from edgeworth.solvers.allocation.exact.neighbourhoods import Neighbourhoods
from edgeworth.solvers.allocation.exact.partitions import Partitions
from edgeworth.solvers.allocation.exact.proof import Proof
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, assignment_of, positions, violations

_LEAST_SERVERS = 3
_MOST_PAIRS = 100_000
_TIRED, _EVERY = 60, 4  # a search which found nothing so long has its turn every so many steps
_MOSTLY = 3  # while the gap is far from closed: searches a step; one where nothing was found so long
_LONGEST = 0.3  # seconds: partitions look at no clock for so long at most


class Surroundings:
    """One search a thread: `Neighbourhoods`; while the gap is far from closed `Partitions`, where those suit the problem."""

    def __init__(
        self, problem: AllocationProblem, proof: Proof, annealing: Annealing, run: Run[Assignment], parallel: bool
    ) -> None:
        self._problem, self._proof, self._annealing, self._run = problem, proof, annealing, run
        self._threads = 1 + parallel
        self._near: list[Neighbourhoods] = []
        self._wide: list[Partitions] = []
        self._idle = self._turns = 0

    @property
    def began(self) -> bool:
        return bool(self._near)

    def step(self, best: Assignment | None, profit: float, far: bool) -> None:
        """A step in this thread, and news for all searches; nothing where the gap is small or the problem is large."""
        problem, proof = self._problem, self._proof
        if not proof.wide or problem.pairs > _MOST_PAIRS or problem.servers < _LEAST_SERVERS:
            self._annealing.search_around(None)
            return
        if not self._near:
            self._near = [proof.neighbourhoods(rng) for rng in self._run.rng.spawn(self._threads)]
        if far and not self._wide and Partitions.suits(problem):
            self._wide = [Partitions(problem, proof.lam, rng) for rng in self._run.rng.spawn(self._threads)]
        mine: list[Neighbourhoods] | list[Partitions] = self._wide if far and self._wide else self._near
        if mine is self._wide and self._run.remaining < _LONGEST:
            self._annealing.search_around(None)
            return
        if self._threads > 1:
            self._annealing.search_around(mine[-1], far)
        if best is not None:
            known = positions(problem, best)
            for each in mine:
                each.offer(known, profit, proof.bound)
        proof.dives = False  # this is better
        self._turns += 1
        fresh = self._idle < _TIRED
        for _ in range((_MOSTLY if fresh else 1) if far else 2 if fresh else self._turns % _EVERY == 0):
            self._idle = 0 if mine[0].advance() else self._idle + 1

    def better(self, profit: float) -> Iterator[Assignment]:
        """What the searches found that earns more."""
        searches: list[Neighbourhoods | Partitions] = [*self._near, *self._wide]
        for each in searches:
            if each.best is not None and each.best_profit > profit:
                found = assignment_of(self._problem, each.best)
                if not violations(self._problem, found):
                    yield found
