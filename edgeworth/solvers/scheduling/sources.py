"""Where episodes of scheduling come from on the command line."""

from __future__ import annotations

from edgeworth.core.source import Option, Source
from edgeworth.solvers.scheduling.model import PRESETS

_ROOM = "edgeworth.solvers.scheduling.model"
_AZURE = {"preset": "azure"}
_RULES = (
    Option("epoch", "float", "seconds between decisions; 0: at every arrival (default: 0.5)"),
    Option("channel", "text", "radio, link or shared (default: radio)", choices=("radio", "link", "shared")),
    Option("order", "text", "fifo or edf (default: fifo)", choices=("fifo", "edf")),
    Option("late", "text", "abandon, skip or finish (default: abandon)", choices=("abandon", "skip", "finish")),
    Option("service", "text", "serial or sharing (default: serial)", choices=("serial", "sharing")),
    Option("mask", "text", "literal, slack or off (default: literal)", choices=("literal", "slack", "off")),
)

SOURCES: tuple[Source, ...] = (
    Source(
        function=f"{_ROOM}:generate",
        help="generate from a preset",
        options=(
            Option("preset", "text", "what to generate (default: table-2)", choices=PRESETS),
            Option("devices", "int", "number of devices (default: 10)"),
            Option("rate", "float", "tasks a second and device (default: 0.25, of saturated 0.1)"),
            Option("horizon", "float", "seconds in which tasks arrive (default: 600, of battery 1800)"),
            Option("work", "float", "GFLOP of every task; of azure the mean (default: uniform from 3 to 8)"),
            Option("trace", "path", "csv file of requests; means --preset azure", implies=_AZURE),
            Option("fetch", "flag", "download the public trace of requests once; means --preset azure", implies=_AZURE),
            *_RULES,
        ),
    ),
    Source(
        function=f"{_ROOM}:read_csv",
        help="tasks with the columns arrival, source, work and data",
        reads="tasks",
        options=(Option("devices", "int", "number of devices (default: as many as the tasks need)"), *_RULES),
    ),
)
