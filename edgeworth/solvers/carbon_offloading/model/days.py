"""A day of sun and grid: traces, or synthetic ones."""

from __future__ import annotations

from os import PathLike
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.datasets.carbon import Trace, fetch_carbon, read_trace

_DAY = 86_400.0
_SHARES = ("pct", "percent", "%")
"""How headings end that hold no intensity, such as the share of renewable energy in files of Electricity Maps."""
_MEAN_CLOUDS = 0.79655  # of 0.2 + 0.8 / (1 + exp(-1.5 (z + 1))) over standard normal z, by quadrature


class Day(NamedTuple):
    """What the sun yields and the grid emits in every slot.

    solar: of the largest that the panel ever yields; mean_solar: the mean of that time of day; carbon: g/J.
    """

    solar: Floats
    mean_solar: Floats
    carbon: Floats
    solar_name: str
    carbon_name: str


def profile(slots: int, slot_length: float) -> Floats:
    """How busy users are, mean 1 over a day (ours): least at 5 in the morning, most at 5 in the afternoon."""
    hour = _hours(slots, slot_length)
    return 1.0 + 0.6 * np.cos(2.0 * np.pi * (hour - 17.0) / 24.0)


def _hours(slots: int, slot_length: float) -> Floats:
    return np.asarray(((np.arange(slots) + 0.5) * slot_length / 3600.0) % 24.0)


class Traces(NamedTuple):
    """Files of sun and carbon intensity, None: to be downloaded; and the columns to read, None: the first."""

    solar: str | PathLike[str] | None
    intensity: str | PathLike[str] | None
    city: str | None
    zone: str | None


def day(rng: np.random.Generator, slots: int, slot_length: float, traces: Traces | None) -> Day:
    """A day that the generator draws: one of the traces' days, without traces a synthetic one."""
    if traces is None:
        return _synthetic(rng, slots, slot_length)
    if traces.solar is None or traces.intensity is None:
        sun, grid = fetch_carbon(traces.city, traces.zone)
    else:
        sun = read_trace(traces.solar, traces.city, argument="city")
        grid = read_trace(traces.intensity, traces.zone, argument="zone")
    return _traced(rng, slots, slot_length, sun, grid)


def _traced(rng: np.random.Generator, slots: int, slot_length: float, sun: Trace, grid: Trace) -> Day:
    """A day of the traces, each begun whole days after its first row, by as many as leave room for all slots."""
    span = slots * slot_length
    days = int((min(sun.seconds, grid.seconds) - span) // _DAY)
    if days < 0:
        validation.reject("slots", f"must fit the traces of {min(sun.seconds, grid.seconds):g} s", slots)
    begin = _DAY * int(rng.integers(0, days + 1))
    times = np.arange(slots) * slot_length
    peak = float(sun.values.max())
    if peak <= 0.0:
        validation.reject("solar", "must hold a positive value", sun.name)
    if grid.name.casefold().endswith(_SHARES):
        validation.reject("zone", "must be a column of g/kWh, not of shares", grid.name)
    whole = range(int((sun.seconds - span) // _DAY) + 1)
    mean = np.mean([sun.at(_DAY * k + times) for k in whole], axis=0)
    return Day(sun.at(begin + times) / peak, mean / peak, grid.at(begin + times) / 3.6e6, sun.name, grid.name)


def _synthetic(rng: np.random.Generator, slots: int, slot_length: float) -> Day:
    """A clear sky from 6 to 18 o'clock under drifting clouds, and a grid with a dip at noon and an evening peak (ours)."""
    hour = _hours(slots, slot_length)
    clear = np.maximum(0.0, np.sin(np.pi * (hour - 6.0) / 12.0)) ** 1.2
    memory = np.exp(-slot_length / 3600.0)
    state, drift = rng.standard_normal(), np.empty(slots)
    for t, fresh in enumerate(rng.standard_normal(slots)):
        state = memory * state + np.sqrt(1.0 - memory**2) * fresh
        drift[t] = state
    clouds = 0.2 + 0.8 / (1.0 + np.exp(-1.5 * (drift + 1.0)))
    dip = 140.0 * np.exp(-(((hour - 13.0) / 3.0) ** 2))
    evening = 110.0 * np.exp(-(((hour - 19.5) / 2.0) ** 2))
    carbon = (300.0 - dip + evening + 10.0 * np.cos(2.0 * np.pi * hour / 24.0 + rng.uniform(0.0, 2.0 * np.pi))) / 3.6e6
    return Day(clear * clouds, clear * _MEAN_CLOUDS, carbon, "synthetic", "synthetic")
