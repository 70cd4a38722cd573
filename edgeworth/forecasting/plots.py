"""Plots of forecasts and backtests. They draw on ``ax`` (or on a new figure) and return it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.display import figure_text
from edgeworth.core.style import INK, colour, dress, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def errors(rows: Sequence[Mapping[str, Any]], ax: Axes | None = None) -> Axes:
    """Mean squared errors of a backtest's rows: a bar a method, clean and corrupted, and a point a seed (mean over series)."""
    models = list(dict.fromkeys(row["model"] for row in rows))
    kinds = [key for key in ("mse_clean", "mse_corrupt") if key in rows[0]]
    ax = new_axes(6.4, 1.2 + 0.45 * len(models)) if ax is None else ax
    for k, key in enumerate(kinds):
        for at, model in enumerate(models):
            by_seed: dict[int, list[float]] = {}
            for row in rows:
                if row["model"] == model:
                    by_seed.setdefault(row["seed"], []).append(row[key])
            points = [float(np.mean(each)) for each in by_seed.values()]
            place = at + (0.2 if k else -0.2) * (len(kinds) > 1)
            label = {"mse_clean": "clean", "mse_corrupt": "corrupted"}[key] if at == 0 else None
            ax.barh(place, float(np.mean(points)), 0.36, color=colour(k), alpha=0.55, label=label)
            ax.plot(points, [place] * len(points), ".", color=INK, ms=4)
    ax.set_yticks(range(len(models)), [figure_text(model) for model in models])
    ax.invert_yaxis()
    ax.set_xlabel("mean squared error")
    ax.grid(axis="x", alpha=0.3)
    dress(ax)
    if len(kinds) > 1:
        ax.legend(fontsize="small", frameon=False)
    return ax


def fan(history: Floats, mean: Floats, levels: Sequence[float], quantiles: Floats, ax: Axes | None = None) -> Axes:
    """A window, its forecast, and bands between the quantiles that lie as far from the median."""
    ax = new_axes(6.4, 3.0) if ax is None else ax
    ahead = np.arange(len(mean)) + 1
    ax.plot(np.arange(1 - len(history), 1), history, color=INK, lw=1.2, label="history")
    order = np.argsort(levels)
    for low, high in zip(order[: len(order) // 2], order[::-1], strict=False):
        text = f"{levels[low]:g} to {levels[high]:g}"
        ax.fill_between(ahead, quantiles[low], quantiles[high], color=colour(0), alpha=0.2, lw=0, label=text)
    ax.plot(ahead, mean, color=colour(0), lw=1.6, label="forecast")
    ax.set_xlabel("steps from now")
    ax.grid(alpha=0.3)
    dress(ax)
    ax.legend(fontsize="small", frameon=False)
    return ax
