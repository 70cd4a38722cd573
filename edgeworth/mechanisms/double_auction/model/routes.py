"""Where the traders of a routed market are, and which sets of buyers a seller's vehicle can serve at which cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array, OptionalArray, optional
from edgeworth.core.names import label
from edgeworth.core.numeric import FEASIBILITY_TOL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_SETS = 200_000
"""Above so many sets of buyers a vehicle's table is refused: use a chooser that does not list them."""

_FAR = 1e60  # metres, seconds, money a second; a speed is at least its inverse: so that no tour's cost overflows
_BUYER, _SELLER = ("opens", "closes", "service_time"), ("speed", "latest", "travel_cost", "depreciation")


class NotApplicableError(ValueError):
    """Raised where a rule or method is not made for a market; the message says why."""


class Tour(NamedTuple):
    """A set of buyers one vehicle can serve.

    Attributes
    ----------
    stops : tuple of int
        The buyers in an order of least cost.
    cost : float
        Of the tour in that order, depreciation included, in money.
    """

    stops: tuple[int, ...]
    cost: float


@dataclass(frozen=True, eq=False)
class Routes:
    """Places and times of a routed market, all public.

    Attributes
    ----------
    place
        Where each buyer is, metres; float64 [buyers, 2].
    depot
        Where each seller's vehicle starts and ends, metres; float64 [sellers, 2].
    opens, closes
        The window in which each buyer's service must begin, seconds, ``opens <= closes``; float64 [buyers].
    service_time
        How long the service takes, seconds, >= 0; float64 [buyers].
    speed
        Of each vehicle, metres a second, >= 1e-60; float64 [sellers].
    latest
        When each vehicle must be back, seconds, >= 0; float64 [sellers].
    travel_cost
        Money for a second on the road, >= 0; float64 [sellers].
    depreciation
        Money once a vehicle leaves its depot, >= 0; float64 [sellers].
    distance
        Metres of road between places and depots, the buyers' places first, >= 0 and 0 on the diagonal; float64
        [buyers + sellers, buyers + sellers]. None: straight lines.

    Raises
    ------
    ValueError, TypeError
        For arrays of a wrong shape, and for numbers that are not finite or out of range.

    Notes
    -----
    A vehicle leaves its depot at 0, drives straight lines or by road, may wait, and returns. It may be late by `slack`, 1e-9 of
    the durations at stake (its longest leg and the longest service) and what adding up the clock can be off by; where the clock
    begins to count does not matter.
    """

    place: Floats
    depot: Floats
    opens: Floats
    closes: Floats
    service_time: Floats
    speed: Floats
    latest: Floats
    travel_cost: Floats
    depreciation: Floats
    distance: OptionalArray[Floats | None] = optional()
    _memo: dict[object, Any] = field(default_factory=dict, repr=False, init=False)

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        for name in ("place", "depot"):
            store(name, validation.array(name, getattr(self, name), np.float64, (None, 2), minimum=-_FAR, maximum=_FAR))
        for name in _BUYER:
            low = 0.0 if name == "service_time" else -_FAR
            shape = (len(self.place),)
            store(name, validation.array(name, getattr(self, name), np.float64, shape, minimum=low, maximum=_FAR))
        for name in _SELLER:
            low = 1.0 / _FAR if name == "speed" else 0.0
            shape = (len(self.depot),)
            store(name, validation.array(name, getattr(self, name), np.float64, shape, minimum=low, maximum=_FAR))
        if np.any(self.opens > self.closes):
            i = int(np.argmax(self.opens > self.closes))
            validation.reject("closes", f"must not be before opens; buyer {i}", (self.opens[i], self.closes[i]))
        if self.distance is not None:
            both = len(self.place) + len(self.depot)
            store("distance", validation.array("distance", self.distance, np.float64, (both, both), minimum=0.0, maximum=_FAR))
            if self.distance.diagonal().any():
                validation.reject("distance", "must be 0 on the diagonal", self.distance.diagonal())

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(getattr(self, item.name) for item in fields(self) if item.init)

    def to_arrays(self) -> dict[str, Array]:
        """All fields by name; routes without roads keep the hash that they had before there were any."""
        found = {item.name: getattr(self, item.name) for item in fields(self) if item.init}
        return {name: values for name, values in found.items() if values is not None}

    def metres(self, sellers: Sequence[int] | Ints, buyers: Sequence[int] | Ints | None = None) -> Floats:
        """Metres between the places of buyers, then the depots of sellers.

        Parameters
        ----------
        sellers : sequence of int
        buyers : sequence of int, optional
            None: all.

        Returns
        -------
        ndarray
            float64, square.
        """
        n = len(self.place)
        served = np.arange(n) if buyers is None else np.asarray(buyers, dtype=np.int64)
        nodes = np.concatenate([served, n + np.asarray(sellers, dtype=np.int64)])
        if self.distance is not None:
            return np.asarray(self.distance[np.ix_(nodes, nodes)])
        points = np.vstack([self.place, self.depot])[nodes]
        return np.asarray(np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1)))

    def _leg(self, a: int, b: int) -> float:
        """Metres between two nodes, buyers first."""
        if self.distance is not None:
            return float(self.distance[a, b])
        n = len(self.place)
        here, there = (self.place[j] if j < n else self.depot[j - n] for j in (a, b))
        return float(np.hypot(*(there - here)))

    def slack(self, seller: int, limit: Any, stops: int) -> Any:
        """By how many seconds a vehicle may miss a limit at its stop of that number, from 1.

        A leg is off by 4 u of itself (u = 2^-53: two differences, a root, a quotient), the clock by one u an addition: two a
        stop. In all, for both sides of a comparison, (4 stops + 8) u of the limit.
        """
        return FEASIBILITY_TOL * self._spans[seller] + (4.0 * stops + 8.0) * 2.0**-53 * np.abs(limit)

    @cached_property
    def _spans(self) -> list[float]:
        """The longest leg and the longest service together, by seller."""
        service = float(self.service_time.max(initial=0.0))
        n = len(self.place)
        if self.distance is not None:
            among = float(self.distance[:n, :n].max(initial=0.0))
            reach = [
                float(max(self.distance[n + k, :n].max(initial=0.0), self.distance[:n, n + k].max(initial=0.0)))
                for k in range(len(self.depot))
            ]
        else:
            far = self.place.max(axis=0, initial=-np.inf) - self.place.min(axis=0, initial=np.inf) if n else np.zeros(2)
            among = float(np.hypot(*far))
            reach = [float(np.hypot(*(self.place - depot).T).max(initial=0.0)) for depot in self.depot]
        return [max(among, own) / speed + service for own, speed in zip(reach, self.speed.tolist(), strict=True)]

    def tour(self, seller: int, stops: Sequence[int] | Ints, market: object = None) -> tuple[float, str | None]:
        """The cost and the feasibility of a tour.

        Parameters
        ----------
        seller : int
        stops : sequence of int
            Buyers in the order in which they are visited.
        market : Market, optional
            Whose names the text uses; default: positions.

        Returns
        -------
        cost : float
            Depreciation included; 0 for no stop.
        broken : str or None
            What makes the tour infeasible; None where nothing does.
        """
        stops = [int(i) for i in stops]
        if not stops:
            return 0.0, None
        clock = driven = 0.0
        home = here = len(self.place) + seller
        broken = None
        for number, i in enumerate(stops, 1):
            leg = self._leg(here, i) / float(self.speed[seller])
            driven += leg
            clock = max(clock + leg, float(self.opens[i]))
            if clock > self.closes[i] + self.slack(seller, self.closes[i], number) and broken is None:
                begins = f"{label(market, 'seller', seller)} begins at {label(market, 'buyer', i)} at {clock!r}"
                broken = f"{begins}, whose window closes at {float(self.closes[i])!r}"
            clock += float(self.service_time[i])
            here = i
        leg = self._leg(here, home) / float(self.speed[seller])
        if clock + leg > self.latest[seller] + self.slack(seller, self.latest[seller], len(stops) + 1) and broken is None:
            back = f"{label(market, 'seller', seller)} is back at {clock + leg!r}"
            broken = f"{back}, it must be by {float(self.latest[seller])!r}"
        cost = float(self.travel_cost[seller]) * (driven + leg) + float(self.depreciation[seller])
        return cost, broken

    def table(self, seller: int, demand: Ints, capacity: int) -> dict[int, Tour]:
        """Every set of buyers that this vehicle can serve, as a bit mask -> the cheapest `Tour`; the empty set is left out.

        By depth-first search over sequences, pruned by time and load; of equally cheap orders the first in lexicographic order.
        Kept for later calls. Raises `NotApplicableError` beyond `MOST_SETS` sets.
        """
        key = (seller, demand.tobytes(), capacity)
        if key not in self._memo:
            self._memo[key] = self._search(seller, demand.tolist(), int(capacity))
        found: dict[int, Tour] = self._memo[key]
        return found

    def _search(self, k: int, demand: list[int], capacity: int) -> dict[int, Tour]:
        n, speed = len(demand), float(self.speed[k])
        drive = (self.metres([k]) / speed).tolist()
        opens, service = self.opens.tolist(), self.service_time.tolist()
        closes = [(self.closes + self.slack(k, self.closes, number)).tolist() for number in range(n + 2)]
        latest = [float(self.latest[k] + self.slack(k, self.latest[k], number)) for number in range(n + 2)]
        rate, fixed = float(self.travel_cost[k]), float(self.depreciation[k])
        table: dict[int, Tour] = {}
        stack: list[tuple[tuple[int, ...], int, float, float, int]] = [((), 0, 0.0, 0.0, 0)]
        while stack:
            stops, mask, clock, driven, load = stack.pop()
            here = stops[-1] if stops else n
            for i in range(n - 1, -1, -1):
                if mask >> i & 1 or load + demand[i] > capacity:
                    continue
                begin = max(clock + drive[here][i], opens[i])
                leave = begin + service[i]
                number = len(stops) + 1
                if begin > closes[number][i]:
                    continue
                longer = driven + drive[here][i]
                if leave + drive[i][n] <= latest[number + 1]:
                    cost = rate * (longer + drive[i][n]) + fixed
                    old = table.get(mask | 1 << i)
                    if old is None or cost < old.cost or (cost == old.cost and (*stops, i) < old.stops):
                        table[mask | 1 << i] = Tour((*stops, i), cost)
                        if len(table) > MOST_SETS:
                            raise NotApplicableError(f"market: has more than {MOST_SETS} sets of buyers a vehicle can serve")
                if leave <= latest[n + 1]:
                    stack.append(((*stops, i), mask | 1 << i, leave, longer, load + demand[i]))
        return dict(sorted(table.items()))
