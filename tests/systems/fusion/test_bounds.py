"""The bound of a round: no contracts, tours and profiles beat it, and its checker finds it again."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeworth.core.result import Termination
from edgeworth.games import offloading
from edgeworth.games.offloading import Profile
from edgeworth.systems.fusion import bound_check
from edgeworth.systems.fusion.auction_stage import Contracts, contracts_of, drive
from edgeworth.systems.fusion.bound_check import rebuilt, rebuilt_offline, verdict
from edgeworth.systems.fusion.bounds import offline_bound, round_bound, served
from edgeworth.systems.fusion.forecast_stage import forecast_users, outlook, wanted
from edgeworth.systems.fusion.online_stage import fleet_of, online_game, play
from edgeworth.systems.fusion.presets import generate
from edgeworth.systems.fusion.rounds import Round, draw
from edgeworth.systems.fusion.settlement import measured, settled
from edgeworth.systems.fusion.split import split_round
from edgeworth.systems.fusion.stage import RoundBound, Stage
from edgeworth.systems.fusion.variants import VARIANTS, Variant, without_payments
from edgeworth.systems.fusion.world import World


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


def gains(seed: int, of: Stage, size: float) -> np.ndarray:
    """The tasks that are used, and something for every UAV that comes, less for each further one."""
    rng = np.random.default_rng(seed)
    units = int(of.fleet.max(initial=0)) * of.per_uav
    table = np.zeros((len(of.value), units + 1))
    for i, first in enumerate(rng.random(len(of.value)) * size):
        for q in range(1, units + 1):
            uavs = -(-q // of.per_uav)
            table[i, q] = of.value[i] * min(q, of.overload[i]) + first * sum(0.6**n for n in range(uavs))
    return table


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


def best_of_agent(of: Stage, gain: np.ndarray, k: int, mine: tuple[int, ...]) -> float:
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
            most = max(most, sum(gain[i, q] - of.cost[k] * q for i, q in zip(mine, units, strict=True)))
    return most - road


def optimum(of: Stage, gain: np.ndarray) -> float:
    """Every server to every agent or to none."""
    agents = len(of.cost)
    known = {
        (k, mine): best_of_agent(of, gain, k, mine)
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
    gain = gains(seed, small, [0.0, 1.0, 3.0][seed % 3])
    best = optimum(small, gain)
    found = offline_bound(small, gain)
    assert best <= found.value <= 1.15 * best + 1.0
    for multiplier in (found.multiplier, np.zeros(4), np.full(4, 0.7)):
        assert best <= rebuilt_offline(small, gain, multiplier)


@pytest.mark.parametrize(("servers", "agents"), [(8, 3), (16, 7), (40, 10)])
def test_the_checker_finds_the_number_again(servers: int, agents: int) -> None:
    for seed in range(4):
        made = stage(seed, servers, agents)
        gain = gains(seed, made, 2.0)
        found = offline_bound(made, gain)
        again = rebuilt_offline(made, gain, found.multiplier)
        assert again <= found.value <= again + 1e-8 * (1.0 + again)


def test_multipliers_lower_the_bound_and_false_ones_prove_nothing() -> None:
    crowded = stage(3, servers=6, agents=5)
    none = gains(3, crowded, 0.0)
    found = offline_bound(crowded, none)
    assert found.value < rebuilt_offline(crowded, none, np.zeros(6))
    assert found.value < rebuilt_offline(crowded, none, found.multiplier + 1.0)
    for wrong in (np.full(6, -1.0), np.full(6, np.nan), np.full(5, 1.0), np.full(6, 1e9)):
        with pytest.raises(ValueError, match="multiplier"):
            rebuilt_offline(crowded, none, wrong)


def test_nobody_in_reach_is_worth_nothing() -> None:
    made = stage(0)
    for nobody in (made._replace(latest=np.zeros(3)), made._replace(fleet=np.zeros(3, dtype=np.int64))):
        found = offline_bound(nobody, gains(0, nobody, 1.0))
        assert found.value == pytest.approx(0.0, abs=1e-8)
        assert not nobody.reaches().any()
    empty = stage(0, servers=0, agents=0, drive=np.zeros((0, 0, 0)), out=np.zeros((0, 0)))
    assert offline_bound(empty).value == pytest.approx(0.0, abs=1e-8)


# --- whole rounds --------------------------------------------------------------------------------------------------------


def played(world: World, drawn: Round, variant: Variant, forecaster: str = "persistence") -> dict[str, float]:
    """The measures of a round, stage after stage."""
    name = "perfect" if variant.foresight else forecaster
    users = forecast_users(world, drawn, outlook(world, name, 0), name)
    contracts = contracts_of(world, drawn, wanted(world, users), variant, 0)
    fleet = fleet_of(world, contracts, variant)
    game = online_game(world, drawn, fleet)
    found = play(game, drawn.number, variant, 0)
    return measured(world, drawn, contracts, fleet, game, found.require(), 0, users)


QUICK = [without_payments(each) for each in VARIANTS.values() if each.online != "exact" and each.rule != "none"]


def closest(preset: str, seeds: range) -> float:
    """How far below its bound, as a share of it, the best variant of small rounds stays; no variant is above."""
    gap = np.inf
    for seed in seeds:
        world = generate(preset, servers=3 + seed % 3, agents=1 + seed % 3, users=10 + 5 * seed, seed=seed, own_share=0.05)
        drawn = draw(world, seed, seed)
        found = round_bound(world, drawn, steps=10)
        assert verdict(world, drawn, found).holds
        for variant in QUICK:
            for forecaster in ("persistence", "perfect"):
                reached = played(world, drawn, variant, forecaster)["welfare"]
                assert reached <= found.value
                gap = min(gap, (found.value - reached) / found.value)
    return float(gap)


@pytest.mark.parametrize("preset", ["synthetic", "roads"])
def test_no_variant_of_a_small_round_is_worth_more(preset: str) -> None:
    assert closest(preset, range(3)) < 0.3


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["synthetic", "roads"])
def test_no_variant_of_many_small_rounds_is_worth_more(preset: str) -> None:
    assert closest(preset, range(3, 25)) >= 0.0  # crowded: equilibria are far below what is best for all


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 9))
def test_the_bound_of_a_crowded_round_is_within_twice_the_best_plan_known(seed: int) -> None:
    world = generate("synthetic", servers=3 + seed % 3, agents=1 + seed % 3, users=10 + 5 * seed, seed=seed, own_share=0.05)
    drawn = draw(world, seed, seed)
    split = split_round(world, drawn, forecaster="persistence", seed=seed)
    assert split.planned <= split.bound <= 2.0 * split.planned


@pytest.mark.parametrize("seed", range(3))
def test_waiting_uavs_are_worth_less_than_their_bound(seed: int) -> None:
    world = generate("synthetic", servers=4, agents=3, users=30, seed=seed)
    drawn = draw(world, seed, 0)
    found = round_bound(world, drawn, waiting=True, steps=20)
    assert verdict(world, drawn, found).holds
    reached = played(world, drawn, VARIANTS["pur-online"])["welfare"]
    assert reached <= found.value <= 1.4 * reached
    assert not verdict(world, drawn, replace(found, value=reached)).holds


def tiny(seed: int) -> tuple[World, Round]:
    """Two servers, an agent with a UAV for two or two of them, four users."""
    made = generate("synthetic", servers=2, agents=1, users=4, seed=seed, own_share=0.0)
    rng = np.random.default_rng(seed)
    world = replace(
        made, users_a_uav=2, uavs=rng.integers(1, 3, 1), rate=made.rate / 20.0, place=made.place / 2.0, cap=np.array([2, 2])
    )
    return world, draw(world, seed, seed)


def everything(world: World, drawn: Round) -> float:
    """The greatest welfare over all contracts, orders and profiles, by looking at every one."""
    most = -np.inf
    room = int(world.capacity[0])
    for quantity in itertools.product(range(room + 1), repeat=2):
        if sum(quantity) > room:
            continue
        stops = [i for i in range(2) if quantity[i]]
        for order in itertools.permutations(stops):
            begins, cost, feasible = drive(world, drawn, np.array(quantity), 0, list(order))
            if not feasible:
                continue
            agent, stop, begin = np.full(2, -1), np.full(2, -1), np.zeros(2)
            for place, i in enumerate(order):
                agent[i], stop[i], begin[i] = 0, place, begins[place]
            end = np.where(agent >= 0, begin + world.service * np.array(quantity), 0.0)
            signed = Contracts(
                quantity=np.array(quantity), agent=agent, stop=stop, begin=begin, end=end, payment=np.zeros(2),
                reward=np.zeros(1), tour_cost=np.array([cost]),
            )  # fmt: skip
            fleet = fleet_of(world, signed, VARIANTS["fusion"])
            game = online_game(world, drawn, fleet)
            reach = [[-1, *game.provider[game.indptr[j] : game.indptr[j + 1]].tolist()] for j in range(world.users)]
            for actions in itertools.product(*reach):
                profile = Profile(np.array(actions))
                if not offloading.violations(game, profile):
                    used = settled(world, drawn, signed, fleet, profile).used
                    offline = sum(world.value[i] * used[i] - world.unit_cost[0] * quantity[i] for i in stops) - cost
                    most = max(most, offline + offloading.value(game, profile))
    return most


@pytest.mark.parametrize("seed", range(5))
def test_nothing_at_all_in_a_tiny_round_is_worth_more(seed: int) -> None:
    world, drawn = tiny(seed)
    best = everything(world, drawn)
    found = round_bound(world, drawn, steps=30)
    assert best <= found.value <= 1.35 * best
    for prices in (np.zeros(4), np.full(4, 1.0)):
        assert best <= rebuilt(world, drawn, replace(found, price=prices))
    assert best <= rebuilt(world, drawn, replace(found, multiplier=np.full(2, 0.5)))


def test_a_bound_is_kept_and_a_false_one_is_refuted(tmp_path: Path) -> None:
    world = generate("synthetic", servers=4, agents=2, users=20, seed=0, own_share=0.05)
    drawn = draw(world, 0, 0)
    found = round_bound(world, drawn, steps=5)
    found.save(tmp_path / "bound.npz")
    back = RoundBound.load(tmp_path / "bound.npz")
    assert back.hash == found.hash
    assert verdict(world, drawn, back).holds
    assert found.hash == round_bound(world, drawn, steps=5).hash
    low = verdict(world, drawn, replace(found, value=found.value * 0.999))
    assert not low.holds
    assert low.violation == pytest.approx(0.001 * found.value, rel=0.01)
    for wrong in (
        replace(found, value=np.inf),
        replace(found, multiplier=-found.multiplier - 1.0),
        replace(found, price=found.price[1:]),
        replace(found, high=found.high * 0.5),
        replace(found, ptr=found.ptr[::-1]),
    ):
        assert not verdict(world, drawn, wrong).holds


# --- the ends of the checker's range --------------------------------------------------------------------------------------


def wide_open(**fields: object) -> tuple[Stage, np.ndarray]:
    """Four servers that an agent can visit all, and what the tasks are worth."""
    made = stage(0, servers=4, agents=1, opens=np.zeros(4), closes=np.full(4, 1e4), latest=np.full(1, 1e5), **fields)
    return made, np.minimum(served(made), 2.0**17)


def test_worth_beyond_64_bits_is_refused_and_never_wraps() -> None:
    """Four stops of 4.2 million each would leave the range of the checker's whole numbers, and prove a bound far too tight."""
    much = {"value": np.full(4, 1.3e5), "overload": np.full(4, 32), "cost": np.zeros(1), "fleet": np.array([4]), "per_uav": 32}
    made, _ = wide_open(**much)
    gain = [[int(each) << 40 for each in row] for row in served(made).tolist()]
    with pytest.raises(ValueError, match="gain: must add up to less than"):
        bound_check._offline(made, gain, [0] * 4, None)


def test_great_costs_and_multipliers_are_within_the_range() -> None:
    dear, gain = wide_open(
        value=np.full(4, 1.2e5), overload=np.full(4, 200), cost=np.full(1, 1e5), fleet=np.array([4]), per_uav=50
    )
    assert rebuilt_offline(dear, gain, np.zeros(4)) == pytest.approx(4 * 2e4, rel=1e-4)
    assert rebuilt_offline(dear, gain, np.full(4, 1e8)) == pytest.approx(4e8)
    for fields in ({"cost": np.full(1, 1e9)}, {"fixed": np.full(1, 1e9)}, {"rate": np.full(1, 1e12)}):
        made, gain = wide_open(**fields)
        assert offline_bound(made, gain).value == pytest.approx(0.0, abs=1e-8)
        assert rebuilt_offline(made, gain, np.zeros(4)) == pytest.approx(0.0, abs=1e-8)


@pytest.mark.parametrize("field", ["unit_cost", "depreciation", "travel_cost", "weight", "uav_rate"])
def test_bounds_of_odd_worlds_stand_the_check(field: str) -> None:
    made = generate("synthetic", servers=4, agents=2, users=20, seed=3, own_share=0.05)
    odd = {"weight": np.where(np.arange(20) % 2, 1.0, 1e-3), "uav_rate": np.full(2, 1e3)}
    world = replace(made, **{field: odd.get(field, np.full(2, 1e6))})
    drawn = draw(world, 3, 0)
    found = round_bound(world, drawn, steps=5)
    judged = verdict(world, drawn, found)
    assert judged.holds, judged
    assert played(world, drawn, VARIANTS["random"])["welfare"] <= found.value


def test_a_bound_that_ctrl_c_ends_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    world = generate("synthetic", servers=4, agents=2, users=20, seed=0)
    solve = offloading.solve

    def ended(*args: object, **options: object) -> object:
        return replace(solve(*args, **options), termination=Termination.INTERRUPTED)  # type: ignore[arg-type]

    monkeypatch.setattr(offloading, "solve", ended)
    with pytest.raises(KeyboardInterrupt):
        round_bound(world, draw(world, 0, 0), steps=2)
