"""The best commitment of a leader among two players, with multipliers that prove it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.method import Found
from edgeworth.core.result import Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.games.normal_form.exact import rational
from edgeworth.games.normal_form.exact.scaling import refused, simplex, unit
from edgeworth.games.normal_form.model import (
    Floats,
    NormalFormGame,
    Profile,
    commitment_bound,
    commitment_stake,
    deviation_payoffs,
    exact_table,
    payoffs,
    stakes,
)

CERTIFICATE = "commitment-multipliers"
_SMALL = 4_096  # |A_0| |A_1|^2, the entries of all programs: up to here they are solved in fractions at once
_CLEAR = 1e-11  # relative: what floats may leave and still be taken for the optimum


def optimal_commitment(game: NormalFormGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """The best mixed commitment of player 0 of two, with the best response of player 1: a strong Stackelberg equilibrium.

    Parameters
    ----------
    game : NormalFormGame
        A game of two players; others are refused.
    params : None
        The method has no parameters.
    run : Run
        Clock and stop rules of the run.

    Returns
    -------
    Found
        The commitment with the follower's response, and a bound on every commitment, recomputed from the certificate
        "commitment-multipliers". ``iterations`` counts pivots.

    Notes
    -----
    For every response t a linear program maximises ``sum_s x(s) u_0(s, t)`` subject to t being a best response to x; the best
    of these programs is the answer. Games of up to 4,096 entries (|A_0| |A_1|^2: 16 x 16) are solved in exact arithmetic. In
    larger ones HiGHS solves all programs as one, over p(s, t) = the weight of response t times x_t(s):

        maximise sum p(s, t) u_0(s, t),  sum_s p(s, t) (u_1(s, t') - u_1(s, t)) <= 0 for all t, t',  sum p = 1,  p >= 0.

    Its optimum is the best of theirs, and each t that carries weight attains it. Where payoffs differ so widely that the
    solver's answer is worse than its own multipliers say, by more than 1e-11 of what is at stake, the programs are solved in
    exact arithmetic after all.

    The certificate holds the duals ``y`` [t, t'] and, of exact ones, ``rest``, what rounding took off them: where a payoff is
    1e13 times as large as what the leader earns, the 53 bits of y alone would prove nothing. The profile is no Nash equilibrium
    in general: player 0 may wish to deviate from its commitment.

    References
    ----------
    Conitzer and Sandholm, Computing the optimal strategy to commit to, EC 2006. Conitzer and Korzhyk, Commitment to correlated
    strategies, AAAI 2011.
    """
    if len(game.shape) != 2:
        return refused("the method needs a two-player game: player 0 leads, player 1 follows")
    ending = run.tick(0)
    if ending is not None:
        return Found(None, ending)
    n, m = game.shape
    if n * m * m <= _SMALL:
        return _with_note(game, _in_fractions(game, run, 0, None))
    found = _by_highs(game, run)
    if found.termination is Termination.PROVED and not _clear(game, found):
        found = _in_fractions(game, run, found.iterations, found.solution)
    return _with_note(game, found)


def _with_note(game: NormalFormGame, found: Found[Profile]) -> Found[Profile]:
    """Says what the leader earns, which need not be the game's objective."""
    if found.solution is None or found.termination is not Termination.PROVED:
        return found
    note = f"player {game.players[0]!r} commits and earns {payoffs(game, found.solution)[0]:.10g}"
    return replace(found, notes=(*found.notes, note))


def _clear(game: NormalFormGame, found: Found[Profile]) -> bool:
    """Whether the answer of floats is surely the optimum."""
    if found.solution is None or found.certificate is None:
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        lead, follow = (deviation_payoffs(game, found.solution, i) for i in range(2))
        earned, replied = float(found.solution[0] @ lead), float(found.solution[1] @ follow)
        bound = commitment_bound(game, found.certificate.arrays["y"])
        sound = abs(bound - earned) <= _CLEAR * commitment_stake(game, bound)
        return bool(sound and follow.max() - replied <= 1e-14 * stakes(game, found.solution)[1])


def _in_fractions(game: NormalFormGame, run: Run[Profile], pivots: int, near: Profile | None) -> Found[Profile]:
    """Every program by itself: x >= 0, sum x <= 1, an objective lifted above 0, so that x = 0 is a first basis.

    near: what floats found, the answer of a run that is cut; it claims nothing.
    """
    lead, follow = exact_table(game, 0), exact_table(game, 1)
    n, m = game.shape
    lift = 1 - min(map(min, lead))
    y, rest = np.zeros((m, m)), np.zeros((m, m))
    best: tuple[Fraction, int, list[Fraction]] | None = None
    ended: list[Termination] = []

    def ask(done: int) -> bool:
        ending = run.tick(pivots + done)
        ended.extend([] if ending is None else [ending])
        return bool(ended)

    for t in range(m):
        rows = [[follow[s][k] - follow[s][t] for s in range(n)] for k in range(m) if k != t]
        answer = rational.maximise(
            [lead[s][t] + lift for s in range(n)],
            [*rows, [Fraction(1)] * n],
            [Fraction(0)] * (m - 1) + [Fraction(1)],
            ask,
        )
        if answer is None:
            break
        pivots += answer.pivots
        for k, multiplier in zip((k for k in range(m) if k != t), answer.y[:-1], strict=True):
            y[t, k] = float(multiplier)
            rest[t, k] = float(multiplier - Fraction(y[t, k]))
        if sum(answer.x) > 0 and (best is None or answer.y[-1] > best[0]):
            best = answer.y[-1], t, answer.x
    if ended or best is None:  # (every commitment has a best reply: without an end there is a best)
        notes = ("not all replies were looked at in exact arithmetic",)
        return Found(near, ended[0] if ended else Termination.ERROR, iterations=pivots, notes=notes)
    _, t, x = best
    reply = np.zeros(m)
    reply[t] = 1.0
    profile = Profile([simplex([float(p) for p in x]), reply])
    certificate = Certificate(CERTIFICATE, {"y": y, "rest": rest})
    return Found(profile, Termination.PROVED, certificate=certificate, iterations=pivots)


def _by_highs(game: NormalFormGame, run: Run[Profile]) -> Found[Profile]:
    (lead, lead_scale), (follow, follow_scale) = unit(game.payoffs[0]), unit(game.payoffs[1])
    n, m = lead.shape
    with run.breakable():
        model = _program(lead, follow)
    answer = minimise(model, run)
    if answer.x is None or answer.row_dual is None:
        return Found(None, answer.termination, iterations=answer.iterations, notes=(f"HiGHS: {answer.status}",))
    weights = np.maximum(answer.x.reshape(n, m), 0.0)
    t = int(weights.sum(axis=0).argmax())
    chosen = np.zeros(m)
    chosen[t] = 1.0
    profile = Profile([simplex(weights[:, t]), chosen])
    y = np.maximum(-answer.row_dual[:-1].reshape(m, m), 0.0) * (lead_scale / follow_scale)
    return Found(profile, answer.termination, certificate=Certificate(CERTIFICATE, {"y": y}), iterations=answer.iterations)


def _program(lead: Floats, follow: Floats) -> ColumnModel:
    """All programs in one, on payoffs in units of their size."""
    n, m = lead.shape
    # Columns (s, t), s slowest; rows (t, t') with t' != t: t m + t', the diagonal left empty; then the sum.
    reply = np.tile(np.arange(m), n)
    rows = np.empty((n * m, m), dtype=np.int64)
    entries: Floats = np.empty((n * m, m))
    other: Any = np.array([[k for k in range(m) if k != t] for t in range(m)], dtype=np.int64).reshape(m, m - 1)
    rows[:, :-1] = reply[:, None] * m + other[reply]
    rows[:, -1] = m * m
    source = np.repeat(np.arange(n), m)
    entries[:, :-1] = follow[source[:, None], other[reply]] - follow[source, reply][:, None]
    entries[:, -1] = 1.0
    return ColumnModel(
        cost=-lead.ravel(),
        upper=np.full(n * m, np.inf),
        row_lower=np.array([-np.inf] * (m * m) + [1.0]),
        row_upper=np.array([0.0] * (m * m) + [1.0]),
        starts=np.arange(n * m + 1) * m,
        rows=rows.ravel(),
        entries=entries.ravel(),
        integer=False,
    )
