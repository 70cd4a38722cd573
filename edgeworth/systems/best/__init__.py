"""BEST (Blockchain-Enabled Sustainable Task Scheduling) end to end: its figures, comparisons, green mode and claims.

Every panel has the paper's schemes beside rules that learn nothing and a bound that no schedule is below, on the same episodes.
Their seeds are held out: training refuses seeds from 900,000 on.

>>> table = figures(["rate"], ["b-auction"], values=[0.1], runs=1, devices=3, horizon=20.0)
>>> table.method.tolist()
['b-auction', 'local', 'earliest-finish', 'greedy-cost', 'bound']
"""

from edgeworth.systems.best.gathered import NUMBERS, claims
from edgeworth.systems.best.panels import FIGURES, PANELS, SCHEMES, Panel, comparison, figures, plot_figures
from edgeworth.systems.best.weights import WEIGHTS, green, plot_green

__all__ = [
    "FIGURES", "NUMBERS", "PANELS", "SCHEMES", "WEIGHTS", "Panel", "claims", "comparison", "figures", "green", "plot_figures",
    "plot_green",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__.copy()
