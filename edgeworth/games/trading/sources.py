"""Where trading games come from on the command line."""

from __future__ import annotations

from edgeworth.core.source import Option, Source
from edgeworth.games.trading.model import PRESETS, ROLES

SOURCES: tuple[Source, ...] = (
    Source(
        function="edgeworth.games.trading.model:generate",
        help="generate from a preset",
        options=(
            Option("preset", "text", "what to generate (default: ai-bazaar)", choices=PRESETS),
            Option("consumers", "int", "number of consumers (default: 10)"),
            Option("roles", "text", "whether consumers choose how much they mine with (default: given)", choices=ROLES),
        ),
    ),
)
