"""Episodes for the contract suite. No enumeration finds the best of continuous powers."""

from __future__ import annotations

from edgeworth.solvers.carbon_offloading import CarbonOffloading, generate
from edgeworth.testing import carbon_problems

__all__ = ["CASES", "STRATEGY"]

CASES = {
    "one slot": CarbonOffloading([[500.0]], [[1e-3]], [[5.0]], [2e-4], initial_buffer=800.0),
    "nothing to do": CarbonOffloading([[0.0, 0.0]], [[0.0, 1e-3]], [[1.0, 1.0]], [0.0, 0.0]),
    "more than can be served": CarbonOffloading([[1e5] * 4], [[0.0] * 4], [[0.1] * 4], [2e-4] * 4, buffer=1.2e5),
    "nothing has weight": CarbonOffloading([[900.0] * 3], [[1e-4] * 3], [[3.0] * 3], [2e-4] * 3, weights=[0.0] * 4),
    "only the processor": CarbonOffloading([[900.0] * 3], [[9e-4] * 3], [[3.0] * 3], [2e-4] * 3, offload_power_cap=0.0),
    "literal": generate(preset="literal", slots=15, seed=5),
}
STRATEGY = carbon_problems()
