"""A solution that is wrong in any way is a failed verdict, in every family, and never an exception of `verify`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from edgeworth._families import FAMILIES
from edgeworth.core.family import family
from edgeworth.core.payload import Payload

SOLVED: dict[str, tuple[str, dict[str, Any]]] = {
    "allocation": ("greedy", {"servers": 3, "tasks": 6}),
    "carbon-offloading": ("exact", {"users": 2, "slots": 5}),
    "scheduling": ("local", {"devices": 3, "horizon": 10.0}),
    "orienteering": ("greedy", {"vehicles": 2, "customers": 5}),
    "trading": ("exact", {"consumers": 3}),
    "offloading": ("random-feasible", {"preset": "random", "users": 4, "providers": 2}),
    "normal-form": ("pure", {}),
    "double-auction": ("vcg", {"buyers": 3, "sellers": 2}),
    "procurement": ("second-score", {"suppliers": 4}),
}
"""Of every family a method that takes milliseconds, and a small problem."""


def mutants(payload: Payload) -> Iterator[Payload]:
    """The payload with each array or number cut, doubled, or beyond every range."""
    for name, array in payload.arrays.items():
        longer = np.concatenate([array, array]) if array.ndim else array
        beyond = [np.full_like(array, number) for number in (99, -99, np.iinfo(np.int32).max)]
        beyond += [np.full_like(array, 1e308)] if array.dtype.kind == "f" else []
        for wrong in (array[:0], longer, *beyond):
            yield replace(payload, arrays={**payload.arrays, name: wrong})
    for name, content in payload.fields.items():
        if type(content) in (int, float):
            for number in (99, -99, 2**40):
                yield replace(payload, fields={**payload.fields, name: number})


@pytest.mark.parametrize("kind", sorted(FAMILIES))
def test_a_wrong_solution_is_a_failed_verdict_and_no_exception(kind: str) -> None:
    fam, (method, size) = family(kind), SOLVED[kind]
    problem = import_module(FAMILIES[kind]).generate(seed=0, **size)
    honest = fam.solve(problem, method=method, seed=0)
    judged = set()
    for payload in mutants(fam.solution.to_payload(honest.require())):
        try:
            wrong = fam.solution.from_payload(payload)
        except (ValueError, TypeError):
            continue  # no such solution can be made
        for stated in (wrong, replace(honest, solution=wrong)):
            judged.add(bool(fam.verify(problem, stated)))
    assert False in judged
