"""Hypothesis is imported when a strategy is asked for, never before."""

from __future__ import annotations

from importlib.util import find_spec

from edgeworth.core.errors import MissingExtraError


def require_hypothesis() -> None:
    """`MissingExtraError` names the extra where Hypothesis is not installed."""
    if find_spec("hypothesis") is None:
        raise MissingExtraError("edgeworth.testing's strategies", "dev")
