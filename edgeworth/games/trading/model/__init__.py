"""The trading model: game, solution, utilities, value, constraints, measures, generators."""

from edgeworth.games.trading.model.functions import (
    equilibrium_of as equilibrium_of,
    measures,
    mining_of as mining_of,
    profile_utilities as profile_utilities,
    regime_of as regime_of,
    utilities,
    value,
    violations,
)
from edgeworth.games.trading.model.presets import PRESETS, generate
from edgeworth.games.trading.model.problem import (
    ROLES,
    Contest as Contest,
    Floats as Floats,
    RoleContest as RoleContest,
    TradingGame,
)
from edgeworth.games.trading.model.solution import Equilibrium

__all__ = [
    "PRESETS",
    "ROLES",
    "Equilibrium",
    "TradingGame",
    "generate",
    "measures",
    "utilities",
    "value",
    "violations",
]
