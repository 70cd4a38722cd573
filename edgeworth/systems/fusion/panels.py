"""Figure 2, the overhead of figure 3 and Table V: every variant on the same rounds, welfare and potential apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.intervals import interval
from edgeworth.core.style import COLOURS, colour, dress
from edgeworth.systems.fusion.bound_check import verdict
from edgeworth.systems.fusion.bounds import round_bound
from edgeworth.systems.fusion.incentives import plot_rationality, plot_truthfulness, rationality, truthfulness
from edgeworth.systems.fusion.presets import Preset, generate
from edgeworth.systems.fusion.rounds import draw
from edgeworth.systems.fusion.running import run
from edgeworth.systems.fusion.variants import PAPER, VARIANTS, without_payments
from edgeworth.systems.fusion.world import World

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


class Setting(NamedTuple):
    """How many servers, agents and users."""

    servers: int
    agents: int
    users: int


SERVERS = (8, 10, 12, 14, 16)
PANELS: Mapping[str, Setting] = MappingProxyType({"a": Setting(0, 5, 160), "b": Setting(0, 7, 180)})
"""Figure 2: 80 + 80 users and 5 agents, 90 + 90 and 7; servers vary."""
OVERHEAD: Mapping[str, Setting] = MappingProxyType(
    {
        "s1": Setting(8, 5, 80), "s2": Setting(8, 5, 160), "s3": Setting(12, 5, 160), "s4": Setting(12, 7, 180),
        "s5": Setting(16, 7, 180), "s6": Setting(16, 7, 320),
    }
)  # fmt: skip
"""Figure 3: the paper does not say which users, servers and agents its configurations have; these are ours."""
SERVERS_ONLY = "servers-only"
"""Another reading of PurOnline: no UAV is near any user."""
SHOWN = (*PAPER, SERVERS_ONLY, "posted", "welfare-optimum", "perfect")
KEPT = (
    "welfare", "welfare_contracted", "offline", "offline_contracted", "online", "potential", "contracted", "used", "messages",
    "doi", "ecoi", "latency", "jain_human", "jain_machine", "utilisation", "forecast_error",
)  # fmt: skip
PRINTED: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "fusion": (45104.55, 145.32, 1865.80), "no-pg": (40895.51, 14.40, 191.50), "pur-online": (2771.04, 93.45, 1242.90),
        "random": (3901.38, 67.38, 896.20), "no-st": (33229.09, 123.59, 1643.80),
    }
)  # fmt: skip
"""Table V: social welfare, DoI in seconds, ECoI in "W" (joules, by our reading)."""

OnTrial = Callable[[int, int], None]
"""Called after every trial with how many are done, and how many there are."""


def figure2(
    panels: Iterable[str] = tuple(PANELS),
    servers: Iterable[int] = SERVERS,
    variants: Sequence[str] = SHOWN,
    *,
    trials: int = 100,
    bounded: int = 0,
    preset: Preset = "synthetic",
    seed: int = 0,
    on_trial: OnTrial | None = None,
    **settings: Any,
) -> pd.DataFrame:
    """Play all variants for both markets of figure 2 as the number of servers grows.

    Parameters
    ----------
    panels : iterable of {"a", "b"}
        Keys of `PANELS`.
    servers : iterable of int
    variants : sequence of str
        Names of `VARIANTS`, or "servers-only".
    trials : int
        Worlds a point, of the seeds ``seed``, ``seed`` + 1, ..., of each its first round; the paper has 100.
    bounded : int
        Of so many of them, from the first on, a bound of all variants with contracts is computed too, some seconds each:
        "bound" among the variants.
    preset : {"synthetic", "roads"}
    seed : int
    on_trial : callable, optional
        See `OnTrial`.
    **settings
        Further arguments of `run` or `generate`. Without a ``forecaster`` it is persistence, which takes no fitting.

    Returns
    -------
    pandas.DataFrame
        A row a panel, number of servers, trial and variant: `KEPT` of `Run.measures`. Every row is verified.

    Raises
    ------
    ValueError, TypeError
        For an unknown panel or variant, and as `run` does.
    RuntimeError
        Where a run or a bound does not pass its check; no such row gets into the table.

    Notes
    -----
    Payments of Off-AIC2, which no measure here depends on, are not computed: its trades at the reports are used.

    Examples
    --------
    >>> table = figure2(["a"], [8], ["fusion", "pur-online"], trials=1, bounded=1)
    >>> table.groupby("variant").welfare.max().idxmax()
    'bound'
    """
    points = {
        (validation.choice("panels", panel, tuple(PANELS)), validation.integer("servers", count, minimum=1)): PANELS[panel]
        for panel in panels
        for count in servers
    }
    cases = {key: setting._replace(servers=key[1]) for key, setting in points.items()}
    table = _table(cases, variants, trials, bounded, preset, seed, on_trial, settings)
    panel, count = zip(*table.pop("case"), strict=True)
    table.insert(0, "panel", panel)
    table.insert(1, "servers", count)
    return table


def overhead(
    configurations: Iterable[str] = tuple(OVERHEAD),
    variants: Sequence[str] = PAPER,
    *,
    trials: int = 20,
    preset: Preset = "synthetic",
    seed: int = 0,
    on_trial: OnTrial | None = None,
    **settings: Any,
) -> pd.DataFrame:
    """Count messages in six configurations, as of figure 3.

    Parameters
    ----------
    configurations : iterable of str
        Keys of `OVERHEAD`.
    variants, trials, preset, seed, on_trial, **settings
        As of `figure2`.

    Returns
    -------
    pandas.DataFrame
        As of `figure2`, with ``configuration`` in place of panel and servers; DoI and ECoI are in ``doi`` (seconds) and
        ``ecoi`` (joules).
    """
    cases = {validation.choice("configurations", each, tuple(OVERHEAD)): OVERHEAD[each] for each in configurations}
    return _table(cases, variants, trials, 0, preset, seed, on_trial, settings).rename(columns={"case": "configuration"})


def table5(
    sites: str | PathLike[str] | None = None,
    users: str | PathLike[str] | None = None,
    variants: Sequence[str] = (*PAPER, SERVERS_ONLY),
    *,
    trials: int = 1,
    fetch: bool = False,
    seed: int = 0,
    on_trial: OnTrial | None = None,
    **settings: Any,
) -> pd.DataFrame:
    """Table V: 125 servers of Melbourne, 900 + 900 users, 80 agents, beside the printed numbers.

    Parameters
    ----------
    sites, users : str or path, optional
        The EUA files of sites and of users.
    variants, trials, seed, on_trial, **settings
        As of `figure2`.
    fetch : bool
        Download the files instead.

    Returns
    -------
    pandas.DataFrame
        As of `figure2`, with ``printed_welfare``, ``printed_doi`` and ``printed_ecoi``, NaN where the table has no such row.
    """
    size = Setting(125, 80, 1_800)
    more = settings | ({"fetch": True} if fetch else {"sites": sites, "positions": users})
    table = _table({"melbourne": size}, variants, trials, 0, "melbourne", seed, on_trial, more).drop(columns="case")
    for place, name in enumerate(("welfare", "doi", "ecoi")):
        table[f"printed_{name}"] = [PRINTED[each][place] if each in PRINTED else np.nan for each in table["variant"]]
    return table


def figures(trials: int = 20, *, bounded: int = 0, folder: str | PathLike[str] | None = None) -> dict[str, pd.DataFrame]:
    """All panels of figures 2 and 3.

    Parameters
    ----------
    trials : int
        Of figure 2 and of the overhead.
    bounded : int
        As of `figure2`.
    folder : path, optional
        Where they are drawn, as ``fusion_NAME.svg``; left out, nowhere.

    Returns
    -------
    dict
        "figure2", "overhead", "truthfulness" and "rationality" -> the table of that function.
    """
    tables = {
        "figure2": figure2(trials=trials, bounded=bounded),
        "overhead": overhead(trials=trials),
        "truthfulness": truthfulness(),
        "rationality": rationality(),
    }
    if folder is not None:
        place = Path(folder)
        for measure in ("welfare", "welfare_contracted", "potential"):
            plot_figure2(tables["figure2"], measure, file=place / f"fusion_{measure}.svg")
        for measure in ("doi", "ecoi"):
            plot_overhead(tables["overhead"], measure, file=place / f"fusion_{measure}.svg")
        plot_truthfulness(tables["truthfulness"], file=place / "fusion_truthfulness.svg")
        plot_rationality(tables["rationality"], file=place / "fusion_rationality.svg")
    return tables


def plot_figure2(table: pd.DataFrame, measure: str = "welfare", *, file: str | PathLike[str] | None = None) -> Figure:
    """Draw figure 2: means over trials with 95% intervals, a panel beside the other.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `figure2`.
    measure : str
        Of `KEPT`.
    file : path, optional
        Where it is written.

    Returns
    -------
    matplotlib Figure
    """
    return _lines(table, "panel", "servers", "servers", measure, file=file)


def plot_overhead(table: pd.DataFrame, measure: str = "doi", *, file: str | PathLike[str] | None = None) -> Figure:
    """Draw the overhead of figure 3, on a logarithmic axis as in the paper.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `overhead`.
    measure : {"doi", "ecoi", "messages"}
    file : path, optional
        Where it is written.

    Returns
    -------
    matplotlib Figure
    """
    validation.choice("measure", measure, ("doi", "ecoi", "messages"))
    return _lines(table.assign(panel=""), "panel", "configuration", "configuration", measure, log=True, file=file)


def _lines(
    table: pd.DataFrame, by: str, over: str, label: str, measure: str, *, log: bool = False, file: str | PathLike[str] | None
) -> Figure:
    import matplotlib.pyplot as plt

    validation.choice("measure", measure, KEPT)
    panels = list(dict.fromkeys(table[by]))
    figure, places = plt.subplots(1, len(panels), figsize=(4.4 * len(panels), 3.4), layout="constrained", squeeze=False)
    shown = list(dict.fromkeys(table["variant"]))
    for ax, panel in zip(places[0], panels, strict=True):
        for number, variant in enumerate(shown):
            rows = table[(table[by] == panel) & (table["variant"] == variant)].dropna(subset=measure)
            points = [(key, *interval(part[measure].to_numpy(float))) for key, part in rows.groupby(over)]
            if points:
                x, mean, low, high = zip(*points, strict=True)
                line = "k--" if variant == "bound" else "o-" if number < len(COLOURS) else "s:"
                drawn = ax.plot(x, mean, line, ms=3, lw=1, label=variant)
                drawn[0].set_color("black" if variant == "bound" else colour(number))
                ax.fill_between(x, low, high, alpha=0.12, color=drawn[0].get_color(), lw=0)
        if log:
            ax.set_yscale("log")
        ax.set_xlabel(label)
        ax.set_ylabel(measure)
        ax.set_title(f"({panel})" if panel else "", fontsize=8)
        dress(ax)
    lines, labels = places[0][0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside right upper", fontsize="small", frameon=False)
    if file is not None:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(file, metadata={"Date": None})
    return figure


def _table(
    cases: Mapping[Any, Setting],
    variants: Sequence[str],
    trials: int,
    bounded: int,
    preset: Preset,
    seed: int,
    on_trial: OnTrial | None,
    settings: dict[str, Any],
) -> pd.DataFrame:
    """A row a case, trial and variant."""
    import pandas as pd

    names = [validation.choice("variants", name, (*VARIANTS, SERVERS_ONLY)) for name in variants]
    many = validation.integer("trials", trials, minimum=1)
    limited = validation.integer("bounded", bounded, minimum=0, maximum=many)
    first = validation.integer("seed", seed, minimum=0)
    told = {name: value for name, value in settings.items() if name in ("forecaster", "contract", "corruption")}
    making = {name: value for name, value in settings.items() if name not in told}
    playing = {"forecaster": "persistence"} | told
    rows = []
    for number, (case, size) in enumerate(cases.items()):
        for trial in range(many):
            own = first + trial
            world = generate(preset, servers=size.servers, agents=size.agents, users=size.users, seed=own, **making)
            for name in names:
                rows.append({"case": case, "trial": trial, "variant": name} | _measured(world, name, own, playing))
            if trial < limited:
                rows.append({"case": case, "trial": trial, "variant": "bound", "welfare": _bound(world, own)})
            if on_trial is not None:
                on_trial(number * many + trial + 1, len(cases) * many)
    return pd.DataFrame(rows)


def _measured(world: World, name: str, seed: int, playing: dict[str, Any]) -> dict[str, float]:
    """The measures of one verified round."""
    if name == SERVERS_ONLY:
        world, variant = replace(world, uavs=np.zeros(world.agents, dtype=np.int64)), VARIANTS["pur-online"]
    else:
        variant = without_payments(VARIANTS[name])
    made = run(variant=variant, world=world, seed=seed, **playing)
    report = made.verify()
    if not report:
        raise RuntimeError(f"{name} on world {seed} fails its check: {report.failures or report.unchecked}")
    return {each: made.measures[each] for each in KEPT if each in made.measures}


def _bound(world: World, seed: int) -> float:
    drawn = draw(world, seed, 0)
    found = round_bound(world, drawn)
    checked = verdict(world, drawn, found)
    if not checked:
        raise RuntimeError(f"the bound of world {seed} fails its check: {checked.witness}")
    return found.value
