"""Strategies for double auctions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from edgeworth.core.arrays import Ints
from edgeworth.mechanisms.double_auction.model import Market, Routes
from edgeworth.testing.strategies.base import require_hypothesis

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

T = TypeVar("T")


def unit_markets(*, max_buyers: int = 4, max_sellers: int = 4) -> SearchStrategy[Market]:
    """Small unit markets, degenerate ones among them: nobody on a side, ties, zeros, reports in tenths. With a history.

    Parameters
    ----------
    max_buyers, max_sellers
        The largest numbers of traders.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Raises
    ------
    MissingExtraError
        Where Hypothesis is not installed.

    Examples
    --------
    >>> from hypothesis import find
    >>> find(unit_markets(), lambda market: market.buyers == 2).unit
    True
    """
    return _markets(max_buyers, max_sellers, False, False)


def markets(*, max_buyers: int = 4, max_sellers: int = 3, routed: bool = True) -> SearchStrategy[Market]:
    """Small markets with demands and capacities. With a history.

    Parameters
    ----------
    max_buyers, max_sellers
        The largest numbers of traders.
    routed
        Whether routed markets are among them, beside plain ones.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Raises
    ------
    MissingExtraError
        Where Hypothesis is not installed.
    """
    return _markets(max_buyers, max_sellers, True, routed)


def _markets(max_buyers: int, max_sellers: int, multi: bool, routed: bool) -> SearchStrategy[Market]:
    require_hypothesis()
    from hypothesis import strategies as st

    def build(draw: DrawFn) -> Market:
        n, m = draw(st.integers(0, max_buyers)), draw(st.integers(0, max_sellers))
        report = st.one_of(
            st.integers(0, 5).map(float), st.integers(0, 100).map(lambda x: x / 10), st.floats(0.0, 10.0, width=32)
        )

        def listed(entry: SearchStrategy[T], length: int) -> list[T]:
            return draw(st.lists(entry, min_size=length, max_size=length))

        demand: Ints | None = None
        capacity: Ints | None = None
        routes = None
        if multi:
            demand = np.array(listed(st.integers(1, 4), n), dtype=np.int64)
            capacity = np.array(listed(st.integers(0, 8), m), dtype=np.int64)
        if routed and draw(st.booleans()):
            spot = st.tuples(st.floats(0.0, 30.0, width=32), st.floats(0.0, 30.0, width=32))
            opens = np.array(listed(st.floats(0.0, 40.0, width=32), n), dtype=np.float64)
            routes = Routes(
                place=np.array(listed(spot, n), dtype=np.float64).reshape(n, 2),
                depot=np.array(listed(spot, m), dtype=np.float64).reshape(m, 2),
                opens=opens,
                closes=opens + np.array(listed(st.floats(0.0, 40.0, width=32), n), dtype=np.float64),
                service_time=np.array(listed(st.floats(0.0, 9.0, width=32), n), dtype=np.float64),
                speed=np.array(listed(st.sampled_from([0.5, 1.0, 2.0]), m), dtype=np.float64),
                latest=np.array(listed(st.floats(20.0, 200.0, width=32), m), dtype=np.float64),
                travel_cost=np.array(listed(st.sampled_from([0.0, 0.1, 0.25]), m), dtype=np.float64),
                depreciation=np.array(listed(st.sampled_from([0.0, 0.5]), m), dtype=np.float64),
            )
        return Market(
            bid=np.array(listed(report, n), dtype=np.float64),
            ask=np.array(listed(report, m), dtype=np.float64),
            routes=routes,
            history=(0.0, 10.0),
            demand=demand,
            capacity=capacity,
        )

    return st.composite(build)()
