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

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from edgeworth.core import solving
from edgeworth.core.lazy import later
from edgeworth.core.observer import Observer
from edgeworth.core.result import Result
from edgeworth.core.seeds import Seed
from edgeworth.core.stop import Stop
from edgeworth.games.normal_form import model
from edgeworth.games.normal_form.check import verify
from edgeworth.games.normal_form.methods import METHODS
from edgeworth.games.normal_form.model import (
    PRESETS,
    Deviation,
    NormalFormGame,
    Profile,
    best_responses,
    commitment_bound,
    deviation_payoffs,
    generate,
    measures,
    payoffs,
    pure_equilibria,
    read_nfg,
    regret,
    regrets,
    stakes,
    value,
    violations,
    worst_deviation,
    write_nfg,
)

if TYPE_CHECKING:
    from edgeworth.games.normal_form.exact import LemkeHowson as LemkeHowson
    from edgeworth.games.normal_form.exact import mixed_equilibria as mixed_equilibria
    from edgeworth.games.normal_form.learned import PLAYS as PLAYS
    from edgeworth.games.normal_form.learned import Play as Play


def _auto(game: NormalFormGame) -> str:
    if len(model.pure_equilibria(game)):
        return "pure"
    if model.constant_sum(game) is not None:
        return "zero-sum"
    return "lemke-howson" if len(game.shape) == 2 else "wolf-phc"


FAMILY = solving.Family(
    kind="normal-form",
    problem=NormalFormGame,
    solution=Profile,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    verify=verify,
    auto=_auto,
)

_LATER = {
    "PLAYS": "learned",
    "Play": "learned",
    "LemkeHowson": "exact",
    "mixed_equilibria": "exact",
}

__all__ = [
    "FAMILY",
    "METHODS",
    "PLAYS",
    "PRESETS",
    "Deviation",
    "LemkeHowson",
    "NormalFormGame",
    "Play",
    "Profile",
    "best_responses",
    "commitment_bound",
    "deviation_payoffs",
    "generate",
    "measures",
    "mixed_equilibria",
    "payoffs",
    "pure_equilibria",
    "read_nfg",
    "regret",
    "regrets",
    "solve",
    "stakes",
    "value",
    "verify",
    "violations",
    "worst_deviation",
    "write_nfg",
]


__getattr__ = later(__name__, _LATER)


def solve(
    problem: NormalFormGame,
    *,
    method: str | Callable[..., Any] = "auto",
    stop: Stop | None = None,
    seed: Seed = None,
    start: Profile | None = None,
    params: Any = None,
    observer: Observer | None = None,
    threads: int = 1,
    trace: bool = False,
) -> Result[Profile]:
    """Solve by one method (`METHODS` lists them). "auto": pure where the game has a pure equilibrium, else zero-sum, else
    lemke-howson for two players; wolf-phc, which claims nothing, for more.

    method: a name, or a callable ``f(problem, params, run) -> Found`` of your own. stop: when to end (`Stop`). seed: int,
    SeedSequence, Generator or None. start: no method here takes one. params: the method's parameter object, e.g.
    ``Play(rounds=10**6)``. observer: told of progress, may ask to stop. threads: how many the method may use. trace:
    keep how the value moved.

    Returns a `Result` whose value is the expected payoff of player 0, recomputed by the model. Its quality is FEASIBLE: which
    profile is good is not for one player's payoff to say; what the method claims is judged by `verify`. A method that is not
    made for the game (three players for lemke-howson) ends as REFUSED, which proves nothing; one that finds that there is
    nothing (no pure equilibrium) as PROVED; both without a solution, and with a note. Raises ValueError or TypeError for
    misuse, `MissingExtraError` where the method's library is not installed.
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
