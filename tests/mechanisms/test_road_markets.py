"""Routed markets by road, and the shortcuts of Off-AIC2's colony: the same answers as the long way."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeworth import Stop
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.double_auction.clearing import choosers
from edgeworth.mechanisms.double_auction.clearing.choosers import RouteMethod
from edgeworth.mechanisms.double_auction.clearing.phases import Auction
from edgeworth.mechanisms.double_auction.learned.prices import inputs
from edgeworth.mechanisms.double_auction.model import tie_break_of
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering.heuristic.colony import VehicleColony
from tests.oracles import double_auction as oracle


def by_road(market: da.Market, distance: Any) -> da.Market:
    assert market.routes is not None
    return replace(market, routes=replace(market.routes, distance=distance))


def straight(market: da.Market) -> Any:
    assert market.routes is not None
    points = np.vstack([market.routes.place, market.routes.depot])
    return np.hypot(*(points[:, None, :] - points[None, :, :]).transpose(2, 0, 1))


@pytest.mark.parametrize("rule", ["off-aic2", "rank-procurement", "vcg"])
def test_straight_roads_are_straight_lines(rule: str) -> None:
    for seed in range(3):
        market = da.generate(preset="fusion", buyers=5, sellers=3, seed=seed)
        roads = by_road(market, straight(market))
        one, two = (da.run(rule, each) for each in (market, roads))
        assert one.seller.tolist() == two.seller.tolist()
        assert one.stop.tolist() == two.stop.tolist()
        assert two.payment == pytest.approx(one.payment, rel=1e-9, abs=1e-9)
        assert da.verify(roads, two)
        assert da.Market.from_payload(roads.to_payload()).hash == roads.hash != market.hash
        some = np.array([True, False, True, True, False])
        assert inputs(roads, some, 1.5, 2.0) == pytest.approx(inputs(market, some, 1.5, 2.0))


def test_tours_by_road_are_driven_by_road() -> None:
    """A wall between two buyers: by road the best allocation is another, and both evaluations of tours agree."""
    rng = np.random.default_rng(0)
    for seed in range(3):
        market = da.generate(preset="fusion", buyers=4, sellers=2, seed=seed)
        distance = straight(market) * rng.uniform(1.0, 2.0, (6, 6))
        np.fill_diagonal(distance, 0.0)
        roads = by_road(market, distance)
        assert roads.routes is not None
        result = da.solve(roads, method="optimum")
        assert da.verify(roads, result)
        best = 0.0
        for stops in _assignments(4, 2):
            worth = 0.0
            for k, mine in enumerate(stops):
                costs = [roads.routes.tour(k, order) for order in _orders(mine)]
                fine = [cost for cost, broken in costs if broken is None]
                if not fine or sum(int(market.demand[i]) for i in mine) > int(market.capacity[k]):
                    worth = -np.inf
                    break
                worth += sum(float(market.demand[i] * (market.bid[i] - market.ask[k])) for i in mine) - min(fine)
            best = max(best, worth)
        assert result.value == pytest.approx(best, abs=1e-9)
        tour = [0, 2]
        legs = [(4, 0), (0, 2), (2, 4)]
        driven = sum(float(distance[a, b]) for a, b in legs) / float(roads.routes.speed[0])
        assert roads.routes.tour(0, tour)[0] == pytest.approx(0.1 * driven + 0.5)


def _orders(mine: list[int]) -> list[list[int]]:
    return [list(order) for order in itertools.permutations(mine)] or [[]]


def _assignments(n: int, m: int) -> list[list[list[int]]]:
    return [[[i for i in range(n) if seller[i] == k] for k in range(m)] for seller in itertools.product(range(-1, m), repeat=n)]


def test_malformed_roads_are_named() -> None:
    market = da.generate(preset="fusion", buyers=3, sellers=2, seed=0)
    for distance, what in (
        (np.zeros((3, 3)), "distance"),
        (np.full((5, 5), -1.0), "distance: must be at least 0"),
        (np.ones((5, 5)), "distance: must be 0 on the diagonal"),
        (np.full((5, 5), np.nan), "distance: must be finite"),
    ):
        with pytest.raises(ValueError, match=what):
            by_road(market, distance)


def test_a_vehicles_colony_is_the_method_eaco() -> None:
    for seed in range(4):
        problem = orienteering.generate(preset="fusion", vehicles=1, customers=9, seed=seed)
        colony = VehicleColony(problem, 3, 40)
        for factor in (0.3, 1.0, 2.0):  # one after the other: nothing of the last search may stay
            profits = problem.profit[0] * factor
            wanted = orienteering.solve(replace(problem, profit=profits), method="eaco", seed=3, stop=Stop(iterations=40))
            assert colony.tour(profits).tolist() == wanted.require().sequences[0].tolist()


def test_critical_values_stop_at_the_seller_that_decides() -> None:
    """The units of an agent by all choices are those by the choices until its own is made."""
    params = da.OffAic2(chooser="eaco", pricing="bisection", iterations=6, colony=5)
    for seed in range(2):
        market = da.generate(preset="fusion", buyers=6, sellers=4, seed=seed)
        auction = Auction(market.exact(), params, tie_break_of("index"))
        lists = auction.phase1(auction.bid, auction.ask)
        outcome = da.run("off-aic2", market, params=params)
        for i in np.flatnonzero(outcome.seller >= 0).tolist():
            winner, loser = auction.bid[i], 0
            under = auction.under(("buyer", i), lists)
            wins = [any(i in stops for _, stops in under(at)) for at in (0, winner)]
            assert wins[1]
            if not wins[0]:
                for _ in range(params.iterations):
                    middle = (winner + loser) // 2
                    bid = list(auction.bid)
                    bid[i] = middle
                    served = auction.phase2(bid, auction.ask, lists)
                    winner, loser = (middle, loser) if any(i in stops for stops in served.values()) else (winner, middle)
                price = float(winner) / auction.scale
                assert outcome.payment[i] == pytest.approx(price * int(market.demand[i]), rel=1e-12)


def test_no_tour_earns_where_no_search_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the shortcut calls hopeless the list of all tours calls so too; and it does call something hopeless."""
    asked: list[bool] = []
    shortcut = RouteMethod._hopeless

    def noted(self: Any, seller: int, mine: list[int], profit: Any) -> bool:
        found = shortcut(self, seller, mine, profit)
        if found:
            table = self.market.routes.table(seller, np.array(self.market.demand), self.market.capacity[seller])
            gains = {i: float(profit[j]) for j, i in enumerate(mine)}
            for tour in table.values():
                if all(i in gains for i in tour.stops):
                    assert sum(gains[i] for i in tour.stops) < tour.cost
        asked.append(found)
        return found

    monkeypatch.setattr(choosers.RouteMethod, "_hopeless", noted)
    params = da.OffAic2(chooser="eaco", pricing="bisection", iterations=5, colony=3)
    for seed in range(6):
        da.run("off-aic2", da.generate(preset="fusion", buyers=5, sellers=4, seed=seed), params=params)
    assert any(asked)
    assert not all(asked)


def test_an_oracle_drives_the_same_tours() -> None:
    market = da.generate(preset="fusion", buyers=4, sellers=2, seed=1)
    roads = by_road(market, straight(market))
    assert roads.routes is not None
    for stops in ([0], [1, 3], [2, 0, 1]):
        assert roads.routes.tour(1, stops)[0] == pytest.approx(oracle.tour(market.routes, 1, stops)[0])
