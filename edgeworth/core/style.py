"""The look of all plots: colours, axes of their own, what is left of a frame. matplotlib is imported when it draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, FAINT, WRONG = "#1f2430", "#c9ced8", "#B00020"
"""Colours of text, of grid lines, and of what failed; the HTML page replaces them by those of the reader's theme."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F6BB3")
"""Okabe and Ito's colours, which everybody can tell apart; yellow is left out, a violet added."""

_NARROW = 4.0  # inches


def colour(position: int) -> str:
    """The colour of what stands at this position: the same in every plot."""
    return COLOURS[position % len(COLOURS)]


def new_axes(width: float, height: float) -> Axes:
    """Axes on a figure of their own, in inches."""
    import matplotlib.pyplot as plt

    return plt.subplots(figsize=(width, height), layout="constrained")[1]


def narrow(ax: Axes) -> bool:
    """Whether axes are so narrow (a phone's page, one of many panels) that words belong above marks instead of beside them."""
    return float(ax.bbox.width / ax.figure.dpi) < _NARROW


def dress(ax: Axes) -> None:
    """Leave two spines, and colour them and all labels."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        ax.spines[side].set_color(FAINT)
    ax.tick_params(color=FAINT, labelcolor=INK)
    for item in (ax.xaxis.label, ax.yaxis.label, ax.title):
        item.set_color(INK)
