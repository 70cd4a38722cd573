"""Faults of procurement results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeworth.core.result import BoundEvidence, Certificate, Quality, Result
from edgeworth.mechanisms.procurement.model import Award, Tender, value, violations
from edgeworth.testing.faults.base import SHIFT, Fault


def _with_award(tender: Tender, result: Result[Award], award: Award) -> Result[Award]:
    return replace(
        result,
        solution=award,
        value=value(tender, award),
        bound=None,
        bound_evidence=None,
        certificate=None,
        quality=Quality.FEASIBLE,
    )


def unwanted_winner(tender: Tender, result: Result[Award]) -> Result[Award] | None:
    """The task goes to a supplier whose score is above its worth."""
    over = np.flatnonzero(tender.score > tender.worth)
    return _with_award(tender, result, Award(int(over[0]), 1.0)) if len(over) else None


def paid_nobody(tender: Tender, result: Result[Award]) -> Result[Award] | None:
    """A payment without a winner."""
    return _with_award(tender, result, Award(-1, 1.0))


def paid_a_hair_more(tender: Tender, result: Result[Award]) -> Result[Award] | None:
    """The winner is paid more than the rule pays, by 1e-6 of the worth."""
    award = result.solution
    if award is None or award.winner < 0:
        return None
    return _with_award(tender, result, replace(award, payment=award.payment + SHIFT * max(tender.worth, 1.0)))


def overpriced_by_a_hair(tender: Tender, result: Result[Award]) -> Result[Award] | None:
    """The winner's score is above the least one, and OPTIMAL is claimed by the certificate of the least."""
    best = tender.cheapest
    if best is None:
        return None
    for i in range(tender.suppliers):
        award = Award(i, 0.0)
        if not violations(tender, award) and value(tender, award) < value(tender, Award(best, 0.0)) * (1.0 - SHIFT):
            forged = _with_award(tender, result, award)
            return replace(
                forged,
                bound=forged.value,
                bound_evidence=BoundEvidence.RECOMPUTED,
                certificate=Certificate("least-score", {}),
                quality=Quality.OPTIMAL,
            )
    return None


FAULTS: tuple[Fault, ...] = (
    Fault("unwanted winner", "winner", unwanted_winner),
    Fault("paid nobody", "idle", paid_nobody),
    Fault("paid a hair more", "payment", paid_a_hair_more),
    Fault("overpriced by a hair", "bound", overpriced_by_a_hair),
)
"""Faults of this family; those of every family are in `edgeworth.testing.faults.base`."""
