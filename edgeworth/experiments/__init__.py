"""Experiments: methods x instances x method seeds -> one tidy table in which every row was verified, a plot, an HTML page."""

from edgeworth.experiments.comparison import Comparison, Setting
from edgeworth.experiments.sweep import MethodSpec, compare

__all__ = ["Comparison", "MethodSpec", "Setting", "compare"]
