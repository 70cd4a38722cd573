"""Tables that plots and claims read: what hindsight can serve for how much carbon."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.family import family
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, coefficients, measures

if TYPE_CHECKING:
    import pandas as pd

SHARES = (0.01, 0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8)
"""Shares of the weight that overflow gets in `pareto`: from nothing is worth its carbon to everything is."""


def pareto(problem: CarbonOffloading, shares: Sequence[float] = SHARES) -> pd.DataFrame:
    """Least carbon against bits served, in hindsight.

    Parameters
    ----------
    problem : CarbonOffloading
        The episode; its weights, overflow scale and reference intensity are replaced, and its energy is commanded.
    shares : sequence of float
        In (0, 1): weight s of overflow beside 1 - s of carbon; delay and waste weigh nothing.

    Returns
    -------
    pandas.DataFrame
        A row a share, by rising ``served``: ``share``; ``served`` and ``dropped``, bit; ``carbon``, g; ``carbon_per_bit``;
        ``value`` and ``bound`` of the weighted sum, and ``excess``, their difference over the cost of dropping everything.

    Raises
    ------
    ValueError, TypeError
        For shares out of range.

    Notes
    -----
    A dropped bit costs s / A_0, A_0 the user's mean arrivals of a slot; grid energy (1 - s) c_t / C_0 a joule. Points of which
    the excess is 0 to rounding lie on the convex hull of all that any schedule can reach. What is left in the buffer after the
    last slot counts as neither served nor dropped.

    References
    ----------
    Ours, to test that throughput can be decoupled from carbon (CADDTO, abstract).

    Examples
    --------
    >>> from edgeworth.solvers import carbon_offloading
    >>> problem = carbon_offloading.generate(users=1, slots=20, load=5e6, buffer=2e4, seed=0)
    >>> table = carbon_offloading.pareto(problem, shares=(0.1, 0.8))
    >>> bool(table.carbon[0] < table.carbon[1]), bool(table.dropped[0] > table.dropped[1])
    (True, True)
    """
    import pandas as pd

    arrived = np.maximum(problem.arrivals.mean(axis=1), 1.0)
    rows = []
    for share in shares:
        s = validation.real("shares", share, minimum=0.0, maximum=1.0, open_minimum=True)
        if s >= 1.0:
            validation.reject("shares", "must be below 1", share)
        weighted = replace(
            problem, weights=np.array([1.0 - s, 0.0, 0.0, s]), overflow_scale=arrived, overflow="per-bit", energy="commanded"
        )
        result = family("carbon-offloading").solve(weighted, method="exact")
        got = measures(weighted, result.require())
        value, bound = got["cost"], -math.inf if result.bound is None else result.bound
        dropped = got["overflow"] * float(problem.arrivals.sum())
        rows.append(
            {
                "share": s,
                "served": got["served"],
                "dropped": dropped,
                "carbon": got["carbon"],
                "carbon_per_bit": got["carbon_per_bit"],
                "value": value,
                "bound": bound,
                "excess": (value - bound) / (s * problem.users * problem.slots),
            }
        )
    return pd.DataFrame(rows).sort_values(["served", "share"], ignore_index=True)


def bit_prices(problem: CarbonOffloading) -> dict[str, float]:
    """What a dropped bit costs, beside the most that a served one can.

    Parameters
    ----------
    problem : CarbonOffloading

    Returns
    -------
    dict
        ``dropped``: the least cost of a dropped bit over users and slots; ``served``: the greatest cost of the grid energy that
        the last bit at full local power takes. Where the second is above the first, the weights ask for dropping.
    """
    price = coefficients(problem)
    last = 3.0 * problem.cycles_per_bit * np.cbrt(problem.switched_capacitance * problem.local_power_cap**2)
    return {"dropped": float(price.dropped.min()), "served": float((price.grid * last[:, None]).max())}
