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
from edgeworth.games.offloading.heuristic.board import shuffled
from edgeworth.games.offloading.heuristic.dynamics import BestResponse, Play, Recorder
from edgeworth.games.offloading.model import OffloadingGame, Profile
from edgeworth.games.offloading.model.game import Floats, Ints


@dataclass(frozen=True, eq=False)
class Trajectory:
    """The path of a run. After every pass (entry 0: the start): ``paper`` and ``weighted`` potential, ``welfare``, float64
    [passes + 1], and ``movers``, int64 [passes + 1]. ``start``, ``end``: profiles; ``user``, ``provider``: int64 [moves], every
    accepted move in order (-1 local). ``termination``: why it ended.
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
    """Run "pg-brd", "round-robin" or "max-gain" as `solve` does with the same arguments, and keep the whole path.

    The moves lead from ``start`` to ``end``; a pass of max-gain is one move. Raises as `solve` does.
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
