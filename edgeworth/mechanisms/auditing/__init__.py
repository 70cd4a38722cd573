"""Audits of mechanisms: truthful, rational, balanced, monotone, efficient, or a counterexample that replays.

>>> from edgeworth.mechanisms import double_auction
>>> from edgeworth.mechanisms.auditing import audit
>>> market = double_auction.Market(bid=[10.0], ask=[1.0])
>>> str(audit("off-aic2", market).weakly_budget_balanced.witness)
'payments less rewards are -9'
"""

from edgeworth.core.audit_model import TOLERANCE, AuditModel
from edgeworth.mechanisms.auditing.audit import Audit, audit
from edgeworth.mechanisms.auditing.pieces import IncompleteError
from edgeworth.mechanisms.auditing.sampling import Sampled
from edgeworth.mechanisms.auditing.witness import (
    BudgetImbalance,
    Manipulation,
    MonotonicityViolation,
    RationalityViolation,
    WelfareLoss,
)

__all__ = [
    "TOLERANCE",
    "Audit",
    "AuditModel",
    "BudgetImbalance",
    "IncompleteError",
    "Manipulation",
    "MonotonicityViolation",
    "RationalityViolation",
    "Sampled",
    "WelfareLoss",
    "audit",
]


def __dir__() -> list[str]:
    return __all__.copy()
