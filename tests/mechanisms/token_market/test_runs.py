"""Random runs: the kernel and the plain rules agree after every command, and the invariants hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth.mechanisms import token_market as tm
from edgeworth.mechanisms.token_market.apply import execute_numbers
from edgeworth.mechanisms.token_market.check.plain import PlainMarket

ECONOMIES = ["literal", "backed"]


def agree_after_every_command(economy: Any, seed: int, count: int, faults: float) -> None:
    """And a refused command leaves every byte, an accepted one does not."""
    run = tm.random_run(count, economy, seed, faults=faults)
    state, plain = tm.State.genesis(run.rules, room=1), PlainMarket(run.rules)
    digest = state.digest()
    for record in run.log:
        effect = execute_numbers(state, record.code, record.signer, record.nonce, record.arguments)
        told = plain.step(record.code, record.signer, record.nonce, record.arguments)
        assert (int(effect.refusal), effect.outputs) == told == (record.result, record.outputs)
        before, digest = digest, state.digest()
        assert (digest == before) == (not effect)
        if effect:
            whole = tm.summary(state)
            assert whole == tm.summary(plain)
            assert tm.violations(whole) == []
    assert state.digest() == run.state.digest()


@pytest.mark.parametrize("economy", ECONOMIES)
def test_both_agree_after_every_command(economy: str) -> None:
    agree_after_every_command(economy, 0, 1_200, 0.04)


@given(st.sampled_from(ECONOMIES), st.integers(0, 2**63 - 1), st.sampled_from([0.0, 0.04, 0.5]))
@settings(max_examples=12, deadline=None)
def test_both_agree_for_every_seed(economy: str, seed: int, faults: float) -> None:
    agree_after_every_command(economy, seed, 150, faults)


@pytest.mark.parametrize("economy", ECONOMIES)
def test_a_run_is_verified(economy: Any) -> None:
    run = tm.random_run(8_000, economy, seed=5)
    report = tm.verify(run, every=500)
    assert report, str(report)
    assert list(report) == [f"I{k}" for k in range(1, 14)]
    accepted = run.log.head[run.log.head[:, 3] == 0, 0]
    disputes = {tm.Receipt.code, tm.Arbitrate.code} if economy == "literal" else set()
    assert set(accepted.tolist()) == {command.code for command in tm.COMMANDS} - disputes
    assert len(run.log.counts()) > 22  # and refusals of nearly every kind


@pytest.mark.slow
@pytest.mark.parametrize("economy", ECONOMIES)
def test_a_million_commands_keep_the_invariants(economy: Any) -> None:
    run = tm.random_run(1_000_000, economy, seed=0)
    assert tm.violations(run.state) == []
    assert run.state.height == run.log.counts()["ACCEPTED"] > 300_000


@pytest.mark.slow
@pytest.mark.parametrize("economy", ECONOMIES)
def test_both_agree_after_every_one_of_many_commands(economy: Any) -> None:
    for seed in range(8):
        agree_after_every_command(economy, seed, 2_000, 0.1)


def test_a_run_is_its_seeds() -> None:
    one, two, other = tm.random_run(500, seed=7), tm.random_run(500, seed=7), tm.random_run(500, seed=8)
    assert one.state.digest() == two.state.digest() != other.state.digest()
    assert np.array_equal(one.log.flat, two.log.flat)
    longer = tm.random_run(700, seed=7)
    assert list(longer.log)[:500] == list(one.log)
    assert one.log[-1] == one.log[499]
    assert one.log[10:12] == [one.log[10], one.log[11]]


def test_growth_is_no_part_of_a_state() -> None:
    """Tables that begin with one row and tables that never grow lead to the same bytes."""
    run = tm.random_run(1_500, "backed", seed=3)
    wide, narrow = tm.State.genesis(run.rules, room=4_096), tm.State.genesis(run.rules, room=1)
    rows = len(narrow.tables.deals)
    for record in run.log:
        for state in (wide, narrow):
            execute_numbers(state, record.code, record.signer, record.nonce, record.arguments)
    assert wide.digest() == narrow.digest() == run.state.digest()
    assert len(narrow.tables.deals) > rows
    assert len(wide.tables.deals) == 4_100


@pytest.mark.parametrize(
    ("arguments", "words"),
    [((-1,), "commands"), ((1.0,), "commands"), ((1, "fiat"), "economy"), ((1, "backed", -1), "seed"), ((True,), "commands")],
)
def test_what_is_no_run(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises((ValueError, TypeError), match=words):
        tm.random_run(*arguments)
    assert len(tm.random_run(0).log) == 0
