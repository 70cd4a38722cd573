"""``edgeworth compare --head-to-head``: the table of all families."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgeworth import _families
from edgeworth.cli import output
from edgeworth.cli.groups import FAILED, INTERRUPTED, drawable, nearest, offers, one_of, writable

if TYPE_CHECKING:
    from edgeworth.core.benchmark import BudgetName

_PATH = click.Path(dir_okay=False)


def _budgets(ctx: click.Context) -> tuple[str, ...]:
    from edgeworth.core.benchmark import BUDGETS

    return BUDGETS


def _families_of(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str] | None:
    if value is None:
        return None
    names = [name.strip() for name in value.split(",")]
    for name in names:
        if name not in _families.FAMILIES:
            text = f"{name!r} is not one of {', '.join(_families.FAMILIES)}.{nearest(name, _families.FAMILIES)}"
            raise click.BadParameter(text, ctx=ctx, param=param)
    return names


OPTIONS: tuple[click.Option, ...] = (
    click.Option(["--head-to-head"], is_flag=True, help="one table of all families: exact, heuristic and learned methods"),
    click.Option(
        ["--budget"],
        callback=lambda ctx, param, value: one_of(_budgets(ctx))(ctx, param, value),
        shell_complete=offers(_budgets),
        help="of the table: smoke takes under a minute once kernels are compiled, short minutes (default: smoke)",
    ),
    click.Option(
        ["--families"],
        callback=_families_of,
        shell_complete=offers(lambda ctx: _families.FAMILIES, listed=True),
        help="of the table, separated by commas (default: all)",
    ),
    click.Option(["--seed"], type=click.IntRange(min=0), help="seed of the table's first instances (default: 900000)"),
    click.Option(["--out"], type=_PATH, callback=writable, help="HTML page of the table to write"),
    click.Option(["--plot"], type=_PATH, callback=drawable, help="figure of the table to write: .svg, .png or .pdf"),
    click.Option(["--json", "as_json"], is_flag=True, default=None, help="print the table as one JSON document, nothing else"),
    click.Option(["--quiet"], is_flag=True, default=None, help="no progress"),
)


@click.pass_context
def run(
    ctx: click.Context,
    /,
    head_to_head: bool,
    budget: BudgetName | None,
    families: list[str] | None,
    seed: int | None,
    out: str | None,
    plot: str | None,
    as_json: bool | None,
    quiet: bool | None,
) -> None:
    """The callback of the group ``compare``: without the flag it only sees to it that nothing is ignored."""
    if head_to_head and ctx.invoked_subcommand is not None:
        raise click.UsageError("--head-to-head compares all families: it takes no family; see --families.")
    if not head_to_head:
        for option in OPTIONS[1:]:
            if ctx.params[option.name or ""] is not None:
                raise click.UsageError(f"{option.opts[0]} before the family is used with --head-to-head only.")
        if ctx.invoked_subcommand is None:
            raise click.UsageError("Missing family, or --head-to-head.")
        return

    from edgeworth.cli.progress import sweep_progress
    from edgeworth.experiments.across import SEED
    from edgeworth.experiments.across import head_to_head as run_table

    with sweep_progress(bool(quiet)) as on_run:
        table = run_table(budget or "smoke", families, seed=SEED if seed is None else seed, on_run=on_run)
    files = output.Files()
    files.write(plot, lambda path: output.figure(table.plot, path))
    files.write(out, table.to_html)
    if as_json:
        about = {"verified": table.verified, "budget": table.budget, "seed": table.seed, "interrupted": table.interrupted}
        best, rows = (frame.to_dict("records") for frame in (table.best(), table.to_frame()))
        output.document({**about, "best": best, "rows": rows})
    else:
        output.say(table.text())
        for path in files.written:
            output.say(f"written: {path}")
    files.done()
    if table.interrupted:
        raise SystemExit(INTERRUPTED)
    if not table.verified:
        raise SystemExit(FAILED)
