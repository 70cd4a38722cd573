"""Every number of a saved result, changed one at a time: it is refused, or it says nothing that could be wrong.

What passes must be a sound answer of its own. A bound may be looser than it was. Another solution may be worth the same; then
all that the model measures of it is what it was, but for decisions that the family leaves open (`OPEN`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from edgeworth import BoundEvidence, Result, Stop, _families
from edgeworth.core import io
from edgeworth.core.family import Family, family
from edgeworth.core.numeric import relative_gap
from edgeworth.core.payload import Payload

FREE = ("stats", "params", "seed", "version", "notes", "trace", "certificate")
"""What tells of the run and not of its answer; and what the checker rebuilds bounds from, whatever it holds."""
OPEN: dict[str, tuple[str, ...]] = {
    "scheduling": ("decided", "delay"),  # a task may be held back, and sent later, where it queues all the same
    "double-auction": ("payment", "reward"),  # of those who trade; which payments are a rule's is for the auditor
}
"""Arrays of solutions that are decisions, or are said not to be judged; changed, they lead to another sound answer."""
TRAINED = {"carbon-offloading": ("ddpg", "td3", "ppo", "mappo"), "scheduling": ("best", "gnn-marl", "mappo", "scorer")}
"""Methods that learn for seconds, or play what was trained; their results are made of the same fields."""


def forgeries(payload: Payload, rng: np.random.Generator) -> Iterator[tuple[str, Payload]]:
    """The payload with one number changed, by little and by much; of every array two entries."""
    for name, given in payload.fields.items():
        if isinstance(given, dict) and name not in FREE:
            for inner, value in given.items():
                for wrong in _wrong(value):
                    yield f"{name}.{inner}", Payload(payload.fields | {name: given | {inner: wrong}}, payload.arrays)
        elif name not in FREE:
            for wrong in _wrong(given):
                yield name, Payload(payload.fields | {name: wrong}, payload.arrays)
    for name, array in payload.arrays.items():
        if name.startswith("solution."):
            for place in rng.permutation(array.size)[:2].tolist():
                for wrong in _wrong(array.ravel()[place].item()):
                    forged = np.array(array)
                    forged.ravel()[place] = wrong
                    yield name, Payload(payload.fields, payload.arrays | {name: forged})


def _wrong(value: object) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1, value + 1000]
    if isinstance(value, float):
        size = max(abs(value), 1.0)
        return [value + step * size for step in (1e-6, -1e-6, 3.0, -3.0)]
    return []


def looser(result: Result[Any], forged: Result[Any]) -> bool:
    """The bound is a claim, of which the side is checked, or holds because a tighter one does."""
    if result.bound is None or forged.bound is None:
        return False
    claimed = forged.bound_evidence is BoundEvidence.CLAIMED
    return claimed or relative_gap(result.bound, forged.bound, result.sense, result.offset) >= -1e-9


def harmless(fam: Family[Any, Any], problem: Any, name: str, result: Result[Any], forged: Result[Any]) -> bool:
    """Another solution, of which all is what it was that the model measures, or a decision that is open."""
    part, _, inner = name.partition(".")
    if part != "solution":
        return False
    before, after = (fam.measures(problem, each.solution) for each in (result, forged))
    same = (math.isclose(before[each], after[each], rel_tol=1e-5, abs_tol=1e-5) for each in before)
    return inner in OPEN.get(fam.kind, ()) or all(same)


@pytest.mark.parametrize("kind", list(_families.FAMILIES))
def test_a_changed_number_is_refused_or_says_nothing_wrong(kind: str) -> None:
    fam, rng, tried = family(kind), np.random.default_rng(0), 0
    rows = [row for row in fam.methods if row.requires is None and row.name not in TRAINED.get(kind, ())]
    for number, problem in enumerate(fam.examples()):
        for row in rows[number % 7 :: 7] or rows[:1]:
            stop = Stop(iterations=40) if "iterations" in row.supports and not row.exact else None
            result = fam.solve(problem, method=row.name, seed=0, stop=stop)
            for name, payload in forgeries(result.to_payload(), rng):
                tried += 1
                try:
                    forged = Result.from_payload(kind, payload, fam.solution, partial(io._params_type, fam))
                    holds = bool(fam.verify(problem, forged))
                except (ValueError, TypeError):
                    continue
                if holds:
                    sound = looser(result, forged) if name == "bound" else harmless(fam, problem, name, result, forged)
                    assert sound, (row.name, number, name)
    assert tried > 8
