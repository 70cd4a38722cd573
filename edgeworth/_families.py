"""The one table of problem families: kind -> module. `compare`, `load`, the command line and the contract tests read it."""

from __future__ import annotations

FAMILIES: dict[str, str] = {
    "allocation": "edgeworth.solvers.allocation",
    "double-auction": "edgeworth.mechanisms.double_auction",
    "orienteering": "edgeworth.routing.orienteering",
    "procurement": "edgeworth.mechanisms.procurement",
}
