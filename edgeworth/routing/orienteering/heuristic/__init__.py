"""Heuristics of orienteering: methods without a proof."""

from edgeworth.routing.orienteering.heuristic.colony import Eaco, ant_colony
from edgeworth.routing.orienteering.heuristic.colony_search import EacoLs, ant_colony_local_search
from edgeworth.routing.orienteering.heuristic.constructive import greedy_insertion

__all__ = ["Eaco", "EacoLs", "ant_colony", "ant_colony_local_search", "greedy_insertion"]
