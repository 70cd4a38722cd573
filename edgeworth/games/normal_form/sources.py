"""Where finite games come from on the command line."""

from __future__ import annotations

from edgeworth.core.source import Option, Source
from edgeworth.games.normal_form.model import PRESETS

_ROOM = "edgeworth.games.normal_form.model"

SOURCES: tuple[Source, ...] = (
    Source(
        function=f"{_ROOM}:generate",
        help="generate from a preset",
        options=(
            Option("preset", "text", "what to generate (default: random)", choices=PRESETS),
            Option("players", "int", "number of players (random only)"),
            Option("strategies", "int", "strategies of each player (random and zero-sum)"),
            Option("objective", "text", "whose payoff the value is: welfare, or a player's name (default: see the presets)"),
        ),
    ),
    Source(function=f"{_ROOM}:read_nfg", help="a strategic-form game of Gambit (.nfg)", reads="nfg"),
)
