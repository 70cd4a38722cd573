"""BEST end to end: figures 3 to 6 with all schemes, rules and the bound, intervals over held-out episodes, and green mode.

Panels are written to ``figures/best_*.svg``. Learners are those that come with the package; run with torch, green mode trains
one for each weight, once, and keeps it in the user's cache folder.
"""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
from harness import HERE, record, table

from edgeworth import Stop
from edgeworth.systems import best

BOUND = Stop(iterations=100)
"""Of each Lagrangian bound: within some 2% of what it converges to."""
FIGURES = HERE / "figures"
_SAID = ("cost", "latency", "energy_per_success", "success")
_UNITS = {"latency": ("latency, s", 1.0), "energy": ("energy, kJ", 1e3), "energy_per_success": ("J a success", 1.0)}


def panels(found: pd.DataFrame) -> str:
    """Draw all panels, and say what is at the ends of their axes."""
    best.plot_figures(found, folder=FIGURES)
    measures = ["latency", "energy", "energy_per_success", "success", "utilisation", "cost"]
    rows = []
    units = [_UNITS.get(name, (name, 1.0)) for name in measures]
    for panel, part in found.groupby("panel", sort=False):
        for value in (part.value.min(), part.value.max()):
            means = part[part.value == value].groupby("method", sort=False)[measures].mean()
            for method, row in means.iterrows():
                numbers = [row[name] / unit for name, (_, unit) in zip(measures, units, strict=True)]
                rows.append([panel, f"{value:g}", method, *("" if np.isnan(x) else f"{x:.4g}" for x in numbers)])
    told = [
        f"{method} at {panel} {', '.join(f'{value:g}' for value in part.value.unique())}:"
        f" {part.missing.iloc[0].partition(';')[0]}"
        for (panel, method), part in found[found.missing != ""].groupby(["panel", "method"], sort=False)
    ]
    header = ["axis", "at", "method", *(name for name, _ in units)]
    pictures = " ".join(f"![{name}](figures/best_{name}.svg)" for name in measures)
    return "\n\n".join([table(header, rows), f"Not played: {'; '.join(told) or 'nothing'}.", pictures])


def intervals(found: pd.DataFrame) -> str:
    """Paired differences to every rule and to the bound."""
    rows = []
    for row in found[found.measure.isin(_SAID) & (found.pairs > 0)].itertuples():
        told = f"{row.difference:+.3g} [{row.low:+.3g}, {row.high:+.3g}]"
        rows.append([row.scheme, row.other, row.measure, f"{row.mean:.4g}", f"{row.relative:+.1%}", told])
    return table(["scheme", "beside", "measure", "mean", "relative", "difference, 95% of 20 pairs"], rows)


def weights(found: pd.DataFrame) -> str:
    """Draw green mode, and say what it is at each weight."""
    ax = best.plot_green(found)
    ax.figure.savefig(FIGURES / "best_green.svg", metadata={"Date": None})
    lines = found[found.method == "bound"].groupby("weight").cost.mean()
    rows = []
    played = found[found.method != "bound"]
    for (weight, method), part in played.groupby(["weight", "method"], sort=False):
        mean = part[["latency", "energy_per_success", "success", "offloaded"]].mean()
        reached = part.latency_weight.iloc[0] * mean.latency + weight * mean.energy_per_success
        cells = [f"{mean.latency:.2f}", f"{mean.energy_per_success:.2f}", f"{mean.success:.4f}", f"{mean.offloaded:.3f}"]
        above = f"{reached / lines[weight] - 1.0:.1%}"
        made_for = part.trained_for.iloc[0]
        rows.append([f"{weight:g}", method, "" if np.isnan(made_for) else f"{made_for:g}", *cells, above])
    header = ["weight", "method", "trained for", "latency, s", "J a success", "success", "handed over", "above the frontier"]
    return table(header, rows) + "\n\n![green mode](figures/best_green.svg)"


def main() -> None:
    """Play, draw and record."""
    mpl.use("agg")
    mpl.rcParams.update({"svg.hashsalt": "edgeworth", "svg.fonttype": "none"})
    parts = [panels(best.figures(bound=BOUND)), intervals(best.comparison(bound=BOUND)), weights(best.green(bound=BOUND))]
    record("best: figures", "\n\n".join(parts))


if __name__ == "__main__":
    main()
