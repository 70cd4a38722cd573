"""The numbers of Gambit's files: integers, decimals and fractions as written."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.games.normal_form.model.problem import EXACT_INTEGERS

_NUMBER = re.compile(r"[+-]?([0-9]+/[0-9]+|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,9})?)")
_FORM = re.compile(r"[+-]?(?:[0-9]++/[0-9]++|(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)")  # of any size
_PLAIN = re.compile(r"\s*+(?:[+-]?+[0-9]{1,15}+(?:/[0-9]{1,15}+)?+(?:\s++|\Z))*+", re.ASCII)
_INTEGER = re.compile(r"(?<![0-9/])[0-9]++(?!/)")
_MAX_EXPONENT, _MAX_WORD = 400, 1_500  # longer ones would build integers of as many digits; 1,100 write any float64 exactly


class ExactNumber(NamedTuple):
    """A payoff as written: its nearest float64, the fraction in lowest terms, and whether both are the same number.

    short: numerator and denominator are at most 2^53.
    """

    value: float
    top: int
    low: int
    same: bool
    short: bool


def exact_number(word: str) -> ExactNumber | None:
    """A number of the format; None for what is none, and for what is infinite or of unreasonable size."""
    if len(word) > _MAX_WORD or not _NUMBER.fullmatch(word):
        return None
    first, slash, second = word.partition("/")
    if slash:
        top, low = int(first), int(second)
        if low == 0:
            return None
    else:
        digits, _, exponent = word.lower().partition("e")
        whole, _, decimals = digits.partition(".")
        power = int(exponent or "0") - len(decimals)
        if abs(int(exponent or "0")) > _MAX_EXPONENT:
            return None
        top, low = int(whole + decimals) * 10 ** max(power, 0), 10 ** max(-power, 0)
    common = math.gcd(top, low)
    top, low = top // common, low // common
    try:
        value = top / low  # of integers: correctly rounded
    except OverflowError:
        return None
    if value == 0.0 and word[0] == "-":
        value = -0.0
    short = -EXACT_INTEGERS <= top <= EXACT_INTEGERS and low <= EXACT_INTEGERS
    # a short numerator over a power of two is a float
    same = low & (low - 1) == 0 if short else value.as_integer_ratio() == (top, low)
    return ExactNumber(value, top, low, same, short)


def too_large(word: str) -> str:
    """What is wrong with a number that `exact_number` does not take."""
    return ", finite and of reasonable size" if _FORM.fullmatch(word) else ""


def is_plain(text: str) -> bool:
    """Whether a text holds nothing but integers and fractions of at most 15 digits, none of them -0, with space between."""
    return "-0" not in text and _PLAIN.fullmatch(text) is not None


class PayoffTable:
    """Payoffs in the order of the file: float64, numerators and denominators (where short), and whether both are the same."""

    def __init__(self) -> None:
        self.short = True
        self.parts: list[tuple[Array, ...]] = []

    def add(self, found: Sequence[ExactNumber]) -> None:
        """Append at least one number."""
        values, tops, lows, same, short = zip(*found, strict=True)
        self.short &= all(short)
        if not self.short:
            tops, lows = (0,) * len(found), (1,) * len(found)
        kinds = (np.float64, np.int64, np.int64, np.bool_)
        self.parts.append(tuple(np.array(c, dtype=k) for c, k in zip((values, tops, lows, same), kinds, strict=True)))

    def add_plain(self, text: str) -> int:
        """Append the numbers of a text that `is_plain`, all at once; how many they are. A division by 0 makes it -1."""
        words = (_INTEGER.sub(r"\g<0>/1", text) if "/" in text else text).replace("/", " ").split()
        numbers = np.array(list(map(int, words)), dtype=np.int64)
        tops, lows = (numbers[::2], numbers[1::2]) if "/" in text else (numbers, np.ones_like(numbers))
        if not lows.all():
            return -1
        common = np.gcd(tops, lows)
        tops, lows = tops // common, lows // common
        self.parts.append((tops / lows, tops, lows, lows & (lows - 1) == 0))  # all below 2^53: correctly rounded
        return len(tops)

    def columns(self) -> tuple[Array, ...]:
        """The columns as four arrays."""
        return tuple(np.concatenate(parts) for parts in zip(*self.parts, strict=True))
