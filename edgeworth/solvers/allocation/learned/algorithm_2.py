"""The MTA paper's learner as it is printed, Algorithms 1-3."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.allocation.heuristic.printed import PrintedChoice, settled
from edgeworth.solvers.allocation.kernels import algorithm_2 as kernels
from edgeworth.solvers.allocation.learned.q_learning import CHUNK_PAIRS, QLearning
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, RewardTable, reward_table
from edgeworth.solvers.allocation.model.system import Floats

AVAILABILITIES = ("replace", "discard")
LOADS = ("cycles", "data")


@dataclass(frozen=True)
class Algorithm2(QLearning):
    """Parameters of `algorithm_2`; the defaults are those of the paper's Table I, and Algorithm 2 as it is printed.

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
        True: the paper's text, and the authors' code; False: its Algorithm 3.
    availability : {"replace", "discard"}
        ``replace``: Algorithm 2, and the code: a server that was used before and is refused is replaced once, untested.
        ``discard``: the sentences of section IV-B1 before it: a server is left out of the choice, used before or not, unless
        acc_i < mu_i and (mu_i - acc_i) / f_i > tau_j; a task for which none is left gets none.
    load : {"cycles", "data"}
        What a task adds to its server's accumulated load: ``cycles`` mu_ij, as the paper has it; ``data`` D_j, as in the code,
        which compares a sum of data with a capacity in cycles.
    forgets : bool
        True: a refused server leaves the set of used ones (line 11), and its next choice passes untested. False: it stays in
        the set, as in the code. Of no effect with ``discard``.

    Examples
    --------
    The function ``q_update`` of the authors' code, on the paper's rewards; its main program passes the three rates in another
    order than it takes them:

    >>> from edgeworth.solvers.allocation import Algorithm2
    >>> coded = Algorithm2(rate=0.9, discount=0.01, epsilon=0.9, load="data", forgets=False)
    """

    availability: str = "replace"
    load: str = "cycles"
    forgets: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.choice("availability", self.availability, AVAILABILITIES)
        validation.choice("load", self.load, LOADS)
        validation.flag("forgets", self.forgets)


class Learner:
    """The printed learner on one problem: its table, its Q values and its best episode so far.

    Parameters
    ----------
    problem : AllocationProblem
        Built from a `MecSystem`.
    params : Algorithm2
    """

    def __init__(self, problem: AllocationProblem, params: Algorithm2) -> None:
        system = problem.system
        if system is None:
            validation.reject("problem", "must be built from a MecSystem to have the paper's rewards", problem)
        self.problem, self.params, self.system = problem, params, system
        self.table: RewardTable = reward_table(problem)
        table, m, n = self.table, problem.tasks, problem.servers
        task = np.repeat(np.arange(m), np.diff(table.indptr))
        self._amount = table.cycles if params.load == "cycles" else system.data_size[task]
        self._quality, self._used, self._load = np.zeros(len(table.server)), np.zeros(n, dtype=bool), np.zeros(n)
        self._actions = np.zeros(int(np.diff(table.indptr).max(initial=0)), dtype=np.int64)
        self._choice, self._best = np.full(m, -1, dtype=np.int64), np.array([-np.inf])
        self._best_choice = np.full(m, -1, dtype=np.int64)

    def play(self, count: int, rng: np.random.Generator) -> Floats:
        """Run so many further episodes; returns their totals of rewards, float64 [count]."""
        totals, params, table = np.empty(count), self.params, self.table
        kernels.episodes(
            table.indptr, table.server, table.reward, self._amount, self.problem.capacity, self.system.frequency,
            self.system.deadline, params.availability == "discard", params.forgets, params.explore, params.rate,
            params.discount, count, self._quality, self._used, self._load, self._actions, self._choice, self._best_choice,
            totals, self._best, rng,
        )  # fmt: skip
        return totals

    def best(self) -> PrintedChoice:
        """What the episode with the largest total of rewards chose; every task without a server before the first episode."""
        return PrintedChoice.of(self.problem, self.table, self._best_choice)


def algorithm_2(problem: AllocationProblem, params: Algorithm2, run: Run[Assignment]) -> Found[Assignment]:
    """The MTA paper's Q-learning as printed: a refused server is replaced once, untested, so that servers are overloaded.

    Parameters
    ----------
    problem : AllocationProblem
        The instance, built from a `MecSystem` and to be maximised; others are REFUSED.
    params : Algorithm2
        Episodes, learning rate, discount, exploration, and the readings.
    run : Run
        Clock, stop rule (``iterations`` counts episodes) and random generator of the run; with ``trace`` the printed total of
        every episode, which is no value of the problem and may exceed its optimum.

    Returns
    -------
    Found
        The assignment of the episode with the largest printed total, made feasible by dropping tasks; no solution where a task
        that must be served is dropped or has no server. The notes give the printed total, what was overloaded and how many
        tasks were dropped. ``iterations`` counts episodes.

    Notes
    -----
    Rewards U are those of Algorithm 1 (`reward_table`). In an episode tasks j arrive in order. Among the servers with U_ij
    other than 0 one is chosen epsilon-greedily by Q(j, .). Where it was used before in the episode, and

        acc_i > mu_i  or  (mu_i - acc_i) / f_i < tau_j,

    another one is chosen in the same way among the rest, *without any test*; it does not count as used by that (lines 12 and
    15). The server then is assigned, acc_i grows by mu_ij, the total by U_ij, and

        Q(j, i) += alpha [U_ij + gamma max_k Q(j + 1, k) - Q(j, i)],

    the maximum over the next task's servers with a reward other than 0. Hence: the test looks at the load *before* the task is
    added; it refuses a server whose remaining compute time is *less* than the deadline, so that an early deadline passes more
    easily (and its first half follows from its second). A server that passes has room where it can compute the task in time,
    since then mu_ij <= f_i tau_j; what overloads are the choices without a test, replacements and a server's first use. Every
    task with a server of non-zero reward gets one, except where the refused server was the only one (ours; the text leaves it
    open). Servers may be overloaded without limit, and the printed total may exceed the value of every feasible assignment: it
    is no welfare either (see `reward_table`).

    Read so: the set of used servers and the loads, which line 1 initialises in every call, last for an episode, or else nothing
    would ever be tested; epsilon is drawn for every choice and not once for the whole run, as lines 4-9 of Algorithm 3 would
    have it. The authors' code adds D_j where the paper adds mu_ij, keeps a refused server among the used, and takes the maximum
    over the *current* task's servers; the first two are parameters (`Algorithm2`). This is its ``q_update``: its main program
    runs ``q_update_modified``, whose set of used servers stays empty, so that no server is ever tested (in both, rewards lack
    E_comp and the fee, and deadlines above 1 are of no effect). Q starts at 0, ties go to the lowest server.

    The solution is repaired because users compare it with feasible ones, and the notes say by how much: on every overloaded
    server tasks are kept in order of arrival while they fit, the others are dropped and stay unserved, as do tasks left at a
    source that cannot compute them. No guarantee.

    References
    ----------
    MTA paper (blockchain-based edge resource sharing for Metaverse), section IV, Algorithms 1-3.
    """
    if problem.system is None or problem.sense != "max":
        return Found(None, Termination.REFUSED, notes=("needs a problem of raw fields (MecSystem) that is maximised",))
    learner = Learner(problem, params)
    chunk = max(1, CHUNK_PAIRS // max(1, 2 * len(learner.table.server)))
    done, ending = 0, run.tick(0)
    while ending is None and done < params.episodes:
        count = run.allowance(done, min(chunk, params.episodes - done))
        for k, total in enumerate(learner.play(count, run.rng).tolist()):
            run.record(done + k + 1, total)
        done += count
        ending = run.tick(done)
    if done == 0:
        return Found(None, ending or Termination.CONVERGED, notes=("no episode was run",))
    return settled(problem, learner.best(), ending or Termination.CONVERGED, done)
