"""Arrays of an offloading game: their axes, and the range of what is computed from them."""

from __future__ import annotations

import numpy as np

from edgeworth.core import names, validation
from edgeworth.core.arrays import Array, Arrays

LARGEST = 1e250
"""Loads, delays, utilities, welfare and potentials stay below this, so that no sum or product of them overflows."""

PAIR = ("gain", "transfer", "price")
USER = ("weight", "workload", "sensitivity", "deadline", "human", "local_utility", "local_delay")
PROVIDER = ("rate", "cap", "cost_rate", "uav")
COLUMNS = (*PAIR, *USER, *PROVIDER)
AXES: dict[str, names.Axes] = {**dict.fromkeys(USER, ("user",)), **dict.fromkeys(PROVIDER, ("provider",))}


def require_representable(given: Arrays) -> None:
    """Refuse numbers by which something that is computed from the game could overflow.

    Everything is bounded by products of the largest entries: coarse, and never met by numbers that mean something.
    """

    def largest(values: Array) -> float:
        return float(max(values.max(initial=0.0), -values.min(initial=0.0)))

    with np.errstate(over="ignore"):
        slowest = float(given["rate"].min(initial=np.inf))
        mass = float(given["weight"].sum())
        unit = largest(given["workload"]) / float(given["weight"].min(initial=np.inf))
        lateness = largest(given["transfer"]) + max(unit, 1.0) * mass / slowest + largest(given["deadline"])
        terms = largest(given["gain"]) + largest(given["price"]) + largest(given["local_utility"])
        utility = terms + max(largest(given["sensitivity"]), 1.0) * lateness
        cost = largest(given["cost_rate"]) * float(given["workload"].sum()) / slowest
        most = (
            max(len(given["weight"]), 1) * (utility + cost + float(given["local_delay"].sum()))
            + max(mass, 1.0) * mass / slowest
        )
    if not most < LARGEST:
        validation.reject("game", f"must keep loads, delays and utilities below {LARGEST:g}", most)
