"""Random small episodes over every setting of scheduling."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeworth.solvers.scheduling.model import Episode

CHANNELS, ORDERS, LATE, MASKS = (
    ("radio", "link", "shared"),
    ("fifo", "edf"),
    ("abandon", "skip", "finish"),
    ("literal", "slack", "off"),
)


def random_episode(seed: int, **settings: Any) -> Episode:
    """Some 40 tasks on 1 to 5 devices: settings cycle with the seed, every third has batteries for a part of it only."""
    rng = np.random.default_rng(seed)
    devices = int(rng.integers(1, 6))
    tasks = int(rng.integers(20, 50))
    horizon = float(rng.uniform(20.0, 60.0))
    arrival, source = np.sort(rng.uniform(0.0, horizon, tasks)), rng.integers(0, devices, tasks)
    if seed % 5 == 0:  # several at once
        arrival = np.floor(arrival)
        source = source[np.lexsort((source, arrival))]
        source = np.concatenate([np.sort(source[arrival == a]) for a in np.unique(arrival)])
    battery = rng.uniform(40.0, 250.0, devices) if seed % 3 == 0 else rng.uniform(4000.0, 5000.0, devices)
    drawn: dict[str, Any] = {
        "channel": CHANNELS[seed % 3],
        "order": ORDERS[seed // 3 % 2],
        "late": LATE[int(rng.integers(3))],
        "mask": MASKS[int(rng.integers(3))],
        "epoch": (0.5, 0.0, 0.3, 2.0)[seed % 4],
        "gossip": (0.0, 0.0, 1.2, 0.5)[int(rng.integers(4))],
        "return_share": (0.0, 0.3)[int(rng.integers(2))],
        "deadline": float(rng.uniform(5.0, 15.0)),
    }
    return Episode(
        rng.uniform(2.0, 3.0, devices),
        battery,
        rng.uniform(0.0, 0.5, devices) * battery,
        rng.uniform(5.0, 8.0, devices),
        rng.uniform(0.5, 0.8, devices) * rng.integers(0, 2, devices),
        arrival,
        source,
        rng.uniform(3.0, 12.0, tasks),
        rng.uniform(1.0, 4.0, tasks),
        send_power=rng.uniform(1.0, 3.0, devices),
        receive_power=rng.uniform(0.5, 2.0, devices),
        horizon=horizon,
        **(drawn | settings),
    )
