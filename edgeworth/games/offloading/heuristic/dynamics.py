"""Best-response dynamics: the paper's asynchronous one, round robin, the largest gain, and log-linear learning."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.games.offloading.heuristic.current import CHUNK, STARTS, CurrentProfile, Start, shuffled
from edgeworth.games.offloading.heuristic.cycles import Cycle, CycleWatch, existence
from edgeworth.games.offloading.kernels import dynamics
from edgeworth.games.offloading.model import (
    EQUILIBRIUM_TOL,
    OffloadingGame,
    Profile,
    paper_potential,
    value,
    weighted_potential,
)
from edgeworth.games.offloading.model.game import Ints

_QUIET_PASSES = 20  # passes before cycles are looked for: most runs have come to rest by then


@dataclass(frozen=True)
class BestResponse:
    """Parameters of `asynchronous_best_response`, `round_robin_best_response` and `largest_gain_best_response`.

    Parameters
    ----------
    start : {"random-feasible", "greedy", "local"}
        Starting profile: users in random order choose uniformly among local execution and the providers with room (the
        paper's), users in random order choose their best action at the loads so far, or all users execute locally.
    threshold : float, in [1e-12, 1]
        A user moves only for a gain above ``threshold`` times its spread, the difference between its best and its worst action
        now. The paper's threshold is absolute and its value lost. Above half of `model.EQUILIBRIUM_TOL` a profile at rest is no
        equilibrium: such a run ends as STALLED and claims none, and `verify` measures its epsilon.
    patience : int, >= 0
        Passes that a game without a known potential goes on after a best-response cycle was met.
    """

    start: Start = "random-feasible"
    threshold: float = 1e-10
    patience: int = 50

    def __post_init__(self) -> None:
        validation.choice("start", self.start, STARTS)
        validation.real("threshold", self.threshold, minimum=1e-12, maximum=1.0)
        validation.integer("patience", self.patience, minimum=0)


@dataclass(frozen=True)
class LogLinear:
    """Parameters of `log_linear_learning`.

    Parameters
    ----------
    start, threshold, patience
        As of `BestResponse`.
    passes : int, >= 1
        Passes over which the temperature falls geometrically.
    initial_temperature, final_temperature : float, > 0
        First and last temperature, relative to the mean over users of the largest |utility term|.
    weighted : bool
        Whether each user's temperature is scaled by gamma_i / w_i (mean 1), so that the process at a fixed temperature has the
        stationary law exp(Psi / T).
    """

    start: Start = "random-feasible"
    threshold: float = 1e-10
    patience: int = 50
    passes: int = 100
    initial_temperature: float = 0.1
    final_temperature: float = 1e-4
    weighted: bool = True

    def __post_init__(self) -> None:
        BestResponse(self.start, self.threshold, self.patience)
        validation.integer("passes", self.passes, minimum=1)
        validation.real("initial_temperature", self.initial_temperature, minimum=0.0, open_minimum=True)
        validation.real(
            "final_temperature", self.final_temperature, minimum=0.0, maximum=self.initial_temperature, open_minimum=True
        )
        validation.flag("weighted", self.weighted)


def asynchronous_best_response(game: OffloadingGame, params: BestResponse, run: Run[Profile]) -> Found[Profile]:
    """Asynchronous best-response dynamics (PG-BRD): users in random order move to a best response if that gains enough.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    params : BestResponse
        Starting profile, acceptance threshold, and patience where no potential is known.
    run : Run
        Clock, stop rules and random generator of the run; its ``start``, if any, replaces the starting profile.

    Returns
    -------
    Found
        A profile; CONVERGED where it is an equilibrium up to the threshold, STALLED where none is claimed. A best-response
        cycle that was met is the certificate "best-response-cycle". ``iterations`` counts passes.

    Notes
    -----
    1. A pass visits all users in a fresh random order. A visited user moves to its best response if that gains more than
       ``threshold`` times its spread; ties go to local execution, then to the lowest provider. Users who provably still play a
       best response are passed over, which changes nothing but the time.
    2. After a pass without a move loads are summed anew and all users are visited once more without exception; when nobody
       moves then, the profile is an equilibrium up to the threshold.

    In the linear regime (and without machines) the dynamics end, because every accepted move raises the weighted potential
    (lexicographically where gamma_i = 0). In kinked regimes no potential is known: after a cycle is met and ``patience`` more
    passes the run ends as STALLED with the profile it has, and on small games the notes say whether an equilibrium exists. Work
    O(pairs) a pass, memory O(pairs).

    References
    ----------
    FUSION paper, section V-E. Monderer and Shapley, Potential games, Games and Economic Behavior 14 (1996).
    """
    return Play(game, params, run).best_responses(lambda: shuffled(game.users, run.rng))


def round_robin_best_response(game: OffloadingGame, params: BestResponse, run: Run[Profile]) -> Found[Profile]:
    """Best-response dynamics in which users 0, 1, ..., m-1 move in turn.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    params : BestResponse
        Starting profile, acceptance threshold, and patience where no potential is known.
    run : Run
        Clock, stop rules and random generator (of the starting profile) of the run.

    Returns
    -------
    Found
        As of `asynchronous_best_response`. ``iterations`` counts passes.

    Notes
    -----
    `asynchronous_best_response` with a fixed order of users; its guarantee holds.

    References
    ----------
    Monderer and Shapley, Potential games, Games and Economic Behavior 14 (1996).
    """
    order = np.arange(game.users)
    return Play(game, params, run).best_responses(lambda: order)


def largest_gain_best_response(game: OffloadingGame, params: BestResponse, run: Run[Profile]) -> Found[Profile]:
    """Best-response dynamics in which the user with the largest gain, relative to its spread, moves next.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    params : BestResponse
        Starting profile, acceptance threshold, and patience where no potential is known.
    run : Run
        Clock, stop rules and random generator (of the starting profile) of the run.

    Returns
    -------
    Found
        As of `asynchronous_best_response`. ``iterations`` counts moves.

    Notes
    -----
    The dynamics end when nobody gains more than the threshold. One move costs O(pairs). The guarantee of
    `asynchronous_best_response` holds.

    References
    ----------
    Monderer and Shapley, Potential games, Games and Economic Behavior 14 (1996).
    """
    return Play(game, params, run).largest_gains()


def log_linear_learning(game: OffloadingGame, params: LogLinear, run: Run[Profile]) -> Found[Profile]:
    """Log-linear learning under a falling temperature, followed by best responses until nobody moves.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    params : LogLinear
        Starting profile, acceptance threshold, patience, and the cooling schedule.
    run : Run
        Clock, stop rules and random generator of the run; its ``start``, if any, replaces the starting profile.

    Returns
    -------
    Found
        As of `asynchronous_best_response`. ``iterations`` counts the passes of both phases.

    Notes
    -----
    A visited user draws its action with probability proportional to exp(utility / T_i). With ``T_i = T gamma_i / w_i`` the
    process at fixed T has the stationary law exp(Psi / T) on the feasible profiles of the linear regime, Psi being the weighted
    potential, so low temperatures favour its maximisers. The closing best responses give the guarantee of
    `asynchronous_best_response`.

    References
    ----------
    Blume, The statistical mechanics of strategic interaction, Games and Economic Behavior 5 (1993). Marden and Shamma,
    Revisiting log-linear learning, Games and Economic Behavior 75 (2012).
    """
    play = Play(game, BestResponse(params.start, params.threshold, params.patience), run)
    size = float(play.current.arrays.size.mean()) if game.users else 1.0
    slope = game.gamma / game.weight if params.weighted else np.ones(game.users)
    slope = np.where(slope > 0.0, slope, slope[slope > 0.0].min(initial=1.0))
    relative = slope / slope.mean() if game.users else slope
    for step in range(params.passes):
        share = step / max(params.passes - 1, 1)
        temperature = np.maximum(
            params.initial_temperature ** (1.0 - share) * params.final_temperature**share * size * relative, 1e-300
        )
        ending = play.revise(temperature)
        if ending is not None:
            return play.finished(ending)
    return play.best_responses(lambda: shuffled(game.users, run.rng))


class Recorder:
    """What `trajectory` keeps of a run: after every pass the potentials, the welfare and how many moved; every move."""

    def __init__(self) -> None:
        self.rows: list[tuple[float, float, float, int]] = []
        self.moves: list[tuple[Ints, Ints]] = []
        self.start: Profile | None = None


class Play:
    """One run of a dynamic: its current profile, the passes done, the watch for cycles."""

    def __init__(self, game: OffloadingGame, params: BestResponse, run: Run[Profile], recorder: Recorder | None = None) -> None:
        self.game, self.params, self.run, self.recorder = game, params, run, recorder
        self.current = CurrentProfile(game, log=not game.linear or recorder is not None)
        self.current.begin(params.start, run)
        self.passes = self.moved = 0
        self.watch = None if game.linear else CycleWatch(game)
        self.cycle: Cycle | None = None
        self.traced = run.trace() is not None
        if recorder is not None:
            recorder.start = self.current.profile
        self._note_pass(0)

    def best_responses(self, order: Callable[[], Ints]) -> Found[Profile]:
        """Passes in the orders given until one without skips moves nobody."""
        certified = False  # are loads freshly summed and everybody to be visited?
        left = self.params.patience
        while True:
            if self.run.allowance(self.passes, 1) == 0:
                return self.finished(self.run.tick(self.passes) or Termination.ITERATIONS)
            movers, ending = self._pass(np.arange(self.game.users) if certified else order())
            if ending is not None:
                return self.finished(ending)
            if movers == 0 and certified:
                return self.finished(Termination.CONVERGED)
            if movers == 0:
                self.current.recount()
            certified = movers == 0
            if self.cycle is not None:
                left -= 1
                if left < 0:
                    return self.finished(Termination.STALLED)

    def largest_gains(self) -> Found[Profile]:
        """Single moves until nobody gains enough; loads are summed anew before that is believed."""
        fresh = True
        while True:
            ending = self.run.tick(self.passes)
            if ending is not None:
                return self.finished(ending)
            if dynamics.largest_gain(self.current.arrays, self.current.state, self.params.threshold):
                self.passes += 1
                fresh = False
                self._drain()
                self._note_pass(self.current.reset_counter(dynamics.MOVERS))
                if self.watch is not None and self.passes % 200 == 0:
                    self.cycle = self.watch.search()
                    if self.cycle is not None:  # the next move depends on the profile alone: it goes round for ever
                        return self.finished(Termination.STALLED)
            elif fresh:
                return self.finished(Termination.CONVERGED)
            else:
                self.current.recount()
                fresh = True

    def revise(self, temperature: float) -> Termination | None:
        """One pass of logit revisions."""
        if self.run.allowance(self.passes, 1) == 0:
            return self.run.tick(self.passes) or Termination.ITERATIONS
        m = self.game.users
        order, noise = shuffled(m, self.run.rng), self.run.rng.random(m)
        for begin in range(0, max(m, 1), CHUNK):
            ending = self.run.tick(self.passes)
            if ending is not None:
                return ending
            dynamics.revise(self.current.arrays, self.current.state, order, begin, min(begin + CHUNK, m), temperature, noise)
            self.current.drain()  # revisions are no best replies: no part of a cycle
        self.current.recount()
        if self.watch is not None:
            self.watch.begin(self.current.state.choice)
        self.passes += 1
        self._note_pass(self.current.reset_counter(dynamics.MOVERS))
        return None

    def finished(self, ending: Termination) -> Found[Profile]:
        """What the run hands back."""
        notes: list[str] = []
        certificate = None
        if ending is Termination.CONVERGED and self.params.threshold > 0.5 * EQUILIBRIUM_TOL:
            ending = Termination.STALLED
            notes.append(
                f"at rest for the threshold {self.params.threshold!r}, which is too coarse for an equilibrium: none is claimed"
            )
        if self.cycle is not None:
            certificate = Certificate("best-response-cycle", self.cycle.arrays)
            notes.append(f"a best-response cycle of {len(self.cycle.arrays['user'])} moves was met: no potential exists")
            if ending is Termination.STALLED:
                notes.append("no rest point was reached and no equilibrium is claimed")
                notes.append(existence(self.game))
        return Found(
            self.current.profile,
            ending,
            certificate=certificate,
            iterations=self.passes,
            evaluations=int(self.current.state.ints[dynamics.EVALUATIONS]),
            notes=tuple(notes),
        )

    def _pass(self, order: Ints) -> tuple[int, Termination | None]:
        """One pass in chunks; how many moved, and why the run must end, if it must."""
        m = self.game.users
        for begin in range(0, max(m, 1), CHUNK):
            ending = self.run.tick(self.passes)
            if ending is not None:
                return 0, ending
            end = min(begin + CHUNK, m)
            dynamics.sweep(self.current.arrays, self.current.state, order, begin, end, self.params.threshold)
            self._drain()
        self.passes += 1
        movers = self.current.reset_counter(dynamics.MOVERS)
        self._note_pass(movers)
        if self.watch is not None and self.cycle is None and self.passes > _QUIET_PASSES:
            self.cycle = self.watch.search()
        return movers, None

    def _drain(self) -> None:
        if self.watch is None and self.recorder is None:
            return
        moves = self.current.drain()
        if not len(moves[0]):
            return
        if self.recorder is not None:
            self.recorder.moves.append(moves)
        if self.watch is not None and self.cycle is None:
            if self.passes < _QUIET_PASSES:
                self.watch.begin(self.current.state.choice)
            else:
                self.watch.add(moves, self.current.state.choice)

    def _note_pass(self, movers: int) -> None:
        if self.traced:
            self.run.record(self.passes, value(self.game, self.current.profile))
        if self.recorder is not None:
            now = self.current.profile
            row = (paper_potential(self.game, now), weighted_potential(self.game, now), value(self.game, now), movers)
            self.recorder.rows.append(row)
