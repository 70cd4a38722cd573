"""Where problems of carbon-aware offloading come from on the command line."""

from __future__ import annotations

from edgeworth.core.source import Option, Source
from edgeworth.solvers.carbon_offloading.model import PRESETS

_ROOM = "edgeworth.solvers.carbon_offloading.model"
_DAY = {"preset": "day"}

SOURCES: tuple[Source, ...] = (
    Source(
        function=f"{_ROOM}:generate",
        help="generate from a preset",
        options=(
            Option("preset", "text", "what to generate (default: caddto)", choices=PRESETS),
            Option("users", "int", "number of devices"),
            Option("slots", "int", "number of slots"),
            Option("load", "float", "mean arrivals of a device in bit/s (default: 3e6)"),
            Option("antennas", "int", "antennas of the base station (default: three more than devices)"),
            Option("buffer", "float", "bits that a device holds at most"),
            Option("battery", "float", "joules that a device stores at most (default: 0)"),
            Option("harvest", "float", "mean harvest in W"),
            Option("receiver", "text", "zf or mmse (default: zf)", choices=("zf", "mmse")),
            Option("gains", "text", "matrix or gamma (default: matrix)", choices=("matrix", "gamma")),
            Option("csi_error", "float", "error of the channel estimate, from 0 to below 1 (default: 0)"),
            Option("energy", "text", "commanded or throttled (default: commanded)", choices=("commanded", "throttled")),
            Option("overflow", "text", "per-bit or event (default: per-bit, of literal event)", choices=("per-bit", "event")),
            Option(
                "overflow_scale",
                "text",
                "dominant, with which dropping never pays, or mean-arrival (default: dominant, of literal mean-arrival)",
                choices=("dominant", "mean-arrival"),
            ),
            Option("solar", "path", "trace of a solar panel; means --preset day", implies=_DAY),
            Option("intensity", "path", "trace of carbon intensity in g/kWh; means --preset day", implies=_DAY),
            Option("city", "text", "column of the solar trace, e.g. Berlin; its hours are taken for those of the users"),
            Option("zone", "text", "column of the intensity trace, of g/kWh"),
            Option("fetch", "flag", "download public traces once; means --preset day", implies=_DAY),
        ),
    ),
)
