"""Tables that plots and claims read: schemes over numbers of devices, rates of arrival and sizes of tasks, beside the bound."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from edgeworth.core import validation
from edgeworth.core.family import family
from edgeworth.core.policy import PolicyMismatchError
from edgeworth.core.seeds import Seed
from edgeworth.core.solving import MethodLike
from edgeworth.core.stop import Stop
from edgeworth.solvers.scheduling.model import Episode, Schedule, energy_floor, generate, measures

if TYPE_CHECKING:
    import pandas as pd

Over = Literal["devices", "rate", "work"]
VALUES: Mapping[str, tuple[float, ...]] = {
    "devices": (5, 10, 15, 20, 25),
    "rate": (0.05, 0.1, 0.15, 0.2, 0.25),
    "work": (5.0, 10.0, 15.0, 20.0, 25.0),
}
"""The axes of figures 3 to 6: number of devices, tasks a second and device, GFLOP of every task."""
RULES = ("local", "earliest-finish", "greedy-cost")
"""Rules without learning that every panel shows."""
BOUND = "lagrangian"


def sweep(
    over: Over,
    methods: Sequence[MethodLike] = RULES,
    *,
    values: Iterable[float] | None = None,
    seeds: Iterable[int] = range(10),
    bound: Stop | None = None,
    **settings: Any,
) -> pd.DataFrame:
    """Play methods on the same episodes along an axis of the paper's figures 3 to 6.

    Parameters
    ----------
    over : {"devices", "rate", "work"}
        What varies.
    methods : sequence of str or trained policies
        As `solve` takes them.
    values : iterable of float, optional
        Default: the paper's, `VALUES`.
    seeds : iterable of int
        Seeds of the episodes, and of the methods; the paper has ten runs a point.
    bound : Stop, optional
        When to end each Lagrangian bound, of which every episode has three; default 2 s.
    **settings
        Further arguments of `generate`.

    Returns
    -------
    pandas.DataFrame
        A row an episode and method: the value under the name of the axis, ``seed``, ``method``, and its `measures`. Rows of the
        method "bound" have the ``cost`` that no schedule is below and the ``success`` that none is above; where that is 1, the
        ``latency``, ``energy`` (`energy_floor`) and ``utilisation`` that none is below which completes all tasks. What is not
        bounded is missing, and so are all measures of a method that does not take an episode, as a network of another number of
        devices does not: the column ``missing`` has its reason, and elsewhere nothing.

    Raises
    ------
    ValueError, TypeError
        For an unknown axis, and as `generate` and `solve` do.

    Examples
    --------
    >>> from edgeworth import Stop
    >>> from edgeworth.solvers import scheduling
    >>> table = scheduling.sweep("devices", ["local"], values=[2], seeds=[0], bound=Stop(iterations=20), horizon=20.0)
    >>> table.method.tolist(), bool(table.cost[1] <= table.cost[0])
    (['local', 'bound'], True)
    """
    import pandas as pd

    validation.choice("over", over, tuple(VALUES))
    if over in settings:
        validation.reject(over, "must not be given where it varies", settings[over])
    rows: list[dict[str, object]] = []
    for value in VALUES[over] if values is None else values:
        for seed in seeds:
            varied: dict[str, Any] = {over: int(value) if over == "devices" else value}
            episode = generate(**varied, seed=seed, **settings)
            at: dict[str, object] = {over: value, "seed": seed, "missing": ""}
            for method in methods:
                rows.append(at | {"method": _name(method)} | _played(episode, method, seed))
            rows.append(at | {"method": "bound"} | _bounds(episode, bound or Stop(seconds=2.0)))
    return pd.DataFrame(rows)


def _bounds(episode: Episode, stop: Stop) -> dict[str, float]:
    """What `sweep` says of bounds. With other weights the cost of an episode is its latency, or its share of failures."""

    def least(**weights: float) -> float:
        found = family("scheduling").solve(replace(episode, **weights), method=BOUND, stop=stop)  # type: ignore[arg-type]
        return math.nan if found.bound is None else found.bound

    failures = least(latency_weight=0.0, energy_weight=0.0, failure_cost=1.0)
    found = {"cost": least(), "success": 1.0 - failures}
    if failures > 0.0:
        return found
    fastest = float(episode.work.sum() / episode.capacity.max())
    found |= {"latency": least(latency_weight=1.0, energy_weight=0.0), "energy": energy_floor(episode)}
    return found | {"utilisation": fastest / (episode.devices * episode.end)}


def _name(method: MethodLike) -> str:
    return method if isinstance(method, str) else str(getattr(method, "__name__", method))


def _played(episode: Episode, method: MethodLike, seed: Seed) -> dict[str, Any]:
    """Measures, or why there are none: a row's policy that does not fit ends as REFUSED, another one raises."""
    try:
        result = family("scheduling").solve(episode, method=method, seed=seed)
    except PolicyMismatchError as error:
        return {"missing": str(error)}
    schedule: Schedule | None = result.solution
    return {"missing": "; ".join(result.notes)} if schedule is None else measures(episode, schedule)
