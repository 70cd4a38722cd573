"""What an environment draws its episodes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from functools import wraps
from inspect import signature
from os import PathLike
from typing import Any, Literal, ParamSpec, TypeVar

from edgeworth.core import validation
from edgeworth.core.seeds import Seed
from edgeworth.solvers.carbon_offloading.model import PRESETS, CarbonOffloading, generate

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """The arguments of `generate` that all episodes of an environment share.

    Parameters
    ----------
    preset : {"caddto", "dense", "heterogeneous", "literal", "day"}
        As of `generate`.
    users, slots : int, optional
        As of `generate`, like every field that follows, with the same defaults.
    load : float
        bit/s.
    antennas : int, optional
    slot_length : float, optional
        s.
    packet : float, optional
        bit.
    harvest : float, optional
        W.
    intensity : float or path, optional
        g/kWh.
    solar : path, optional
    city, zone : str, optional
    fetch : bool
    power_cap : float
        W.
    buffer : float, optional
        bit.
    initial_buffer : float or "random"
        bit; "random" is what the paper's source trains with.
    battery : float
        J.
    radius, speed : float
        m, m/s.
    correlation : float
    receiver : {"zf", "mmse"}
    csi_error : float
    energy : {"commanded", "throttled"}
    overflow : {"per-bit", "event"}, optional
    overflow_scale : {"dominant", "mean-arrival"} or float, optional
    weights : tuple of 4 floats

    Notes
    -----
    The fields are checked by `generate`, when an environment is made. ``gains`` and ``seed`` are arguments of the environment.

    Examples
    --------
    >>> Scenario(preset="caddto", users=2, load=5e6).draw(seed=0).users
    2
    """

    preset: str = "caddto"
    users: int | None = None
    slots: int | None = None
    load: float = 3e6
    antennas: int | None = None
    slot_length: float | None = None
    packet: float | None = None
    harvest: float | None = None
    intensity: float | str | PathLike[str] | None = None
    solar: str | PathLike[str] | None = None
    city: str | None = None
    zone: str | None = None
    fetch: bool = False
    power_cap: float = 2.0
    buffer: float | None = None
    initial_buffer: float | Literal["random"] = 0.0
    battery: float = 0.0
    radius: float = 100.0
    speed: float = 1.0
    correlation: float = 0.95
    receiver: Literal["zf", "mmse"] = "zf"
    csi_error: float = 0.0
    energy: Literal["commanded", "throttled"] = "commanded"
    overflow: Literal["per-bit", "event"] | None = None
    overflow_scale: float | Literal["dominant", "mean-arrival"] | None = None
    weights: tuple[float, float, float, float] = (0.25, 0.25, 0.25, 0.25)

    def draw(self, *, seed: Seed = None, gains: Literal["matrix", "gamma"] = "matrix") -> CarbonOffloading:
        """One episode: `generate` with these arguments.

        Parameters
        ----------
        seed : int, SeedSequence or Generator, optional
        gains : {"matrix", "gamma"}
        """
        given: dict[str, Any] = {**asdict(self), "seed": seed, "gains": gains}
        return generate(**given)


def scenario_of(preset: str | None, scenario: Scenario | None) -> Scenario:
    """The scenario that is given, or named by its preset; "caddto" where neither is."""
    if scenario is None:
        return Scenario(preset="caddto" if preset is None else validation.choice("preset", preset, PRESETS))
    if not isinstance(scenario, Scenario):
        validation.reject_type("scenario", "must be a Scenario or None", scenario)
    if preset is not None:
        validation.reject("preset", "must be None where a scenario is given, which names its own", preset)
    return scenario


def by_scenario(make: Callable[P, R]) -> Callable[P, R]:
    """Let a maker of environments say that what episodes are like is told by a scenario, where it is told by keywords."""
    own, shared = signature(make).parameters, {field.name for field in fields(Scenario)}

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> R:
        for name, given in kwargs.items():
            if name in shared and name not in own:
                rule = f"must be given to {make.__name__} as scenario=Scenario({name}=...)"
                raise TypeError(f"{name}: {rule}; got {validation.shown(given)}")
        return make(*args, **kwargs)

    return made
