"""``edgeworth compare``: a sweep from the command line, as tables, CSV, JSON or an HTML page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgeworth.cli import across, groups, output, sources
from edgeworth.cli.groups import FAILED, INTERRUPTED, Action, action, drawable, methods_of, offers, per_family, writable

if TYPE_CHECKING:
    from edgeworth.experiments import Comparison

_HELP = """Run methods on {kind} problems, verify every answer, and compare.

The problems are instances of a preset (--instances, --seed) or files (repeat the option for several). Statistics are over
instances, after averaging the method seeds of each. Exit code 0 when every run stands the check, 1 otherwise.
"""


_POLICY = "file of a trained policy, compared beside the methods (see `edgeworth train`); repeatable"


def asked(kind: str) -> list[click.Parameter]:
    """The options that say what a sweep or a study runs."""
    from edgeworth.core.family import family

    policy = click.Option(["--policy", "policies"], type=sources.FILE, multiple=True, help=_POLICY)
    return [
        click.Option(
            ["--methods"],
            required=True,
            help="names, separated by commas; see `edgeworth methods`",
            shell_complete=offers(lambda ctx: methods_of(kind), listed=True),
        ),
        *([policy] if family(kind).play else []),
        *sources.options(kind, saved=True),
        click.Option(["--instances"], type=click.IntRange(min=1), help="number of instances of the preset (default: 1)"),
        click.Option(["--seed"], type=click.IntRange(min=0), help="seed of the first instance (default: 0)"),
        click.Option(["--seeds"], type=click.IntRange(min=1), default=1, show_default=True, help="method seeds 0, 1, ..."),
        click.Option(["--time-limit"], type=float, help="seconds a run"),
        click.Option(["--iterations"], type=int, help="most iterations a run"),
        click.Option(["--threads"], type=int, default=1, show_default=True, help="threads a run"),
    ]


def wanted(kind: str, given: dict[str, Any], reference: str | None = None) -> tuple[list[Any], list[Any], dict[str, Any]]:
    """What the options of `asked` stand for: problems, methods, and keywords of `compare` or `Study`."""
    from edgeworth.core import validation
    from edgeworth.core.stop import Stop
    from edgeworth.learning.deep.policy import load_policy

    names = [name.strip() for name in given["methods"].split(",")]
    if "" in names:
        raise click.UsageError("--methods holds an empty name.")
    policies = [load_policy(path) for path in given.get("policies", ())]
    if reference is not None:
        validation.choice("reference", reference, [*names, *(each.name for each in policies)])
    stop = Stop(seconds=given["time_limit"], iterations=given["iterations"])
    problems = sources.obtain(kind, given, seed=given["seed"], instances=given["instances"])
    return problems, [*names, *policies], {"seeds": range(given["seeds"]), "stop": stop, "threads": given["threads"]}


def _compare(kind: str) -> Action:
    path = click.Path(dir_okay=False)
    params = [
        *asked(kind),
        click.Option(["--jobs"], type=int, default=1, show_default=True, help="runs at a time (-1: one a core)"),
        click.Option(["--reference"], help="method that differences are taken to (default: the best mean value)"),
        click.Option(["--out"], type=path, callback=writable, help="HTML page to write"),
        click.Option(["--plot"], type=path, callback=drawable, help="figure to write: .svg, .png or .pdf"),
        click.Option(
            ["--figures"],
            type=click.Path(file_okay=False),
            callback=groups.fillable,
            help="folder for figures of publication quality (SVG, PDF) and their numbers (CSV)",
        ),
        click.Option(["--csv"], type=path, callback=writable, help="CSV file to write: one row a run"),
        click.Option(["--rows"], type=path, help="new file that gets every run as a line of JSON when it ends"),
        click.Option(["--isolate"], is_flag=True, help="run in worker processes even with one job"),
        click.Option(["--json", "as_json"], is_flag=True, help="print one JSON document, nothing else"),
        click.Option(["--quiet"], is_flag=True, help="no progress"),
    ]

    def run(given: dict[str, Any]) -> None:
        _run(kind, given)

    return action(kind, _HELP.format(kind=kind), params, run)


compare = per_family(
    "compare", "Run methods on problems, verify every answer, and compare.", _compare, usage="FAMILY [OPTIONS] | --head-to-head"
)
compare.params += across.OPTIONS
compare.callback, compare.invoke_without_command = across.run, True


def _run(kind: str, given: dict[str, Any]) -> None:
    from edgeworth.cli.progress import sweep_progress
    from edgeworth.experiments import compare as compare_methods

    problems, methods, keywords = wanted(kind, given, given["reference"])
    with sweep_progress(given["quiet"]) as on_run:
        comparison = compare_methods(
            problems,
            methods,
            n_jobs=given["jobs"],
            on_run=on_run,
            rows=given["rows"],
            isolate=given["isolate"],
            trace=given["figures"] is not None or given["out"] is not None,
            **keywords,
        )
    files = output.Files()
    files.write(given["csv"], comparison.to_csv)
    files.write(given["plot"], lambda path: output.figure(comparison.plot, path))
    files.write(given["out"], comparison.to_html)
    missing: dict[str, str] = {}
    files.write(given["figures"], lambda folder: missing.update(comparison.figures(folder)))
    if given["as_json"]:
        output.document(as_data(comparison, given["reference"]))
    else:
        output.say(as_text(comparison, given["reference"]))
        for path in files.written:
            output.say(f"written: {path}")
        for name, why in missing.items():
            output.say(f"not drawn: {name}: {why}")
    files.done()
    if comparison.setting.interrupted:
        output.say("Interrupted.", err=True)
        raise SystemExit(INTERRUPTED)
    if not comparison.verified:
        raise SystemExit(FAILED)


def as_data(comparison: Comparison, reference: str | None) -> dict[str, object]:
    summary = comparison.summary(reference)
    return {
        "verified": comparison.verified,
        "setting": comparison.setting,
        "reference": summary.attrs["reference"],
        "summary": summary.reset_index().to_dict("records"),
        "runs": comparison.frame.to_dict("records"),
    }


_OF_GAMES = {"gap of price": "mean_gap_of_price", "regret": "mean_regret"}


def as_text(comparison: Comparison, reference: str | None) -> str:
    setting, frame = comparison.setting, comparison.frame
    summary = comparison.summary(reference)
    name = summary.attrs["reference"]
    head = [
        "method",
        "instances",
        "solved",
        "mean value",
        "mean bound",
        "gap to best bound",
        *(title for title, column in _OF_GAMES.items() if column in summary),
        "seconds",
        "optimal",
        "claimed",
        "verified",
    ]
    rows = []
    for label, row in summary.iterrows():
        only_bounds = row["solved"] == 0.0 and row["mean_bound"] == row["mean_bound"]
        cells = [str(label), str(int(row["instances"])), "-" if only_bounds else output.percent(row["solved"])]
        cells += [output.number(row["mean_value"]), output.number(row["mean_bound"])]
        cells.append(output.percent(row["mean_gap_to_best_bound"]))
        if "mean_gap_of_price" in summary:
            cells.append(output.percent(row["mean_gap_of_price"]))
        if "mean_regret" in summary:
            cells.append(output.number(row["mean_regret"], 3))
        cells.append(output.number(row["mean_seconds"], 3))
        cells += ["-" if only_bounds else output.percent(row[share]) for share in ("share_optimal", "share_claimed")]
        cells.append(output.percent(row["share_verified"]))
        if name is not None:
            cells += ["reference" if label == name else _difference(row)]
        rows.append(cells)
    if name is not None:
        head.append(f"value - {name} [95% interval]")
    count = f"{len(setting.problems)} {setting.kind} problem{'s' if len(setting.problems) != 1 else ''} ({setting.sense})"
    lines = [f"{count}, {len(setting.methods)} methods, {len(frame)} of {setting.runs} runs", ""]
    lines.append(output.aligned(head, rows, left=("method",)))
    failed = frame[~frame["verified"]]
    lines += ["", "All runs verified." if failed.empty else f"{len(failed)} of {len(frame)} runs FAILED:"]
    for _, row in failed.iterrows():
        seed = "" if output.plain(row["method_seed"]) is None else f" seed {row['method_seed']}"
        lines.append(f"  {row['problem']}: {row['method']}{seed}: {row['notes']}")
    late = frame[frame["overran"]]
    if not late.empty:
        lines.append(f"{len(late)} of {len(frame)} runs OVERRAN their time limit by more than 10% + 0.2 s:")
        for label in late["method"].unique():
            seconds = late["seconds"][late["method"] == label]
            lines.append(f"  {label}: {len(seconds)} runs, the longest {seconds.max():.3g} s")
    return "\n".join(lines)


def _difference(row: Any) -> str:
    if not row["pairs"]:
        return "-"
    if row["difference_low"] != row["difference_low"]:
        return output.number(row["difference"], 4)
    low, high = output.number(row["difference_low"], 4), output.number(row["difference_high"], 4)
    return f"{output.number(row['difference'], 4)} [{low}, {high}]"
