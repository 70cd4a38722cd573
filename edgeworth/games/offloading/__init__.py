"""The offloading congestion game: humans and machines choose local execution, an edge server or a UAV (FUSION, online stage).

>>> from edgeworth.games import offloading
>>> game = offloading.generate(users=40, providers=6, preset="random", seed=0)
>>> result = offloading.solve(game, method="pg-brd", seed=0)
>>> report = offloading.verify(game, result)
>>> bool(report), report["epsilon"].violation <= 1e-9
(True, True)
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
from edgeworth.games.offloading import model
from edgeworth.games.offloading.check import (
    BestResponseCycle,
    Deviation,
    PotentialWitness,
    Sampled,
    best_response_cycle,
    verify,
    verify_potential,
)
from edgeworth.games.offloading.methods import METHODS
from edgeworth.games.offloading.model import (
    PRESETS,
    REGIMES,
    EdgeSystem,
    Efficiency,
    OffloadingGame,
    Profile,
    from_networkx,
    game_of_system,
    generate,
    interaction_overhead,
    measures,
    paper_potential,
    price_of_anarchy,
    to_networkx,
    utilities,
    value,
    violations,
    weighted_potential,
)

if TYPE_CHECKING:
    from edgeworth.games.offloading.bounds import Lagrangian as Lagrangian
    from edgeworth.games.offloading.exact import build_model as build_model
    from edgeworth.games.offloading.exact import pure_equilibria as pure_equilibria
    from edgeworth.games.offloading.heuristic import BestResponse as BestResponse
    from edgeworth.games.offloading.heuristic import LocalSearch as LocalSearch
    from edgeworth.games.offloading.heuristic import LogLinear as LogLinear
    from edgeworth.games.offloading.heuristic import Trajectory as Trajectory
    from edgeworth.games.offloading.heuristic import trajectory as trajectory
    from edgeworth.games.offloading.learned import PLAYS as PLAYS
    from edgeworth.games.offloading.learned import Play as Play
    from edgeworth.games.offloading.learned import Session as Session

FAMILY = solving.Family(
    kind="offloading",
    problem=OffloadingGame,
    solution=Profile,
    methods=METHODS,
    value=model.value,
    violations=model.violations,
    measures=model.measures,
    verify=verify,
    auto=lambda game: "pg-brd",
)

_LATER = {
    "PLAYS": "learned",
    "Play": "learned",
    "BestResponse": "heuristic",
    "Session": "learned",
    "LogLinear": "heuristic",
    "Trajectory": "heuristic",
    "build_model": "exact",
    "Lagrangian": "bounds",
    "LocalSearch": "heuristic",
    "pure_equilibria": "exact",
    "trajectory": "heuristic",
}

__all__ = [
    "FAMILY",
    "METHODS",
    "PLAYS",
    "PRESETS",
    "REGIMES",
    "BestResponse",
    "BestResponseCycle",
    "Deviation",
    "EdgeSystem",
    "Efficiency",
    "Lagrangian",
    "LocalSearch",
    "LogLinear",
    "OffloadingGame",
    "Play",
    "PotentialWitness",
    "Profile",
    "Sampled",
    "Session",
    "Trajectory",
    "best_response_cycle",
    "build_model",
    "from_networkx",
    "game_of_system",
    "generate",
    "interaction_overhead",
    "measures",
    "paper_potential",
    "price_of_anarchy",
    "pure_equilibria",
    "solve",
    "to_networkx",
    "trajectory",
    "utilities",
    "value",
    "verify",
    "verify_potential",
    "violations",
    "weighted_potential",
]


__getattr__ = later(__name__, _LATER)


def solve(
    game: OffloadingGame,
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
    """Play or solve the game by one method (`METHODS` lists them; "auto": pg-brd).

    method: a name, or a callable ``f(game, params, run) -> Found`` of your own. stop: when to end (`Stop`). seed: int,
    SeedSequence, Generator or None. start: a feasible profile to start from. params: the method's parameter object, e.g.
    ``BestResponse(start="local")``. observer: told of progress, may ask to stop. threads: how many the method may use.
    trace: keep how the welfare moved (`trajectory` keeps potentials, movers and all moves too).

    Returns a `Result` whose value is the welfare, recomputed by the model. Whether a profile is an equilibrium is said by
    `verify`, never by the method. Raises ValueError or TypeError for misuse, among it what the method does not support.
    """
    return solving.solve(
        FAMILY,
        game,
        method=method,
        stop=stop,
        seed=seed,
        start=start,
        params=params,
        observer=observer,
        threads=threads,
        trace=trace,
    )
