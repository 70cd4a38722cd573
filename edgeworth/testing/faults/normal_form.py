"""Faults of results on finite games."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeworth.core.result import Certificate, Quality, Result, Termination
from edgeworth.games.normal_form.model import (
    NormalFormGame,
    Profile,
    commitment_bound,
    commitment_stake,
    payoffs,
    value,
    worst_deviation,
)
from edgeworth.testing.faults.base import SHIFT, Fault


def too_much_probability(game: NormalFormGame, result: Result[Profile]) -> Result[Profile] | None:
    """Player 0's probabilities sum to 1 + 1e-6."""
    if result.solution is None:
        return None
    vectors = [np.array(vector) for vector in result.solution]
    vectors[0] = vectors[0] * (1.0 + SHIFT)
    return replace(result, solution=Profile(vectors))


def negative_probability(game: NormalFormGame, result: Result[Profile]) -> Result[Profile] | None:
    """One strategy of the last player has a negative probability; the sum is 1."""
    if result.solution is None or game.shape[-1] < 2:
        return None
    vectors = [np.array(vector) for vector in result.solution]
    low, high = int(vectors[-1].argmin()), int(vectors[-1].argmax())
    step = vectors[-1][low] + SHIFT
    if low == high:
        low, high = 0, 1
    vectors[-1][low] -= step
    vectors[-1][high] += step
    return replace(result, solution=Profile(vectors))


def profitable_deviation(game: NormalFormGame, result: Result[Profile]) -> Result[Profile] | None:
    """An equilibrium is claimed for a pure profile from which somebody gains by leaving."""
    if result.method not in ("pure", "zero-sum", "lemke-howson"):
        return None
    for outcome in np.ndindex(*game.shape):
        profile = Profile.pure(game, outcome)
        if worst_deviation(game, profile)[0] > SHIFT:
            termination = Termination.PROVED
            return replace(
                result, solution=profile, value=value(game, profile), quality=Quality.FEASIBLE, termination=termination
            )
    return None


def another_commitment(game: NormalFormGame, result: Result[Profile]) -> Result[Profile] | None:
    """The multipliers are those of the best commitment, the profile is a worse one."""
    if result.certificate is None or result.certificate.kind != "commitment-multipliers" or result.solution is None:
        return None
    for outcome in np.ndindex(*game.shape):
        profile = Profile.pure(game, outcome)
        short = float(payoffs(game, result.solution)[0] - payoffs(game, profile)[0])
        if short > SHIFT * commitment_stake(game, commitment_bound(game, result.certificate.arrays["y"])):
            return replace(result, solution=profile, value=value(game, profile))
    return None


def useless_multipliers(game: NormalFormGame, result: Result[Profile]) -> Result[Profile] | None:
    """The multipliers of the commitment are all 0: they prove no more than the largest payoff."""
    if result.certificate is None or result.certificate.kind != "commitment-multipliers" or result.solution is None:
        return None
    y = np.zeros((game.shape[1], game.shape[1]))
    bound = commitment_bound(game, y)
    room = max(SHIFT * commitment_stake(game, bound), SHIFT * SHIFT * float(game.magnitude[0]))
    if not bound - payoffs(game, result.solution)[0] > room:
        return None
    return replace(result, certificate=Certificate("commitment-multipliers", {"y": y}))


def misshapen_multipliers(game: NormalFormGame, result: Result[Profile]) -> Result[Profile] | None:
    """The multipliers of the commitment are not there under their name."""
    if result.certificate is None or result.certificate.kind != "commitment-multipliers":
        return None
    return replace(result, certificate=Certificate("commitment-multipliers", {"u": result.certificate.arrays["y"]}))


def unfaithful_reply(game: NormalFormGame, result: Result[Profile]) -> Result[Profile] | None:
    """The follower plays, a millionth of the time, a reply from which it would gain by leaving."""
    if result.certificate is None or result.certificate.kind != "commitment-multipliers" or result.solution is None:
        return None
    lead, follow = (np.array(vector) for vector in result.solution)
    size = SHIFT * float(np.abs(game.payoffs[1]).max())
    for mixed in (lead, *np.eye(game.shape[0])):  # where every reply to the commitment is best, another commitment
        earned = mixed @ game.payoffs[1]
        k = int(earned.argmin())
        if earned.max() - earned[k] > size:
            replies = follow if mixed is lead else np.eye(game.shape[1])[int(earned.argmax())]
            replies = replies * (1.0 - SHIFT)
            replies[k] += SHIFT
            profile = Profile([mixed, replies])
            return replace(result, solution=profile, value=value(game, profile))
    return None


def oversized_multipliers(game: NormalFormGame, result: Result[Profile]) -> Result[Profile] | None:
    """The multipliers of the commitment are as large as floats go."""
    if result.certificate is None or result.certificate.kind != "commitment-multipliers":
        return None
    return replace(result, certificate=Certificate("commitment-multipliers", {"y": np.full((game.shape[1],) * 2, 1e308)}))


FAULTS: tuple[Fault, ...] = (
    Fault("too much probability", "feasible", too_much_probability),
    Fault("negative probability", "feasible", negative_probability),
    Fault("profitable deviation", "epsilon", profitable_deviation),
    Fault("another commitment", "commitment", another_commitment),
    Fault("useless multipliers", "commitment", useless_multipliers),
    Fault("unfaithful reply", "commitment", unfaithful_reply),
    Fault("oversized multipliers", "commitment", oversized_multipliers),
    Fault("misshapen multipliers", "commitment", misshapen_multipliers),
)
"""Faults of this family; those of every family are in `edgeworth.testing.faults.base`."""
