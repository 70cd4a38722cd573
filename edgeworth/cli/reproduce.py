"""``edgeworth reproduce``: the claims of the papers, tested again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import click

from edgeworth.cli import output
from edgeworth.cli.groups import FAILED, INTERRUPTED, MISUSED, offers


def _papers(ctx: click.Context) -> list[str]:
    from edgeworth.experiments.reproduction import papers

    return [papers.ALL, *papers.PAPERS]


def _claims(ctx: click.Context) -> list[str]:
    from edgeworth.experiments.reproduction import papers

    return [claim.id for _, claim in papers.chosen(ctx.params.get("paper") or papers.ALL, None)]


def _budgets(ctx: click.Context) -> list[str]:
    from edgeworth.core.claims import BUDGETS

    return list(BUDGETS)


@click.command()
@click.argument("paper", required=False, shell_complete=offers(_papers))
@click.option(
    "--claim", "claims", multiple=True, shell_complete=offers(_claims), help="id of a claim (default: all); repeatable"
)
@click.option(
    "--budget", default="short", show_default=True, shell_complete=offers(_budgets),
    help="smoke takes less than two minutes a paper, short is a first look, full gives numbers to quote",
)  # fmt: skip
@click.option(
    "--expect",
    type=click.Path(exists=True, dir_okay=False),
    help="verdicts.json of an earlier run: exit code 2 where they differ",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(file_okay=False),
    help="folder for pages, figures, claims.json, verdicts.json (--expect, up to date)",
)
@click.option("--list", "listed", is_flag=True, help="list the claims, run nothing")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document, nothing else")
@click.option("--quiet", is_flag=True, help="no progress")
def reproduce(
    paper: str | None,
    claims: tuple[str, ...],
    budget: str,
    expect: str | None,
    out: str | None,
    listed: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Test what a PAPER claims: ai-bazaar, metaverse, best, fusion, caddto, or all.

    Exit code 0 when every claim ran, whatever the verdict; 1 when a test failed to run (the others still run); 2 when a verdict
    is not the one expected, or nothing could be done.
    """
    from edgeworth.cli.progress import sweep_progress
    from edgeworth.core import validation
    from edgeworth.core.claims import BUDGETS
    from edgeworth.experiments.reproduction import papers, read_verdicts
    from edgeworth.experiments.reproduction import reproduce as run
    from edgeworth.experiments.reproduction.verdicts import write_verdicts

    if listed:
        _list(papers.chosen(paper or papers.ALL, claims or None), as_json)
        return
    if paper is None:
        raise click.UsageError(f"Missing argument 'PAPER': one of {', '.join(_papers(click.get_current_context()))}.")
    validation.choice("budget", budget, tuple(BUDGETS))
    expected = None if expect is None else read_verdicts(expect, budget)
    papers.chosen(paper, claims or None)  # an unknown claim makes no folder
    if out is not None:
        os.makedirs(out, exist_ok=True)
    with sweep_progress(quiet, _line) as on_claim:
        found = run(paper, claims or None, BUDGETS[budget], on_claim=on_claim)
    files = output.Files()
    if out is not None:
        files.write(os.path.join(out, "claims.json"), found.to_json)
        files.write(os.path.join(out, "verdicts.json"), lambda path: write_verdicts(path, found.verdicts(expected), budget))
        files.write(os.path.join(out, "index.html"), lambda _: found.to_html(out))
    changed = [] if expected is None else found.compare(expected)
    if as_json:
        told = {"changed": [{"paper": c.paper, "id": c.claim, "expected": c.expected, "found": c.found} for c in changed]}
        output.document(found.to_fields() | (told if expected is not None else {}))
    else:
        output.say(_table(found.to_frame().to_dict("records")))
        for name in found.papers:
            output.say(f"{name}: {found.headline(name)}")
        if len(found.papers) > 1:
            output.say(f"all: {found.headline()}")
        if expected is not None and not changed:
            output.say("verdicts as expected")
        for path in files.written:
            output.say(f"written: {path}")
    files.done()
    for change in changed:
        output.say(f"changed: {change}", err=True)
    for row in found.failed:
        output.say(f"failed to run: {row.paper} {row.claim.id}: {row.error}", err=True)
    if found.interrupted:
        output.say("Interrupted.", err=True)
        raise SystemExit(INTERRUPTED)
    if found.failed:
        raise SystemExit(FAILED)
    if changed:
        raise SystemExit(MISUSED)


def _list(rows: list[tuple[str, Any]], as_json: bool) -> None:
    names = ("id", "source", "statement")
    if as_json:
        listed = [{"paper": paper} | {name: getattr(claim, name) for name in names} for paper, claim in rows]
        output.document({"claims": listed})
    else:
        head = ("paper", *names)
        output.say(output.aligned(head, [(paper, *(getattr(claim, name) for name in names)) for paper, claim in rows], head))


def _table(rows: list[dict[Any, Any]]) -> str:
    head = ("paper", "claim", "verdict", "reason", "conclusive", "seconds")
    cells = []
    for row in rows:
        if row["error"]:
            cells.append((row["paper"], row["claim"], "FAILED to run", row["error"], "", ""))
        else:
            words = (row["verdict"], row["reason"], "yes" if row["conclusive"] else "no", f"{row['seconds']:.2f}")
            cells.append((row["paper"], row["claim"], *words))
    return output.aligned(head, cells, head[:5]) + "\n"


def _line(row: Mapping[str, Any]) -> str:
    if "error" in row:
        return f"{row['paper']} {row['claim']}: FAILED to run: {row['error']}"
    return f"{row['paper']} {row['claim']}: {row['verdict']}, {row['seconds']:.1f} s"
