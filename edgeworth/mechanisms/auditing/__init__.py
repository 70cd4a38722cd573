"""Audits of mechanisms: truthful, rational, balanced, monotone, efficient, or a counterexample that replays.

>>> from edgeworth.mechanisms import double_auction
>>> from edgeworth.mechanisms.auditing import audit
>>> market = double_auction.Market(bid=[10.0], ask=[1.0])
>>> str(audit("off-aic2", market).weakly_budget_balanced.witness)
'payments less rewards are -9'
"""

from typing import TYPE_CHECKING

from edgeworth.core.audit_model import TOLERANCE, AuditModel
from edgeworth.core.lazy import later
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

if TYPE_CHECKING:
    from edgeworth.mechanisms.auditing.plots import plot_audit as plot_audit

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
    "plot_audit",
]
__getattr__ = later("edgeworth.mechanisms.auditing", {"plot_audit": "plots"})


def __dir__() -> list[str]:
    return __all__.copy()
