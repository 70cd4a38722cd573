"""``edgeworth study``: a comparison that is kept in a file, goes on after every end, and is extended."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgeworth.cli import output
from edgeworth.cli.groups import FAILED, INTERRUPTED, Action, Commands, Input, action, fillable, one_of, per_family, writable
from edgeworth.cli.sweep import as_data, as_text, asked, wanted

if TYPE_CHECKING:
    from edgeworth.experiments.comparison import Comparison
    from edgeworth.experiments.study import Status, Study

_FILE = Input()
_ENGINES = ("loky", "serial", "dask", "ray")
_HELP = """Run methods on {kind} problems and keep every row in the file --db, as soon as it is there.

The options are those of `edgeworth compare`. A study that is in the file already is extended: what has a row is not run again.
Ctrl-C, a crash or kill -9 lose no row that was shown; `edgeworth study resume` goes on. Exit code 0 when every run stands the
check, 1 otherwise.
"""
_json = click.option("--json", "as_json", is_flag=True, help="print one JSON document, nothing else")


@click.group(cls=Commands, no_args_is_help=True)
def study() -> None:
    """Keep a comparison in a file: it goes on after every end, and grows."""


def _options() -> list[click.Parameter]:
    """How a study is run, whatever it runs."""
    return [
        click.Option(
            ["--engine"],
            default="loky",
            show_default=True,
            callback=one_of(_ENGINES),
            metavar=f"[{'|'.join(_ENGINES)}]",
            help="worker processes, this process, Dask (extra distributed) or Ray",
        ),
        click.Option(["--jobs"], type=int, default=-1, help="runs at a time (default: one a core)"),
        click.Option(["--scheduler"], help="address of a Dask scheduler, with --engine dask"),
        click.Option(["--results"], is_flag=True, help="keep solutions and certificates too"),
        click.Option(["--json", "as_json"], is_flag=True, help="print one JSON document, nothing else"),
        click.Option(["--quiet"], is_flag=True, help="no progress"),
    ]


def _run_family(kind: str) -> Action:
    path = click.Path(dir_okay=False)
    params = [
        *asked(kind),
        click.Option(["--db"], type=path, required=True, help="file of the study; made where it is not there"),
        click.Option(["--durable"], is_flag=True, help="of a new study: every row outlives a power cut (slower)"),
        *_options(),
    ]

    def run(given: dict[str, Any]) -> None:
        from edgeworth.experiments import Study

        problems, methods, keywords = wanted(kind, given)
        _go_on(Study(given["db"], problems, methods, durable=given["durable"], **keywords), given)

    return action(kind, _HELP.format(kind=kind), params, run)


study.add_command(per_family("run", "Run methods on problems, and keep every row.", _run_family))


def _resume(given: dict[str, Any]) -> None:
    from edgeworth.experiments import Study

    kept = Study.open(given["path"])
    if given["retry_failed"]:
        kept.retry(failed=True)
    _go_on(kept, given)


study.add_command(
    action(
        "resume",
        "Run what has no row yet in the study PATH.",
        [
            click.Argument(["path"], type=_FILE),
            click.Option(["--retry-failed"], is_flag=True, help="run those again that did not stand the check"),
            *_options(),
        ],
        _resume,
    )
)


def _go_on(kept: Study, given: dict[str, Any]) -> None:
    from edgeworth.cli.progress import study_progress

    client = None
    if given["scheduler"] is not None:
        if given["engine"] != "dask":
            raise click.UsageError("--scheduler is used with --engine dask only.")
        from edgeworth.core.errors import require

        require("--scheduler", "distributed", "dask", "distributed")
        from distributed import Client

        client = Client(given["scheduler"])
    with study_progress(given["quiet"]) as on_run:
        found = kept.run(engine=given["engine"], n_jobs=given["jobs"], client=client, results=given["results"], on_run=on_run)
    comparison = kept.comparison() if found.done else None
    if given["as_json"]:
        output.document({"status": asdict(found)} | ({} if comparison is None else as_data(comparison, None)))
    elif comparison is not None:
        output.say(as_text(comparison, None))
    if found.waiting:
        output.say(
            f"Interrupted: {found.waiting} of {found.runs} runs wait; go on by: edgeworth study resume {kept.path}", err=True
        )
        raise SystemExit(INTERRUPTED)
    if comparison is None or not comparison.verified:
        raise SystemExit(FAILED)


@study.command()
@click.argument("path", type=_FILE)
@_json
def status(path: str, as_json: bool) -> None:
    """Say where the study PATH stands. Another process may be working at it."""
    from edgeworth.experiments import Study

    found = Study.open(path).status()
    if as_json:
        output.document(asdict(found))
    else:
        output.say(output.pairs(_facts(found)))


def _facts(found: Status) -> dict[str, str]:
    from edgeworth.cli.progress import span

    facts = {"problems": found.kind, "runs": str(found.runs), "done": str(found.done), "of them failed": str(found.failed)}
    facts |= {"waiting": str(found.waiting), "attempts lost": str(found.lost), "seconds of runs": output.number(found.seconds)}
    facts["at work"] = found.writer or "nobody"
    if found.left is not None:
        facts["left"] = span(found.left)
    return facts


@study.command()
@click.argument("path", type=_FILE)
@click.option("--out", type=click.Path(dir_okay=False), callback=writable, required=True, help="HTML page to write")
@click.option("--figures", type=click.Path(file_okay=False), callback=fillable, help="folder for figures, with their numbers")
def report(path: str, out: str, figures: str | None) -> None:
    """Write the rows of the study PATH so far as an HTML page, and figures of them, as `edgeworth compare` does."""
    from edgeworth.experiments import Study

    comparison = _write(Study.open(path), out, "to_html")
    if figures is not None:
        missing = comparison.figures(figures)
        output.say(f"written: {figures}")
        for name, why in missing.items():
            output.say(f"not drawn: {name}: {why}")


@study.command()
@click.argument("path", type=_FILE)
@click.option("--out", type=click.Path(dir_okay=False), callback=writable, required=True, help="file: .csv, .parquet or .jsonl")
def export(path: str, out: str) -> None:
    """Write the rows of the study PATH so far as a table: CSV, Parquet (extra parquet), or what `Comparison.load` reads."""
    from edgeworth.experiments import Study

    kinds = {".csv": "to_csv", ".parquet": "to_parquet", ".jsonl": "save"}
    ending = Path(out).suffix.lower()
    if ending not in kinds:
        raise click.BadParameter(f"{out!r} must end in {', '.join(kinds)}.", param_hint="--out")
    _write(Study.open(path), out, kinds[ending])


def _write(kept: Study, out: str, by: str) -> Comparison:
    comparison = kept.comparison()
    if not comparison.rows:
        raise click.UsageError(f"{kept.path} has no rows yet.")
    getattr(comparison, by)(out)
    output.say(f"written: {out}")
    return comparison
