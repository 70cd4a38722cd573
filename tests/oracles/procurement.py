"""Procurement once more, in plain Python. Reads the fields of a tender, uses none of its code."""

from __future__ import annotations

from typing import Any


def second_score(tender: Any) -> tuple[int, float]:
    """Winner and payment: the price at which the winner would just still win."""
    scores = sorted(
        (float(p) + tender.weight * float(u), i) for i, (p, u) in enumerate(zip(tender.price, tender.utilisation, strict=True))
    )
    if not scores or scores[0][0] > tender.worth:
        return -1, 0.0
    winner = scores[0][1]
    second = min(scores[1][0] if len(scores) > 1 else tender.worth, tender.worth)
    return winner, second - tender.weight * float(tender.utilisation[winner])


def optimum(tender: Any) -> tuple[float, int]:
    """The greatest welfare over all winners and none."""
    values = [
        (tender.worth - float(p) - tender.weight * float(u), i)
        for i, (p, u) in enumerate(zip(tender.price, tender.utilisation, strict=True))
    ]
    return max([*values, (0.0, -1)])
