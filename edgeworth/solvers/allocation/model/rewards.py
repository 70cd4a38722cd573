"""The reward table of the MTA paper (Algorithm 1): what its learner and its greedy rule are paid, which is no welfare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.solvers.allocation.model.problem import AllocationProblem
from edgeworth.solvers.allocation.model.system import Floats, Ints


@dataclass(frozen=True, eq=False)
class RewardTable:
    """The entries of a reward table, sorted by task, then by server; what is not listed is worth 0.

    Attributes
    ----------
    indptr : int64 [tasks + 1]
        Where the entries of each task begin.
    server : int64 [entries]
    reward : float64 [entries]
        U_ij.
    serves : bool [entries]
        Whether the server computes the task. False: it is the task's source, which cannot, or for which the problem has no
        pair.
    cycles : float64 [entries]
        mu_ij.
    """

    indptr: Ints
    server: Ints
    reward: Floats
    serves: NDArray[np.bool_]
    cycles: Floats


def reward_table(problem: AllocationProblem) -> RewardTable:
    """Rewards (1)-(2) of the MTA paper, as its Algorithm 1 tabulates them.

    Parameters
    ----------
    problem : AllocationProblem
        Built from a `MecSystem`.

    Returns
    -------
    RewardTable

    Raises
    ------
    ValueError
        For a problem without raw fields.

    Notes
    -----
    U_ij = p_j mu_ij - E_comp where server i is the source of task j and can compute it (mu_ij <= mu_i and in time); lambda p_j
    mu_ij - E_comm where it is the source and cannot; (1 - lambda) p_j mu_ij - E_comp where it is another server that can; 0
    otherwise. A server that the problem has no pair for (out of reach) counts as one that cannot.

    A sum of these rewards is no welfare: the fee that another server pays reaches nobody, the source's E_comm for a task that
    is sent is left out, and a source is paid for its own task although no server computes it.

    References
    ----------
    MTA paper, section IV-A3 and Algorithm 1.

    Examples
    --------
    >>> from edgeworth.solvers import allocation
    >>> problem = allocation.generate(preset="metaverse-code", servers=3, tasks=5, seed=0)
    >>> table = allocation.reward_table(problem)
    >>> len(table.reward) - problem.pairs == int((~table.serves).sum())
    True
    """
    system = problem.system
    if system is None:
        validation.reject("problem", "must be built from a MecSystem to have the paper's rewards", problem)
    held = np.zeros(problem.tasks, dtype=bool)
    held[problem.task[problem.server == system.source[problem.task]]] = True
    absent = np.flatnonzero(~held)
    task = np.concatenate([problem.task, absent])
    server = np.concatenate([problem.server, system.source[absent]])
    serves = np.concatenate([np.ones(problem.pairs, dtype=bool), np.zeros(len(absent), dtype=bool)])
    order = np.lexsort((server, task))
    task, server, serves = task[order], server[order], serves[order]
    terms = system.terms(task, server)
    paid = system.unit_price[task] * terms.cycles
    kept = np.where(terms.sent, 1.0 - system.fee_share, 1.0) * paid - terms.compute_energy
    reward = np.where(serves, kept, system.fee_share * paid - terms.send_energy)
    indptr = np.zeros(problem.tasks + 1, dtype=np.int64)
    np.cumsum(np.bincount(task, minlength=problem.tasks), out=indptr[1:])
    return RewardTable(indptr, server, reward, serves, terms.cycles)
