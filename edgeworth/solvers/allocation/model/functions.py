"""Value, constraints and measures of multi-task allocation. Solvers and checker share nothing else."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core import sparse, validation
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.violation import Violation, Violations
from edgeworth.solvers.allocation.model.assignment import Assignment
from edgeworth.solvers.allocation.model.problem import AllocationProblem
from edgeworth.solvers.allocation.model.system import Floats, Ints


def positions(problem: AllocationProblem, assignment: Assignment) -> Ints:
    """The position of every task's pair in the problem's arrays.

    Parameters
    ----------
    problem : AllocationProblem
    assignment : Assignment

    Returns
    -------
    int64 [tasks]
        -1 for an unserved task, -2 for a pair that is not eligible.

    Raises
    ------
    ValueError
        For an assignment of another length, or with a server that the problem does not have.
    """
    chosen = assignment.server
    if len(chosen) != problem.tasks:
        raise ValueError(f"assignment: must name a server for each of {problem.tasks} tasks; got {len(chosen)}")
    if problem.tasks and int(chosen.max()) >= problem.servers:
        raise ValueError(f"assignment: servers must be below {problem.servers}; got {int(chosen.max())}")
    return sparse.positions(problem.indptr, problem.server, chosen)


def assignment_of(problem: AllocationProblem, choice: Ints) -> Assignment:
    """The assignment that a choice of pairs stands for, the inverse of `positions`.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    choice : ndarray
        Indices of pairs, int64 [tasks], -1 unserved.

    Returns
    -------
    Assignment
    """
    served = choice >= 0
    server = np.full(problem.tasks, -1, dtype=np.int64)
    server[served] = problem.server[choice[served]]
    return Assignment(server)


def value(problem: AllocationProblem, assignment: Assignment) -> float:
    """The value of an assignment in the problem's own sense and terms.

    Parameters
    ----------
    problem : AllocationProblem
    assignment : Assignment

    Returns
    -------
    float
        ``offset`` plus the sum of v over the served pairs, correctly rounded.

    Raises
    ------
    ValueError
        Where a task is at a server that it is not eligible for: such an assignment has no value.
    """
    chosen = positions(problem, assignment)
    if np.any(chosen == -2):
        raise ValueError(f"assignment: every pair must be eligible; got task {int(np.argmax(chosen == -2))}")
    return math.fsum([problem.offset, *problem.value[chosen[chosen >= 0]].tolist()])


def loads(problem: AllocationProblem, assignment: Assignment) -> Floats:
    """The load of every server, float64 [servers]; pairs that are not eligible carry no weight.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    assignment : Assignment
        An assignment of its tasks.

    Returns
    -------
    ndarray
        float64 [servers], in the unit of ``weight``.
    """
    return choice_loads(problem, positions(problem, assignment))


def choice_loads(problem: AllocationProblem, choice: Ints) -> Floats:
    """`loads` of a choice of pairs, int64 [tasks], negative where there is none.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.
    choice : ndarray
        Indices of pairs, int64 [tasks].

    Returns
    -------
    ndarray
        float64 [servers].
    """
    taken = choice[choice >= 0]
    return _sums(problem.server[taken], problem.weight[taken], problem.servers)


def violations(problem: AllocationProblem, assignment: Assignment) -> tuple[Violation, ...]:
    """Every broken constraint of an assignment.

    Parameters
    ----------
    problem : AllocationProblem
    assignment : Assignment
        One server, or -1, for each task.

    Returns
    -------
    tuple of Violation
        Empty for a feasible assignment. Rules: ``eligibility`` (a task at a server that it is not eligible for; amount 1),
        ``capacity`` (a load beyond the problem's `limit`; relative to the capacity), ``must_serve`` (a task that must be served
        and is not; amount 1), ``deadline`` (a latency beyond the deadline; relative to it). The places are servers and tasks.

    Raises
    ------
    ValueError
        For an assignment of another length, or with a server that the problem does not have.
    """
    chosen = positions(problem, assignment)
    broken = Violations(problem, violations)
    for j in np.flatnonzero(chosen == -2).tolist():
        i = int(assignment.server[j])
        text = f"{broken.named('task', j)} is not eligible at {broken.named('server', i)}"
        broken.add("eligibility", 1.0, text, task=j, server=i)
    load = loads(problem, assignment)
    for i in np.flatnonzero(load > problem.limit).tolist():
        capacity = float(problem.capacity[i])
        amount = (float(load[i]) - capacity) / capacity if capacity > 0 else math.inf
        text = f"{broken.named('server', i)} carries {float(load[i])!r}, its capacity is {capacity!r}"
        broken.add("capacity", amount, text, server=i)
    for j in np.flatnonzero(problem.must_serve & (chosen == -1)).tolist():
        broken.add("must_serve", 1.0, f"{broken.named('task', j)} must be served and is not", task=j)
    if problem.system is not None:
        served = np.flatnonzero(chosen >= 0)
        latency = problem.system.terms(served, assignment.server[served]).latency
        deadline = problem.system.deadline[served]
        for k in np.flatnonzero(latency > deadline * (1.0 + FEASIBILITY_TOL)).tolist():
            j, i = int(served[k]), int(assignment.server[served[k]])
            amount = float((latency[k] - deadline[k]) / deadline[k]) if deadline[k] > 0 else math.inf
            where = f"{broken.named('task', j)} at {broken.named('server', i)}"
            text = f"{where} takes {float(latency[k])!r} s, its deadline is {float(deadline[k])!r} s"
            broken.add("deadline", amount, text, task=j, server=i)
    return tuple(broken.found)


def punctual(problem: AllocationProblem) -> bool:
    """Whether every stored pair keeps its task's deadline, as `violations` judges it.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.

    Returns
    -------
    bool
        True without raw fields.
    """
    if problem.system is None:
        return True
    latency = problem.system.terms(problem.task, problem.server).latency
    return bool(np.all(latency <= problem.system.deadline[problem.task] * (1.0 + FEASIBILITY_TOL)))


def server_utilities(problem: AllocationProblem, assignment: Assignment) -> Floats:
    """The utility of every server with the intermediary fees.

    Parameters
    ----------
    problem : AllocationProblem
        Built from a `MecSystem`.
    assignment : Assignment

    Returns
    -------
    float64 [servers]
        The server that computes task j earns p_j mu_ij - E_comp, less lambda p_j mu_ij when the task came from another server;
        that source receives the fee and bears E_comm. Fees cancel in the sum, which is the welfare.

    Raises
    ------
    ValueError
        For a problem without raw fields.

    References
    ----------
    MTA paper, section III-C.
    """
    system = problem.system
    if system is None:
        validation.reject("problem", "must be built from a MecSystem to have server utilities", problem)
    task = np.flatnonzero(positions(problem, assignment) >= 0)
    server = assignment.server[task]
    terms = system.terms(task, server)
    paid = system.unit_price[task] * terms.cycles
    fee = np.where(terms.sent, system.fee_share * paid, 0.0)
    sending = np.where(terms.sent, terms.send_energy, 0.0)
    own = _sums(server, paid - fee - terms.compute_energy, problem.servers)
    return np.asarray(own + _sums(system.source[task], fee - sending, problem.servers))


def measures(problem: AllocationProblem, assignment: Assignment) -> dict[str, float]:
    """Named numbers of an assignment, for tables.

    Parameters
    ----------
    problem : AllocationProblem
    assignment : Assignment

    Returns
    -------
    dict of str to float
        ``served``: tasks served; ``served_share``: of all tasks; ``utilisation``: total load over total capacity;
        ``peak_utilisation``: of the server with the largest load over capacity. With raw fields also ``latency``: mean seconds
        of the served tasks; ``sent_share``: served tasks that are not computed at their source. NaN where the denominator is 0.
    """
    chosen = positions(problem, assignment)
    load, capacity = loads(problem, assignment), problem.capacity
    served = int(np.count_nonzero(chosen >= 0))
    used = load[capacity > 0] / capacity[capacity > 0]
    table = {
        "served": float(served),
        "served_share": _ratio(served, problem.tasks),
        "utilisation": _ratio(float(load.sum()), float(capacity.sum())),
        "peak_utilisation": float(used.max()) if len(used) else math.nan,
    }
    if problem.system is not None:
        task = np.flatnonzero(chosen >= 0)
        terms = problem.system.terms(task, assignment.server[task])
        table["latency"] = float(terms.latency.mean()) if served else math.nan
        table["sent_share"] = _ratio(int(terms.sent.sum()), served)
    return table


def _sums(index: Ints, weights: Floats, length: int) -> Floats:
    """Sums of the weights by index; float64 also when there are none."""
    return np.asarray(np.bincount(index, weights=weights, minlength=length), dtype=np.float64)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
