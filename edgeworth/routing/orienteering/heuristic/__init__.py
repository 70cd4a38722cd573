"""Heuristics of orienteering: methods without a proof."""

from edgeworth.routing.orienteering.heuristic.constructive import greedy

__all__ = ["greedy"]
