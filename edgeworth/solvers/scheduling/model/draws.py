"""Devices and transactions as Table II draws them."""

from __future__ import annotations

import numpy as np

from edgeworth.core.arrays import Floats

CAPACITY, BATTERY = (2.0, 3.0), (4000.0, 5000.0)
"""GFLOP/s and J, uniform; Table II."""
ACTIVE_POWER, IDLE_POWER = (5.0, 8.0), (0.5, 0.8)
"""W, uniform; Table II."""
CHAIN_LATENCY = (1.0, 2.0)
"""s of a transaction, uniform; Table II."""
FLOOR = 0.1
"""(Ours) the part of a full battery at which a device is dead."""


def drawn_devices(rng: np.random.Generator, devices: int) -> dict[str, Floats]:
    """Devices of Table II, as arguments of `Episode`."""
    ranges = {"capacity": CAPACITY, "active_power": ACTIVE_POWER, "idle_power": IDLE_POWER, "battery": BATTERY}
    drawn: dict[str, Floats] = {name: rng.uniform(*ends, devices) for name, ends in ranges.items()}
    return drawn | {"battery_floor": FLOOR * drawn["battery"]}
