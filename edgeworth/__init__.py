"""Edgeworth: optimisation and mechanism design for edge-computing markets.

Every answer comes with evidence that code which did not produce it can check. The public names below are resolved on first
use, so that ``import edgeworth`` costs next to nothing and pulls in no heavy dependency.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from edgeworth._version import __version__

if TYPE_CHECKING:
    from edgeworth.core.errors import FileFormatError as FileFormatError
    from edgeworth.core.errors import MissingExtraError as MissingExtraError
    from edgeworth.core.errors import NoSolutionError as NoSolutionError
    from edgeworth.core.io import load as load
    from edgeworth.core.method import Found as Found
    from edgeworth.core.observer import Observer as Observer
    from edgeworth.core.observer import Progress as Progress
    from edgeworth.core.precompile import compile_kernels as compile_kernels
    from edgeworth.core.result import (
        BoundEvidence as BoundEvidence,
    )
    from edgeworth.core.result import (
        Quality as Quality,
    )
    from edgeworth.core.result import (
        Result as Result,
    )
    from edgeworth.core.result import (
        Termination as Termination,
    )
    from edgeworth.core.stop import Stop as Stop
    from edgeworth.core.verdict import Report as Report
    from edgeworth.core.verdict import Verdict as Verdict
    from edgeworth.experiments import Comparison as Comparison
    from edgeworth.experiments import HeadToHead as HeadToHead
    from edgeworth.experiments import MethodSpec as MethodSpec
    from edgeworth.experiments import Study as Study
    from edgeworth.experiments import compare as compare
    from edgeworth.experiments import head_to_head as head_to_head

_PUBLIC = {
    "BoundEvidence": "edgeworth.core.result",
    "Comparison": "edgeworth.experiments",
    "FileFormatError": "edgeworth.core.errors",
    "Found": "edgeworth.core.method",
    "HeadToHead": "edgeworth.experiments",
    "MethodSpec": "edgeworth.experiments",
    "MissingExtraError": "edgeworth.core.errors",
    "NoSolutionError": "edgeworth.core.errors",
    "Observer": "edgeworth.core.observer",
    "Progress": "edgeworth.core.observer",
    "Quality": "edgeworth.core.result",
    "Report": "edgeworth.core.verdict",
    "Result": "edgeworth.core.result",
    "Stop": "edgeworth.core.stop",
    "Study": "edgeworth.experiments",
    "Termination": "edgeworth.core.result",
    "Verdict": "edgeworth.core.verdict",
    "compare": "edgeworth.experiments",
    "compile_kernels": "edgeworth.core.precompile",
    "head_to_head": "edgeworth.experiments",
    "load": "edgeworth.core.io",
}

_PACKAGES = (
    "datasets",
    "experiments",
    "forecasting",
    "games",
    "learning",
    "mechanisms",
    "routing",
    "solvers",
    "systems",
    "testing",
)

__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"edgeworth.{name}")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'edgeworth' has no attribute {name!r}")
    value = getattr(import_module(_PUBLIC[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, *_PACKAGES])
