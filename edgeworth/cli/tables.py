"""``edgeworth methods`` and ``edgeworth show-versions``."""

from __future__ import annotations

import click

from edgeworth import _families
from edgeworth.cli import output
from edgeworth.cli.groups import one_of


@click.command()
@click.argument("family", required=False, callback=one_of(list(_families.FAMILIES)), metavar="[FAMILY]")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document, nothing else")
def methods(family: str | None, as_json: bool) -> None:
    """List the methods of one problem family, or of all."""
    from edgeworth.core.family import family as family_of

    kinds = list(_families.FAMILIES) if family is None else [family]
    names = ("name", "kind", "exact", "randomised", "supports", "guarantee", "reference")
    if as_json:
        table = {}
        for kind in kinds:
            table[kind] = [
                {name: sorted(item) if name == "supports" else item for name in names for item in (getattr(row, name),)}
                for row in family_of(kind).methods
            ]
        output.document(table)
        return
    for kind in kinds:
        rows = [
            [row.name, row.kind, _yes(row.exact), _yes(row.randomised), " ".join(sorted(row.supports)) or "-", row.guarantee]
            for row in family_of(kind).methods
        ]
        output.say(f"{kind}:")
        head = ("method", "kind", "exact", "randomised", "supports", "guarantee")
        output.say(output.aligned(head, rows, left=head) + "\n")
    output.say('Every method takes a time limit; "auto" chooses one by the size of the problem.')


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
        "torch", "gymnasium", "pettingzoo",
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
