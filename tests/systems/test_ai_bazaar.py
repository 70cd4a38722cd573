"""AI-Bazaar end to end: what is paid, won and learned in every round, and that a changed record is noticed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth import Stop
from edgeworth.games import trading
from edgeworth.games.trading.training import READINGS, Puzzle, Training
from edgeworth.mechanisms import token_market
from edgeworth.systems import ai_bazaar
from edgeworth.systems.ai_bazaar import BazaarRun, Round
from tests.cli.test_cli import document, refused, run
from tests.oracles import ai_bazaar as bazaar
from tests.oracles import trading as oracle

RUN = ai_bazaar.run(preset="two-peaks", consumers=4, rounds=6, seed=0)


def test_every_round_is_priced_answered_trained_for_and_paid() -> None:
    assert RUN.verify()
    exact = trading.solve(RUN.game).require()
    network = None
    for number, each in enumerate(RUN.rounds, 1):
        assert each.number == number
        assert each.solution.price == exact.price
        assert each.solution.demands == pytest.approx(oracle.follower(RUN.game, exact.price), rel=1e-9)
        reached = each.draw < math.exp(-0.05 * 0.01 * each.loss * 500.0)
        assert RUN.measures_of(each)["block"] == reached
        if not reached:
            assert network is None or each.parameters.tolist() == network
        network = each.parameters.tolist()
    blocks = [RUN.measures_of(each)["block"] for each in RUN.rounds]
    assert 0.0 < np.mean(blocks) < 1.0  # the seed's: a block was lost
    assert RUN.rounds[-1].loss < RUN.rounds[0].loss


@pytest.mark.parametrize("reading", READINGS)
def test_rounds_and_accounts_are_those_of_plain_code(reading: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second implementation: powers, races, propagation, networks and money; effects m_i and powers that differ."""
    market = replace(
        trading.generate(preset="two-peaks", consumers=3),
        token_effect=[1.0, 0.9, 1.1],
        role_ratio=[0.1, 0.3, 0.15],
        block_size=900.0,
    )
    monkeypatch.setattr(trading, "generate", lambda **_: market)
    small = Training(samples=7, features=2, classes=2, hidden=2, rate=0.1, steps=12, check=3, threshold=0.97, patience=2.0)
    found = ai_bazaar.run(rounds=6, reading=reading, training=small, seed=3)
    played = [(each.solution.price, each.solution.demands.tolist()) for each in found.rounds]
    plain = bazaar.replay(market, played, small, found.word, first=reading == READINGS[1])
    assert len({each.winner for each in plain}) > 1
    assert len({each.reached for each in plain}) == 2
    for each, expected in zip(found.rounds, plain, strict=True):
        assert (each.winner, each.draw) == (expected.winner, expected.draw)
        assert (each.loss, each.time) == pytest.approx((expected.loss, expected.time), rel=1e-6)
        assert each.parameters.tolist() == pytest.approx(expected.parameters, rel=1e-5, abs=1e-6)
        assert found.measures_of(each)["block"] == expected.reached
    cash = [found.state.account(k).free["CASH"] - before for k, before in enumerate(found.endowed, 1)]
    assert cash == bazaar.accounts(market, played, plain)
    assert found.verify()


def test_accounts_by_plain_arithmetic() -> None:
    """Provider, treasury and consumers after all rounds, from prices, demands and winners alone."""
    game = RUN.game
    most, prize = 6 * 20_000 * 100, 1_000 * (2_000 + 1_250)
    accounts = [0, 6 * prize, *[most] * 4]
    for each in RUN.rounds:
        for i, demand in enumerate(each.solution.demands.tolist()):
            amount = round(Fraction(each.solution.price * demand) * 1_000)
            accounts[0] += amount
            accounts[2 + i] -= amount
        if each.draw < math.exp(-0.05 * 0.01 * each.loss * 500.0):
            accounts[1] -= prize
            accounts[2 + each.winner] += prize
    cash = [RUN.state.account(k).free["CASH"] for k in range(1, 7)]
    assert cash == accounts
    assert sum(cash) == sum(RUN.endowed) == 6 * prize + 4 * most
    assert min(cash) >= 0
    table = RUN.to_frame()
    assert table.paid.sum() == pytest.approx(accounts[0] / 1_000)
    assert table.reward.sum() == pytest.approx((6 * prize - accounts[1]) / 1_000)
    expected = table.price * table.total_demand
    assert table.paid.to_numpy() == pytest.approx(expected.to_numpy(), abs=4e-3)
    first = RUN.rounds[0]
    earned = [oracle.utility(game, first.solution.price, first.solution.demands.tolist(), i) for i in range(4)]
    assert table.consumer_profit[0] == pytest.approx(np.mean(earned))
    luck = table.reward[0] - table.expected_reward[0]
    assert table.realised_profit[0] == pytest.approx(table.consumer_profit[0] + luck / 4)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("method", ["exact", "wolf-phc"])
def test_money_is_conserved_by_every_method_and_reading(method: str, reading: str) -> None:
    found = ai_bazaar.run(
        preset="interior", consumers=3, rounds=3, method=method, stop=Stop(iterations=2_000), reading=reading, seed=1
    )
    report = found.verify()
    assert report
    assert report["leader"].violation >= 0.0
    assert found.measures["final_loss"] == found.rounds[-1].loss
    if method == "wolf-phc":  # the price is the learner's, the demands are the equilibrium at it all the same
        for each in found.rounds:
            assert each.solution.demands == pytest.approx(oracle.follower(found.game, each.solution.price), rel=1e-9)


def test_same_seed_same_run() -> None:
    again = ai_bazaar.run(preset="two-peaks", consumers=4, rounds=6, seed=0)
    assert again.records == RUN.records
    assert [each.winner for each in again.rounds] == [each.winner for each in RUN.rounds]
    assert all(np.array_equal(a.parameters, b.parameters) for a, b in zip(again.rounds, RUN.rounds, strict=True))
    other = ai_bazaar.run(preset="two-peaks", consumers=4, rounds=6, seed=1)
    assert [each.loss for each in other.rounds] != [each.loss for each in RUN.rounds]


def test_where_nobody_mines_nobody_is_rewarded(monkeypatch: pytest.MonkeyPatch) -> None:
    idle = replace(trading.generate(preset="interior", consumers=3), role_ratio=np.zeros(3))
    monkeypatch.setattr(trading, "generate", lambda **_: idle)
    found = ai_bazaar.run(rounds=2, seed=0)
    assert found.verify()
    assert [(each.winner, each.time) for each in found.rounds] == [(-1, math.inf)] * 2
    assert len(found.records) == 2 * 3
    assert found.measures["reward"] == found.measures["block"] == 0.0


def test_a_race_that_nobody_decides_issues_no_block() -> None:
    hard = Training(threshold=1e-9, patience=0.5)
    found = ai_bazaar.run(consumers=2, rounds=2, reading=READINGS[1], training=hard, seed=0)
    assert found.verify()
    assert [each.winner for each in found.rounds] == [-1, -1]
    assert np.array_equal(found.rounds[0].parameters, found.rounds[1].parameters)


def test_consumers_out_of_equilibrium_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Payments and ledger fit the demands; only the replies are wrong."""
    monkeypatch.setattr(trading, "follower_equilibrium", lambda game, price, **_: np.full(game.consumers, 50.0))
    found = ai_bazaar.run(preset="interior", consumers=3, rounds=2, seed=0)
    assert set(found.verify().failures) == {"epsilon", "reply"}


def changed(number: int = 1, **fields: Any) -> BazaarRun:
    rounds = list(RUN.rounds)
    rounds[number - 1] = replace(rounds[number - 1], **fields)
    return replace(RUN, rounds=tuple(rounds))


def priced(price: float, demands: Any) -> trading.Equilibrium:
    return trading.model.equilibrium_of(RUN.game, price, np.asarray(demands, dtype=float))


def recorded(k: int, **fields: Any) -> BazaarRun:
    return replace(RUN, records=(*RUN.records[:k], RUN.records[k]._replace(**fields), *RUN.records[k + 1 :]))


def one_more_transfer() -> BazaarRun:
    state = ai_bazaar.run(preset="two-peaks", consumers=4, rounds=6, seed=0).state
    assert token_market.execute(state, token_market.Transfer(to=4, asset="CASH", amount=1), signer=3)
    return replace(RUN, state=state)


FIRST: Round = RUN.rounds[0]
SOLUTION = FIRST.solution
PAID = RUN.records[0].arguments
FORGED: dict[str, tuple[Callable[[], BazaarRun], str]] = {
    "a lower price": (lambda: changed(solution=priced(SOLUTION.price - 1.0, SOLUTION.demands)), "entries"),
    "a price out of its interval": (lambda: changed(solution=priced(25.0, SOLUTION.demands)), "feasible"),
    "less demand": (lambda: changed(solution=priced(SOLUTION.price, 0.9 * SOLUTION.demands)), "reply"),
    "false profits": (lambda: changed(solution=replace(SOLUTION, profits=SOLUTION.profits + 1.0)), "record"),
    "another winner": (lambda: changed(winner=(FIRST.winner + 1) % 4), "race"),
    "no winner": (lambda: changed(winner=-1), "race"),
    "a smaller loss": (lambda: changed(loss=0.5 * FIRST.loss), "race"),
    "a loss below 0": (lambda: changed(loss=-1e12), "race"),
    "no number for a loss": (lambda: changed(loss=math.nan), "race"),
    "an earlier time": (lambda: changed(time=0.5), "race"),
    "a luckier draw": (lambda: changed(draw=0.0), "race"),
    "another network": (lambda: changed(parameters=FIRST.parameters + 1e-12), "learning"),
    "half a network": (lambda: changed(parameters=FIRST.parameters[:5]), "learning"),
    "a winner from elsewhere": (lambda: changed(winner=4), "rounds"),
    "demands of another size": (lambda: changed(solution=replace(SOLUTION, demands=[1.0], profits=[1.0])), "rounds"),
    "a demand below 0": (lambda: changed(solution=priced(SOLUTION.price, -SOLUTION.demands)), "rounds"),
    "mining that was chosen": (lambda: changed(solution=replace(SOLUTION, mining=SOLUTION.demands)), "rounds"),
    "roles that are chosen": (lambda: replace(RUN, game=replace(RUN.game, roles="chosen")), "rounds"),
    "a round left out": (lambda: replace(RUN, rounds=RUN.rounds[1:]), "rounds"),
    "rounds in another order": (lambda: replace(RUN, rounds=RUN.rounds[::-1]), "rounds"),
    "the last round left out": (lambda: replace(RUN, rounds=RUN.rounds[:-1]), "entries"),
    "a smaller payment": (lambda: recorded(0, arguments=(*PAID[:2], PAID[2] - 1, *PAID[3:])), "entries"),
    "a payment to another": (lambda: recorded(0, arguments=(2, *PAID[1:])), "entries"),
    "a payment by another": (lambda: recorded(0, signer=4), "entries"),
    "a payment twice": (lambda: replace(RUN, records=(RUN.records[0], *RUN.records)), "entries"),
    "a payment left out": (lambda: replace(RUN, records=RUN.records[1:]), "entries"),
    "a payment refused": (lambda: recorded(0, result=16), "ledger"),
    "payments in another order": (lambda: replace(RUN, records=(*RUN.records[1::-1], *RUN.records[2:])), "entries"),
    "a reward too many": (lambda: replace(RUN, records=(*RUN.records, RUN.records[-1])), "entries"),
    "a transfer without a record": (one_more_transfer, "ledger"),
    "another state": (lambda: replace(RUN, state=token_market.State.genesis(RUN.rules)), "money"),
    "other draws": (lambda: replace(RUN, word=RUN.word + 1), "race"),
    "the other reading": (lambda: replace(RUN, reading=READINGS[1]), "race"),
    "another network size": (lambda: replace(RUN, training=Training(hidden=3)), "learning"),
    "a higher reward": (lambda: replace(RUN, game=replace(RUN.game, reward=2_001.0)), "entries"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_changed_run_is_noticed(name: str) -> None:
    make, verdict = FORGED[name]
    report = make().verify()
    assert not report
    assert not report[verdict], str(report)


def test_the_winner_s_network_has_the_loss_that_everybody_can_check() -> None:
    rng = np.random.default_rng(np.random.SeedSequence(RUN.word, spawn_key=(0,)))
    puzzle = Puzzle(RUN.training, seed=rng)
    for each in RUN.rounds:
        if RUN.measures_of(each)["block"]:
            assert puzzle.loss(each.parameters) == pytest.approx(each.loss, rel=1e-12)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"rounds": 0}, "rounds: must be at least 1"),
        ({"rounds": 1_000_000}, "rounds: times what a round may cost"),
        ({"consumers": 0}, "consumers: "),
        ({"method": "loom"}, "method: "),
        ({"preset": "loom"}, "preset: "),
        ({"reading": "loom"}, "reading: must be one of"),
        ({"training": 3}, "training: must be a Training"),
        ({"seed": "x"}, "seed: "),
    ],
    ids=str,
)
def test_arguments_out_of_range_are_refused(given: dict[str, Any], text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=text):
        ai_bazaar.run(**{"consumers": 3, "rounds": 1, **given})


WORDS = ("run", "ai-bazaar", "--preset", "interior", "--consumers", 3, "--rounds", 2, "--method", "exact", "--seed", 0)


def test_the_command_line_runs_and_verifies_it(tmp_path: Path) -> None:
    table = tmp_path / "rounds.csv"
    told = run(*WORDS, "--csv", table)
    assert told.exit_code == 0, told.output
    assert "<BazaarRun: 2 rounds by exact" in told.stdout
    assert "verified" in told.stdout.splitlines()
    assert "[2/2] welfare" in told.stderr
    assert len(table.read_text().splitlines()) == 3
    found = document(run(*WORDS, "--json", "--quiet"))
    assert found["verified"] is True
    assert found["measures"] == ai_bazaar.run(preset="interior", consumers=3, rounds=2, seed=0).measures
    assert found["verdicts"]["money"]["status"] == "holds"
    assert [row["round"] for row in found["runs"]] == [1, 2]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--method", "exect"), "did you mean 'exact'"),
        (("--preset", "town"), "preset: must be one of"),
        (("--reading", "last"), "reading: must be one of"),
        (("--rounds", 0), "--rounds"),
        (("--time-limit", -1), "seconds"),
        (
            ("--preset", "ai-bazaar", "--method", "closed-form"),
            "closed-form found no solution: quality none, stopped by refused",
        ),
    ],
)
def test_wrong_options_are_named(words: tuple[str, ...], what: str) -> None:
    assert what in refused(*WORDS, "--quiet", *words)
