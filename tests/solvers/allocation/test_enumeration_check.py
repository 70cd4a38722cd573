"""Certificates of the kind "set-enumeration": what they prove is true, what is true and in reach is proved."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from edgeworth.core.checking import Budget, BudgetEnded
from edgeworth.core.result import BoundEvidence, Certificate, Quality, Result
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem
from edgeworth.solvers.allocation.bounds import SET_ENUMERATION
from edgeworth.solvers.allocation.check import enumeration
from edgeworth.solvers.allocation.check.bounds import INFEASIBILITY, REBUILD

UNIT = 2.0**-20


def _drawn(rng: np.random.Generator) -> AllocationProblem:
    """2 to 6 servers and 4 to 14 tasks, in all the kinds of data that the checker tells apart."""
    n = int(rng.integers(2, 7))
    m = int(rng.integers(4, {2: 15, 3: 11, 4: 9, 5: 8, 6: 7}[n]))
    whole, same = rng.random() < 0.4, rng.random() < 0.2
    weight = rng.integers(0, 9, (n, m)).astype(float) if whole else rng.uniform(0.05, 1.0, (n, m))
    value = (
        rng.integers(-2, 20, (n, m)).astype(float) if whole or rng.random() < 0.2 else weight + rng.uniform(-0.1, 1.0, (n, m))
    )
    if rng.random() < 0.3:
        weight[rng.random((n, m)) < 0.3] = 0.0
    capacity = (
        np.floor(weight.sum(axis=1) / n * rng.uniform(0.5, 1.3)) if whole else weight.sum(axis=1) / n * rng.uniform(0.5, 1.3)
    )
    capacity[rng.random(n) < 0.15] = 0.0
    if same:  # servers alike, whose names make no difference
        weight[1:], value[1:], capacity[1:] = weight[0], value[0], capacity[0]
    must = rng.random(m) < rng.choice([0.0, 0.3, 1.0])
    eligible = (weight <= capacity[:, None]) & ((rng.random((n, m)) < 0.85) | same)
    sense: Any = rng.choice(["max", "min"])
    return AllocationProblem.from_matrices(
        value if sense == "max" else -value, weight, capacity, eligible=eligible, must_serve=must, sense=sense, offset=3.0
    )


def _best_profit(problem: AllocationProblem) -> Fraction | None:
    """The largest profit of a feasible assignment, by trying all; loads are added in the order of tasks, as the model does."""
    sign = 1 if problem.sense == "max" else -1
    options: list[list[tuple[int, float, float]]] = []
    for j in range(problem.tasks):
        ks = range(int(problem.indptr[j]), int(problem.indptr[j + 1]))
        options.append([(int(problem.server[k]), sign * float(problem.value[k]), float(problem.weight[k])) for k in ks])
        if not problem.must_serve[j]:
            options[j].append((-1, 0.0, 0.0))
        if not options[j]:
            return None
        options[j].sort(key=lambda option: -option[1])
    to_come = np.cumsum([0.0, *(max(option[1] for option in each) for each in reversed(options))])[::-1]
    limit, load = problem.limit.tolist(), [0.0] * problem.servers
    best: Fraction | None = None
    floor = -np.inf
    chosen: list[float] = []

    def extend(j: int, profit: float) -> None:
        nonlocal best, floor
        if j == problem.tasks:
            exact = sum(map(Fraction, chosen), Fraction(0))
            if best is None or exact > best:
                best, floor = exact, float(exact)
            return
        if profit + to_come[j] < floor - 1e-9:
            return
        for i, worth, weight in options[j]:
            if i >= 0 and load[i] + weight > limit[i]:
                continue
            before = load[i]
            if i >= 0:
                load[i] += weight
            chosen.append(worth)
            extend(j + 1, profit + worth)
            chosen.pop()
            load[i] = before

    extend(0, 0.0)
    return best


def _multipliers(problem: AllocationProblem, rounds: int) -> np.ndarray[Any, Any]:
    """Subgradient steps on the Lagrangian of the assignment rows, whose knapsacks are solved by trying all sets."""
    n, m = problem.servers, problem.tasks
    sets = (np.arange(2**m)[:, None] >> np.arange(m)) & 1 > 0
    profit, weight = np.full((n, m), -1e6), np.zeros((n, m))
    profit[problem.server, problem.task], weight[problem.server, problem.task] = problem.profit, problem.weight
    fits = [sets[sets @ weight[i] <= problem.limit[i]] for i in range(n)]
    lam, step = np.zeros(m), float(np.abs(problem.profit).max(initial=1.0)) / 2.0
    for _ in range(rounds):
        served = sum(each[np.argmax(each @ (profit[i] - lam))].astype(float) for i, each in enumerate(fits))
        lam += step * (served - 1.0)
        lam = np.where(problem.must_serve, lam, np.maximum(lam, 0.0))
        step *= 0.93
    return lam


def _arrays(problem: AllocationProblem, target: float, rows: Any, joined: tuple[int, int], rng: Any) -> dict[str, Any]:
    return {
        "target": np.array([target]),
        "unit": np.array([UNIT]),
        "order": rng.permutation(problem.tasks).astype(np.int32),
        "multipliers": np.rint(np.atleast_2d(rows) / UNIT).astype(np.int32),
        "joined": np.array(joined, dtype=np.int32),
    }


def _proves(problem: AllocationProblem, arrays: dict[str, Any]) -> bool:
    try:
        enumeration.enumerated_target(problem, arrays, Budget())
    except ValueError as error:
        if str(error) != "target: an assignment worth it may exist":
            raise
        return False
    return True


@pytest.mark.parametrize("seed", range(8))
def test_claims_pass_exactly_where_they_are_true(seed: int) -> None:
    """With good multipliers, none and random ones, and any two servers: a proof needs no luck, a false claim has no chance."""
    rng = np.random.default_rng(seed)
    for _ in range(8):
        problem = _drawn(rng)
        best = _best_profit(problem)
        size = float(np.abs(problem.profit).max(initial=1.0))
        random = rng.uniform(-1.0, 1.0, (2, problem.tasks)) * size
        rows = [_multipliers(problem, 40), np.zeros(problem.tasks), np.where(problem.must_serve, random, np.abs(random))]
        for lam in rows:
            joined = tuple(rng.permutation(problem.servers)[:2].tolist())
            if best is None:
                assert _proves(problem, _arrays(problem, -30.0 * size, lam, joined, rng))
                continue
            top = float(best)
            assert _proves(problem, _arrays(problem, top + 1e-9 * (1.0 + abs(top)), lam, joined, rng))
            assert not _proves(problem, _arrays(problem, np.nextafter(top, -np.inf), lam, joined, rng))
            assert not _proves(problem, _arrays(problem, top - rng.uniform(0.0, size), lam, joined, rng))
            if Fraction(top) <= best:
                assert not _proves(problem, _arrays(problem, top, lam, joined, rng))


def _hard(seed: int, servers: int = 4, tasks: int = 16, sense: Any = "max") -> AllocationProblem:
    rng = np.random.default_rng(seed)
    weight = rng.uniform(0.1, 1.0, (servers, tasks))
    value = weight * rng.uniform(1.0, 4.0, (1, tasks)) * rng.uniform(0.8, 1.2, (servers, tasks))
    sign = 1.0 if sense == "max" else -1.0
    must = np.arange(tasks) % 4 == 0
    return AllocationProblem.from_matrices(
        sign * value, weight, weight.sum(axis=1) / servers * 0.6, must_serve=must, sense=sense
    )


@pytest.fixture(scope="module")
def proved() -> tuple[AllocationProblem, Result[Any], dict[str, Any]]:
    problem = _hard(0)
    result = allocation.solve(problem, method="exact", seed=0)
    assert result.value is not None
    rng = np.random.default_rng(0)
    return problem, result, _arrays(problem, result.value + 1e-9, _multipliers(problem, 60), (1, 2), rng)


@pytest.mark.parametrize("sense", ["max", "min"])
def test_results_with_such_certificates_are_verified(sense: Any) -> None:
    problem = _hard(1, sense=sense)
    result = allocation.solve(problem, method="exact", seed=0)
    assert result.solution is not None
    assert result.value is not None
    sign = 1.0 if sense == "max" else -1.0
    arrays = _arrays(problem, sign * result.value + 2e-10, _multipliers(problem, 60), (0, 3), np.random.default_rng(1))
    for certificate, bound, holds in (
        (arrays, result.value + sign * 2e-10, True),
        (arrays, result.value - sign * 1e-6, False),
        (arrays | {"target": np.array([sign * result.value - 1e-9])}, result.value + sign * 1e-3, False),
    ):
        stated: dict[str, Any] = {"bound": bound, "bound_evidence": BoundEvidence.RECOMPUTED, "quality": Quality.OPTIMAL}
        kind: dict[str, Any] = {"certificate": Certificate(SET_ENUMERATION, certificate)}
        answer = Result(**{name: getattr(result, name) for name in result.__dataclass_fields__} | stated | kind)
        assert bool(allocation.verify(problem, answer)) is holds


def test_infeasibility_is_proved_and_only_that() -> None:
    """Three tasks that must be served, of which any two fit: no set is impossible by itself, nor a capacity."""
    weight = np.array([[3.0, 3.0, 3.0], [3.0, 3.0, 3.0], [3.0, 3.0, 3.0]])
    rng, must = np.random.default_rng(0), np.ones(3, dtype=bool)
    for capacity, infeasible in (([5.0, 5.0, 2.5], True), ([5.0, 6.0, 2.5], False)):
        problem = AllocationProblem.from_matrices(-np.ones((3, 3)), weight, capacity, must_serve=must)
        arrays = _arrays(problem, -3.001, np.zeros(3), (0, 2), rng)
        if infeasible:
            INFEASIBILITY[SET_ENUMERATION](problem, arrays, Budget())
            with pytest.raises(ValueError, match="may be feasible and below"):
                INFEASIBILITY[SET_ENUMERATION](problem, arrays | {"target": np.array([-2.0])}, Budget())
        else:
            with pytest.raises(ValueError, match="an assignment worth it may exist"):
                INFEASIBILITY[SET_ENUMERATION](problem, arrays, Budget())


def _hostile(sound: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for name, array in sound.items():
        found.append((f"no {name}", {key: value for key, value in sound.items() if key != name}))
        for what, other in (
            ("empty", array[:0]),
            ("deep", array[None, None]),
            ("scalar", np.float64(1.0)),
            ("booleans", np.ones(array.shape, dtype=bool)),
            ("NaN", np.full(array.shape, np.nan)),
            ("huge", np.full(array.shape, 1e308)),
            ("texts", np.full(array.shape, "1")),
            ("short", array[..., :-1]),
            ("long", np.repeat(array, 3, axis=-1)),
        ):
            found.append((f"{what} {name}", sound | {name: other}))
    for joined in ([1, 1], [0, 4], [-1, 2]):
        found.append((f"joined {joined}", sound | {"joined": np.array(joined, dtype=np.int32)}))
    found.append(("negative unit", sound | {"unit": np.array([-1.0])}))
    found.append(("negative multipliers", sound | {"multipliers": -sound["multipliers"] - 1}))
    found.append(("large multipliers", sound | {"multipliers": sound["multipliers"].astype(np.int64) + 2**40}))
    found.append(("order", sound | {"order": np.zeros_like(sound["order"])}))
    return found


def test_arrays_of_another_kind_are_refused(proved: tuple[AllocationProblem, Result[Any], dict[str, Any]]) -> None:
    problem, _, sound = proved
    assert enumeration.enumerated_target(problem, sound, Budget()) == sound["target"][0]
    for _, arrays in _hostile(sound):
        with pytest.raises((ValueError, TypeError, KeyError), match="|".join(sound)):
            enumeration.enumerated_target(problem, arrays, Budget())


def test_extreme_numbers_make_no_false_proof(proved: tuple[AllocationProblem, Result[Any], dict[str, Any]]) -> None:
    problem, result, sound = proved
    for unit in (0.0, 5e-324, 1e-300, 1.0, 1e150):
        for target in (-1e150, -1.0, 0.0, 5e-324, result.value):
            with pytest.raises(ValueError, match="may exist"):
                enumeration.enumerated_target(
                    problem, sound | {"unit": np.array([unit]), "target": np.array([target])}, Budget()
                )
        enumeration.enumerated_target(problem, sound | {"unit": np.array([unit]), "target": np.array([1e150])}, Budget())


def test_what_needs_longer_lists_or_more_time_is_refused(
    proved: tuple[AllocationProblem, Result[Any], dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    problem, _, sound = proved
    with pytest.raises(BudgetEnded):
        enumeration.enumerated_target(problem, sound, Budget(0.0))
    wide = sound | {"multipliers": np.zeros_like(sound["multipliers"])}
    with monkeypatch.context() as patch:
        patch.setattr(enumeration, "_SETS", 100)
        with pytest.raises(ValueError, match=r"joined: the other servers must have fewer sets in the gap; server [03] has"):
            enumeration.enumerated_target(problem, wide, Budget())
    with monkeypatch.context() as patch:
        patch.setattr(enumeration, "_CHOICES", 2)
        with pytest.raises(ValueError, match="joined: choices for half of their tasks must be at most 2"):
            enumeration.enumerated_target(problem, sound, Budget())
    with monkeypatch.context() as patch:  # many short steps make no difference
        patch.setattr(enumeration, "_EFFORT", 50)
        assert REBUILD[SET_ENUMERATION](problem, sound, Budget()) == sound["target"][0]


def test_preparing_runs_every_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    run: set[str] = set()

    class Spy:
        def __init__(self, module: Any) -> None:
            self._module = module

        def __getattr__(self, name: str) -> Any:
            run.add(name)
            return getattr(self._module, name)

    modules = enumeration._loops()
    monkeypatch.setattr(enumeration, "_loops", lambda: tuple(map(Spy, modules)))
    enumeration.prepare.__wrapped__()
    loops = {name for module in modules for name, each in vars(module).items() if type(each).__name__ == "_Dispatcher"}
    assert len(loops) >= 8
    assert loops <= run | {"replay"}
