"""Where markets come from on the command line."""

from __future__ import annotations

from edgeworth.core.source import Option, Source
from edgeworth.mechanisms.double_auction.model import PRESETS

SOURCES: tuple[Source, ...] = (
    Source(
        function="edgeworth.mechanisms.double_auction.model:generate",
        help="generate from a preset",
        options=(
            Option("preset", "text", "what to generate (default: fusion)", choices=PRESETS),
            Option("buyers", "int", "number of buyers"),
            Option("sellers", "int", "number of sellers"),
            Option("sites", "path", "EUA site file; means --preset melbourne", implies={"preset": "melbourne"}),
        ),
    ),
)
