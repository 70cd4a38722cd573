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

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from edgeworth.core import solving
from edgeworth.core.lazy import later
from edgeworth.core.observer import Observer
from edgeworth.core.result import Result
from edgeworth.core.seeds import Seed
from edgeworth.core.stop import Stop
from edgeworth.games.trading import model
from edgeworth.games.trading.check import verify
from edgeworth.games.trading.methods import METHODS
from edgeworth.games.trading.model import (
    PRESETS,
    Equilibrium,
    TradingGame,
    generate,
    measures,
    utilities,
    value,
    violations,
)

if TYPE_CHECKING:
    from edgeworth.games.trading.exact import BestResponse as BestResponse
    from edgeworth.games.trading.exact import Exact as Exact
    from edgeworth.games.trading.exact import follower_equilibrium as follower_equilibrium
    from edgeworth.games.trading.heuristic import GoldenSection as GoldenSection
    from edgeworth.games.trading.heuristic import Grid as Grid
    from edgeworth.games.trading.learned import PLAYS as PLAYS
    from edgeworth.games.trading.learned import Play as Play

FAMILY = solving.Family(
    kind="trading",
    problem=TradingGame,
    solution=Equilibrium,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    verify=verify,
    auto=lambda game: "exact",
)

_LATER = {
    "PLAYS": "learned",
    "Play": "learned",
    "BestResponse": "exact",
    "Exact": "exact",
    "GoldenSection": "heuristic",
    "Grid": "heuristic",
    "follower_equilibrium": "exact",
}

__all__ = [
    "FAMILY",
    "METHODS",
    "PLAYS",
    "PRESETS",
    "BestResponse",
    "Equilibrium",
    "Exact",
    "GoldenSection",
    "Grid",
    "Play",
    "TradingGame",
    "follower_equilibrium",
    "generate",
    "measures",
    "solve",
    "utilities",
    "value",
    "verify",
    "violations",
]


__getattr__ = later(__name__, _LATER)


def solve(
    problem: TradingGame,
    *,
    method: str | Callable[..., Any] = "auto",
    stop: Stop | None = None,
    seed: Seed = None,
    start: Equilibrium | None = None,
    params: Any = None,
    observer: Observer | None = None,
    threads: int = 1,
    trace: bool = False,
) -> Result[Equilibrium]:
    """Solve by one method (`METHODS` lists them; "auto" is exact).

    method: a name, or a callable ``f(problem, params, run) -> Found`` of your own. stop: when to end (`Stop`). seed: int,
    SeedSequence, Generator or None. params: the method's parameter object, e.g. ``Grid(points=101)``. observer: told of
    progress, may ask to stop. trace: keep how value and bound moved. start, threads: refused by all methods of this family.

    Returns a `Result` whose value is the leader's profit (p - C) sum F_i, recomputed by the model. Raises ValueError or
    TypeError for misuse, among it what the method does not support.
    """
    return solving.solve(
        FAMILY,
        problem,
        method=method,
        stop=stop,
        seed=seed,
        start=start,
        params=params,
        observer=observer,
        threads=threads,
        trace=trace,
    )
