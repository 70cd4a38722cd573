"""A profile of mixed strategies. Functions take ``ax`` and return it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core import validation
from edgeworth.core.display import figure_text
from edgeworth.core.style import FAINT, INK, colour, dress, new_axes
from edgeworth.games.normal_form.model import NormalFormGame, violations
from edgeworth.games.normal_form.model.profiles import ProfileLike, as_profile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ALL = 30  # strategies of all players up to which those of probability 0 are drawn too
_MOST = 60  # rows: of more played strategies the likeliest are drawn


def plot_profile(game: NormalFormGame, profile: ProfileLike, *, ax: Axes | None = None) -> Axes:
    """Draw the probability of every strategy.

    Parameters
    ----------
    game : NormalFormGame
    profile : Profile, or a sequence of one vector or strategy number a player
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        One bar a strategy, one colour a player. In games of more than 30 strategies only those that are played; the title says
        how many are left out.

    Raises
    ------
    ValueError
        For a profile of another game.
    TypeError
        For other types.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from edgeworth.games import normal_form
    >>> game = normal_form.NormalFormGame([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]])
    >>> result = normal_form.solve(game)
    >>> ax = normal_form.plot_profile(game, result.solution, ax=Figure().add_subplot())
    >>> [round(float(bar.get_width()), 6) for bar in ax.patches]
    [0.5, 0.5, 0.5, 0.5]
    """
    if not isinstance(game, NormalFormGame):
        validation.reject_type("game", "must be a NormalFormGame", game)
    profile = as_profile(game, profile)
    broken = violations(game, profile)
    every = [(i, k, float(p)) for i, vector in enumerate(profile) for k, p in enumerate(vector)]
    kept = [row for row in every if len(every) <= _ALL or row[2] > 0.0]
    if len(kept) > _MOST:
        least = sorted((row[2] for row in kept), reverse=True)[_MOST - 1]
        kept = [row for row in kept if row[2] >= least][:_MOST]
    if ax is None:
        ax = new_axes(6.4, 1.2 + 0.24 * len(kept))
    ax.barh(range(len(kept)), [row[2] for row in kept], height=0.72, color=[colour(row[0]) for row in kept], lw=0)
    names, seen = [], -1
    for place, (i, k, _) in enumerate(kept):
        names.append(figure_text(f"player {game.players[i]}: {game.strategies[i][k]}" if i != seen else game.strategies[i][k]))
        if i != seen and place:
            ax.axhline(place - 0.5, color=FAINT, lw=0.8)
        seen = i
    ax.set_yticks(range(len(kept)), names, fontsize=8)
    for place, (_, _, p) in enumerate(kept):
        ax.annotate(
            f"{p:.3g}", (max(p, 0.0), place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8, color=INK
        )
    ax.set_ylim(max(len(kept), 1) - 0.5, -0.5)
    ax.set_xlim(min(0.0, min((row[2] for row in kept), default=0.0)), 1.12 * max([1.0, *(row[2] for row in kept)]))
    ax.set_xlabel("probability")
    left_out = len(every) - len(kept)
    words = f"{len(every)} strategies" + (f", {left_out} of them not drawn" if left_out else "")
    ax.set_title(f"{words}; no profile of mixed strategies" if broken else words, loc="left", fontsize=10)
    dress(ax)
    return ax
