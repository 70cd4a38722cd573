"""Methods that may claim an equilibrium: the consumers' stage, and the leader's with its certificate."""

from edgeworth.games.trading.exact.closed_form import closed_form_equilibrium
from edgeworth.games.trading.exact.follower import BestResponse, follower_equilibrium
from edgeworth.games.trading.exact.leader import Exact, price_branch_and_bound
from edgeworth.games.trading.exact.roles import role_equilibrium

__all__ = [
    "BestResponse",
    "Exact",
    "closed_form_equilibrium",
    "follower_equilibrium",
    "price_branch_and_bound",
    "role_equilibrium",
]
