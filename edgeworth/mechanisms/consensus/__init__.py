"""Practical Byzantine fault tolerance around an allocation or a token market: replicas check what a leader proposes.

>>> from edgeworth.mechanisms import consensus
>>> run = consensus.simulate(replicas=7, blocks=5, faults="equivocating-leader", faulty=2, seed=0)
>>> bool(consensus.verify(run)), run.committed
(True, 5)

`simulate` plays the protocol with a network and faulty replicas of your choice (`NETWORKS`, `FAULTS`); `verify` judges who
executed what by the certificates alone, and names a counterexample where two correct replicas disagree; `replay` plays a run
again. Of an allocation replicas verify what the leader found and solve nothing; a market's commands they play again.
`leader_gain` measures what a leader of that market earns by the orders that it sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.lazy import later

if TYPE_CHECKING:
    from edgeworth.mechanisms.consensus.allocating import Allocating as Allocating
    from edgeworth.mechanisms.consensus.authenticators import (
        AUTHENTICATORS as AUTHENTICATORS,
        SignedAuthenticators as SignedAuthenticators,
    )
    from edgeworth.mechanisms.consensus.blocks import Block as Block
    from edgeworth.mechanisms.consensus.check import Disagreement as Disagreement, Offence as Offence, verify as verify
    from edgeworth.mechanisms.consensus.encryption import (
        Sealed as Sealed,
        UnreadableError as UnreadableError,
        UserKey as UserKey,
        seal as seal,
    )
    from edgeworth.mechanisms.consensus.faults import FAULTS as FAULTS
    from edgeworth.mechanisms.consensus.gains import RULES as RULES, leader_gain as leader_gain
    from edgeworth.mechanisms.consensus.literal import LiteralAccounts as LiteralAccounts, literal_accounts as literal_accounts
    from edgeworth.mechanisms.consensus.machines import MACHINES as MACHINES, Counting as Counting
    from edgeworth.mechanisms.consensus.messages import (
        KINDS as KINDS,
        Committed as Committed,
        IdealAuthenticators as IdealAuthenticators,
        Message as Message,
    )
    from edgeworth.mechanisms.consensus.network import NETWORKS as NETWORKS, Network as Network
    from edgeworth.mechanisms.consensus.payments import (
        PaymentRefusedError as PaymentRefusedError,
        Payments as Payments,
        base_units as base_units,
        prices as prices,
        settle as settle,
    )
    from edgeworth.mechanisms.consensus.parts import Machine as Machine, Market as Market
    from edgeworth.mechanisms.consensus.replica import Replica as Replica
    from edgeworth.mechanisms.consensus.run import Refusal as Refusal, Run as Run
    from edgeworth.mechanisms.consensus.protocol import replay as replay, simulate as simulate
    from edgeworth.mechanisms.consensus.trading import ORDERINGS as ORDERINGS, Profit as Profit, Trading as Trading
    from edgeworth.mechanisms.consensus.wellformed import malformed as malformed

_ROOMS = {
    "allocating": ("Allocating",),
    "authenticators": ("AUTHENTICATORS", "SignedAuthenticators"),
    "blocks": ("Block",),
    "check": ("Disagreement", "Offence", "verify"),
    "encryption": ("Sealed", "UnreadableError", "UserKey", "seal"),
    "faults": ("FAULTS",),
    "gains": ("RULES", "leader_gain"),
    "literal": ("LiteralAccounts", "literal_accounts"),
    "machines": ("MACHINES", "Counting"),
    "messages": ("KINDS", "Committed", "IdealAuthenticators", "Message"),
    "network": ("NETWORKS", "Network"),
    "parts": ("Machine", "Market"),
    "replica": ("Replica",),
    "run": ("Refusal", "Run"),
    "payments": ("PaymentRefusedError", "Payments", "base_units", "prices", "settle"),
    "protocol": ("replay", "simulate"),
    "trading": ("ORDERINGS", "Profit", "Trading"),
    "wellformed": ("malformed",),
}
_HOME = {name: room for room, names in _ROOMS.items() for name in names}
__all__ = sorted(_HOME, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
__getattr__ = later(__name__, _HOME)


def __dir__() -> list[str]:
    return list(__all__)
