"""The trading model: game, solution, utilities, value, constraints, measures, generators."""

from edgeworth.games.trading.model.functions import (
    equilibrium_of as equilibrium_of,
    measures,
    profile_utilities as profile_utilities,
    regime_of as regime_of,
    utilities,
    value,
    violations,
)
from edgeworth.games.trading.model.presets import PRESETS, generate
from edgeworth.games.trading.model.problem import Contest as Contest, Equilibrium, Floats as Floats, TradingGame

__all__ = [
    "PRESETS",
    "Equilibrium",
    "TradingGame",
    "generate",
    "measures",
    "utilities",
    "value",
    "violations",
]
