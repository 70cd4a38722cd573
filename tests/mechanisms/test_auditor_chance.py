"""Rules with a memory, a clock or a lottery are no functions of the market: refused, or judged by their expectation."""

from __future__ import annotations

import functools
import itertools
import logging
import random
import time
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from edgeworth.core.verdict import Status
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.auditing import Sampled, audit
from edgeworth.mechanisms.double_auction import Outcome
from tests.mechanisms.auctions import MARKET, drawing, first_and_second, said, sold

# --- state, chance, clocks ---------------------------------------------------------------------------------------------


class Learner:
    """Second price for some calls, then first price."""

    def __init__(self, calls: int = 60) -> None:
        self.left = calls

    def __call__(self, market: Any) -> Outcome:
        self.left -= 1
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, price if self.left > 0 else market.bid[winner])


class Slotted:
    __slots__ = ("seen",)

    def __init__(self) -> None:
        self.seen: list[int] = []

    def __call__(self, market: Any) -> Outcome:
        self.seen.append(1)
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, price if len(self.seen) < 60 else market.bid[winner])


class OfTheClass:
    calls = 0

    def __call__(self, market: Any) -> Outcome:
        OfTheClass.calls += 1
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, price if OfTheClass.calls < 60 else market.bid[winner])


def in_a_closure() -> Any:
    calls = 0

    def rule(market: Any) -> Outcome:
        nonlocal calls
        calls += 1
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, price if calls < 60 else market.bid[winner])

    return rule


def in_a_default(market: Any, calls: list[int] = []) -> Outcome:  # noqa: B006
    calls.append(1)
    winner, price = first_and_second(list(market.bid))
    return sold(market, winner, price if len(calls) < 60 else market.bid[winner])


COUNTER = itertools.count()


def in_a_global(market: Any) -> Outcome:
    winner, price = first_and_second(list(market.bid))
    return sold(market, winner, price if next(COUNTER) < 60 else market.bid[winner])


def in_a_helper(market: Any) -> Outcome:
    winner, price = first_and_second(list(market.bid))
    return sold(market, winner, price if _counted() < 60 else market.bid[winner])


def _counted() -> int:
    _counted.calls = getattr(_counted, "calls", 0) + 1  # type: ignore[attr-defined]
    return _counted.calls  # type: ignore[attr-defined, no-any-return]


def last_bid() -> Any:
    """Who bids again what he bid last pays nothing."""
    kept: dict[str, Any] = {}

    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        before = kept.get("bid")
        kept["bid"] = market.bid[winner]
        return sold(market, winner, price if before is None else min(price, before))

    return rule


def generator() -> Any:
    turns = (turn for turn in itertools.count())

    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, price if next(turns) < 60 else market.bid[winner])

    return rule


STATES: dict[str, Callable[[], Any]] = {
    "attribute": Learner,
    "slot": Slotted,
    "class": OfTheClass,
    "bound method": lambda: Learner().__call__,
    "partial": lambda: functools.partial(Learner()),
    "closure": in_a_closure,
    "default": lambda: in_a_default,
    "global": lambda: in_a_global,
    "helper": lambda: in_a_helper,
    "last bid": last_bid,
    "generator": generator,
    "random": lambda: drawing(random.random),
    "numpy.random": lambda: drawing(np.random.rand),
    "own Random": lambda: drawing(random.Random(1).random),
    "own Generator": lambda: drawing(np.random.default_rng(1).random),
    "fresh Generator": lambda: drawing(lambda: np.random.default_rng().random()),
    "fresh Random": lambda: drawing(lambda: random.Random().random()),
    "system": lambda: drawing(random.SystemRandom().random),
    "uuid": lambda: drawing(lambda: uuid.uuid4().int % 1000 / 1000),
    "clock": lambda: drawing(lambda: time.time() % 1.0 if time.time() > 1e10 else 1.0),
    "timer": lambda: drawing(lambda: time.perf_counter_ns() % 1000 * 0.0 + 0.5),
}


@pytest.mark.parametrize("name", STATES)
def test_memory_chance_and_clocks_are_refused(name: str) -> None:
    for seed in range(3):
        random.seed(seed)
        assert said(STATES[name]()) == "refused"


def test_a_refusal_names_the_cause() -> None:
    for rule, cause in (
        (Learner(), "changes its own state (left)"),
        (in_a_closure(), "variable 'calls'"),
        (drawing(random.random), "draws from the global generator random"),
        (drawing(np.random.default_rng(1).random), "a random generator"),
        (drawing(lambda: time.time()), "reads the clock (time.time)"),
    ):
        with pytest.raises(ValueError, match="depends on the market alone") as caught:
            audit(rule, MARKET)
        assert cause in str(caught.value)


def test_a_rule_that_only_prepares_itself_is_audited() -> None:
    class Prepared:
        table: Any = None

        def __call__(self, market: Any) -> Outcome:
            if self.table is None:
                self.table = {"reserve": 5.0}
            return sold(market, *first_and_second([*market.bid, self.table["reserve"]][:3]))

    def logging_rule(market: Any) -> Outcome:
        logging.getLogger("rule").warning("asked")
        return sold(market, *first_and_second(list(market.bid)))

    assert said(Prepared()) == "truthful"
    assert said(logging_rule) == "truthful"


def test_the_global_random_states_are_left_alone() -> None:
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002
    with pytest.raises(ValueError, match="draws from the global"):
        audit(drawing(random.random), MARKET)
    audit(drawing(np.random.rand), MARKET, scope=Sampled(2, 0, repetitions=3))
    found = audit("k-double-auction", da.generate(preset="unit", seed=0))
    found.truthful.witness.replay("k-double-auction")
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before  # type: ignore[index]  # noqa: NPY002


# --- lotteries, with repetitions ---------------------------------------------------------------------------------------


def posted(market: Any) -> Outcome:
    """Truthful in every state of nature: a random posted price, buyers in order."""
    price = random.choice([3.0, 6.0, 9.0])
    return sold(market, next((i for i, bid in enumerate(market.bid) if bid > price), -1), price)


def sometimes(share: float) -> Any:
    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, market.bid[winner] if random.random() < share else price)

    return rule


def test_one_play_of_a_lottery_is_refused() -> None:
    with pytest.raises(ValueError, match="repetitions"):
        audit(posted, MARKET, scope=Sampled(20, 0))


def test_a_lottery_that_is_truthful_in_every_state_is_called_so() -> None:
    for seed in range(2):
        found = audit(posted, MARKET, scope=Sampled(4, seed, repetitions=200))
        assert found.truthful
        assert "level 0.05" in str(found.truthful.scope)
        assert found.individually_rational


def test_a_rare_first_price_is_caught_or_undecided() -> None:
    for seed in range(1):
        told = audit(sometimes(0.05), MARKET, scope=Sampled(12, seed, repetitions=150)).truthful
        assert told.status in (Status.FAILS, Status.NOT_CHECKED), seed
    found = audit(sometimes(0.5), MARKET, scope=Sampled(20, 0, repetitions=200))
    assert found.truthful.status is Status.FAILS
    assert found.truthful.violation == pytest.approx(0.5 * 3.0, rel=0.5)
    assert found.truthful.witness.replay(sometimes(0.5)) == pytest.approx(found.truthful.witness.gain)


def test_too_few_draws_decide_nothing() -> None:
    told = audit(posted, MARKET, scope=Sampled(5, 0, repetitions=20)).truthful
    assert told.status is Status.NOT_CHECKED
    assert "undecided" in told.witness


def test_the_level_of_the_test_is_kept() -> None:
    """Lies lose on average and gain often: 1 with chance .9, -10 with .1. A t-test on few draws would accuse it."""
    from edgeworth.mechanisms.auditing.sampling import interval

    rng = np.random.default_rng(0)
    accused = missed = 0
    for _ in range(400):
        draws = np.where(rng.random(20) < 0.9, 1.0, -10.0)
        low, high = interval(draws, 10.0, 0.05)
        accused += low > -0.1
        missed += high < -0.1
    assert accused <= 0.05 * 400
    assert missed <= 0.05 * 400
    low, high = interval(np.full(400, 0.5), 10.0, 0.05)
    assert 0.0 < low <= 0.5 <= high
