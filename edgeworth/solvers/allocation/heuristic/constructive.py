"""Constructive heuristics: one pass over the tasks, regret, and repair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.aside import aside
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.kernels import constructive
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, assignment_of, choice_loads, loads, positions
from edgeworth.solvers.allocation.model.system import Ints

DESIRABILITIES = ("profit", "density", "share")


@dataclass(frozen=True)
class RegretGreedy:
    """Parameters of `regret_greedy`.

    Parameters
    ----------
    desirability : {"best", "profit", "density", "share"}
        What the regret of a task is measured in: ``profit`` p_ij; ``density`` p_ij / (w_ij / c_i), the profit per share of the
        server; ``share`` -w_ij / c_i, the share itself (for tasks that must be served; the others are then ranked by density).
        ``best`` runs all three and keeps the best result.
    """

    desirability: str = "best"

    def __post_init__(self) -> None:
        validation.choice("desirability", self.desirability, (*DESIRABILITIES, "best"))


def random_feasible(problem: AllocationProblem, params: None, run: Run[Assignment]) -> Found[Assignment]:
    """Assign every task, in order, to a server drawn uniformly from the eligible ones that still have room.

    Parameters
    ----------
    problem : AllocationProblem
        The instance.
    params : None
        The method has no parameters.
    run : Run
        Clock and random generator of the run.

    Returns
    -------
    Found
        A feasible assignment, or no solution where a task that must be served found no room. ``iterations`` counts tasks.

    Notes
    -----
    A task without a server that has room stays unserved. One pass over the pairs, O(pairs); no guarantee beyond feasibility.
    The benchmark of the MTA paper draws from all servers, feasible or not.

    References
    ----------
    MTA paper (blockchain-based edge resource sharing for Metaverse), section V-A.
    """
    choice = np.full(problem.tasks, -1, dtype=np.int64)
    room = problem.limit.copy()
    constructive.uniform_feasible(problem.indptr, problem.server, problem.weight, room, choice, run.rng)
    return _constructed(problem, choice, run)


def greedy_assignment(problem: AllocationProblem, params: None, run: Run[Assignment]) -> Found[Assignment]:
    """Assign every task, in order, to its most profitable server among those with room.

    Parameters
    ----------
    problem : AllocationProblem
        The instance.
    params : None
        The method has no parameters.
    run : Run
        Clock of the run.

    Returns
    -------
    Found
        A feasible assignment, or no solution where a task that must be served found no room. ``iterations`` counts tasks.

    Notes
    -----
    Task j takes ``argmax { p_ij : w_ij <= room_i }`` with the profit p_ij = v_ij for "max" and -v_ij for "min". A task that
    need not be served is left unserved rather than assigned at a loss. Ties go to the lowest server number. One pass, O(pairs);
    no guarantee beyond feasibility. The benchmark of the MTA paper goes by its rewards instead: ``reward-greedy``.

    References
    ----------
    MTA paper (blockchain-based edge resource sharing for Metaverse), section V-A.
    """
    return _constructed(problem, greedy_choice(problem), run)


def greedy_choice(problem: AllocationProblem, choice: Ints | None = None) -> Ints:
    """Greedy over the tasks in order, from the empty or a given partial choice (not modified)."""
    result = np.full(problem.tasks, -1, dtype=np.int64) if choice is None else choice.copy()
    room = problem.limit - choice_loads(problem, result)
    order = np.arange(problem.tasks, dtype=np.int64)
    constructive.best_feasible(
        problem.indptr, problem.server, problem.profit, problem.weight, problem.must_serve, order, room, result
    )
    return result


def regret_greedy(problem: AllocationProblem, params: RegretGreedy, run: Run[Assignment]) -> Found[Assignment]:
    """Assign next the task of largest regret, the difference between its best and its second-best pair that still fit.

    Parameters
    ----------
    problem : AllocationProblem
        The instance.
    params : RegretGreedy
        What desirability the regret is measured in.
    run : Run
        Clock of the run.

    Returns
    -------
    Found
        A feasible assignment, or no solution where a task that must be served found no room. ``iterations`` counts tasks.

    Notes
    -----
    With the desirability f_ij of a pair (profit, profit per share of the server, or the share itself), the next task is

        argmax_j  f_{i'(j) j} - f_{i''(j) j},

    i' and i'' being the best and second-best servers of j with room. Staying unserved counts as an alternative of desirability
    0 for a task that need not be served; a task that must be served and has one feasible server left comes first. A heap of
    tasks and one list of pairs for every server keep the work at O(pairs log pairs). No guarantee beyond feasibility.

    References
    ----------
    Martello and Toth, Knapsack Problems: Algorithms and Computer Implementations (1990), section 7.4 (algorithm MTHG).
    """
    return _constructed(problem, regret_choice(problem, run, params.desirability), run)


def regret_choice(problem: AllocationProblem, run: Run[Assignment], desirability: str = "best") -> Ints:
    """The choice of pairs by largest regret; the best of all desirabilities for "best": most tasks that must be served
    first, then profit. Ctrl-C leaves it by an `Interruption`."""
    return aside(run, lambda: _regret_choice(problem, desirability))


def _regret_choice(problem: AllocationProblem, desirability: str) -> Ints:
    served = problem.must_serve[problem.task] | (problem.profit > 0.0)
    capacity = problem.capacity[problem.server]
    share = np.divide(problem.weight, capacity, out=np.zeros(problem.pairs), where=capacity > 0.0)
    density = problem.profit / np.maximum(share, 1e-12)
    optional = ~problem.must_serve[problem.task]
    desires = {"profit": problem.profit, "density": density, "share": np.where(optional, density, -share)}
    by_weight = np.lexsort((-problem.weight, problem.server))
    by_server = np.zeros(problem.servers + 1, dtype=np.int64)
    np.cumsum(np.bincount(problem.server, minlength=problem.servers), out=by_server[1:])
    best: tuple[tuple[int, float], Ints] | None = None
    for name in DESIRABILITIES if desirability == "best" else (desirability,):
        desire = np.where(served, desires[name], -np.inf)
        choice, room = np.full(problem.tasks, -1, dtype=np.int64), problem.limit.copy()
        constructive.largest_regret(
            problem.indptr, problem.server, problem.weight, desire, problem.must_serve,
            by_server, by_weight, problem.task, room, choice,
        )  # fmt: skip
        rank = (-missing(problem, choice), float(problem.profit[choice[choice >= 0]].sum()))
        if best is None or rank > best[0]:
            best = rank, choice
    if best is None:
        raise RuntimeError("no desirability was tried")
    return best[1]


def repaired(problem: AllocationProblem, assignment: Assignment) -> Assignment:
    """Make capacities hold: overloaded servers drop their least profitable tasks per weight, which go elsewhere if they fit."""
    choice = positions(problem, assignment).copy()
    choice[choice == -2] = -1
    load = loads(problem, assignment)
    for i in np.flatnonzero(load > problem.limit):
        tasks = np.flatnonzero((choice >= 0) & (assignment.server == i))
        pairs = choice[tasks]
        order = np.argsort(problem.profit[pairs] / np.maximum(problem.weight[pairs], 1e-300), kind="stable")
        for j in tasks[order]:
            choice[j] = -1
            if choice_loads(problem, choice)[i] <= problem.limit[i]:
                break
    return assignment_of(problem, greedy_choice(problem, choice))


def missing(problem: AllocationProblem, choice: Ints) -> int:
    """How many tasks that must be served are not."""
    return int(np.count_nonzero(problem.must_serve & (choice < 0)))


def _constructed(problem: AllocationProblem, choice: Ints, run: Run[Assignment]) -> Found[Assignment]:
    """What a constructive method found; without room for all that must be served there is no solution to show."""
    lost = missing(problem, choice)
    if lost:
        note = f"{lost} of the {int(problem.must_serve.sum())} tasks that must be served found no room"
        return Found(None, Termination.CONVERGED, iterations=problem.tasks, notes=(note,))
    return Found(assignment_of(problem, choice), Termination.CONVERGED, iterations=problem.tasks)
