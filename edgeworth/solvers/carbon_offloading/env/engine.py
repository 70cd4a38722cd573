"""Plays episodes of several copies in step; every environment is a face of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Floats
from edgeworth.solvers.carbon_offloading.env.kernels.play import (
    DEVICE,
    STATE,
    Constants,
    Episodes,
    gather,
    interfere,
    observe,
    play,
)
from edgeworth.solvers.carbon_offloading.env.observation import GAIN_REFERENCE, View
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading


class Engine:
    """The episodes of all copies, the state of their devices, and arrays that every slot overwrites.

    Parameters
    ----------
    problem : CarbonOffloading
        One of the problems, whose sizes and physical constants all others share.
    copies : int
    """

    def __init__(self, problem: CarbonOffloading, copies: int) -> None:
        users, slots = problem.users, problem.slots
        self.pattern, self.copies, self.users, self.slots = problem, copies, users, slots
        after = (slots + 1, copies, users)
        self.episodes = Episodes(
            np.zeros((slots, copies, users)), np.zeros(after), np.zeros(after), np.zeros((slots + 1, copies))
        )
        self._states, self._devices = np.zeros((copies, users), STATE), np.zeros((copies, users), DEVICE)
        self._constants = Constants(
            problem.slot_length,
            problem.bandwidth,
            problem.switched_capacitance,
            problem.cycles_per_bit,
            int(problem.energy == "throttled"),
        )
        self.reward, self.parts = np.zeros((copies, users)), np.zeros((4, copies, users))
        self.slot = slots  # as after an episode: the next one must be begun
        self.begun = False
        self._coupled: list[CarbonOffloading] = []
        self._given = np.zeros((copies, users)) if problem.coupled else np.zeros((0, 0))
        self._actions = np.zeros((copies, users, 2))
        self._nothing = np.zeros((0, 0, 0), np.float32)

    def load(self, problems: Sequence[CarbonOffloading]) -> None:
        """Put an episode into every copy."""
        for c, problem in enumerate(problems):
            self.episodes.arrivals[:, c] = problem.arrivals.T
            for name in ("harvest", "gain"):
                table = getattr(self.episodes, name)
                table[:-1, c] = getattr(problem, name).T
                table[-1, c] = table[-2, c]  # a problem does not say what follows its last slot
            self.episodes.carbon[:-1, c] = problem.carbon
            self.episodes.carbon[-1, c] = problem.carbon[-1]
        stacked = {
            name: np.stack([getattr(problem, name) for problem in problems])
            for name in ("local_power_cap", "offload_power_cap", "buffer", "battery", "overflow_scale")
        }
        self.furnish(
            **stacked,
            weights=np.stack([problem.weights for problem in problems]),
            carbon_reference=np.array([problem.carbon_reference for problem in problems]),
        )
        self._coupled = list(problems) if self.pattern.coupled else []
        self.begin(
            np.stack([problem.initial_buffer for problem in problems]),
            np.stack([problem.initial_battery for problem in problems]),
        )

    def furnish(
        self,
        *,
        local_power_cap: Floats,
        offload_power_cap: Floats,
        buffer: Floats,
        battery: Floats,
        overflow_scale: Floats,
        weights: Floats,
        carbon_reference: Floats,
    ) -> None:
        """Devices of all copies: arrays of (copies, users), weights (copies, 4), carbon_reference (copies,)."""
        most = self.pattern.slot_length * (local_power_cap + offload_power_cap)
        emitted, delay, waste, overflow = weights.T[:, :, None]
        event = self.pattern.overflow == "event"
        reference, rate = carbon_reference[:, None], np.log1p(offload_power_cap * GAIN_REFERENCE)
        columns = {
            "local_power_cap": local_power_cap,
            "offload_power_cap": offload_power_cap,
            "buffer": buffer,
            "battery": battery,
            "per_gram": emitted / (reference * most),
            "per_held": delay / buffer,
            "per_wasted": waste / most,
            "per_dropped": 0.0 if event else overflow / overflow_scale,
            "per_event": overflow if event else 0.0,
            "buffer_unit": 1.0 / buffer,
            "energy_unit": 1.0 / most,
            "rate_unit": np.divide(1.0, rate, out=np.zeros_like(rate), where=rate > 0.0),
            "carbon_unit": 1.0 / reference,
            "battery_unit": np.divide(1.0, battery, out=np.zeros_like(battery), where=battery > 0.0),
        }
        for name, values in columns.items():
            self._devices[name] = values

    def begin(self, held: Floats, charge: Floats) -> None:
        """Stand before the first slot."""
        self._states["held"], self._states["charge"], self._states["sinr"] = held, charge, 0.0
        self.slot, self.begun = 0, True

    def snapshot(self) -> dict[str, Array]:
        """The slot, and the state of all devices."""
        return {"slot": np.array([self.slot]), **{name: self._states[name].copy() for name in STATE.names or ()}}

    def restore(self, arrays: Arrays) -> None:
        """Stand in the present episodes where a snapshot says."""
        for name in STATE.names or ():
            self._states[name] = validation.stored(arrays, name, self._states.shape)
        self.slot = validation.integer(
            "slot", int(validation.stored(arrays, "slot", (1,))[0]), minimum=0, maximum=self.slots - 1
        )

    def play(self, actions: Array, view: View, out: NDArray[np.float32]) -> None:
        """One slot of every copy, then what `view` shows of the next one.

        Parameters
        ----------
        actions : numbers in [0, 1], (copies, users, 2)
        view : View
        out : float32 (copies, users, features)
        """
        if self.slot >= self.slots:
            validation.reject("step", "must follow reset: no episode has begun, or it has ended", f"slot {self.slot}")
        given = np.asarray(actions)
        if given.shape != self._actions.shape or given.dtype.kind not in "fiu":
            rule = f"must be numbers of shape {' x '.join(map(str, self._actions.shape))} (copies, users, 2)"
            validation.reject("actions", rule, given)
        self._actions[...] = given
        self._interfere()
        seen = self._nothing if view.all_users else out
        bad = play(
            self.slot,
            self._constants,
            self.episodes,
            self._devices,
            self._states,
            self._actions,
            self._given,
            self.reward,
            self.parts,
            view.wide,
            view.charged,
            seen,
        )
        if bad >= 0:
            self._refuse(bad)
        self.slot += 1
        if view.all_users:
            self.look(view, out)

    def look(self, view: View, out: NDArray[np.float32]) -> None:
        """Put what `view` shows at the present slot into an array of (copies, users, features)."""
        if view.all_users:
            features = np.empty((self.copies, self.users, len(view.complete.names)), np.float32)
            self.look(view.complete, features)
            gather(features, out)
        else:
            observe(self.slot, self.episodes, self._devices, self._states, view.wide, view.charged, out)

    def _interfere(self) -> None:
        """The ratios of all users where they depend on each other's powers."""
        if not self._coupled:
            return
        bad = np.flatnonzero(~((self._actions >= 0.0) & (self._actions <= 1.0)))
        if len(bad):
            self._refuse(int(bad[0]))
        for c, problem in enumerate(self._coupled):  # problems, not their episodes: these lose their marks in a deep copy
            interfere(problem.episode, self.slot, self._actions[c, :, 1] * problem.offload_power_cap, self._given[c])

    def _refuse(self, index: int) -> NoReturn:
        copy, user, which = (int(k) for k in np.unravel_index(index, self._actions.shape))
        rule = "must be powers over caps, at least 0 and at most 1, everywhere"
        raise ValueError(f"actions: {rule}; got {self._actions[copy, user, which]} at index [{copy}, {user}, {which}]")
