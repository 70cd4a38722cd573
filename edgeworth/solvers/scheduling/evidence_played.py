"""What claims on learners are decided by: the policies of a scheme, and what they measure on held-out episodes.

A budget's ``seeds`` is how many policies of a learner are judged. The first is the one that comes with the package, the others
are trained when they are asked for (extra "learn") and kept in the user's cache folder, so that a test that runs again, or was
interrupted, trains nothing twice. With one seed nothing is trained, and without torch neither: evidence says what was not
tested, and is not conclusive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from importlib.util import find_spec

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.claims import ClaimBudget, ClaimVerdict
from edgeworth.core.family import family
from edgeworth.core.intervals import crossed
from edgeworth.core.policy import EVALUATION
from edgeworth.learning.deep.keeping import trained_policy
from edgeworth.learning.deep.learned import SEED, shipped_policy
from edgeworth.learning.deep.policy import Policy
from edgeworth.solvers.scheduling.evidence import episodes_in
from edgeworth.solvers.scheduling.learned.plan import PLAN
from edgeworth.solvers.scheduling.model import Episode, Schedule, generate, measures, simulate

Setting = Mapping[str, float | str]
"""Arguments of `generate`; and ``chain=0``: transactions take no time."""
Table = Mapping[str, Floats]
"""Measure -> [policies, episodes]; of a rule there is one policy."""

LEARNERS = ("best", "mappo", "gnn-marl")
"""Those of the paper."""
EVERY = tuple(PLAN.learners)
"""And ours."""
POLICIES = 3
"""Policies of a learner from which on a verdict is conclusive."""
_KIND = "scheduling"


def policies(budget: ClaimBudget) -> int:
    """Policies of a learner that are judged."""
    return budget.seeds if find_spec("torch") is not None else 1


def about(budget: ClaimBudget) -> str:
    """How much was run, for the end of a text."""
    count, episodes = policies(budget), episodes_in(budget)
    missing = budget.seeds - count
    return (
        f"; {count} polic{'y' if count == 1 else 'ies'} of a learner, {episodes} held-out episodes of a setting"
        + f'; torch (extra "learn") is not installed, so that {missing} of {budget.seeds} policies were not trained'
        * (missing > 0)
    )


@cache
def policy(method: str, k: int, **options: float) -> Policy:
    """The k-th policy of a learner, trained with these options; without options the first comes with the package."""
    shipped = shipped_policy(family(_KIND).package, method)
    if k == 0 and not options:
        return shipped
    steps = int(shipped.training["params"]["decay_steps"])  # as many as it was trained for
    return trained_policy(_KIND, method, steps=steps, seed=SEED + k, **options)  # type: ignore[arg-type]


def table(method: str, budget: ClaimBudget, setting: Setting, params: object = None, **options: float) -> Table:
    """What a scheme measures on the held-out episodes of a setting."""
    count, seeds = policies(budget) if method in EVERY else 1, range(EVALUATION, EVALUATION + episodes_in(budget))
    given = (tuple(setting.items()), params, tuple(options.items()))
    rows = [[_measured(method, k, seed, *given) for seed in seeds] for k in range(count)]
    return {name: np.array([[each[name] for each in row] for row in rows]) for name in rows[0][0]}


def saving(own: Table, other: Table, measure: str) -> tuple[float, float, float]:
    """By which share a measure of one's own is below another's, paired: the mean, and its 95% interval."""
    return crossed(1.0 - own[measure] / other[measure])


def difference(own: Table, other: Table, measure: str) -> tuple[float, float, float]:
    """By how much a measure of one's own is above another's, paired: the mean, and its 95% interval."""
    return crossed(own[measure] - other[measure])


def share(found: Iterable[bool]) -> ClaimVerdict:
    """Of what is claimed everything, a part or nothing is so."""
    held = list(found)
    return ClaimVerdict.HOLDS if held and all(held) else ClaimVerdict.PARTLY if any(held) else ClaimVerdict.FAILS


def said(setting: Setting) -> str:
    """A setting as text."""
    return ", ".join(f"{name} {value}" for name, value in setting.items()) or "Table II"


def episode_of(seed: int, setting: Setting) -> Episode:
    """A held-out episode of a setting."""
    given = {name: value for name, value in setting.items() if name != "chain"}
    found = generate(**given, seed=seed)  # type: ignore[arg-type]
    return found if "chain" not in setting else replace(found, chain_latency=float(setting["chain"]) * found.chain_latency)


@lru_cache(maxsize=2**16)
def _measured(
    method: str, k: int, seed: int, setting: tuple[tuple[str, float | str], ...], params: object,
    options: tuple[tuple[str, float], ...],
) -> dict[str, float]:  # fmt: skip
    """Measures of an episode, with J of all radios and how many tasks were handed over; claims share most of them."""
    episode = episode_of(seed, dict(setting))
    played = policy(method, k, **dict(options)) if method in EVERY else method
    schedule: Schedule = family(_KIND).solve(episode, method=played, seed=seed, params=params).require()
    found = measures(episode, schedule)
    radio = float(simulate(episode, schedule).radio.sum())
    return found | {"radio": radio, "offloads": found["offloaded"] * episode.tasks}
