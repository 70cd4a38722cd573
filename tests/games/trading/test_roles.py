"""Consumers that choose their roles: the exact method and the checker against plain code and closed forms."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import edgeworth
from edgeworth import Quality, Termination
from edgeworth.core.result import Certificate
from edgeworth.games import trading
from edgeworth.games.trading import TradingGame
from edgeworth.games.trading.check.role_bound import role_bound
from edgeworth.games.trading.check.roles import role_profits, role_regret
from edgeworth.games.trading.model import equilibrium_of, profile_utilities
from edgeworth.games.trading.one_sided import OTHERS, best_demand, best_price
from edgeworth.games.trading.race import mining_race
from edgeworth.testing import trading_games
from tests.cases.trading import game
from tests.cli.test_cli import document, run
from tests.oracles import role_choice as oracle

HASH = "5c7db2dd291f8025ec192c67ad9ed7b8"
"""Of the preset ai-bazaar, as it was before roles could be chosen."""


def _drawn(seed: int, n: int | None = None) -> TradingGame:
    """All regimes: services that pay all, some, nobody; thresholds at and between prices; no reward for some; scales apart."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 6)) if n is None else n
    low = rng.uniform(1.0, 20.0)
    high = low + float(rng.choice([0.0, 0.3, 20.0]))
    size, money = (10.0 ** rng.uniform(-6.0, 6.0, 2)).tolist()
    least = float(rng.choice([0.0, 0.1, 1.0, 5.0]))
    most = least + float(rng.choice([1.0, 20.0, 500.0]))
    service = float(rng.choice([0.0, 0.5 * low, 0.5 * (low + high), low, 0.8 * high, high, rng.uniform(0.0, 20.0)]))
    reward = rng.choice([0.0, 1.0, 1.0, 100.0], count) * rng.uniform(0.5, 2.0, count)
    reward[:2] += 1.0
    return TradingGame.from_effective_reward(
        np.full(count, 0.1),
        rng.choice([0.5, 1.0, 0.8], count) if rng.random() < 0.6 else rng.uniform(0.2, 1.0, count),
        reward * most * float(rng.choice([0.2, 6.0, 20.0])) * size * money,
        service_profit=service * money,
        unit_cost=float(rng.choice([0.0, 0.5 * low, low, 1.2 * high])) * money,
        min_demand=least * size,
        max_demand=most * size,
        min_price=low * money,
        max_price=high * money,
        roles="chosen",
    )


@pytest.mark.parametrize("seed", range(30))
def test_the_consumers_stage_agrees_with_plain_code(seed: int) -> None:
    problem = _drawn(seed)
    for price in (problem.min_price, 0.4 * problem.min_price + 0.6 * problem.max_price):
        for strong in (False, True):
            at = trading.role_equilibrium(problem, price, tie_break="strong" if strong else "weak")
            demands, mining = oracle.follower(problem, price, strong)
            scale = 1e-9 * max(demands)
            assert at.demands.tolist() == pytest.approx(demands, rel=1e-9, abs=scale)
            assert at.mining is not None
            assert at.mining.tolist() == pytest.approx(mining, rel=1e-9, abs=scale)
            expected = [oracle.utility(problem, price, at.demands.tolist(), at.mining.tolist(), i) for i in range(len(demands))]
            money = float(problem.effective_reward.max()) + max(map(abs, expected))
            assert at.profits.tolist() == pytest.approx(expected, abs=1e-12 * money)
            for i in range(len(demands)):
                assert oracle.regret(problem, price, at.demands.tolist(), at.mining.tolist(), i, 15) <= 1e-9 * money


@pytest.mark.parametrize("seed", range(6))
def test_the_leaders_optimum_agrees_with_plain_code(seed: int) -> None:
    problem = _drawn(100 + seed, 2)
    result = trading.solve(problem, method="exact")
    assert result.value == pytest.approx(oracle.optimum(problem)[0], rel=1e-8)
    assert result.quality is Quality.OPTIMAL
    assert trading.verify(problem, result)


def test_random_games_are_solved_and_certified() -> None:
    for seed in range(60):
        problem = _drawn(200 + seed)
        result = trading.solve(problem, method="exact")
        assert trading.verify(problem, result), seed
        assert result.bound is not None
        assert result.value is not None
        grid = np.linspace(problem.min_price, problem.max_price, 50)
        slack = 1e-9 * (abs(result.value) + float(np.abs(role_profits(problem, grid)).max()))
        assert role_profits(problem, grid).max() <= result.bound + slack, seed
    for seed in range(6):
        problem = trading.generate(preset="random", consumers=40, seed=seed, roles="chosen")
        result = trading.solve(problem, method="exact")
        assert result.quality is Quality.OPTIMAL
        assert trading.verify(problem, result)


@given(problem=trading_games(min_consumers=2, max_consumers=4))
@settings(max_examples=60)
def test_drawn_games_are_solved_or_refused(problem: TradingGame) -> None:
    """Costs of 0, one price, one demand, ties at either end, losses: all but a lone consumer with a reward, and one that mines
    for nothing while the others may be driven out."""
    u, reward = problem.payment_weight, problem.effective_reward
    dear = (u * problem.max_price * problem.max_demand > reward)[(reward > 0.0) & (u > 0.0)]
    free = problem.service_profit == problem.min_demand == 0.0 and np.count_nonzero((u == 0.0) & (reward > 0.0)) == 1
    if problem.max_demand > 0.0 and (np.count_nonzero(reward) == 1 or (free and len(dear) and dear.all())):
        with pytest.raises(ValueError, match="roles"):
            replace(problem, roles="chosen")
        return
    chosen = replace(problem, roles="chosen")
    result = trading.solve(chosen, method="exact")
    assert result.quality is Quality.OPTIMAL
    report = trading.verify(chosen, result)
    assert report, str(report)


@pytest.mark.parametrize(("service", "least", "cost"), [(2.0, 1.0, 7.5), (2.0, 80.0, 2.0), (9.0, 1.0, 9.0)])
def test_equal_consumers_mine_as_in_the_closed_form(service: float, least: float, cost: float) -> None:
    """x = R (N - 1) / (N^2 c): c = u p where services do not pay and x > F_min, C_b where x < F_min or they pay."""
    n = 5
    problem = game(n, service_profit=service, min_demand=least, effective_reward=900.0, roles="chosen")
    at = trading.role_equilibrium(problem, 15.0)
    x = 900.0 * (n - 1) / (n * n * cost)
    demand = 100.0 if service > 7.5 else max(x, least)
    assert at.mining == pytest.approx(np.full(n, x), rel=1e-13)
    assert at.demands == pytest.approx(np.full(n, demand), rel=1e-13)
    kink = trading.role_equilibrium(replace(problem, service_profit=2.0, min_demand=30.0), 15.0)
    assert kink.mining is not None
    assert kink.mining.tolist() == kink.demands.tolist() == [30.0] * n  # R (N-1) / (N^2 30) lies between C_b and u p


def test_a_large_game() -> None:
    problem = trading.generate(preset="random", consumers=3_000, seed=1, roles="chosen")
    result = trading.solve(problem, method="exact")
    assert result.solution is not None
    assert trading.verify(problem, result, seconds=60)
    assert role_regret(problem, result.solution)[0] <= 1e-12


def test_ties_follow_the_tie_break() -> None:
    """At p = C_b / u all of [max(x, F_min), F_max] is as good; the leader's best price is there, with ties broken for it."""
    problem = game(3, service_profit=6.0, min_demand=1.0, unit_cost=1.0, roles="chosen")
    weak, strong = (trading.role_equilibrium(problem, 12.0, tie_break=way) for way in ("weak", "strong"))
    assert weak.mining is not None
    assert strong.mining is not None
    assert (weak.tie_break, strong.tie_break) == ("weak", "strong")
    assert weak.mining.tolist() == strong.mining.tolist()
    assert weak.demands.tolist() == weak.mining.tolist()
    assert strong.demands.tolist() == [100.0] * 3
    assert weak.profits == pytest.approx(strong.profits, rel=1e-12)
    result = trading.solve(problem, method="exact")
    assert result.solution is not None
    assert (result.solution.price, result.solution.tie_break, result.quality) == (12.0, "strong", Quality.OPTIMAL)
    losing = trading.solve(replace(problem, unit_cost=30.0, max_price=12.0), method="exact")
    assert losing.solution is not None
    assert (losing.solution.price, losing.solution.tie_break) == (12.0, "weak")
    assert trading.verify(replace(problem, unit_cost=30.0, max_price=12.0), losing)


def test_who_cannot_compete() -> None:
    """No reward: nothing is mined. One reward alone has no best reply, whatever F_min: refused. Two are enough."""
    nobody = game(3, effective_reward=0.0, service_profit=5.0, roles="chosen")
    at = trading.role_equilibrium(nobody, 11.0)
    assert at.mining is not None
    assert at.mining.tolist() == [0.0] * 3
    assert at.demands.tolist() == [nobody.min_demand] * 3
    for alone in ({"n": 1}, {"n": 3, "effective_reward": [0.0, 5.0, 0.0]}, {"n": 1, "min_demand": 0.0}):
        with pytest.raises(ValueError, match=r"roles: must be 'given' where consumer \d alone has a reward"):
            game(**alone, roles="chosen")  # type: ignore[arg-type]
    assert game(1).roles == "given"
    idle = game(3, effective_reward=[0.0, 500.0, 500.0], roles="chosen")
    found = trading.role_equilibrium(idle, 15.0)
    assert found.mining is not None
    assert found.mining[0] == 0.0 < found.mining[1]
    assert found.demands[0] == idle.min_demand
    free = game(3, service_profit=0.0, payment_weight=0.0, roles="chosen")  # nothing costs anything: all mine with all
    assert trading.role_equilibrium(free, 15.0).regime == "at_max"
    assert trading.verify(free, trading.solve(free, method="exact"))
    none = game(3, min_demand=0.0, max_demand=0.0, roles="chosen")
    assert trading.solve(none, method="exact").value == 0.0


def test_one_that_mines_for_nothing_must_not_drive_all_others_out() -> None:
    """C_b = u_0 = F_min = 0: consumer 1 mines nothing where X >= R / (u p) = 500 / (.5 * 20) = 50, so x_0 = 60 and x_0 = 90 are
    both equilibria where F_max = 100."""
    free = {"service_profit": 0.0, "payment_weight": [0.0, 0.5], "min_demand": 0.0}
    for x in (60.0, 90.0):
        mining = [x, 0.0]
        assert all(oracle.regret(game(2, **free), 20.0, mining, mining, i) == 0.0 for i in range(2))
    with pytest.raises(ValueError, match="roles: must be 'given' where consumer 0 alone mines for nothing"):
        game(2, **free, roles="chosen")
    for kept in ({"max_demand": 49.0}, {"min_demand": 1.0}, {"payment_weight": 0.0}, {"service_profit": 0.1}):
        problem = game(2, **(free | kept), roles="chosen")
        assert trading.verify(problem, trading.solve(problem, method="exact"))


def test_profiles_of_the_other_kind_of_roles_are_refused() -> None:
    problem = trading.generate(preset="kink", consumers=3, roles="chosen")
    given = replace(problem, roles="given")
    at, beta = trading.solve(problem, method="exact").require(), trading.solve(given, method="exact").require()
    for function in (mining_race, trading.training_race):
        with pytest.raises(ValueError, match="mining: must be None where roles are given"):
            function(given, at, races=10)
        with pytest.raises(ValueError, match="mining: must be given where roles are chosen"):
            function(problem, beta, races=10)
        with pytest.raises(ValueError, match=r"must h(old one demand for each|ave demands) of 3 consumers"):
            function(given, trading.Equilibrium(15.0, [50.0], [0.0], "interior"), races=10)
    for others in OTHERS:
        with pytest.raises(ValueError, match="roles: must be 'given' here"):
            best_price(problem, at, others)
        with pytest.raises(ValueError, match="roles: must be 'given' here"):
            best_demand(problem, at, 0, others)
    with pytest.raises(ValueError, match="around: must be of a game whose roles are given"):
        best_demand(given, at)


def test_given_roles_are_beaten_by_their_choice() -> None:
    """Where others are fixed, a consumer that may choose earns at least what any role ratio gives it."""
    problem = trading.generate(preset="kink", roles="chosen")
    given = replace(problem, roles="given")
    at = trading.solve(given, method="exact").solution
    assert at is not None
    profile = equilibrium_of(problem, at.price, at.demands, mining=given.role_ratio * at.demands)
    assert profile.profits == pytest.approx(at.profits, rel=1e-12)
    epsilon, deviation = role_regret(problem, profile)
    assert epsilon > 1e-3
    assert deviation is not None
    assert deviation.gain == pytest.approx(deviation.replay(problem, profile), rel=1e-9)
    assert deviation.gain > 0.0


def test_a_deviation_is_found_where_it_is() -> None:
    """Regrets of arbitrary profiles against a grid over both choices; the deviation named has that gain."""
    rng = np.random.default_rng(3)
    for seed in range(12):
        problem = _drawn(seed)
        demands = problem.min_demand + rng.random(problem.consumers) * (problem.max_demand - problem.min_demand)
        mining = demands * rng.choice([0.0, 0.3, 1.0], problem.consumers)
        price = float(rng.choice([problem.min_price, problem.max_price]))
        profile = equilibrium_of(problem, price, demands, mining=mining)
        gains = [oracle.regret(problem, price, demands.tolist(), mining.tolist(), i, 25) for i in range(problem.consumers)]
        epsilon, deviation = role_regret(problem, profile)
        money = float(problem.effective_reward.max())
        if deviation is None:
            assert max(gains) <= 1e-9 * money
            continue
        assert 0.0 < epsilon <= 1.0
        assert deviation.gain >= gains[deviation.consumer] - 1e-9 * money
        assert deviation.gain == pytest.approx(deviation.replay(problem, profile), rel=1e-6, abs=1e-9 * money)


def test_certificates_that_prove_nothing() -> None:
    problem = trading.generate(preset="kink", roles="chosen")
    result = trading.solve(problem, method="exact")
    assert result.certificate is not None
    arrays = dict(result.certificate.arrays)
    assert role_bound(problem, arrays) == pytest.approx(result.bound, rel=1e-9)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"power_left": arrays["power_left"] * 0.9}, "power_"),
        ({"power_right": arrays["power_right"] * 1.1}, "power_"),
        ({"price": arrays["price"] + 0.1}, "price"),
        ({"price": arrays["price"][::-1].copy()}, "price"),
    ]
    for changed, name in wrong:
        with pytest.raises(ValueError, match=name):
            role_bound(problem, arrays | changed)
        bad = replace(result, certificate=Certificate("role-intervals", arrays | changed))
        assert "bound" in trading.verify(problem, bad).failures
    with pytest.raises(ValueError, match="roles"):
        role_bound(replace(problem, roles="given"), arrays)
    other = replace(result, certificate=Certificate("price-intervals", arrays))
    assert "bound" in trading.verify(problem, other).failures


def test_other_methods_are_refused_by_name() -> None:
    problem = trading.generate(preset="interior", consumers=3, roles="chosen")
    for row in trading.METHODS:
        if row.name == "exact":
            continue
        result = trading.solve(problem, method=row.name, seed=0)
        assert (result.solution, result.termination) == (None, Termination.REFUSED), row.name
        assert "roles" in result.notes[0]
        assert "'exact'" in result.notes[0]
    for function in (trading.follower_equilibrium, lambda g, p: trading.finite_game(g, [p], [50.0])):
        with pytest.raises(ValueError, match="roles: must be 'given' here"):
            function(problem, 15.0)
    with pytest.raises(ValueError, match="roles: must be 'chosen'"):
        trading.role_equilibrium(replace(problem, roles="given"), 15.0)


def test_misuse_is_refused_by_name() -> None:
    problem = trading.generate(preset="interior", roles="chosen")
    at = trading.role_equilibrium(problem, 15.0)
    with pytest.raises(ValueError, match="roles"):
        trading.generate(roles="both")
    with pytest.raises(ValueError, match="mining: must be given where roles are chosen"):
        trading.utilities(problem, 15.0, at.demands)
    with pytest.raises(ValueError, match="mining: must be None where roles are given"):
        trading.value(replace(problem, roles="given"), at)
    assert "mining" in str(trading.verify(problem, replace(at, mining=None)).failures["answer"])
    with pytest.raises(ValueError, match="mining"):
        replace(at, mining=np.zeros(3))
    too_much = replace(at, mining=2.0 * at.demands)
    assert [broken.rule for broken in trading.violations(problem, too_much)] == ["mining"] * 10
    assert "feasible" in trading.verify(problem, too_much).failures


def test_files_and_frames(tmp_path: Path) -> None:
    """A game of given roles has the hash that it had before there was a choice."""
    assert trading.generate(preset="ai-bazaar").hash == HASH
    problem = trading.generate(preset="ai-bazaar", roles="chosen")
    assert problem.hash != HASH
    result = trading.solve(problem, method="exact")
    assert result.solution is not None
    for ending in ("json", "npz"):
        problem.save(tmp_path / f"game.{ending}")
        result.save(tmp_path / f"result.{ending}")
        copy, again = edgeworth.load(tmp_path / f"game.{ending}"), edgeworth.load(tmp_path / f"result.{ending}")
        assert (copy.hash, copy.roles) == (problem.hash, "chosen")
        assert again.solution.mining.tolist() == result.solution.mining.tolist()  # type: ignore[union-attr]
        assert trading.verify(copy, again)
    assert pickle.loads(pickle.dumps(problem)).roles == "chosen"
    assert list(result.solution.to_frame(problem).columns) == ["demand", "mining", "profit", "price"]
    given = trading.solve(replace(problem, roles="given"), method="exact").solution
    assert given is not None
    assert list(given.to_frame().columns) == ["demand", "profit", "price"]
    assert trading.measures(problem, result.solution)["mining_power"] == pytest.approx(float(result.solution.mining.sum()))  # type: ignore[union-attr]
    own = profile_utilities(problem, result.solution.price, result.solution.demands, result.solution.mining)
    assert own.tolist() == result.solution.profits.tolist()


def test_the_command_line(tmp_path: Path) -> None:
    game, answer = tmp_path / "game.json", tmp_path / "result.json"
    assert run("generate", "trading", "--preset", "kink", "--roles", "chosen", "--out", game).exit_code == 0
    found = document(run("solve", game, "--method", "exact", "--out", answer, "--json"))
    assert "optimal" in str(found)
    assert run("verify", game, answer).exit_code == 0
    assert edgeworth.load(answer).solution.mining is not None  # type: ignore[union-attr]
    assert run("solve", game, "--method", "grid").exit_code == 1


def test_table_1_has_the_closed_form() -> None:
    """C_b = 220 > u p: all ask for F_max, x = R_i (N - 1) / (N^2 C_b), each earns F_max (C_b - u p) + R_i / N^2; the leader's
    profit does not depend on rewards."""
    problem = trading.generate(roles="chosen")
    at = trading.solve(problem).require()
    reward, n = float(problem.effective_reward[0]), problem.consumers
    assert at.price == 20.0
    assert at.demands.tolist() == [100.0] * n
    assert at.mining == pytest.approx(np.full(n, reward * (n - 1) / (n * n * 220.0)), rel=1e-12)
    assert at.profits == pytest.approx(np.full(n, 100.0 * (220.0 - 0.5 * 20.0) + reward / n**2), rel=1e-12)


def test_races_are_run_with_the_power_that_was_chosen() -> None:
    game = trading.generate(preset="ai-bazaar", roles="chosen")
    found = trading.solve(game, method="exact").require()
    assert found.mining is not None
    shares = found.mining / found.mining.sum()
    race = mining_race(game, found, races=1_000, seed=0)
    assert race["share"].to_numpy()[: game.consumers] == pytest.approx(shares)
    trained = trading.training_race(game, found, races=10, seed=0)
    assert trained["share"].to_numpy()[: game.consumers] == pytest.approx(shares)
