"""The path of a dynamic, pass by pass and move by move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.observer import Observer
from edgeworth.core.result import Termination
from edgeworth.core.run import Run, interruptible
from edgeworth.core.seeds import Seed, generator
from edgeworth.core.stop import Stop
from edgeworth.games.offloading.heuristic.current import shuffled
from edgeworth.games.offloading.heuristic.dynamics import BestResponse, Play, Recorder
from edgeworth.games.offloading.model import OffloadingGame, Profile
from edgeworth.games.offloading.model.game import Floats, Ints


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The path of best-response dynamics.

    Parameters
    ----------
    paper, weighted, welfare : float64 [passes + 1]
        The two potentials and the welfare at the start and after every pass.
    movers : int64 [passes + 1]
        How many users moved in the pass; 0 at the start.
    start, end : Profile
    user, provider : int64 [moves]
        Every move in order, -1 for local execution.
    termination : Termination
        Why the run ended.
    """

    paper: Floats
    weighted: Floats
    welfare: Floats
    movers: Ints
    start: Profile
    end: Profile
    user: Ints
    provider: Ints
    termination: Termination


def trajectory(
    game: OffloadingGame,
    *,
    method: str = "pg-brd",
    seed: Seed = None,
    start: Profile | None = None,
    params: BestResponse | None = None,
    stop: Stop | None = None,
) -> Trajectory:
    """Run best-response dynamics and keep the whole path.

    Parameters
    ----------
    game : OffloadingGame
    method : {"pg-brd", "round-robin", "max-gain"}
        As in `solve`; a pass of max-gain is one move.
    seed : int, SeedSequence or Generator, optional
    start : Profile, optional
    params : BestResponse, optional
    stop : Stop, optional

    Returns
    -------
    Trajectory
        The moves lead from its ``start`` to its ``end``.

    Raises
    ------
    ValueError, TypeError
        As `solve` does.

    Examples
    --------
    >>> from edgeworth.games import offloading
    >>> game = offloading.generate(users=20, providers=4, preset="random", seed=0)
    >>> path = offloading.trajectory(game, seed=0)
    >>> bool((path.weighted[1:] >= path.weighted[:-1]).all()), int(path.movers[-1])
    (True, 0)
    """
    if not isinstance(game, OffloadingGame):
        validation.reject_type("game", "must be an OffloadingGame", game)
    validation.choice("method", method, ("pg-brd", "round-robin", "max-gain"))
    if params is not None and not isinstance(params, BestResponse):
        validation.reject_type("params", "must be of type BestResponse", params)
    recorder = Recorder()
    run: Run[Profile] = Run(sense="max", stop=stop or Stop(), rng=generator(seed)[0], observer=Observer(), start=start)
    with interruptible(run):
        play = Play(game, params or BestResponse(), run, recorder)
        if method == "max-gain":
            found = play.largest_gains()
        else:
            order = np.arange(game.users)
            found = play.best_responses((lambda: shuffled(game.users, run.rng)) if method == "pg-brd" else lambda: order)
    rows = np.array(recorder.rows, dtype=np.float64)
    none = np.zeros(0, dtype=np.int64)
    user = np.concatenate([none, *(users for users, _ in recorder.moves)])
    pair = np.concatenate([none, *(pairs for _, pairs in recorder.moves)])
    provider = np.full(len(pair), -1, dtype=np.int64)
    provider[pair >= 0] = game.provider[pair[pair >= 0]]
    return Trajectory(
        paper=rows[:, 0],
        weighted=rows[:, 1],
        welfare=rows[:, 2],
        movers=rows[:, 3].astype(np.int64),
        start=recorder.start or found.solution or Profile(none),
        end=found.solution or Profile(none),
        user=user,
        provider=provider,
        termination=found.termination,
    )
