"""Tabular Q-learning of routes: optima of tiny instances, and what is too large for a table."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

from edgeworth import Stop
from edgeworth.core.result import Termination
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem, QLearning
from edgeworth.testing.strategies.orienteering import orienteering_problems
from tests.oracles import orienteering as oracle


@given(problem=orienteering_problems())
def test_feasible_and_its_value_is_that_of_its_routes(problem: OrienteeringProblem) -> None:
    result = orienteering.solve(problem, method="q-learning", params=QLearning(episodes=30), seed=0)
    stops = [route.tolist() for route in result.require().sequences]
    assert oracle.feasible(problem, stops)
    assert result.value == pytest.approx(float(oracle.value(problem, stops)), abs=1e-9)
    assert 0.0 <= result.value <= float(oracle.optimum(problem)[0]) + 1e-9


def test_it_reaches_the_optimum_of_dp_on_tiny_instances() -> None:
    for seed in range(5):
        problem = orienteering.generate(preset="random", vehicles=1, customers=7, seed=seed)
        best = orienteering.solve(problem, method="dp")
        assert orienteering.solve(problem, method="q-learning", seed=0).value == pytest.approx(best.value)


def test_it_learns() -> None:
    """With as many episodes and the same exploration, a table that is never written finds less."""
    learnt, blind = 0.0, 0.0
    for seed in range(5):
        problem = orienteering.generate(preset="fusion", vehicles=3, customers=10, seed=seed)
        one, other = (
            orienteering.solve(problem, method="q-learning", params=QLearning(episodes=3_000, rate=rate), seed=0)
            for rate in (0.5, 0.0)
        )
        learnt, blind = learnt + one.value, blind + other.value
    assert blind < 0.98 * learnt


def test_nobody_moves_where_rounding_breaks_a_limit() -> None:
    """Windows without width on the clock of the second vehicle, which begins 1e12 after the first one's."""
    rng = np.random.default_rng(0)
    late = 10.0 ** rng.integers(3, 14)
    far = rng.uniform(1.0, 50.0, (6, 6))
    np.fill_diagonal(far, 0.0)
    due = np.where(rng.random(5) < 0.5, 0.0, late) + far[5, :5]
    given = {"start": [5, 5], "end": [5, 5], "earliest": [0.0, late], "latest": [200.0, late + 200.0]}
    problem = OrienteeringProblem.from_matrices(far, rng.uniform(1.0, 9.0, 5), due, due, **given)
    result = orienteering.solve(problem, method="q-learning", params=QLearning(episodes=500), seed=0)
    assert (result.termination, result.value) == (Termination.CONVERGED, 0.0)
    assert orienteering.verify(problem, result)


def test_what_is_too_large_is_refused_with_its_size() -> None:
    for vehicles, customers, fits in ((5, 10, True), (1, 14, True), (2, 14, False), (1, 60, False), (1, 2_000, False)):
        problem = orienteering.generate(preset="random", vehicles=vehicles, customers=customers, seed=0)
        result = orienteering.solve(problem, method="q-learning", params=QLearning(episodes=1), seed=0)
        assert (result.termination is Termination.REFUSED) == (not fits)
        if not fits:
            rule = f"the table of {vehicles} vehicles and {customers} customers would have more than 4194304 entries"
            assert result.notes == (rule,)


def test_its_trace_holds_every_better_episode_and_it_stops_by_episodes() -> None:
    problem = orienteering.generate(preset="fusion", vehicles=2, customers=6, seed=1)
    result = orienteering.solve(problem, method="q-learning", stop=Stop(iterations=50), seed=0, trace=True)
    assert result.trace is not None
    assert (result.stats.iterations, result.termination) == (50, Termination.ITERATIONS)
    assert result.value == pytest.approx(np.max(result.trace.value))


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [("episodes", 0, "must be at least 1"), ("rate", 1.5, "must be at most 1"), ("explore", -0.1, "must be at least 0")],
)
def test_parameters_out_of_range_are_refused_by_name(field: str, value: float, rule: str) -> None:
    with pytest.raises(ValueError, match=f"{field}: {rule}"):
        QLearning(**{field: value})  # type: ignore[arg-type]
