"""Where orienteering problems come from on the command line."""

from __future__ import annotations

from edgeworth.core.source import Option, Source
from edgeworth.routing.orienteering.model import PRESETS, ROUNDINGS

_ROOM = "edgeworth.routing.orienteering.model"
_ROUNDING = Option(
    "rounding",
    "text",
    "of the distances: trunc1 for Solomon's instances, trunc2 for Cordeau's",
    choices=ROUNDINGS,
    required=True,
)

SOURCES: tuple[Source, ...] = (
    Source(
        function=f"{_ROOM}:generate",
        help="generate from a preset",
        options=(
            Option("preset", "text", "what to generate (default: fusion)", choices=PRESETS),
            Option("vehicles", "int", "number of vehicles"),
            Option("customers", "int", "number of customers"),
            Option("open_routes", "flag", "routes end at the last customer: no way home"),
        ),
    ),
    Source(
        function=f"{_ROOM}:read_toptw",
        help="a team orienteering instance with time windows (KU Leuven's text)",
        reads="toptw",
        options=(Option("vehicles", "int", "number of vehicles", required=True), _ROUNDING),
    ),
    Source(
        function=f"{_ROOM}:read_solomon",
        help="a vehicle routing instance with time windows (Solomon's text), profit = demand",
        reads="solomon",
        options=(
            Option("vehicles", "int", "number of vehicles"),
            _ROUNDING,
            Option("uncapacitated", "flag", "drop the capacity"),
        ),
    ),
)
