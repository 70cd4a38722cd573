"""Where randomness comes from. No global generator is read or set anywhere."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation

Seed = int | np.random.SeedSequence | np.random.Generator | None
SeedRecord = int | str | None


INSTANCES = 1
"""The stream of problem generators: instance seed 0 and method seed 0 must not draw the same numbers."""
ENVIRONMENTS = 2
"""The stream of environments: an environment of seed 0 does not play the problem that `generate` makes of seed 0."""


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


def words(rng: np.random.Generator) -> NDArray[np.uint64]:
    """The state of a generator of NumPy's default kind as six 64-bit words, for files that hold arrays."""
    state: Any = rng.bit_generator.state
    if state["bit_generator"] != "PCG64":
        validation.reject("rng", "must be of NumPy's default kind, PCG64", state["bit_generator"])
    whole, low = state["state"], 2**64 - 1
    numbers = [whole["state"] >> 64, whole["state"] & low, whole["inc"] >> 64, whole["inc"] & low]
    return np.array([*numbers, state["has_uint32"], state["uinteger"]], np.uint64)


def put_words(rng: np.random.Generator, state: NDArray[np.uint64]) -> None:
    """Put a generator where `words` found it."""
    one, two, three, four, has, rest = (int(word) for word in state)
    rng.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": one << 64 | two, "inc": three << 64 | four},
        "has_uint32": has,
        "uinteger": rest,
    }


def _plain(entropy: Any) -> int:
    return int(entropy)
