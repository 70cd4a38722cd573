"""Finite games in normal form: payoffs, regret, equilibria, commitments, Gambit's .nfg files.

>>> from edgeworth.games import normal_form
>>> game = normal_form.generate(preset="matching-pennies", seed=0)
>>> result = normal_form.solve(game, method="zero-sum")
>>> result.solution.probabilities[0].round(6).tolist(), bool(normal_form.verify(game, result))
([0.5, 0.5], True)
>>> normal_form.regret(game, [[1.0, 0.0], [0.5, 0.5]])
1.0
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeworth.core.family import Family
from edgeworth.games.normal_form import check, model
from edgeworth.games.normal_form.check import *
from edgeworth.games.normal_form.examples import tiny_problems
from edgeworth.games.normal_form.methods import METHODS as METHODS
from edgeworth.games.normal_form.model import *

if TYPE_CHECKING:
    from edgeworth.games.normal_form.exact import LemkeHowson as LemkeHowson, mixed_equilibria as mixed_equilibria
    from edgeworth.games.normal_form.learned import PLAYS as PLAYS, Play as Play


def _auto(game: model.NormalFormGame) -> str:
    if len(model.pure_equilibria(game)):
        return "pure"
    if model.constant_sum(game) is not None:
        return "zero-sum"
    return "lemke-howson" if len(game.shape) == 2 else "wolf-phc"


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
    from_array=lambda game, array: model.Profile(array),
    examples=tiny_problems,
    late={"PLAYS": "learned", "mixed_equilibria": "exact"},
)
solve, verify = FAMILY.solve, FAMILY.verify
__all__, __getattr__, __dir__ = FAMILY.exports()
