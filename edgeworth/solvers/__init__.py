"""Optimisation problems of edge computing."""

from __future__ import annotations

from edgeworth.core.lazy import subpackages

__all__, __getattr__, __dir__ = subpackages(__name__, __path__)
