"""Where paths come from on the command line."""

from __future__ import annotations

from edgeworth.core.source import Option, Source

SOURCES: tuple[Source, ...] = (
    Source(
        function="tests.toy_family.model:generate",
        help="draw the weights",
        options=(Option("nodes", "int", "number of nodes"),),
    ),
)
