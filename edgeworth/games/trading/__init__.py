"""Computing-power trading (AI-Bazaar): a provider sets the price, consumers in a mining contest answer with demands.

>>> from edgeworth.games import trading
>>> game = trading.generate(preset="kink")
>>> result = trading.solve(game, method="exact")
>>> round(result.value, 1), round(result.solution.price, 2), result.quality.value
(8337.0, 11.34, 'optimal')
>>> bool(trading.verify(game, result))
True

``generate(..., roles="chosen")`` lets consumers choose how much of their demand they mine with (the paper's multi-role), which
is otherwise the given share beta; solutions then hold ``mining`` as well, and the method ``exact`` alone solves them.

Verdicts of `verify`, beside ``value``, ``bound`` and ``quality`` of a result:

- ``feasible``: price and demands lie in their intervals, exactly; witness: a `Violation`.
- ``record``: profits, regime and tie-break are what the model says of price and demands.
- ``epsilon``: the largest regret of a consumer, relative to the spread (greatest less least) of what it attains by its demands,
  the others' fixed; from the utility functions alone, tolerance 1e-9; witness: the `Deviation` that gains. Where roles are
  chosen, over demand and mining power at once; witness: a `RoleDeviation`.
- ``reply``: the largest relative distance of a demand from the consumer's best response; tolerance 1e-12; witness: a
  `DemandDeviation`. Where roles are chosen, of a demand or mining power; witness: a `RoleDeviation` to the reply.
- ``ties``: consumers that are indifferent at this price ask for what ``tie_break`` says (those indifferent at every price for
  the least).
- ``leader``: the leader's regret, relative to the spread of the profits seen, by a search over prices with a solver of the
  consumers' stage of the checker's own; tolerance 1e-9; its scope says how many prices were tried.

Bounds hold for equilibria only (``FAMILY.covers``): consumers out of equilibrium may buy more than the leader can sell in one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.benchmark import Benchmark, Trial
from edgeworth.core.family import Family
from edgeworth.core.stop import Stop
from edgeworth.games.trading import check, model
from edgeworth.games.trading.check import *
from edgeworth.games.trading.examples import tiny_problems, warm_kernels
from edgeworth.games.trading.methods import METHODS as METHODS
from edgeworth.games.trading.model import *

if TYPE_CHECKING:
    from edgeworth.games.trading.discrete import finite_game as finite_game
    from edgeworth.games.trading.exact import (
        BestResponse as BestResponse,
        Exact as Exact,
        follower_equilibrium as follower_equilibrium,
        role_equilibrium as role_equilibrium,
    )
    from edgeworth.games.trading.heuristic import GoldenSection as GoldenSection, Grid as Grid
    from edgeworth.games.trading.learned import PLAYS as PLAYS, Play as Play
    from edgeworth.games.trading.plots import plot_profile as plot_profile
    from edgeworth.games.trading.training import Training as Training, training_race as training_race

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
    reply_value=check.price_value,
    examples=tiny_problems,
    warm=warm_kernels,
    late={
        "PLAYS": "learned",
        "BestResponse": "exact",
        "finite_game": "discrete",
        "follower_equilibrium": "exact",
        "role_equilibrium": "exact",
        "Training": "training",
        "training_race": "training",
    },
    plots=("plot_profile",),
    benchmarks=(
        Benchmark(
            exact=("exact",),
            heuristic=("golden-section", "grid"),
            learned=("wolf-phc", "pga-app", "exp3"),
            smoke=Trial(stop=Stop(seconds=0.5), options={"preset": "random"}, instances=2),
            short=Trial(stop=Stop(seconds=3.0), options={"preset": "random"}, instances=5, seeds=2),
        ),
    ),
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()
