"""Computing-power trading (AI-Bazaar): a provider sets the price, consumers in a mining contest answer with demands.

>>> from edgeworth.games import trading
>>> game = trading.generate(preset="kink")
>>> result = trading.solve(game, method="exact")
>>> round(result.value, 1), round(result.solution.price, 2), result.quality.value
(8337.0, 11.34, 'optimal')
>>> bool(trading.verify(game, result))
True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.family import Family
from edgeworth.games.trading import check, model
from edgeworth.games.trading.check import *
from edgeworth.games.trading.examples import tiny_problems
from edgeworth.games.trading.methods import METHODS as METHODS
from edgeworth.games.trading.model import *

if TYPE_CHECKING:
    from edgeworth.games.trading.exact import (
        BestResponse as BestResponse,
        Exact as Exact,
        follower_equilibrium as follower_equilibrium,
    )
    from edgeworth.games.trading.heuristic import GoldenSection as GoldenSection, Grid as Grid
    from edgeworth.games.trading.learned import GigaWolf as GigaWolf, MinimaxQ as MinimaxQ, PgaApp as PgaApp, WolfPhc as WolfPhc

FAMILY = Family(
    kind="trading",
    problem=model.TradingGame,
    solution=model.Equilibrium,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    auto=lambda game: "exact",
    judge=check.judge,
    rebuild=check.REBUILD,
    covers="equilibria",
    examples=tiny_problems,
    late={"BestResponse": "exact", "follower_equilibrium": "exact"},
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()
