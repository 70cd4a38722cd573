"""Figures 3 to 6 of the paper, and the comparison behind them: every scheme beside rules and a bound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.policy import EVALUATION
from edgeworth.core.solving import MethodLike
from edgeworth.core.stop import Stop
from edgeworth.experiments.statistics import interval
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling.evidence_played import policy
from edgeworth.solvers.scheduling.learned.plan import PLAN
from edgeworth.solvers.scheduling.sweeps import RULES, VALUES, Over

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SCHEMES = (*PLAN.learners, "b-auction")
"""The paper's and ours; of the learners the policies that come with the package."""


class Panel(NamedTuple):
    """One axis of figures 3 to 6.

    Attributes
    ----------
    over : str
        What varies, as of `scheduling.sweep`.
    rate : float or None
        Tasks a second and device; None where it varies.
    """

    over: Over
    rate: float | None


PANELS: Mapping[str, Panel] = MappingProxyType(
    {
        "devices": Panel("devices", 0.25),
        "rate": Panel("rate", None),
        "work, low load": Panel("work", 0.05),
        "work, high load": Panel("work", 0.25),
    }
)
"""(a), (b), and (c) at both ends of the load, as the paper does not say at which: at .25 and 25 GFLOP devices are asked for 2.5
times what they can execute."""
FIGURES: Mapping[str, str] = MappingProxyType(
    {
        "latency": "3", "energy": "4", "energy_per_success": "4, a success", "success": "5", "utilisation": "6", "cost": "-",
    }
)  # fmt: skip
"""Measure -> the figure that it is; the paper draws no cost."""
MEASURES = tuple(FIGURES)


def figures(
    panels: Iterable[str] = tuple(PANELS),
    schemes: Sequence[MethodLike] = SCHEMES,
    *,
    values: Iterable[float] | None = None,
    runs: int = 10,
    trained: bool = True,
    bound: Stop | None = None,
    **settings: Any,
) -> pd.DataFrame:
    """Play all schemes along the axes of the paper's figures 3 to 6.

    Parameters
    ----------
    panels : iterable of {"devices", "rate", "work, low load", "work, high load"}
        Which axes.
    schemes : sequence of str or trained policies
        Beside which the three rules and the bound are always played.
    values : iterable of float, optional
        Of every axis, in place of the paper's.
    runs : int
        Episodes a point, >= 1, of seeds from 900,000 on; the paper has ten.
    trained : bool
        Whether a learner whose network takes one number of devices only is trained for each other one, where torch (extra
        "learn") is installed, and kept in the user's cache folder.
    bound : Stop, optional
        As of `scheduling.sweep`.
    **settings
        Further arguments of `scheduling.generate`.

    Returns
    -------
    pandas.DataFrame
        A row an episode and method: ``panel``, ``over``, ``value`` (of what varies), ``rate``, ``seed``, ``method``, its
        `scheduling.measures`, and ``missing``, why there are none: a scheme that does not take an episode stays in the table.

    Raises
    ------
    ValueError, TypeError
        For an unknown panel, and as `scheduling.sweep` does.

    Notes
    -----
    What is drawn is in `FIGURES`; the auction has the chain's transactions on its path, learners only in the settlement.

    Examples
    --------
    >>> table = figures(["devices"], ["b-auction"], values=[2, 3], runs=1, horizon=20.0)
    >>> table.groupby("value").cost.idxmin().map(table.method).tolist()
    ['bound', 'bound']
    """
    import pandas as pd

    seeds = range(EVALUATION, EVALUATION + validation.integer("runs", runs, minimum=1))
    trains = validation.flag("trained", trained) and find_spec("torch") is not None
    points = None if values is None else list(values)
    parts = []
    for name in panels:
        panel = PANELS[validation.choice("panels", name, tuple(PANELS))]
        given = settings if panel.rate is None else {"rate": panel.rate, **settings}
        played = []
        for value in VALUES[panel.over] if points is None else points:
            methods = [*(_fitted(schemes, int(value)) if trains and panel.over == "devices" else schemes), *RULES]
            played.append(scheduling.sweep(panel.over, methods, values=[value], seeds=seeds, bound=bound, **given))
        found = pd.concat(played, ignore_index=True)
        found.insert(0, "value", found[panel.over])
        if panel.over != "rate":
            found.insert(1, "rate", given["rate"])
        parts.append(found.drop(columns=[] if panel.over == "rate" else panel.over).assign(panel=name, over=panel.over))
    table = pd.concat(parts, ignore_index=True)
    first = ["panel", "over", "value", "rate", "seed", "method"]
    return table[[*first, *(name for name in table if name not in first)]]


def _fitted(schemes: Sequence[MethodLike], devices: int) -> list[MethodLike]:
    """The schemes; of learners that take another number of devices only, what their training makes for this one."""
    found: list[MethodLike] = []
    for scheme in schemes:
        own = isinstance(scheme, str) and scheme in PLAN.learners
        shipped = policy(str(scheme), 0) if own else None
        fits = shipped is None or shipped.any_size or shipped.spec.agents == devices
        found.append(scheme if fits else policy(str(scheme), 0, devices=devices))
    return found


def plot_figures(
    table: pd.DataFrame, measures: Iterable[str] = MEASURES, *, folder: str | Path | None = None
) -> dict[str, Figure]:
    """Draw the panels of figures 3 to 6, the axes of a measure beside each other.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `figures`.
    measures : iterable of str
        Keys of `FIGURES`.
    folder : path, optional
        Where each is written, as ``best_MEASURE.svg``; left out, nowhere.

    Returns
    -------
    dict
        Measure -> figure.

    Raises
    ------
    ValueError
        For an unknown measure, and a table without the columns.
    """
    import matplotlib.pyplot as plt

    found: dict[str, Figure] = {}
    names = list(dict.fromkeys(table["panel"]))
    for measure in measures:
        validation.choice("measures", measure, MEASURES)
        figure, places = plt.subplots(1, len(names), figsize=(4.0 * len(names), 3.2), layout="constrained", squeeze=False)
        for ax, name in zip(places[0], names, strict=True):
            rows = table[table["panel"] == name]
            over = str(rows["over"].iloc[0])
            scheduling.plot_sweep(rows.drop(columns="rate").rename(columns={"value": over}), measure, ax=ax)
            ax.set_title(f"figure {FIGURES[measure]}: {name}", fontsize=8)
            ax.get_legend().remove()
        lines, labels = max((ax.get_legend_handles_labels() for ax in places[0]), key=lambda found: len(found[0]))
        figure.legend(lines, labels, loc="outside right upper", fontsize="small", frameon=False)
        found[measure] = figure
        if folder is not None:
            Path(folder).mkdir(parents=True, exist_ok=True)
            figure.savefig(Path(folder) / f"best_{measure}.svg", metadata={"Date": None})
    return found


def comparison(
    schemes: Sequence[MethodLike] = SCHEMES, *, seeds: int = 20, bound: Stop | None = None, **settings: Any
) -> pd.DataFrame:
    """Compare every scheme with every rule on held-out episodes, in pairs.

    Parameters
    ----------
    schemes : sequence of str or trained policies
    seeds : int
        Episodes of Table II, >= 1, of seeds from 900,000 on.
    bound : Stop, optional
        As of `scheduling.sweep`.
    **settings
        Further arguments of `scheduling.generate`.

    Returns
    -------
    pandas.DataFrame
        A row a scheme, other (a rule, or the bound) and measure: both means, their ``difference`` with its 95% interval by
        Student's t over the pairs (``low``, ``high``), the ``relative`` difference, and how many ``pairs`` there were: 0
        where the bound does not bound the measure, or where the scheme does not take the episodes, which ``missing`` tells.

    Raises
    ------
    ValueError, TypeError
        As `scheduling.sweep` does.

    Examples
    --------
    >>> table = comparison(["threshold"], seeds=3, devices=3, horizon=30.0, bound=Stop(iterations=30))
    >>> rows = table[(table.other == "bound") & (table.measure == "cost")]
    >>> bool((rows.difference >= 0.0).all()), int(rows.pairs.iloc[0])
    (True, 3)
    """
    import pandas as pd

    rate = settings.pop("rate", PANELS["devices"].rate)
    episodes = range(EVALUATION, EVALUATION + validation.integer("seeds", seeds, minimum=1))
    table = scheduling.sweep("rate", [*schemes, *RULES], values=[rate], seeds=episodes, bound=bound, **settings)
    wide = table.set_index(["seed", "method"])[list(MEASURES)].unstack("method")
    missing = table[table["missing"] != ""].groupby("method")["missing"].first()
    others = [*RULES, "bound"]
    rows = []
    for scheme in dict.fromkeys(name for name in table["method"] if name not in others):
        for other in others:
            for measure in MEASURES:
                own, theirs = wide[measure][[scheme, other]].dropna().to_numpy(float).T
                means = [float(each.mean()) if len(own) else np.nan for each in (own, theirs)]
                found = interval(own - theirs)
                relative = found[0] / means[1] if means[1] else np.nan
                rows.append([scheme, other, measure, *means, *found, relative, len(own), missing.get(scheme, "")])
    names = ["scheme", "other", "measure", "mean", "other_mean", "difference", "low", "high", "relative", "pairs", "missing"]
    return pd.DataFrame(rows, columns=names)
