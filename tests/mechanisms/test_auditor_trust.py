"""The auditor under attack: no manipulable rule is called truthful over all reports.

Each rule here is wrong in a way of its own; what an audit may say is written beside it. "refused" is a ValueError that points
to sampling.
"""

from __future__ import annotations

import copy
import dataclasses
import functools
import json
import math
import pickle
import statistics
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.auditing import audit
from edgeworth.mechanisms.double_auction import Market, Outcome
from tests.mechanisms.auctions import CLOSE, MARKET, first_and_second, said, sold

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
    def filled(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        prices = np.zeros(market.buyers)
        prices[winner] = price
        return sold(market, winner, prices[winner])

    with pytest.raises(ValueError, match=r"fill lists and not np.zeros\(n\)"):
        audit(filled, MARKET)

    def rule(market: Any) -> Outcome:
        return sold(market, *first_and_second(np.asarray(market.bid, dtype=float)))

    with pytest.raises(ValueError, match=r"leave out float\(...\), np.asarray\(..., float\)"):
        audit(rule, MARKET)


# --- rules that tell floats from traced numbers, and gain only where no float is tried ----------------------------------


def rare(differs: Callable[[Any, Any], bool]) -> Any:
    """Second price, but free for bids in a narrow window, where that is asked of floats only."""

    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        bid = market.bid[winner]
        return sold(market, winner, 0.0 if differs(bid, market) and 9.0 < bid < 9.001 else price)

    return rule


RARE = {
    "type": rare(lambda bid, market: type(bid) is np.float64),
    "dtype": rare(lambda bid, market: market.bid.dtype != object),
    "hasattr": rare(lambda bid, market: hasattr(bid, "sum")),
    "identity": rare(lambda bid, market: market.bid[0] is not market.bid[0]),
    "market": rare(lambda bid, market: type(market).__name__ == "Market"),
}


@pytest.mark.parametrize("name", RARE)
def test_a_rule_that_goes_another_way_on_floats_is_refused(name: str) -> None:
    assert said(RARE[name]) == "refused"


def overflows(looks: Callable[[Any], bool]) -> Any:
    def rule(market: Any) -> Outcome:
        winner, price = first_and_second(list(market.bid))
        return sold(market, winner, 0.0 if looks(market.bid[winner]) else price)

    return rule


@pytest.mark.parametrize(
    "looks",
    [lambda bid: bid * 1e296 == math.inf, lambda bid: bid * 1e296 - bid * 1e296 != 0.0, lambda bid: bid * 1e-318 == 0.0],
)
def test_what_overflows_on_floats_alone_is_refused(looks: Callable[[Any], bool]) -> None:
    assert said(overflows(looks)) == "refused"


def of_its_callers(market: Any) -> Outcome:
    winner, price = first_and_second(list(market.bid))
    frame: Any = sys._getframe()
    while frame is not None:
        if "auditing" in frame.f_code.co_filename:
            return sold(market, winner, price)
        frame = frame.f_back
    return sold(market, winner, market.bid[winner])


def of_its_traceback(market: Any) -> Outcome:
    winner, price = first_and_second(list(market.bid))
    try:
        raise ValueError
    except ValueError as error:
        frame: Any = error.__traceback__.tb_frame if error.__traceback__ else None
    while frame is not None:
        if "auditing" in frame.f_code.co_filename:
            return sold(market, winner, price)
        frame = frame.f_back
    return sold(market, winner, market.bid[winner])


@pytest.mark.parametrize("rule", [of_its_callers, of_its_traceback])
def test_a_rule_that_looks_who_calls_it_is_refused(rule: Any) -> None:
    assert said(rule) == "refused"


@functools.lru_cache
def _zeros(count: int) -> tuple[float, ...]:
    return tuple(0.0 for _ in range(count))


def test_a_cache_that_fills_is_no_other_way() -> None:
    def rule(market: Any) -> Outcome:
        _zeros(len(market.bid))
        return sold(market, *first_and_second(list(market.bid)))

    _zeros.cache_clear()
    assert said(rule) == "truthful"


@pytest.mark.parametrize(
    "near",
    [
        lambda bid: bid + 1e10 == 1e10 + 9.0 and bid != 9.0,
        lambda bid: bid + 1e9 == 1e9 + 9.0 and bid < 9.0,
        lambda bid: abs(bid - 9.0) > 1e-8 and bid + 1e9 == 1e9 + 9.0,
    ],
)
def test_a_point_that_rounding_widens_is_found(near: Callable[[Any], bool]) -> None:
    assert said(overflows(near)) == "manipulable"
