"""For tests, yours and ours: problems drawn by Hypothesis, the contract that every method must pass, faults to plant.

>>> from edgeworth.solvers import allocation
>>> from edgeworth.testing import check_method_contract
>>> problem = allocation.generate(servers=3, tasks=6, seed=0)
>>> check_method_contract(allocation.FAMILY, allocation.FAMILY.method("greedy"), problem)

The strategies need Hypothesis (extra ``dev``); contracts and faults do not.
"""

from edgeworth.testing.contracts import ContractError, check_method_contract
from edgeworth.testing.faults import COMMON, FAULTS, Fault
from edgeworth.testing.strategies.allocation import allocation_problems, assignments, mec_systems, multipliers
from edgeworth.testing.strategies.carbon_offloading import carbon_problems, schedules
from edgeworth.testing.strategies.double_auction import markets, unit_markets
from edgeworth.testing.strategies.normal_form import normal_form_games, profiles
from edgeworth.testing.strategies.offloading import edge_systems, offloading_games, offloading_profiles
from edgeworth.testing.strategies.orienteering import orienteering_problems, route_sequences
from edgeworth.testing.strategies.procurement import tenders
from edgeworth.testing.strategies.scheduling import episodes
from edgeworth.testing.strategies.trading import trading_games, trading_profiles

__all__ = [
    "COMMON",
    "FAULTS",
    "ContractError",
    "Fault",
    "allocation_problems",
    "assignments",
    "carbon_problems",
    "check_method_contract",
    "edge_systems",
    "episodes",
    "markets",
    "mec_systems",
    "multipliers",
    "normal_form_games",
    "offloading_games",
    "offloading_profiles",
    "orienteering_problems",
    "profiles",
    "route_sequences",
    "schedules",
    "tenders",
    "trading_games",
    "trading_profiles",
    "unit_markets",
]


def __dir__() -> list[str]:
    return __all__.copy()
