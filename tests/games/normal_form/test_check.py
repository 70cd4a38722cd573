"""The checker of finite games: planted faults are caught, witnesses replay, claims are told from measures."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import Quality, Termination
from edgeworth.core.checking import Mismatch
from edgeworth.core.verdict import Status
from edgeworth.core.violation import Violation
from edgeworth.games import normal_form
from edgeworth.games.normal_form import Deviation, LemkeHowson, NormalFormGame, Play, Profile
from edgeworth.games.normal_form.check import EPSILON_TOL
from edgeworth.learning import WolfPhc
from edgeworth.testing import FAULTS, Fault, normal_form_games, profiles
from tests.oracles import normal_form as oracle

ALL = FAULTS["normal-form"]
SOLVERS = ("pure", "zero-sum", "lemke-howson", "stackelberg", "minimax-q")
CLASSIC = NormalFormGame([[[2.0, 4.0], [1.0, 3.0]], [[1.0, 0.0], [0.0, 1.0]]])
FEW = Play(rounds=50)


def _results(game: NormalFormGame) -> list[Any]:
    params = {"minimax-q": FEW}
    return [normal_form.solve(game, method=name, seed=0, params=params.get(name)) for name in SOLVERS]


@pytest.mark.parametrize("fault", [f for f in ALL if "bound" not in f.verdict], ids=lambda fault: fault.name)
def test_every_fault_is_caught_on_a_known_game(fault: Fault) -> None:
    planted = [faulty for result in _results(CLASSIC) if (faulty := fault(CLASSIC, result)) is not None]
    assert planted, "the fault found no place: this test would prove nothing"
    for faulty in planted:
        assert fault.verdict in normal_form.verify(CLASSIC, faulty).failures


@given(game=normal_form_games())
def test_every_fault_is_caught_wherever_it_has_a_place(game: NormalFormGame) -> None:
    for result in _results(game):
        assert normal_form.verify(game, result)
        for fault in ALL:
            faulty = fault(game, result)
            if faulty is not None:
                failures = normal_form.verify(game, faulty).failures
                assert fault.verdict in failures, (fault.name, result.method)
                for name, verdict in failures.items():
                    assert verdict.violation > verdict.tolerance
                    witness = verdict.witness
                    if isinstance(witness, Violation):
                        assert witness.replay(game, faulty.solution) == verdict.violation
                    elif isinstance(witness, Deviation):
                        assert witness.replay(game, faulty.solution) == pytest.approx(witness.gain)
                    else:
                        assert isinstance(witness, Mismatch)
                        assert witness.what == name


@given(data=st.data())
def test_a_bare_profile_is_judged_as_an_equilibrium(data: st.DataObject) -> None:
    game = data.draw(normal_form_games())
    profile = data.draw(profiles(game))
    report = normal_form.verify(game, profile)
    tables, mixed = game.payoffs.tolist(), [vector.tolist() for vector in profile]
    known = list(zip(oracle.regrets(tables, mixed), oracle.spreads(tables, mixed), oracle.stakes(tables, mixed), strict=True))
    worst = max(gain - EPSILON_TOL * spread for gain, spread, _ in known)
    if worst <= 0.0:
        assert report
    if any(
        gain > 2.0 * EPSILON_TOL * spread + 1e-12 * stake + 1e-14 * size
        for (gain, spread, stake), size in zip(known, game.magnitude, strict=True)
    ):
        assert not report
    if not report:
        witness = report["epsilon"].witness
        assert witness.replay(game, profile) > 0.0


def test_learners_claim_nothing_and_are_measured() -> None:
    game = normal_form.generate(preset="shapley", seed=0)
    result = normal_form.solve(game, method="wolf-phc", seed=0, params=Play(rounds=100))
    verdict = normal_form.verify(game, result)["epsilon"]
    assert verdict
    assert verdict.violation > EPSILON_TOL
    assert isinstance(verdict.witness, Deviation)
    assert verdict.status is Status.MEASURED
    assert not normal_form.verify(game, result.require())


def test_a_run_cut_short_claims_nothing() -> None:
    result = normal_form.solve(CLASSIC, method="pure")
    wrong = replace(result, solution=Profile.pure(CLASSIC, [1, 0]), value=1.0)
    assert "epsilon" in normal_form.verify(CLASSIC, wrong).failures
    assert normal_form.verify(CLASSIC, replace(wrong, termination=Termination.TIME, quality=Quality.FEASIBLE))


def test_a_follower_that_does_not_reply_best_is_noticed() -> None:
    """The commitment is right and the reply earns the leader even more, but the follower would not give it."""
    result = normal_form.solve(CLASSIC, method="stackelberg")
    profile = Profile([[0.9, 0.1], [0.0, 1.0]])
    wrong = replace(result, solution=profile, value=normal_form.value(CLASSIC, profile))
    verdict = normal_form.verify(CLASSIC, wrong)["commitment"]
    assert not verdict
    assert verdict.violation == pytest.approx(1.0)


def test_a_result_of_another_game_is_refused() -> None:
    result = normal_form.solve(CLASSIC, method="pure")
    with pytest.raises(ValueError, match="answer: must be a result of this problem"):
        normal_form.verify(normal_form.generate(seed=0), result)


PENNIES = normal_form.generate(preset="matching-pennies", seed=0)
HALF = [[0.5, 0.5], [0.5, 0.5]]
MISUSE: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "flat payoffs": (lambda: NormalFormGame([1.0, 2.0]), ValueError, "payoffs: must have shape players x strategies"),
    "too few tables": (lambda: NormalFormGame(np.ones((1, 2, 2))), ValueError, "payoffs: must have shape players x strategies"),
    "no strategies": (lambda: NormalFormGame(np.ones((2, 0, 2))), ValueError, "none of them 0; got (2, 0, 2)"),
    "ragged": (lambda: NormalFormGame([[[1.0], [1.0, 2.0]]]), ValueError, "payoffs: must be a rectangular array"),
    "NaN": (lambda: NormalFormGame([[math.nan]]), ValueError, "payoffs: must be finite everywhere; got nan at index [0, 0]"),
    "text payoffs": (lambda: NormalFormGame([["1"]]), TypeError, "payoffs: must hold real numbers"),
    "player names": (lambda: NormalFormGame([[1.0]], players=("a", "b")), ValueError, "players: must hold 1 names"),
    "a name": (lambda: NormalFormGame([[1.0]], players="a"), TypeError, "players: must be a sequence of names"),
    "same names": (
        lambda: NormalFormGame([[1.0, 2.0]], strategies=(("x", "x"),)),
        ValueError,
        "strategies[0]: must be distinct",
    ),
    "number as name": (lambda: NormalFormGame([[1.0]], players=(1,)), TypeError, "players: must hold text; got 1"),
    "strategies of too many": (
        lambda: NormalFormGame([[1.0]], strategies=(("x",), ("y",))),
        ValueError,
        "strategies: must list names for each of 1 players",
    ),
    "title": (lambda: NormalFormGame([[1.0]], title=3), TypeError, "title: must be text"),
    "denominators alone": (
        lambda: NormalFormGame([[1.0]], denominators=np.array([[1]])),
        ValueError,
        "denominators: must be given together with numerators",
    ),
    "other fractions": (
        lambda: NormalFormGame([[0.3]], numerators=np.array([[1]]), denominators=np.array([[3]])),
        ValueError,
        "payoffs: must be the nearest float64 of numerators / denominators",
    ),
    "denominator 0": (
        lambda: NormalFormGame([[0.3]], numerators=np.array([[1]]), denominators=np.array([[0]])),
        ValueError,
        "denominators: must be at least 1 everywhere",
    ),
    "float as fraction": (lambda: NormalFormGame.from_fractions([[0.5]]), TypeError, "payoffs: must hold fractions"),
    "no fraction": (lambda: NormalFormGame.from_fractions([["a/b"]]), ValueError, "payoffs: must hold fractions; got 'a/b'"),
    "long fraction": (lambda: NormalFormGame.from_fractions([["1/99999999999999999999"]]), ValueError, "at most 2**53"),
    "profile a number": (lambda: Profile(0.5), TypeError, "probabilities: must be a sequence of vectors"),  # type: ignore[arg-type]
    "profile NaN": (lambda: Profile([[math.nan]]), ValueError, "probabilities[0]: must be finite everywhere"),
    "profile of another game": (
        lambda: normal_form.regret(PENNIES, [[0.5, 0.5]]),
        ValueError,
        "profile: must have probabilities for strategies (2, 2); got (2,)",
    ),
    "profile of sum 1.1": (
        lambda: normal_form.regret(PENNIES, [[0.5, 0.6], [0.5, 0.5]]),
        ValueError,
        "profile: must be of mixed strategies; got player '1': probabilities sum to 1.1",
    ),
    "exact profile of sum 2": (
        lambda: normal_form.regret(PENNIES, [["1", "1"], ["1/2", "1/2"]], exact=True),
        ValueError,
        "profile: must be of mixed strategies",
    ),
    "exact profile of words": (
        lambda: normal_form.regret(PENNIES, [["one", "1"], HALF[1]], exact=True),
        ValueError,
        "profile[0]: must hold finite numbers; got 'one'",
    ),
    "exact a number": (lambda: normal_form.regret(PENNIES, HALF, exact=1), TypeError, "exact: must be True or False"),  # type: ignore[call-overload]
    "game": (lambda: normal_form.regret(PENNIES.payoffs, HALF), TypeError, "game: must be a NormalFormGame"),  # type: ignore[arg-type]
    "player": (lambda: normal_form.best_responses(PENNIES, HALF, 2), ValueError, "player: must be at most 1; got 2"),
    "tolerance": (
        lambda: normal_form.best_responses(PENNIES, HALF, 0, tolerance=-1.0),
        ValueError,
        "tolerance: must be at least 0.0",
    ),
    "pure of too few": (
        lambda: Profile.pure(PENNIES, [0]),
        ValueError,
        "strategies: must name a strategy for each of 2 players",
    ),
    "pure by numbers beyond": (lambda: normal_form.regret(PENNIES, (0, 2)), ValueError, "strategies[1]: must be at most 1"),
    "pure by booleans": (lambda: normal_form.regret(PENNIES, (True, False)), TypeError, "strategies[0]: must be an integer"),
    "no profile": (
        lambda: normal_form.regret(PENNIES, []),
        ValueError,
        "profile: must have probabilities for strategies (2, 2)",
    ),
    "pure beyond": (lambda: Profile.pure(PENNIES, [0, 2]), ValueError, "strategies[1]: must be at most 1; got 2"),
    "preset": (
        lambda: normal_form.generate(preset="chiken"),
        ValueError,
        "preset: must be one of random, zero-sum, matching-pennies, rock-paper-scissors, shapley, prisoners-dilemma, "
        "coordination, battle-of-the-sexes, chicken (did you mean 'chicken'?)",
    ),
    "players of a classic": (
        lambda: normal_form.generate(preset="chicken", players=3),
        ValueError,
        "players: is not taken by preset 'chicken'; got 3",
    ),
    "players of zero-sum": (lambda: normal_form.generate(preset="zero-sum", players=2), ValueError, "players: is not taken"),
    "no players": (lambda: normal_form.generate(players=0), ValueError, "players: must be at least 1"),
    "too large": (
        lambda: normal_form.generate(players=30, strategies=9),
        ValueError,
        "strategies: must leave at most 10000000",
    ),
    "initial": (lambda: LemkeHowson(initial=-1), ValueError, "initial: must be at least 0"),
    "initial beyond": (
        lambda: normal_form.solve(PENNIES, method="lemke-howson", params=LemkeHowson(initial=4)),
        ValueError,
        "initial: must be below the number of strategies, 4; got 4",
    ),
    "rounds": (lambda: Play(rounds=-1), ValueError, "rounds: must be at least 0"),
    "answer": (lambda: Play(answer="mean"), ValueError, "answer: must be one of average, last, frequencies"),
    "learner": (
        lambda: Play(learner="exp3"),  # type: ignore[arg-type]
        TypeError,
        "learner: must be a learner or None; got 'exp3'",
    ),
    "another learner": (
        lambda: normal_form.solve(PENNIES, method="exp3", params=Play(learner=WolfPhc())),
        ValueError,
        "learner: must be of type Exp3 for this method",
    ),
    "params of another": (
        lambda: normal_form.solve(PENNIES, method="exp3", params=LemkeHowson()),
        TypeError,
        "params: must be of type Play",
    ),
    "multipliers": (
        lambda: normal_form.commitment_bound(PENNIES, [[1.0]]),
        ValueError,
        "multipliers: must have shape 2 x 2",
    ),
    "three lead": (
        lambda: normal_form.commitment_bound(normal_form.generate(players=3, seed=0), [[1.0]]),
        ValueError,
        "game: must have two players",
    ),
    "answer of a type": (lambda: normal_form.verify(PENNIES, 3), TypeError, "answer: must be a Profile or a Result"),
    "text for numbers": (
        lambda: normal_form.verify(PENNIES, [["1", "0"], HALF[1]]),
        TypeError,
        "answer: makes no Profile: probabilities[0]: must hold real numbers",
    ),
    "ragged numbers": (
        lambda: normal_form.verify(PENNIES, [[[0.5], [0.2, 0.3]], HALF[1]]),
        ValueError,
        "answer: makes no Profile: probabilities[0]: must be a rectangular",
    ),  # type: ignore[list-item]
    "verify what": (lambda: normal_form.verify(HALF, Profile(HALF)), TypeError, "problem: must be a NormalFormGame"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("case", MISUSE)
def test_misuse(case: str) -> None:
    call, error, text = MISUSE[case]
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)
