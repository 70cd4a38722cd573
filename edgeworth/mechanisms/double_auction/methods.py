"""The methods of double auctions: one row a rule, derived from the rules, and the greatest welfare."""

from __future__ import annotations

from edgeworth.core.method import Method
from edgeworth.mechanisms.double_auction.rules import RULES

METHODS: tuple[Method, ...] = (
    *(spec.row for spec in RULES.values()),
    Method(
        name="optimum",
        kind="optimise",
        function="edgeworth.mechanisms.double_auction.exact:optimum",
        exact=True,
        randomised=False,
        kernels=True,
        guarantee="greatest welfare when proved; no mechanism",
        reference="dynamic programming over sets; HiGHS; column generation of routing.orienteering",
    ),
)
