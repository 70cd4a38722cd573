"""The generated parts of pages: ``<!-- generate: kind argument -->`` in a page becomes what the package says of itself.

Nothing here needs Sphinx but `setup`, so that the tests read pages as the site shows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import api, claims, commands, methods, results

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MARK = re.compile(r"^<!-- generate: ([a-z-]+)(?: (\S+))? -->$", flags=re.MULTILINE)
KINDS: dict[str, Callable[..., str]] = {
    "claims": claims.paper,
    "claims-overview": claims.overview,
    "commands": commands.page,
    "families": methods.families,
    "package": api.package,
    "packages": api.packages,
    "results": results.newest,
    "results-overview": results.overview,
}


def expand(text: str) -> str:
    """A page with its marks replaced."""

    def replaced(mark: re.Match[str]) -> str:
        kind, argument = mark.groups()
        return KINDS[kind](argument) if argument else KINDS[kind]()

    return MARK.sub(replaced, text)


def _read(app: Sphinx, name: str, source: list[str]) -> None:
    source[0] = expand(methods.linked(source[0]) if name == "methods" else source[0])


def _outdated(app: Sphinx, env: Any, *_: object) -> list[str]:
    """Pages with marks are read at every build: what they are made of is no file that Sphinx watches."""
    return [name for name in env.found_docs if MARK.search(env.doc2path(name).read_text("utf-8"))]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("source-read", _read)
    app.connect("env-get-outdated", _outdated)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
