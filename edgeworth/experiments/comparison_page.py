"""The page of a comparison: what was found at a glance, plots, the best solution, all runs, and the numbers to take away."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edgeworth.core import validation
from edgeworth.core.display import html, number, percent
from edgeworth.core.family import family
from edgeworth.core.numeric import Sense
from edgeworth.core.problem import Problem, Stored
from edgeworth.core.result import Result
from edgeworth.experiments import convergence, line_plots, page, plots, profiles
from edgeworth.experiments.cases import Cases, Reference
from edgeworth.experiments.drawing import data_link, figure
from edgeworth.experiments.page import Section
from edgeworth.experiments.setting import Setting
from edgeworth.experiments.statistics import per_instance
from edgeworth.experiments.table import COLUMNS, OF_GAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TALL = 16  # rows from which a table has a scrollbar of its own
_WIDE = 9  # measures of one table; more get another one
_TITLES = ("Summary", "Gap and time", "Profile and convergence", "The best solution", "All runs", "What was run")
_POINTS = 100  # of a convergence curve, so that ten of them stay light
_KEYS = ["method", "problem", "method_seed"]


def text(
    frame: pd.DataFrame,
    summary: pd.DataFrame,
    setting: Setting,
    cases: Callable[[], Cases],
    *,
    results: Sequence[Result[Stored] | None] = (),
    problems: Sequence[Problem] = (),
    sections: Sequence[Section] = (),
    csv: str,
    lines: str,
) -> str:
    """The page of a comparison.

    Parameters
    ----------
    frame, summary, setting, results, problems
        Of the comparison.
    cases : callable
        Returns its cases, or raises the ValueError that says why there are none.
    sections : sequence of Section
        More parts, which stand before the table of all runs.
    csv, lines : str
        What `Comparison.to_csv` and `Comparison.save` write.
    """
    titles = Counter([*_TITLES, *(each.title for each in sections)])
    if max(titles.values()) > 1:
        twice = [title for title, count in titles.items() if count > 1]
        validation.reject("sections", "must have titles that differ from each other and from those of the page", twice)
    parts = [
        ("Summary", _summary(frame, summary, setting)),
        ("Gap and time", _gaps(frame, summary, setting)),
        *_progress(cases, frame, summary),
        *_solution(frame, results, problems, setting.sense),
        *((each.title, each.html()) for each in sections),
        ("All runs", _all_runs(frame, setting.sense)),
        ("What was run", page.heading("What was run") + _what_was_run(frame, setting)),
    ]
    links = [data_link(csv, "text/csv", "runs.csv", "CSV")]
    links.append(data_link(lines, "application/json", "runs.jsonl", "JSON, a run a line (Comparison.load reads it)"))
    return page.document(
        f"Comparison of {len(setting.methods)} methods on {len(setting.problems)} {setting.kind} problems",
        [
            f"<p>{_state(frame, setting)}</p>",
            '<p class="soft">Every solution was checked by code that did not produce it; values are recomputed from the model. '
            f"Values: {'larger' if setting.sense == 'max' else 'smaller'} is better.</p>",
            f"<p>All runs as a file: {'; '.join(links)}.</p>",
            page.contents(title for title, _ in parts),
            *(part for _, part in parts),
        ],
    )


def _opposite(sense: Sense) -> Sense:
    return "min" if sense == "max" else "max"


def _state(frame: pd.DataFrame, setting: Setting) -> str:
    failed, late = int((~frame["verified"]).sum()), int(frame["overran"].sum())
    if failed:
        state = f'<span class="state bad">{failed} of {len(frame)} runs failed verification</span>'
    else:
        state = f'<span class="state good">all {len(frame)} runs verified</span>'
    if late:
        state += f' <span class="state bad">{late} of {len(frame)} runs overran their time limit</span>'
    if setting.interrupted:
        state += f' <span class="state bad">interrupted after {len(frame)} of {setting.runs} runs</span>'
    return state


def _summary(frame: pd.DataFrame, summary: pd.DataFrame, setting: Setting) -> str:
    reference = summary.attrs["reference"]
    difference = (
        "No method has a verified value to compare with."
        if reference is None
        else f"Difference: paired difference of the value to <b>{html(reference)}</b> over the instances that both solved "
        "(pairs), with its 95% interval by Student's t."
    )
    shown = summary.reset_index().rename(columns={"difference_low": "95% low", "difference_high": "95% high"})
    shown = shown.drop(columns=[name for name in shown if shown[name].isna().all()])
    for name in ("share_claimed", "share_overran"):
        if not shown[name].any():
            shown = shown.drop(columns=name)
    return (
        page.heading("Summary")
        + '<p class="soft">Means over instances, after averaging the method seeds of each. '
        + f"{difference} Gaps are relative to the value and measured against the tightest bound that any method left on the "
        "same instance. A star marks the best of a column among the verified methods that have the number on every instance "
        "on which one of them has it; a bound on a method's word competes with no recomputed one. Columns that say nothing are "
        "left out.</p>"
        + page.rows(
            shown,
            lambda row: row["share_verified"] < 1.0 or row.get("share_overran", 0.0) > 0.0,
            name="Summary, a row a method",
            best=_best_means(frame, shown, setting),
        )
    )


def _best_means(frame: pd.DataFrame, shown: pd.DataFrame, setting: Setting) -> set[tuple[int, str]]:
    """The best cells of the summary; only means over the same instances compete."""
    sound = shown["share_verified"] == 1.0
    competing = frame["method"].isin(shown["method"][sound])
    runs = per_instance(frame.assign(bound=frame["bound"].where(_rebuilt(frame, competing)))[competing])
    counts = runs.groupby("method").count().reindex(shown["method"]).reset_index(drop=True)
    found = page.best_cells(shown, {"share_optimal": "max"}, sound)
    means: dict[str, Sense] = {
        "value": setting.sense,
        "bound": _opposite(setting.sense),
        "gap_to_best_bound": "min",
        "gap_of_price": "min",
        "regret": "min",
    }
    means["seconds"] = "min"
    for name, sense in means.items():
        if name in counts:
            everywhere = counts[name].eq(runs["problem_hash"][runs[name].notna()].nunique())
            found |= page.best_cells(shown, {f"mean_{name}": sense}, sound & everywhere)
    return found


def _rebuilt(frame: pd.DataFrame, among: pd.Series[bool]) -> pd.Series[bool]:
    """The runs whose bound competes: on an instance with a recomputed bound, no bound that is only claimed."""
    recomputed = frame["bound_evidence"].eq("recomputed")
    return among & (recomputed | ~(among & recomputed).groupby(frame["problem_hash"]).transform("any"))


def _gaps(frame: pd.DataFrame, summary: pd.DataFrame, setting: Setting) -> str:
    labels, sense = setting.labels, setting.sense
    distances, words = plots.distances(frame, sense)
    means = pd.Series(distances, index=frame.index).groupby(frame["method"]).mean()
    said = "; ".join(
        f"{label}: {number(means.get(label), 3)} % in {number(summary['mean_seconds'].get(label), 3)} s" for label in labels
    )
    return (
        page.heading("Gap and time")
        + figure(
            lambda ax: plots.gaps(frame, labels, sense, ax),
            1.3 + 0.55 * len(labels),
            f"A row a method, a dot a run: {words.split(';')[0]}. Means: {said}.",
        )
        + figure(
            lambda ax: plots.effort(frame, labels, sense, ax),
            3.8,
            f"A point a run, at its wall-clock time and its {words.split(';')[0]}. Means: {said}.",
        )
    )


def _progress(cases: Callable[[], Cases], frame: pd.DataFrame, summary: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Performance profile and convergence curves, where there are enough runs for them."""
    title = "Profile and convergence"
    reference: Reference = "bound" if frame["gap_to_best_bound"].notna().any() else "value"
    drawn = []
    try:
        profile = profiles.performance(cases())
        profile.attrs["places"] = places = {label: k for k, label in enumerate(summary.index)}
    except ValueError:  # bounds alone, or no instance on which every method ran
        return
    if len(summary) > 1:
        shares = profile.groupby("method")["share"].agg(["first", "last"])
        said = "; ".join(
            f"{name}: {percent(row['first'])} fastest, {percent(row['last'])} solved" for name, row in shares.iterrows()
        )
        drawn.append(
            figure(
                lambda ax: line_plots.profile(profile, ax),
                3.6,
                f"Performance profile of Dolan and More. {said}.",
                "Performance profile: the share of instances that a method solves within a multiple of the shortest time.",
            )
        )
    try:
        curves = convergence.curves(cases(), reference, _POINTS)
    except ValueError:
        drawn.append(
            '<p class="soft">Convergence curves need traces, which a comparison keeps where it is asked: trace=True.</p>'
        )
    else:
        curves.attrs["places"] = places
        last = curves.groupby("method")["gap"].last()
        ends = "; ".join(f"{name}: {percent(gap) if math.isfinite(gap) else 'no value'}" for name, gap in last.items())
        drawn.append(
            figure(
                lambda ax: line_plots.curves(curves, ax),
                3.6,
                f"Convergence: the median gap to the best {reference} over time. At the end: {ends}.",
                "Convergence: how the gap of the best value so far shrank over the seconds of a run.",
            )
        )
    if drawn:
        yield title, page.heading(title) + "".join(drawn)


def _solution(
    frame: pd.DataFrame, results: Sequence[Result[Stored] | None], problems: Sequence[Problem], sense: Sense
) -> Iterator[tuple[str, str]]:
    """A picture of the best solution of the first instance that has one."""
    known = {problem.hash: problem for problem in problems}
    kept = np.array([result is not None and result.solution is not None for result in results], dtype=bool)
    if not kept.any():
        return
    chosen = frame[kept & frame["verified"] & frame["value"].notna() & frame["problem_hash"].isin(known.keys())]
    if chosen.empty:
        return
    first = chosen[chosen["problem_hash"] == chosen["problem_hash"].iloc[0]]
    row = first.loc[first["value"].idxmax() if sense == "max" else first["value"].idxmin()]
    problem, result = known[row["problem_hash"]], results[int(row.name)]
    if result is None or not family(problem.kind).plots:
        return
    said = f"{row['problem']}: the best solution found, by {row['method']}, of value {number(row['value'])}."

    def draw(ax: Axes) -> Axes:
        return family(problem.kind).picture(problem, result.solution, ax=ax)

    title = "The best solution"
    yield title, page.heading(title) + figure(draw, 4.2, f"Picture of a solution. {said}", said)


def _all_runs(frame: pd.DataFrame, sense: Sense) -> str:
    state = np.where(frame["verified"], "verified", "FAILED").astype(object) + np.where(frame["overran"], ", OVERRAN", "")
    known = frame.assign(state=state, result=frame["quality"] + ", " + frame["termination"])
    main = [*_KEYS, "value", "bound", "bound_evidence", "gap_to_best_bound", *OF_GAMES, "seconds", "result", "state", "notes"]
    shown = known[[name for name in main if name in known]]
    shown = shown.drop(columns=[name for name in shown if shown[name].isna().all() or (shown[name] == "").all()])
    measures: dict[str, Sense] = dict.fromkeys(("gap_to_best_bound", "regret", "gap_of_price", "seconds"), "min")
    best = page.best_cells(known, {"value": sense, **measures}, known["verified"], "problem_hash")
    best |= page.best_cells(known, {"bound": _opposite(sense)}, _rebuilt(known, known["verified"]), "problem_hash")

    def failed(row: pd.Series) -> bool:
        return bool(row["state"] != "verified")

    parts = [
        page.heading("All runs"),
        '<p class="soft">A star marks the best number of its problem among the verified runs; a bound on a method\'s word '
        "competes with no recomputed one. OVERRAN: the run took more than its limit, 10% and 0.2 s. The files above have every "
        "column.</p>",
        page.rows(shown, failed, tall=len(frame) > _TALL, name="All runs", best=best),
    ]
    own = [name for name in known if name not in (*COLUMNS, *OF_GAMES, "state", "result")]
    if own:
        parts.append('<p class="soft">What the solutions are worth in the model\'s own measures:</p>')
    for start in range(0, len(own), _WIDE):
        some = known[[*_KEYS, *own[start : start + _WIDE], "state"]]
        some = some.drop(columns="method_seed") if some["method_seed"].isna().all() else some
        parts.append(page.rows(some, failed, tall=len(frame) > _TALL, name=f"Measures of all runs, from {own[start]}"))
    return "\n".join(parts)


def _what_was_run(frame: pd.DataFrame, setting: Setting) -> str:
    hashes = frame.drop_duplicates("problem_hash").set_index("problem")["problem_hash"]
    items = [(f"method {label}", what) for label, what in setting.methods]
    items += [(f"problem {label}", f"hash {hashes.get(label, 'not reached')}") for label in setting.problems]
    items += [
        ("method seeds", ", ".join(map(str, setting.seeds)) + " (randomised methods only)"),
        ("threads a run", str(setting.threads)),
        ("parallel jobs", str(setting.n_jobs)),
        ("versions", ", ".join(f"{name} {version}" for name, version in setting.versions.items())),
    ]
    return "<dl>" + "\n".join(f"<dt>{html(name)}</dt><dd>{html(what)}</dd>" for name, what in items) + "</dl>"
