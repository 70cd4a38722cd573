"""The arm of `exact` for multiple knapsacks with few items each: a bound by sets, its tree, and a second search."""

from __future__ import annotations

import numpy as np

from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.bounds import DualSolution
from edgeworth.solvers.allocation.exact.companion import Annealing
from edgeworth.solvers.allocation.exact.filling import first_price
from edgeworth.solvers.allocation.exact.patterns import PatternBound
from edgeworth.solvers.allocation.exact.proof import Proof
from edgeworth.solvers.allocation.exact.set_tree import SetTree
from edgeworth.solvers.allocation.kernels import filling
from edgeworth.solvers.allocation.model import MULTIPLIER_LIMIT, AllocationProblem, Assignment, dual_bound

_PROPOSALS = 60_000  # of the second search between two steps of the tree
_LARGER = 6  # knapsacks that it empties at most
_HEAVY = 1e7  # table entries of an evaluation of L, beyond which a run with a time rule spares the pairs' tree
_STEPS, _ROWS = 40, 40_000  # of the tree for each of them, so that small LPs do not wait: at most, and times rows squared
_WIDE = 1e-3  # relative gap from which on it works beside the tree over sets, which would take very long


def one_price(problem: AllocationProblem, items: filling.Items) -> DualSolution:
    """The same price for a unit of all servers: the LP's, where every item fits every knapsack."""
    u = np.full(problem.servers, min(first_price(items), MULTIPLIER_LIMIT))
    return DualSolution(u, dual_bound(problem, u), None, False, Termination.CONVERGED, 0)


class KnapsackArm:
    """What the main thread does before the pairs' own tree: the bound by sets, then the tree over sets.

    With two threads it also searches, with larger neighbourhoods than the companion, while the gap is wide or where there is
    no tree over sets, or no longer.
    """

    def __init__(
        self,
        problem: AllocationProblem,
        items: filling.Items,
        proof: Proof,
        run: Run[Assignment],
        duals: DualSolution,
        record: int,
        parallel: bool,
    ) -> None:
        self._problem, self._items, self._proof, self._run, self._record = problem, items, proof, run, record
        self._sets = PatternBound(items, proof.lam, proof.unit)
        self._tree: SetTree | None = None
        self._heavy = float((problem.capacity[problem.server] + 1.0).sum()) > _HEAVY
        self._steps = max(1, min(_STEPS, _ROWS // (problem.tasks + problem.servers) ** 2))
        self._second = Annealing(problem, run, duals, None, items, _LARGER) if parallel else None

    @property
    def found(self) -> Assignment | None:
        """The best of the second search."""
        return None if self._second is None else self._second.best

    def step(self, best: Assignment | None, search: Annealing) -> bool:
        """Work for a while; False where the pairs' tree is to go on. search: the companion, which goes by the multipliers."""
        sets, proof = self._sets, self._proof
        if proof.bound < proof.least():
            return False
        if not sets.over:
            server = np.full(self._problem.tasks, -1, dtype=np.int64) if best is None else best.server
            before = sets.bound
            sets.advance(proof.least(), server, self._run.remaining)
            if sets.bound < before:
                for each in (search, self._second):
                    if each is not None:
                        each.aim(sets)
            proof.offer(sets.lam, sets.bound)
            return True
        narrow = sets.solved and proof.bound - proof.value <= _WIDE * abs(proof.bound)
        if self._second is not None and (not narrow or (self._tree is not None and self._tree.failed)):
            self._second.turn(_PROPOSALS)
        if self._tree is None and sets.solved:
            self._tree = SetTree(self._problem, self._items, proof, sets, self._record)
        if self._tree is None or self._tree.over or self._tree.failed:
            return self._heavy and self._run.stop.seconds is not None
        nodes = self._tree.nodes
        for _ in range(self._run.allowance(proof.nodes, self._steps)):
            self._tree.advance(self._run.remaining)
            if self._tree.over or self._tree.failed or proof.bound < proof.least():
                break
        proof.nodes += self._tree.nodes - nodes
        return True
