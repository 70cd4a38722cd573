"""Experiments: methods x instances x method seeds -> one tidy table in which every row was verified, a plot, an HTML page."""

from edgeworth.experiments.across import head_to_head
from edgeworth.experiments.comparison import Comparison
from edgeworth.experiments.family_table import HeadToHead
from edgeworth.experiments.page import Section
from edgeworth.experiments.reproduction import Reproduction, reproduce
from edgeworth.experiments.setting import Setting
from edgeworth.experiments.study import Study
from edgeworth.experiments.sweep import compare
from edgeworth.experiments.tasks import MethodSpec

__all__ = [
    "Comparison",
    "HeadToHead",
    "MethodSpec",
    "Reproduction",
    "Section",
    "Setting",
    "Study",
    "compare",
    "head_to_head",
    "reproduce",
]


def __dir__() -> list[str]:
    return __all__.copy()
