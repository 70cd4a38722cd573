"""A run as a figure and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.display import html
from edgeworth.core.style import colour, dress, new_axes
from edgeworth.core.verdict import Report
from edgeworth.experiments import page

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from edgeworth.systems.fusion.running import Run

_SHOWN = {
    "welfare": "welfare",
    "welfare_contracted": "welfare, contracted tasks counted as used",
    "online": "of it the users' choices",
}


def plot(run: Run, ax: Axes | None = None) -> Axes:
    """Draw welfare by round.

    Parameters
    ----------
    run : Run
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes(6.4, 3.2) if ax is None else ax
    rounds = [each.number for each in run.rounds]
    for place, (name, label) in enumerate(_SHOWN.items()):
        ax.plot(rounds, [each.measures[name] for each in run.rounds], marker="o", ms=3, color=colour(place), label=label)
    ax.set_xlabel("round")
    ax.set_ylabel("money")
    ax.set_title(f"{run.variant.name}, {run.forecaster} forecasts", fontsize=9)
    ax.legend(fontsize="small", frameon=False)
    dress(ax)
    return ax


def text(run: Run, report: Report) -> str:
    """The page of a run.

    Parameters
    ----------
    run : Run
    report : Report
        Of `Run.verify`.

    Returns
    -------
    str
        HTML.
    """
    import pandas as pd

    good = bool(report)
    state = f'<span class="state {"good" if good else "bad"}">{"verified" if good else "NOT verified"}</span>'
    means = pd.DataFrame([{"measure": name, "mean": each} for name, each in run.measures.items()])
    judged = pd.DataFrame(
        [
            {"verdict": name, "status": str(each.status), "violation": each.violation, "witness": str(each.witness or "")}
            for name, each in report.items()
        ]
    )
    world = run.world
    about = {
        "world": f"{world.preset}: {world.servers} servers, {world.agents} agents, {world.users} users; hash {world.hash}",
        "variant": repr(run.variant),
        "forecasts": f"{run.forecaster}, contracts by {run.contract}, corruption {run.corruption}",
        "seed": str(run.seed),
    }
    body = [
        f"<p>{state} {len(run.rounds)} rounds</p>",
        page.figure(lambda ax: plot(run, ax), 3.2),
        "<h2>Means over rounds</h2>",
        page.rows(means, lambda row: False),
        "<h2>Verdicts</h2>",
        page.rows(judged, lambda row: row["status"] == "fails"),
        "<h2>Rounds</h2>",
        page.rows(run.to_frame(), lambda row: False, tall=True),
        "<h2>What was run</h2>",
        "<dl>" + "\n".join(f"<dt>{html(name)}</dt><dd>{html(what)}</dd>" for name, what in about.items()) + "</dl>",
    ]
    return page.document(f"FUSION end to end: {run.variant.name}", body)
