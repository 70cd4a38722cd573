"""Proofs in the field's own format, checked by a checker that knows nothing of this library."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth import Quality
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment
from tests.oracles import vipr


def _drawn(seed: int, servers: int = 3, tasks: int = 8, **options: Any) -> AllocationProblem:
    rng = np.random.default_rng(seed)
    shape = (servers, tasks)
    weight, value = rng.integers(0, 12, shape).astype(float), rng.integers(-6, 20, shape).astype(float)
    capacity = np.floor(weight.sum(axis=1) / servers * rng.uniform(0.4, 1.1))
    return AllocationProblem.from_matrices(value, weight, capacity, rng.random(shape) < 0.9, **options)


def _text(problem: AllocationProblem, tmp_path: Path) -> tuple[str, allocation.AllocationProblem, Any]:
    result = allocation.solve(problem, method="exact", seed=0)
    path = tmp_path / "proof.vipr"
    allocation.to_vipr(problem, result, path)
    return path.read_text(), problem, result


@pytest.mark.parametrize("seed", range(12))
def test_a_foreign_checker_confirms_optima_and_infeasibility(seed: int, tmp_path: Path) -> None:
    must = np.random.default_rng(seed).random(8) < (0.0, 0.4, 1.0)[seed % 3]
    problem = _drawn(seed, must_serve=must, sense=("max", "min")[seed % 2], offset=float(seed % 2 * 7))  # type: ignore[arg-type]
    text, problem, result = _text(problem, tmp_path)
    kind, value = vipr.check(text)
    assert (kind == "infeasible") == (result.quality is Quality.INFEASIBLE)
    if value is not None:
        assert float(value) + problem.offset == result.value


def test_a_proof_that_branches(tmp_path: Path) -> None:
    problem = AllocationProblem.from_matrices([[9.0, 9.0, 9.0, 8.0]] * 2, [[4.0, 4.0, 4.0, 3.0]] * 2, [7.0, 7.0])
    text, _, result = _text(problem, tmp_path)
    assert text.count("{ uns ") >= 1
    assert vipr.check(text) == ("optimal", result.value)


def test_the_checker_catches_changed_proofs(tmp_path: Path) -> None:
    """Numbers changed in the derivation, one at a time: what still passes proves the same claim."""
    problem = AllocationProblem.from_matrices([[9.0, 9.0, 9.0, 8.0]] * 2, [[4.0, 4.0, 4.0, 3.0]] * 2, [7.0, 7.0])
    text, _, result = _text(problem, tmp_path)
    head, tail = text.split("DER", 1)
    caught = 0
    for found in list(re.finditer(r"(?<= )\d+(?= )", tail))[::3]:
        changed = f"{tail[: found.start()]}{int(found.group()) + 1}{tail[found.end() :]}"
        try:
            assert vipr.check(f"{head}DER{changed}") == ("optimal", result.value)
        except (vipr.Wrong, IndexError, ValueError):
            caught += 1
    assert caught > 20
    better = text.replace(f"RTP range {int(result.value)} ", f"RTP range {int(result.value) + 1} ")
    with pytest.raises(vipr.Wrong):
        vipr.check(better)


def test_what_is_not_optimal_or_too_large_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "proof.vipr"
    problem = AllocationProblem.from_matrices([[9.0, 5.0]], [[4.0, 4.0]], [7.0])
    result = allocation.solve(problem, method="exact", seed=0)
    cases: list[tuple[AllocationProblem, Any, str]] = []
    changes: tuple[dict[str, Any], ...] = (
        {"solution": Assignment(np.array([-1, 0])), "value": 5.0},
        {"solution": None, "value": None},
    )
    for change in changes:
        cases.append((problem, replace(result, **change), "result: must have"))
    cases.append((problem, replace(result, solution=Assignment(np.array([0, 0]))), "feasible solution"))
    for other, rule in (
        (AllocationProblem.from_matrices([[0.5]], [[1.0]], [1.0]), "integer values"),
        (AllocationProblem.from_matrices([[1.0]], [[0.5]], [1.0]), "integer values"),
        (AllocationProblem.from_matrices(*np.ones((2, 20, 40)), np.ones(20)), "at most 400 pairs"),
    ):
        cases.append((other, allocation.solve(other, method="greedy"), rule))
    cases.append((_drawn(2), result, "of this problem"))
    for asked, answer, rule in cases:
        with pytest.raises(ValueError, match=rule):
            allocation.to_vipr(asked, answer, path)
        assert not path.exists()
    for wrong in ((None, result), (problem, None)):
        with pytest.raises(TypeError):
            allocation.to_vipr(*wrong, path)  # type: ignore[arg-type]
