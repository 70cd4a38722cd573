"""The one place that imports torch, when it is first needed, and runs it on one thread."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from edgeworth.core.errors import MissingExtraError


@cache
def torch() -> Any:
    """The module torch; `MissingExtraError` (extra "learn") where it is not installed."""
    if importlib.util.find_spec("torch") is None:
        raise MissingExtraError("training by edgeworth.learning.deep", "learn")
    return importlib.import_module("torch")


@contextmanager
def one_thread() -> Iterator[None]:
    """torch on one thread, and afterwards on as many as before.

    Small networks lose by more threads, and sums over several threads are not the same from run to run.
    """
    before = torch().get_num_threads()
    torch().set_num_threads(1)
    try:
        yield
    finally:
        torch().set_num_threads(before)
