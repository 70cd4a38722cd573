"""The contract of every row of every family's method table, and of what the table itself must be."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth import Quality, Stop, Termination, _families, compare
from edgeworth.core.family import Family, family
from edgeworth.core.method import FEATURES, Method
from edgeworth.testing import COMMON, check_method_contract, contracts, faults
from edgeworth.testing.contracts import constructible
from tests import cases

ROWS = [(family(kind), row) for kind in _families.FAMILIES for row in family(kind).methods]
every_row = pytest.mark.parametrize(("fam", "row"), ROWS, ids=[f"{fam.kind}-{row.name}" for fam, row in ROWS])


OPTIMAL = (Quality.OPTIMAL, Quality.CLAIMED_OPTIMAL)
INFEASIBLE = (Quality.INFEASIBLE, Quality.CLAIMED_INFEASIBLE)
HOMES = {kind: cases.home(kind) for kind in _families.FAMILIES}
CASES = {kind: cases.known(kind) for kind in _families.FAMILIES}
STRATEGIES = {kind: cases.drawn(kind) for kind in _families.FAMILIES}


def counted(row: Method) -> bool:
    """Is it ended by its iterations, because it proves nothing?"""
    return "iterations" in row.supports and not row.exact


def essential_clauses(fam: Family[Any, Any], row: Method, problem: Any, stop: Stop | None) -> None:
    """A sound answer, the same again, and sound ends; what is stored, traced and refused does not depend on the problem."""
    call = contracts._Call(fam, row, problem, 1, stop)
    result = call()
    contracts.answer_clauses(call, result)
    contracts.repeatable_clauses(call, result)
    contracts.stop_clauses(call)


@pytest.mark.slow
@every_row
def test_whole_contract_on_known_cases(fam: Family[Any, Any], row: Method) -> None:
    for problem in CASES[fam.kind].values():
        check_method_contract(fam, row, problem, seed=1, stop=Stop(iterations=40) if counted(row) else None)


KNOWN = [(fam, row, name) for fam, row in ROWS for name in CASES[fam.kind]]


@pytest.mark.parametrize(("fam", "row", "case"), KNOWN, ids=[f"{fam.kind}-{row.name}-{name}" for fam, row, name in KNOWN])
def test_contract_on_known_cases(fam: Family[Any, Any], row: Method, case: str, capfd: pytest.CaptureFixture[str]) -> None:
    """All clauses on the family's own examples; on the others those that a degenerate problem can break."""
    short = Stop(iterations=40) if counted(row) else None  # drawn problems: the usual 200
    problem = CASES[fam.kind][case]
    if case.startswith("example "):
        check_method_contract(fam, row, problem, seed=1, stop=short)
    else:
        essential_clauses(fam, row, problem, short)
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err == ""


@every_row
def test_contract_on_drawn_problems(fam: Family[Any, Any], row: Method) -> None:
    @given(problem=STRATEGIES[fam.kind])
    @settings(max_examples=5)  # each runs the method some twenty times; the known cases hold the degenerate problems
    def check(problem: Any) -> None:
        check_method_contract(fam, row, problem)

    check()


BRUTE = [(fam, row) for fam, row in ROWS if hasattr(HOMES[fam.kind], "optimum")]


@pytest.mark.parametrize(("fam", "row"), BRUTE, ids=[f"{fam.kind}-{row.name}" for fam, row in BRUTE])
def test_against_brute_force(fam: Family[Any, Any], row: Method) -> None:
    """Nothing beats the optimum; bounds do not cut it off; exact methods that optimise prove it, infeasibility included."""
    home: Any = HOMES[fam.kind]

    @given(problem=STRATEGIES[fam.kind])
    @settings(max_examples=40 if row.exact or row.kind == "bound" else 15)  # a proof can be wrong in more ways
    def check(problem: Any) -> None:
        best = home.optimum(problem)
        stop = Stop(iterations=200) if counted(row) else None
        result = fam.solve(problem, method=row.name, seed=0, stop=stop)
        sign = 1.0 if problem.sense == "max" else -1.0
        if best is None:
            assert result.solution is None
            assert not row.exact or result.quality in INFEASIBLE
            return
        assert result.quality not in INFEASIBLE
        optimum = float(best[0])
        tolerance = 1e-9 * max(abs(optimum), 1e-10)
        if result.value is not None and row.name not in getattr(home, "UNBOUNDED", ()):
            assert sign * result.value <= sign * optimum + tolerance
        if result.bound is not None:
            assert sign * result.bound >= sign * optimum - tolerance
        if row.exact and row.kind == "optimise":
            assert result.value == pytest.approx(optimum, rel=1e-9, abs=1e-12)
        shown = abs(optimum - problem.offset) > 1e-9 * abs(problem.offset) or problem.offset == 0.0
        if row.exact and row.kind == "optimise" and shown:  # else the sum with the offset hides what there is to prove
            assert result.termination is Termination.PROVED
            assert result.quality in OPTIMAL
        if result.quality in OPTIMAL:
            assert result.value == pytest.approx(optimum, rel=1e-9, abs=1e-12)

    check()


@every_row
def test_rows_resolve_and_their_parameters_construct(fam: Family[Any, Any], row: Method) -> None:
    assert callable(row.resolve())
    constructible(row)
    assert row.kind in ("optimise", "bound", "equilibrium", "mechanism", "policy")
    assert row.guarantee
    assert row.reference
    assert set(row.supports) <= set(FEATURES)
    assert fam.method(row.name) is row


@pytest.mark.parametrize("kind", list(_families.FAMILIES))
def test_the_checker_catches_the_faults_that_results_of_every_family_can_have(kind: str) -> None:
    fam, placed = family(kind), set()
    for row in fam.methods:
        for problem in fam.examples():
            if row.requires is not None:
                continue
            result = fam.solve(problem, method=row.name, seed=0, stop=Stop(seconds=0.1))
            for fault in COMMON:
                wrong = fault(problem, result)
                if wrong is not None:
                    placed.add(fault.name)
                    assert fault.verdict in fam.verify(problem, wrong).failures, (row.name, fault.name)
    assert placed >= {"shifted value", "unproved optimum", "lost solution"}


def test_the_modules_of_cases_and_faults_are_those_of_families() -> None:
    names = {kind.replace("-", "_") for kind in _families.FAMILIES}
    for package, others in ((cases, {"__init__"}), (faults, {"__init__", "base"})):
        assert {path.stem for path in Path(str(package.__file__)).parent.glob("*.py")} - others <= names


@pytest.mark.parametrize("kind", list(_families.FAMILIES))
def test_the_table_of_a_family(kind: str) -> None:
    fam = family(kind)
    names = [row.name for row in fam.methods]
    assert fam.kind == kind == fam.problem.kind
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and " " not in name for name in names)
    assert any(row.exact or row.kind == "bound" for row in fam.methods)


@pytest.mark.parametrize("kind", list(_families.FAMILIES))
def test_an_argument_without_its_name_is_refused_by_saying_the_names(kind: str) -> None:
    fam = family(kind)
    problem, package = fam.examples()[0], import_module(fam.package)
    after = "all arguments after '{}' must be named: "
    for call, rule in {
        lambda: package.solve(problem, "random"): "solve: " + after.format("problem") + "method=, stop=, seed=",
        lambda: package.verify(problem, None, 3.0): "verify: " + after.format("answer") + "seconds=; got 3.0",
        lambda: fam.picture(problem, None, None): "picture: " + after.format("solution") + "ax=; got None",
        lambda: package.generate("unit"): "generate: all arguments must be named: .*preset=.*; got 'unit'",
        lambda: compare([problem], [], range(2)): "compare: all arguments after 'methods' must be named: seeds=",
    }.items():
        with pytest.raises(TypeError, match=rule):
            call()


@pytest.mark.parametrize("kind", list(_families.FAMILIES))
def test_auto_names_the_method_really_used(kind: str) -> None:
    fam = family(kind)

    @given(problem=STRATEGIES[kind], seed=st.integers(0, 3))
    @settings(max_examples=15)
    def check(problem: Any, seed: int) -> None:
        result = fam.solve(problem, seed=seed)
        assert result.method == fam.auto(problem) != "auto"
        assert fam.verify(problem, result)

    check()
