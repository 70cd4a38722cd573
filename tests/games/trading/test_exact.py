"""The leader's optimum: known answers, the certificate, grids that find nothing better, ties, MODELS' findings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from edgeworth import BoundEvidence, Quality, Stop, Termination
from edgeworth.core.verdict import Status
from edgeworth.games import trading
from edgeworth.games.trading import Exact, GoldenSection, Grid, TradingGame
from edgeworth.games.trading.check.bound import _Intervals, interval_bound
from edgeworth.games.trading.exact.follower import stage
from edgeworth.testing import trading_games
from tests.cases.trading import game
from tests.oracles import trading as oracle

KNOWN = {  # preset: price, profit, tolerance of the quoted numbers, regime
    "ai-bazaar": (20.0, 15_000.0, 0.0, "at_max"),
    "interior": (20.0, 4380.71, 0.01, "interior"),
    "kink": (11.34, 8337.0, 0.01, "interior"),
    "two-peaks": (20.0, 3418.6, 0.05, "interior"),
}


@pytest.mark.parametrize("preset", KNOWN)
def test_presets_have_their_known_answers(preset: str) -> None:
    price, profit, tolerance, regime = KNOWN[preset]
    problem = trading.generate(preset=preset)
    result = trading.solve(problem, method="exact")
    solution = result.require()
    assert solution.price == pytest.approx(price, abs=0.005)
    assert result.value == pytest.approx(profit, abs=tolerance + 1e-9)
    assert solution.regime == regime
    assert result.quality is Quality.OPTIMAL
    assert result.termination is Termination.PROVED
    assert result.bound_evidence is BoundEvidence.RECOMPUTED
    assert trading.verify(problem, result)
    assert oracle.optimum(problem)[0] == pytest.approx(result.value, rel=1e-9)


def test_golden_section_stops_at_the_local_maximum() -> None:
    """Theorem 5 says that the profit is concave; on two-peaks it has two maxima."""
    problem = trading.generate(preset="two-peaks")
    local = trading.solve(problem, method="golden-section")
    assert local.require().price == pytest.approx(12.87, abs=0.01)
    assert local.value == pytest.approx(3417.0, abs=0.05)
    best = trading.solve(problem, method="exact")
    assert best.value is not None
    assert local.value is not None
    assert best.value > local.value + 1.5
    report = trading.verify(problem, local.require())
    assert not report["leader"]
    assert report["leader"].witness.action == pytest.approx(20.0)
    assert report["leader"].witness.replay(problem, local.require()) == pytest.approx(best.value - local.value)
    assert trading.verify(problem, local)  # golden-section claims no equilibrium; the regret is measured


def test_interior_profit_is_never_stationary() -> None:
    """In an all-interior piece with equal beta the derivative has the sign of A C - D throughout: the best price is an end."""
    problem = trading.generate(preset="interior")
    prices = np.linspace(10.0, 20.0, 101)
    profits = [(p - problem.unit_cost) * stage(problem, float(p))[0].sum() for p in prices]
    assert len(set(np.sign(np.diff(profits)))) == 1
    cheap = replace(problem, unit_cost=2.0)
    falling = [(p - cheap.unit_cost) * stage(cheap, float(p))[0].sum() for p in prices]
    assert len(set(np.sign(np.diff(falling)))) == 1
    assert np.sign(falling[-1] - falling[0]) == -np.sign(profits[-1] - profits[0])


def test_no_grid_point_is_better_on_random_games() -> None:
    for seed in range(60):
        problem = trading.generate(preset="random", consumers=8, seed=seed)
        result = trading.solve(problem, method="exact")
        assert result.value is not None
        assert result.quality is Quality.OPTIMAL
        best = trading.solve(problem, method="grid", params=Grid(points=2001)).value
        assert best is not None
        assert best <= result.value + 1e-9 * abs(result.value)


@pytest.mark.parametrize(("consumers", "gap"), [(100, 1e-9), (1000, 1e-9), (20_000, 1e-6)])
def test_the_gap_closes(consumers: int, gap: float) -> None:
    for seed in range(3):
        problem = trading.generate(preset="random", consumers=consumers, seed=seed)
        result = trading.solve(problem, method="exact")
        assert result.gap is not None
        assert -1e-12 <= result.gap <= gap
        assert result.bound is not None
        assert result.certificate is not None
        assert interval_bound(problem, result.certificate.arrays) == pytest.approx(result.bound, rel=1e-9)


@given(problem=trading_games(max_consumers=4))
@settings(max_examples=60)
def test_two_independent_searches_agree(problem: TradingGame) -> None:
    result = trading.solve(problem, method="exact")
    assert result.value is not None
    wanted = oracle.optimum(problem)[0]
    assert result.value == pytest.approx(wanted, rel=1e-8, abs=1e-9)


def test_ties_are_broken_for_the_leader_and_recorded() -> None:
    problem = game(2, role_ratio=0.0, service_profit=7.0)  # everybody is indifferent at 14 and leaves above
    result = trading.solve(problem, method="exact")
    assert result.require().price == 14.0
    assert result.require().tie_break == "strong"
    assert result.value == (14.0 - 5.0) * 200.0
    assert trading.verify(problem, result)
    weak = trading.follower_equilibrium(problem, 14.0)
    assert weak.tolist() == [1.0, 1.0]


def test_smooth_maxima_inside_a_piece_are_found() -> None:
    """With unequal beta the profit can have a maximum where no consumer changes its regime."""
    found = 0
    for seed in range(200):
        problem = trading.generate(preset="random", consumers=6, seed=seed)
        result = trading.solve(problem, method="exact")
        price, step = result.require().price, 1e-3 * (problem.max_price - problem.min_price)
        if not problem.min_price + step < price < problem.max_price - step:
            continue
        sides = [stage(problem, p)[0] for p in (price - step, price + step)]
        classes = [(d <= problem.min_demand, d >= problem.max_demand) for d in sides]
        found += all(np.array_equal(a, b) for a, b in zip(*classes, strict=True))
    assert found >= 1


def test_rules_and_parameters() -> None:
    problem = trading.generate(preset="kink")
    cut = trading.solve(problem, method="exact", stop=Stop(iterations=2))
    assert cut.termination is Termination.ITERATIONS
    assert cut.quality is Quality.FEASIBLE
    assert trading.verify(problem, cut)
    assert trading.verify(problem, cut)["leader"].status is Status.MEASURED
    coarse = trading.solve(problem, method="exact", params=Exact(gap=1e-2))
    assert coarse.termination is Termination.CONVERGED
    assert coarse.gap is not None
    assert 1e-9 < coarse.gap <= 1e-2
    report = trading.verify(problem, coarse)
    assert report["epsilon"].holds  # the consumers' equilibrium is claimed, the leader's best price is not
    assert report["leader"].status is Status.MEASURED
    assert trading.solve(problem, method="exact", stop=Stop(gap=0.5)).termination is Termination.TARGET
    trace = trading.solve(problem, method="exact", trace=True).trace
    assert trace is not None
    assert trace.bound[-1] <= trace.bound[0]


def test_parameters_out_of_range() -> None:
    with pytest.raises(ValueError, match=r"gap: must be at least 0.0; got -1.0"):
        Exact(gap=-1.0)
    with pytest.raises(ValueError, match="points: must be at least 1; got 0"):
        Grid(points=0)
    with pytest.raises(ValueError, match=r"tolerance: must be above 0.0; got 0.0"):
        GoldenSection(tolerance=0.0)


def test_a_grid_of_one_point_is_the_lowest_price() -> None:
    result = trading.solve(game(), method="grid", params=Grid(points=1))
    assert result.require().price == 10.0
    assert trading.solve(game(), method="grid", stop=Stop(iterations=0)).solution is None


def test_the_bound_of_every_interval_holds_inside_it() -> None:
    """Runs cut short leave wide intervals, whose bounds are looked at one by one."""
    for seed in range(40):
        problem = trading.generate(preset="random", consumers=2 + seed % 7, seed=seed)
        certificate = trading.solve(problem, method="exact", stop=Stop(iterations=seed % 6)).certificate
        assert certificate is not None
        arrays = certificate.arrays
        for k in range(len(arrays["e_low"])):
            left, right = arrays["price"][k : k + 2].tolist()
            claims = [float(arrays[name][k]) for name in ("power_left", "power_right", "e_low", "e_high")]
            checker = _Intervals(problem)
            bound = checker.bound(checker.whole, left, right, *claims)
            for price in np.linspace(left, right, 9)[1:-1].tolist():
                profit = (price - problem.unit_cost) * stage(problem, price)[0].sum()
                assert profit <= bound
