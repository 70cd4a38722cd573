"""FUSION end to end: forecast, auction of UAV visits, offloading game and settlement, one frozen record a run.

>>> from edgeworth.systems import fusion
>>> run = fusion.run(preset="synthetic", variant="pur-online", rounds=2, seed=0, servers=6, agents=3, users=60)
>>> bool(run.verify()), run.measures["offline"]
(True, 0.0)

Verdicts of `Run.verify`: see `edgeworth.systems.fusion.verification.verify`.
"""

from edgeworth.systems.fusion.auction_stage import Contracts
from edgeworth.systems.fusion.forecast_stage import CONTRACTS, FORECASTERS
from edgeworth.systems.fusion.presets import PRESETS, generate
from edgeworth.systems.fusion.rounds import Round, draw
from edgeworth.systems.fusion.running import Played, Run, run
from edgeworth.systems.fusion.variants import PAPER, VARIANTS, Variant
from edgeworth.systems.fusion.world import World

__all__ = [
    "CONTRACTS", "FORECASTERS", "PAPER", "PRESETS", "VARIANTS", "Contracts", "Played", "Round", "Run", "Variant", "World",
    "draw", "generate", "run",
]  # fmt: skip


def __dir__() -> list[str]:
    return __all__.copy()
