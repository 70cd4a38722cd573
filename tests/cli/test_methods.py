"""``edgeworth methods``: tables of all families, the documentation of one method, and the page made from the tables."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from edgeworth import _families, learning
from edgeworth.core.method import Method
from edgeworth.solvers import allocation
from tests.cli.test_cli import document, refused, run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "methods.md"
ROWS = {
    f"{kind}:{row.name}": row
    for kind, package in _families.FAMILIES.items()
    for row in import_module(f"{package}.methods").METHODS
}
SECTIONS = ["Parameters", "Returns", "Notes", "References"]


def test_it_lists_every_row() -> None:
    text = run("methods", "allocation").stdout
    data = document(run("methods", "--json"))
    assert set(data) == set(_families.FAMILIES)
    assert [row["name"] for row in data["allocation"]] == [row.name for row in allocation.METHODS]
    for row in allocation.METHODS:
        assert f"\n{row.name} " in text


def test_the_page_of_the_documentation_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == run("methods", "--markdown").stdout


@pytest.mark.parametrize("name", ROWS)
def test_a_method_has_a_page_of_its_own(name: str) -> None:
    kind, _, method = name.partition(":")
    text = run("methods", kind, method).stdout
    assert text.startswith(f"{kind}: {method}\n")
    assert ROWS[name].guarantee in text
    assert ROWS[name].reference in text


def _function(row: Method) -> tuple[str, str]:
    module, _, function = row.function.partition(":")
    return function, inspect.getdoc(getattr(import_module(module), function)) or ""


def test_the_page_of_a_method_holds_the_documentation_of_its_function_and_of_its_parameters() -> None:
    text = run("methods", "allocation", "exact").stdout
    _, documentation = _function(ROWS["allocation:exact"])
    assert documentation in text
    assert inspect.getdoc(allocation.Exact) in text
    assert "edgeworth.solvers.allocation.branch_and_bound" in text
    assert "Exact(tree_pairs=1000000, anneal=True, certificate_bytes=50000000, core=True, enumerate=True)" in text


def test_the_page_of_a_learner_holds_what_it_is_in_that_game() -> None:
    text = run("methods", "normal-form", "wolf-phc").stdout
    assert "rounds=200000, answer='average'" in text
    assert inspect.getdoc(learning.WolfPhc) in text


def test_the_page_of_a_method_as_data() -> None:
    found = document(run("methods", "trading", "grid", "--json"))
    assert found["function"] == "edgeworth.games.trading.grid_search"
    assert found["parameters"]["defaults"] == {"points": 1001}
    assert "evenly spaced prices" in found["documentation"]
    assert document(run("methods", "allocation", "greedy", "--json"))["parameters"] is None


def test_an_optional_dependency_is_named_and_not_needed() -> None:
    assert "pip install 'edgeworth[games]'" in run("methods", "normal-form", "lemke-howson").stdout


@pytest.mark.parametrize("name", ROWS)
def test_method_functions_are_documented_in_sections(name: str) -> None:
    function, documentation = _function(ROWS[name])
    assert function not in ("exact", "bounds", "heuristic", "learned", "check", "model", "kernels"), "named after a room"
    found = re.findall(r"(?m)^([A-Z][A-Za-z ]+)\n-{3,}$", documentation)
    assert found == SECTIONS


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (("alocation",), "Did you mean 'allocation'?"),
        (("allocation", "exat"), "'exat' is no method of allocation. Did you mean 'exact'?"),
        (("allocation", "--json", "--markdown"), "exclude each other"),
        (("allocation", "exact", "--markdown"), "--markdown is used for tables"),
    ],
)
def test_misuse(words: tuple[str, ...], fragment: str) -> None:
    assert fragment in refused("methods", *words)
