"""``edgeworth methods`` and ``edgeworth show-versions``."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from edgeworth import _families
from edgeworth.cli import output
from edgeworth.cli.groups import nearest, offers, one_of
from edgeworth.core.lazy import resolve

if TYPE_CHECKING:
    from edgeworth.core.method import Method

_FIELDS = ("name", "kind", "exact", "randomised", "supports", "guarantee", "reference")


def _methods_of_family(ctx: click.Context) -> list[str]:
    """The methods of the family that stands on the line already."""
    words = [ctx.params.get("family"), *ctx.args]  # of a line that is not finished, click leaves the arguments there
    kind = next((word for word in words if word), None)
    return [row.name for row in _rows(kind)] if kind in _families.FAMILIES else []


@click.command()
@click.argument(
    "family",
    required=False,
    callback=one_of(_families.FAMILIES),
    shell_complete=offers(lambda ctx: _families.FAMILIES),
    metavar="[FAMILY]",
)
@click.argument("method", required=False, metavar="[METHOD]", shell_complete=offers(_methods_of_family))
@click.option("--json", "as_json", is_flag=True, help="print one JSON document, nothing else")
@click.option("--markdown", "as_markdown", is_flag=True, help="print the tables as Markdown")
def methods(family: str | None, method: str | None, as_json: bool, as_markdown: bool) -> None:
    """List the methods of all problem families or of one, or print what one method computes.

    The mathematics, the guarantee, the parameters and the references of a method stand in the documentation of its function,
    which `edgeworth methods FAMILY METHOD` prints.
    """
    if as_json and as_markdown:
        raise click.UsageError("--json and --markdown exclude each other.")
    if method is not None and as_markdown:
        raise click.UsageError("--markdown is used for tables, not with METHOD.")
    if family is not None and method is not None:
        row = _row(family, method)
        if as_json:
            output.document(_described(family, row))
        else:
            output.say(_page(family, row))
        return
    tables = {kind: _rows(kind) for kind in (_families.FAMILIES if family is None else [family])}
    if as_json:
        output.document({kind: [_fields(row) for row in rows] for kind, rows in tables.items()})
    elif as_markdown:
        output.say(_markdown(tables))
    else:
        for kind, rows in tables.items():
            output.say(_table(kind, rows))
        output.say('Every method takes a time limit; "auto" chooses one by the size of the problem.')
        output.say("supports: other rules by which a run ends, and whether a start, threads and a trace are taken.")
        output.say("`edgeworth methods FAMILY METHOD` prints what a method computes, its parameters and its references.")


def _rows(kind: str) -> Sequence[Method]:
    rows: Sequence[Method] = import_module(f"{_families.FAMILIES[kind]}.methods").METHODS
    return rows


def _row(kind: str, name: str) -> Method:
    rows = {row.name: row for row in _rows(kind)}
    if name not in rows:
        raise click.UsageError(f"{name!r} is no method of {kind}.{nearest(name, rows)} There are: {', '.join(rows)}.")
    return rows[name]


def _fields(row: Method) -> dict[str, object]:
    return {name: sorted(row.supports) if name == "supports" else getattr(row, name) for name in _FIELDS}


def _table(kind: str, rows: Sequence[Method]) -> str:
    head = ("method", "kind", "exact", "randomised", "supports", "guarantee")
    cells = [
        [row.name, row.kind, _yes(row.exact), _yes(row.randomised), " ".join(sorted(row.supports)) or "-", row.guarantee]
        for row in rows
    ]
    return f"{kind}:\n{output.aligned(head, cells, left=head)}\n"


def _public_name(kind: str, path: str) -> str:
    """Where users import what a row names: from the family's package."""
    return f"{_families.FAMILIES[kind]}.{path.partition(':')[2]}"


def _play(row: Method) -> Any:
    """The parameters that a learner's row stands for in its game; None for other rows."""
    return getattr(import_module(row.function.partition(":")[0]), "PLAYS", {}).get(row.name)


def _defaults(row: Method) -> dict[str, object]:
    play = _play(row)
    fields = dataclasses.fields(resolve(row.params or ""))
    return {item.name: item.default if play is None else getattr(play, item.name) for item in fields}


def _described(kind: str, row: Method) -> dict[str, object]:
    parameters = None
    if row.params is not None:
        params = resolve(row.params)
        parameters = {
            "name": _public_name(kind, row.params),
            "defaults": _defaults(row),
            "documentation": inspect.getdoc(params) or "",
        }
    return {
        "family": kind,
        **_fields(row),
        "function": _public_name(kind, row.function),
        "documentation": inspect.getdoc(resolve(row.function)) or "",
        "parameters": parameters,
    }


def _page(kind: str, row: Method) -> str:
    facts = {
        "function": _public_name(kind, row.function),
        "parameters": "none" if row.params is None else _public_name(kind, row.params),
        "kind": row.kind,
        "exact": _yes(row.exact),
        "randomised": _yes(row.randomised),
        "supports": " ".join(sorted(row.supports)) or "-",
    }
    if row.requires is not None:
        facts["needs"] = f"pip install 'edgeworth[{row.requires[1]}]'"
    facts |= {"guarantee": row.guarantee, "reference": row.reference}
    parts = [f"{kind}: {row.name}", output.pairs(facts), inspect.getdoc(resolve(row.function)) or ""]
    if row.params is not None:
        params = resolve(row.params)
        defaults = ", ".join(f"{name}={value!r}" for name, value in _defaults(row).items())
        parts += [f"{params.__name__}({defaults})", inspect.getdoc(params) or ""]
        learner = getattr(_play(row), "learner", None)
        if learner is not None:
            parts += [type(learner).__name__, inspect.getdoc(learner) or ""]
    return "\n\n".join(parts)


def _markdown(tables: dict[str, Sequence[Method]]) -> str:
    lines = [
        "# Methods",
        "",
        "<!-- Written by `edgeworth methods --markdown`; a test compares the two. -->",
        "",
        "One table for every problem family. `edgeworth methods FAMILY METHOD` prints the documentation of the function that",
        "is named here: the mathematics, the guarantee, the parameters and the references.",
    ]
    for kind, rows in tables.items():
        package = _families.FAMILIES[kind]
        about = (inspect.getdoc(import_module(package)) or "").partition("\n")[0]
        lines += ["", f"## {kind}", "", f"`{package}`: {about}", "", "| method | function | guarantee | reference |"]
        lines.append("|---|---|---|---|")
        for row in rows:
            extra = "" if row.requires is None else f" (extra `{row.requires[1]}`)"
            cells = (f"`{row.name}`", f"`{row.function.partition(':')[2]}`{extra}", row.guarantee, row.reference)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="print one JSON document, nothing else")
def show_versions(as_json: bool) -> None:
    """Print the versions that a report of a problem should name. Imports none of the libraries."""
    import os
    import platform
    from importlib import metadata

    from edgeworth._version import __version__

    found = {"edgeworth": __version__, "python": platform.python_version(), "platform": platform.platform()}
    found["cpus"] = str(os.cpu_count())
    libraries = (
        "click", "highspy", "joblib", "matplotlib", "networkx", "numba", "numpy", "pandas", "pooch", "pyomo", "rich", "scipy",
        "torch", "gymnasium", "pettingzoo", "cryptography", "dask", "pyarrow", "pymoo", "quantecon", "statsmodels",
    )  # fmt: skip
    for name in libraries:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    if as_json:
        output.document(found)
    else:
        output.say(output.pairs(found))
