"""Sweeps, claims, the genetic algorithm and the mining race: shapes, known directions, and the paper's claims as findings."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from itertools import product
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from edgeworth import MissingExtraError
from edgeworth.core.claims import SMOKE, ClaimVerdict, claim_table
from edgeworth.games import trading
from edgeworth.games.trading import claims, evidence, plots, sweeps
from edgeworth.games.trading.genetic import genetic_demand, genetic_price
from edgeworth.games.trading.learned import Play
from edgeworth.games.trading.one_sided import OTHERS, best_demand, best_price, demand_problem
from edgeworth.games.trading.race import READINGS, mining_race, wilson
from edgeworth.learning import WolfPhc
from tests.cases.trading import game
from tests.examined import examined
from tests.oracles import trading as oracle


@pytest.fixture
def axes() -> Any:
    figure, ax = plt.subplots()
    yield ax
    plt.close(figure)


def test_convergence_table_and_plot(axes: Any) -> None:
    problem = trading.generate(preset="interior", consumers=3)
    learners = {"a": Play(learner=WolfPhc(), rounds=200), "b": Play(learner=WolfPhc(), rounds=90)}
    table = sweeps.convergence(problem, learners=learners, seeds=(0, 1), points=4)
    assert len(table) == 2 * 2 * 4
    assert table.groupby("method").rounds.max().to_dict() == {"a": 200, "b": 90}
    assert table.theory.nunique() == 1
    assert plots.plot_convergence(table, ax=axes) is axes
    assert len(axes.lines) == 3


def test_profit_models_peak_at_the_equilibrium(axes: Any) -> None:
    table = sweeps.profit_models(trading.generate(preset="two-peaks"), points=51)
    for model in ("P1", "P2"):
        part = table[table.model == model]
        assert part.profit.max() <= part[part.best].profit.iloc[0] * (1.0 + 1e-9)
        assert plots.plot_profit_model(table, model, ax=axes) is axes


def test_genetic_algorithm_finds_the_one_sided_optima() -> None:
    pytest.importorskip("pymoo")
    problem = trading.generate(preset="interior")
    exact = trading.solve(problem)
    price = genetic_price(problem, seed=0)
    assert exact.value is not None
    assert price.profit == pytest.approx(exact.value, rel=1e-4)
    assert price.profit <= exact.value * (1.0 + 1e-9)
    demand = genetic_demand(problem, exact.require(), seed=0)
    assert demand.profit == pytest.approx(exact.require().profits[0], rel=1e-4)
    assert genetic_price(problem, seed=0).profit == price.profit
    with pytest.raises(ValueError, match="consumer: must be at most 9; got 10"):
        genetic_demand(problem, exact.require(), consumer=10)
    with pytest.raises(ValueError, match="population: must be at least 2"):
        genetic_price(problem, population=1)


def test_profit_balance_has_both_sides(axes: Any) -> None:
    pytest.importorskip("pymoo")
    table = sweeps.profit_balance(trading.generate(preset="interior", consumers=3), seeds=(0,))
    assert set(table.solution) == {"exact equilibrium", "P1 by GA", "P2 by GA", "PB-MARL"}
    assert plots.plot_profit_balance(table, ax=axes) is axes


def test_without_pymoo_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymoo", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="genetic"):
        genetic_price(game())


def test_sweeps_are_tidy(axes: Any) -> None:
    tables = {
        "reward": sweeps.role_ratios(ratios=(0.1, 0.5), rewards=(5_000.0, 20_000.0)),
        "role_ratio": sweeps.role_counts(counts=(2, 10), ratios=(0.1, 0.2)),
        "regime": sweeps.performance_factors(factors=(0.0, 5.0), rewards=(20_000.0,)),
        "price": sweeps.block_sizes(sizes=(0.0, 500.0), ratios=(0.1,), reward=5_000.0),
    }
    for by, table in tables.items():
        assert not table.isna().any().any()
        assert plots.plot_lines(table, str(table.columns[0]), "consumer_profit", by, ax=axes) is axes
    counts = sweeps.consumer_counts(counts=(2, 4), learners={"a": Play(learner=WolfPhc(), rounds=50)}, seeds=(0,))
    assert counts.method.tolist() == ["exact", "a", "exact", "a"]


def test_one_sided_optima_against_all_that_a_grid_can_do() -> None:
    """Every profile of a grid, by the oracle's utilities: nothing that a reading allows earns more."""
    problem = game(3, role_ratio=[0.3, 0.1, 0.2], min_demand=2.0)
    at = trading.solve(problem).require()
    prices, demands = np.linspace(10.0, 20.0, 11).tolist(), np.linspace(2.0, 100.0, 15).tolist()
    profiles = [(p, list(f)) for p in prices for f in product(demands, repeat=3)]
    most = max(oracle.profit(problem, p, f) for p, f in profiles)
    price = {others: best_price(problem, at, others) for others in OTHERS}
    assert trading.value(problem, price["free"]) == most
    assert trading.value(problem, price["reply"]) == pytest.approx(oracle.optimum(problem)[0], rel=1e-8)
    stay = max(oracle.profit(problem, p, at.demands.tolist()) for p in prices)
    assert trading.value(problem, price["fixed"]) == pytest.approx(stay, rel=1e-12)
    for i in range(3):
        demand = {others: best_demand(problem, at, i, others) for others in OTHERS}
        best = max(oracle.utility(problem, p, f, i) for p, f in profiles)
        assert demand["free"].profits[i] >= best
        assert demand["free"].profits[i] == pytest.approx(best, rel=0.02)  # the grid's steps
        assert demand["fixed"].demands == pytest.approx(at.demands, rel=1e-9)
        own = demand["reply"].profits[i]
        for f in (*demands, at.demands[i]):
            replies = demand_problem(problem, at, i, "reply").profile(np.array([f]))[1].tolist()
            assert oracle.utility(problem, at.price, replies, i) <= own + 1e-9 * abs(own)
            for j in set(range(3)) - {i}:  # the others' regret against the demand is 0
                there = oracle.utility(problem, at.price, replies, j)
                for other in demands:
                    assert oracle.utility(problem, at.price, [*replies[:j], other, *replies[j + 1 :]], j) <= there + 1e-9
        assert own >= at.profits[i] - 1e-9 * abs(at.profits[i])  # leading pays no less than moving with the others


def test_a_consumer_alone_has_one_sided_optima() -> None:
    """Its share is 1 whatever it mines with, so it asks for least where a unit costs more than it earns, at the least price."""
    problem = game(1, role_ratio=[0.3], min_demand=2.0)
    at = trading.solve(problem).require()
    for others in OTHERS:
        best = best_demand(problem, at, others=others)
        prices = [at.price] if others != "free" else [10.0, 20.0]
        most = max(oracle.utility(problem, p, [f], 0) for p in prices for f in (2.0, 50.0, 100.0))
        assert best.profits[0] == pytest.approx(most, rel=1e-12)


def test_one_sided_misuse() -> None:
    problem, other = game(3), game(2)
    at = trading.solve(other).require()
    with pytest.raises(ValueError, match="around: must have demands of 3 consumers; got 2"):
        best_price(problem, at, "fixed")
    with pytest.raises(ValueError, match="around: must have demands of 3 consumers; got 2"):
        best_demand(problem, at)
    with pytest.raises(TypeError, match="around: must be an Equilibrium"):
        best_demand(problem, None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="game: must be a TradingGame"):
        best_price(3, at)  # type: ignore[arg-type]


def test_a_demand_without_a_rival_is_refused() -> None:
    problem = game(2, min_demand=0.0)
    at = trading.solve(problem).require()
    with pytest.raises(ValueError, match="game: must have F_min > 0"):
        best_demand(problem, at, others="reply")
    with pytest.raises(ValueError, match="around: must leave consumer 0 a rival that mines"):
        best_demand(problem, at, others="free")
    with pytest.raises(ValueError, match="others: must be one of"):
        best_price(problem, at, "asleep")
    with pytest.raises(ValueError, match="around: must be given where the others are fixed"):
        genetic_price(problem, others="fixed")


@pytest.mark.parametrize("others", OTHERS)
def test_the_genetic_points_of_every_reading_stay_below_the_optimum(others: str) -> None:
    pytest.importorskip("pymoo")
    problem = trading.generate(preset="interior", consumers=3)
    at = trading.solve(problem).require()
    best = trading.value(problem, best_price(problem, at, others))
    found = genetic_price(problem, at, others=others, population=20, generations=15, seed=0).profit
    assert 0.95 * best <= found <= best * (1.0 + 1e-9)
    own = best_demand(problem, at, 0, others).profits[0]
    near = genetic_demand(problem, at, others=others, population=20, generations=15, seed=0).profit
    assert 0.9 * own <= near <= own * (1.0 + 1e-9)


def test_condition_14_on_both_sides_of_zero_costs() -> None:
    """From the fields alone: with a_i > 0 it is false for somebody in every game; on Table 1 with equal ratios a_i < 0, it is
    true from N = 3 on in Lemma 2's reading, and (18) adds up to less than 0."""
    rows = examined("ai-bazaar", "condition-14").numbers
    assert rows[0]["held"] == 0
    for row in rows[1:]:
        n = int(row["consumers"])
        problem = replace(trading.generate(consumers=n), role_ratio=np.full(n, 0.1))
        cost = [(0.5 * 15.0 - 0.9 * 220.0) / r for r in oracle.rewards(problem)]
        true = all(2 * (n - 1) * c < sum(cost) for c in cost)
        assert row["held"] == true == (n >= 3)
        assert not row["literal"]
        total = (n - 1) / sum(cost)
        assert row["total_of_18"] == pytest.approx(sum(total - total**2 * c for c in cost))
        assert float(row["total_of_18"]) < 0.0
    for problem in evidence._games(50):
        cost = [
            (float(u) * 15.0 - (1.0 - float(b)) * problem.service_profit) / r
            for u, b, r in zip(problem.payment_weight, problem.role_ratio, oracle.rewards(problem), strict=True)
        ]
        assert min(cost) > 0.0
        assert not all(2 * (len(cost) - 1) * c < sum(cost) for c in cost)


def test_an_interior_price_is_stationary_where_role_ratios_differ() -> None:
    """A maximum of the profit inside the price interval with all demands inside theirs; with equal ratios there is none."""
    problem = evidence.interior_maximum()

    def earned(price: float) -> float:
        return oracle.profit(problem, price, oracle.follower(problem, price))

    top = trading.solve(problem)
    at = top.require()
    assert at.price == pytest.approx(8.9589, abs=5e-5)
    assert at.regime == "interior"
    assert trading.verify(problem, top)
    grid = np.linspace(4.5, 20.0, 156).tolist()
    assert max(grid, key=earned) == pytest.approx(at.price, abs=0.1)
    assert earned(at.price) >= max(earned(at.price - 0.05), earned(at.price + 0.05)) + 0.1
    assert abs(earned(at.price + 1e-4) - earned(at.price - 1e-4)) / 2e-4 < 1e-3
    numbers = examined("ai-bazaar", "theorem-5").numbers[-1]
    assert abs(float(numbers["first_derivative"])) < 1e-2
    assert float(numbers["second_derivative"]) < -100.0
    equal = replace(problem, role_ratio=np.full(2, 0.4))
    inside = [p for p in grid if trading.follower_equilibrium(equal, p).max() < 1e6]
    slopes = np.diff([oracle.profit(equal, p, oracle.follower(equal, p)) for p in inside])
    assert (slopes < 0.0).all() or (slopes > 0.0).all()


BY_ID = {claim.id: claim for claim in claims.CLAIMS}


def test_figure_9_needs_other_rewards_than_table_1() -> None:
    """(a) rises first only for R > 22,934, (d) only for R < 6,250."""
    assert "R > 229" in examined("ai-bazaar", "figure-9a").text
    assert "R < 62" in examined("ai-bazaar", "figure-9d").text


@pytest.mark.slow
def test_the_whole_table_has_a_row_a_claim() -> None:
    table = claim_table(claims.CLAIMS, SMOKE)
    assert table.index.tolist() == [claim.id for claim in claims.CLAIMS]
    assert set(table.verdict) <= {str(verdict) for verdict in ClaimVerdict}
    assert not table.conclusive["figure-6"]  # one seed of ten
    near = {(row["method"], row["preset"]): row["near"] for row in examined("ai-bazaar", "figure-6").numbers}
    assert near["wolf-phc", "ai-bazaar"] == near["minimax-q", "ai-bazaar"] == 1.0


def test_the_mining_race_under_both_readings(axes: Any) -> None:
    problem = trading.generate()
    profile = trading.solve(problem).require()
    table = mining_race(problem, profile, races=200_000, confidence=0.999, seed=0)
    assert len(table) == 2 * 10
    inside = (table.low <= table.model) & (table.model <= table.high)
    assert inside.all()
    sums = table.groupby("reading").model.sum()
    assert sums["any block"] == pytest.approx(math.exp(-0.2))
    assert sums["any block"] < sums["others' blocks"] < 1.0
    wide = table.pivot(index="consumer", columns="reading", values="model")
    assert (wide[READINGS[1]] > wide[READINGS[0]]).all()
    assert table.groupby("reading").race.sum().tolist() == pytest.approx([1.0, 1.0])
    assert plots.plot_race(table, ax=axes) is axes
    pd.testing.assert_frame_equal(table, mining_race(problem, profile, races=200_000, confidence=0.999, seed=0))


def test_mining_race_misuse() -> None:
    problem = game(2, role_ratio=0.0)
    profile = trading.solve(problem).require()
    with pytest.raises(ValueError, match="profile: must hold a consumer that mines"):
        mining_race(problem, profile)
    sound = trading.solve(game()).require()
    with pytest.raises(ValueError, match="races: must be at least 1"):
        mining_race(game(), sound, races=0)
    with pytest.raises(ValueError, match="confidence: must be below 1"):
        mining_race(game(), sound, confidence=1.0)


def test_wilson_is_the_textbook_interval() -> None:
    """Agresti and Coull (1998): 0 of 10 at 95% gives (0, .2775)."""
    low, high = wilson(0, 10, 1.959964)
    assert low == 0.0
    assert high == pytest.approx(0.2775, abs=1e-4)
    assert np.allclose(wilson(5, 10, 1.959964), (0.2366, 0.7634), atol=1e-4)
