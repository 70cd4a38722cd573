"""The strongly budget-balanced auction."""

from __future__ import annotations

from edgeworth.mechanisms.double_auction.clearing.unit import Cleared, Curves, unit_rule
from edgeworth.mechanisms.double_auction.spec import Classic, as_method


def _clear(c: Curves, params: Classic) -> Cleared:
    """The strongly budget-balanced double auction (SBBA): one price for both sides, set by a trader who is left out.

    Notes
    -----
    K is the largest k with ``b_k >= a_k``. Where ``a_{K+1} <= b_K``, all K pairs trade at ``a_{K+1}``. Elsewhere the price is
    ``b_K``, that buyer leaves, and so does one of the K sellers, chosen by the tie-breaking and not by reports. Truthful,
    individually rational, neither surplus nor deficit. Unit markets only.

    References
    ----------
    Segal-Halevi, Hassidim and Aumann, SBBA: a strongly-budget-balanced double-auction mechanism, SAGT 2016.
    """
    K = c.trades
    if not K:
        return Cleared(0, 0.0, 0.0)
    if c.a(K + 1) <= c.b(K):
        return Cleared(K, c.a(K + 1), c.a(K + 1))
    return Cleared(K - 1, c.b(K), c.b(K), drop_seller=True)


RULE = unit_rule(
    "sbba",
    Classic,
    _clear,
    guarantee="truthful, rational, no surplus and no deficit; unit markets",
    reference="Segal-Halevi, Hassidim and Aumann, SBBA, SAGT 2016",
)
sbba = as_method(RULE)
