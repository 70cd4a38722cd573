"""Where an environment's episodes come from: drawn by `generate`, or given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import ENVIRONMENTS, Seed, SeedRecord, generator, put_words, words
from edgeworth.solvers.scheduling.model import Episode, generate
from edgeworth.solvers.scheduling.model.problem import CHOICES, NUMBERS


class Drawn:
    """Episodes that `generate` makes of the same arguments, every copy with a stream of its own.

    Of several rates copy c plays the one at place c, then that at c + copies, and so on, from the first one again after the
    last one. pattern: an episode of that kind; seed: what a policy that was trained here is refused on.
    """

    def __init__(self, settings: Mapping[str, Any], seed: Seed, copies: int) -> None:
        rates = settings.get("rate")
        several = list(rates) if isinstance(rates, Sequence) else [rates]
        if not several:
            validation.reject("rate", "must be a number, or several", rates)
        self._kinds, self._copies = [{**settings, "rate": rate} for rate in several], copies
        self._patterns = [generate(**kind, seed=0) for kind in self._kinds]
        self.pattern = self._patterns[0]
        self._before: list[Array] = []
        self.restart(seed)

    def restart(self, seed: Seed) -> None:
        """Begin all streams anew."""
        rng, self.seed = generator(seed, ENVIRONMENTS)
        word = int(rng.integers(0, 2**63))
        seeds = [np.random.SeedSequence(word, spawn_key=(c,)) for c in range(self._copies)]
        self._streams, self._round = [np.random.default_rng(each) for each in seeds], 0

    def draw(self) -> list[Episode]:
        """The next episode of every copy."""
        self._before = [words(stream) for stream in self._streams]
        first, kinds = self._round * self._copies, self._kinds
        self._round += 1
        return [generate(**kinds[(first + c) % len(kinds)], seed=stream) for c, stream in enumerate(self._streams)]

    def snapshot(self) -> dict[str, Array]:
        """Where the streams stood before the episodes that were drawn last."""
        pattern = validation.marks(each.hash for each in self._patterns)
        return {"streams": np.stack(self._before), "round": np.array([self._round - 1]), "pattern": pattern}

    def restore(self, arrays: Arrays) -> None:
        """Put the streams there."""
        validation.same_marks(arrays, "pattern", (each.hash for each in self._patterns))
        for stream, kept in zip(self._streams, validation.stored(arrays, "streams", (self._copies, 6)), strict=True):
            put_words(stream, kept)
        self._round = int(validation.stored(arrays, "round", (1,))[0])


class Given:
    """Episodes that are given, in turn: copy c plays c, then c + copies, and so on. They do not depend on seeds."""

    def __init__(self, problems: Sequence[Episode], copies: int, seed: Seed) -> None:
        self.problems = tuple(problems)
        if not self.problems:
            validation.reject("problems", "must hold at least one", self.problems)
        for each in self.problems:
            if not isinstance(each, Episode):
                validation.reject_type("problems", "must be Episode problems", each)
        self.pattern, self._copies, self._round, self.seed = self.problems[0], copies, 0, None
        for each in self.problems[1:]:
            for name in ("devices", *NUMBERS, *CHOICES):
                if getattr(each, name) != getattr(self.pattern, name):
                    rule = f"must have the same {name}, {getattr(self.pattern, name)}"
                    validation.reject("problems", rule, getattr(each, name))
        generator(seed, ENVIRONMENTS)  # refuses what is no seed

    def restart(self, seed: Seed) -> None:
        generator(seed, ENVIRONMENTS)  # refuses what is no seed
        self._round = 0

    def draw(self) -> list[Episode]:
        first = self._round * self._copies
        self._round += 1
        return [self.problems[(first + c) % len(self.problems)] for c in range(self._copies)]

    def snapshot(self) -> dict[str, Array]:
        return {"round": np.array([self._round - 1]), "problems": validation.marks(each.hash for each in self.problems)}

    def restore(self, arrays: Arrays) -> None:
        validation.same_marks(arrays, "problems", (each.hash for each in self.problems))
        self._round = int(validation.stored(arrays, "round", (1,))[0])


def source_of(problems: Sequence[Episode] | None, settings: Mapping[str, Any], seed: Seed, copies: int) -> Drawn | Given:
    """Of the problems where they are given, else of the arguments of `generate`."""
    if problems is None:
        return Drawn(settings, seed, copies)
    for name, item in settings.items():
        if item is not None:
            validation.reject(name, "must not be given where problems are", item)
    return Given(problems, copies, seed)


def remembered(episode: Episode, seed: SeedRecord, copy: int) -> Episode:
    """The episode with the environment's seed, by which a policy that was trained there is refused."""
    known = episode.provenance
    if known.seed != "generator":  # it was given
        return episode
    parameters = {**known.parameters, "preset": known.name, "copy": copy}
    return replace(episode, provenance=Provenance("arrays", "vector_env", parameters, seed))
