"""The rules of procurement, one row each."""

from __future__ import annotations

from edgeworth.core.method import Method

_ROOM = "edgeworth.mechanisms.procurement.rules"
_BEST = "BEST paper, section VI-B (B-Auction)"

METHODS: tuple[Method, ...] = (
    Method(
        name="second-score",
        kind="mechanism",
        function=f"{_ROOM}:second_score",
        exact=True,
        randomised=False,
        guarantee="efficient, rational; truthful in the price where attributes are verified",
        reference=f"{_BEST}; Che, RAND J. Econ. 24 (1993)",
    ),
    Method(
        name="first-score",
        kind="mechanism",
        function=f"{_ROOM}:first_score",
        exact=True,
        randomised=False,
        guarantee="efficient by the reports; not truthful",
        reference="Che, RAND J. Econ. 24 (1993)",
    ),
)
