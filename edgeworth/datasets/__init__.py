"""Readers for public data formats that belong to no single problem. Downloads happen only when asked for, by checksum."""

from edgeworth.datasets.azure import Requests, fetch_requests, read_requests
from edgeworth.datasets.carbon import Trace, fetch_carbon, read_trace
from edgeworth.datasets.electricity import Loads, read_electricity
from edgeworth.datasets.eua import City, fetch_eua, read_eua

__all__ = [
    "City",
    "Loads",
    "Requests",
    "Trace",
    "fetch_carbon",
    "fetch_eua",
    "fetch_requests",
    "read_electricity",
    "read_eua",
    "read_requests",
    "read_trace",
]


def __dir__() -> list[str]:
    return __all__.copy()
