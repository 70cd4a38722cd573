"""Where the traders of a routed market are, and which sets of buyers a seller's vehicle can serve at which cost."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.numeric import FEASIBILITY_TOL

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MOST_SETS = 200_000
"""Above so many sets of buyers a vehicle's table is refused: use a chooser that does not list them."""

_BUYER, _SELLER = ("opens", "closes", "service_time"), ("speed", "latest", "travel_cost", "depreciation")


class Tour(NamedTuple):
    """A set of buyers one vehicle can serve: the buyers in an order of least cost, and that cost (depreciation included)."""

    stops: tuple[int, ...]
    cost: float


@dataclass(frozen=True, eq=False)
class Routes:
    """Places and times of a routed market, all public.

    ``place`` float64 [buyers, 2] and ``depot`` float64 [sellers, 2], metres; ``opens`` <= ``closes`` (service begins within)
    and ``service_time`` >= 0, seconds [buyers]; of the sellers' vehicles ``speed`` > 0 m/s, ``latest`` return in seconds,
    ``travel_cost`` >= 0 money per second on the road and ``depreciation`` >= 0 money once it leaves its depot [sellers]. A
    vehicle leaves its depot at 0, drives straight lines, may wait, and returns.
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
    _memo: dict[Any, Any] = field(default_factory=dict, repr=False, init=False)

    def __post_init__(self) -> None:
        def store(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        store("place", validation.array("place", self.place, np.float64, (None, 2)))
        store("depot", validation.array("depot", self.depot, np.float64, (None, 2)))
        for name in _BUYER:
            low = 0.0 if name == "service_time" else None
            store(name, validation.array(name, getattr(self, name), np.float64, (len(self.place),), minimum=low))
        for name in _SELLER:
            opened = name == "speed"
            shape = (len(self.depot),)
            store(name, validation.array(name, getattr(self, name), np.float64, shape, minimum=0.0, open_minimum=opened))
        if np.any(self.opens > self.closes):
            i = int(np.argmax(self.opens > self.closes))
            validation.reject("closes", f"must not be before opens; buyer {i}", (self.opens[i], self.closes[i]))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, item.name) for item in fields(self) if item.init)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """All fields by name."""
        return {item.name: getattr(self, item.name) for item in fields(self) if item.init}

    def tour(self, seller: int, stops: Any) -> tuple[float, str | None]:
        """Cost of a sequence of stops, depreciation included (0 for none), and what makes it infeasible (None: nothing)."""
        stops = [int(i) for i in stops]
        if not stops:
            return 0.0, None
        clock = driven = 0.0
        here = self.depot[seller]
        broken = None
        for i in stops:
            leg = float(np.hypot(*(self.place[i] - here))) / float(self.speed[seller])
            driven += leg
            clock = max(clock + leg, float(self.opens[i]))
            if clock > _widened(self.closes[i]) and broken is None:
                broken = f"vehicle {seller} begins at buyer {i} at {clock!r}, whose window closes at {float(self.closes[i])!r}"
            clock += float(self.service_time[i])
            here = self.place[i]
        leg = float(np.hypot(*(self.depot[seller] - here))) / float(self.speed[seller])
        if clock + leg > _widened(self.latest[seller]) and broken is None:
            broken = f"vehicle {seller} is back at {clock + leg!r}, it must be by {float(self.latest[seller])!r}"
        cost = float(self.travel_cost[seller]) * (driven + leg) + float(self.depreciation[seller])
        return cost, broken

    def table(self, seller: int, demand: Ints, capacity: int) -> dict[int, Tour]:
        """Every set of buyers that this vehicle can serve, as a bit mask -> the cheapest `Tour`; the empty set is left out.

        By depth-first search over sequences, pruned by time and load; of equally cheap orders the first in lexicographic order.
        Kept for later calls. Raises ValueError beyond `MOST_SETS` sets.
        """
        key = (seller, demand.tobytes(), capacity)
        if key not in self._memo:
            self._memo[key] = self._search(seller, demand.tolist(), int(capacity))
        found: dict[int, Tour] = self._memo[key]
        return found

    def _search(self, k: int, demand: list[int], capacity: int) -> dict[int, Tour]:
        n, speed = len(demand), float(self.speed[k])
        points = np.vstack([self.place, self.depot[k : k + 1]])
        drive = (np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1)) / speed).tolist()
        opens, closes = self.opens.tolist(), _widened(self.closes).tolist()
        service, latest = self.service_time.tolist(), float(_widened(self.latest[k]))
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
                if begin > closes[i]:
                    continue
                longer = driven + drive[here][i]
                if leave + drive[i][n] <= latest:
                    cost = rate * (longer + drive[i][n]) + fixed
                    old = table.get(mask | 1 << i)
                    if old is None or cost < old.cost or (cost == old.cost and (*stops, i) < old.stops):
                        table[mask | 1 << i] = Tour((*stops, i), cost)
                        if len(table) > MOST_SETS:
                            validation.reject("market", f"has more than {MOST_SETS} sets of buyers a vehicle can serve", n)
                if leave <= latest:
                    stack.append(((*stops, i), mask | 1 << i, leave, longer, load + demand[i]))
        return dict(sorted(table.items()))


def _widened(limit: Any) -> Any:
    return limit + FEASIBILITY_TOL * np.maximum(1.0, np.abs(limit))
