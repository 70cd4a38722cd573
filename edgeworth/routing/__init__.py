"""Routing problems: who visits whom, in which order, by when."""

from __future__ import annotations

from edgeworth.core.lazy import subpackages

__all__, __getattr__, __dir__ = subpackages(__name__, __path__)
