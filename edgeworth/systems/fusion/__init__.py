"""FUSION end to end: forecast, auction of UAV visits, offloading game and settlement, one frozen record a run.

>>> from edgeworth.systems import fusion
>>> run = fusion.run(preset="synthetic", variant="pur-online", rounds=2, seed=0, servers=6, agents=3, users=60)
>>> bool(run.verify()), run.measures["offline"]
(True, 0.0)

``run.bound`` is a welfare that no contracts, tours and choices of users exceed, `split_round` says at which stage the rest is
lost, `decision_value` what a forecast is worth. Verdicts of `Run.verify`: see `edgeworth.systems.fusion.verification.verify`.
"""

from typing import TYPE_CHECKING

from edgeworth.core.lazy import later
from edgeworth.systems.fusion.auction_stage import Contracts
from edgeworth.systems.fusion.forecast_stage import CONTRACTS, FORECASTERS
from edgeworth.systems.fusion.played import Played
from edgeworth.systems.fusion.presets import PRESETS, generate
from edgeworth.systems.fusion.rounds import Round, draw
from edgeworth.systems.fusion.running import Run, run
from edgeworth.systems.fusion.variants import PAPER, VARIANTS, Variant
from edgeworth.systems.fusion.world import World

if TYPE_CHECKING:
    from edgeworth.systems.fusion.bounds import round_bound as round_bound
    from edgeworth.systems.fusion.decision import decision_summary as decision_summary
    from edgeworth.systems.fusion.decision import decision_value as decision_value
    from edgeworth.systems.fusion.decision import plot_decision as plot_decision
    from edgeworth.systems.fusion.gathered import CLAIMS as CLAIMS
    from edgeworth.systems.fusion.gathered import claims as claims
    from edgeworth.systems.fusion.incentives import plot_rationality as plot_rationality
    from edgeworth.systems.fusion.incentives import plot_truthfulness as plot_truthfulness
    from edgeworth.systems.fusion.incentives import rationality as rationality
    from edgeworth.systems.fusion.incentives import truthfulness as truthfulness
    from edgeworth.systems.fusion.panels import figure2 as figure2
    from edgeworth.systems.fusion.panels import figures as figures
    from edgeworth.systems.fusion.panels import overhead as overhead
    from edgeworth.systems.fusion.panels import plot_figure2 as plot_figure2
    from edgeworth.systems.fusion.panels import plot_overhead as plot_overhead
    from edgeworth.systems.fusion.panels import table5 as table5
    from edgeworth.systems.fusion.plan import best_plan as best_plan
    from edgeworth.systems.fusion.split import Split as Split
    from edgeworth.systems.fusion.split import split_round as split_round
    from edgeworth.systems.fusion.split import split_table as split_table
    from edgeworth.systems.fusion.stage import RoundBound as RoundBound

_ROOMS = {
    "CLAIMS": "gathered", "RoundBound": "stage", "Split": "split", "best_plan": "plan", "claims": "gathered",
    "decision_summary": "decision", "decision_value": "decision", "figure2": "panels", "figures": "panels",
    "overhead": "panels", "plot_decision": "decision", "plot_figure2": "panels", "plot_overhead": "panels",
    "plot_rationality": "incentives", "plot_truthfulness": "incentives", "rationality": "incentives",
    "round_bound": "bounds", "split_round": "split", "split_table": "split", "table5": "panels",
    "truthfulness": "incentives",
}  # fmt: skip
"""What is imported when it is asked for."""

__all__ = [
    "CONTRACTS", "FORECASTERS", "PAPER", "PRESETS", "VARIANTS", "Contracts", "Played", "Round", "Run", "Variant", "World",
    "draw", "generate", "run", *_ROOMS,
]  # fmt: skip
__getattr__ = later(__name__, _ROOMS)


def __dir__() -> list[str]:
    return __all__.copy()
