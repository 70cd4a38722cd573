"""False claims about computing-power trading do not pass, at any scale, and honest ones do."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from edgeworth import BoundEvidence, Quality, Stop, Termination
from edgeworth.core.checking import Budget
from edgeworth.core.result import Certificate
from edgeworth.core.verdict import Status
from edgeworth.games import trading
from edgeworth.games.trading import Equilibrium, TradingGame
from edgeworth.games.trading.check import REBUILD, kernels
from edgeworth.games.trading.check.bound import SLACK, interval_bound
from edgeworth.games.trading.check.kernels import peaks
from edgeworth.games.trading.check.regret import follower_regret
from edgeworth.games.trading.check.reply import DEMAND_TOL, demand_deviations, largest_demand_deviation
from edgeworth.games.trading.exact.follower import stage
from edgeworth.games.trading.model import equilibrium_of, value
from tests.cases.trading import CASES, game, optimum


def _drawn(seed: int) -> TradingGame:
    """Demands and money at scales from 1e-9 to 1e13, thresholds at the ends of the price range and inside, cancelling costs."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7))
    size, money = (10.0 ** rng.uniform(-9.0, 13.0, 2)).tolist()
    low = money * rng.uniform(1.0, 20.0)
    high = low + money * rng.choice([0.0, 0.3, 20.0])
    margin = float(rng.choice([low, high, 0.5 * (low + high)]))
    beta, u = rng.choice([0.0, 0.2, 0.5, 1.0], n), rng.choice([0.5, 1.0, 0.8], n)
    if rng.random() < 0.4:  # costs u p - (1 - beta) C_b that nearly cancel
        u = rng.uniform(0.5, 1.0, n)
        beta = np.clip(1.0 - u * low / margin * (1.0 + rng.choice([0.0, 1e-12, -1e-9, 1e-6], n)), 0.1, 1.0)
    least = size * float(rng.choice([0.0, 0.1, 1.0]))
    return TradingGame.from_effective_reward(
        beta,
        u,
        size * money * rng.choice([0.0, 1.0, 100.0], n) * rng.uniform(0.5, 2.0, n),
        service_profit=margin,
        unit_cost=float(rng.choice([0.0, 0.5 * low, low, 1.2 * high])),
        min_demand=least,
        max_demand=least + size * float(10.0 ** rng.uniform(-1.0, 3.0)),
        min_price=low,
        max_price=high,
    )


def _games(count: int) -> list[TradingGame]:
    found: list[TradingGame] = []
    seed = 0
    while len(found) < count:
        seed += 1
        try:
            found.append(_drawn(seed))
        except ValueError:  # a lone consumer without a best reply
            continue
    return found


def _profit(problem: TradingGame, price: float, demands: Any) -> Fraction:
    return (Fraction(price) - Fraction(problem.unit_cost)) * sum(map(Fraction, demands.tolist()), Fraction(0))


def _passes(problem: TradingGame, solution: Equilibrium) -> bool:
    return largest_demand_deviation(problem, solution)[0] <= DEMAND_TOL and follower_regret(problem, solution)[0] <= 1e-9


@pytest.mark.parametrize("part", range(4))
def test_no_profile_that_passes_earns_more_than_the_bound(part: int) -> None:
    """At thresholds, beside them and elsewhere, both answers on ties, moved by as much as passes; in fractions."""
    passed = 0
    rng = np.random.default_rng(part)
    for problem in _games(60)[part::4]:
        result = trading.solve(problem, method="exact")
        assert result.certificate is not None
        assert trading.verify(problem, result), str(trading.verify(problem, result))
        bound = Fraction(interval_bound(problem, result.certificate.arrays))
        edges = [p for p in problem.threshold.tolist() if problem.min_price <= p <= problem.max_price]
        middle = float(rng.uniform(problem.min_price, problem.max_price))
        for base in {problem.min_price, problem.max_price, result.require().price, middle, *edges}:
            for price in (base, np.nextafter(base, np.inf), np.nextafter(base, 0.0), base * (1.0 - 4e-15)):
                if not problem.min_price <= price <= problem.max_price:
                    continue
                for strong in (False, True):
                    exact = stage(problem, float(price), strong)[0]
                    assert _profit(problem, float(price), exact) <= bound
                    for shift in (3e-16, 1e-14, 0.9e-12, 1e-9):
                        moved = np.clip(exact * (1.0 + shift), problem.min_demand, problem.max_demand)
                        if _passes(problem, equilibrium_of(problem, float(price), moved, strong=strong)):
                            passed += 1
                            assert _profit(problem, float(price), moved) <= bound
    assert passed > 100


def test_the_tie_at_the_lowest_price_is_covered() -> None:
    """The consumer is indifferent at p_min = 5 and may ask for all of 100: the bound of one interval knows it."""
    problem = CASES["a tie at the lowest price"]
    own = trading.solve(problem, method="exact")
    assert own.quality is Quality.OPTIMAL
    assert own.value == 400.0
    assert own.require().tie_break == "strong"
    assert trading.verify(problem, own)
    weak = equilibrium_of(problem, 10.0, np.array([0.1]))
    claims = {"power_left": 1.0, "power_right": 1.0, "e_low": 0.0, "e_high": 0.0}
    arrays = {"price": np.array([5.0, 10.0]), **{name: np.array([claim]) for name, claim in claims.items()}}
    bound = interval_bound(problem, arrays)
    assert bound >= 400.0
    assert own.certificate is not None
    false = replace(
        own,
        solution=weak,
        value=value(problem, weak),
        bound=value(problem, weak),
        certificate=Certificate("price-intervals", arrays),
    )
    report = trading.verify(problem, false)
    assert {"bound", "quality"} <= set(report.failures)


@pytest.mark.parametrize("name", CASES)
def test_bounds_are_above_the_oracles_optimum(name: str) -> None:
    problem = CASES[name]
    result = trading.solve(problem, method="exact")
    assert result.certificate is not None
    best = optimum(problem)[0]
    rebuild = REBUILD[result.certificate.kind]
    assert rebuild(problem, result.certificate.arrays, Budget(60.0)) >= best - 4e-16 * abs(best)


def test_a_profit_equal_to_the_optimum_is_no_equilibrium() -> None:
    """Demands whose sum happens to earn the optimum: OPTIMAL claims that they are the consumers' answer, whoever says it."""
    problem = trading.generate(preset="kink")
    result = trading.solve(problem, method="exact")
    assert result.value is not None
    price = problem.max_price
    demand = result.value / (price - problem.unit_cost) / problem.consumers
    solution = equilibrium_of(problem, price, np.full(problem.consumers, demand))
    false = replace(result, method="another", solution=solution, value=value(problem, solution))
    assert {"epsilon", "reply"} <= set(trading.verify(problem, false).failures)


def test_a_bound_far_away_excuses_no_price() -> None:
    """A poor price, the consumers in equilibrium, FEASIBLE, and a valid bound with a gap of its own."""
    problem = trading.generate(preset="kink")
    poor = equilibrium_of(problem, 19.0, trading.follower_equilibrium(problem, 19.0))
    root = trading.solve(problem, method="exact", stop=trading_stop(0))
    result = replace(root, solution=poor, value=value(problem, poor), quality=Quality.FEASIBLE, termination=Termination.PROVED)
    assert result.gap is not None
    assert result.gap > 0.1
    assert "leader" in trading.verify(problem, result).failures
    early = trading.verify(problem, replace(result, termination=Termination.CONVERGED))
    assert early  # the consumers' equilibrium is claimed and true; the leader's regret is only measured
    assert early["leader"].status is Status.MEASURED
    assert early["leader"].violation > 0.1


def trading_stop(iterations: int) -> Any:
    from edgeworth import Stop

    return Stop(iterations=iterations)


def test_a_regret_is_held_against_the_players_own_spread() -> None:
    """A box of width .01 at 1e9: all that the consumer can decide is 1e-11 of its utility, and it decides wrongly."""
    problem = game(
        2, role_ratio=[0.0, 0.5], effective_reward=[0.0, 1e13], service_profit=2.0, min_demand=1e9, max_demand=1e9 + 0.01
    )
    right = trading.follower_equilibrium(problem, 12.0)
    wrong = np.array(right)
    wrong[0] = problem.max_demand if right[0] == problem.min_demand else problem.min_demand
    report = trading.verify(problem, equilibrium_of(problem, 12.0, wrong))
    assert report["epsilon"].status is Status.FAILS
    assert report["epsilon"].violation == pytest.approx(1.0)
    assert trading.verify(problem, equilibrium_of(problem, 12.0, right))["epsilon"]


def test_a_demand_without_a_regret_can_be_no_reply() -> None:
    problem = trading.generate(preset="interior")
    solution = trading.solve(problem, method="exact").require()
    demands = np.array(solution.demands)
    demands[0] *= 1.0 + 1e-7
    report = trading.verify(problem, equilibrium_of(problem, solution.price, demands))
    assert report["epsilon"]
    assert report["reply"].status is Status.FAILS
    assert report["reply"].witness.consumer == 0
    assert report["reply"].witness.replay(problem, equilibrium_of(problem, solution.price, demands)) > 1e-8


@pytest.mark.parametrize("width", [1e-15, 1e-12, 1e-9])
def test_a_range_of_few_prices_is_searched_to_its_end(width: float) -> None:
    """A part in 1e8 of it is less than from one float to the next, where a search by ever finer grids has no end."""
    few = TradingGame(
        role_ratio=np.full(3, 0.5),
        payment_weight=np.array([0.125, 0.5, 0.2]),
        reward=2000.0,
        service_profit=1.5e7,
        unit_cost=0.0,
        min_demand=1e-5,
        max_demand=1e-4,
        min_price=1e7,
        max_price=1e7 * (1.0 + width),
        token_effect=np.array([1.0, 1.0, 0.0]),
        evaluation_metric=np.array([0.0, 0.8, 0.0]),
    )
    began = time.perf_counter()
    assert trading.verify(few, trading.solve(few, method="exact"), seconds=5.0)
    assert time.perf_counter() - began < 5.0


def test_who_mines_alone_has_the_whole_reward_at_any_power() -> None:
    """With costs that vanish beside the reward, a search for the power at which shares sum to 1 found one of many."""
    lone = TradingGame(
        role_ratio=np.array([0.88740003, 0.0]),
        payment_weight=np.array([0.5, 0.17694376]),
        reward=3.72826806640625e-12,
        service_profit=1.1000000000000001e-08,
        unit_cost=3.350726366043091e-09,
        min_demand=1.5e-06,
        max_demand=9.15e-05,
        min_price=1e-09,
        max_price=1.1000000000000001e-08,
        token_effect=np.ones(2),
        evaluation_metric=np.array([0.0, 0.8]),
        performance_factor=2.5,
        block_size=500.0,
        puzzle_constant=0.05,
        propagation_factor=0.01,
    )
    assert trading.verify(lone, trading.solve(lone, method="exact"))


def test_indifferent_consumers_answer_as_the_record_says() -> None:
    problem = game(2, role_ratio=0.0, service_profit=7.0)  # everybody is indifferent at 14
    for strong, ask in ((True, 100.0), (False, 1.0)):
        assert trading.verify(problem, equilibrium_of(problem, 14.0, np.full(2, ask), strong=strong))["ties"]
        for other in (101.0 - ask, 50.0):
            wrong = equilibrium_of(problem, 14.0, np.array([ask, other]), strong=strong)
            report = trading.verify(problem, wrong)
            assert report["epsilon"]
            assert report["ties"].status is Status.FAILS
            assert report["ties"].witness.what == "ties"
    nothing = game(1, role_ratio=1.0, payment_weight=0.0, effective_reward=0.0)  # indifferent at every price: the least
    assert trading.verify(nothing, equilibrium_of(nothing, 20.0, np.array([1.0])))["ties"]
    assert not trading.verify(nothing, equilibrium_of(nothing, 20.0, np.array([100.0])))["ties"]


def test_intervals_hold_exactly() -> None:
    problem = trading.generate(preset="kink")
    solution = trading.solve(problem, method="exact").require()
    beyond = np.array(solution.demands)
    beyond[0] = problem.max_demand * (1.0 + 4e-16)
    for price, demands in ((problem.max_price * (1.0 + 4e-16), solution.demands), (solution.price, beyond)):
        report = trading.verify(problem, equilibrium_of(problem, price, demands))
        assert report["feasible"].status is Status.FAILS
        assert report["feasible"].tolerance == 0.0


def _claims(**changed: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "price": [10.0, 20.0],
        "power_left": [1e3],
        "power_right": [1e-3],
        "e_low": [-1e6],
        "e_high": [1e6],
    }
    return {name: np.array(entry) for name, entry in (given | changed).items()}


HOSTILE = {
    "nothing": {},
    "no number": _claims(power_left=[np.nan]),
    "infinite": _claims(e_high=[np.inf]),
    "huge": _claims(power_left=[1e308], power_right=[1e308]),
    "tiny": _claims(power_right=[5e-324]),
    "negative": _claims(power_right=[-1.0]),
    "zero": _claims(power_right=[0.0]),
    "crossed": _claims(power_left=[1.0], power_right=[2.0]),
    "wide e": _claims(e_low=[-1e308], e_high=[1e308]),
    "e of the wrong sign": _claims(e_low=[1.0], e_high=[-1.0]),
    "scalars": {name: np.array(1.0) for name in ("price", "power_left", "power_right", "e_low", "e_high")},
    "empty": {name: np.zeros(0) for name in ("price", "power_left", "power_right", "e_low", "e_high")},
    "two columns": _claims(power_left=[[1.0, 2.0]]),
    "booleans": _claims(power_left=[True]),
    "falling prices": _claims(price=[10.0, 25.0, 20.0]),
    "other prices": _claims(price=[10.0, 19.0]),
    "nan prices": _claims(price=[10.0, np.nan, 20.0], **{name: [1.0, 1.0] for name in ("power_left", "power_right")}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_certificates_are_failed_verdicts(name: str) -> None:
    problem = trading.generate(preset="kink")
    result = trading.solve(problem, method="exact")
    hostile = replace(result, certificate=Certificate("price-intervals", HOSTILE[name]))
    report = trading.verify(problem, hostile)
    assert report["bound"].status is Status.FAILS
    assert report["quality"].status is Status.FAILS


def test_what_the_budget_does_not_suffice_for_is_not_checked() -> None:
    problem = trading.generate(preset="kink")
    result = trading.solve(problem, method="exact")
    report = trading.verify(problem, result, seconds=0.0)
    assert not report
    assert not report.failures
    assert {"leader", "bound", "quality"} <= set(report.unchecked)


def test_sums_of_shares_lie_outward() -> None:
    """The checker's sums against fractions, costs that cancel among them."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        n = int(rng.integers(1, 9))
        slope, beta = 10.0 ** rng.uniform(-9.0, 9.0, n), rng.uniform(0.01, 1.0, n)
        price = 10.0 ** rng.uniform(-9.0, 9.0)
        offset = slope * price * (1.0 + rng.choice([0.0, 1e-15, -1e-12, 0.1], n))
        power = 1.0 / float(np.median(slope * price)) * 10.0 ** rng.uniform(-2.0, 2.0)
        low, high = 0.1 * power / n, power  # no share above 1
        exact = Fraction(0)
        for g, w, b in zip(slope.tolist(), offset.tolist(), beta.tolist(), strict=True):
            share = 1 - (Fraction(g) * Fraction(price) - Fraction(w)) * Fraction(power)
            bounds = [Fraction(bound) * Fraction(b) / Fraction(power) for bound in (low, high)]
            exact += min(max(share, bounds[0]), bounds[1])
        room = 1 + Fraction(8, 2**53)
        above, below = (
            kernels.share_sum(slope, offset, beta, low, high, price, power, upper, SLACK) for upper in (True, False)
        )
        assert Fraction(above) * room >= exact >= Fraction(below) / room


def test_peaks_are_above_every_value() -> None:
    """The largest product of price margin and demand, smooth, flat or losing, against exact values on a grid."""
    rng = np.random.default_rng(1)
    for _ in range(60):
        lo = 10.0 ** rng.uniform(-6.0, 6.0)
        hi = lo * (1.0 + 10.0 ** rng.uniform(-9.0, 0.5))
        margin = np.array([rng.normal(), rng.uniform(0.0, 2.0) * lo, rng.uniform(0.0, 1.0) * lo * lo])
        demand = np.array([rng.uniform(0.0, 3.0), rng.normal() / lo, rng.normal() / (lo * lo)])
        if rng.random() < 0.3:  # a flat profit: c / X times X
            margin, demand = np.array([0.0, lo, 0.0]), np.array([0.0, 1.0 / lo, 0.0])
        losing = bool(rng.random() < 0.3)
        if losing:
            margin[0] = -margin[1] / lo - margin[2] / lo**2 - 1.0
        bound = Fraction(peaks.product_peak(margin, demand, lo, hi, losing))
        a, k = [Fraction(float(x)) for x in margin], [Fraction(float(x)) for x in demand]
        best = None
        for step in range(65):
            x = Fraction(lo) + (Fraction(hi) - Fraction(lo)) * step / 64
            price, amount = a[0] + a[1] / x + a[2] / x**2, k[0] + k[1] * x + k[2] * x**2
            if (losing and price <= 0 and amount >= 0) or (not losing and price >= 0 and amount >= 0):
                best = price * amount if best is None else max(best, price * amount)
        if best is not None:
            assert bound >= best - abs(best) * Fraction(1, 10**14)


def test_honest_equilibria_have_no_demand_deviations() -> None:
    for seed in range(40):
        problem = trading.generate(preset="random", consumers=3 + 7 * seed, seed=seed)
        for price in np.linspace(problem.min_price, problem.max_price, 5).tolist():
            assert demand_deviations(problem, equilibrium_of(problem, price, stage(problem, price)[0]))[0].max() <= 1e-15


def test_a_claimed_bound_is_no_recomputed_one() -> None:
    problem = trading.generate(preset="kink")
    result = trading.solve(problem, method="exact")
    claimed = replace(result, bound_evidence=BoundEvidence.CLAIMED, certificate=None)
    assert "quality" in trading.verify(problem, claimed).failures


@pytest.mark.parametrize("seed", [8, 12, 14, 15])
def test_of_many_consumers_the_bound_covers_what_sums_of_those_at_a_bound_leave_open(seed: int) -> None:
    """The checker knows such consumers by what they ask for and what they mine, two sums that drift apart: here by 3e-12 of the
    bound, by more where their difference cancels, so that true bounds could be refused.
    """
    rng = np.random.default_rng(seed)
    given = {"role_ratio": (0.1, 0.9), "payment_weight": (0.1, 1.0), "token_effect": (0.5, 2.0)}
    arrays = {name: rng.uniform(low, high, 400) for name, (low, high) in given.items()}
    reward, cost, least = 10.0 ** rng.uniform(4.0, 6.0), float(rng.choice([5.0, 40.0])), float(rng.choice([0.0, 5.0]))
    numbers = {"service_profit": 2.0, "unit_cost": cost, "min_price": 1.0, "max_price": 20.0, "max_demand": 100.0}
    many = TradingGame(**arrays, **numbers, reward=reward, min_demand=least)
    result = trading.solve(many, method="exact", seed=0, stop=Stop(iterations=20))
    assert result.bound is not None
    assert result.certificate is not None
    assert interval_bound(many, result.certificate.arrays) <= result.bound
    assert trading.verify(many, result)


def test_a_claim_that_divides_by_nothing_fails_and_raises_nothing() -> None:
    """A mining power of 1e-150, whose square is 0 beside a share, is a claim like any other."""
    problem = TradingGame.from_effective_reward(
        np.array([1.0, 0.2, 1.0, 0.5]),
        np.ones(4),
        np.array([8e8, 1e7, 5e6, 8e8]),
        service_profit=1e3,
        unit_cost=3e3,
        min_demand=0.0,
        max_demand=2e5,
        min_price=3e3,
        max_price=3e3,
    )
    result = trading.solve(problem)
    assert trading.verify(problem, result)
    assert result.certificate is not None
    arrays = dict(result.certificate.arrays)
    arrays["power_right"] = np.full(len(arrays["power_right"]), 1e-150)
    with pytest.raises(ZeroDivisionError):
        interval_bound(problem, arrays)
    report = trading.verify(problem, replace(result, certificate=Certificate("price-intervals", arrays)))
    assert report["bound"].status is Status.FAILS
    assert report["quality"].status is Status.FAILS


@pytest.mark.parametrize("seed", [30, 46, 83, 103])
def test_an_optimum_stands_where_the_price_hardly_matters(seed: int) -> None:
    """The range of prices makes a difference of a few percent of the profit, and the leader's regret is relative to that: a
    search that ends by a gap relative to the profit is refused here."""
    rng = np.random.default_rng(seed)
    beta, u = rng.uniform(0.05, 1.0, 60), rng.uniform(0.5, 1.0, 60)
    reward = 600.0 * 10.0 ** rng.uniform(-1.0, 1.0, 60)
    drawn = TradingGame.from_effective_reward(
        beta, u, reward, service_profit=10.0, unit_cost=5.0, min_demand=0.0, max_demand=5.0, min_price=10.0, max_price=10.5
    )
    result = trading.solve(drawn, method="exact")
    assert result.quality is Quality.OPTIMAL
    assert trading.verify(drawn, result), str(trading.verify(drawn, result))
