"""The one table of problem families: kind -> module. `compare`, `load`, the command line and the contract tests read it."""

from __future__ import annotations

FAMILIES: dict[str, str] = {
    "allocation": "edgeworth.solvers.allocation",
    "carbon-offloading": "edgeworth.solvers.carbon_offloading",
    "scheduling": "edgeworth.solvers.scheduling",
    "orienteering": "edgeworth.routing.orienteering",
    "trading": "edgeworth.games.trading",
    "offloading": "edgeworth.games.offloading",
    "normal-form": "edgeworth.games.normal_form",
    "double-auction": "edgeworth.mechanisms.double_auction",
    "procurement": "edgeworth.mechanisms.procurement",
}
