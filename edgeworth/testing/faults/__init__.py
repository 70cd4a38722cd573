"""Planted faults: results that are wrong on purpose, to test checkers with.

Every plant takes a problem and a sound result and returns a faulty result, or None where that fault has no place in it (no
task that must be served, no certificate, ...).
"""

from edgeworth.testing.faults import allocation, double_auction, normal_form, offloading, orienteering, procurement, trading
from edgeworth.testing.faults.base import COMMON, Fault

FAULTS: dict[str, tuple[Fault, ...]] = {
    "allocation": COMMON + allocation.FAULTS,
    "normal-form": COMMON + normal_form.FAULTS,
    "trading": COMMON + trading.FAULTS,
    "orienteering": COMMON + orienteering.FAULTS,
    "offloading": COMMON + offloading.FAULTS,
    "double-auction": COMMON + double_auction.FAULTS,
    "procurement": COMMON + procurement.FAULTS,
}
"""Faults by problem kind."""

__all__ = ["FAULTS", "Fault"]
