"""The audit model of a problem's family."""

from __future__ import annotations

from typing import Any, cast

from edgeworth import _families
from edgeworth.core import validation
from edgeworth.core.audit_model import AuditModel
from edgeworth.core.family import family
from edgeworth.core.lazy import resolve


def audit_model_of(problem: object) -> AuditModel[Any, Any]:
    """The audit model that a problem's family names.

    Parameters
    ----------
    problem : a problem of some family
        For instance a market.

    Returns
    -------
    AuditModel

    Raises
    ------
    TypeError
        Where there is none.
    """
    kind = getattr(problem, "kind", None)
    path = family(kind).audit_model if isinstance(kind, str) and kind in _families.FAMILIES else None
    if path is None:
        validation.reject_type("market", "must be a problem of a family that can be audited", problem)
    return cast("AuditModel[Any, Any]", resolve(path))
