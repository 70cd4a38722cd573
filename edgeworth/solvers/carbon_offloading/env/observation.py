"""What devices may observe: names, widths and bounds of the features."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.solvers.carbon_offloading.env.kernels.play import MOST

Observe = Literal["paper", "csi", "carbon", "state"]
FEATURES = ("buffer", "harvest", "last_sinr", "gain", "carbon")
"""The features of one device, in the order in which they are observed; "battery" follows where one is."""
WIDTHS = {"paper": 3, "csi": 4, "carbon": 5, "state": 5}
"""How many of the features every choice of `observe` takes."""
GAIN_REFERENCE = 1e3
"""1/W: the gain of one free antenna at a distance of 10 m in the presets, the nearest that a device starts."""


class View(NamedTuple):
    """What an environment shows: features of one device (`wide` of `FEATURES`, and the battery), whether of all users."""

    wide: int
    charged: bool
    all_users: bool
    users: int

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the entries of an observation."""
        own = (*FEATURES[: self.wide], *(("battery",) if self.charged else ()))
        if not self.all_users:
            return own
        return tuple(f"{name}_{v}" if v else name for v in range(self.users) for name in own)

    @property
    def high(self) -> NDArray[np.float32]:
        """The largest value of every entry; the least is 0."""
        own = [1.0, 1.0, MOST, MOST, MOST][: self.wide] + [1.0] * int(self.charged)
        return np.tile(np.array(own, np.float32), self.users if self.all_users else 1)

    @property
    def complete(self) -> View:
        """All features of one device: what the state of all users is made of."""
        return View(len(FEATURES), self.charged, False, self.users)


def view_of(observe: str, users: int, batteries: bool) -> View:
    """The view that an argument `observe` names."""
    validation.choice("observe", observe, tuple(WIDTHS))
    return View(WIDTHS[observe], batteries and observe != "paper", observe == "state", users)
