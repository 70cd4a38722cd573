"""The trading model: game, solution, utilities, value, constraints, measures, generators."""

from edgeworth.games.trading.model.functions import (
    equilibrium_of,
    measures,
    profile_utilities,
    regime_of,
    utilities,
    value,
    violations,
)
from edgeworth.games.trading.model.presets import PRESETS, generate
from edgeworth.games.trading.model.problem import Contest, Equilibrium, Floats, TradingGame

__all__ = [
    "PRESETS",
    "Contest",
    "Equilibrium",
    "Floats",
    "TradingGame",
    "equilibrium_of",
    "generate",
    "measures",
    "profile_utilities",
    "regime_of",
    "utilities",
    "value",
    "violations",
]
