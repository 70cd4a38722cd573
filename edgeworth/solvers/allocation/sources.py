"""Where allocation problems come from on the command line."""

from __future__ import annotations

from edgeworth.core.source import Option, Source
from edgeworth.solvers.allocation.model import PRESETS

_ROOM = "edgeworth.solvers.allocation.model"
_CITY = {"preset": "melbourne"}

SOURCES: tuple[Source, ...] = (
    Source(
        function=f"{_ROOM}:generate",
        help="generate from a preset",
        options=(
            Option("preset", "text", "what to generate (default: metaverse)", choices=PRESETS),
            Option("servers", "int", "number of servers (not for melbourne)"),
            Option("tasks", "int", "number of tasks"),
            Option("hot", "int", "servers that receive all tasks (hotspot only)"),
            Option("sites", "path", "EUA site file; means --preset melbourne", implies=_CITY),
            Option("users", "path", "EUA user file; means --preset melbourne", implies=_CITY),
            Option("fetch", "flag", "download the EUA files once (melbourne only)", implies=_CITY),
        ),
    ),
    Source(
        function=f"{_ROOM}:read_gap",
        help="a generalised assignment instance (OR-Library, Yagiura)",
        reads="gap",
        options=(
            Option("sense", "text", "max or min: GAP files are published as both", choices=("max", "min"), required=True),
            Option("index", "int", "which instance of a collection, from 0"),
        ),
    ),
    Source(function=f"{_ROOM}:read_multiple_knapsack", help="a 0-1 multiple knapsack instance as text", reads="mknap"),
    Source(function=f"{_ROOM}:read_npz", help="an instance stored as npz arrays value, weight, capacity", reads="npz"),
)
