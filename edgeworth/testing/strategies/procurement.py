"""Strategies for procurement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgeworth.mechanisms.procurement.model import Tender
from edgeworth.testing.strategies.base import require_hypothesis

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy


def tenders(*, max_suppliers: int = 5) -> SearchStrategy[Tender]:
    """Small tenders: nobody offers, ties, weight 0, a task that is worth too little, verified attributes or not.

    Parameters
    ----------
    max_suppliers
        The largest number of suppliers.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Raises
    ------
    MissingExtraError
        Where Hypothesis is not installed.
    """
    require_hypothesis()
    from hypothesis import strategies as st

    def build(draw: DrawFn) -> Tender:
        n = draw(st.integers(0, max_suppliers))
        price = st.one_of(st.integers(0, 4).map(float), st.floats(0.0, 10.0, width=32))
        share = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])
        return Tender(
            price=np.array(draw(st.lists(price, min_size=n, max_size=n)), dtype=np.float64),
            utilisation=np.array(draw(st.lists(share, min_size=n, max_size=n)), dtype=np.float64),
            weight=draw(st.sampled_from([0.0, 1.0, 4.0])),
            worth=draw(st.sampled_from([0.0, 5.0, 100.0])),
            verified=draw(st.booleans()),
        )

    return st.composite(build)()
