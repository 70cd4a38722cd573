"""A tender and its award: who offers what, who wins, what is paid. Functions take ``ax`` and return it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.display import figure_text, number
from edgeworth.core.names import label
from edgeworth.core.style import INK, WRONG, colour, dress, new_axes
from edgeworth.mechanisms.procurement.model import Award, Tender, value, violations

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = 40  # suppliers; of more the lowest scores are drawn


def plot_market(tender: Tender, award: Award, *, ax: Axes | None = None) -> Axes:
    """Draw the suppliers' scores from the lowest, and what the winner gets.

    Parameters
    ----------
    tender : Tender
    award : Award
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        One bar a supplier: its price, and after it the weight of its utilisation; together they are its score. The winner's
        name is marked, and the dot in its row is what it is paid. Dashed: the task's worth, where it is in sight. Of more than
        40 suppliers the lowest scores are drawn, and the winner.

    Raises
    ------
    ValueError
        For a winner that the tender does not have.
    TypeError
        For other types.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from edgeworth.mechanisms import procurement
    >>> tender = procurement.generate(suppliers=4, seed=0)
    >>> result = procurement.solve(tender, method="second-score")
    >>> ax = procurement.plot_market(tender, result.solution, ax=Figure().add_subplot())
    >>> ax.get_xlabel()
    'score (money)'
    """
    if not isinstance(tender, Tender):
        validation.reject_type("tender", "must be a Tender", tender)
    broken = violations(tender, award)
    order = np.argsort(tender.score, kind="stable")
    shown = [i for place, i in enumerate(order.tolist()) if place < _NAMED or i == award.winner]
    if ax is None:
        ax = new_axes(6.4, 1.3 + 0.26 * max(len(shown), 3))
    price, busy = tender.price[shown], tender.weight * tender.utilisation[shown]
    ax.barh(range(len(shown)), price, height=0.72, color=colour(0), lw=0, label="price")
    ax.barh(range(len(shown)), busy, left=price, height=0.72, color=colour(4), lw=0, label="weight x utilisation")
    names = [label(tender, "supplier", i) + (" wins" if i == award.winner else "") for i in shown]
    ax.set_yticks(range(len(shown)), [figure_text(name) for name in names], fontsize=8)
    most = max([float(tender.score[i]) for i in shown], default=1.0)
    if award.winner >= 0:
        most = max(most, award.payment)
        ax.plot(
            [award.payment], [shown.index(award.winner)], "o", color=colour(1), mec=INK, mew=0.8, ms=8, ls="none",
            label="paid to the winner", zorder=4,
        )  # fmt: skip
    if tender.worth <= 1.5 * most:
        ax.axvline(tender.worth, color=INK, lw=1.0, ls=(0, (4, 2)), label="worth of the task")
        most = max(most, tender.worth)
    ax.set_ylim(max(len(shown), 1) - 0.5, -0.5)
    ax.set_xlim(min(0.0, 1.05 * award.payment), 1.06 * most if most else 1.0)
    ax.set_xlabel("score (money)")
    left_out = tender.suppliers - len(shown)
    words = "breaks a constraint" if broken else f"welfare {number(value(tender, award))}"
    ax.set_title(words + (f"; {left_out} suppliers are not drawn" if left_out else ""), loc="left", fontsize=10)
    dress(ax)
    for i, tick in zip(shown, ax.get_yticklabels(), strict=True):
        if i == award.winner:
            tick.set(fontweight="bold", color=WRONG if broken else INK)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0), labelcolor=INK)
    return ax
