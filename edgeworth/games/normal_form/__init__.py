"""Finite games in normal form: payoffs, regret, equilibria, commitments, Gambit's .nfg files.

>>> from edgeworth.games import normal_form
>>> game = normal_form.generate(preset="matching-pennies", seed=0)
>>> result = normal_form.solve(game, method="zero-sum")
>>> result.solution.probabilities[0].round(6).tolist(), bool(normal_form.verify(game, result))
([0.5, 0.5], True)
>>> normal_form.regret(game, [[1.0, 0.0], [0.5, 0.5]])
1.0

The value of a profile is what the game's ``objective`` names: the welfare, or the payoff of one player. Verdicts of `verify`,
beside ``value`` and ``quality`` of a result:

- ``feasible``: every player's vector is a mixed strategy (1e-9); witness: a `Violation`.
- ``epsilon``: the largest regret over all pure deviations (mixed ones gain no more), less the margin for rounding, relative to
  the spread of what that player attains by its strategies, the others' fixed; tolerance 1e-9 where an equilibrium is claimed;
  witness: the `Deviation`. Elsewhere (learners, a commitment, a run cut short) it is MEASURED: the regret over what the player
  has at stake (`stakes`), which says more near a mixed equilibrium.
- ``commitment``, where the result carries commitment multipliers: player 1 responds optimally, as above, and player 0 earns
  what the multipliers prove (`commitment_bound`), up to 1e-9 of what it has at stake in committing.

No method states a bound on the value.

What is no single profile has functions of its own, each with its check in fractions: `mixed_equilibria` (all equilibria of two
players, `verify_equilibria`), `correlated_equilibrium` (the best correlated or coarse one, with a bound, `verify_correlated`),
`eliminate_dominated` (`verify_elimination`). `quantal_response` is a profile, which `quantal_residual` measures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.benchmark import Benchmark, Trial
from edgeworth.core.family import Family
from edgeworth.core.stop import Stop
from edgeworth.games.normal_form import check, model
from edgeworth.games.normal_form.check import *
from edgeworth.games.normal_form.examples import tiny_problems, warm_kernels
from edgeworth.games.normal_form.methods import METHODS as METHODS
from edgeworth.games.normal_form.model import *
from edgeworth.games.normal_form.model.profiles import as_profile

if TYPE_CHECKING:
    from edgeworth.games.normal_form.check_sets import (
        verify_correlated as verify_correlated,
        verify_elimination as verify_elimination,
        verify_equilibria as verify_equilibria,
    )
    from edgeworth.games.normal_form.dynamics import FictitiousPlay as FictitiousPlay, Replicator as Replicator
    from edgeworth.games.normal_form.exact import (
        LemkeHowson as LemkeHowson,
        QuantalResponse as QuantalResponse,
        correlated_equilibrium as correlated_equilibrium,
        eliminate_dominated as eliminate_dominated,
        mixed_equilibria as mixed_equilibria,
        quantal_response as quantal_response,
    )
    from edgeworth.games.normal_form.learned import PLAYS as PLAYS, Play as Play
    from edgeworth.games.normal_form.plots import plot_profile as plot_profile

_TRACED = 20_000
"""Payoffs up to which "auto" follows the branch of logit equilibria, some milliseconds a step."""


def _auto(game: model.NormalFormGame) -> str:
    if len(model.pure_equilibria(game)):
        return "pure"
    if model.constant_sum(game) is not None:
        return "zero-sum"
    if len(game.shape) == 2:
        return "lemke-howson"
    return "logit-tracing" if game.payoffs.size <= _TRACED else "wolf-phc"


FAMILY = Family(
    kind="normal-form",
    problem=model.NormalFormGame,
    solution=model.Profile,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    auto=_auto,
    judge=check.judge,
    from_array=as_profile,
    warm=warm_kernels,
    examples=tiny_problems,
    late={
        "PLAYS": "learned",
        "QuantalResponse": "exact",
        "correlated_equilibrium": "exact",
        "eliminate_dominated": "exact",
        "mixed_equilibria": "exact",
        "quantal_response": "exact",
        "verify_correlated": "check_sets",
        "verify_elimination": "check_sets",
        "verify_equilibria": "check_sets",
    },
    plots=("plot_profile",),
    benchmarks=(
        Benchmark(
            exact=("zero-sum",),
            learned=("minimax-q", "giga-wolf", "wolf-phc", "exp3"),
            smoke=Trial(stop=Stop(seconds=0.5), options={"preset": "zero-sum", "strategies": 6}, instances=2),
            short=Trial(stop=Stop(seconds=3.0), options={"preset": "zero-sum", "strategies": 20}, instances=5, seeds=2),
        ),
    ),
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()
