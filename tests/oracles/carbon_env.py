"""The vector environment of carbon-aware offloading as plain loops over copies and users, one Python float at a time.

Preset "caddto" and "heterogeneous" with gamma gains, zero forcing, commanded energy, overflow per bit on the dominant scale.
"""

from __future__ import annotations

import math

import numpy as np

_BITS = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15


def _mixed(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _BITS
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _BITS
    return z ^ (z >> 31)


class Stream:
    """Number n is the finaliser of key + n times the golden ratio."""

    def __init__(self, seed: int, copy: int, user: int) -> None:
        root = int(np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(2,))).integers(0, 2**64, dtype=np.uint64))
        self.word = _mixed((_mixed((_mixed(root) + copy * _GOLDEN) & _BITS) + user * _GOLDEN) & _BITS)

    def uniform(self) -> float:
        number = (_mixed(self.word) >> 11) / 9007199254740992.0
        self.word = (self.word + _GOLDEN) & _BITS
        return number

    def normals(self) -> tuple[float, float]:
        while True:
            first, second = 2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0
            square = first**2 + second**2
            if 0.0 < square < 1.0:
                factor = math.sqrt(-2.0 * math.log(square) / square)
                return factor * first, factor * second

    def gamma(self, shape: float, normal: float) -> float:
        d = shape - 1.0 / 3.0
        while True:
            v = (1.0 + normal / math.sqrt(9.0 * d)) ** 3
            number = self.uniform()
            if v > 0.0 and number < 1.0 - 0.0331 * normal**4:
                return d * v
            if v > 0.0 and number > 0.0 and math.log(number) < 0.5 * normal**2 + d * (1.0 - v + math.log(v)):
                return d * v
            normal, _ = self.normals()

    def poisson(self, mean: float) -> float:
        if mean < 600.0:
            number, mass, count = self.uniform(), math.exp(-mean), 0
            while number >= mass > 0.0:
                number -= mass
                count += 1
                mass *= mean / count
            return float(count)
        b = 0.931 + 2.53 * math.sqrt(mean)
        a = -0.059 + 0.02483 * b
        while True:
            first, second = self.uniform() - 0.5, 1.0 - self.uniform()
            edge = 0.5 - abs(first)
            if edge <= 0.0:
                continue
            count = math.floor((2.0 * a / edge + b) * first + mean + 0.43)
            if edge >= 0.07 and second <= 0.9277 - 3.6224 / (b - 2.0):
                return float(count)
            if count < 0 or (edge < 0.013 and second > edge):
                continue
            left = math.log(second * (1.1239 + 1.1328 / (b - 3.4)) / (a / edge**2 + b))
            if left <= count * math.log(mean) - mean - math.lgamma(count + 1.0):
                return float(count)


def _folded(place: float, wall: float) -> float:
    """Reflected step by step."""
    while abs(place) > wall:
        place = 2.0 * wall - place if place > wall else -2.0 * wall - place
    return place


class Device:
    """One user of one copy."""

    def __init__(self, seed: int, copy: int, user: int, setting: dict[str, float]) -> None:
        self.stream, self.setting = Stream(seed, copy, user), setting

    def begin(self) -> None:
        """Draw an episode."""
        s, draw = self.setting, self.stream
        slots, tau, shape, rho = int(s["slots"]), s["tau"], s["shape"], s["rho"]
        start = math.sqrt(100.0 + (100.0**2 - 100.0) * draw.uniform())
        load = local = sent = 1.0
        if s["unequal"]:
            start *= 0.3 + (3.0 - 0.3) * draw.uniform()
            load, local, sent = (0.3 + (3.0 - 0.3) * draw.uniform() for _ in range(3))
        start = max(start, 1.0)
        angle, heading = 2.0 * math.pi * draw.uniform(), 2.0 * math.pi * draw.uniform()
        draw.uniform()  # where the buffer begins, if that is random
        x, y, half = start * math.cos(angle), start * math.sin(angle), max(100.0, start) / math.sqrt(2.0)
        self.gain: list[float] = []
        self.harvest: list[float] = []
        self.arrivals: list[float] = []
        power = 0.0
        for t in range(slots + 1):
            if t == 0:
                power = draw.gamma(shape, draw.normals()[0])
            else:
                along, across = draw.normals()
                if shape <= 7.0:
                    rest = 0.5 * across**2 - math.log(math.prod(1.0 - draw.uniform() for _ in range(int(shape) - 1)))
                else:
                    rest = draw.gamma(shape - 0.5, across)
                mean = rho * math.sqrt(power)
                power = (mean + math.sqrt((1.0 - rho**2) / 2.0) * along) ** 2 + (1.0 - rho**2) * rest
            step = tau * s["speed"] * t
            at_x = _folded(x + step * math.cos(heading), max(half, abs(x)))
            at_y = _folded(y + step * math.sin(heading), max(half, abs(y)))
            self.gain.append(1e-3 / 1e-9 * max(math.hypot(at_x, at_y), min(start, 10.0)) ** -3 * power)
            self.harvest.append(2e-4 * draw.poisson(4.0))
            if t < slots:
                self.arrivals.append(100.0 * draw.poisson(s["load"] * load * tau / 100.0))
        self.local_cap, self.offload_cap, self.buffer = 2.0 * local, 2.0 * sent, 1e5
        self.held, self.sinr = 0.0, 0.0
        # the dominant scale of overflow, for weights of 1/4 each and a constant carbon intensity c = c_ref
        self.most = tau * (self.local_cap + self.offload_cap)
        bits = tau / 500.0 * (self.local_cap / 1e-27) ** (1.0 / 3.0)
        dearest = max(
            3.0 * self.local_cap * tau / bits, math.log(2.0) / 1e6 * (self.offload_cap + 1.0 / min(self.gain[:slots]))
        )
        self.per_dropped = 0.25 * slots / self.buffer + 2.0 * 0.25 / self.most * dearest

    def observation(self, t: int) -> list[float]:
        scale = math.log2(1.0 + self.offload_cap * 1e3)
        last, gain = math.log2(1.0 + self.sinr) / scale, math.log2(1.0 + self.offload_cap * self.gain[t]) / scale
        return [self.held / self.buffer, min(self.harvest[t] / self.most, 1.0), min(last, 4.0), min(gain, 4.0), 1.0]

    def step(self, t: int, local: float, sent: float) -> list[float]:
        """The four parts of the cost of slot t; local, sent: powers over caps."""
        tau = self.setting["tau"]
        local, sent = local * self.local_cap, sent * self.offload_cap
        self.sinr = sent * self.gain[t]
        bits = tau / 500.0 * (local / 1e-27) ** (1.0 / 3.0) + 1e6 * tau * math.log2(1.0 + self.sinr)
        energy, held = tau * (local + sent), self.held - min(self.held, bits) + self.arrivals[t]
        grid, waste = max(energy - self.harvest[t], 0.0), max(self.harvest[t] - energy, 0.0)
        dropped, self.held = max(held - self.buffer, 0.0), min(held, self.buffer)
        return [
            0.25 * grid / self.most,
            0.25 * self.held / self.buffer,
            0.25 * waste / self.most,
            self.per_dropped * dropped,
        ]


class NaiveEnv:
    """Copies and users one after the other."""

    def __init__(
        self, copies: int, *, seed: int, users: int = 5, slots: int = 200, shape: float = 4.0, **others: float
    ) -> None:
        setting = {"slots": slots, "tau": 1e-3, "shape": shape, "rho": 0.95, "speed": 1.0, "load": 3e6, "unequal": 0.0}
        setting |= others
        self.slots, self.t = slots, 0
        self.devices = [[Device(seed, c, u, setting) for u in range(users)] for c in range(copies)]

    def reset(self) -> list[list[list[float]]]:
        """All features of all devices."""
        self.t = 0
        for row in self.devices:
            for device in row:
                device.begin()
        return self.observations()

    def observations(self) -> list[list[list[float]]]:
        return [[device.observation(self.t) for device in row] for row in self.devices]

    def step(self, actions: list[list[list[float]]]) -> tuple[list[list[list[float]]], list[list[list[float]]], bool, object]:
        """Next observations, parts of the cost, whether the episode ended and, then, its last observations."""
        parts = [
            [device.step(self.t, *action) for device, action in zip(row, acts, strict=True)]
            for row, acts in zip(self.devices, actions, strict=True)
        ]
        self.t += 1
        if self.t < self.slots:
            return self.observations(), parts, False, None
        last = self.observations()
        return self.reset(), parts, True, last
