"""Learning curves. The function takes ``ax`` and returns it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.display import figure_text
from edgeworth.core.style import INK, colour, dress, new_axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes


def plot_training(
    curves: pd.DataFrame | Sequence[pd.DataFrame] | Mapping[str, Sequence[pd.DataFrame]],
    *,
    hindsight: float | None = None,
    causal: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what training costs, agent-step by agent-step: the mean over seeds, and a band from the least to the most.

    Parameters
    ----------
    curves : DataFrame, sequence of DataFrame, or mapping of such sequences
        Tables of ``Trained.frame``: one, one a seed, or several groups by their labels. The seeds of a group must have been
        trained by the same updates.
    hindsight : float, optional
        Cost of an agent-step of the optimum in hindsight, a horizontal line: no policy can be below it on the same episodes.
    causal : float, optional
        The same of the best policy that sees the past and the present only.
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The cost is minus the mean reward of an agent-step, exploration included, of the update's rollout: training ends above
        what the policy's mode costs. In `carbon_offloading` the reward is minus the cost of one slot of one device, so that a
        line stands at the problem's value over users times slots, as a mean over episodes of the same law.

    Raises
    ------
    ValueError, TypeError
        Where there is no curve, a column is missing, or the updates of a group's seeds differ.
    """
    groups = _groups(curves)
    lines = {"hindsight": (hindsight, "--"), "best causal policy": (causal, ":")}
    for name, (level, _) in zip(("hindsight", "causal"), lines.values(), strict=True):
        if level is not None:
            validation.real(name, level)
    if ax is None:
        ax = new_axes(6.4, 3.4)
    for k, (label, frames) in enumerate(groups.items()):
        steps = frames[0]["steps"].to_numpy(np.float64)
        costs = -np.stack([frame["reward"].to_numpy(np.float64) for frame in frames])
        text = figure_text(label) + (f" ({len(frames)} seeds)" if len(frames) > 1 else "")
        ax.plot(steps, costs.mean(axis=0), color=colour(k), lw=1.4, label=text)
        if len(frames) > 1:
            ax.fill_between(steps, costs.min(axis=0), costs.max(axis=0), color=colour(k), alpha=0.2, lw=0)
    for label, (level, style) in lines.items():
        if level is not None:
            ax.axhline(level, color=INK, ls=style, lw=1.0, label=label)
    ax.set_xlabel("agent-steps")
    ax.set_ylabel("cost of an agent-step")
    ax.grid(alpha=0.3)
    dress(ax)
    ax.legend(fontsize="small", frameon=False)
    return ax


def _groups(
    curves: pd.DataFrame | Sequence[pd.DataFrame] | Mapping[str, Sequence[pd.DataFrame]],
) -> dict[str, list[pd.DataFrame]]:
    """Curves by their labels, checked."""
    import pandas as pd

    if isinstance(curves, pd.DataFrame):
        curves = [curves]
    groups = {k: list(v) for k, v in (curves if isinstance(curves, Mapping) else {"training": curves}).items()}
    if not groups or not all(groups.values()):
        validation.reject("curves", "must hold at least one table", groups)
    for label, frames in groups.items():
        for frame in frames:
            if not isinstance(frame, pd.DataFrame):
                validation.reject_type("curves", "must hold tables, of Trained.frame", frame)
            if missing := [name for name in ("steps", "reward") if name not in frame]:
                validation.reject("curves", f"must have the columns {', '.join(missing)}", list(frame.columns))
            if not np.array_equal(frame["steps"], frames[0]["steps"]):
                validation.reject("curves", "must have the same steps for all seeds of a group", label)
    return groups
