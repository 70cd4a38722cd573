"""What the MTA paper's rules choose without regard to capacity, and the feasible part of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.solvers.allocation.heuristic.constructive import missing
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, RewardTable, choice_loads, loads, positions
from edgeworth.solvers.allocation.model.system import Ints


@dataclass(frozen=True)
class PrintedChoice:
    """A server for every task by the paper's rewards, whether its servers can carry that or not.

    Attributes
    ----------
    total : float
        Sum of the rewards.
    chosen : int
        Tasks with a server.
    paid_unserved : int
        Those of them that are left at their source, which cannot compute them and is paid all the same.
    assignment : Assignment
        The tasks that their servers would compute; servers may be overloaded.
    overloaded : int
        Servers that carry more than they may.
    worst : float
        The largest load of a server relative to its capacity; infinite where a load has no capacity.
    """

    total: float
    chosen: int
    paid_unserved: int
    assignment: Assignment
    overloaded: int
    worst: float

    @classmethod
    def of(cls, problem: AllocationProblem, table: RewardTable, entries: Ints) -> PrintedChoice:
        """From the chosen entries of the table, int64 [tasks], -1 for none."""
        taken = entries[entries >= 0]
        server = np.full(problem.tasks, -1, dtype=np.int64)
        server[entries >= 0] = np.where(table.serves[taken], table.server[taken], -1)
        assignment = Assignment(server)
        load = loads(problem, assignment)
        share = np.divide(load, problem.capacity, out=np.where(load > 0.0, math.inf, 0.0), where=problem.capacity > 0.0)
        return cls(
            total=float(table.reward[taken].sum()),
            chosen=len(taken),
            paid_unserved=int(np.count_nonzero(~table.serves[taken])),
            assignment=assignment,
            overloaded=int(np.count_nonzero(load > problem.limit)),
            worst=float(share.max(initial=0.0)),
        )


def feasible_part(problem: AllocationProblem, assignment: Assignment) -> Ints:
    """The pairs kept, int64 [tasks], -1 for none: in order of arrival, each task that its server still has room for."""
    kept = positions(problem, assignment).copy()
    load = np.zeros(problem.servers)
    over = choice_loads(problem, kept) > problem.limit
    for j in np.flatnonzero(kept >= 0).tolist():
        i, weight = problem.server[kept[j]], problem.weight[kept[j]]
        if over[i] and load[i] + weight > problem.limit[i]:
            kept[j] = -1
        else:
            load[i] += weight
    return kept


def settled(problem: AllocationProblem, printed: PrintedChoice, ending: Termination, done: int) -> Found[Assignment]:
    """The feasible part of a choice as a method's answer, with notes on what the paper would have reported instead."""
    choice = feasible_part(problem, printed.assignment)
    dropped = int(np.count_nonzero((printed.assignment.server >= 0) & (choice < 0)))
    notes = [f"total as printed {printed.total!r}: {printed.chosen} of {problem.tasks} tasks have a server"]
    if printed.paid_unserved:
        notes.append(
            f"{printed.paid_unserved} tasks stay at their source, which cannot compute them and is paid for them as printed"
        )
    if printed.overloaded:
        carried = f"the fullest carries {printed.worst:.3g} times its capacity"
        over = f"{printed.overloaded} of {problem.servers} servers are overloaded, {carried}"
        notes.append(f"{over}; {dropped} tasks that found no room in order of arrival are dropped")
    lost = missing(problem, choice)
    if lost:
        notes.append(f"{lost} of the {int(problem.must_serve.sum())} tasks that must be served are not")
        return Found(None, ending, iterations=done, notes=tuple(notes))
    server = np.where(choice >= 0, printed.assignment.server, -1)
    return Found(Assignment(server), ending, iterations=done, notes=tuple(notes))
