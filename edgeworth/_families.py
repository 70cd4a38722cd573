"""The one table of problem families: kind -> module. `compare`, `load`, the command line and the contract tests read it."""

from __future__ import annotations

FAMILIES: dict[str, str] = {
    "allocation": "edgeworth.solvers.allocation",
    "normal-form": "edgeworth.games.normal_form",
    "trading": "edgeworth.games.trading",
    "orienteering": "edgeworth.routing.orienteering",
    "offloading": "edgeworth.games.offloading",
}
