"""Instances that took a search to find."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeworth.games.offloading import OffloadingGame, Profile


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
