"""The market of scheduling at its limits: the last settlement, amounts that the ledger has no numbers for, deaths in a turn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.solvers.scheduling import Episode, Market, generate, vector_env
from edgeworth.solvers.scheduling.env.engine import Engine
from edgeworth.solvers.scheduling.env.observation import view_of
from edgeworth.solvers.scheduling.market.play import RULES, MarketPlay
from edgeworth.solvers.scheduling.market.rules import books
from edgeworth.solvers.scheduling.model.simulation import rule
from tests.solvers.scheduling.test_market import MARKETS, compared, up


def test_what_fails_at_the_very_end_is_settled_too() -> None:
    """Sending kills the requester at the last epoch. Deadlines are sums of rounded times: half a ms and half a ms are 2 ms."""
    for arrival, delay in ((1.0, 0.0), (0.0005, 0.0005), (0.4995, 5.0)):
        tasks: dict[str, Any] = {"arrival": [arrival], "source": [0], "work": [20.0], "data": [10.0]}
        rules: dict[str, Any] = {"horizon": 1.0, "mask": "off", "epoch": 0.0, "settlement": delay}
        problem = Episode([1.0, 4.0], [20.0, 4000.0], 19.0, 5.0, 0.0, **tasks, **rules)
        for market in MARKETS[:4]:
            run = compared(problem, replace(market, stake=40.0), "earliest-finish", 0, False)
            assert (run.outcome.status.tolist(), run.counts["offloads"]) == (["dead"], 1)
            assert run.ledger.account(1).locked == {"CTK": 0, "PTK": 0, "CASH": 0}


def test_nobody_mints_more_than_there_may_be() -> None:
    problem = generate(devices=3, horizon=20.0, rate=0.25, seed=0)
    play = MarketPlay(problem, Market("literal"))
    play.tables.totals[layout.MINTED + layout.PTK] = layout.SUPPLY - 150 * layout.TOKEN - 10**6  # beside the grants
    play.go(rule(RULES["local"]))
    assert layout.SUPPLY - 10**6 <= play.run().ledger.minted["PTK"] <= layout.SUPPLY


def test_the_largest_tasks_that_the_ledger_takes() -> None:
    """A million PTK are 3.6e9 J: what a device needs is reckoned for the limit as it is for the deal."""
    for capacity in np.random.default_rng(0).uniform(0.5, 2.0, 300).tolist():
        powers = 3_600.0 * capacity * np.array([1.0 - 2e-16, 1.0, 1.0 + 2e-16, 1.0 + 4e-16])
        for power in powers.tolist():
            tasks: dict[str, Any] = {"arrival": [0.0], "source": [0], "work": [1e6], "data": [0.0]}
            problem = Episode([capacity], 1.0, 0.0, power, 0.0, **tasks)
            if up(power * 1e6 / capacity, 2500, 9) <= layout.LIMIT:
                books(Market(), problem)
            else:
                with pytest.raises(ValueError, match="work in PTK"):
                    books(Market(), problem)


def test_who_dies_before_its_turn_has_handed_over_nothing() -> None:
    """What device 0 sends at 1 s takes all that is left of device 1, whose own task then comes to nothing."""
    tasks: dict[str, Any] = {"arrival": [0.9, 1.0], "source": [0, 1], "work": [4.0, 4.0], "data": [2.0, 2.0]}
    problem = Episode([2.0, 2.0], [4000.0, 100.5], [400.0, 100.0], 5.0, 0.1, **tasks, horizon=1.0)
    for market in (None, Market("literal")):
        env = vector_env(1, problems=[problem], market=market)
        env.reset()
        for _ in range(2):
            env.step(np.zeros((1, 2), np.int64))
        _, *_, infos = env.step(np.array([[1, 0]]))
        assert infos["decided"].tolist() == [[0, -1]]


def test_episodes_that_the_ledger_has_no_numbers_for_change_nothing() -> None:
    problem = generate(devices=2, horizon=5.0, rate=0.25, seed=0)
    engine = Engine(1, view_of("own", 2, True), False, 0.0, Market())
    with pytest.raises(ValueError, match="work"):
        engine.fill([replace(problem, work=problem.work * 1e6)])
    with pytest.raises(ValueError, match="reset"):
        engine.play(np.zeros((1, 2), np.int64))
    engine.fill([problem])
    engine.play(np.zeros((1, 2), np.int64))
    before = engine.ledger(0).digest()
    with pytest.raises(ValueError, match="work"):
        engine.fill([replace(problem, work=problem.work * 1e6)])
    assert engine.ledger(0).digest() == before


def test_a_market_is_the_same_however_its_fields_are_written() -> None:
    """Snapshots are told apart by the fields: a number or a string of NumPy is the number or the string."""
    written = Market(np.str_("literal"), minting=np.True_, period=np.float64(2), grant=(1, 2, np.float32(50)), stake=1)  # type: ignore[arg-type]
    assert written.mark == Market("literal", period=2.0, grant=(1.0, 2.0, 50.0), stake=1.0).mark
