"""The learned router: what its policy sees and may do, what comes with the package, and plans built, drawn and improved."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import Stop
from edgeworth.core.arrays import Array
from edgeworth.core.observer import Observer, Progress
from edgeworth.core.policy import PolicyMismatchError
from edgeworth.core.result import Termination
from edgeworth.learning import deep
from edgeworth.learning.deep.heads import Categorical
from edgeworth.learning.deep.learned import SEED, shipped_policy
from edgeworth.learning.deep.pairs import PairAttention
from edgeworth.learning.deep.reinforce import Partial
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import LearnedRouter, OrienteeringProblem
from edgeworth.routing.orienteering.kernels.insertion import FEATURES, SIZE
from edgeworth.routing.orienteering.learned import insertion, plan
from edgeworth.routing.orienteering.learned.insertion import Insertion, stacked
from edgeworth.testing.strategies.orienteering import orienteering_problems
from tests.oracles import orienteering as oracle

PACKAGE = orienteering.FAMILY.package
SHIPPED = files(f"{PACKAGE}.learned").joinpath("shipped", "attention.npz")
NET = PairAttention(features=SIZE, width=8, heads=2, rounds=2, gain=1.0)


def made(m: int = 2, n: int = 6, seed: int = 0, **options: Any) -> deep.Policy:
    """A policy that depends on everything it sees, but was not trained."""
    spec = Insertion(m, n).spec
    return deep.Policy("mine", spec, NET, Categorical(m * n), tuple(NET.start(np.random.default_rng(seed))), **options)


def fusion(seed: int = 900_001, **options: Any) -> OrienteeringProblem:
    return orienteering.generate(preset="fusion", seed=seed, **options)


def begun(problem: OrienteeringProblem) -> tuple[Insertion, Partial]:
    building = Insertion(problem.vehicles, problem.customers)
    return building, building.begin(stacked([problem]))


def routes(building: Insertion, b: int = 0) -> list[list[int]]:
    plans = building.plans
    return [plans.stops[b, k, 1 : plans.size[b, k] + 1].tolist() for k in range(building.vehicles)]


class Patience(Observer):
    """Ends a run after so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks

    def on_progress(self, progress: Progress) -> bool:
        self.looks -= 1
        return self.looks < 0


def seen(problem: OrienteeringProblem, partial: Partial) -> Array:
    return partial.obs[0, 1:].reshape(problem.vehicles, problem.customers, SIZE)


# --- what may be done and what is seen ----------------------------------------------------------------------------------------


@given(problem=orienteering_problems(min_customers=1, min_vehicles=1), seed=st.integers(0, 99))
def test_what_is_open_and_gains_by_brute_force(problem: OrienteeringProblem, seed: int) -> None:
    """Every step of a random construction: the mask, and the gain, against all insertions in exact arithmetic."""
    rng, (building, partial) = np.random.default_rng(seed), begun(problem)
    unit, n = float(stacked([problem])["money"][0]), problem.customers
    while not partial.complete[0]:
        now, is_open = routes(building), partial.mask.reshape(problem.vehicles, n)
        assert oracle.feasible(problem, now)
        assert partial.mask.any()
        for k, route in enumerate(now):
            worth = oracle.route_value(problem, k, route)
            for c in range(n):
                longer = [[*route[:p], c, *route[p:]] for p in range(len(route) + 1)]
                gains = [
                    oracle.route_value(problem, k, each) - worth for each in longer if oracle.route_feasible(problem, k, each)
                ]
                best = float(max(gains)) if gains and not any(c in each for each in now) else -np.inf
                pays = not route and problem.profit[k, c] > problem.service_cost[c]
                assert is_open[k, c] == (best > 0.0 or (best > -np.inf and pays))
                if is_open[k, c] and (problem.cost_per_distance.any() or problem.cost_per_time.any()):
                    assert seen(problem, partial)[k, c, 1] == pytest.approx(np.clip(best / unit, -5.0, 5.0), rel=1e-5, abs=1e-6)
        assert np.isfinite(partial.obs).all()
        partial = building.extend(rng.choice(np.flatnonzero(partial.mask[0]), 1))
    final = routes(building)
    assert -building.cost()[0] == pytest.approx(
        float(sum(max(oracle.route_value(problem, k, r), 0) for k, r in enumerate(final)))
    )


def test_what_is_looked_ahead_stays_true_while_plans_grow() -> None:
    """The gain of the best insertion after each is remembered; here it is found again for every pair at every step."""
    problem, where = fusion(vehicles=3, customers=8), FEATURES.index("next gain")
    building, partial = begun(problem)
    while not partial.complete[0]:
        for pair in np.flatnonzero(partial.mask[0]).tolist():
            k, c = divmod(pair, 8)
            again, _ = begun(problem)
            for v, route in enumerate(routes(building)):
                for o in route:
                    again.extend(np.array([v * 8 + o]))
            after = again.extend(np.array([pair]))
            gains = seen(problem, after)[k, :, 1]
            expected = max(float(gains[after.mask.reshape(3, 8)[k]].max(initial=0.0)), 0.0) if not after.complete[0] else 0.0
            assert seen(problem, partial)[k, c, where] == pytest.approx(expected, abs=1e-5), pair
        partial = building.extend(partial.mask.argmax(1))


def test_pairs_that_change_places_change_nothing_else() -> None:
    problem = fusion(vehicles=3, customers=7)
    rng = np.random.default_rng(0)
    v, c = rng.permutation(3), rng.permutation(7)
    nodes = np.concatenate([c, 7 + np.arange(3)])
    by_customer = {name: getattr(problem, name)[c] for name in ("demand", "open", "close", "service_time", "service_cost")}
    by_vehicle = {
        name: getattr(problem, name)[v]
        for name in ("start", "end", "speed", "capacity", "cost_per_distance", "cost_per_time", "earliest", "latest")
    }
    far = problem.distance[np.ix_(nodes, nodes)]
    time = problem.travel_time[np.ix_(nodes, nodes)]
    other = replace(
        problem,
        distance=far,
        travel_time=time,
        profit=problem.profit[np.ix_(v, c)],
        coordinates=None,
        **by_customer,
        **by_vehicle,
    )
    policy = made(3, 7)
    one, two = (policy.net.numpy(policy.weights, begun(each)[1].obs).reshape(3, 7) for each in (problem, other))
    assert np.ptp(one) > 0.1
    assert np.allclose(one[np.ix_(v, c)], two, atol=1e-5)
    values = [orienteering.solve(each, method=policy).value for each in (problem, other)]
    assert values[0] == pytest.approx(values[1])


def test_plans_of_one_instance_begin_alike() -> None:
    """They are copied there; beside another instance each is made by itself."""
    problems = [fusion(vehicles=2, customers=5), fusion(900_002, vehicles=2, customers=5)]
    alike, apart = Insertion(2, 5), Insertion(2, 5)
    one, two = alike.begin(stacked(problems), np.zeros(2, np.int64)), apart.begin(stacked(problems), np.array([0, 0, 1]))
    while not two.complete.all():
        assert np.array_equal(one.obs, two.obs[:2])
        assert np.array_equal(one.mask, two.mask[:2])
        actions = np.array([np.flatnonzero(row)[-1] for row in two.mask])
        one, two = alike.extend(actions[:2]), apart.extend(actions)


def test_amounts_far_from_each_other_are_seen() -> None:
    """A demand of nearly nothing, beside which the mean is infinite, on a customer that just pays its way."""
    far = [[0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    given = {"latest": 10.0, "cost_per_distance": 1.0, "demand": [1e-310, 1.0], "capacity": 5.0}
    problem = OrienteeringProblem.from_matrices(far, [2.0, 5.0], depot="first", **given)
    result = orienteering.solve(problem, method="attention")
    assert (result.value, bool(orienteering.verify(problem, result))) == (4.0, True)


# --- plans --------------------------------------------------------------------------------------------------------------------


@given(problem=orienteering_problems(), seed=st.integers(0, 9))
def test_feasible_whatever_the_policy(
    problem: OrienteeringProblem, seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.getbasetemp() / f"router-{seed}.npz"
    if not file.exists():
        made(seed=seed).save(file)
    best = float(oracle.optimum(problem)[0])
    values = []
    for method, samples in (("attention", 0), ("attention", 5), ("attention-ls", 5)):
        params = LearnedRouter(checkpoint=file, samples=samples)
        result = orienteering.solve(problem, method=method, params=params, seed=seed)
        stops = [route.tolist() for route in result.require().sequences]
        assert oracle.feasible(problem, stops)
        assert result.value == pytest.approx(float(oracle.value(problem, stops)), abs=1e-9)
        assert bool(orienteering.verify(problem, result))
        values.append(result.value)
    assert values == sorted(values)
    assert values[-1] <= best + 1e-9


def test_more_samples_are_no_worse_and_one_seed_is_one_answer() -> None:
    problem = fusion()
    values = [
        orienteering.solve(problem, method="attention", params=LearnedRouter(samples=k), seed=0).value for k in (0, 2, 32, 32)
    ]
    assert values[0] <= values[1]
    assert values[1] <= values[2] == values[3]
    assert orienteering.solve(problem, method="attention", params=LearnedRouter(samples=32), seed=1).stats.iterations == 33


def test_local_search_improves_what_a_bad_policy_builds(tmp_path: Path) -> None:
    made().save(tmp_path / "bad.npz")
    problem = fusion()
    params = LearnedRouter(checkpoint=tmp_path / "bad.npz")
    built, improved = (
        orienteering.solve(problem, method=name, params=params, seed=0) for name in ("attention", "attention-ls")
    )
    assert improved.value > 1.05 * built.value
    assert orienteering.verify(problem, improved)


def test_it_ends_by_the_clock_with_what_was_built() -> None:
    problem = orienteering.generate(preset="random", vehicles=3, customers=300, seed=1)
    result = orienteering.solve(problem, method="attention", params=LearnedRouter(samples=10_000), stop=Stop(seconds=0.05))
    assert result.termination is Termination.TIME
    assert result.solution is not None
    assert orienteering.verify(problem, result)


def test_it_ends_within_the_first_look_at_large_instances(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insertion, "LOOKS", 1)  # these are large now
    problem = fusion()
    assert orienteering.solve(problem, method="attention").value == pytest.approx(58.403273707936776)
    cut = orienteering.solve(problem, method="attention", observer=Patience(2))
    assert cut.termination is Termination.OBSERVER
    assert [len(route) for route in cut.require().sequences[2:]] == [0, 0, 0]
    assert orienteering.verify(problem, cut)


def test_any_number_of_samples_ends_when_asked() -> None:
    params = LearnedRouter(samples=10**15)
    result = orienteering.solve(fusion(), method="attention", params=params, seed=0, observer=Patience(20))
    assert (result.termination, result.stats.iterations < 10_000) == (Termination.OBSERVER, True)


def test_customers_at_one_address_up_to_rounding() -> None:
    """The unit of time is the way between them, and a way to the depot then so dear that sums over routes are rounded by more
    than moves were asked to gain: without a better threshold they are made and taken back for ever."""
    rng = np.random.default_rng(1)
    place = np.vstack([[0.0, 0.0], 1_000.0 + rng.uniform(-2e-13, 2e-13, (12, 2))])
    given = {"latest": 5_000.0, "demand": 1.0, "vehicles": 2, "capacity": 5.0, "rounding": "none"}
    problem = OrienteeringProblem.from_coordinates(place, rng.uniform(1.0, 5.0, 12), depot="first", **given)
    result = orienteering.solve(problem, method="attention-ls", observer=Patience(300))
    assert result.termination is Termination.CONVERGED
    assert orienteering.verify(problem, result)


@pytest.mark.parametrize(("seed", "money", "time"), [(920_008, 2.0**-60, 1.0), (920_026, 1.0, 2.0**-60)])
def test_units_change_nothing(seed: int, money: float, time: float) -> None:
    problem = fusion(seed)
    times = {name: getattr(problem, name) * time for name in ("travel_time", "open", "close", "service_time", "latest")}
    per_time = problem.cost_per_time * money / time
    other = replace(problem, profit=problem.profit * money, cost_per_time=per_time, **times)
    for method in ("attention", "attention-ls"):
        one, two = (orienteering.solve(each, method=method).require().sequences for each in (problem, other))
        assert [route.tolist() for route in one] == [route.tolist() for route in two]


def test_a_fault_in_its_plan_is_found() -> None:
    problem = fusion()
    result = orienteering.solve(problem, method="attention", seed=0)
    stops = [route.tolist() for route in result.require().sequences]
    giver = max(range(5), key=lambda k: len(stops[k]))
    taker = min(range(5), key=lambda k: problem.capacity[k])
    stops[taker if taker != giver else (giver + 1) % 5] += stops[giver]
    wrong = orienteering.plan(problem, stops)
    assert "visits" in {each.rule for each in orienteering.violations(problem, wrong)}
    assert not orienteering.verify(problem, wrong)


# --- what comes with the package ----------------------------------------------------------------------------------------------


def test_the_policy_that_comes_with_the_package() -> None:
    assert len(SHIPPED.read_bytes()) <= 200_000
    policy = shipped_policy(PACKAGE, "attention")
    assert policy.training_seeds == {SEED}
    assert policy.training["params"] == plan.attention(plan.STEPS).to_fields()  # else it is of an older setting
    assert plan.STEPS <= policy.training["steps"] < 1.01 * plan.STEPS
    assert str(plan.STEPS) in str(orienteering.attention.__doc__)


def test_it_has_learnt_something() -> None:
    """On held-out instances: greedy decoding above greedy insertion, samples within 2.5% of what eaco-ls finds."""
    problems = [fusion(seed) for seed in range(900_001, 900_011)]
    built, drawn, greedy, best = (
        np.array([orienteering.solve(each, method=name, params=params, seed=0, stop=stop).value for each in problems])
        for name, params, stop in (
            ("attention", None, None),
            ("attention", LearnedRouter(samples=128), None),
            ("greedy", None, None),
            ("eaco-ls", None, Stop(iterations=10)),
        )
    )
    assert built.mean() > 1.02 * greedy.mean()
    assert np.mean(1.0 - built / best) < 0.06
    assert np.mean(1.0 - drawn / best) < 0.025


def test_its_training_seed_is_refused() -> None:
    rule = f"method: must not have been trained on the seed of the problem it is judged on, {SEED}; got 'attention'"
    for method in ("attention", "attention-ls"):
        with pytest.raises(ValueError, match=rule):
            orienteering.solve(fusion(SEED), method=method)


def test_a_policy_that_sees_something_else_is_refused(tmp_path: Path) -> None:
    spec = deep.Spec(agents=1, obs=4, action=deep.ActionSpec.discrete(2, masked=True))
    for net in (deep.Scorer(features=2), PairAttention(features=3)):
        policy = deep.Policy("other", spec, net, Categorical(2), tuple(net.start(np.random.default_rng(0))))
        policy.save(tmp_path / "other.npz")
        with pytest.raises(PolicyMismatchError, match="method: must score pairs of a vehicle and a customer; got other"):
            orienteering.solve(fusion(), method="attention", params=LearnedRouter(checkpoint=tmp_path / "other.npz"))
    with pytest.raises(ValueError, match="samples: must be at least 0; got -1"):
        LearnedRouter(samples=-1)
    with pytest.raises(ValueError, match="steps: must be None where a checkpoint is given"):
        LearnedRouter(steps=1, checkpoint="p.npz")


def test_a_trained_policy_is_a_method_of_its_own() -> None:
    problem = fusion(5, vehicles=2, customers=6)
    result = orienteering.solve(problem, method=made())
    assert (result.method, bool(orienteering.verify(problem, result))) == ("mine", True)
    with pytest.raises(ValueError, match="judged on, 5; got 'mine'"):
        orienteering.solve(problem, method=made(training_seeds=frozenset({5})))


def test_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from edgeworth import MissingExtraError\n"
        "from edgeworth.routing import orienteering as o\n"
        "problem = o.generate(vehicles=2, customers=5, seed=0)\n"
        "for name in ('attention', 'attention-ls', 'q-learning'):\n"
        "    assert o.verify(problem, o.solve(problem, method=name)), name\n"
        "try: o.solve(problem, method='attention', params=o.LearnedRouter(steps=10))\n"
        "except MissingExtraError as error: assert error.extra == 'learn'\n"
        "else: raise SystemExit('it trained')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def test_misuse_of_its_construction() -> None:
    with pytest.raises(ValueError, match="draw: must be given where instances are to be drawn"):
        Insertion(2, 3).instances(np.random.default_rng(0), 1)
    with pytest.raises(ValueError, match="copies: must be 64, the instances of a gradient step; got 5"):
        plan.environment("attention", 5)
    with pytest.raises(ValueError, match="customers: must be at least 1; got 0"):
        plan.environment("attention", 64, customers=0)
    bare = OrienteeringProblem.from_coordinates([[0, 0], [3, 4]], [7.0], depot="first", latest=10.0, rounding="none")
    with pytest.raises(ValueError, match="steps: must be None for a problem that generate did not make"):
        plan.like("attention", bare)
    like = plan.like("attention", orienteering.generate(preset="random", vehicles=1, customers=4, open_routes=True, seed=3))
    drawn = like.instances(np.random.default_rng(0), 2)
    assert drawn["travel"].shape == (2, 6, 6)  # four customers, a depot, and the end that is anywhere
    assert not np.array_equal(drawn["travel"][0], drawn["travel"][1])
