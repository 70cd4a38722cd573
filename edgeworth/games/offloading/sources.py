"""Where offloading games come from on the command line."""

from __future__ import annotations

from edgeworth.core.source import Option, Source
from edgeworth.games.offloading.model import PRESETS, REGIMES

_ROOM = "edgeworth.games.offloading.model"
_CITY = {"preset": "melbourne"}

SOURCES: tuple[Source, ...] = (
    Source(
        function=f"{_ROOM}:generate",
        help="generate from a preset",
        options=(
            Option("preset", "text", "what to generate (default: fusion)", choices=PRESETS),
            Option("users", "int", "number of users"),
            Option("providers", "int", "number of providers (random) or edge servers (fusion)"),
            Option("agents", "int", "number of vehicles with UAVs (fusion, melbourne)"),
            Option("regime", "text", "how machines value lateness (default: linearised)", choices=REGIMES),
            Option("local", "text", "worth of local execution (fusion, melbourne)", choices=("zero", "reward")),
            Option("reach", "int", "providers in reach of a user (random)"),
            Option("prices", "flag", "posted prices (random)"),
            Option("provider_cost", "flag", "providers' cost (random)"),
            Option("identical", "flag", "identical users (random)"),
            Option("sites", "path", "EUA site file; means --preset melbourne", implies=_CITY),
            Option("positions", "path", "EUA user file; means --preset melbourne", implies=_CITY),
            Option("fetch", "flag", "download the EUA files once (melbourne)", implies=_CITY),
        ),
    ),
)
