"""``edgeworth demo``: what the library is for, in a minute and on one page."""

from __future__ import annotations

import textwrap

import click

from edgeworth.cli import output
from edgeworth.cli.groups import FAILED, INTERRUPTED, drawable, writable


@click.command()
@click.option("--out", default="report.html", show_default=True, callback=writable, help="HTML page to write")
@click.option("--plot", callback=drawable, help="figure of the gaps over time to write: .svg, .png or .pdf")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="of city, game, market and methods")
@click.option("--tasks", type=click.IntRange(min=1), default=1200, show_default=True, help="tasks of the city")
@click.option("--time-limit", type=float, default=2.0, show_default=True, help="seconds a method")
@click.option("--quiet", is_flag=True, help="no progress")
def demo(out: str, plot: str | None, seed: int, tasks: int, time_limit: float, quiet: bool) -> None:
    """Show in a minute what Edgeworth is for, and write a page about it.

    Exact, heuristic and learned methods and a bound on one city; a theorem of a paper with a counterexample; a mechanism with
    the report that gains. Exit code 0 when everything stands the check, 1 otherwise.
    """
    from edgeworth.cli.progress import sweep_progress
    from edgeworth.experiments.demonstration import ROLES, demonstrate

    if not quiet:
        words = f"{len(ROLES)} methods, at most {time_limit:g} s each. The first run compiles them, which no clock counts."
        output.say(words, err=True)
    with sweep_progress(quiet) as on_run:
        shown = demonstrate(tasks=tasks, seconds=time_limit, seed=seed, on_run=on_run)
    if shown is None:
        output.say("Interrupted.", err=True)
        raise SystemExit(INTERRUPTED)
    files = output.Files()
    files.write(plot, lambda path: output.figure(shown.plot, path))
    files.write(out, lambda path: shown.comparison.to_html(path, sections=shown.sections))
    output.say(f"A city of {shown.city.servers} edge servers and {tasks} tasks: which server computes which task?\n")
    output.say(shown.table() + "\n")
    for sentence in shown.sentences:
        output.say(textwrap.fill(sentence, 100, initial_indent="- ", subsequent_indent="  "))
    output.say("\n" + ("Everything was verified." if shown.verified else "NOT everything was verified."))
    for path in files.written:
        output.say(f"written: {path}")
    files.done()
    if not shown.verified:
        raise SystemExit(FAILED)
