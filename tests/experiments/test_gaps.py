"""No answer of a learner stands in a comparison without a number that says how good it is."""

from __future__ import annotations

from typing import Any

import pytest

from edgeworth import MethodSpec, Stop, _families, compare
from edgeworth.core.family import family
from edgeworth.games import normal_form, offloading

LEARNED = [
    (kind, row.name)
    for kind in _families.FAMILIES
    for row in family(kind).methods
    if "learned" in row.function.split(":")[0].split(".")
]
BOUNDS = {"allocation": "lp", "carbon-offloading": "exact", "offloading": "lagrangian", "scheduling": "lagrangian"}
BOUNDS |= {"trading": "exact", "orienteering": "column-generation"}
"""The method that gives the bound; finite games have none."""


def learner(kind: str, name: str, problems: list[Any]) -> Any:
    row = family(kind).method(name)
    stop = Stop(iterations=300) if "iterations" in row.supports else Stop(seconds=1.0)
    methods: list[Any] = [MethodSpec("learner", name, stop=stop)]
    if kind in BOUNDS:
        methods.append(BOUNDS[kind])
    return compare(problems, methods)


def test_every_family_that_learns_is_here() -> None:
    assert {kind for kind, _ in LEARNED} >= {*BOUNDS, "normal-form"}


@pytest.mark.parametrize(("kind", "name"), LEARNED, ids=[f"{kind}-{name}" for kind, name in LEARNED])
def test_no_learner_is_without_a_gap_or_a_regret(kind: str, name: str) -> None:
    examples = family(kind).examples()
    problems = [problem for problem in examples if problem.sense == "max"] or list(examples)
    if kind == "scheduling":  # where tasks share a processor there is no bound
        problems = [problem for problem in problems if problem.service == "serial"]
    table = learner(kind, name, problems)
    assert table.verified
    rows = table.frame[(table.frame.method == "learner") & table.frame.value.notna()]
    assert len(rows)
    columns = [column for column in ("gap_to_best_bound", "gap_of_price", "regret") if column in rows]
    assert rows[columns].notna().any(axis=1).all()
    if family(kind).covers == "all" and kind in BOUNDS:
        bounded = table.frame[table.frame.bound.notna()].problem_hash
        assert rows.gap_to_best_bound[rows.problem_hash.isin(bounded)].notna().all()
    if kind == "trading":
        assert rows.gap_of_price.notna().all()
    if "games" in family(kind).package:
        assert rows.regret.notna().all()


def test_a_bound_on_all_profiles_is_held_against_all() -> None:
    """The welfare optimum and a learner's play are no equilibria, and both have a gap."""
    problem = offloading.generate(users=12, providers=3, preset="random", seed=3)
    frame = compare([problem], ["exact", "pg-brd", "wolf-phc"]).frame.set_index("method")
    assert frame.gap_to_best_bound["exact"] == pytest.approx(0.0, abs=1e-9)
    assert (frame.gap_to_best_bound >= -1e-9).all()
    assert frame.regret["exact"] > 1e-9 >= frame.regret["pg-brd"]


def test_columns_of_games_are_theirs() -> None:
    finite = compare([normal_form.generate(seed=0)], ["pure", "wolf-phc"], stop=Stop(seconds=5.0)).frame
    assert "regret" in finite
    assert "gap_of_price" not in finite
    from edgeworth.solvers import allocation

    frame = compare([allocation.generate(servers=3, tasks=9, seed=0)], ["greedy"]).frame
    assert not {"regret", "gap_of_price"} & set(frame.columns)
