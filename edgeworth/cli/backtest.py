"""``edgeworth backtest``: forecasting methods on the series of a csv file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgeworth.cli import output
from edgeworth.cli.groups import INTERRUPTED, Input, drawable, offers, one_of, writable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgeworth.forecasting import Backtest

_PATH = click.Path(dir_okay=False)
_FILE = Input()
_CORRUPTIONS = ("missing", "noise", "burst_rate", "burst_height", "fill")


def _methods(ctx: click.Context) -> list[str]:
    from edgeworth.forecasting.methods import names

    return names()


def _words(text: str, option: str) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    if "" in words:
        raise click.UsageError(f"{option} holds an empty name.")
    return words


@click.command(short_help="Compare forecasting methods on a series.")
@click.argument("file", type=_FILE)
@click.option(
    "--models",
    "--methods",
    "models",
    required=True,
    help="separated by commas: persistence, seasonal-naive, linear, holt-winters, pro-lnn, pro-lnn-pooled, lstm, transformer",
    shell_complete=offers(_methods, listed=True),
)
@click.option("--columns", help="headings of the series, separated by commas (default: the first)")
@click.option("--history", type=click.IntRange(min=1), default=48, show_default=True, help="values that a forecast sees")
@click.option("--horizon", type=click.IntRange(min=1), default=10, show_default=True, help="steps that are forecast")
@click.option("--seeds", type=click.IntRange(min=1), default=5, show_default=True, help="seeds 0, 1, ... of each method")
@click.option("--season", type=click.IntRange(min=1), help="steps of a season (default: 24)")
@click.option("--train", type=float, default=0.7, show_default=True, help="share of the series that is trained on")
@click.option(
    "--units",
    default="range",
    show_default=True,
    callback=one_of(("range", "deviation", "data")),
    help="of errors: the training part's range, its standard deviation, or those of the data",
)
@click.option(
    "--gaps",
    default="refuse",
    show_default=True,
    callback=one_of(("refuse", "last", "keep")),
    help="missing values are refused, replaced by the last one, or kept (pro-lnn)",
)
@click.option("--epochs", type=click.IntRange(min=1), help="most passes of a network's training (default: 100)")
@click.option("--joint", is_flag=True, help="one model of all columns instead of one each")
@click.option("--corrupt", is_flag=True, help="test on corrupted inputs too")
@click.option("--missing", type=float, help="share of inputs that go missing (with --corrupt; default: 0.3)")
@click.option("--noise", type=float, help="standard deviation of noise, of the range (with --corrupt; default: 0.05)")
@click.option("--burst-rate", type=float, help="share of steps at which a burst begins (with --corrupt; default: 0.02)")
@click.option("--burst-height", type=float, help="height of bursts, of the range (with --corrupt; default: 0.5)")
@click.option("--fill", callback=one_of(("last", "zero", "none")), help="for missing inputs (with --corrupt; default: last)")
@click.option("--reference", help="method that errors are compared with (default: the least error)")
@click.option("-o", "--out", type=_PATH, callback=writable, help="HTML page to write")
@click.option("--plot", type=_PATH, callback=drawable, help="figure to write: .svg, .png or .pdf")
@click.option("--csv", type=_PATH, callback=writable, help="CSV file to write: one row a method, series and seed")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document, nothing else")
@click.option("--quiet", is_flag=True, help="no progress")
def backtest(file: str, models: str, columns: str | None, reference: str | None, corrupt: bool, **given: Any) -> None:
    """Fit forecasting methods on the first part of a series, and judge their forecasts of the rest from every origin.

    FILE is a csv file with a heading; where its first column holds dates and times, they are checked to be regular. Nothing of
    the rest enters a fit or a scale. Networks need the extra "learn", holt-winters the extra "forecasting".
    """
    from edgeworth.cli.progress import sweep_progress
    from edgeworth.core import validation
    from edgeworth.forecasting import Corruption
    from edgeworth.forecasting import backtest as run
    from edgeworth.forecasting.files import read_table

    methods = _words(models, "--models")
    if reference is not None:
        validation.choice("reference", reference, methods)
    changes = {name: given.pop(name) for name in _CORRUPTIONS}
    changes = {name: value for name, value in changes.items() if value is not None}
    if changes and not corrupt:
        raise click.UsageError(f"--{next(iter(changes)).replace('_', '-')} is used with --corrupt only.")
    outputs = {name: given.pop(name) for name in ("out", "plot", "csv", "as_json", "quiet")}
    series = read_table(file, None if columns is None else _words(columns, "--columns"))
    if columns is None:
        series = dict([next(iter(series.items()))])
    given["seeds"] = range(given["seeds"])
    with sweep_progress(outputs["quiet"], _line) as on_run:
        table = run(methods, series, corruption=Corruption(**changes) if corrupt else None, on_run=on_run, **given)
    files = output.Files()
    files.write(outputs["csv"], table.to_csv)
    files.write(outputs["plot"], lambda path: output.figure(table.plot, path))
    files.write(outputs["out"], lambda path: _write_page(path, table, file, reference))
    if outputs["as_json"]:
        summary = table.summary(reference)
        about = {"file": file, "setting": table.setting, "interrupted": table.interrupted}
        about |= {"reference": summary.attrs["reference"], "summary": summary.reset_index().to_dict("records")}
        output.document(about | {"rows": [dict(row) for row in table.rows]})
    else:
        count = "1 series" if len(series) == 1 else f"{len(series)} series"
        units = _UNITS[given["units"]]
        output.say(f"{count} ({', '.join(series)}), {sum(table.origins)} origins, errors in units of the {units}\n")
        output.say(table.text(reference))
        for path in files.written:
            output.say(f"written: {path}")
    files.done()
    if table.interrupted:
        output.say("Interrupted.", err=True)
        raise SystemExit(INTERRUPTED)


_UNITS = {"range": "training part's range", "deviation": "training part's standard deviation", "data": "data"}


def _line(row: Mapping[str, Any]) -> str:
    return f"{row['model']}: {row['series']}, seed {row['seed']}: rmse {output.number(row['rmse'], 4)}"


def _write_page(path: str, table: Backtest, file: str, reference: str | None) -> None:
    from edgeworth.core.display import html
    from edgeworth.core.files import write_text
    from edgeworth.experiments import page
    from edgeworth.experiments.drawing import figure

    summary = table.summary(reference)
    setting = "".join(f"<dt>{html(name)}</dt><dd>{html(str(value))}</dd>" for name, value in table.setting.items())
    body = [
        f'<p class="soft">Series of {html(file)}: {html(", ".join(dict.fromkeys(row["series"] for row in table.rows)))}. '
        f"Rolling origin, {sum(table.origins)} origins; nothing of the test part enters a fit or a scale.</p>",
        *(["<p><b>Interrupted: methods that were not finished are left out.</b></p>"] if table.interrupted else []),
        "<h2>Summary</h2>",
        f'<p class="soft">Means over series and seeds. Excess: mean squared error less that of '
        f"<b>{html(summary.attrs['reference'])}</b>, with its 95% interval over seeds and blocks of origins.</p>",
        page.rows(summary.reset_index(), lambda row: False, name="Summary"),
        "<h2>Errors</h2>",
        figure(table.plot, 1.3 + 0.55 * len(table.models), "Errors of every model; the table below has the numbers."),
        "<h2>All rows</h2>",
        page.rows(table.to_frame(), lambda row: False, tall=True, name="All rows"),
        f"<h2>What was run</h2><dl>{setting}</dl>",
    ]
    write_text(path, page.document(f"Backtest of {len(table.models)} forecasting methods", body))
