"""Hypothesis is imported when a strategy is asked for, never before."""

from __future__ import annotations

from typing import Any

from edgeworth.core.errors import MissingExtraError


def hypothesis_strategies() -> Any:
    """The module ``hypothesis.strategies``; `MissingExtraError` names the extra where it is not installed."""
    try:
        from hypothesis import strategies
    except ImportError as error:
        raise MissingExtraError("edgeworth.testing's strategies", "dev") from error
    return strategies
