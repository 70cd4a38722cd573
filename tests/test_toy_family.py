"""A family that states its rooms and one line of the table has all the rest: it is added here as CONTRIBUTING says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from importlib import import_module
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edgeworth
from edgeworth import Quality, _families, compare, compile_kernels
from edgeworth.core.family import family
from edgeworth.testing import COMMON, check_method_contract
from tests import cases
from tests.cli.test_cli import document, run
from tests.cli.test_terminal import offered

KIND = "path-packing"
METHODS = ("greedy", "exact")


@pytest.fixture(scope="module", autouse=True)
def toy() -> Iterator[Any]:
    """The package, while its line stands in the table."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(_families.FAMILIES, KIND, "tests.toy_family")
        from tests import toy_family

        yield toy_family


def test_solve_verify_and_load(toy: Any, tmp_path: Path) -> None:
    problem = toy.generate(nodes=30, seed=1)
    greedy, exact, auto = (toy.solve(problem, method=method) for method in (*METHODS, "auto"))
    assert greedy.value <= exact.value == auto.value
    assert (greedy.quality, exact.quality, auto.method) == (Quality.FEASIBLE, Quality.OPTIMAL, "exact")
    for ending in ("json", "npz"):
        problem.save(tmp_path / f"p.{ending}")
        exact.save(tmp_path / f"r.{ending}")
        assert edgeworth.load(tmp_path / f"p.{ending}").hash == problem.hash
        assert toy.verify(problem, edgeworth.load(tmp_path / f"r.{ending}"))
    report = toy.verify(problem, toy.Packing(np.ones(30, dtype=bool)))
    assert set(report.failures) == {"neighbours"}
    assert report["neighbours"].witness.replay(problem, exact.solution) == 0.0


def test_names_are_derived(toy: Any) -> None:
    assert family(KIND) is toy.FAMILY
    assert dir(toy) == toy.__all__
    assert {"solve", "verify", "generate", "WeightedPath", "Packing", "METHODS", "FAMILY"} < set(dir(toy))
    assert toy.heaviest_first is toy.FAMILY.method("greedy").resolve()
    assert toy.dynamic_programme is toy.FAMILY.method("exact").resolve()


def test_it_shows_itself(toy: Any) -> None:
    problem = toy.generate(nodes=4, seed=0)
    packing = toy.solve(problem).require()
    assert repr(problem) == "<WeightedPath: uniform seed 0, 4 nodes, max>"
    assert packing.to_frame(problem)["chosen"].tolist() == packing.chosen.tolist()


@pytest.mark.parametrize("method", METHODS)
def test_the_contract(toy: Any, method: str) -> None:
    """On what the suite makes of a family that has no module of cases."""
    assert cases.home(KIND) is None
    for problem in cases.known(KIND).values():
        check_method_contract(toy.FAMILY, toy.FAMILY.method(method), problem)


def test_it_stands_in_the_table_of_all_families(toy: Any) -> None:
    table = edgeworth.head_to_head(families=[KIND])
    assert table.verified
    assert table.to_frame()[["role", "method", "evidence"]].values.tolist() == [
        ["exact", "exact", "optimal"],
        ["heuristic", "greedy", "feasible"],
    ]


def test_a_family_without_benchmarks_is_not_in_it(toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toy, "FAMILY", dataclasses.replace(toy.FAMILY, benchmarks=()))
    with pytest.raises(ValueError, match="families: must have benchmarks; got 'path-packing'"):
        edgeworth.head_to_head(families=[KIND])


def test_a_benchmark_that_cannot_be_run_says_why(toy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (benchmark,) = toy.FAMILY.benchmarks
    wrong = dataclasses.replace(benchmark, params={"greedy": {"depth": 3}})
    with monkeypatch.context() as patch:
        patch.setattr(toy, "FAMILY", dataclasses.replace(toy.FAMILY, benchmarks=(wrong,)))
        with pytest.raises(ValueError, match="params: must be of methods that have parameters; got 'greedy'"):
            edgeworth.head_to_head(families=[KIND])
    monkeypatch.setattr(import_module("tests.toy_family.sources"), "SOURCES", ())
    with pytest.raises(ValueError, match="sources: must hold a generator"):
        edgeworth.head_to_head(families=[KIND])


def test_common_faults_are_caught(toy: Any) -> None:
    problem = toy.generate(nodes=9, seed=0)
    for result in (toy.solve(problem, method=method) for method in METHODS):
        for fault in COMMON:
            wrong = fault(problem, result)
            assert wrong is None or fault.verdict in toy.verify(problem, wrong).failures, fault.name


@given(weight=st.lists(st.integers(0, 5), max_size=8))
def test_against_brute_force(toy: Any, weight: list[int]) -> None:
    problem = toy.WeightedPath(np.array(weight, dtype=np.int64))
    sets = (each for each in product((0, 1), repeat=len(weight)) if not any(a and b for a, b in pairwise(each)))
    best = max(sum(w for w, chosen in zip(weight, each, strict=True) if chosen) for each in sets)
    assert toy.solve(problem, method="exact").value == best
    assert best / 2 <= toy.solve(problem, method="greedy").value <= best


def test_compare_and_compile(toy: Any) -> None:
    table = compare([toy.generate(nodes=12, seed=seed) for seed in range(3)], METHODS)
    assert table.verified
    assert compile_kernels(KIND, processes=1) == ()


def test_the_command_line(tmp_path: Path) -> None:
    problem, result = tmp_path / "p.json", tmp_path / "r.json"
    assert run("generate", KIND, "--nodes", 12, "--seed", 3, "--out", problem).exit_code == 0
    assert run("solve", problem, "--method", "greedy", "--out", result).exit_code == 0
    assert run("verify", problem, result).exit_code == 0
    assert run("compare", KIND, "--nodes", 8, "--instances", 2, "--methods", ",".join(METHODS)).exit_code == 0
    assert run("compile", KIND).exit_code == 0
    assert KIND in run("generate", "--help").stdout
    assert "Dynamic programming from the left" in run("methods", KIND, "exact").stdout
    assert [row["name"] for row in document(run("methods", "--json"))[KIND]] == list(METHODS)
    assert "`dynamic_programme`" in run("methods", "--markdown").stdout


def test_the_shell_offers_it(tmp_path: Path) -> None:
    assert run("generate", KIND, "--out", tmp_path / "p.json").exit_code == 0
    for words in (["generate", "path"], ["compare", "path"], ["methods", "path"], ["compile", "path"]):
        assert offered(*words) == [KIND]
    assert offered("methods", KIND, "") == list(METHODS)
    assert offered("compare", KIND, "--methods", "greedy,e") == ["greedy,exact"]
    assert offered("solve", str(tmp_path / "p.json"), "--method", "") == ["auto", *METHODS]
