"""The MTA paper's greedy benchmark: by its reward table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.heuristic.printed import PrintedChoice, settled
from edgeworth.solvers.allocation.kernels import constructive
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, RewardTable, reward_table
from edgeworth.solvers.allocation.model.system import Ints


@dataclass(frozen=True)
class RewardGreedy:
    """Parameters of `reward_greedy`.

    Parameters
    ----------
    keeps_capacity : bool
        True (ours): only servers that still have room are looked at, as in the method ``greedy``. False: "selects the server
        with the maximum reward for each task", as the paper says, whatever the server carries already.
    """

    keeps_capacity: bool = True

    def __post_init__(self) -> None:
        validation.flag("keeps_capacity", self.keeps_capacity)


def reward_greedy(problem: AllocationProblem, params: RewardGreedy, run: Run[Assignment]) -> Found[Assignment]:
    """Assign every task, in order, to the server of its largest reward in the MTA paper's table, which is not the welfare.

    Parameters
    ----------
    problem : AllocationProblem
        The instance, built from a `MecSystem` and to be maximised; others are REFUSED.
    params : RewardGreedy
        Whether servers without room are passed over.
    run : Run
        Clock of the run.

    Returns
    -------
    Found
        A feasible assignment, or no solution where a task that must be served found no room. ``iterations`` counts tasks; the
        notes give the sum of rewards, which is no value of the problem.

    Notes
    -----
    Task j takes ``argmax U_ij`` (`reward_table`). With ``keeps_capacity`` the servers are those that can compute it and have
    room, and a task that need not be served stays unserved rather than at a reward below 0. Without it all servers of non-zero
    reward count, a source that cannot compute its own task among them; the solution then is the feasible part of the choice, as
    in `algorithm_2`, and the notes say what was dropped.

    Since U charges no server for sending, a task may leave its source at a loss of welfare: the difference to ``greedy`` is
    what the table leaves out. Ties go to the lowest server number. O(pairs); no guarantee beyond feasibility.

    References
    ----------
    MTA paper (blockchain-based edge resource sharing for Metaverse), section V-B and Algorithm 1.
    """
    if problem.system is None or problem.sense != "max":
        return Found(None, Termination.REFUSED, notes=("needs a problem of raw fields (MecSystem) that is maximised",))
    table = reward_table(problem)
    entries = _with_room(problem, table) if params.keeps_capacity else largest_rewards(table)
    return settled(problem, PrintedChoice.of(problem, table, entries), Termination.CONVERGED, problem.tasks)


def _with_room(problem: AllocationProblem, table: RewardTable) -> Ints:
    listed = np.flatnonzero(table.serves)  # the problem's own pairs, in their order
    reward = table.reward[listed]
    reward.setflags(write=False)
    choice, order = np.full(problem.tasks, -1, dtype=np.int64), np.arange(problem.tasks, dtype=np.int64)
    constructive.best_feasible(
        problem.indptr, problem.server, reward, problem.weight, problem.must_serve, order, problem.limit.copy(), choice
    )
    entries = np.full(problem.tasks, -1, dtype=np.int64)
    entries[choice >= 0] = listed[choice[choice >= 0]]
    return entries


def largest_rewards(table: RewardTable) -> Ints:
    """The entry of the largest reward of every task, int64 [tasks]; -1 for a task without a reward other than 0."""
    entries = np.full(len(table.indptr) - 1, -1, dtype=np.int64)
    for j in range(len(entries)):
        row = np.arange(table.indptr[j], table.indptr[j + 1])
        row = row[table.reward[row] != 0.0]
        if len(row):
            entries[j] = row[table.reward[row].argmax()]
    return entries
