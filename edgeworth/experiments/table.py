"""The tidy table of a comparison: one row a run, with what only a comparison can know (best bounds, contradictions)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from edgeworth.core.faces import origin
from edgeworth.core.numeric import OPTIMALITY_TOL, Sense, relative_gap
from edgeworth.core.problem import Problem, Stored
from edgeworth.core.result import Result

Kinds = frozenset[type]
_MISSING: type = type(None)
NUMBER: Kinds = frozenset({float, int, _MISSING})
_TEXT: Kinds = frozenset({str})
_FLAG: Kinds = frozenset({bool})
_COMPARABLE, _OFFSET, _REPLY = "comparable", "offset", "reply_value"  # of the rows only: no columns

KINDS: dict[str, Kinds] = {
    "problem": _TEXT,
    "problem_hash": _TEXT,
    "instance_seed": frozenset({int, str, _MISSING}),
    "method": _TEXT,
    "method_seed": frozenset({int, _MISSING}),
    "value": NUMBER,
    "bound": NUMBER,
    "bound_evidence": _TEXT | {_MISSING},
    "gap": NUMBER,
    "gap_to_best_bound": NUMBER,
    "gap_of_price": NUMBER,
    "regret": NUMBER,
    "quality": _TEXT,
    "termination": _TEXT,
    "seconds": NUMBER,
    "time_limit": NUMBER,
    "overran": _FLAG,
    "verified": _FLAG,
    "notes": _TEXT,
    _COMPARABLE: _FLAG,
    _OFFSET: NUMBER - {_MISSING},
    _REPLY: NUMBER,
}
"""What every row holds, and the types of its cells; the problem's own measures follow and are numbers."""

OF_GAMES = ("gap_of_price", "regret")
"""Columns that are left out where no run has such a number."""
COLUMNS = tuple(name for name in KINDS if name not in (_COMPARABLE, _OFFSET, _REPLY, *OF_GAMES))
"""The columns of every comparison; those of games and the problem's own measures come beside them."""

OVERRUN_SHARE, OVERRUN_SECONDS = 0.1, 0.2
"""A run overran when it took more than its limit, this share of it and these seconds."""


@dataclass(frozen=True)
class Outcome:
    """What a run left.

    Attributes
    ----------
    result : Result or None
        None where the method raised.
    verified : bool
        Whether the result stood the check.
    notes : tuple of str
        Of the method, and of what failed.
    measures : mapping of str to float
        The family's named numbers of the solution.
    seconds : float
        Of the run, compilation not counted.
    comparable : bool
        Whether the family's bounds hold for the solution (not for a profile out of equilibrium where they hold for equilibria
        only).
    interrupted : bool
        Whether Ctrl-C came on the way, which a method that ends by itself does not say.
    regret : float, optional
        Of a game, the largest gain of a deviation, relative to the player's stake, as the checker judged or measured it.
    reply_value : float, optional
        See `core.problem.Model`.
    verdicts : mapping of str to (str, float)
        What the checker said, by the name of the property: the status, and by how much it is broken.
    """

    result: Result[Stored] | None
    verified: bool
    notes: tuple[str, ...]
    measures: Mapping[str, float]
    seconds: float
    comparable: bool = True
    interrupted: bool = False
    regret: float | None = None
    reply_value: float | None = None
    verdicts: Mapping[str, tuple[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Lost(Outcome):
    """Of a run whose worker died: nothing is known of the method, and another attempt may end well."""


def problem_labels(problems: Sequence[Problem]) -> dict[str, str]:
    """A readable label for every problem: where it comes from, and enough more to distinguish it from the others.

    Parameters
    ----------
    problems : sequence of problems
        The instances of a comparison.

    Returns
    -------
    dict of str to str
        Label by hash. A preset with its seed, ``hotspot seed 3``; a file, ``e10200`` (``gap1.txt #2`` in a collection); the
        hash's beginning where there is no name or where two would share a label.
    """
    return _distinct({problem.hash: _plain_label(problem) for problem in problems})


def merged_labels(*parts: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The labels of the problems of several tables, by hash: those they have, and enough more to tell them apart."""
    plain: dict[str, str] = {}
    for item in (item for part in parts for item in part):
        plain.setdefault(item["problem_hash"], item["problem"])
    return _distinct(plain)


def _distinct(plain: Mapping[str, str]) -> dict[str, str]:
    shared = {label for label, count in Counter(plain.values()).items() if count > 1}
    return {digest: f"{label} {digest[:8]}" if label in shared else label for digest, label in plain.items()}


def _plain_label(problem: Problem) -> str:
    source, label = problem.provenance, origin(problem.provenance)
    if not source.name:
        return f"{problem.kind} {problem.hash[:8]}"
    return label if source.source == "file" or isinstance(source.seed, int) else f"{label} {problem.hash[:8]}"


def row(problem: Problem, label: str, method: str, seed: int | None, limit: float | None, outcome: Outcome) -> dict[str, Any]:
    """The columns known as soon as the run is over; absent numbers are None. limit: of the run, in seconds."""
    result = outcome.result
    overran = limit is not None and outcome.seconds > limit * (1.0 + OVERRUN_SHARE) + OVERRUN_SECONDS
    known: dict[str, Any] = {
        "problem": label,
        "problem_hash": problem.hash,
        "instance_seed": problem.provenance.seed,
        "method": method,
        "method_seed": seed,
        "value": None if result is None else result.value,
        "bound": None if result is None else result.bound,
        "bound_evidence": None if result is None or result.bound_evidence is None else str(result.bound_evidence),
        "gap": None if result is None else result.gap,
        "gap_to_best_bound": None,
        "gap_of_price": None,
        "regret": outcome.regret,
        "quality": "none" if result is None else str(result.quality),
        "termination": "error" if result is None else str(result.termination),
        "seconds": outcome.seconds,
        "time_limit": limit,
        "overran": overran,
        "verified": outcome.verified,
        "notes": "; ".join(outcome.notes),
    }
    measures = {f"measure_{name}" if name in known else name: number for name, number in outcome.measures.items()}
    return known | measures | {_COMPARABLE: outcome.comparable, _OFFSET: problem.offset, _REPLY: outcome.reply_value}


def frame(rows: Sequence[Mapping[str, Any]], sense: Sense) -> pd.DataFrame:
    """The table: rows in the order given, `COLUMNS` and those of games, then the measures in the order of appearance."""
    finished = [dict(item) for item in rows]
    instances: dict[str, list[dict[str, Any]]] = {}
    for item in finished:
        instances.setdefault(item["problem_hash"], []).append(item)
    for instance in instances.values():
        _look_across(instance, sense)
    measures = list(dict.fromkeys(name for item in finished for name in item if name not in KINDS))
    data: dict[str, Any] = {}
    absent = {name for name in OF_GAMES if all(item[name] is None for item in finished)}
    for name in (*(name for name in KINDS if name in (*COLUMNS, *OF_GAMES) and name not in absent), *measures):
        column = [item.get(name) for item in finished]
        kind = KINDS.get(name, NUMBER)
        if kind == NUMBER:
            data[name] = pd.Series([math.nan if number is None else float(number) for number in column], dtype="float64")
        elif name in ("instance_seed", "method_seed") and all(item is None or isinstance(item, int) for item in column):
            small = all(item is None or item < 2**63 for item in column)  # fresh entropy has 128 bits
            data[name] = pd.Series(column, dtype="Int64" if small else "object")
        elif kind == _FLAG:
            data[name] = pd.Series(column, dtype="bool")
        else:
            data[name] = pd.Series(column, dtype="object")
    return pd.DataFrame(data)


def _look_across(rows: Sequence[dict[str, Any]], sense: Sense) -> None:
    """On one instance: refute bounds that another method's verified value beats, then measure all values by the best bound."""
    best: dict[str, Any] | None = None
    better = max if sense == "max" else min
    sound = [item for item in rows if item["verified"] and item["value"] is not None and item[_COMPARABLE]]
    if sound:
        best = better(sound, key=lambda item: item["value"])
    for item in rows:
        if best is None or item["bound"] is None or not item["verified"]:
            continue
        if relative_gap(best["value"], item["bound"], sense, item[_OFFSET]) < -OPTIMALITY_TOL:
            item["verified"] = False
            text = f"refuted: bound: {item['bound']!r} is contradicted by {best['method']}'s verified value {best['value']!r}"
            item["notes"] = "; ".join(filter(None, (item["notes"], text)))
    standing = [item for item in rows if item["verified"] and item["bound"] is not None]
    recomputed = [item["bound"] for item in standing if item["bound_evidence"] == "recomputed"]
    bounds = recomputed or [item["bound"] for item in standing]  # a claim counts only where nothing better is there
    if not bounds:
        return
    tightest = min(bounds) if sense == "max" else max(bounds)
    for item in (item for item in sound if item["verified"]):
        item["gap_to_best_bound"] = relative_gap(item["value"], tightest, sense, item[_OFFSET])
    for item in (item for item in rows if item["verified"] and item[_REPLY] is not None):
        item["gap_of_price"] = relative_gap(item[_REPLY], tightest, sense, item[_OFFSET])
