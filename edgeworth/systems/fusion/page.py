"""A run as a figure and as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from edgeworth.core.display import html
from edgeworth.core.style import colour, dress, new_axes
from edgeworth.core.verdict import Report
from edgeworth.experiments import page
from edgeworth.experiments.drawing import figure
from edgeworth.systems.fusion.played import Played

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_SHOWN = {
    "welfare": "welfare",
    "welfare_contracted": "welfare, contracted tasks counted as used",
    "online": "of it the users' choices",
}


def plot(played: Sequence[Played], title: str, ax: Axes | None = None) -> Axes:
    """Draw welfare by round.

    Parameters
    ----------
    played : sequence of Played
    title : str
    ax : matplotlib Axes, optional

    Returns
    -------
    matplotlib Axes
    """
    ax = new_axes(6.4, 3.2) if ax is None else ax
    rounds = [each.number for each in played]
    for place, (name, label) in enumerate(_SHOWN.items()):
        ax.plot(rounds, [each.measures[name] for each in played], marker="o", ms=3, color=colour(place), label=label)
    ax.set_xlabel("round")
    ax.set_ylabel("money")
    ax.set_title(title, fontsize=9, parse_math=False)
    ax.legend(fontsize="small", frameon=False)
    dress(ax)
    return ax


def text(
    played: Sequence[Played],
    frame: pd.DataFrame,
    measures: Mapping[str, float],
    report: Report,
    variant: str,
    about: Mapping[str, str],
) -> str:
    """The page of a run.

    Parameters
    ----------
    played : sequence of Played
    frame : pandas.DataFrame
        Of its rounds.
    measures : mapping
        Their means.
    report : Report
        Of `Run.verify`.
    variant : str
    about : mapping
        What was run.

    Returns
    -------
    str
        HTML.
    """
    import pandas as pd

    good = bool(report)
    state = f'<span class="state {"good" if good else "bad"}">{"verified" if good else "NOT verified"}</span>'
    means = pd.DataFrame([{"measure": name, "mean": each} for name, each in measures.items()])
    judged = pd.DataFrame(
        [
            {"verdict": name, "status": str(each.status), "violation": each.violation, "witness": str(each.witness or "")}
            for name, each in report.items()
        ]
    )
    body = [
        f"<p>{state} {len(played)} rounds</p>",
        figure(lambda ax: plot(played, variant, ax), 3.2, "Welfare by round; the table of rounds has the numbers."),
        "<h2>Means over rounds</h2>",
        page.rows(means, lambda row: False, name="Means over rounds"),
        "<h2>Verdicts</h2>",
        page.rows(judged, lambda row: row["status"] == "fails", name="Verdicts"),
        "<h2>Rounds</h2>",
        page.rows(frame, lambda row: False, tall=True, name="Rounds"),
        "<h2>What was run</h2>",
        "<dl>" + "\n".join(f"<dt>{html(name)}</dt><dd>{html(what)}</dd>" for name, what in about.items()) + "</dl>",
    ]
    return page.document(f"FUSION end to end: {variant}", body)
