"""The page of `edgeworth methods --markdown` with links, and the families with theirs."""

from __future__ import annotations

import inspect
import re
from importlib import import_module

from edgeworth._families import FAMILIES

from . import api
from .text import plain, table


def explanation(kind: str) -> str:
    """The page that explains a family, seen from `docs`."""
    return f"explanation/{kind}.md"


def linked(text: str) -> str:
    """The page of methods: the name of each row leads to what explains the family, its function to the reference."""
    lines: list[str] = []
    kind = ""
    for line in text.splitlines():
        if line.startswith("## "):
            kind = line.removeprefix("## ")
        row = re.match(r"\| `([^`]+)` \| `([^`]+)`(.*)$", line)
        if row is not None:
            name, function, rest = row.groups()
            line = f"| [`{name}`]({explanation(kind)}) | {{py:obj}}`{function} <{FAMILIES[kind]}.{function}>`{rest}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def families() -> str:
    """A table of the families: what each is, what explains it, its methods, its reference. For a page of `docs` itself."""
    rows = []
    for kind, home in FAMILIES.items():
        about = (inspect.getdoc(import_module(home)) or "").partition("\n")[0]
        links = (f"[{kind}]({explanation(kind)})", f"[methods](methods.md#{kind})")
        rows.append((links[0], plain(about), links[1], f"[`{home.rpartition('.')[2]}`](reference/api/{api.slug(home)}.md)"))
    return table(("problem", "what it is", "methods", "package"), rows)
