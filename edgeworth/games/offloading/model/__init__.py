"""The offloading game: players, profiles, utilities, welfare, potentials, generators, graphs."""

from edgeworth.games.offloading.model.bounds import (
    SEARCH as SEARCH,
    SLICES as SLICES,
    Slices as Slices,
    slice_bound as slice_bound,
)
from edgeworth.games.offloading.model.efficiency import Efficiency, interaction_overhead, price_of_anarchy
from edgeworth.games.offloading.model.functions import (
    choice_utilities as choice_utilities,
    choice_violations as choice_violations,
    choice_welfare as choice_welfare,
    delays as delays,
    jain as jain,
    loads as loads,
    measures,
    positions as positions,
    profile_of as profile_of,
    provider_costs as provider_costs,
    require_profile as require_profile,
    utilities,
    value,
    violations,
)
from edgeworth.games.offloading.model.game import (
    EQUILIBRIUM_TOL as EQUILIBRIUM_TOL,
    REGIMES,
    OffloadingGame,
    Which as Which,
)
from edgeworth.games.offloading.model.graphs import from_networkx, to_networkx
from edgeworth.games.offloading.model.potentials import (
    paper_potential,
    potential as potential,
    weighted_potential,
)
from edgeworth.games.offloading.model.presets import PRESETS, generate
from edgeworth.games.offloading.model.profile import Profile
from edgeworth.games.offloading.model.system import EdgeSystem, game_of_system

__all__ = [
    "PRESETS",
    "REGIMES",
    "EdgeSystem",
    "Efficiency",
    "OffloadingGame",
    "Profile",
    "from_networkx",
    "game_of_system",
    "generate",
    "interaction_overhead",
    "measures",
    "paper_potential",
    "price_of_anarchy",
    "to_networkx",
    "utilities",
    "value",
    "violations",
    "weighted_potential",
]
