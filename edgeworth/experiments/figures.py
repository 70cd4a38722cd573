"""All figures of a comparison as files for a paper, each with the numbers that it draws."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from edgeworth.core import validation
from edgeworth.core.display import cell
from edgeworth.core.files import replacing, write_text
from edgeworth.experiments import convergence, line_plots, paired, plots, profiles, ranking
from edgeworth.experiments.cases import Cases, Reference
from edgeworth.experiments.setting import Setting

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = ("svg", "pdf")
Draw = Callable[[pd.DataFrame, "Axes"], object]


def write(
    frame: pd.DataFrame, setting: Setting, cases: Callable[[], Cases], folder: str | PathLike[str], tau: float
) -> dict[str, str]:
    """Write every figure as SVG and PDF, and what it draws as CSV under the same name.

    Parameters
    ----------
    frame, setting
        Of the comparison.
    cases : callable
        Returns its cases, or raises the ValueError that says why there are none.
    folder : str or path
        Where to; it is made where only its last part is missing. Files of these names are replaced, others stay.
    tau : float
        Relative gap to the best value within which an instance is solved, >= 0: of the two profiles over time.

    Returns
    -------
    dict of str to str
        What could not be drawn, and why: ranks need three methods and six instances, convergence needs traces.

    Raises
    ------
    ValueError, TypeError
        For a tau that is none.
    OSError
        For a folder that cannot be written.

    Notes
    -----
    ``gaps`` and ``effort``: every run (`edgeworth.experiments.plots`); ``performance_profile``, ``data_profile``,
    ``gap_profile`` (to the best bound where there is one), ``critical_differences``, ``convergence`` (alike), each from
    the method of `Comparison` of that name, the ranks from `Comparison.ranking`; ``pairwise`` is a table alone. The same
    comparison gives the same bytes. Fonts are embedded as outlines or TrueType.
    """
    tau = validation.real("tau", tau, minimum=0.0)
    where = Path(folder)
    where.mkdir(exist_ok=True)
    labels, sense = setting.labels, setting.sense
    bounded: Reference = "bound" if bool(frame["gap_to_best_bound"].notna().any()) else "value"
    rows = 1.3 + 0.62 * len(labels)
    wanted: dict[str, tuple[Callable[[], pd.DataFrame], Draw | None, tuple[float, float]]] = {
        "gaps": (lambda: _runs(frame, setting), lambda _, ax: plots.gaps(frame, labels, sense, ax), (8.0, rows)),
        "effort": (lambda: _runs(frame, setting), lambda _, ax: plots.effort(frame, labels, sense, ax), (8.0, 4.0)),
        "performance_profile": (lambda: profiles.performance(cases(), tau=tau), line_plots.profile, (6.4, 3.8)),
        "data_profile": (lambda: profiles.data(cases(), tau=tau), line_plots.profile, (6.4, 3.8)),
        "gap_profile": (lambda: profiles.gap(cases(), bounded), line_plots.profile, (6.4, 3.8)),
        "critical_differences": (
            lambda: ranking.mean_ranks(cases()),
            line_plots.critical_differences,
            (6.4, 1.6 + 0.2 * len(labels)),
        ),
        "pairwise": (lambda: paired.pairs(cases()), None, (0.0, 0.0)),
        "convergence": (lambda: convergence.curves(cases(), bounded), line_plots.curves, (6.4, 3.8)),
    }
    missing: dict[str, str] = {}
    for name, (numbers, draw, size) in wanted.items():
        try:
            found = numbers()
        except ValueError as error:  # too few methods, instances or traces: the others are drawn all the same
            missing[name] = str(error)
            continue
        found.attrs["places"] = {label: k for k, label in enumerate(labels)}
        if draw is not None:
            _draw(draw, found, size, where / name)
        plain = found if found.index.name is None else found.reset_index()
        for column in plain.columns[[kind.kind == "O" for kind in plain.dtypes]]:
            plain = plain.assign(**{column: [cell(item) if isinstance(item, str) else item for item in plain[column]]})
        write_text(where / f"{name}.csv", plain.to_csv(index=False, lineterminator="\n"))
    return missing


def _runs(frame: pd.DataFrame, setting: Setting) -> pd.DataFrame:
    """What the plots of single runs draw."""
    distances, words = plots.distances(frame, setting.sense)
    names = ["problem", "method", "method_seed", "seconds", "value", "bound", "verified"]
    return frame[names].assign(distance_percent=distances, distance=words)


def _draw(draw: Draw, numbers: pd.DataFrame, size: tuple[float, float], stem: Path) -> None:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "edgeworth", "pdf.fonttype": 42}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # labels may be in any script
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        draw(numbers, figure.add_subplot())
        for form in FORMATS:
            dates = {"Date": None} if form == "svg" else {"CreationDate": None}
            with replacing(f"{os.fspath(stem)}.{form}") as file:
                figure.savefig(file, format=form, metadata=dates)
