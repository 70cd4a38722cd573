"""Q-learning over feasible actions, after the MTA paper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.heuristic import missing
from edgeworth.solvers.allocation.kernels import q_learning as kernels
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, assignment_of


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
    """

    episodes: int = 500
    rate: float = 0.01
    discount: float = 0.9
    epsilon: float = 0.9
    epsilon_exploits: bool = True

    def __post_init__(self) -> None:
        validation.integer("episodes", self.episodes, minimum=1)
        for name in ("rate", "discount", "epsilon"):
            validation.real(name, getattr(self, name), minimum=0.0, maximum=1.0)
        validation.flag("epsilon_exploits", self.epsilon_exploits)

    @property
    def explore(self) -> float:
        """Probability of a random action."""
        return 1.0 - self.epsilon if self.epsilon_exploits else self.epsilon


CHUNK_PAIRS = 2_000_000  # pairs looked at between two looks at the clock: some 20 ms


def q_learning(problem: AllocationProblem, params: QLearning, run: Run[Assignment]) -> Found[Assignment]:
    """Tabular Q-learning over feasible actions: a state is a task in order of arrival, an action one of its servers with room.

    Parameters
    ----------
    problem : AllocationProblem
        The instance.
    params : QLearning
        Episodes, learning rate, discount and exploration.
    run : Run
        Clock, stop rules (``iterations`` and ``stalled`` count episodes) and random generator of the run; with ``trace`` every
        episode's value.

    Returns
    -------
    Found
        The best assignment of all episodes; no solution where a task that must be served found no room. ``iterations`` counts
        episodes.

    Notes
    -----
        Q(j, i) += alpha [v_ij + gamma max_k Q(j + 1, k) - Q(j, i)],

    the maximum over servers available to the next task; Q starts at 0, and ties go to the lowest server number.

    (ours) where the MTA paper cannot be followed: rewards are the values v_ij, so that an episode's total is the welfare (a
    pair of value 0 is no action, as printed); and a server is available when it has room for the task and meets its deadline,
    so that every episode is feasible. The paper's own rewards and its own rule, which assigns every task and overloads servers,
    are the method ``algorithm-2``. Feasible, no other guarantee.

    References
    ----------
    MTA paper (blockchain-based edge resource sharing for Metaverse), section IV, Algorithms 1-3; epsilon contradicts itself
    there, see `QLearning`. Watkins and Dayan, Machine Learning 8 (1992).
    """
    choice, best_choice = np.full(problem.tasks, -1, dtype=np.int64), np.full(problem.tasks, -1, dtype=np.int64)
    quality, used, best = np.zeros(problem.pairs), np.zeros(problem.servers), np.array([-np.inf])
    chunk = max(1, CHUNK_PAIRS // max(1, 2 * problem.pairs))
    if run.stop.stalled is not None or run.stop.target is not None:
        chunk = 1  # rules about single episodes are looked at after each
    done, ending = 0, run.tick(0)
    while ending is None and done < params.episodes:
        count = run.allowance(done, min(chunk, params.episodes - done))
        totals = np.empty(count)
        kernels.episodes(
            problem.indptr, problem.server, problem.weight, problem.profit, problem.limit,
            params.explore, params.rate, params.discount,
            count, quality, used, choice, best_choice, totals, best, run.rng,
        )  # fmt: skip
        for k, total in enumerate(totals.tolist()):
            run.record(done + k + 1, problem.objective(total))
        done += count
        ending = run.tick(done, problem.objective(float(best[0])), record=False)
    ending = ending or Termination.CONVERGED
    lost = missing(problem, best_choice)
    if done == 0 or lost:
        note = "no episode was run" if done == 0 else f"{lost} tasks that must be served found no room in the best episode"
        return Found(None, ending, iterations=done, notes=(note,))
    return Found(assignment_of(problem, best_choice), ending, iterations=done)
