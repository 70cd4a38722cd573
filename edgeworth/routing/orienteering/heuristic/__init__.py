"""Heuristics of orienteering: methods without a proof."""

from edgeworth.routing.orienteering.heuristic.colony import Eaco, eaco
from edgeworth.routing.orienteering.heuristic.colony_search import EacoLs, eaco_ls
from edgeworth.routing.orienteering.heuristic.constructive import greedy

__all__ = ["Eaco", "EacoLs", "eaco", "eaco_ls", "greedy"]
