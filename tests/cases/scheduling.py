"""Episodes for the contract suite. Rules are no optimisers: nothing that a brute force finds is theirs to reach."""

from __future__ import annotations

from edgeworth.solvers.scheduling import generate
from edgeworth.testing import episodes

__all__ = ["CASES", "STRATEGY"]

CASES = {
    "table-2": generate(devices=3, horizon=20.0, seed=5),
    "saturated": generate(preset="saturated", devices=2, horizon=30.0, seed=1),
    "battery": generate(preset="battery", devices=1, horizon=40.0, seed=2),
}
STRATEGY = episodes()
