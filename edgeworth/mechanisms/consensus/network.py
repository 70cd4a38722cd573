"""How messages travel: delays, losses, copies and partitions, until the network heals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation

_DRAWS = 65_536


@dataclass(frozen=True)
class Network:
    """A network of replicas and one client.

    Parameters
    ----------
    least, mean : float
        A message takes ``least`` seconds, > 0, and an exponential time of that mean, >= 0: later ones overtake earlier ones.
    rate : float
        Bytes a second of every link, > 0; infinite: size does not matter.
    loss, copies : float
        Probabilities, in [0, 1), that a message is lost and that it arrives twice.
    partitions : tuple of (float, float, tuple of int)
        From when until when, in seconds, messages between that group and the others are lost.
    heals : float
        Seconds, >= 0, from which on nothing is lost.

    Raises
    ------
    ValueError, TypeError
        For a number out of range, and for a partition that ends before it begins or after the network heals.
    """

    least: float = 0.002
    mean: float = 0.003
    rate: float = float("inf")
    loss: float = 0.0
    copies: float = 0.0
    partitions: tuple[tuple[float, float, tuple[int, ...]], ...] = ()
    heals: float = 0.0

    def __post_init__(self) -> None:
        validation.real("least", self.least, minimum=0.0, open_minimum=True)
        validation.real("mean", self.mean, minimum=0.0)
        if not (isinstance(self.rate, float) and self.rate > 0.0):
            validation.reject("rate", "must be a float above 0, infinite where size does not matter", self.rate)
        for name in ("loss", "copies"):
            if not validation.real(name, getattr(self, name), minimum=0.0) < 1.0:
                validation.reject(name, "must be below 1", getattr(self, name))
        heals = validation.real("heals", self.heals, minimum=0.0)
        if not isinstance(self.partitions, tuple):
            validation.reject_type("partitions", "must be a tuple of (begin, end, group)", self.partitions)
        for each in self.partitions:
            if not (isinstance(each, tuple) and len(each) == 3 and isinstance(each[2], tuple)):
                validation.reject_type("partitions", "must be a tuple of (begin, end, group)", each)
            begin, end, group = each
            if not 0.0 <= validation.real("begin", begin) <= validation.real("end", end) <= heals:
                validation.reject("partitions", f"must begin at 0 or later and end by {heals}, when the network heals", each)
            for number in group:
                validation.integer("group", number, minimum=0)


NETWORKS: dict[str, Network] = {
    "calm": Network(),
    "slow": Network(least=0.05, mean=0.2),
    "lossy": Network(loss=0.1, copies=0.05, heals=3.0),
    "partitioned": Network(partitions=((0.2, 2.0, (0, 1)), (2.5, 4.0, (1, 2, 3))), heals=4.0),
    "chaotic": Network(mean=0.1, loss=0.2, copies=0.1, partitions=((1.0, 3.0, (0, 2)),), heals=6.0),
}
"""Networks by name; the partitions of two of them cut off the replicas of those numbers."""


class Carrier:
    """When copies of a message arrive.

    Parameters
    ----------
    network : Network
        The network.
    rng : Generator
        Of its delays and losses.
    """

    def __init__(self, network: Network, rng: np.random.Generator) -> None:
        self.network, self._rng = network, rng
        self._waits: list[float] = []
        self._chances: list[float] = []
        self._groups = [(begin, end, frozenset(group)) for begin, end, group in network.partitions]
        self._uneven = network.loss > 0.0 or network.copies > 0.0

    def wait(self, size: int) -> float:
        """Seconds that a message of that many bytes takes."""
        if not self._waits:
            self._waits = self._rng.exponential(self.network.mean, _DRAWS).tolist() if self.network.mean else [0.0] * _DRAWS
        return self.network.least + self._waits.pop() + size / self.network.rate

    def copies(self, now: float, sender: int, receiver: int) -> int:
        """How many copies arrive: 0, 1 or 2."""
        if now >= self.network.heals and not self.network.copies:
            return 1
        for begin, end, group in self._groups:
            if begin <= now < end and (sender in group) != (receiver in group):
                return 0
        if not self._uneven:
            return 1
        if not self._chances:
            self._chances = self._rng.random(_DRAWS).tolist()
        chance = self._chances.pop()
        if now < self.network.heals and chance < self.network.loss:
            return 0
        return 2 if chance >= 1.0 - self.network.copies else 1


def network_of(network: Network | str) -> Network:
    """A network by its name, or as it is.

    Parameters
    ----------
    network : Network or str
        One of `NETWORKS`, or a network.

    Returns
    -------
    Network
    """
    if isinstance(network, Network):
        return network
    return NETWORKS[validation.choice("network", network, tuple(NETWORKS))]
