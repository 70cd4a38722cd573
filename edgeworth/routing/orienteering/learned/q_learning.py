"""Tabular Q-learning on a tiny instance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Ints
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.routing.orienteering.heuristic.arrays import instance_of
from edgeworth.routing.orienteering.kernels import q_learning as kernels
from edgeworth.routing.orienteering.model import OrienteeringProblem, RoutePlan, plan, violations

ENTRIES = 2**22
"""Most entries of a table: 10 customers and 5 vehicles have 634,880."""
_CHUNK = 500_000  # steps of vehicles looked at between two looks at the clock: some 20 ms


@dataclass(frozen=True)
class QLearning:
    """Parameters of `q_learning`; the defaults are ours.

    Parameters
    ----------
    episodes : int, >= 1
    rate : float, in [0, 1]
        Learning rate.
    explore : float, in [0, 1]
        Probability of a random step in the first episode; it falls to 0 linearly.
    """

    episodes: int = 20_000
    rate: float = 0.5
    explore: float = 1.0

    def __post_init__(self) -> None:
        validation.integer("episodes", self.episodes, minimum=1)
        for name in ("rate", "explore"):
            validation.real(name, getattr(self, name), minimum=0.0, maximum=1.0)


def q_learning(problem: OrienteeringProblem, params: QLearning, run: Run[RoutePlan]) -> Found[RoutePlan]:
    """Tabular Q-learning on the instance itself: vehicles move in turn, step by step.

    Parameters
    ----------
    problem : OrienteeringProblem
        A tiny one: the run ends as REFUSED, with a note, where the table would have more than 2^22 entries.
    params : QLearning
        Episodes, learning rate and exploration.
    run : Run
        Clock, stop rules (``iterations`` and ``stalled`` count episodes) and random generator of the run; with ``trace`` every
        episode's value.

    Returns
    -------
    Found
        The best plan of all episodes, worth at least 0. ``iterations`` counts episodes.

    Notes
    -----
    A state is the vehicle whose turn it is, where it stands, and who was visited; an action is a customer that it can serve and
    then still come home, or the way home, after which it is the next vehicle's turn. The table has m 2^n (n + 1)^2 entries,
    which start at 0;

        Q(s, a) += rate [r + max_b Q(s', b) - Q(s, a)],

    the maximum over the actions that are possible in the episode, r profit less service cost and the cost of the edge. Ties go
    to the lowest number, and to the way home last.

    Time and load are no part of the state, so that the table stays small: the theorem that Q-learning converges does not hold
    where the same customers, in another order, leave another time. Feasible, no other guarantee.

    References
    ----------
    Watkins and Dayan, Machine Learning 8 (1992); the state is ours.
    """
    m, n = problem.vehicles, problem.customers
    stay = plan(problem, [np.zeros(0, dtype=np.int64)] * m)
    if m * 2**n * (n + 1) ** 2 > ENTRIES:
        note = f"the table of {m} vehicles and {n} customers would have more than {ENTRIES} entries"
        return Found(None, Termination.REFUSED, notes=(note,))
    done, ending = 0, run.tick(0, 0.0)
    if m == 0 or n == 0:
        return Found(stay, ending or Termination.CONVERGED)
    instance, quality = instance_of(problem), np.zeros((m, 2**n, n + 1, n + 1))
    steps, best_steps, best = np.full(n + m, n), np.full(n + m, n), np.zeros(1)
    chunk = max(1, _CHUNK // ((n + m) * (n + 1)))
    if run.stop.stalled is not None or run.stop.target is not None:
        chunk = 1  # rules about single episodes are looked at after each
    while ending is None and done < params.episodes:
        count = run.allowance(done, min(chunk, params.episodes - done))
        totals = np.empty(count)
        kernels.episodes(
            instance, params.explore, params.rate, done, count, params.episodes,
            quality, steps, best_steps, totals, best, run.rng,
        )  # fmt: skip
        for k, total in enumerate(totals.tolist()):
            run.record(done + k + 1, total)
        done += count
        ending = run.tick(done, float(best[0]), record=False)
    found = plan(problem, _routes(best_steps, m, n)) if best[0] > 0.0 else stay
    if violations(problem, found):  # rounding broke a limit
        found = stay
    return Found(found, ending or Termination.CONVERGED, iterations=done)


def _routes(steps: Ints, m: int, n: int) -> list[Ints]:
    """The customers of every vehicle; each way home, n, ends a route."""
    ends = np.flatnonzero(steps == n)[:m]
    return [part[part < n] for part in np.split(steps[: ends[-1] + 1], ends[:-1] + 1)]
