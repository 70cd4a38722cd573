"""Memories of off-policy learners: ring buffers of transitions, and noise to explore with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array

Singles = NDArray[np.float32]


class Transitions(NamedTuple):
    """Rows of a replay: observation, action, reward, next observation, and 1 where nothing followed, else 0; float32."""

    obs: Singles
    action: Singles
    reward: Singles
    following: Singles
    ended: Singles


class Replay:
    """The last transitions, in a ring of fixed capacity; nothing is allocated after it is made.

    Parameters
    ----------
    capacity : int
        Transitions that are kept.
    obs, action : int
        Lengths of an observation and of an action.

    Examples
    --------
    >>> import numpy as np
    >>> replay = Replay(4, obs=1, action=1)
    >>> for k in range(3):
    ...     replay.push(*(np.full((2, 1), k), np.zeros((2, 1)), np.zeros(2), np.zeros((2, 1)), np.zeros(2)))
    >>> len(replay), sorted(replay.rows.obs.ravel().tolist())
    (4, [1.0, 1.0, 2.0, 2.0])
    """

    def __init__(self, capacity: int, *, obs: int, action: int) -> None:
        self.capacity = validation.integer("capacity", capacity, minimum=1)
        shapes = ((capacity, obs), (capacity, action), (capacity,), (capacity, obs), (capacity,))
        self.rows = Transitions(*(np.zeros(shape, np.float32) for shape in shapes))
        self.pushed = 0
        """Transitions so far; those before the last `capacity` are overwritten."""

    def __len__(self) -> int:
        return min(self.pushed, self.capacity)

    def push(self, obs: Array, action: Array, reward: Array, following: Array, ended: Array) -> None:
        """Append transitions, over the oldest ones where the ring is full.

        Parameters
        ----------
        obs, following : array [rows, obs]
        action : array [rows, action]
        reward, ended : array [rows]
        """
        rows = len(reward)
        if rows > self.capacity:
            validation.reject("capacity", f"must be at least the {rows} transitions of one step", self.capacity)
        at = self.pushed % self.capacity
        first = min(rows, self.capacity - at)
        for kept, new in zip(self.rows, (obs, action, reward, following, ended), strict=True):
            kept[at : at + first] = new[:first]
            kept[: rows - first] = new[first:]
        self.pushed += rows

    def sample(self, generator: np.random.Generator, rows: int) -> Transitions:
        """Transitions drawn independently and uniformly.

        Parameters
        ----------
        generator : numpy.random.Generator
        rows : int
        """
        chosen = generator.integers(0, len(self), rows)
        return Transitions(*(each[chosen] for each in self.rows))

    def arrays(self) -> dict[str, Array]:
        """What it holds, as arrays."""
        kept = {name: each[: len(self)].copy() for name, each in self.rows._asdict().items()}
        return {**kept, "pushed": np.array([self.pushed, self.capacity])}

    def load(self, arrays: Mapping[str, Array]) -> None:
        """The inverse of `arrays`, into a ring of the same capacity.

        Parameters
        ----------
        arrays : mapping of ndarray
        """
        pushed, capacity = (int(each) for each in arrays["pushed"])
        if capacity != self.capacity:
            validation.reject("capacity", f"must be that of the checkpoint, {capacity}", self.capacity)
        self.pushed = pushed
        for name, each in self.rows._asdict().items():
            each[: len(self)] = arrays[name]


class Noise:
    """Noise that is added to actions: white, or an Ornstein-Uhlenbeck process in every row.

    Parameters
    ----------
    rows, dim : int
        Actions of one step, and their length.
    scale : float
        Standard deviation sigma of what is added in a step.
    pull : float
        theta, the share of the process that is lost in a step: x <- (1 - theta) x + sigma z. With 1 the noise is white;
        below, it is correlated over about 1 / theta steps, with the standard deviation sigma / sqrt(theta (2 - theta)) in the
        long run.

    References
    ----------
    Lillicrap et al., Continuous control with deep reinforcement learning, ICLR 2016, with a time step of 1.
    """

    def __init__(self, rows: int, dim: int, *, scale: float, pull: float) -> None:
        self.scale, self.pull = scale, pull
        self.present = np.zeros((rows, dim), np.float32)

    def draw(self, generator: np.random.Generator) -> Singles:
        """The next noise [rows, dim]; it belongs to the process."""
        self.present *= np.float32(1.0 - self.pull)
        self.present += np.float32(self.scale) * generator.standard_normal(self.present.shape, np.float32)
        return self.present

    def forget(self, rows: NDArray[np.bool_]) -> None:
        """Begin anew at 0 in these rows, whose episodes have ended.

        Parameters
        ----------
        rows : boolean array [rows]
        """
        self.present[rows] = 0.0
