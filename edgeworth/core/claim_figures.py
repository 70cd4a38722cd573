"""Figures of claims, drawn from the rows of numbers behind a verdict: curves over a column, or intervals beside 0."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from edgeworth.core import style
from edgeworth.core.claims import Row
from edgeworth.core.display import figure_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_APART = 100.0
"""Intervals are drawn on scales of their own where their ends differ by more than this."""
Draw = Callable[["Axes"], "Axes"]


def curves(rows: Sequence[Row], x: str, y: str, by: Sequence[str] = ()) -> Draw:
    """The field ``figure`` of `Evidence`: a column over another, a curve for each combination of values of others.

    Parameters
    ----------
    rows : sequence of mappings
        Those that have both columns are drawn, in their order.
    x, y : str
        Columns of numbers.
    by : sequence of str
        Columns whose values tell the curves apart.

    Returns
    -------
    callable
        ``figure(ax)`` draws on the axes and returns them.
    """

    def draw(ax: Axes) -> Axes:
        told: dict[str, tuple[list[float], list[float]]] = {}
        for row in rows:
            if x in row and y in row:
                at = told.setdefault(", ".join(f"{_words(name)} {row[name]}" for name in by), ([], []))
                at[0].append(float(row[x]))
                at[1].append(float(row[y]))
        for k, (label, (across, up)) in enumerate(told.items()):
            line = ("-", "--", ":")[k // len(style.COLOURS) % 3]
            ax.plot(across, up, line, marker="o", markersize=3, color=style.colour(k), label=figure_text(label))
        if by:
            ax.legend(frameon=False, fontsize=8, labelcolor=style.INK, loc="center left", bbox_to_anchor=(1.0, 0.5))
        ax.set_xlabel(_words(x))
        ax.set_ylabel(_words(y))
        style.dress(ax)
        return ax

    return draw


def intervals(rows: Sequence[Row]) -> Draw | None:
    """A figure of all rows that have an interval, ``low`` to ``high``, beside 0; None where fewer than two of them have one.

    Parameters
    ----------
    rows : sequence of mappings

    Returns
    -------
    callable, optional
        As of `curves`. The other texts of a row, and truth values, name it.
    """
    held = [row for row in rows if "low" in row and "high" in row and row["low"] == row["low"]]
    if len(held) < 2:
        return None

    def draw(ax: Axes) -> Axes:
        labels = [", ".join(str(item) for item in row.values() if isinstance(item, str)) for row in held]
        numbers = [f"{k + 1}. {figure_text(label)}" for k, label in enumerate(labels)]  # two rows may have one name
        low, high = ([float(row[end]) for row in held] for end in ("low", "high"))
        far = [max(abs(one), abs(other)) for one, other in zip(low, high, strict=True)]
        apart = max(far) > _APART * min((each for each in far if each > 0.0), default=math.inf)  # of other units, it may be
        scale = [each if apart and each > 0.0 else 1.0 for each in far]
        low, high = ([end / each for end, each in zip(ends, scale, strict=True)] for ends in (low, high))
        middle = [0.5 * (one + other) for one, other in zip(low, high, strict=True)]
        ax.axvline(0.0, color=style.FAINT, linewidth=1.0)
        ax.hlines(range(len(held)), low, high, color=style.colour(0), linewidth=3.0)
        ax.plot(middle, range(len(held)), "o", markersize=5, color=style.colour(0))
        ax.set_yticks(range(len(held)), numbers)
        ax.set_ylim(len(held) - 0.5, -0.5)
        ax.set_xlabel("95% interval" + (", over its end that is farther from 0" if apart else ""))
        style.dress(ax)
        return ax

    return draw


def _words(name: str) -> str:
    return figure_text(name.replace("_", " "))
