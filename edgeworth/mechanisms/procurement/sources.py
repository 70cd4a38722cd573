"""Where tenders come from on the command line."""

from __future__ import annotations

from edgeworth.core.source import Option, Source
from edgeworth.mechanisms.procurement.model import PRESETS

SOURCES: tuple[Source, ...] = (
    Source(
        function="edgeworth.mechanisms.procurement.model:generate",
        help="generate from a preset",
        options=(
            Option("preset", "text", "what to generate (default: edge)", choices=PRESETS),
            Option("suppliers", "int", "number of suppliers"),
        ),
    ),
)
