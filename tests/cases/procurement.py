"""Tenders for the contract suite."""

from __future__ import annotations

from edgeworth.mechanisms.procurement import Tender, generate
from edgeworth.testing import tenders
from tests.oracles.procurement import optimum

__all__ = ["CASES", "STRATEGY", "optimum"]

CASES = {
    "nobody": Tender([], []),
    "one": Tender([3.0], [0.5], worth=10.0),
    "one too dear": Tender([3.0], [0.5], worth=1.0),
    "ties": Tender([3.0, 3.0], [0.5, 0.5], worth=10.0),
    "drawn": generate(seed=0),
}
STRATEGY = tenders()
