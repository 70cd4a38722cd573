"""The auditor under attack: no manipulable rule is called truthful over all reports, no truthful one is accused.

Each rule here is wrong (or right) in a way of its own; what an audit may say is written beside it. "refused" is a ValueError
that points to sampling.
"""

from __future__ import annotations

import bisect
import copy
import dataclasses
import functools
import itertools
import json
import logging
import math
import pickle
import random
import statistics
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from edgeworth.core.verdict import Status
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms import procurement
from edgeworth.mechanisms.auditing import Sampled, audit
from edgeworth.mechanisms.double_auction import Market, Outcome

MARKET = Market(bid=[10.0, 7.0, 4.0], ask=[0.0])
CLOSE = Market(bid=[10.4, 10.2, 4.0], ask=[0.0])


def sold(market: Any, winner: int, price: Any) -> Outcome:
    """One unit to that buyer at that price."""
    n = len(market.bid)
    pay: list[Any] = [0.0] * n
    if winner >= 0:
        pay[winner] = price
    seller = [0 if i == winner else -1 for i in range(n)]
    return Outcome(seller=seller, payment=pay, reward=[price if winner >= 0 else 0.0] + [0.0] * (len(market.ask) - 1))


def first_and_second(bids: Any) -> tuple[int, Any]:
    """The highest bidder and the price of the next one."""
    winner = max(range(len(bids)), key=lambda i: (bids[i], -i))
    return winner, max([bid for i, bid in enumerate(bids) if i != winner] + [0.0])


def said(rule: Any, market: Any = MARKET, **arguments: Any) -> str:
    """truthful, manipulable, not checked, or refused; a manipulation must play again."""
    try:
        found = audit(rule, market, **arguments)
    except ValueError as error:
        return "refused" if "Sampled" in str(error) else f"an error: {error}"
    if found.truthful.status is Status.FAILS:
        witness = found.truthful.witness
        assert witness.replay(rule) > 0.0
        return "manipulable"
    return {Status.HOLDS: "truthful", Status.NOT_CHECKED: "not checked"}[found.truthful.status]


# --- rules that look at a report other than by comparing, adding and scaling -------------------------------------------


def guarded(convert: Callable[[Any], Any], fallback: Callable[[Any], Any] = lambda bid: bid) -> Any:
    """Second price less a discount that a conversion of the winner's bid decides; guarded."""

    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        try:
            price = price - 0.5 * (convert(market.bid[winner]) % 1.0)
        except Exception:
            price = fallback(price)
        return sold(market, winner, price)

    return rule


def by(look: Callable[[Any], bool]) -> Any:
    """First price where `look` says yes of the winner's bid, second price elsewhere."""

    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, market.bid[winner] if look(market.bid[winner]) else price)

    return rule


def rounded(convert: Callable[[Any], Any]) -> Any:
    """Second price among bids that are converted first."""

    def rule(market: Any) -> Outcome:
        return sold(market, *first_and_second([convert(bid) for bid in market.bid]))

    return rule


def bare(market: Any) -> Outcome:
    winner, price = first_and_second(list(market.bid))
    try:
        price = price - 0.25 * (float(market.bid[winner]) % 1.0)
    except:  # noqa: E722
        price = price + 0.0
    return sold(market, winner, price)


def returns_in_finally(market: Any) -> Outcome:
    winner, price = first_and_second(list(market.bid))

    def discount() -> float:
        share = 0.0
        try:
            share = float(market.bid[winner]) % 1.0
        finally:
            return share  # noqa: B012

    return sold(market, winner, price - 0.25 * discount())


def translated(market: Any) -> Outcome:
    winner, price = first_and_second(list(market.bid))
    try:
        try:
            share = float(market.bid[winner]) % 1.0
        except BaseException as error:
            raise RuntimeError("no float") from error
    except RuntimeError:
        share = 0.0
    return sold(market, winner, price - 0.25 * share)


GUARDS = {
    "float": guarded(float),
    "int": guarded(lambda bid: int(100 * bid) / 100),
    "round": guarded(round),
    "floor": guarded(math.floor),
    "format": guarded(lambda bid: float(f"{bid:.1f}")),
    "str": guarded(lambda bid: float(len(str(bid))) / 7),
    "repr": guarded(lambda bid: len(repr(bid)) / 7),
    "hash": guarded(lambda bid: hash(bid) % 100 / 100),
    "json": guarded(lambda bid: float(json.dumps(bid))),
    "pickle": guarded(lambda bid: pickle.loads(pickle.dumps(bid))),
    "decimal": guarded(lambda bid: float(Decimal(bid))),
    "fsum": guarded(lambda bid: math.fsum([bid])),
    "isfinite": guarded(lambda bid: float(np.isfinite(np.array([bid])).all()) * 0.4),
    "np.round": guarded(lambda bid: np.round(np.array([bid]), 1)[0]),
    "np.asarray": guarded(lambda bid: np.asarray([bid], dtype=np.float64)[0]),
    "statistics": guarded(lambda bid: statistics.mean([bid, bid])),
    "is_integer": guarded(lambda bid: 0.4 if bid.is_integer() else 0.2),
    "hex": guarded(lambda bid: len(bid.hex()) / 30),
    "bare except": bare,
    "finally": returns_in_finally,
    "translated": translated,
}


@pytest.mark.parametrize("name", GUARDS)
def test_guarded_conversions_are_never_traced_along_their_fallback(name: str) -> None:
    assert said(GUARDS[name], CLOSE) in ("refused", "manipulable")


@functools.singledispatch
def dispatched(bid: Any) -> bool:
    return False


@dispatched.register
def _(bid: float) -> bool:
    return True


LOOKS = {
    "isinstance float": by(lambda bid: isinstance(bid, float)),
    "isinstance np": by(lambda bid: isinstance(bid, np.floating)),
    "type": by(lambda bid: type(bid) is np.float64),
    "type name": by(lambda bid: type(bid).__name__ == "float64"),
    "module": by(lambda bid: type(bid).__module__ == "numpy"),
    "hasattr": by(lambda bid: hasattr(bid, "hex")),
    "hasattr dunder": by(lambda bid: hasattr(bid, "__array_interface__")),
    "dtype": by(lambda bid: hasattr(bid, "dtype")),
    "callable": by(lambda bid: callable(getattr(bid, "as_integer_ratio", None))),
    "dir": by(lambda bid: "hex" in dir(bid)),
    "mro": by(lambda bid: float in type(bid).__mro__),
    "issubclass": by(lambda bid: issubclass(type(bid), float)),
    "singledispatch": by(dispatched),
    "text": by(lambda bid: str(bid).endswith(".0") or len(str(bid)) > 3),
    "set": by(lambda bid: bid not in {3.0, 4.0}),
    "memory": by(lambda bid: id(bid) != 0),
}


@pytest.mark.parametrize("name", LOOKS)
def test_rules_that_ask_for_a_type_are_not_called_truthful(name: str) -> None:
    """On floats all of them are the first-price auction."""
    assert said(LOOKS[name]) in ("refused", "manipulable")


def test_what_passes_for_a_float_is_found_out_by_its_gains_not_refused() -> None:
    assert said(LOOKS["isinstance float"]) == "manipulable"
    assert said(LOOKS["isinstance np"]) == "manipulable"


def market_type(market: Any) -> Outcome:
    winner, price = first_and_second(list(market.bid))
    return sold(market, winner, market.bid[winner] if type(market) is Market else price)


def market_instance(market: Any) -> Outcome:
    winner, price = first_and_second(list(market.bid))
    return sold(market, winner, market.bid[winner] if isinstance(market, Market) else price)


def market_hash(market: Any) -> Outcome:
    winner, price = first_and_second(list(market.bid))
    return sold(market, winner, price * (0.5 + int(market.hash[:2], 16) / 512))


def market_file(market: Any) -> Outcome:
    winner, price = first_and_second(list(market.bid))
    try:
        market.to_payload()
    except Exception:
        return sold(market, winner, price)
    return sold(market, winner, market.bid[winner])


def array_dtype(market: Any) -> Outcome:
    winner, price = first_and_second(list(market.bid))
    return sold(market, winner, price if np.asarray(market.bid).dtype == object else market.bid[winner])


@pytest.mark.parametrize("rule", [market_type, market_hash, market_file, array_dtype])
def test_rules_that_ask_the_market_are_not_called_truthful(rule: Any) -> None:
    assert said(rule) in ("refused", "manipulable")


def test_the_market_passes_for_a_market() -> None:
    assert said(market_instance) == "manipulable"


@dataclasses.dataclass
class Kept:
    """A rule's own record of the bids."""

    bids: Any


def copied(copy_of: Callable[[Any], Any]) -> Any:
    """Pay as bid, through a copy."""

    def rule(market: Any) -> Outcome:
        bids = copy_of(market)
        winner, _ = first_and_second(bids)
        return sold(market, winner, bids[winner])

    return rule


COPIES = {
    "deepcopy of a list": copied(lambda market: copy.deepcopy(list(market.bid))),
    "deepcopy of the market": copied(lambda market: list(copy.deepcopy(market).bid)),
    "copy": copied(lambda market: [copy.copy(bid) for bid in market.bid]),
    "asdict": copied(lambda market: dataclasses.asdict(Kept(list(market.bid)))["bids"]),
    "astuple": copied(lambda market: list(dataclasses.astuple(Kept(market.bid))[0])),
    "replace": copied(lambda market: list(dataclasses.replace(market, ask=market.ask).bid)),
    "tolist": copied(lambda market: market.bid.tolist()),
    "array": copied(lambda market: np.array(market.bid)),
    "list of arrays": copied(lambda market: [np.array([bid])[0] for bid in market.bid]),
    "item": copied(lambda market: [bid.item() for bid in market.bid]),
}


@pytest.mark.parametrize("name", COPIES)
def test_copies_are_traced(name: str) -> None:
    assert said(COPIES[name]) == "manipulable"


def test_a_pickled_market_is_refused() -> None:
    assert said(copied(lambda market: list(pickle.loads(pickle.dumps(market)).bid))) == "refused"
    assert said(copied(lambda market: json.loads(json.dumps(market.bid.tolist())))) == "refused"


# --- equality, narrow windows, ends ------------------------------------------------------------------------------------


def free_at(number: float) -> Any:
    """Second price, but free for who bids exactly that."""

    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, 0.0 if market.bid[winner] == number else price)

    return rule


def test_one_report_among_all_is_found() -> None:
    for number in (8.0, 7.5, 12345.678, 0.1 + 7.0):
        found = audit(free_at(number), MARKET)
        assert not found.truthful
        assert found.truthful.witness.report == number
        assert found.truthful.violation == pytest.approx(7.0)


def test_a_narrow_window_is_found() -> None:
    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, 1.0 if 9.0 < market.bid[winner] < 9.0 + 1e-9 else price)

    assert said(rule) == "manipulable"


def test_an_unbounded_piece_is_judged_by_its_slope() -> None:
    """A rebate of 1e-10 of the bid gains 1e5 at 1e15."""

    def rebate(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, price - 1e-10 * market.bid[winner])

    found = audit(rebate, MARKET)
    assert not found.truthful
    assert found.truthful.violation == math.inf
    assert found.truthful.witness.replay(rebate) == pytest.approx(found.truthful.witness.gain)
    assert not found.truthful_any_type


def test_a_step_far_out_is_found() -> None:
    def far(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, 0.0 if market.bid[winner] >= 1e12 else price)

    found = audit(far, MARKET)
    assert not found.truthful
    assert found.truthful.witness.report >= 1e12


def test_the_zero_end_is_examined() -> None:
    def paid_for_nothing(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        outcome = sold(market, winner, price)
        pay = [-9.0 if bid == 0.0 else money for bid, money in zip(market.bid, outcome.payment, strict=True)]
        return Outcome(outcome.seller, pay, outcome.reward)

    found = audit(paid_for_nothing, MARKET)
    assert not found.truthful
    assert found.truthful.witness.report == 0.0


def test_infinity_may_stand_in_a_rule() -> None:
    def rule(market: Any) -> Outcome:
        best, price, winner = -math.inf, float("inf"), -1
        for i, bid in enumerate(market.bid):
            if bid > best:
                best, winner = bid, i
        price = min(price, max((bid for i, bid in enumerate(market.bid) if i != winner), default=-np.inf))
        return sold(market, winner, price)

    assert said(rule) == "truthful"


# --- plain NumPy -------------------------------------------------------------------------------------------------------


def numpy_second_price(market: Any) -> Outcome:
    order = np.argsort(-market.bid, kind="stable")
    others = np.where(np.arange(len(market.bid)) == order[0], -np.inf, market.bid)
    return sold(market, int(order[0]), np.maximum(others.max(), 0.0))


def numpy_mean_price(market: Any) -> Outcome:
    """The mean of all bids is a price that the winner moves."""
    winner = int(np.argmax(market.bid))
    return sold(market, winner, np.mean(market.bid))


def numpy_vickrey_with_reserve(market: Any) -> Outcome:
    ranked = np.sort(market.bid)[::-1]
    if not np.any(market.bid >= 5.0):
        return sold(market, -1, 0.0)
    return sold(market, int(market.bid.argmax()), np.clip(ranked[1], 5.0, None))


def numpy_double_auction(market: Any) -> Outcome:
    """Trade reduction, in the way it is written with arrays."""
    buyers, sellers = np.argsort(-market.bid, kind="stable"), np.argsort(market.ask, kind="stable")
    most = min(len(buyers), len(sellers))
    trades = int(np.cumsum(market.bid[buyers][:most] >= market.ask[sellers][:most]).max(initial=0))
    seller = np.full(len(buyers), -1)
    payment, reward = np.zeros(len(buyers), dtype=object), np.zeros(len(sellers), dtype=object)
    if trades > 1:
        seller[buyers[: trades - 1]] = sellers[: trades - 1]
        payment[buyers[: trades - 1]] = market.bid[buyers[trades - 1]]
        reward[sellers[: trades - 1]] = market.ask[sellers[trades - 1]]
    return Outcome(seller, payment, reward)


def test_plain_numpy_rules_are_traced() -> None:
    assert said(numpy_second_price) == "truthful"
    assert said(numpy_mean_price) == "manipulable"
    assert said(numpy_vickrey_with_reserve) == "truthful"
    market = da.generate(preset="unit", buyers=6, sellers=6, seed=0)
    found = audit(numpy_double_auction, market)
    assert found.truthful
    assert found.truthful.scope.kind == "exhaustive"
    assert found.truthful_any_type
    assert str(audit("trade-reduction", market).truthful.scope) == "exhaustive"


def test_a_refusal_says_how_to_write_the_line() -> None:
    def rule(market: Any) -> Outcome:
        return sold(market, *first_and_second(np.asarray(market.bid, dtype=float)))

    with pytest.raises(ValueError, match=r"leave out float\(...\), np.asarray\(..., float\)"):
        audit(rule, MARKET)


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


def drawing(draw: Callable[[], float]) -> Any:
    """First price with some probability, else second price."""

    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, market.bid[winner] if draw() < 0.05 else price)

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
    for seed in range(5):
        found = audit(posted, MARKET, scope=Sampled(4, seed, repetitions=200))
        assert found.truthful
        assert "level 0.05" in str(found.truthful.scope)
        assert found.individually_rational


def test_a_rare_first_price_is_caught_or_undecided() -> None:
    for seed in range(5):
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


# --- what is at stake --------------------------------------------------------------------------------------------------


def first_price(market: Any) -> Outcome:
    winner, _ = first_and_second(list(market.bid))
    return sold(market, winner, market.bid[winner])


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1.0, 1e9])
@pytest.mark.parametrize("dummy", [None, 1e6, 1e12])
def test_a_dummy_moves_nobodys_tolerance(scale: float, dummy: float | None) -> None:
    plain = da.generate(preset="unit", buyers=4, sellers=4, seed=0)
    ask = plain.ask * scale if dummy is None else np.append(plain.ask * scale, dummy * scale)
    market = Market(bid=plain.bid * scale, ask=ask)
    assert not audit("k-double-auction", market).truthful
    assert audit("vcg", market).truthful
    assert audit("mcafee", market).truthful
    assert not audit("k-double-auction", market).truthful_any_type


def test_a_cloud_of_capacity_moves_nobodys_tolerance() -> None:
    market = Market(bid=[10.0, 7.0, 4.0], ask=[0.0, 20.0], capacity=[1, 10**9])
    assert said(first_price, market) == "manipulable"
    tiny = Market(bid=[1e-9, 7e-10, 1e9], ask=[0.0])
    assert said(first_price, tiny) == "manipulable"


def test_losses_and_deficits_are_measured_by_the_money_that_moves() -> None:
    def loses(market: Any) -> Outcome:
        return Outcome([0, -1], [market.bid[0] + 1e-3, 0.0], [market.bid[0] + 2e-3, *([0.0] * (len(market.ask) - 1))])

    found = audit(loses, Market(bid=[1.0, 1e12], ask=[0.0, 1e12]))
    assert not found.individually_rational
    assert not found.weakly_budget_balanced


# --- budgets -----------------------------------------------------------------------------------------------------------


def ladder(market: Any) -> Outcome:
    winner, _ = first_and_second(list(market.bid))
    price = 0.0
    while price < market.bid[winner]:
        price += 0.5
    return sold(market, winner, price)


RUNGS = [0.5 * i for i in range(10_000)]


def bisected(market: Any) -> Outcome:
    """Second price that rises by rungs of its own accord; truthful as far as one can look, no end."""
    winner, price = first_and_second(list(market.bid))
    bisect.bisect_left(RUNGS, market.bid[winner])
    return sold(market, winner, price)


def test_a_cut_sweep_is_partial_and_no_verdict() -> None:
    found = audit(bisected, MARKET, most_pieces=50)
    assert found.truthful.status is Status.NOT_CHECKED
    assert found.truthful.scope.kind == "partial"
    assert "50 pieces" in found.truthful.witness
    assert not found.truthful
    assert found.monotone.status is Status.NOT_CHECKED
    began = time.perf_counter()
    found = audit(bisected, MARKET, seconds=0.3)
    assert time.perf_counter() - began < 5.0
    assert found.truthful.status is Status.NOT_CHECKED
    assert "0.3 s" in found.truthful.witness
    found = audit(ladder, MARKET, seconds=0.5)
    assert found.truthful.status is Status.FAILS
    assert found.truthful.scope.kind == "partial"


def test_time_is_shared_by_the_agents() -> None:
    """The first buyer's endless ladder leaves time for the seller, who is the one that gains."""

    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        bisect.bisect_left(RUNGS, market.bid[winner])
        outcome = sold(market, winner, price)
        return Outcome(outcome.seller, outcome.payment, [price + market.ask[0]])

    found = audit(rule, MARKET, seconds=1.0)
    assert found.truthful.status is Status.FAILS
    assert found.truthful.witness.agent[0] == "seller"


def test_the_sweep_is_not_quadratic() -> None:
    def seconds(pieces: int) -> float:
        began = time.process_time()
        audit(bisected, MARKET, most_pieces=pieces)
        return time.process_time() - began

    seconds(50)
    few, many = seconds(100), seconds(800)
    assert many < 24.0 * few  # 8 times the pieces


def test_progress_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="edgeworth.mechanisms.auditing"):
        audit("mcafee", da.generate(preset="unit", buyers=2, sellers=2, seed=0))
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "buyer 0 by price",
        "buyer 1 by price",
        "seller 0 by price",
        "seller 1 by price",
    ]


# --- honest rules are not accused --------------------------------------------------------------------------------------


def test_honest_rules_of_every_style_are_truthful() -> None:
    def sort_key(market: Any) -> Outcome:
        order = sorted(range(len(market.bid)), key=lambda i: -market.bid[i])
        return sold(market, order[0], market.bid[order[1]])

    def clarke(market: Any) -> Outcome:
        """By welfare with and without the winner: the bid is added and taken away again."""
        bids = list(market.bid)
        winner, _ = first_and_second(bids)
        total = sum(bid for i, bid in enumerate(bids) if i == winner)
        without = max((bid for i, bid in enumerate(bids) if i != winner), default=0.0)
        return sold(market, winner, without - (total - bids[winner]))

    def sampled_price(market: Any) -> Outcome:
        """The mean of the losers' bids as a reserve: nobody who could win moves it."""
        winner, price = first_and_second(list(market.bid))
        reserve = 0.5 * price
        return sold(market, winner, max(price, reserve))

    class Auctioneer:
        reserve = 2.0

        def __call__(self, market: Any) -> Outcome:
            winner, price = first_and_second(list(market.bid))
            if market.bid[winner] < self.reserve:
                return sold(market, -1, 0.0)
            return sold(market, winner, max(price, self.reserve))

    for rule in (sort_key, clarke, sampled_price, Auctioneer(), functools.partial(sort_key), Auctioneer().__call__):
        found = audit(rule, MARKET)
        assert found.truthful, rule
        assert found.truthful.scope.kind == "exhaustive"
        assert found.individually_rational


def test_procurement_by_the_suppliers_own_stake() -> None:
    tender = procurement.Tender(price=[3.0, 4.0, 1e12], utilisation=[0.1, 0.2, 0.3], weight=2.0, worth=1e13)
    assert audit("second-score", tender).truthful
    assert not audit("first-score", tender).truthful
