"""A profile of the game: who computes where. Functions take ``ax`` and return it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Ints
from edgeworth.core.display import figure_text, number
from edgeworth.core.names import label
from edgeworth.core.style import INK, WRONG, colour, dress, new_axes
from edgeworth.games.offloading.model import OffloadingGame, Profile, delays, positions, value, violations

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAMED = 40  # providers up to which each has a name and a mean delay


def plot_profile(game: OffloadingGame, profile: Profile | Sequence[int] | Ints, *, ax: Axes | None = None) -> Axes:
    """Draw how many users compute at every provider, and how long they wait there.

    Parameters
    ----------
    game : OffloadingGame
    profile : Profile, or an array of one provider, or -1, a user
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        One bar a provider, humans and machines stacked, with the mean delay of its users in seconds; the last bar is of those
        who compute locally. Vertical marks are the providers' caps, where they are in sight. Red names: more
        users than the cap.

    Raises
    ------
    ValueError
        For a profile of another number of users, or with providers that do not exist or are out of reach.
    TypeError
        For other types.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from edgeworth.games import offloading
    >>> game = offloading.generate(users=10, seed=0)
    >>> result = offloading.solve(game, method="pg-brd", seed=0)
    >>> ax = offloading.plot_profile(game, result.solution, ax=Figure().add_subplot())
    >>> ax.get_xlabel()
    'users'
    """
    if not isinstance(game, OffloadingGame):
        validation.reject_type("game", "must be an OffloadingGame", game)
    if not isinstance(profile, Profile):
        profile = Profile(profile)
    broken = violations(game, profile)
    n = game.providers
    if ax is None:
        ax = new_axes(6.4, 1.3 + 0.26 * min(n + 1, _NAMED))
    place = np.where(profile.provider >= 0, profile.provider, n)
    left = np.zeros(n + 1, dtype=np.int64)
    for k, (who, word) in enumerate(((game.human, "humans"), (~game.human, "machines"))):
        count = np.bincount(place[who], minlength=n + 1)
        if count.any():
            ax.barh(range(n + 1), count, left=left, height=0.72, color=colour(k), lw=0, label=word)
        left += count
    most = 1.4 * float(left.max(initial=1))
    capped = np.flatnonzero((game.cap < game.users) & (game.cap <= most))
    if len(capped):
        ax.plot(game.cap[capped], capped, "|", color=INK, ms=13, mew=2.0, label="cap")
    if n <= _NAMED:
        names = [label(game, "provider", k) + (" (UAV)" if game.uav[k] else "") for k in range(n)]
        ax.set_yticks(range(n + 1), [figure_text(name) for name in (*names, "local")], fontsize=8)
        waits = delays(game, positions(game, profile))
        for k in np.flatnonzero(left).tolist():
            ax.annotate(
                f"{number(float(waits[place == k].mean()), 3)} s", (left[k], k), xytext=(7, 0), textcoords="offset points",
                va="center", fontsize=8, color=INK,
            )  # fmt: skip
    else:
        ax.set_ylabel("provider; the last: local")
    ax.set_ylim(n + 0.5, -0.5)
    ax.set_xlim(0.0, most)
    ax.set_xlabel("users")
    worth = "breaks a constraint" if broken else f"welfare {number(value(game, profile))}"
    ax.set_title(f"{worth}; numbers: mean delay", loc="left", fontsize=10)
    dress(ax)
    if n <= _NAMED:
        for each in broken:
            full = each.at("provider")
            if each.rule == "cap" and full is not None:
                ax.get_yticklabels()[full].set_color(WRONG)
    if ax.get_legend_handles_labels()[0]:
        ax.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0), labelcolor=INK)
    return ax
