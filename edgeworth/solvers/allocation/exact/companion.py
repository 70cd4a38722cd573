"""Simulated annealing, or what refills knapsacks, as a companion of the tree, and of HiGHS."""

from __future__ import annotations

import math
import threading
import time
from dataclasses import replace

import numpy as np

from edgeworth.core.observer import Observer, Progress
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.core.stop import Stop
from edgeworth.solvers.allocation.bounds import DualSolution
from edgeworth.solvers.allocation.exact.core_arm import Cores
from edgeworth.solvers.allocation.exact.filling import FillingSearch
from edgeworth.solvers.allocation.exact.neighbourhoods import Neighbourhoods
from edgeworth.solvers.allocation.exact.partitions import Partitions
from edgeworth.solvers.allocation.exact.patterns import PatternBound
from edgeworth.solvers.allocation.heuristic.annealing import AnnealingSearch, LocalSearch
from edgeworth.solvers.allocation.kernels import filling
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment

_BLOCK = 3  # `LocalSearch.penalty_interval`: feasible states are met sooner than by default
_PAUSE = 0.02  # seconds between two looks of a thread that has nothing else to do
_KNAPSACKS = 4  # emptied by a trial at most
_AROUND = 3.0  # seconds of the search of neighbourhoods for each of annealing
_HIGHS, _WHOLE = 0.3, 4.0  # seconds of HiGHS for each of both: on a part of the core, and on the whole, which bounds
_FAR_AROUND, _FAR_HIGHS = 15.0, 0.1  # the same, while the gap is far from closed
_TURN = 0.05  # seconds of a turn of HiGHS's
_EVER = 1 << 40  # as many proposals as one likes


class Alternate(Observer):
    """By its flag the main thread stops the annealing thread, which otherwise searches neighbourhoods and lets HiGHS work, each
    for its share of the time. HiGHS's turns may be seconds long, where it asks nobody: the others get theirs afterwards."""

    def __init__(self, cores: Cores | None) -> None:
        self.stopped, self._cores, self._since = False, cores, time.perf_counter()
        self._owed = 0.0
        self.around: Neighbourhoods | Partitions | None = None
        self.far = False

    def on_progress(self, progress: Progress | None) -> bool:
        now = time.perf_counter()
        spent = now - self._since
        self._owed += spent
        share = _FAR_AROUND if self.far else _AROUND
        while (around := self.around) is not None and not self.stopped and time.perf_counter() < now + share * spent:
            began = time.perf_counter()
            around.advance()
            self._owed += time.perf_counter() - began
        if self._cores is not None and not self.stopped and self._owed > 0.0:
            began = time.perf_counter()
            self._cores.turn(_TURN, lambda: self.stopped)
            highs = _FAR_HIGHS if self.far else _WHOLE if self._cores.arm.exchange.whole else _HIGHS
            self._owed -= (time.perf_counter() - began) / highs
        self._since = time.perf_counter()
        return self.stopped


class Annealing:
    """The local search as a companion: in turns of so many proposals, or in a thread until its flag is set."""

    def __init__(
        self,
        problem: AllocationProblem,
        run: Run[Assignment],
        duals: DualSolution,
        cores: Cores | None = None,
        items: filling.Items | None = None,
        most: int = _KNAPSACKS,
    ) -> None:
        self._owner, self._sense, self._start = run, problem.sense, run.start
        self._rng = np.random.default_rng(run.rng.integers(2**63))
        self._flag = Alternate(cores)
        self._error: BaseException | None = None
        mine = self._run(Stop(iterations=0))
        self._search: AnnealingSearch | FillingSearch
        if items is None:
            self._search = AnnealingSearch(problem, LocalSearch(penalty_interval=_BLOCK), mine, duals)
        else:
            self._search = FillingSearch(problem, items, mine, most)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self.over = False

    @property
    def best(self) -> Assignment | None:
        return self._search.best

    def aim(self, bound: PatternBound) -> None:
        """The search that refills knapsacks goes by the multipliers of the bound."""
        if isinstance(self._search, FillingSearch):
            self._search.aim(bound.lam, bound.ideal)

    def search_around(self, around: Neighbourhoods | Partitions | None, far: bool = False) -> None:
        """The thread has, or no longer has, neighbourhoods to search; `far`: for most of its time."""
        self._flag.around, self._flag.far = around, far

    def turn(self, proposals: int) -> None:
        """So many proposals, rounded up to what the search does at a time."""
        if not self.over:
            self._search.run = self._run(Stop(iterations=self._search.done + proposals))
            self.over = self._search.anneal() is not Termination.ITERATIONS

    def start(self) -> None:
        self._search.run = self._run(Stop(iterations=_EVER))
        self._thread.start()

    def end(self) -> None:
        """Stop the thread, where one runs."""
        self._flag.stopped = True
        if self._thread.ident is not None:
            self._thread.join()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        try:
            self._search.anneal()
            while not self._flag.on_progress(None):  # nothing is left to anneal: the thread is HiGHS's
                time.sleep(_PAUSE)
        except BaseException as error:
            self._error = error

    def _run(self, stop: Stop) -> Run[Assignment]:
        left = self._owner.remaining
        if left < math.inf:
            stop = replace(stop, seconds=max(left, 0.0))
        return Run(sense=self._sense, stop=stop, rng=self._rng, observer=self._flag, start=self._start, inner=True)
