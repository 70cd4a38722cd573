"""Faults of procurement results."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeworth.core.result import Quality, Result
from edgeworth.mechanisms.procurement.model import Award, Tender, value
from edgeworth.testing.faults.base import Fault


def _with_award(tender: Tender, result: Result[Any], award: Award) -> Result[Any]:
    plain: dict[str, Any] = {"bound": None, "bound_evidence": None, "certificate": None, "quality": Quality.FEASIBLE}
    return replace(result, solution=award, value=value(tender, award), **plain)


def unwanted_winner(tender: Tender, result: Result[Any]) -> Result[Any] | None:
    """The task goes to a supplier whose score is above its worth."""
    over = np.flatnonzero(tender.score > tender.worth)
    return _with_award(tender, result, Award(int(over[0]), 1.0)) if len(over) else None


def paid_nobody(tender: Tender, result: Result[Any]) -> Result[Any] | None:
    """A payment without a winner."""
    return _with_award(tender, result, Award(-1, 1.0))


FAULTS: tuple[Fault, ...] = (
    Fault("unwanted winner", "winner", unwanted_winner),
    Fault("paid nobody", "idle", paid_nobody),
)
"""Faults of this family; those of every family are in `edgeworth.testing.faults.base`."""
