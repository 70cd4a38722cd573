"""Truthfulness for every true type of one agent, the others as they report: from the same pieces, by linearity in the type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from edgeworth.mechanisms.auditing.pieces import Stretch


class Regret(NamedTuple):
    """With the true type `truth` the report `report` gains `gain`."""

    gain: float
    truth: float
    report: float


def regrets(stretches: Sequence[Stretch], sign: int, tolerance: float, most: int = 8) -> list[Regret]:
    """The largest gains of any report over the truth, over all true types, one for each of the worst pieces of types.

    A type v on stretch q has utility ``sign v Q_q + net_q(v)``, by a report on stretch p ``sign v Q_p + sup net_p``. The
    difference is affine in v on q, so its supremum is at one of q's ends.
    """
    if not stretches:
        return []
    units = np.array([s.units for s in stretches])
    net = np.array([s.net for s in stretches])
    top = net.max(axis=1)
    found: list[Regret] = []
    best: list[tuple[float, int, int, int]] = []
    # Of all reports with the same units only the one with the highest net matters.
    order = np.lexsort((-top, units))
    chosen = order[np.unique(units[order], return_index=True)[1]]
    for end, where in enumerate(("lower", "upper")):
        v = np.array([getattr(s, where) for s in stretches])
        # gains[q, p]
        gains = sign * v[:, None] * (units[chosen][None, :] - units[:, None]) + top[chosen][None, :] - net[:, end][:, None]
        p = gains.argmax(axis=1)
        best += [
            (float(gains[q, p[q]]), q, int(chosen[p[q]]), end) for q in range(len(stretches)) if gains[q, p[q]] > tolerance
        ]
    for gain, q, p, end in sorted(best, reverse=True)[:most]:
        here = stretches[q]
        inside = (here.upper - here.lower) * 1e-6
        truth = here.lower + inside if end == 0 else here.upper - inside
        found.append(Regret(gain, truth if here.lower < here.upper else here.lower, stretches[p].report))
    return found
