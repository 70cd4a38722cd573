"""Trade reduction."""

from __future__ import annotations

from edgeworth.mechanisms.double_auction.clearing.unit import Cleared, Curves, reduced, unit_rule
from edgeworth.mechanisms.double_auction.spec import Classic, as_method


def _clear(c: Curves, params: Classic) -> Cleared:
    """Trade reduction: the last efficient pair sets both prices and does not trade.

    Notes
    -----
    K is the largest k with ``b_k >= a_k``. The first K - 1 pairs trade; buyers pay ``b_K`` and sellers get ``a_K``. Truthful,
    individually rational, without a deficit. Unit markets only.

    References
    ----------
    McAfee, A dominant strategy double auction, J. Econ. Theory 56 (1992).
    """
    return reduced(c)


RULE = unit_rule(
    "trade-reduction",
    Classic,
    _clear,
    guarantee="truthful, rational, balanced; unit markets",
    reference="McAfee, J. Econ. Theory 56 (1992)",
)
trade_reduction = as_method(RULE)
