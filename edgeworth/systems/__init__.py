"""The papers end to end, one package of wiring each: their figures, comparisons, and every claim with its verdict."""

from __future__ import annotations

from edgeworth.core.lazy import subpackages

__all__, __getattr__, __dir__ = subpackages(__name__, __path__)
