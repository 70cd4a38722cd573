"""The k-double auction."""

from __future__ import annotations

from dataclasses import dataclass

from edgeworth.core import validation
from edgeworth.mechanisms.double_auction.clearing.unit import Cleared, Curves, unit_rule
from edgeworth.mechanisms.double_auction.model import tie_break_of
from edgeworth.mechanisms.double_auction.spec import as_method


@dataclass(frozen=True)
class KDoubleAuction:
    """Parameters of the rule ``k-double-auction``.

    Attributes
    ----------
    k
        The buyers' share in the price ``k b_K + (1 - k) a_K``, in [0, 1].
    tie_break
        How equal reports are ordered, as in `Classic`.
    """

    k: float = 0.5
    tie_break: str = "index"

    def __post_init__(self) -> None:
        validation.real("k", self.k, minimum=0.0, maximum=1.0)
        tie_break_of(self.tie_break)


def _clear(c: Curves, params: KDoubleAuction) -> Cleared:
    """The k-double auction: all K efficient trades at a price between the last pair's reports.

    Notes
    -----
    K is the largest k with ``b_k >= a_k``; the price is ``k b_K + (1 - k) a_K``. Efficient by the reports, individually
    rational, balanced; not truthful, for the last pair's reports move the price. Unit markets only.

    References
    ----------
    Chatterjee and Samuelson, Bargaining under incomplete information, Operations Research 31 (1983).
    """
    K = c.trades
    price = params.k * c.b(K) + (1.0 - params.k) * c.a(K) if K else 0.0
    return Cleared(K, price, price)


RULE = unit_rule(
    "k-double-auction",
    KDoubleAuction,
    _clear,
    guarantee="rational, balanced; not truthful; unit markets",
    reference="Chatterjee and Samuelson (1983)",
)
k_double_auction = as_method(RULE)
