"""The bound of a round: no contracts, tours and profiles beat it, and its checker finds it again."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from edgeworth.systems.fusion.bound_check import rebuilt_offline
from edgeworth.systems.fusion.bounds import offline_bound
from edgeworth.systems.fusion.stage import Stage


def stage(seed: int, servers: int = 8, agents: int = 3, **fields: object) -> Stage:
    """Servers and depots in a square kilometre."""
    rng = np.random.default_rng(seed)
    place = rng.random((servers, 2)) * 1_000.0
    depot = place[rng.integers(0, servers, agents)]

    def drive(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1)) / 10.0

    opens = rng.uniform(0.0, 3_000.0, servers)
    made = Stage(
        value=rng.uniform(1.0, 3.0, servers),
        overload=np.where(rng.random(servers) < 0.7, rng.integers(1, 8, servers), 0),
        cost=rng.uniform(0.3, 1.2, agents),
        fleet=rng.integers(1, 3, agents),
        per_uav=2,
        out=drive(depot, place),
        drive=np.broadcast_to(drive(place, place), (agents, servers, servers)).copy(),
        opens=opens,
        closes=opens + rng.uniform(100.0, 600.0, servers),
        latest=np.full(agents, rng.uniform(1_000.0, 3_600.0)),
        service=20.0,
        rate=np.full(agents, 0.02),
        fixed=np.full(agents, 0.5),
    )
    return made._replace(**fields)


def bonus(seed: int, of: Stage, size: float) -> np.ndarray:
    """Concave in the users of a UAV."""
    falls = np.sort(np.random.default_rng(seed).random((len(of.value), of.per_uav)), axis=1)[:, ::-1] * size
    return np.concatenate([np.zeros((len(of.value), 1)), np.cumsum(falls, axis=1)], axis=1)


def tour_cost(of: Stage, k: int, stops: tuple[int, ...]) -> float:
    """Infinity where a window or the return is missed."""
    clock = driven = 0.0
    here = -1
    for i in stops:
        leg = of.out[k, i] if here < 0 else of.drive[k, here, i]
        clock, driven, here = max(clock + leg, of.opens[i]), driven + leg, i
        if clock > of.closes[i]:
            return np.inf
        clock += of.service
    if clock + of.out[k, here] > of.latest[k]:
        return np.inf
    return of.rate[k] * (driven + of.out[k, here]) + of.fixed[k]


def best_of_agent(of: Stage, gains: np.ndarray, k: int, mine: tuple[int, ...]) -> float:
    """All orders, all splits of the fleet's units."""
    if not mine:
        return 0.0
    road = min(tour_cost(of, k, order) for order in itertools.permutations(mine))
    if road == np.inf:
        return -np.inf
    room = int(of.fleet[k]) * of.per_uav
    most = -np.inf
    for units in itertools.product(range(1, room + 1), repeat=len(mine)):
        if sum(units) <= room:
            worth = 0.0
            for i, q in zip(mine, units, strict=True):
                worth += of.value[i] * min(q, of.overload[i]) - of.cost[k] * q
                while q:
                    worth, q = worth + gains[i, min(q, of.per_uav)], q - min(q, of.per_uav)
            most = max(most, worth)
    return most - road


def optimum(of: Stage, gains: np.ndarray) -> float:
    """Every server to every agent or to none."""
    agents = len(of.cost)
    known = {
        (k, mine): best_of_agent(of, gains, k, mine)
        for k in range(agents)
        for size in range(len(of.value) + 1)
        for mine in itertools.combinations(range(len(of.value)), size)
    }
    best = 0.0
    for seller in itertools.product(range(-1, agents), repeat=len(of.value)):
        sets = [tuple(i for i, who in enumerate(seller) if who == k) for k in range(agents)]
        best = max(best, sum(known[k, mine] for k, mine in enumerate(sets)))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_no_plan_of_a_tiny_stage_is_worth_more(seed: int) -> None:
    small = stage(seed, servers=4, agents=2)
    gains = bonus(seed, small, [0.0, 1.0, 3.0][seed % 3])
    best = optimum(small, gains)
    found = offline_bound(small, gains)
    assert best <= found.value <= 1.15 * best + 1.0
    for multiplier in (found.multiplier, np.zeros(4), np.full(4, 0.7)):
        assert best <= rebuilt_offline(small, gains, multiplier)


@pytest.mark.parametrize(("servers", "agents"), [(8, 3), (16, 7), (40, 10)])
def test_the_checker_finds_the_number_again(servers: int, agents: int) -> None:
    for seed in range(4):
        made = stage(seed, servers, agents)
        gains = bonus(seed, made, 2.0)
        found = offline_bound(made, gains)
        again = rebuilt_offline(made, gains, found.multiplier)
        assert again <= found.value <= again + 1e-8 * (1.0 + again)


def test_multipliers_lower_the_bound_and_false_ones_prove_nothing() -> None:
    crowded = stage(3, servers=6, agents=5)
    none = bonus(3, crowded, 0.0)
    found = offline_bound(crowded, none)
    assert found.value < rebuilt_offline(crowded, none, np.zeros(6))
    assert found.value < rebuilt_offline(crowded, none, found.multiplier + 1.0)
    for wrong in (np.full(6, -1.0), np.full(6, np.nan), np.full(5, 1.0), np.full(6, 1e9)):
        with pytest.raises(ValueError, match="multiplier"):
            rebuilt_offline(crowded, none, wrong)


def test_nobody_in_reach_is_worth_nothing() -> None:
    made = stage(0)
    for nobody in (made._replace(latest=np.zeros(3)), made._replace(fleet=np.zeros(3, dtype=np.int64))):
        found = offline_bound(nobody, bonus(0, nobody, 1.0))
        assert found.value == pytest.approx(0.0, abs=1e-8)
        assert not nobody.reaches().any()
    empty = stage(0, servers=0, agents=0, drive=np.zeros((0, 0, 0)), out=np.zeros((0, 0)))
    assert offline_bound(empty).value == pytest.approx(0.0, abs=1e-8)
