"""Instances that took a search to find."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeworth.games.offloading import REGIMES, OffloadingGame, Profile


def restless_game(*, extra: bool = False) -> OffloadingGame:
    """Three floored machines at three providers without any pure equilibrium: at every profile somebody gains, by at least
    .0017 of its scale. Found by hill climbing on the smallest largest gain, rounded to two decimals.

    extra: a fourth provider of cap 1, which the first machine and a human both like best.
    """
    gain = np.array([[11.0, 10.97, 4.94], [2.62, 10.38, 8.23], [2.38, 8.9, 5.23]])
    transfer = np.array([[2.02, 0.12, 4.57], [6.44, 1.88, 3.92], [5.82, 0.53, 1.7]])
    fields: dict[str, Any] = {
        "rate": [2.11, 2.3, 0.04],
        "weight": [0.77, 0.2, 1.75],
        "workload": [0.5467, 6.884, 4.9175],
        "sensitivity": [1.05, 8.97, 13.98],
        "deadline": [2.3, 29.8, 2.44],
        "human": [False] * 3,
        "regime": "floored",
    }
    if extra:
        reach = np.zeros((4, 4), dtype=bool)
        reach[:3, :3] = True
        reach[[0, 3], 3] = True
        gain = np.pad(gain, (0, 1))
        gain[[0, 3], 3] = 50.0
        return OffloadingGame.from_matrices(
            gain,
            [*fields["rate"], 10.0],
            reach,
            transfer=np.pad(transfer, (0, 1)),
            weight=[*fields["weight"], 1.0],
            workload=[*fields["workload"], 1.0],
            sensitivity=[*fields["sensitivity"], 1.0],
            deadline=[*fields["deadline"], 0.0],
            human=[False, False, False, True],
            cap=[4, 4, 4, 1],
            regime="floored",
        )
    return OffloadingGame.from_matrices(gain, transfer=transfer, **fields)


def cycling_game() -> tuple[OffloadingGame, Profile]:
    """A game with equilibria (the first machine at the fourth provider), and a profile from which best responses go round for
    ever
    (the human sits there, and the machines are left to themselves)."""
    return restless_game(extra=True), Profile(np.array([-1, -1, -1, 3]))


def scaled_game(seed: int) -> OffloadingGame:
    """A tiny game whose fields have magnitudes from 1e-9 to 1e13 each, with ties, offsets and terms that cancel."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    wide, kind = rng.random() < 0.7, rng.integers(4)

    def drawn(*shape: int) -> Any:
        numbers = rng.choice([0.0, 1.0, 2.0], shape) if rng.random() < 0.25 else rng.uniform(0.1, 3.0, shape)
        return numbers * (10.0 ** rng.uniform(-9.0, 13.0) if wide else 1.0)

    human = rng.random(m) < 0.5
    gain, transfer, price = drawn(m, n), drawn(m, n), 0.3 * drawn(m, n)
    weight, rate = np.maximum(drawn(m), 1e-12), np.maximum(drawn(n), 1e-12)
    workload, sensitivity = drawn(m), drawn(m)
    deadline = np.where(human, 0.0, np.maximum(drawn(m), 1e-12))
    local = drawn(m) * rng.choice([-1.0, 1.0], m) if rng.random() < 0.5 else np.zeros(m)
    if kind == 1:  # gains near what the delay costs when all come
        delay = transfer + (workload / weight)[:, None] * weight.sum() / rate[None, :]
        gain = sensitivity[:, None] * np.maximum(delay - deadline[:, None], 0.0) + 10.0 ** rng.uniform(-9.0, 3.0) * rng.random(
            (m, n)
        )
    elif kind == 2:  # gain and price are large and nearly the same
        price = 10.0 ** rng.uniform(3.0, 13.0) * (1.0 + rng.random((m, n)))
        gain, local = price + rng.uniform(0.0, 3.0, (m, n)), rng.uniform(-1.0, 1.0, m)
    elif kind == 3:  # everything anybody earns is near one large number
        local = np.full(m, 10.0 ** rng.uniform(3.0, 13.0))
        gain = local[:, None] + gain
    return OffloadingGame.from_matrices(
        gain,
        rate,
        rng.random((m, n)) < 0.8,
        transfer=transfer,
        price=price,
        weight=weight,
        workload=workload,
        sensitivity=sensitivity,
        deadline=deadline,
        human=human,
        local_utility=local,
        cap=rng.integers(0, m + 2, n) if rng.random() < 0.5 else None,
        cost_rate=drawn(n) if rng.random() < 0.5 else None,
        regime=REGIMES[int(rng.integers(3))],
    )
