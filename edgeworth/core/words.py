"""Numbers and counts written in a text: decimal digits, nothing that Python alone takes for a number."""

from __future__ import annotations

import bisect
import math
import re
from itertools import islice
from os import PathLike
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from edgeworth.core.files import wrong

MAX_WORD = 400
"""Numbers have at most so many characters."""

_COUNT = re.compile(r"[0-9]{1,15}")
_REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_CHARACTERS = re.compile(r"[0-9+\-.eE\s]*", re.ASCII)
_SPACE = re.compile(r"\s", re.ASCII)
_WORD = re.compile(r"\S+", re.ASCII)
_CHUNK = 2**18  # characters split at once


def shown(word: str) -> str:
    """A word of a file for a message, in ASCII and cut to a readable length."""
    return ascii(word if len(word) <= 40 else word[:37] + "...")


def count(word: str) -> int | None:
    """A number >= 0 in decimal digits; None for anything else (``1e5``, ``3_0``, digits of other scripts)."""
    return int(word) if _COUNT.fullmatch(word) else None


def real(word: str) -> float | None:
    """A finite decimal number; None for anything else (``nan``, ``inf``, ``1e999``, ``3_0``, digits of other scripts)."""
    if len(word) > MAX_WORD or not _REAL.fullmatch(word):
        return None
    number = float(word)
    return number if math.isfinite(number) else None


class Numbers:
    """The numbers of a text, separated by white space: ``values`` float64 [N], and the line of each."""

    values: NDArray[np.float64]

    def __init__(self, path: str | PathLike[str], text: str) -> None:
        self._path, self._text = path, text
        self._chunks: list[tuple[int, int, int]] = []  # number of the first word, begin and end in the text
        self._words: tuple[int, list[str]] = (-1, [])  # the chunk looked at last
        parts = [np.zeros(0)]
        known = begin = 0
        while begin < len(text):
            space = _SPACE.search(text, min(begin + _CHUNK, len(text)))
            end = len(text) if space is None else space.start()
            if not _CHARACTERS.fullmatch(text, begin, end):
                self._refuse(begin, end)
            words = text[begin:end].split()
            if max(map(len, words), default=0) > MAX_WORD:
                self._refuse(begin, end)
            try:
                part = np.array([float(word) for word in words])
            except ValueError:
                self._refuse(begin, end)
            if not np.isfinite(part).all():
                self._refuse(begin, end)
            self._chunks.append((known, begin, end))
            parts.append(part)
            known += len(part)
            begin = end + 1
        self.values = np.concatenate(parts)

    def __len__(self) -> int:
        return len(self.values)

    def count(self, position: int) -> int | None:
        """The number at this position as a count, None where it is written as anything else."""
        index = self._chunk(position)
        first, begin, end = self._chunks[index]
        if self._words[0] != index:
            self._words = (index, self._text[begin:end].split())
        return count(self._words[1][position - first])

    def line(self, position: int) -> int:
        """The line on which the number at this position stands; of none, the last one."""
        if not len(self):
            return 1
        position = min(position, len(self) - 1)
        first, begin, end = self._chunks[self._chunk(position)]
        found = next(islice(_WORD.finditer(self._text, begin, end), position - first, None))
        return self._text.count("\n", 0, found.start()) + 1

    def _chunk(self, position: int) -> int:
        return bisect.bisect_right(self._chunks, position, key=lambda chunk: chunk[0]) - 1

    def _refuse(self, begin: int, end: int) -> NoReturn:
        bad = next(found for found in _WORD.finditer(self._text, begin, end) if real(found.group()) is None)
        line = self._text.count("\n", 0, bad.start()) + 1
        wrong(self._path, line, f"must hold finite numbers; got {shown(bad.group())}")
