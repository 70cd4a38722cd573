"""Green mode: what each weight of energy makes of latency and energy, beside the frontier that no scheme is beyond."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.policy import EVALUATION
from edgeworth.core.solving import MethodLike
from edgeworth.core.stop import Stop
from edgeworth.core.style import INK, colour, dress, new_axes
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling.evidence_played import EVERY, policy
from edgeworth.solvers.scheduling.model import Episode
from edgeworth.solvers.scheduling.sweeps import BOUND, RULES

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

WEIGHTS = (0.1, 0.25, 0.5, 1.0, 2.0)
"""Of a joule, where that of a second is .5; Table II has .5."""
USUAL = 0.5
"""The weight that the policies of the package were trained for."""


def green(
    weights: Iterable[float] = WEIGHTS,
    schemes: Sequence[str] = ("best", "scorer"),
    *,
    seeds: int = 5,
    trained: bool = True,
    bound: Stop | None = None,
    **settings: Any,
) -> pd.DataFrame:
    """Sweep the weight of energy: latency against energy, and the frontier that no scheme is beyond.

    Parameters
    ----------
    weights : iterable of float
        w_e > 0.
    schemes : sequence of {"best", "mappo", "gnn-marl", "scorer"}
        Learners.
    seeds : int
        Episodes, >= 1, of seeds from 900,000 on.
    trained : bool
        Whether learners are trained for each weight, where torch (extra "learn") is installed, and kept in the user's cache
        folder. Otherwise those that come with the package are played at every weight.
    bound : Stop, optional
        When to end each Lagrangian bound; default 2 s.
    **settings
        Further arguments of `scheduling.generate`.

    Returns
    -------
    pandas.DataFrame
        A row a weight, seed and method: ``weight``, ``latency_weight``, ``seed``, ``method``, ``trained_for`` (the weight that
        a learner was trained for), and its `scheduling.measures`. Of the method "bound" only ``cost``, see the notes.

    Raises
    ------
    ValueError, TypeError
        For weights and learners out of range, and as `scheduling.generate` does.

    Notes
    -----
    Energy of a success counts all that devices take, idle time too. Taking what they take when idle off their active power, the
    Lagrangian bound b of the episode makes a bound on that: of any schedule that completes all n tasks while no battery falls
    to its floor,

        w_l latency + w_e energy / n >= b + w_e (sum_i P^i_i) (T + L) / n,

    and this number is the ``cost`` of the rows of "bound". The lines of all weights together are the frontier.

    Examples
    --------
    >>> table = green([0.5, 1.0], [], seeds=1, devices=3, horizon=20.0, bound=Stop(iterations=30))
    >>> table[table.weight == 1.0].method.tolist()
    ['local', 'earliest-finish', 'greedy-cost', 'bound']
    """
    import pandas as pd

    trains = validation.flag("trained", trained) and find_spec("torch") is not None
    rows: list[dict[str, object]] = []
    for weight in weights:
        number = validation.real("weights", weight, minimum=0.0, open_minimum=True)
        played: dict[str, MethodLike] = {}
        for name in schemes:
            known = policy(validation.choice("schemes", name, EVERY), 0)
            played[name] = policy(name, 0, energy_weight=number) if trains and number != USUAL else known
        for seed in range(EVALUATION, EVALUATION + validation.integer("seeds", seeds, minimum=1)):
            episode = scheduling.generate(seed=seed, energy_weight=number, **settings)
            at: dict[str, object] = {"weight": number, "latency_weight": episode.latency_weight, "seed": seed}
            for name, method in {**played, **dict(zip(RULES, RULES, strict=True))}.items():
                schedule = scheduling.solve(episode, method=method, seed=seed).require()
                made_for = (number if trains else USUAL) if name in played else np.nan
                rows.append(at | {"method": name, "trained_for": made_for} | scheduling.measures(episode, schedule))
            least = _frontier(episode, bound or Stop(seconds=2.0))
            rows.append(at | {"method": "bound", "trained_for": np.nan, "cost": least})
    return pd.DataFrame(rows)


def _frontier(episode: Episode, stop: Stop) -> float:
    active = episode.active_power - episode.idle_power
    above = replace(episode, active_power=active, idle_power=np.zeros(episode.devices))
    found = scheduling.solve(above, method=BOUND, stop=stop).bound
    idle = float(episode.idle_power.sum()) * episode.end / max(1, episode.tasks)
    return np.nan if found is None else found + episode.energy_weight * idle


def plot_green(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw what schemes make of each weight, and the frontier.

    Parameters
    ----------
    table : pandas.DataFrame
        Of `green`.
    ax : matplotlib.axes.Axes, optional
        Default: those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        A point a method and weight, means over episodes, joined by rising weight. Dashed: what no schedule is below or left of
        that completes all tasks.
    """
    if ax is None:
        ax = new_axes(5.6, 3.8)
    played = table[table["method"] != "bound"]
    for k, (method, rows) in enumerate(played.groupby("method", sort=False)):
        means = rows.groupby("weight")[["latency", "energy_per_success"]].mean()
        ax.plot(means["latency"], means["energy_per_success"], "-o", color=colour(k), ms=3, lw=1.2, label=str(method))
    lines = table[table["method"] == "bound"].groupby("weight")[["latency_weight", "cost"]].mean().dropna()
    seconds = np.linspace(0.0, float(played["latency"].max()) * 1.1, 400)
    least = np.max([(row["cost"] - row["latency_weight"] * seconds) / weight for weight, row in lines.iterrows()], axis=0)
    bottom = 0.9 * float(played["energy_per_success"].min())
    ax.plot(seconds[least >= bottom], least[least >= bottom], "--", color=INK, lw=1.2, label="frontier")
    ax.set_ylim(bottom, 1.05 * float(played["energy_per_success"].max()))
    ax.set_xlim(left=0.0)
    ax.set_xlabel("latency [s]")
    ax.set_ylabel("energy a success [J]")
    ax.grid(alpha=0.3)
    dress(ax)
    ax.legend(fontsize="small", frameon=False)
    return ax
