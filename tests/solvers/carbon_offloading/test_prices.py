"""The dual bound: never above a schedule, equal to the optimum at the right prices; what the checker believes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth import BoundEvidence, Quality, Result
from edgeworth.core.result import Certificate
from edgeworth.solvers import carbon_offloading as co
from edgeworth.solvers.carbon_offloading.model import coefficients, curves, energy, green_ratio, least_energy, response
from edgeworth.solvers.carbon_offloading.model.prices import dual_bound
from edgeworth.testing import FAULTS, carbon_problems, schedules
from tests.oracles import carbon_offloading as oracle


def _prices(data: st.DataObject, problem: co.CarbonOffloading) -> list[np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Near what the cost of holding and serving bits can be, and far from it."""
    rng = np.random.default_rng(data.draw(st.integers(0, 2**20)))
    scale = data.draw(st.sampled_from([1e-9, 1e-6, 1e-4, 1e-2, 1e6]))
    shape = problem.arrivals.shape
    arrival, service, joule = (scale * rng.standard_normal(shape) for _ in range(3))
    if data.draw(st.booleans()):
        arrival, service, joule = np.abs(arrival), np.abs(service), 1e6 * np.abs(joule)
    return [arrival, service, joule]


@settings(max_examples=80)
@given(data=st.data(), problem=carbon_problems())
def test_no_prices_prove_more_than_a_schedule_costs(data: st.DataObject, problem: co.CarbonOffloading) -> None:
    bound = dual_bound(problem, *_prices(data, problem))
    assert bound <= co.value(problem, data.draw(schedules(problem)))


def _largest(function: Callable[[float], float], low: float, high: float) -> float:
    """The largest value of a concave function, by golden sections."""
    ratio = 0.5 * (5**0.5 - 1)
    one, two = high - ratio * (high - low), low + ratio * (high - low)
    left, right = function(one), function(two)
    for _ in range(20):
        if left > right:
            high, two, right = two, one, left
            one = high - ratio * (high - low)
            left = function(one)
        else:
            low, one, left = one, two, right
            two = low + ratio * (high - low)
            right = function(two)
    return max(left, right)


def _best_bound(problem: co.CarbonOffloading) -> float:
    """The largest bound of one slot's prices: to hold a bit costs beta, mu and pi are searched for."""
    price = coefficients(problem)
    held = price.held[:, None]

    def bound(mu: float, joule: float) -> float:
        return dual_bound(problem, held, np.full((1, 1), mu), np.full((1, 1), joule))

    if not problem.battery.any():
        return _largest(lambda mu: bound(mu, 0.0), 0.0, float(held.max()))
    least, most = -float(price.wasted.max()), float(price.grid.max())
    return _largest(lambda mu: _largest(lambda joule: bound(mu, joule), least, most), 0.0, float(held.max()))


@pytest.mark.parametrize(("harvest", "battery"), [(0.0, 0.0), (3e-4, 0.0), (2e-3, 0.0), (6e-3, 0.0), (0.0, 4e-4), (2e-3, 4e-4)])
def test_of_one_slot_the_best_prices_prove_the_optimum(harvest: float, battery: float) -> None:
    problem = co.CarbonOffloading(
        [[0.0]], [[harvest]], [[4.0]], [2e-4], initial_buffer=6000.0, battery=battery, initial_battery=battery / 2.0,
        overflow_scale=100.0, buffer=2e4,
    )  # fmt: skip
    best = np.inf
    local = sent = np.linspace(0.0, 2.0, 41)
    step = 0.05
    for _ in range(4):
        costs = [(co.value(problem, co.Schedule([[p]], [[q]])), p, q) for p in local for q in sent]
        found, p, q = min(costs)
        best, step = min(best, found), step / 5.0
        local, sent = (np.clip(x + step * np.arange(-6, 7), 0.0, 2.0) for x in (p, q))
    bound = _best_bound(problem)
    assert bound <= best
    assert bound == pytest.approx(best, rel=2e-4)


@settings(max_examples=30)
@given(
    price=st.sampled_from([0.0, 1e-3, 1.0, 60.0]),
    worth=st.sampled_from([0.0, 1e-6, 1e-5, 1e-4, 1e-2]),
    gain=st.sampled_from([1e-2, 1.0, 50.0]),
)
def test_the_response_minimises_energy_less_worth(price: float, worth: float, gain: float) -> None:
    problem = co.CarbonOffloading([[0.0]], [[0.0]], [[gain]], [1e-4])
    curve = curves(problem)
    ratio = np.array([[worth / price if price else (np.inf if worth else 0.0)]])
    local, sent = response(curve, ratio)
    found = float((price * energy(curve, local, sent) - worth * (local + sent))[0, 0])
    unit, most = float(curve.unit[0, 0]), (float(curve.most_local[0, 0]), float(curve.most_sent[0, 0]))
    wanted = oracle.theta(price, worth, curve.cubic, unit, curve.rate, *most)
    assert found <= wanted + 1e-12 * abs(wanted)
    assert found == pytest.approx(wanted, rel=1e-4, abs=1e-12)


def test_the_green_ratio_spends_the_harvest_and_least_energy_inverts_it() -> None:
    problem = co.generate(users=4, slots=50, seed=0)
    curve = curves(problem)
    joules = np.random.default_rng(0).uniform(0.0, 5e-3, problem.arrivals.shape)
    ratio = green_ratio(curve, joules)
    most = problem.slot_length * 4.0
    assert np.array_equal(np.isinf(ratio), joules >= most)
    local, sent = response(curve, ratio)
    spent = energy(curve, local, sent)
    np.testing.assert_allclose(spent, np.minimum(joules, most), rtol=1e-9)
    np.testing.assert_allclose(least_energy(curve, local + sent), spent, rtol=1e-9)
    assert np.all(np.isinf(least_energy(curve, 1.01 * (curve.most_local + curve.most_sent))))


def _proved(problem: co.CarbonOffloading) -> Result[co.Schedule]:
    """A result with prices: a bit waits for a slot at least, and its service costs a little."""
    result = co.solve(problem, method="lyapunov")
    assert result.solution is not None
    price = coefficients(problem)
    mu = np.full(problem.arrivals.shape, 2e-7)
    arrival = price.held[:, None] + np.concatenate([mu[:, 1:], np.zeros((problem.users, 1))], axis=1)
    arrays = {"arrival_price": arrival, "service_price": mu, "energy_price": np.full_like(mu, 0.1)}
    bound = dual_bound(problem, *arrays.values())
    return replace(result, bound=bound, bound_evidence=BoundEvidence.RECOMPUTED, certificate=Certificate("prices", arrays))


@pytest.mark.parametrize(
    "given", [{}, {"battery": 1e-3}, {"energy": "throttled"}, {"overflow": "event"}, {"receiver": "mmse"}, {"csi_error": 0.1}]
)
def test_prices_are_believed_and_planted_faults_are_not(given: dict[str, object]) -> None:
    problem = co.generate(users=2, slots=30, seed=4, **given)  # type: ignore[arg-type]
    result = _proved(problem)
    assert result.bound is not None
    assert result.value is not None
    assert 0.0 < result.bound < result.value
    assert bool(co.verify(problem, result)), co.verify(problem, result)
    planted = set()
    for fault in FAULTS["carbon-offloading"]:
        wrong = fault(problem, result)
        if wrong is not None:
            planted.add(fault.name)
            assert fault.verdict in co.verify(problem, wrong).failures, fault.name
    assert planted >= {
        "too much local power", "too much offload power", "value without carbon", "forged prices", "foreign bound",
        "shifted value", "shifted bound", "missing certificate", "emptied certificate",
    }  # fmt: skip


@pytest.mark.parametrize(
    "broken",
    [
        {"arrival_price": None},
        {"arrival_price": np.full((2, 30), np.nan)},
        {"service_price": np.full((2, 30), np.inf)},
        {"service_price": np.full((30, 2), 1.0)},
        {"energy_price": None},
        {"energy_price": np.full((2, 30), True)},
        {"arrival_price": np.full((2, 30), 1e70)},
    ],
)
def test_hostile_certificates_prove_nothing(broken: dict[str, object]) -> None:
    problem = co.generate(users=2, slots=30, battery=1e-3, seed=4)
    result = _proved(problem)
    assert result.certificate is not None
    arrays = {name: item for name, item in {**result.certificate.arrays, **broken}.items() if item is not None}
    wrong = replace(result, certificate=Certificate("prices", arrays))  # type: ignore[arg-type]
    assert co.verify(problem, wrong).failures


def test_a_bound_that_meets_no_value_is_no_optimum() -> None:
    problem = co.generate(users=2, slots=30, seed=4)
    assert "quality" in co.verify(problem, replace(_proved(problem), quality=Quality.OPTIMAL)).failures
