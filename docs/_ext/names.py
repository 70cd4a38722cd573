"""Names in docstrings: what stands between single backticks is a link where the reference has the name, and code elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from generated.api import homes
from sphinx.addnodes import pending_xref
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import make_refnode

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.domains.python import PythonDomain
    from sphinx.environment import BuildEnvironment


class Name(SphinxRole):
    """The default role of docstrings."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        code = nodes.literal(self.rawtext, self.text, classes=["xref"])
        target = self.text.removesuffix("()")
        near = {key: self.env.ref_context.get(key) for key in ("py:module", "py:class")}
        return [pending_xref("", code, refdomain="py", reftype="obj", reftarget=target, loose=True, refwarn=False, **near)], []


ENDS: dict[str, list[str]] = {}  # the last part of a name -> the names that end so


def _ending(known: Mapping[str, object], target: str) -> list[str]:
    if not ENDS:
        for name in known:
            ENDS.setdefault(name.rpartition(".")[2], []).append(name)
    return [name for name in ENDS.get(target.rpartition(".")[2], ()) if name.endswith(f".{target}")]


def _resolve(app: Sphinx, env: BuildEnvironment, node: pending_xref, shown: nodes.Element) -> nodes.Node | None:
    """A name by its last parts where it is the only one; a name that a package lends from another one by its home."""
    if node.get("refdomain") != "py":
        return None
    target = str(node["reftarget"])
    known = cast("PythonDomain", env.get_domain("py")).objects
    if target in homes():
        found = [homes()[target]]
    elif node.get("loose") or node["reftype"] == "exc":
        home = node.get("py:module")
        near = [f"{home}.{node.get('py:class')}.{target}", f"{home}.{target}", f"edgeworth.{target}"]
        near = [homes().get(name, name) for name in near]
        found = [name for name in near if name in known][:1] or _ending(known, target)
    else:
        return None
    if len(found) == 1 and found[0] in known:
        entry = known[found[0]]
        return make_refnode(app.builder, str(node["refdoc"]), entry.docname, entry.node_id, shown, found[0])
    return shown if node.get("loose") else None


AS_WRITTEN: dict[str, list[str]] = {}


def _keep(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """The first line of a property is a sentence; napoleon would read its part before a colon as a type."""
    if what in ("property", "attribute"):
        AS_WRITTEN[name] = list(lines)


def _restore(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    lines[:] = AS_WRITTEN.pop(name, lines)
    literal: int | None = None  # the indentation of the line that a literal block hangs on
    for at, line in enumerate(lines):
        indent = len(line) - len(line.lstrip())
        if literal is not None and (not line.strip() or indent > literal):
            continue
        literal = indent if line.rstrip().endswith("::") else None
        if not line.lstrip().startswith((">>>", "...", "..")):
            lines[at] = _mathematics(line)


def _mathematics(line: str) -> str:
    """Bars and hanging underscores, as in |A_1| and s_, mean nothing to reStructuredText; code between backticks stays."""
    parts = re.split(r"(`+[^`]+`+_*)", line)
    return "".join(part if at % 2 else re.sub(r"(\||(?<=\w)_(?!\w))", r"\\\1", part) for at, part in enumerate(parts))


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_role("name", Name())
    app.connect("autodoc-process-docstring", _keep, priority=400)
    app.connect("autodoc-process-docstring", _restore, priority=600)  # napoleon has 500
    app.connect("missing-reference", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
