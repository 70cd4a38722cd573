"""Truthfulness for every true type of one agent, the others as they report: from the same pieces, by linearity in the type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from edgeworth.core.audit_model import TOLERANCE
from edgeworth.mechanisms.auditing.pieces import ROUNDING, Piece

FAR_TYPES = (1e3, 1e6, 1e12)
"""Multiples of the last piece's stand-in end at which types without an upper end are looked at."""


class Regret(NamedTuple):
    """With the true type `truth` the report `report` gains `gain`, more than the tolerance of what is at stake there."""

    gain: float
    tolerance: float
    truth: float
    report: float


def regrets(pieces: Sequence[Piece], sign: int, costs: float, noise: float, most: int = 8) -> list[Regret]:
    """The largest gains of any report over the truth, over all true types, one for each of the worst pieces of types.

    A type v on piece q has utility ``sign v Q_q + net_q(v)``, by a report on piece p ``sign v Q_p + sup net_p``. The
    difference is affine in v on q, so its supremum is at one of q's ends; the last piece is also looked at far out.
    """
    if not pieces:
        return []
    units = np.array([p.units for p in pieces])
    top = np.array([np.inf if np.isposinf(p.supremum) else max(p.net) for p in pieces])
    # Of all reports with the same units only the one with the highest net matters.
    order = np.lexsort((-top, units))
    chosen = order[np.unique(units[order], return_index=True)[1]]
    rows = [(q, p.lower, p.net[0]) for q, p in enumerate(pieces)] + [(q, p.far, p.net[1]) for q, p in enumerate(pieces)]
    last = pieces[-1]
    if np.isinf(last.upper):
        rows += [(len(pieces) - 1, m * last.far, last.net_at(m * last.far)) for m in FAR_TYPES]
    where = np.array([row[0] for row in rows])
    v, net = np.array([row[1:] for row in rows]).T
    # gains[row, p]
    gains = sign * v[:, None] * (units[chosen][None, :] - units[where][:, None]) + top[chosen][None, :] - net[:, None]
    p = gains.argmax(axis=1)
    best = gains[np.arange(len(rows)), p]
    paid = np.where(np.isinf(top), 0.0, np.abs(top))[chosen][p]
    dealt = np.maximum(units[where], units[chosen][p])
    rounding = np.array([0.0 if piece.exact else ROUNDING * min(piece.report, piece.far) for piece in pieces])[chosen][p]
    tolerance = (
        noise
        + rounding * dealt
        + TOLERANCE * np.maximum.reduce([v * dealt, paid, np.abs(net), np.where(dealt > 0, costs, 0.0)])
    )
    found: list[Regret] = []
    for row in sorted(np.flatnonzero(best > tolerance).tolist(), key=lambda row: -best[row])[:most]:
        here = pieces[int(where[row])]
        inside = (here.far - here.lower) * 1e-6
        truth = float(v[row])
        if here.lower < here.far and truth in (here.lower, here.far):
            truth = here.lower + inside if truth == here.lower else here.far - inside
        found.append(Regret(float(best[row]), float(tolerance[row]), truth, pieces[int(chosen[p[row]])].report))
    return found
