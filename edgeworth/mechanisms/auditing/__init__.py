"""Is a mechanism truthful, rational, balanced, monotone, efficient? Answers with counterexamples that can be replayed.

>>> from edgeworth.mechanisms import double_auction
>>> from edgeworth.mechanisms.auditing import audit
>>> market = double_auction.Market(bid=[10.0], ask=[1.0])
>>> str(audit("off-aic2", market).weakly_budget_balanced.witness)
'payments less rewards are -9'
"""

from edgeworth.mechanisms.auditing.audit import Audit, audit
from edgeworth.mechanisms.auditing.pieces import IncompleteError
from edgeworth.mechanisms.auditing.sampling import Sampled
from edgeworth.mechanisms.auditing.setting import TOLERANCE, Setting
from edgeworth.mechanisms.auditing.witness import Forgone, Imbalance, Loss, Manipulation, Reversal

__all__ = [
    "TOLERANCE",
    "Audit",
    "Forgone",
    "Imbalance",
    "IncompleteError",
    "Loss",
    "Manipulation",
    "Reversal",
    "Sampled",
    "Setting",
    "audit",
]


def __dir__() -> list[str]:
    return __all__.copy()
