"""Learners on the instance: the MTA paper's Q-learning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.heuristic import missing
from edgeworth.solvers.allocation.kernels import qlearning
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, assignment_of
from edgeworth.solvers.allocation.model.functions import loads, positions
from edgeworth.solvers.allocation.model.system import Floats, Ints


@dataclass(frozen=True)
class QLearning:
    """Parameters of `q_learning`; the defaults are those of the paper's Table I.

    Parameters
    ----------
    episodes : int, >= 1
        Number K of episodes.
    rate : float, in [0, 1]
        Learning rate alpha.
    discount : float, in [0, 1]
        Discount gamma.
    epsilon : float, in [0, 1]
        Probability of the greedy action where ``epsilon_exploits``, of a random one otherwise.
    epsilon_exploits : bool
        True: the paper's text; False: its Algorithm 3.
    literal : bool
        Whether rewards (1)-(2) and availability are exactly as the paper prints them.
    """

    episodes: int = 500
    rate: float = 0.01
    discount: float = 0.9
    epsilon: float = 0.9
    epsilon_exploits: bool = True
    literal: bool = False

    def __post_init__(self) -> None:
        validation.integer("episodes", self.episodes, minimum=1)
        for name in ("rate", "discount", "epsilon"):
            validation.real(name, getattr(self, name), minimum=0.0, maximum=1.0)
        validation.flag("epsilon_exploits", self.epsilon_exploits)
        validation.flag("literal", self.literal)


class _Table(NamedTuple):
    """What the learner sees: pairs with their rewards, and whether choosing a pair processes the task."""

    indptr: Ints
    server: Ints
    weight: Floats
    reward: Floats
    serves: np.ndarray[tuple[int], np.dtype[np.bool_]]
    frequency: Floats
    deadline: Floats


_CHUNK_PAIRS = 2_000_000  # pairs looked at between two looks at the clock: some 20 ms


def q_learning(problem: AllocationProblem, params: QLearning, run: Run[Assignment]) -> Found[Assignment]:
    """Tabular Q-learning of the MTA paper: a state is a task in order of arrival, an action one of its servers.

    Parameters
    ----------
    problem : AllocationProblem
        The instance; ``literal`` needs one with raw fields.
    params : QLearning
        Episodes, learning rate, discount and exploration.
    run : Run
        Clock, stop rules (``iterations`` and ``stalled`` count episodes) and random generator of the run; with ``trace`` every
        episode's total of rewards.

    Returns
    -------
    Found
        The best assignment of all episodes; no solution where a task that must be served found no room. ``iterations`` counts
        episodes.

    Notes
    -----
        Q(j, i) += alpha [r_ij + gamma max_k Q(j + 1, k) - Q(j, i)],

    the maximum over servers available to the next task; Q starts at 0, and ties go to the lowest server number. By default r_ij
    = v_ij (a pair of value 0 is no action, as printed), and a server is available when it has room and meets the deadline.

    ``literal=True`` follows the printed text: r_ij as (1)-(2), p mu - E_comp at the source, (1 - lambda) p mu - E_comp
    elsewhere, and lambda p mu - E_comm for an own task that its source cannot process; a server is available when its remaining
    compute time (mu_i - used) / f_i *exceeds* the deadline. The total of an episode then is not the welfare: fees do not cancel
    and no one bears a source's E_comm; the notes of the result give both. The assignment returned leaves unprocessed tasks
    unserved. No guarantee.

    References
    ----------
    MTA paper (blockchain-based edge resource sharing for Metaverse), section IV, Algorithms 1-3; epsilon contradicts itself
    there, see `QLearning`. Watkins and Dayan, Machine Learning 8 (1992).
    """
    table = _literal_table(problem) if params.literal else _table(problem)
    m, n = problem.tasks, problem.servers
    quality = np.zeros(len(table.server))
    used = np.zeros(n)
    choice, best_choice = np.full(m, -1, dtype=np.int64), np.full(m, -1, dtype=np.int64)
    best = np.array([-np.inf])
    explore = 1.0 - params.epsilon if params.epsilon_exploits else params.epsilon
    chunk = max(1, _CHUNK_PAIRS // max(1, 2 * len(table.server)))
    if run.stop.stalled is not None or run.stop.target is not None:
        chunk = 1  # rules about single episodes are looked at after each
    done, ending = 0, run.tick(0)
    while ending is None and done < params.episodes:
        count = run.allowance(done, min(chunk, params.episodes - done))
        totals = np.empty(count)
        limit = problem.capacity if params.literal else problem.limit
        qlearning.episodes(
            table.indptr, table.server, table.weight, table.reward, table.serves, limit, params.literal,
            table.frequency, table.deadline, explore, params.rate, params.discount,
            count, quality, used, choice, best_choice, totals, best, run.rng,
        )  # fmt: skip
        for k, total in enumerate(totals.tolist()):
            run.record(done + k + 1, problem.objective(total))
        done += count
        ending = run.tick(done, problem.objective(float(best[0])), record=False)
    return _found(problem, params, table, best_choice, float(best[0]), ending or Termination.CONVERGED, done)


def _table(problem: AllocationProblem) -> _Table:
    return _Table(
        problem.indptr,
        problem.server,
        problem.weight,
        problem.profit,
        np.ones(problem.pairs, dtype=bool),
        np.ones(problem.servers),
        np.zeros(problem.tasks),
    )


def _literal_table(problem: AllocationProblem) -> _Table:
    """Algorithm 1: the eligible pairs, and for own tasks that the source cannot process the pair with the source."""
    system = problem.system
    if system is None:
        validation.reject("literal", "needs a problem with raw fields (MecSystem)", True)
    own = Assignment(system.source)
    absent = np.flatnonzero(positions(problem, own) == -2)
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
    return _Table(indptr, server, terms.cycles, reward, serves, system.frequency, system.deadline)


def _found(
    problem: AllocationProblem,
    params: QLearning,
    table: _Table,
    best_choice: Ints,
    total: float,
    ending: Termination,
    done: int,
) -> Found[Assignment]:
    notes: tuple[str, ...] = ()
    if params.literal:
        acted = best_choice >= 0
        server = np.full(problem.tasks, -1, dtype=np.int64)
        server[acted] = np.where(table.serves[best_choice[acted]], table.server[best_choice[acted]], -1)
        solution = Assignment(server)
        kept = int(np.count_nonzero(server >= 0))
        notes = (f"episode total as printed {total!r}: {int(acted.sum())} actions, {kept} tasks processed",)
        over = loads(problem, solution) > problem.limit
        if over.any():  # the printed rule looks at the load before a task is added, not after
            note = f"the printed availability rule overloads server {int(np.argmax(over))}"
            return Found(None, ending, iterations=done, notes=(*notes, note))
        choice = positions(problem, solution)
    else:
        choice = best_choice
    lost = missing(problem, choice)
    if done == 0 or lost:
        note = "no episode was run" if done == 0 else f"{lost} tasks that must be served found no room in the best episode"
        return Found(None, ending, iterations=done, notes=(*notes, note))
    return Found(assignment_of(problem, choice), ending, iterations=done, notes=notes)
