"""What an agent's report does to its utility: the pieces of an exhaustive audit as a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from edgeworth.core import validation
from edgeworth.core.audit_model import Agent, Mechanism, P, S
from edgeworth.core.display import figure_text, number
from edgeworth.core.names import label
from edgeworth.core.style import FAINT, INK, WRONG, colour, dress, new_axes
from edgeworth.core.verdict import EXHAUSTIVE
from edgeworth.mechanisms.auditing import determinism
from edgeworth.mechanisms.auditing.audit import audit
from edgeworth.mechanisms.auditing.judge import Case
from edgeworth.mechanisms.auditing.lookup import audit_model_of
from edgeworth.mechanisms.auditing.pieces import MOST_PIECES, Piece, Subject, pieces_of
from edgeworth.mechanisms.auditing.witness import Manipulation

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CUTS = 80  # breakpoints up to which each has a line


def plot_audit(
    mechanism: Mechanism[P, S],
    market: P,
    agent: Agent | None = None,
    *,
    dimension: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw one agent's utility against its report, all others reporting the truth.

    Parameters
    ----------
    mechanism
        A rule or method by name, or a callable that can be audited exhaustively; as in `audit`.
    market
        A problem of a family that has an audit model; its reports are the truth.
    agent : tuple of (str, int), optional
        Side and index, such as ``("buyer", 0)``. None: whoever gains most by a lie, as `audit` finds it; where nobody does, the
        first agent.
    dimension : str, optional
        The part of the report that is varied; default: the family's first.
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        A line a piece of reports, with faint lines at the breakpoints between pieces where they are few; points where a single
        report does something else. The dashed level is the utility of the truth, which the dot marks. Where a report gains, a
        red diamond marks the best one, and the title says what it gains.

    Raises
    ------
    ValueError, TypeError
        As `audit`; and for an agent or a dimension that the market does not have.

    Notes
    -----
    The pieces and the best report are those that an exhaustive audit judges, with its tolerances. Whether the outcome depends
    on the market alone is for `audit` to examine; here it is only where no agent is given.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from edgeworth.mechanisms import double_auction
    >>> from edgeworth.mechanisms.auditing import plot_audit
    >>> market = double_auction.generate(preset="unit", buyers=5, sellers=5, seed=0)
    >>> ax = plot_audit("k-double-auction", market, ax=Figure().add_subplot())
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('reported price (money)', 'utility (money)')
    """
    model = audit_model_of(market)
    dimension = model.dimensions[0] if dimension is None else validation.choice("dimension", dimension, model.dimensions)
    agents = list(model.agents(market, dimension))
    if agent is not None and agent not in agents:
        validation.reject("agent", f"must report a {dimension} in this market, such as {agents[:1]}", agent)
    if not agents:
        validation.reject("market", f"must have an agent that reports a {dimension}", market)
    if agent is None:
        witness = audit(mechanism, market, dimensions=[dimension]).truthful.witness
        agent = witness.agent if isinstance(witness, Manipulation) else agents[0]
    with determinism.untouched():
        case = Case(model, mechanism, market, model.run(market, mechanism))
        subject = next(each for each in case.subjects([dimension]) if each.agent == agent)
        found = list(islice(pieces_of(subject), MOST_PIECES))
        judged = case.judged([dimension], [(subject, found)], lambda _: EXHAUSTIVE, list).truthful
        honest = case.honest(subject)[1]
        witness = judged.witness if isinstance(judged.witness, Manipulation) else None
        reached = honest if witness is None else subject.values(witness.report)[1]
    if ax is None:
        ax = new_axes(6.4, 3.4)
    _draw(ax, found, subject, subject.truth if witness is None else witness.report)
    ax.axhline(honest, color=INK, lw=0.9, ls=(0, (4, 2)))
    ax.plot([subject.truth], [honest], "o", color=INK, ms=7, zorder=5, label="truth", ls="none")
    who = figure_text(label(market, *agent))
    words = f"{who}: no report gains"
    if witness is not None:
        ax.plot([witness.report], [reached], "D", color=WRONG, ms=8, zorder=6, label="best report", ls="none")
        more = " and, with higher ones, any amount" if math.isinf(judged.violation) else ""
        told = f"reports {number(witness.report, 4)} instead of {number(witness.truth, 4)}"
        words = f"{who} {told} and gains {number(witness.gain, 3)}{more}"
    ax.set_title(words, loc="left", fontsize=10)
    ax.set_xlabel(f"reported {dimension}" + (" (money)" if dimension == "price" else ""))
    ax.set_ylabel("utility (money)")
    dress(ax)
    ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0), labelcolor=INK)
    return ax


def _draw(ax: Axes, found: Sequence[Piece], subject: Subject[P, S], report: float) -> None:
    """The pieces from 0 to beyond everything that is marked."""
    cuts = [piece.lower for piece in found if piece.lower > 0.0]
    end = 1.25 * max([subject.truth, report, *cuts]) or 1.0
    x, y, lone = [], [], []
    for piece in found:
        worth = subject.worth(piece.units)
        if piece.lower == piece.upper:
            lone.append((piece.lower, worth + piece.net[0]))
            continue
        last = min(piece.upper, end)
        x += [piece.lower, last, math.nan]
        y += [worth + piece.net[0], worth + piece.net[0] + piece.slope * (last - piece.lower), math.nan]
    ax.plot(x, y, color=colour(0), lw=2.2, solid_capstyle="butt", label="utility", zorder=3)
    ends = {(round(a, 12), round(b, 9)) for a, b in zip(x, y, strict=True) if a == a}
    apart = [(a, b) for a, b in lone if a <= end and (round(a, 12), round(b, 9)) not in ends]
    if apart:
        ax.plot(*zip(*apart, strict=True), ".", color=colour(0), ms=5, label="a single report", ls="none", zorder=4)
    if len(set(cuts)) <= _CUTS:
        for cut in sorted(set(cuts)):
            ax.axvline(cut, color=FAINT, lw=0.7, zorder=1)
    ax.set_xlim(0.0, end)
