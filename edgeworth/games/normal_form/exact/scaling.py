"""What the exact methods share: refusals, payoffs scaled for solvers, vectors made probabilities."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.observer import Observer
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.core.stop import Stop
from edgeworth.games.normal_form.model import Floats, NormalFormGame, Profile
from edgeworth.games.normal_form.model.problem import require_game


def refused(reason: str) -> Found[Profile]:
    """What a method returns for a game that it is not made for."""
    return Found(None, Termination.REFUSED, notes=(reason,))


def unit(table: Floats) -> tuple[Floats, float]:
    """Payoffs moved and scaled to [0, 1], where solvers' tolerances mean something, and what one unit was."""
    half = 0.5 * table  # so that the range of the largest floats does not overflow
    low, high = float(half.min()), float(half.max())
    scale = high - low if high > low else 0.5
    return (half - low) / scale, 2.0 * scale


def simplex(vector: ArrayLike) -> Floats:
    """Rounding errors of a solver taken off: no negative entries, sum 1."""
    kept = np.maximum(np.asarray(vector, dtype=np.float64), 0.0)
    return np.asarray(kept / kept.sum())


def own_run(game: NormalFormGame, stop: Stop | None) -> Run[Profile]:
    """The run of a function that is no method of `solve`; of the rules only ``seconds`` means something to it."""
    require_game(game)
    if stop is not None and not isinstance(stop, Stop):
        validation.reject_type("stop", "must be a Stop or None", stop)
    rules = Stop() if stop is None else stop
    if not set(rules.rules) <= {"seconds"}:
        validation.reject("stop", "must have no rule but seconds", rules)
    return Run(sense="max", stop=rules, rng=np.random.default_rng(0), observer=Observer())
