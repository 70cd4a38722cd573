"""The library's own exact method: branch and bound on the assignment rows' Lagrangian beside an annealing run."""

from __future__ import annotations

import math
import time

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.bounds import (
    LP_PAIRS,
    DualSolution,
    Lagrangian,
    end_seconds,
    lagrangian_duals,
    lagrangian_relaxation,
    linear_duals,
    refuted,
    stranded,
    without_pairs,
)
from edgeworth.solvers.allocation.exact.companion import Annealing
from edgeworth.solvers.allocation.exact.core_arm import Cores
from edgeworth.solvers.allocation.exact.enumeration import Enumeration
from edgeworth.solvers.allocation.exact.evidence import certifies_root, cheapest, closed, refutation
from edgeworth.solvers.allocation.exact.filling import knapsack_items
from edgeworth.solvers.allocation.exact.knapsacks import KnapsackArm, one_price
from edgeworth.solvers.allocation.exact.params import Exact
from edgeworth.solvers.allocation.exact.proof import Proof
from edgeworth.solvers.allocation.exact.surroundings import Surroundings
from edgeworth.solvers.allocation.kernels import filling
from edgeworth.solvers.allocation.model import (
    AllocationProblem,
    Assignment,
    assignment_of,
    dual_profit,
    objective_bound,
    positions,
)

_PRICING = 0.3  # of the time left: what the prices may take there
_SETUP = 4e-6  # seconds a pair: prices, arrays of tree and search, a first tree. Where less is left there will be none
_LINEAR = 1e-5  # seconds a pair that the LP may take
_LONG = 0.05  # a step of the tree that takes longer is begun only where there is time for it
_LONG_LIST, _LOSSES = 100_000, 4e-6  # a server with more pairs: seconds a pair that its losses take, in one step
_NODES = 1 << 40  # as many as one likes
_PROPOSALS = 60_000  # annealing proposals of one thread for every full step of the proof, 10 to 40 ms
_CORE_PAIRS = 200_000  # up to so many pairs HiGHS is asked
_HARD = 30  # steps of the tree, about a second, before neighbourhoods are searched and HiGHS is asked; it is asked at once
_BEGUN, _ENUMERATED = 10, 1e-3  # sets are enumerated after so many steps of the tree, once the gap is at most this share
_ENUMERATED_PAIRS = 50_000  # up to so many pairs
_TURNS = 4  # the tree has one step in so many while the enumeration is favoured, all but one later
_FEW = 3  # where there are at most so many tasks a server
_EVERY = 4  # one thread: HiGHS's turn is every so many steps
_RARELY = 64  # the same, and annealing's, while the gap is far from closed
_PATIENCE, _AFTER = 4, 600  # after HiGHS's claim the tree goes on to so many times the steps it had done, by so many at least
_ROOT = 1.5e-6  # seconds a pair: L(lambda) of the root's multipliers without compiled code
_REBUILT = 8e-4  # seconds a server: L(lambda) of the multipliers that the arm for multiple knapsacks leaves
_SHARE = 0.1  # of a full turn of the search: what a step of the bound by sets takes
_PAUSE = 0.02  # seconds between two looks at the annealing thread when there is nothing else to do
_FIRST_PROPOSALS = 100  # per task, before the proof begins, but
_MOST_PROPOSALS = 200_000  # at most


def branch_and_bound(problem: AllocationProblem, params: Exact, run: Run[Assignment]) -> Found[Assignment]:
    """Branch and bound on the Lagrangian relaxation of the assignment rows, with simulated annealing for incumbents.

    Parameters
    ----------
    problem : AllocationProblem
        The instance.
    params : Exact
        Limits of the tree and of its certificate.
    run : Run
        Clock, stop rules, random generator and threads of the run; its ``start``, if any, is the first incumbent.

    Returns
    -------
    Found
        An assignment and a recomputed bound; both meet where the termination is PROVED (relative 1e-9; integers exactly).
        Certificates: "capacity-multipliers" (``u``) or "assignment-multipliers" (``lambda``, up to 100,000 pairs) where a bound
        of the root suffices, "surrogate-knapsack" (no array), else "branch-tree": nodes, branchings and multipliers of the last
        tree, or "set-enumeration": the root's multipliers and the last two servers, from which the checker repeats the proof.
        The bound is a claim where that record would exceed ``certificate_bytes`` or take more than a minute to check, or where
        rounding errors of a record matter; the notes say so. Infeasibility has the same certificates. ``iterations`` and
        ``nodes`` count nodes of the trees.

    Notes
    -----
    Let p be the profits (v for "max", -v for "min"). Multipliers lambda of the rows ``sum_i x_ij <= 1`` (lambda_j >= 0, free
    for tasks that must be served) leave one 0/1 knapsack for every server:

        L(lambda) = sum_j lambda_j + sum_i K_i(lambda),
        K_i(lambda) = max { sum_j (p_ij - lambda_j) x_ij : sum_j w_ij x_ij <= c_i, x binary },

    an upper bound on every profit, at its minimum at least as good as the LP's because the knapsacks are solved in integers.

    1. Root. The LP (beyond 200,000 pairs the method "lagrangian") gives capacity multipliers u, the bound L(u) and the first
       ``lambda_j = max(0, max_i p_ij - u_i w_ij)``; deflected subgradient steps lower L(lambda).
    2. Targets t are tried from the bound down; each asks for a solution of profit >= t. In a node of its tree lambda is
       improved by a few steps and variables are fixed: ``x_ij = 1`` costs server i the loss ``K_i - K_i(x_ij = 1)`` and each
       other server k of the task ``K_k - K_k(x_kj = 0)``; losses at different servers add up, and what costs more than
       ``L(lambda) - t`` is ruled out. Branching is depth first, on the pair that the averaged knapsack solutions leave most in
       doubt. A tree without a solution proves the bound t; the targets end at the incumbent.
    3. Dives. While trees grow large and the gap is wide, every other step searches a target a little above the incumbent and
       gives up after some hundred nodes.
    4. Simulated annealing looks for incumbents meanwhile: in a thread of its own with ``threads`` >= 2, by turns otherwise.
    5. From the 30th step of the tree on, while the gap is wide, neighbourhoods of the best assignment take the place of the
       dives, up to 100,000 pairs: the tasks of a few servers, drawn by what they lose against the prices' bound, are shared out
       anew by a tree of their own (`Neighbourhoods`), in both threads. While values lie on a grid, the gap exceeds 2e-4 of the
       bound and they are ahead of annealing, as on type d of generalised assignment, such searches get most of the time. With
       integer weights and at most 25 tasks a server they then take more servers, up to a dozen, as a set partitioning problem
       (`Partitions`): the sets of a server that lose no more against the part's bound than the gap leaves are listed from its
       knapsack's table, and put together by depth-first search. Kicks to worse assignments lead out of optima that no such
       part improves.
    6. From then on HiGHS shares the time of the annealing (with one thread from the 120th step on; at once where there are at
       most three tasks a server), up to 200,000 pairs: it solves the core, the pairs that the root of a tree does not exclude
       from what is better than the incumbent, or parts of growing size where the core is large (`solve_core`). Incumbents go
       both ways. What HiGHS says of the whole core is a claim; the tree then goes on to four times the steps it had done, by
       600 at least (about 20 s), to its end without a time rule: its own proof can be rebuilt. HiGHS does not look up in its
       heuristics, at times for seconds: a run that ends meanwhile leaves it to end by itself.

    7. Where the gap is below a thousandth of the bound and values lie on no coarse grid, up to 50,000 pairs, the sets that
       servers may hold are enumerated, for some 20 seconds in most of the main thread's time (`Enumeration`). Multipliers near
       the least L(lambda) come from column generation over sets of tasks; a better assignment's set at each server loses the
       gap at most against them. For most servers these are few: they are listed and put together by depth-first search. At
       its leaves the last two servers, whose sets may be too many to list, are solved exactly by meeting in the middle.

    Multiple knapsacks with few items each (at most 40 on average, integer data, every item eligible where it fits) have an arm
    of their own in place of annealing, neighbourhoods, dives and HiGHS. One table of all items prices every knapsack. After a
    subgradient descent, up to 5 items a knapsack, column generation over sets of items solves ``min L(lambda)`` (Dantzig and
    Wolfe), and a tree over pairs with that LP in its nodes (branch and price) looks for better solutions: it is logged as a
    "branch-tree" too. A large neighbourhood search refills a few knapsacks at a time by tables.

    Multiple-knapsack problems also get the surrogate bound (one knapsack of all the room), and among identical servers only
    solutions in one order are searched. All bounds carry margins for rounding errors and cover every assignment that
    `violations` accepts. With one thread the answer depends on the clock only where the clock ends the run; with two the proved
    value is the same, but another optimum may be found. Beyond ``tree_pairs`` pairs, and where the time rule leaves less than 4
    microseconds a pair, the method "lagrangian" runs instead, and the notes say so. What looks at no clock (a long step of the
    tree, what comes after the end) is begun only where there is time for it, so that a run may end a little early. Memory: the
    open nodes of two trees, about 150 MB up to 375,000 pairs and 400 bytes a pair beyond, and up to 150 MB of an enumeration.

    References
    ----------
    Relaxation: Fisher, Jaikumar and Van Wassenhove, A multiplier adjustment method for the generalized assignment problem,
    Management Science 32 (1986). Fixing: Posta, Ferland and Michelon, An exact method with variable fixing for solving the
    generalized assignment problem, Comput. Optim. Appl. 52 (2012). Sets: Dell'Amico, Delorme, Iori and Martello, Mathematical
    models and decomposition methods for the multiple knapsack problem, Eur. J. Oper. Res. 274 (2019). Lists of sets that a
    bound leaves, put together (5, 7): Baldacci, Christofides and Mingozzi, An exact algorithm for the vehicle routing problem
    based on the set partitioning formulation with additional cuts, Math. Program. 115 (2008). Meeting in the middle: Horowitz
    and Sahni, Computing partitions with applications to the knapsack problem, J. ACM 21 (1974). The trees and the
    certificates are our own.
    """
    if len(problem.stranded):
        return stranded(problem)
    if problem.pairs == 0:
        return without_pairs(problem)
    many = problem.pairs > params.tree_pairs
    if many or run.remaining < _SETUP * problem.pairs:
        found = lagrangian_relaxation(problem, Lagrangian(), run)
        why = f"more than {params.tree_pairs} pairs" if many else f"too little time for {problem.pairs} pairs"
        note = f"{why}: no tree was searched, this is the answer of method 'lagrangian'"
        return Found(**{**vars(found), "notes": (note, *found.notes)})
    items = knapsack_items(problem)
    if items is not None:
        return _Portfolio(problem, params, run, one_price(problem, items), items).result()
    if problem.pairs > LP_PAIRS or run.remaining < _LINEAR * problem.pairs:
        until = run.elapsed + _PRICING * run.remaining
        duals = lagrangian_duals(problem, Lagrangian(), run, until=until, report=False)
        return _Portfolio(problem, params, run, duals).result()
    duals = linear_duals(problem, run)
    if duals.infeasible:
        if run.start is not None:
            note = f"HiGHS says that the LP relaxation has no solution ({duals.status}), yet a start was given"
            return Found(run.start, Termination.ERROR, notes=(note,))
        return refuted(problem, run, f"the LP relaxation has no solution (HiGHS: {duals.status})")
    return _Portfolio(problem, params, run, duals).result()


class _Portfolio:
    """Annealing and proof side by side; each uses the incumbents and bounds of the other."""

    def __init__(
        self,
        problem: AllocationProblem,
        params: Exact,
        run: Run[Assignment],
        duals: DualSolution,
        items: filling.Items | None = None,
    ) -> None:
        self.problem, self.run = problem, run
        self.u, self.u_bound = duals.multipliers, duals.bound
        self.proof = Proof(problem, self.u, dual_profit(problem, self.u), params.certificate_bytes)
        parallel = params.anneal and run.threads > 1
        record = params.certificate_bytes
        self.knapsacks = None if items is None else KnapsackArm(problem, items, self.proof, run, duals, record, parallel)
        cores = params.core and items is None and problem.pairs <= _CORE_PAIRS
        self.cores = Cores(problem, run, self.proof.losses) if cores else None
        self.annealing = Annealing(problem, run, duals, self.cores if parallel else None, items)
        self.anneals = params.anneal
        unsolved = "the LP relaxation was not solved: the bound begins without multipliers"
        self.notes: tuple[str, ...] = () if duals.solved else (unsolved,)
        self.around = Surroundings(problem, self.proof, self.annealing, run, parallel)
        self._enumeration: Enumeration | None = None
        self._enumerates = params.enumerate and items is None and problem.pairs <= _ENUMERATED_PAIRS and problem.servers > 1
        self._few = problem.tasks <= _FEW * problem.servers
        self.best: Assignment | None = None
        self.profit = -math.inf
        self._accept(self.annealing.best)

    def result(self) -> Found[Assignment]:
        parallel = self.anneals and self.run.threads > 1
        if parallel:
            self.annealing.start()
        try:
            ending = self._work(parallel)
        finally:
            self.annealing.end()
            if self.cores is not None:
                self.cores.arm.end()
        self._accept(self.annealing.best)
        infeasible = self.proof.solved and self.best is None
        if infeasible:
            bound, (evidence, certificate) = None, refutation(self.problem, self.proof, self.u)
        else:
            bound, evidence, certificate = cheapest(self.problem, self.proof, self.u, self.u_bound, self._value)
        notes = list(self.notes)
        if self.proof.failed:
            notes.append(self.proof.failed)
        if evidence is BoundEvidence.CLAIMED:
            long = "its record is too large, or would take too long to check"
            why = long if self.proof.unlogged else "no certificate reaches it in floating point"
            notes.append(f"what the tree proves is claimed: {why}")
        claim = self._claim
        if claim is not None and bound is not None and not self.proof.solved and self._inside(claim, bound):
            bound, evidence = claim, BoundEvidence.CLAIMED
            notes.append("the bound is what HiGHS claims of the core")
        if ending is Termination.PROVED and not infeasible and not self._closed(bound):
            ending = Termination.CONVERGED
            notes.append("the values are too large, or cancel too far, for floating point to tell better ones apart")
        return Found(
            self.best,
            ending,
            bound=bound,
            evidence=evidence,
            certificate=certificate,
            infeasible=infeasible,
            iterations=self.proof.nodes,
            nodes=self.proof.nodes,
            notes=tuple(notes),
        )

    def _work(self, parallel: bool) -> Termination:
        proof, run = self.proof, self.run
        first, step, steps, beyond, claimed = True, 0.0, 0, 0, 0
        longest = int(np.bincount(self.problem.server).max(initial=0))
        ending_takes, losses_take = end_seconds(self.problem), _LOSSES * longest if longest > _LONG_LIST else 0.0
        ending_takes += 0.0 if self.knapsacks is None else _REBUILT * self.problem.servers
        root_takes = _ROOT * self.problem.pairs if certifies_root(self.problem) and self.knapsacks is None else 0.0
        while True:
            if proof.solved:
                run.tick(proof.nodes, self._value, self._bound)
                return Termination.PROVED
            ending = run.tick(proof.nodes, self._value, self._bound)
            if ending is not None:
                return ending
            step = max(step, 0.0 if proof.at_root else losses_take)
            if run.remaining < ending_takes + (root_takes if proof.from_root else 0.0) + (step if step > _LONG else 0.0):
                return Termination.TIME
            far = self._far
            if self.anneals and not parallel and not (far and steps % _RARELY):
                share = 1.0 if proof.failed else proof.effort if self.knapsacks is None else _SHARE
                many = min(_FIRST_PROPOSALS * self.problem.tasks, _MOST_PROPOSALS)
                self.annealing.turn(many if first else int(share * _PROPOSALS))
                first = False
            self._accept(self.annealing.best)
            steps += 1
            beyond += not proof.at_root or bool(proof.failed)
            cores = self.cores if beyond > (0 if self._few else _HARD if parallel else 4 * _HARD) else None
            if cores is not None and self._exchange(cores, parallel or bool(beyond % (_RARELY if far else _EVERY))):
                claimed, proof.dives = claimed or steps, True  # they lower the bound by more at a time
                self.annealing.search_around(None)
                if proof.failed or (run.stop.seconds is not None and steps >= max(_PATIENCE * claimed, claimed + _AFTER)):
                    run.tick(proof.nodes, self._value, self._claim)
                    return Termination.PROVED
            if proof.failed and cores is not None and not cores.over:
                if parallel:
                    time.sleep(_PAUSE)
                continue
            if proof.failed:
                if run.stop.seconds is None or not self.anneals or self.annealing.over:
                    return Termination.CONVERGED
                if parallel:
                    time.sleep(_PAUSE)
                continue
            if self.anneals and self.knapsacks is None and beyond > _HARD and not claimed and not self._favoured:
                for found in self.around.better(self.profit):
                    self._accept(found)
                self.around.step(self.best, self.profit, self._far)
            began = run.elapsed
            if self._enumerated(beyond):
                pass
            elif self.knapsacks is None or not self.knapsacks.step(self.best, self.annealing):
                proof.advance(run.allowance(proof.nodes, _NODES))
            step = run.elapsed - began
            if self.knapsacks is not None:
                self._accept(self.knapsacks.found)
            if proof.positions is not None:
                self._accept(assignment_of(self.problem, proof.positions))

    def _enumerated(self, beyond: int) -> bool:
        """A turn of the enumeration of sets, where it has one."""
        each = self._enumeration
        if each is None:
            proof = self.proof
            near = math.isfinite(proof.value) and proof.bound - proof.value <= _ENUMERATED * abs(proof.bound)
            if not self._enumerates or beyond <= _BEGUN or proof.coarse or not near:
                return False
            each = self._enumeration = Enumeration(self.problem, proof)
        if not each.works or (beyond % _TURNS == 0) == each.favoured:
            return False
        each.advance()
        return True

    def _exchange(self, cores: Cores, waits: bool) -> bool:
        """Incumbents go to HiGHS and come from it; it has a turn here, unless it waits. Says whether its claim closes."""
        cores.step(self.best, self.profit)
        if not waits:
            cores.turn(look=lambda: self.run.tick(self.proof.nodes, self._value, self._bound) is not None)
        self._accept(cores.arm.exchange.best)
        return self._closed(self._claim)

    @property
    def _favoured(self) -> bool:
        """The enumeration has most of this thread's time."""
        return self._enumeration is not None and self._enumeration.works and self._enumeration.favoured

    @property
    def _far(self) -> bool:
        """Neighbourhoods are ahead of annealing, and the gap is far from closed: they get most of the time."""
        return self.around.began and self.proof.far and self.best is not self.annealing.best

    @property
    def _value(self) -> float | None:
        return None if self.best is None else self.problem.objective(self.profit)

    @property
    def _bound(self) -> float:
        """The bound so far in the problem's own terms."""
        return objective_bound(self.problem, self.proof.bound)

    @property
    def _claim(self) -> float | None:
        """HiGHS's claim in the problem's own terms."""
        claim = math.inf if self.cores is None else self.cores.claim
        return objective_bound(self.problem, claim) if math.isfinite(claim) else None

    def _inside(self, claim: float, bound: float) -> bool:
        return claim < bound if self.problem.sense == "max" else claim > bound

    def _accept(self, solution: Assignment | None) -> None:
        """Accept a solution of either side as incumbent where it is better, and pass its value to the tree."""
        if solution is None or solution is self.best:
            return
        chosen = positions(self.problem, solution)
        profit = math.fsum(self.problem.profit[chosen[chosen >= 0]].tolist())
        if profit > self.profit:
            self.best, self.profit = solution, profit
            self.proof.set_incumbent(profit)

    def _closed(self, bound: float | None) -> bool:
        """Whether the bound proves the incumbent optimal."""
        return closed(self.problem, self._value, bound)
