"""Logit quantal response equilibria, and the Nash equilibria of n players that their branch leads to."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run, interruptible
from edgeworth.core.stop import Stop
from edgeworth.games.normal_form.exact.scaling import own_run, simplex, unit
from edgeworth.games.normal_form.model import Floats, NormalFormGame, Profile
from edgeworth.games.normal_form.model.problem import LARGEST_PAYOFF

if TYPE_CHECKING:
    from edgeworth.games.normal_form.exact.branch import Branch

_CHUNK_SECONDS = 0.02  # between two looks at the clock
_FIRST = 300_000  # multiplications in the first chunk
_TRY = 16.0  # lambda, payoffs scaled to [0, 1], from which on supports are tried, at each doubling
_MOST = 1e12  # by then differences of 1e-12 decide


@dataclass(frozen=True)
class QuantalResponse:
    """A logit equilibrium on the principal branch, or why there is none.

    Attributes
    ----------
    profile : Profile or None
        The logit equilibrium; None where the run was cut or gave up.
    rationality : float
        Its lambda, per unit of payoff; without a profile how far the branch was followed.
    steps : int
        Steps along the branch.
    termination : Termination
        CONVERGED; or why the run ended before it came there, ERROR where the branch could not be followed further.
    """

    profile: Profile | None
    rationality: float
    steps: int
    termination: Termination


def quantal_response(game: NormalFormGame, rationality: float, *, stop: Stop | None = None) -> QuantalResponse:
    """The logit quantal response equilibrium on the principal branch, of a game of any number of players.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    rationality : float
        lambda >= 0, per unit of payoff: 0 means choice at random, infinity best responses.
    stop : Stop, optional
        A limit in ``seconds``.

    Returns
    -------
    QuantalResponse
        The profile at the first point of the branch with this lambda. `quantal_residual` checks it.

    Raises
    ------
    ValueError
        For a lambda that is negative or makes more than 2^1000 of the range of a player's payoffs, and for rules other than
        ``seconds``.

    Notes
    -----
    In a logit equilibrium every player plays strategy a with probability exp(lambda u_i(a)) / sum_k exp(lambda u_i(k)), u_i(a)
    what it earns against the others. The branch that begins with the uniform profile at lambda = 0 is followed by predictor
    and corrector in the logarithms of the probabilities; it may turn back, so that lambda does not always grow. For almost all
    games the branch is a smooth curve; in symmetric ones it may branch, and then the symmetric branch is followed on. Steps
    are shortened where the direction turns, which makes a jump to another branch unlikely, not impossible.

    References
    ----------
    McKelvey and Palfrey, Quantal response equilibria for normal form games, Games and Economic Behavior 10 (1995). Turocy, A
    dynamic homotopy interpretation of the logistic quantal response equilibrium correspondence, Games and Economic Behavior 51
    (2005).

    Examples
    --------
    >>> game = NormalFormGame([[[9.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]])
    >>> found = quantal_response(game, 1.0)
    >>> found.profile[0].round(4).tolist(), found.profile[1].round(4).tolist()
    ([0.8936, 0.1064], [0.3128, 0.6872])
    """
    from edgeworth.games.normal_form.exact.branch import Branch

    wanted = validation.real("rationality", rationality, minimum=0.0)
    run = own_run(game, stop)
    # one unit for all players: lambda means the same to each of them
    size = max(unit(table)[1] if table.max() > table.min() else 0.0 for table in game.payoffs) or 1.0
    branch = Branch([(table - table.min()) / size for table in game.payoffs])
    target = wanted * size
    if target > LARGEST_PAYOFF:
        validation.reject("rationality", "must be at most 2^1000 over the largest range of a player's payoffs", wanted)
    with interruptible(run):
        while branch.rationality < target:
            ending = run.tick(branch.steps)
            if ending is not None:
                return QuantalResponse(None, branch.rationality / size, branch.steps, ending)
            if not branch.advance():
                return QuantalResponse(None, branch.rationality / size, branch.steps, Termination.ERROR)
            if branch.rationality >= target:
                point = branch.crossing(target)
                if point is None:
                    branch.back()
                    continue
                return QuantalResponse(_profile(branch, point), wanted, branch.steps, Termination.CONVERGED)
    return QuantalResponse(_profile(branch, branch.point), wanted, 0, Termination.CONVERGED)


def trace_logit(game: NormalFormGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """A Nash equilibrium of a game of any number of players, by following the branch of logit equilibria.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    params : None
        The method has no parameters.
    run : Run
        Clock of the run.

    Returns
    -------
    Found
        An equilibrium, CONVERGED, whose regret in exact arithmetic is what rounding the probabilities accounts for. Where the
        branch cannot be followed, or no support on it gives an equilibrium up to lambda = 1e12 (payoffs scaled to [0, 1]), and
        trying supports does not help, ERROR with the last profile of the branch, which claims nothing. ``iterations`` counts
        steps along the branch.

    Notes
    -----
    `quantal_response` says how the branch is followed; each player's payoffs are scaled to [0, 1] first. Its limit for large
    lambda is a Nash equilibrium. From lambda = 16 on, at each doubling, the strategies played with some probability are taken
    for supports: the equations that all of them earn the same are solved by Newton's method, at last with residuals in
    fractions. The first solution that is an equilibrium is returned; it need not be the limit itself. Where the solutions on a
    support are many, the one nearest to the branch is found, or none. Where the branch leads to no equilibrium, all supports
    are tried, Newton's method beginning with uniform mixtures, if they are at most 5,000. That helps where payoffs differ by
    nine orders of magnitude, as where a huge loss stands for what is forbidden.

    References
    ----------
    McKelvey and Palfrey, Games and Economic Behavior 10 (1995). Turocy, Games and Economic Behavior 51 (2005).
    """
    from edgeworth.games.normal_form.exact.branch import Branch
    from edgeworth.games.normal_form.exact.supports import Equaliser, every, supports

    ending = run.tick(0)
    if ending is not None:
        return Found(None, ending)
    branch, equaliser = Branch([unit(table)[0] for table in game.payoffs]), Equaliser(game)
    again = _TRY
    players = len(game.shape)
    chunk = max(1, _FIRST // (players * game.payoffs.size + sum(game.shape) ** 3))
    while branch.rationality <= _MOST:
        began = time.perf_counter()
        if not branch.advance(min(again, _MOST), chunk):
            break
        ending = run.tick(branch.steps)
        if ending is not None:
            return Found(_profile(branch, branch.point), ending, iterations=branch.steps)
        if branch.rationality >= again:
            again = 2.0 * branch.rationality
            for support in supports(branch.mixed(branch.point)):
                profile = equaliser.equilibrium(support, branch.mixed(branch.point))
                if profile is not None:
                    return Found(profile, Termination.CONVERGED, iterations=branch.steps)
                ending = run.tick(branch.steps)
                if ending is not None:
                    return Found(_profile(branch, branch.point), ending, iterations=branch.steps)
        else:
            chunk = max(1, int(chunk * min(_CHUNK_SECONDS / max(time.perf_counter() - began, 1e-9), 2.0)))
    at = f"gave up at lambda = {branch.rationality:.3g}: "
    for support in every(game.shape):
        profile = equaliser.equilibrium(support, [np.full(n, 1.0 / n) for n in game.shape])
        if profile is not None:
            note = f"the branch {at}an equilibrium was found by trying supports"
            return Found(profile, Termination.CONVERGED, iterations=branch.steps, notes=(note,))
        ending = run.tick(branch.steps)
        if ending is not None:
            return Found(_profile(branch, branch.point), ending, iterations=branch.steps)
    note = f"{at}no support that was tried gave an equilibrium"
    return Found(_profile(branch, branch.point), Termination.ERROR, iterations=branch.steps, notes=(note,))


def _profile(branch: Branch, point: Floats) -> Profile:
    return Profile([simplex(vector) for vector in branch.mixed(np.asarray(point))])
