"""Where an environment's episodes come from: given problems, `generate`, or compiled loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Floats
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import ENVIRONMENTS, Seed, SeedRecord, generator, put_words, words
from edgeworth.solvers.carbon_offloading.env.kernels.draw import Distribution, Drawn, begin, draw
from edgeworth.solvers.carbon_offloading.env.scenario import Scenario
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, Law, dominant_scale
from edgeworth.solvers.carbon_offloading.model.channels import HOLE
from edgeworth.solvers.carbon_offloading.model.presets import NOISE, REFERENCE_LOSS, SPREAD

if TYPE_CHECKING:
    from edgeworth.solvers.carbon_offloading.env.engine import Engine

_SHARED = (
    *("users", "slots", "slot_length", "bandwidth", "switched_capacitance", "cycles_per_bit", "energy", "overflow"),
    "coupled",
)
_ROWS = (
    *("arrivals", "harvest", "gain", "local_power_cap", "offload_power_cap", "buffer", "initial_buffer"),
    *("battery", "initial_battery", "overflow_scale"),
)


class Source(Protocol):
    """Episodes for an engine. pattern: a problem whose sizes and physical constants all episodes share."""

    pattern: CarbonOffloading
    batteries: bool

    def restart(self, seed: Seed) -> None:
        """Begin all streams anew."""

    def fill(self, engine: Engine) -> None:
        """Put the next episode into every copy."""

    def problem(self, engine: Engine, copy: int) -> CarbonOffloading:
        """The episode that a copy is playing."""

    def snapshot(self) -> dict[str, Array]:
        """Where the streams stood before the episodes that are being played."""

    def restore(self, arrays: Arrays) -> None:
        """Put the streams there: what is filled next are these episodes."""


def playing(source: Source, engine: Engine, copy: int) -> CarbonOffloading:
    """The episode that a copy is playing; ValueError before the first one."""
    if not engine.begun:
        validation.reject("problem", "must follow reset: no episode has begun", copy)
    return source.problem(engine, copy)


def _word(seed: Seed) -> tuple[np.uint64, SeedRecord]:
    rng, record = generator(seed, ENVIRONMENTS)
    return rng.integers(0, 2**64, dtype=np.uint64), record


class Given:
    """Problems that are given, in turn; they do not depend on seeds."""

    def __init__(self, problems: Sequence[CarbonOffloading], copies: int, seed: Seed) -> None:
        self._problems, self._copies, self._next, self._before = tuple(problems), copies, 0, 0
        if not self._problems:
            validation.reject("problems", "must hold at least one problem", problems)
        for each in self._problems:
            if not isinstance(each, CarbonOffloading):
                validation.reject_type("problems", "must be CarbonOffloading problems", each)
            for name in _SHARED:
                first, own = getattr(self._problems[0], name), getattr(each, name)
                if own != first:
                    validation.reject("problems", f"must all have the same {name} as the first, {first}", own)
        self._playing: list[CarbonOffloading] = []
        self.pattern = self._problems[0]
        self.batteries = any(bool(np.any(each.battery > 0.0)) for each in self._problems)
        self.restart(seed)

    @property
    def problems(self) -> tuple[CarbonOffloading, ...]:
        """All that are played."""
        return self._problems

    def restart(self, seed: Seed) -> None:
        generator(seed, ENVIRONMENTS)  # refuses what is no seed
        self._next = 0

    def snapshot(self) -> dict[str, Array]:
        return {"next": np.array([self._before]), "problems": validation.marks(each.hash for each in self._problems)}

    def restore(self, arrays: Arrays) -> None:
        validation.same_marks(arrays, "problems", (each.hash for each in self._problems))
        self._next = int(validation.stored(arrays, "next", (1,))[0])

    def fill(self, engine: Engine) -> None:
        count = len(self._problems)
        self._before = self._next
        self._playing = [self._problems[(self._next + c) % count] for c in range(self._copies)]
        self._next += self._copies
        engine.load(self._playing)

    def problem(self, engine: Engine, copy: int) -> CarbonOffloading:
        return self._playing[copy]


class Generated:
    """Problems that `generate` makes of one scenario, every copy with seeds of its own; of one user only, if one is named."""

    def __init__(
        self, scenario: Scenario, gains: Literal["matrix", "gamma"], seed: Seed, copies: int, user: int | None = None
    ) -> None:
        self._scenario, self._gains, self._copies, self._user = scenario, gains, copies, user
        self._playing: list[CarbonOffloading] = []
        self.pattern = self._of_user(scenario.draw(seed=0, gains=gains))
        self.batteries = bool(np.any(self.pattern.battery > 0.0))
        self.restart(seed)

    def restart(self, seed: Seed) -> None:
        word, self._seed = _word(seed)
        seeds = [np.random.SeedSequence(int(word), spawn_key=(c,)) for c in range(self._copies)]
        self._streams = [np.random.default_rng(each) for each in seeds]
        self._before = np.array([words(stream) for stream in self._streams])

    def snapshot(self) -> dict[str, Array]:
        return {"streams": self._before.copy(), "pattern": validation.marks([self.pattern.hash])}

    def restore(self, arrays: Arrays) -> None:
        validation.same_marks(arrays, "pattern", [self.pattern.hash])
        for stream, state in zip(self._streams, validation.stored(arrays, "streams", (self._copies, 6)), strict=True):
            put_words(stream, state)

    def fill(self, engine: Engine) -> None:
        self._before = np.array([words(stream) for stream in self._streams])
        seeds = [int(stream.integers(2**62)) for stream in self._streams]
        self._playing = [self._of_user(self._scenario.draw(seed=seed, gains=self._gains)) for seed in seeds]
        engine.load(self._playing)

    def problem(self, engine: Engine, copy: int) -> CarbonOffloading:
        """With the environment's seed, by which a policy that was trained on it is refused; that of `draw` is kept beside."""
        playing = self._playing[copy]
        drawn = playing.provenance
        parameters = {**drawn.parameters, "scenario": drawn.name, "episode_seed": drawn.seed, "copy": copy}
        return replace(playing, provenance=Provenance("arrays", "vector_env", parameters, self._seed))

    def _of_user(self, problem: CarbonOffloading) -> CarbonOffloading:
        return problem if self._user is None else alone(problem, self._user)


def alone(problem: CarbonOffloading, user: int) -> CarbonOffloading:
    """The problem of one user, which is the same whatever the others do.

    Raises
    ------
    ValueError
        Where users interfere, and for a user that there is not.
    """
    if problem.coupled:
        rule = "must be one whose users do not interfere (receiver 'zf', csi_error 0); parallel_env takes all of them"
        validation.reject("problem", rule, problem.receiver)
    validation.integer("user", user, minimum=0, maximum=problem.users - 1)
    rows: dict[str, Any] = {name: getattr(problem, name)[user : user + 1] for name in _ROWS}
    return replace(problem, **rows, law=None)


class Live:
    """Episodes of one scenario with gamma gains, drawn for all copies at once by compiled loops."""

    def __init__(self, scenario: Scenario, seed: Seed, copies: int) -> None:
        self.pattern = pattern = scenario.draw(seed=0, gains="gamma")
        law = pattern.law
        if law is None:
            raise RuntimeError("generate returned a problem without its law")
        self._scenario, self._law = scenario, law
        self.batteries = bool(np.any(pattern.battery > 0.0))
        shape = (copies, pattern.users)
        self._words, self._before = np.zeros(shape, np.uint64), np.zeros(shape, np.uint64)
        self._packets = pattern.slot_length * scenario.load / law.packet
        self._distribution = Distribution(
            packets=self._packets,
            packet=law.packet,
            quanta=float(law.mean_harvest[0, 0]) / law.quantum,
            quantum=law.quantum,
            strength=REFERENCE_LOSS / NOISE,
            hole=HOLE,
            radius=float(scenario.radius),
            step=pattern.slot_length * scenario.speed,
            correlation=law.correlation,
            shape=law.gain_shape,
            unequal=int(scenario.preset == "heterogeneous"),
            least=SPREAD[0],
            most=SPREAD[1],
            filled=float(pattern.buffer[0]) / 5.0 if scenario.initial_buffer == "random" else 0.0,
        )
        self._held, self._scale, self._caps = np.zeros(shape), np.ones(shape), (np.zeros(shape), np.zeros(shape))
        self._drawn: Drawn | None = None
        self.restart(seed)

    def restart(self, seed: Seed) -> None:
        word, self._seed = _word(seed)
        begin(word, self._words)

    def snapshot(self) -> dict[str, Array]:
        return {"words": self._before.copy(), "pattern": validation.marks([self.pattern.hash])}

    def restore(self, arrays: Arrays) -> None:
        validation.same_marks(arrays, "pattern", [self.pattern.hash])
        self._words[...] = validation.stored(arrays, "words", self._words.shape)

    def fill(self, engine: Engine) -> None:
        pattern, tables, shape = self.pattern, engine.episodes, self._words.shape
        self._before = self._words.copy()
        if self._drawn is None:
            rest = (np.zeros(shape) for _ in Drawn._fields[3:])
            self._drawn = Drawn(tables.arrivals, tables.harvest, tables.gain, *rest)
        drawn = self._drawn
        draw(self._distribution, self._words, drawn)
        tables.carbon[...] = pattern.carbon[0]
        cap = float(self._scenario.power_cap)
        self._caps = cap * drawn.local_factor, cap * drawn.offload_factor
        self._scale = self._overflow_scale(drawn)
        engine.furnish(
            local_power_cap=self._caps[0],
            offload_power_cap=self._caps[1],
            buffer=np.full(shape, pattern.buffer[0]),
            battery=np.full(shape, pattern.battery[0]),
            overflow_scale=self._scale,
            weights=np.tile(pattern.weights, (shape[0], 1)),
            carbon_reference=np.full(shape[0], pattern.carbon_reference),
        )
        given = self._scenario.initial_buffer
        self._held = drawn.initial_buffer.copy() if isinstance(given, str) else np.tile(pattern.initial_buffer, (shape[0], 1))
        engine.begin(self._held, np.full(shape, pattern.initial_battery[0]))

    def _overflow_scale(self, drawn: Drawn) -> Floats:
        """A_0 of all copies and users, as `generate` and the model set it."""
        pattern, factor = self.pattern, drawn.load_factor
        chosen = pattern.provenance.parameters["overflow_scale"]
        if chosen == "mean-arrival":
            return np.maximum(pattern.slot_length * self._scenario.load * factor, 1.0)
        if chosen != "dominant":
            return np.full(factor.shape, pattern.overflow_scale[0])
        # Of an episode the scale depends on its worst gain and its length: one slot of that gain with a delay so much dearer
        # has the same scale.
        carbon, delay, waste, overflow = pattern.weights.tolist()
        agents = factor.size
        one = CarbonOffloading(
            arrivals=np.zeros((agents, 1)),
            harvest=np.zeros((agents, 1)),
            gain=drawn.worst_gain.reshape(agents, 1),
            carbon=pattern.carbon[:1],
            local_power_cap=self._caps[0].ravel(),
            offload_power_cap=self._caps[1].ravel(),
            buffer=np.full(agents, pattern.buffer[0]),
            weights=np.array([carbon, delay * pattern.slots, waste, overflow]),
            carbon_reference=pattern.carbon_reference,
            slot_length=pattern.slot_length,
            bandwidth=pattern.bandwidth,
            switched_capacitance=pattern.switched_capacitance,
            cycles_per_bit=pattern.cycles_per_bit,
            overflow_scale=1.0,
        )
        return dominant_scale(one).reshape(factor.shape)

    def problem(self, engine: Engine, copy: int) -> CarbonOffloading:
        pattern, drawn, law = self.pattern, self._drawn, self._law
        if drawn is None:
            raise RuntimeError("no episode has been drawn")
        slots = pattern.slots
        mean = pattern.slot_length * self._scenario.load * drawn.load_factor[copy]
        return replace(
            pattern,
            arrivals=drawn.arrivals[:, copy].T,
            harvest=drawn.harvest[:slots, copy].T,
            gain=drawn.gain[:slots, copy].T,
            local_power_cap=self._caps[0][copy],
            offload_power_cap=self._caps[1][copy],
            initial_buffer=self._held[copy],
            overflow_scale=self._scale[copy],
            law=Law(
                np.repeat(mean[:, None], slots, axis=1),
                law.mean_harvest,
                law.gain_shape * drawn.first_scale[copy],
                law.packet,
                law.quantum,
                law.correlation,
                law.gain_shape,
            ),
            provenance=Provenance("arrays", "vector_env", {"copy": copy}, self._seed),
        )


def source_of(scenario: Scenario, gains: Literal["matrix", "gamma"], seed: Seed, copies: int) -> Live | Generated:
    """Compiled loops where they can draw the scenario, else `generate`, which refuses what does not go together."""
    if gains == "gamma" and scenario.preset != "day":
        return Live(scenario, seed, copies)
    return Generated(scenario, gains, seed, copies)
