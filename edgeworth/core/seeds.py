"""Where randomness comes from. No global generator is read or set anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeworth.core import validation

Seed = int | np.random.SeedSequence | np.random.Generator | None
SeedRecord = int | str | None


INSTANCES = 1
"""The stream of problem generators: instance seed 0 and method seed 0 must not draw the same numbers."""


def generator(seed: Seed, stream: int = 0) -> tuple[np.random.Generator, SeedRecord]:
    """Normalise a seed once, and say how the run can be repeated. `stream`: 0 for methods, `INSTANCES` for generators; integer
    seeds of different streams give independent numbers.

    Returns the generator and the record kept in the result: the integer itself (0 is a seed); for a `SeedSequence` its
    entropy and spawn key as text; for None the fresh entropy drawn here, an integer that repeats the run; for a
    `Generator` the word "generator", because its state belongs to the caller.

    Raises TypeError for anything else, ValueError for negative integers.
    """
    if seed is None:
        seed = _plain(np.random.SeedSequence().entropy)
    if isinstance(seed, np.random.Generator):
        return seed, "generator"
    if isinstance(seed, np.random.SeedSequence):
        return np.random.default_rng(seed), f"entropy={seed.entropy} spawn_key={tuple(seed.spawn_key)}"
    number = validation.integer("seed", seed, minimum=0)
    return np.random.default_rng(np.random.SeedSequence(number, spawn_key=(stream,) if stream else ())), number


def _plain(entropy: Any) -> int:
    return int(entropy)
