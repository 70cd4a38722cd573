"""``edgeworth compile``: the kernels of methods, compiled in advance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from edgeworth import _families
from edgeworth.cli import output
from edgeworth.cli.groups import FAILED, offers, one_of

if TYPE_CHECKING:
    from edgeworth.core.precompile import Prepared


@click.command("compile")
@click.argument(
    "families",
    nargs=-1,
    metavar="[FAMILY]...",
    callback=one_of(_families.FAMILIES),
    shell_complete=offers(lambda ctx: _families.FAMILIES),
)
@click.option("--processes", type=click.IntRange(min=1), help="families at a time (default: one a processor)")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document, nothing else")
@click.option("--quiet", is_flag=True, help="no progress")
def compile_(families: tuple[str, ...], processes: int | None, as_json: bool, quiet: bool) -> None:
    """Compile the kernels of families, or of all, into the cache.

    Methods compile what they need before their first run, without their clocks counting it; this moves the wait to a time of
    your own. Exit code 1 where a method could not be prepared.
    """
    import dataclasses
    import time

    from edgeworth.core.precompile import compile_kernels, kept

    def show(done: Prepared) -> None:
        if not quiet:
            what = done.note or f"{done.kernels} kernels in {done.seconds:.1f} s"
            output.say(f"{done.family} {done.method}: {what}", err=True)

    began = time.perf_counter()
    found = compile_kernels(*families, processes=processes, on_method=show)
    seconds, (place, size) = time.perf_counter() - began, kept()
    kernels, failed = sum(each.kernels for each in found), [each for each in found if each.note]
    if as_json:
        rows = [dataclasses.asdict(each) for each in found]
        output.document({"methods": rows, "kernels": kernels, "seconds": seconds, "cache": place, "bytes": size})
    else:
        where = "nowhere, since no folder can be written" if place is None else f"{place} ({size / 1e6:.1f} MB)"
        output.say(f"{len(found)} methods ready in {seconds:.1f} s: {kernels} kernels compiled, kept in {where}")
    if failed:
        raise SystemExit(FAILED)
