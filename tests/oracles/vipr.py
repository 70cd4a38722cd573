"""A naive checker of VIPR 1.0 files, from the format's definition (Cheung, Gleixner and Steffy 2017). Exact rationals."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple


class Row(NamedTuple):
    """left <sense> right, where left maps variables to coefficients, under assumptions (indices of rows)."""

    sense: str
    right: Fraction
    left: dict[int, Fraction]
    assumed: frozenset[int] = frozenset()


class Wrong(Exception):
    """The file is no proof."""


class _Words:
    def __init__(self, text: str) -> None:
        self.words = [word for line in text.splitlines() if not line.startswith("%") for word in line.split()]
        self.at = 0

    def next(self) -> str:
        self.at += 1
        return self.words[self.at - 1]

    def number(self) -> int:
        return int(self.next())

    def expect(self, word: str) -> None:
        if self.next() != word:
            raise Wrong(f"expected {word}, got {self.words[self.at - 1]}")


def check(text: str) -> tuple[str, Fraction | None]:
    """("infeasible", None) or ("optimal", value without any constant); raises `Wrong` where a step does not follow."""
    words = _Words(text)
    words.expect("VER")
    words.expect("1.0")
    words.expect("VAR")
    names = [words.next() for _ in range(words.number())]
    words.expect("INT")
    integer = {words.number() for _ in range(words.number())}
    words.expect("OBJ")
    sense = words.next()
    objective = _sparse(words)
    words.expect("CON")
    count, _ = words.number(), words.number()
    rows = [_row(words, objective) for _ in range(count)]
    given = list(rows)
    words.expect("RTP")
    kind = words.next()
    low, high = (words.next(), words.next()) if kind == "range" else ("", "")
    words.expect("SOL")
    values = []
    for _ in range(words.number()):
        words.next()
        values.append(_solution(_sparse(words), objective, given, integer))
    words.expect("DER")
    for _ in range(words.number()):
        rows.append(_derived(words, objective, rows, integer))
    if words.at != len(words.words) or max((k for row in rows for k in row.left), default=-1) >= len(names):
        raise Wrong("words left over, or unknown variables")
    last = rows[-1]
    if last.assumed:
        raise Wrong("the last row rests on assumptions")
    if kind == "infeas":
        if not _absurd(last):
            raise Wrong("the last row is no contradiction")
        return "infeasible", None
    best = max(values) if sense == "max" else min(values)
    proved, reached = (high, low) if sense == "max" else (low, high)
    if best != Fraction(reached) or not _dominates(last, Row("L" if sense == "max" else "G", Fraction(proved), objective)):
        raise Wrong("the range is not what was proved")
    return "optimal", best


def _sparse(words: _Words) -> dict[int, Fraction]:
    return {words.number(): Fraction(words.next()) for _ in range(words.number())}


def _row(words: _Words, objective: dict[int, Fraction]) -> Row:
    words.next()
    sense, right = words.next(), Fraction(words.next())
    if sense not in ("E", "L", "G"):
        raise Wrong(f"no such sense: {sense}")
    if words.words[words.at] == "OBJ":
        words.next()
        return Row(sense, right, objective)
    return Row(sense, right, {k: number for k, number in _sparse(words).items() if number})


def _solution(x: dict[int, Fraction], objective: dict[int, Fraction], rows: list[Row], integer: set[int]) -> Fraction:
    if any(number.denominator != 1 for k, number in x.items() if k in integer):
        raise Wrong("a solution is not whole")
    for row in rows:
        left = sum((number * x.get(k, 0) for k, number in row.left.items()), Fraction(0))
        if (row.sense in "LE" and left > row.right) or (row.sense in "GE" and left < row.right):
            raise Wrong("a solution breaks a row")
    return sum((number * x.get(k, 0) for k, number in objective.items()), Fraction(0))


def _derived(words: _Words, objective: dict[int, Fraction], rows: list[Row], integer: set[int]) -> Row:
    stated = _row(words, objective)
    words.expect("{")
    reason = words.next()
    index = len(rows)
    if reason == "asm":
        found = stated._replace(assumed=frozenset([index]))
    elif reason in ("lin", "rnd"):
        found = _combined(stated, _sparse(words), rows, integer if reason == "rnd" else None)
    elif reason == "uns":
        found = _unsplit(stated, [words.number() for _ in range(4)], rows, integer)
    else:
        raise Wrong(f"no such reason: {reason}")
    words.expect("}")
    words.next()
    return found


def _combined(stated: Row, parts: dict[int, Fraction], rows: list[Row], integer: set[int] | None) -> Row:
    if max(parts, default=-1) >= len(rows) or min(parts, default=0) < 0:
        raise Wrong("a row that does not exist yet")
    left: dict[int, Fraction] = {}
    right, assumed = Fraction(0), frozenset[int]()
    for index, factor in parts.items():
        row = rows[index]
        along = {"L": 1, "G": -1, "E": 0}[row.sense] * (1 if stated.sense == "L" else -1) * factor
        if along < 0 or (stated.sense == "E" and row.sense != "E"):
            raise Wrong("a multiplier of the wrong sign")
        for k, number in row.left.items():
            left[k] = left.get(k, Fraction(0)) + factor * number
        right += factor * row.right
        assumed |= row.assumed
    if integer is not None:
        if any(number.denominator != 1 or k not in integer for k, number in left.items() if number):
            raise Wrong("rounding of a row that is not whole")
        right = Fraction(math.floor(right) if stated.sense == "L" else math.ceil(right))
    found = Row(stated.sense, right, {k: number for k, number in left.items() if number}, assumed)
    if not _dominates(found, stated):
        raise Wrong("a combination is not what is stated")
    return stated._replace(assumed=assumed)


def _unsplit(stated: Row, indices: list[int], rows: list[Row], integer: set[int]) -> Row:
    one, first, two, second = indices
    if max(indices) >= len(rows) or min(indices) < 0:
        raise Wrong("a row that does not exist yet")
    below, above = sorted((rows[first], rows[second]), key=lambda row: row.sense != "L")
    parted = (below.sense, above.sense) == ("L", "G") and below.left == above.left and above.right == below.right + 1
    whole = all(k in integer and number.denominator == 1 for k, number in below.left.items()) and below.right.denominator == 1
    if not (parted and whole and _dominates(rows[one], stated) and _dominates(rows[two], stated)):
        raise Wrong("two sides that are none")
    return stated._replace(assumed=(rows[one].assumed - {first}) | (rows[two].assumed - {second}))


def _absurd(row: Row) -> bool:
    return not row.left and ((row.sense in "LE" and row.right < 0) or (row.sense in "GE" and row.right > 0))


def _dominates(row: Row, other: Row) -> bool:
    if _absurd(row):
        return True
    if row.left != {k: number for k, number in other.left.items() if number}:
        return False
    if other.sense == "L":
        return row.sense in "LE" and row.right <= other.right
    if other.sense == "G":
        return row.sense in "GE" and row.right >= other.right
    return row.sense == "E" and row.right == other.right
