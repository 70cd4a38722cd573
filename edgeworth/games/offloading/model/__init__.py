"""The offloading game: players, profiles, utilities, welfare, potentials, generators, graphs."""

from edgeworth.games.offloading.model.bounds import SEARCH, SLICES, Slices, slice_bound
from edgeworth.games.offloading.model.efficiency import Efficiency, interaction_overhead, price_of_anarchy
from edgeworth.games.offloading.model.functions import (
    choice_utilities,
    choice_violations,
    choice_welfare,
    delays,
    jain,
    loads,
    measures,
    positions,
    profile_of,
    provider_costs,
    require_profile,
    utilities,
    value,
    violations,
)
from edgeworth.games.offloading.model.game import EQUILIBRIUM_TOL, REGIMES, OffloadingGame, Profile
from edgeworth.games.offloading.model.graphs import from_networkx, to_networkx
from edgeworth.games.offloading.model.potentials import Which, paper_potential, potential, weighted_potential
from edgeworth.games.offloading.model.presets import PRESETS, generate
from edgeworth.games.offloading.model.system import EdgeSystem, game_of_system

__all__ = [
    "EQUILIBRIUM_TOL",
    "PRESETS",
    "REGIMES",
    "SEARCH",
    "SLICES",
    "EdgeSystem",
    "Efficiency",
    "OffloadingGame",
    "Profile",
    "Slices",
    "Which",
    "choice_utilities",
    "choice_violations",
    "choice_welfare",
    "delays",
    "from_networkx",
    "game_of_system",
    "generate",
    "interaction_overhead",
    "jain",
    "loads",
    "measures",
    "paper_potential",
    "positions",
    "potential",
    "price_of_anarchy",
    "profile_of",
    "provider_costs",
    "require_profile",
    "slice_bound",
    "to_networkx",
    "utilities",
    "value",
    "violations",
    "weighted_potential",
]
