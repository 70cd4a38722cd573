"""Worlds, rounds, forecasts, contracts and settlement, each by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from scipy.stats import binom

from edgeworth.core.errors import FileFormatError
from edgeworth.forecasting import Corruption
from edgeworth.games.offloading import Profile
from edgeworth.systems import fusion
from edgeworth.systems.fusion.auction_stage import contracts_of, market_of
from edgeworth.systems.fusion.forecast_stage import outlook, planned_users, wanted
from edgeworth.systems.fusion.online_stage import contracted_fleet, fleet_of, online_game
from edgeworth.systems.fusion.roads import slower_times, street_grid
from edgeworth.systems.fusion.settlement import measured, settled
from tests.oracles import fusion as oracle
from tests.systems.fusion.worlds import changed, small

# --- worlds and rounds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", ["synthetic", "roads"])
def test_worlds_are_saved_and_loaded(preset: Any, tmp_path: Path) -> None:
    world = fusion.generate(preset, seed=0, servers=5, agents=2, users=9)
    for name in ("world.npz", "world.json"):
        world.save(tmp_path / name)
        again = fusion.World.load(tmp_path / name)
        assert again.hash == world.hash
    assert fusion.generate(preset, seed=0, servers=5, agents=2, users=9).hash == world.hash
    assert fusion.generate(preset, seed=1, servers=5, agents=2, users=9).hash != world.hash
    assert "5 servers, 2 agents, 9 users" in repr(world)
    with pytest.raises(FileFormatError, match="not a record 'fusion-run'"):
        fusion.Run.load(tmp_path / "world.npz")


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"place": np.zeros((0, 2))}, "place: must have at least one server"),
        ({"depot": [6, 0, 0]}, "depot: must be at most 5"),
        ({"rate": np.zeros(6)}, "rate: must be above 0"),
        ({"cap": [-1, 0, 0, 0, 0, 0]}, "cap: must be at least 0"),
        ({"value": np.full(6, np.nan)}, "value: must be finite"),
        ({"intensity": np.zeros((6, 10))}, "intensity: must be above 0 at some server"),
        ({"first": 0}, "first: must be at least 1"),
        ({"first": 1_344}, "first: must be at most"),
        ({"users_a_uav": 0}, "users_a_uav"),
        ({"coverage": 0.0}, "coverage: must be above 0"),
        ({"distance": np.ones((6, 6))}, "distance: must be 0 from a place to itself"),
        ({"distance": np.zeros((5, 5))}, "distance"),
        ({"history": [3.0, 1.0]}, "history: must be"),
        ({"human": np.ones(3, bool)}, "workload"),
    ],
)
def test_malformed_worlds_are_named(fields: dict[str, Any], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        changed(small(), **fields)


def test_rounds_are_drawn_by_seed_number_and_intensity() -> None:
    world = small(0, users=6_000)
    drawn = fusion.draw(world, 5, 2)
    assert drawn.hash == fusion.draw(world, 5, 2).hash
    assert len({fusion.draw(world, seed, r).hash for seed in (5, 6) for r in (2, 3)}) == 4
    assert drawn.actual.sum() == world.users
    share = world.intensity[:, world.first + 2]
    spread = np.sqrt(world.users * share / share.sum())
    assert (np.abs(drawn.actual - world.expected(share)) < 5.0 * spread).all()
    away = np.hypot(*(drawn.position - world.place[drawn.home]).T)
    assert away.max() <= world.coverage
    assert np.mean(away**2) == pytest.approx(0.5 * world.coverage**2, rel=0.05)
    assert ((drawn.closes - drawn.opens >= 400.0) & (drawn.closes - drawn.opens <= 1_200.0)).all()
    with pytest.raises(ValueError, match="number: must be at most 335"):
        fusion.draw(world, 0, 336)
    with pytest.raises(ValueError, match="seed"):
        fusion.draw(world, -1, 0)


def test_users_are_at_the_spots_of_their_home() -> None:
    plain = small(0)
    spots = plain.place[:3] + np.array([10.0, -20.0])
    world = changed(plain, spots=spots, coverage=30.0)
    drawn = fusion.draw(world, 0, 0)
    for u in range(world.users):
        near = [spot for spot in spots.tolist() if np.hypot(*(spot - world.place[drawn.home[u]])) <= 30.0]
        assert not near or drawn.position[u].tolist() in near


def test_melbourne_has_the_sizes_of_the_paper(shared_data: Path) -> None:
    folder = shared_data / "eua"
    given = {"sites": folder / "site-optus-melbCBD.csv", "users": folder / "users-melbcbd-generated.csv"}
    world = fusion.generate("melbourne", seed=0, **given)
    assert (world.servers, world.agents, world.users) == (125, 80, 1_800)
    assert world.human.sum() == 900
    run = fusion.run("melbourne", "random", seed=0, forecaster="persistence", **given)
    assert run.verify()
    with pytest.raises(ValueError, match="servers: must be at most the 125 sites"):
        fusion.generate("melbourne", seed=0, servers=126, **given)
    with pytest.raises(ValueError, match="users: must be a number where positions is given"):
        fusion.generate("melbourne", seed=0, positions=given["users"], **given)


# --- roads ------------------------------------------------------------------------------------------------------------------


def test_road_times_are_the_slower_of_both_times_of_day() -> None:
    graph = street_grid(np.random.default_rng(0))
    assert nx.is_connected(graph)
    nodes: list[object] = [0, 7, 42, 99]
    times = slower_times(graph, nodes)
    for a, tail in enumerate(nodes):
        for b, head in enumerate(nodes):
            each = [nx.dijkstra_path_length(graph, tail, head, weight=name) for name in ("peak", "off_peak")]
            assert times[a, b] == pytest.approx(max(each))
    assert (times[:, None, :] <= times[:, :, None] + times[None, :, :] + 1e-9).all()


def test_contracts_hold_at_the_peak_and_off_it() -> None:
    graph = street_grid(np.random.default_rng(3))
    world = fusion.generate("roads", seed=2, graph=graph, agents=6)
    drawn = fusion.draw(world, 2, 0)
    deal = contracts_of(world, drawn, wanted(world, drawn.actual + 3.0), fusion.VARIANTS["random"], 2)
    assert len(deal.signed) > 2
    assert oracle.feasible(world, drawn, deal)
    at = [next(node for node, pos in graph.nodes(data="pos") if pos == tuple(place)) for place in world.place.tolist()]
    for weight in ("peak", "off_peak"):
        for k in range(world.agents):
            clock, here = 0.0, at[world.depot[k]]
            for i in deal.tour(k):
                clock = max(clock + nx.dijkstra_path_length(graph, here, at[i], weight=weight), drawn.opens[i])
                assert clock <= drawn.closes[i] + 1e-6
                assert clock <= deal.begin[i] + 1e-6
                clock, here = deal.end[i], at[i]  # who is early leaves when the visit ends


def test_malformed_graphs_are_named() -> None:
    rng = np.random.default_rng(0)
    apart = nx.disjoint_union(street_grid(rng), street_grid(rng))
    untimed, nowhere = street_grid(rng), street_grid(rng)
    del untimed.edges[next(iter(untimed.edges))]["peak"]
    for node in nowhere:
        del nowhere.nodes[node]["pos"]
    for graph, what in ((apart, "a way from"), (untimed, "'peak' on every edge"), (nowhere, "'pos' on every node")):
        with pytest.raises(ValueError, match=what):
            fusion.generate("roads", seed=0, servers=40, graph=graph)


# --- forecasts --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("forecaster", ["persistence", "seasonal-naive", "linear"])
@pytest.mark.parametrize("corruption", [None, Corruption()])
def test_the_future_changes_no_forecast(forecaster: str, corruption: Corruption | None) -> None:
    world = small(0, servers=2)
    later = np.array(world.intensity)
    later[:, world.first + 5 :] = 100.0
    one = outlook(world, forecaster, 3, corruption)
    two = outlook(changed(world, intensity=later), forecaster, 3, corruption)
    assert (one.intensity[:6] == two.intensity[:6]).all()
    assert (one.errors == two.errors).all()
    assert not (one.intensity == two.intensity).all()
    assert (one.intensity >= 0.0).all()


def test_what_knows_the_round_is_right() -> None:
    world = small(0)
    assert (outlook(world, "intensity", 0).intensity == world.intensity[:, world.first :].T).all()
    run = fusion.run(variant="rank", world=world, rounds=2, forecaster="perfect")
    assert run.measures["forecast_error"] == 0.0
    other = fusion.run(variant="perfect", world=world, rounds=1, forecaster="persistence")
    assert (other.rounds[0].planned == run.rounds[0].planned).all()
    last = outlook(world, "persistence", 0).intensity
    assert (last[4] == world.intensity[:, world.first + 3]).all()


def test_newsvendor_contracts_have_the_greatest_expected_profit() -> None:
    world = small(0, users=60)
    found = outlook(world, "persistence", 0)
    users = world.expected(found.intensity[0])
    planned = planned_users(world, users, found, 0, "persistence", "newsvendor")
    cost = float(world.unit_cost.mean())
    u = np.arange(world.users + 1)
    for i in range(world.servers):
        share = np.clip((found.intensity[0, i] + found.errors[:, i]) / found.intensity[0].sum(), 0.0, 1.0)
        chance = binom.pmf(u[:, None], world.users, share[None, :]).mean(axis=1)
        profit = [float(chance @ (world.value[i] * np.minimum(u, q))) - cost * q for q in range(world.users + 1)]
        assert profit[int(planned[i])] == pytest.approx(max(profit), abs=1e-9)
    assert (planned_users(world, users, found, 0, "persistence", "point") == users).all()
    worthless = changed(world, value=np.full(6, 0.1))
    assert not planned_users(worthless, users, found, 0, "persistence", "newsvendor").any()


# --- contracts --------------------------------------------------------------------------------------------------------------


def test_what_is_wanted() -> None:
    world = changed(small(0), own=np.full(6, 10), uavs=np.array([2, 3, 1]))
    assert wanted(world, np.array([9.0, 10.0, 10.2, 13.0, 24.9, 60.0])).tolist() == [0, 0, 1, 3, 15, 15]
    assert not wanted(changed(world, depot=[], uavs=[], **{name: [] for name in _AGENT}), np.full(6, 60.0)).any()


_AGENT = ("uav_rate", "speed", "unit_cost", "travel_cost", "depreciation", "latest")


def test_contracts_at_random_cost_the_midpoint_and_differ_by_seed() -> None:
    world = fusion.generate(seed=0)
    drawn = fusion.draw(world, 0, 0)
    quantity = wanted(world, drawn.actual + 4.0)
    variant = fusion.VARIANTS["random"]
    deals = [contracts_of(world, drawn, quantity, variant, seed) for seed in range(3)]
    assert len({deal.hash for deal in deals}) == 3
    for deal in deals:
        assert oracle.feasible(world, drawn, deal)
        for i in deal.signed.tolist():
            middle = 0.5 * (world.value[i] + world.unit_cost[deal.agent[i]])
            assert deal.payment[i] == pytest.approx(quantity[i] * middle)
        assert deal.payment.sum() == pytest.approx(deal.reward.sum())


def test_contracts_that_cannot_be_driven_are_void() -> None:
    """By price and volume all servers are served; what misses its window is neither visited nor paid for."""
    world = changed(small(0), value=np.full(6, 3.0), unit_cost=np.array([0.3, 0.4, 0.5]), own=np.zeros(6, dtype=np.int64))
    drawn = fusion.draw(world, 0, 0)
    late = replace(drawn, opens=np.zeros(6), closes=np.full(6, 1.0))
    quantity = np.full(6, 5)
    variant = fusion.VARIANTS["no-st"]
    easy = replace(drawn, opens=np.zeros(6), closes=np.full(6, 3_000.0))
    every = contracts_of(world, easy, quantity, variant, 0)
    few = contracts_of(world, late, quantity, variant, 0)
    assert len(every.signed) == 6
    assert 0 < len(few.signed) < 6
    for deal, at in ((every, easy), (few, late)):
        assert oracle.feasible(world, at, deal)
    void = few.agent < 0
    assert not few.payment[void].any()
    assert (few.payment[~void] == every.payment[~void]).all()
    for k in range(world.agents):
        done = len(few.tour(k)) / max(len(every.tour(k)), 1)
        assert few.reward[k] == pytest.approx(every.reward[k] * done)


def test_the_market_is_that_of_the_overloaded_servers() -> None:
    world, drawn = small(0), fusion.draw(small(0), 0, 0)
    market, buyers = market_of(world, drawn, np.array([0, 3, 0, 1, 0, 0]))
    assert buyers.tolist() == [1, 3]
    assert market.bid.tolist() == world.value[[1, 3]].tolist()
    assert market.ask.tolist() == world.unit_cost.tolist()
    assert market.capacity.tolist() == (5 * world.uavs).tolist()
    assert market.routes is not None
    assert market.routes.service_time.tolist() == [60.0, 20.0]


# --- the online stage and settlement ----------------------------------------------------------------------------------------


def test_uavs_are_where_and_when_they_were_sold() -> None:
    world = fusion.generate(seed=0)
    drawn = fusion.draw(world, 0, 0)
    deal = contracts_of(world, drawn, wanted(world, drawn.actual + 4.0), fusion.VARIANTS["random"], 1)
    fleet = contracted_fleet(world, deal)
    assert np.bincount(fleet.place, weights=fleet.cap, minlength=world.servers).tolist() == deal.contracted.tolist()
    assert fleet.cap.max() <= 5
    uavs = oracle.fleet(world, deal, False)
    assert [(p, c) for p, c, *_ in uavs] == list(zip(fleet.place.tolist(), fleet.cap.tolist(), strict=True))
    game = online_game(world, drawn, fleet)
    for u in range(0, world.users, 7):
        mine = set(game.provider[game.indptr[u] : game.indptr[u + 1]].tolist())
        assert mine == {p for p in range(game.providers) if oracle.reaches(world, drawn, uavs, u, p)}


def test_users_beyond_the_overload_use_nothing() -> None:
    world = changed(small(0), own=np.full(6, 1_000))
    drawn = fusion.draw(world, 0, 0)
    deal = contracts_of(world, drawn, np.full(6, 5), fusion.VARIANTS["random"], 0)
    fleet = contracted_fleet(world, deal)
    crowd = np.full(world.users, -1)
    crowd[: len(fleet.place)] = world.servers + np.arange(len(fleet.place))
    tasks = settled(world, drawn, deal, fleet, Profile(crowd))
    assert tasks.served.sum() == len(fleet.place)
    assert not tasks.used.any()
    assert (tasks.stranded == deal.contracted).all()
    waiting = fleet_of(world, deal, fusion.VARIANTS["pur-online"])
    assert len(waiting.place) == world.uavs.sum()


def test_the_papers_accounting_never_punishes_contracts_in_vain() -> None:
    """With "contracted" for "used", every task sold above its cost is welfare, whether anybody comes or not."""
    world = changed(small(0), value=np.full(6, 3.0), travel_cost=np.zeros(3), depreciation=np.zeros(3))
    drawn = fusion.draw(world, 0, 0)
    nobody = changed(world, own=np.full(6, 1_000))
    found = []
    for much in (0, 2, 5):
        deal = contracts_of(nobody, drawn, np.full(6, much), fusion.VARIANTS["random"], 0)
        fleet = contracted_fleet(nobody, deal)
        game = online_game(nobody, drawn, fleet)
        found.append(measured(nobody, drawn, deal, fleet, game, Profile(np.full(world.users, -1)), 0, np.zeros(6)))
    in_print = [each["welfare_contracted"] for each in found]
    realised = [each["welfare"] for each in found]
    assert in_print[0] == realised[0] == 0.0
    assert in_print[0] < in_print[1] < in_print[2]
    assert realised[0] > realised[1] > realised[2]
    assert all(each["used"] == 0.0 for each in found)
