"""Planted faults: results that are wrong on purpose, to test checkers with.

Every plant takes a problem and a sound result and returns a faulty result, or None where that fault has no place in it (no
task that must be served, no certificate, ...). The faults that only results of one family can have are in a module here of the
family's kind, with hyphens as underscores; a family without one has the common faults.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from edgeworth import _families
from edgeworth.testing.faults.base import COMMON, Fault


def _own(kind: str) -> tuple[Fault, ...]:
    room = f"{__name__}.{kind.replace('-', '_')}"
    found: tuple[Fault, ...] = import_module(room).FAULTS if find_spec(room) else ()
    return found


FAULTS: dict[str, tuple[Fault, ...]] = {kind: COMMON + _own(kind) for kind in _families.FAMILIES}
"""Faults by problem kind."""

__all__ = ["COMMON", "FAULTS", "Fault"]
