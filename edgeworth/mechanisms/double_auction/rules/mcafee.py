"""McAfee's auction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edgeworth.mechanisms.double_auction.clearing.unit import Cleared, Curves, curves, others, reduced, unit_rule
from edgeworth.mechanisms.double_auction.model import Agent, Market
from edgeworth.mechanisms.double_auction.spec import Classic, as_method


def _clear(c: Curves, params: Classic) -> Cleared:
    """McAfee's double auction: all K efficient trades where the first excluded traders set a price that they accept.

    Notes
    -----
    K is the largest k with ``b_k >= a_k``, and ``p = (b_{K+1} + a_{K+1}) / 2``. Where ``a_K <= p <= b_K``, all K pairs trade at
    p; elsewhere, and where a side has no trader K + 1, the K-th pair leaves, buyers pay ``b_K`` and sellers get ``a_K``.
    Truthful, individually rational, without a deficit. Unit markets only.

    References
    ----------
    McAfee, A dominant strategy double auction, J. Econ. Theory 56 (1992), section 2.
    """
    K = c.trades
    price = (c.b(K + 1) + c.a(K + 1)) / 2 if min(len(c.bids), len(c.asks)) > K else np.inf
    return Cleared(K, price, price) if K and c.a(K) <= price <= c.b(K) else reduced(c)


def _breakpoints(market: Market, agent: Agent) -> NDArray[np.float64]:
    """The others' reports, and where the mean of ``b_{K+1}`` and ``a_{K+1}`` meets ``b_K`` or ``a_K``.

    These are means of two of the others' reports around the margin, and the reflections 2x - y of one at another. An agent
    moves K by at most one, so that the indices lie within two of the others' K.
    """
    bid, ask = others(market, agent)
    c = curves(bid, ask)
    near = range(max(c.trades - 1, 1), c.trades + 4)
    high = np.array([c.b(k) for k in near if k <= len(bid)])
    low = np.array([c.a(k) for k in near if k <= len(ask)])
    both = np.concatenate([high, low])
    means = ((high[:, None] + low[None, :]) / 2).ravel()
    mirrored = (2.0 * both[:, None] - both[None, :]).ravel()
    points = np.concatenate([bid, ask, means, mirrored])
    return np.unique(points[points >= 0.0])


RULE = unit_rule(
    "mcafee",
    Classic,
    _clear,
    guarantee="truthful, rational, balanced; unit markets",
    reference="McAfee, J. Econ. Theory 56 (1992)",
    breakpoints=_breakpoints,
)
mcafee = as_method(RULE)
