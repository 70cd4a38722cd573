"""Checkers of auctions and procurement under attack: units that wrap, hostile certificates, garbage, ties, all scales."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from edgeworth import BoundEvidence, Quality, Termination
from edgeworth.core.result import Certificate, Result, Stats
from edgeworth.core.verdict import Status
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms import procurement
from edgeworth.mechanisms.double_auction.exact import best
from edgeworth.mechanisms.double_auction.model import clearing_price, price_bound, seller_prices_bound
from tests.oracles import double_auction as oracle

WITNESS = da.Market([6.7, 2.8, 5.5, 5.1, 7.7], [1.65, 2.25, 4.65], [3, 3, 5, 4, 1], [7, 5, 5])


def optimal(problem: Any, solution: Any, value: float, bound: float, kind: str, arrays: dict[str, Any]) -> Result[Any]:
    """A result that says OPTIMAL, with a bound said to be recomputed."""
    return Result(
        kind=problem.kind, problem_hash=problem.hash, method="optimum", solution=solution, value=value, bound=bound,
        bound_evidence=BoundEvidence.RECOMPUTED, certificate=Certificate(kind, arrays), sense="max", quality=Quality.OPTIMAL,
        termination=Termination.PROVED, stats=Stats(),
    )  # fmt: skip


def exact_welfare(market: da.Market, seller: list[int]) -> Fraction:
    """Plain markets."""
    return sum(
        (
            int(market.demand[i]) * (Fraction(float(market.bid[i])) - Fraction(float(market.ask[k])))
            for i, k in enumerate(seller)
            if k >= 0
        ),
        Fraction(0),
    )


def exact_optimum(market: da.Market) -> Fraction:
    top = Fraction(0)
    for seller in itertools.product(range(-1, market.sellers), repeat=market.buyers):
        loads = [sum(int(market.demand[i]) for i, k in enumerate(seller) if k == j) for j in range(market.sellers)]
        if all(load <= int(room) for load, room in zip(loads, market.capacity, strict=True)):
            top = max(top, exact_welfare(market, list(seller)))
    return top


def scaled_market(seed: int, *, unit: bool = False) -> da.Market:
    """A tiny plain market of any magnitude, with ties, reports that differ in the last digits, and capacities that bind."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(0, 5)), int(rng.integers(0, 4))
    scale = 10.0 ** rng.uniform(-9.0, 13.0)
    bid, ask = rng.uniform(0.0, 3.0, n) * scale, rng.uniform(0.0, 3.0, m) * scale
    if rng.random() < 0.3:  # nearly equal
        bid, ask = scale * (1.0 + 1e-9 * rng.random(n)), scale * (1.0 + 1e-9 * rng.random(m))
    if rng.random() < 0.3:
        bid, ask = np.round(bid / scale) * scale, np.round(ask / scale) * scale
    if unit:
        return da.Market(bid, ask, history=(0.0, 3.0 * scale))
    large = 10 ** int(rng.integers(0, 16))
    return da.Market(bid, ask, rng.integers(1, 5, n) * large, rng.integers(0, 9, m) * large, history=(0.0, 3.0 * scale))


# --- units ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("demand", [[2**62, 2**62], [2**63 - 1, 2], [2**62] * 4, [2**63 - 1] * 3])
def test_units_do_not_wrap(demand: list[int]) -> None:
    n = len(demand)
    market = da.Market([10.0] * n, [1.0], demand, [1])
    outcome = da.Outcome([0] * n, [1.0] * n, [2.0])  # type: ignore[arg-type]
    verdict = da.verify(market, outcome)["capacity"]
    assert verdict.status is Status.FAILS
    assert verdict.violation == float(sum(demand) - 1)
    assert verdict.witness.replay(market, outcome) == verdict.violation
    assert da.measures(market, outcome)["units"] == float(sum(demand))
    assert price_bound(market, clearing_price(market)) >= 9.0
    assert price_bound(market, 3.0) >= 7.0 * sum(demand)


def test_capacities_of_whole_units_hold_exactly() -> None:
    """16 units over a capacity of 16e9 are no rounding."""
    market = da.Market([2.0, 2.0], [1.0], [16 * 10**9, 16], [16 * 10**9])
    outcome = da.Outcome([0, 0], [0.0, 0.0], [0.0])  # type: ignore[arg-type]
    assert da.verify(market, outcome)["capacity"].violation == 1e-9
    assert not da.verify(market, outcome)


# --- garbage -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "money",
    [
        [float("nan")], [float("inf")], ["7"], [None], [1e300], [True], [Fraction(1), float("nan")][:2], [Fraction(1), "7"],
        [Fraction(1), None], [Fraction(1), 1j], [Fraction(1), True], np.array(["7"]), np.array([object()]), "7",
    ],
)  # fmt: skip
def test_money_is_a_finite_number(money: Any) -> None:
    sellers = len(money) if not isinstance(money, str) else 1
    with pytest.raises((TypeError, ValueError), match="payment: must"):
        da.Outcome([0] * sellers, money, [0.0])  # type: ignore[arg-type]
    with pytest.raises((TypeError, ValueError), match="reward: must"):
        da.Outcome([0], [0.0], money)  # type: ignore[arg-type]


def test_other_garbage_is_refused_too() -> None:
    for seller in ([-7], [0.5], ["0"], [[0]], [2**70]):
        with pytest.raises((TypeError, ValueError, OverflowError), match=r"seller|large"):
            da.Outcome(seller, [0.0], [0.0])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="bid: and ask must keep the worth of all units below"):
        da.Market([1e249], [1.0], [100])
    for winner, payment in ((-2, 0.0), (0.0, 0.0), (True, 0.0), ("0", 0.0), (0, float("nan")), (0, "7"), (0, 1e300)):
        with pytest.raises((TypeError, ValueError), match=r"winner|payment"):
            procurement.Award(winner, payment)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="price: must be at most"):
        procurement.Tender([1e300], [0.5])


def test_what_lies_about_itself_is_judged_by_its_arrays() -> None:
    class Polite(da.Outcome):
        """An outcome that calls itself empty."""

        def to_payload(self) -> Any:
            return da.Outcome([-1, -1], [0.0, 0.0], [0.0]).to_payload()  # type: ignore[arg-type]

    market = da.Market([10.0, 10.0], [1.0], [1, 1], [1])
    assert not da.verify(market, Polite([0, 0], [1.0, 1.0], [2.0]))  # type: ignore[arg-type]
    sound = da.solve(market, method="optimum")
    outcome = sound.require()
    outcome.payment.setflags(write=True)
    outcome.payment[:] = np.nan
    report = da.verify(market, sound)
    assert set(report.failures) == {"answer"}
    assert "payment" in str(da.verify(market, outcome).failures["answer"])


def test_exact_money_is_checked_as_floats() -> None:
    market = da.Market([10.0], [1.0])
    assert da.verify(market, da.Outcome([0], [Fraction(1, 3)], [Fraction(1, 3)]))  # type: ignore[arg-type]
    assert not da.verify(market, da.Outcome([-1], [Fraction(1, 3)], [0.0]))["idle"]  # type: ignore[arg-type]


# --- certificates --------------------------------------------------------------------------------------------------------


_NASTY: list[Any] = [
    [], 3.0, [np.nan], [np.inf], [-1.0], [1e308], [1.7e308], [1.0, 1.0], [[1.0]], [1e250], [True], np.zeros((0, 3)),
    [2**62], [1e30] * 3, [np.nan] * 3, [-5e-324] * 3, [0.0],
]  # fmt: skip


@pytest.mark.parametrize("kind", ["price", "seller-prices", "all-sets", "least-score", "prices"])
def test_hostile_certificates_are_failed_verdicts(kind: str) -> None:
    nothing = da.Outcome([-1] * 5, [0.0] * 5, [0.0] * 3)  # type: ignore[arg-type]
    for price in _NASTY:
        for arrays in ({"price": np.array(price)}, {"prices": np.array(price)}, {}):
            report = da.verify(WITNESS, optimal(WITNESS, nothing, 0.0, 0.0, kind, arrays))
            assert not report["bound"]
            assert not report["quality"]
    crowd = da.Market([1.0] * 40, [0.0], [1] * 40, [40])
    nobody = da.Outcome([-1] * 40, [0.0] * 40, [0.0])  # type: ignore[arg-type]
    assert not da.verify(crowd, optimal(crowd, nobody, 0.0, 0.0, "all-sets", {}))["bound"]


@pytest.mark.parametrize("seed", range(60))
def test_bounds_against_fractions_at_all_scales(seed: int) -> None:
    market = scaled_market(seed)
    top = exact_optimum(market)
    rng = np.random.default_rng(seed)
    highest = float(max(market.bid.max(initial=0.0), market.ask.max(initial=0.0)))
    for price in (clearing_price(market), *(rng.random(3) * highest).tolist()):
        assert Fraction(price_bound(market, price)) >= top
        assert Fraction(seller_prices_bound(market, price * rng.random(market.sellers))) >= top
    for method in ("optimum", "vcg"):
        result = da.solve(market, method=method)
        assert result.quality is Quality.OPTIMAL, (result.value, result.bound)
        assert da.verify(market, result), str(da.verify(market, result))
        here = exact_welfare(market, result.require().seller.tolist())
        assert here >= top * (1 - Fraction(1, 10**9))
        assert abs(Fraction(result.value) - here) <= here * Fraction(1, 10**9)  # type: ignore[arg-type]


def test_no_forged_optimum_passes() -> None:
    tried = 0
    for seed in range(40):
        market = scaled_market(500 + seed)
        top = exact_optimum(market)
        rng = np.random.default_rng(seed)
        for _ in range(10):
            seller = rng.integers(-1, market.sellers, market.buyers)
            zeros = np.zeros(market.buyers), np.zeros(market.sellers)
            outcome = da.Outcome(seller, *zeros)
            value = da.value(market, outcome)
            if exact_welfare(market, seller.tolist()) >= top * (1 - Fraction(2, 10**9)):
                continue
            price = clearing_price(market) * rng.random()
            for kind, arrays in (
                ("price", np.array([price])),
                ("seller-prices", np.full(market.sellers, price)),
                ("all-sets", []),
            ):
                tried += 1
                assert not da.verify(market, optimal(market, outcome, value, value, kind, {"price": np.array(arrays)}))
    assert tried > 300


@pytest.mark.parametrize("seed", range(6))
def test_all_sets_of_routed_markets_against_brute_force(seed: int) -> None:
    market = da.generate(preset="fusion", buyers=4, sellers=2, seed=seed)
    top = oracle.optimum(market)[0]
    for method in ("optimum", "vcg"):
        result = da.solve(market, method=method)
        assert result.quality is Quality.OPTIMAL
        assert result.certificate.kind == "all-sets"  # type: ignore[union-attr]
        assert result.value == pytest.approx(top, rel=1e-9)
        assert da.verify(market, result)
        low = replace(result, bound=top * (1 - 1e-6), value=result.value)
        assert not da.verify(market, low)["bound"]
    assert da.verify(market, result, seconds=0.0)["bound"].status is Status.NOT_CHECKED


def test_sellers_prices_prove_larger_markets() -> None:
    """Where the assignment's relaxation has an integral optimum; elsewhere the optimum is the solver's claim, and says so."""
    said = []
    for seed in range(6):
        market = da.generate(preset="multi-unit", buyers=14, sellers=6, seed=seed)
        result = da.solve(market, method="optimum")
        assert da.verify(market, result)
        assert result.quality in (Quality.OPTIMAL, Quality.CLAIMED_OPTIMAL)
        said.append(result.quality)
    roomy = da.Market(np.arange(1.0, 13.0), [0.5, 1.5], np.full(12, 2), [1, 30])  # no buyer fits the cheap seller
    result = da.solve(roomy, method="optimum")
    assert (result.quality, result.certificate.kind) == (Quality.OPTIMAL, "seller-prices")  # type: ignore[union-attr]
    assert da.verify(roomy, result)
    assert da.solve(roomy, method="vcg").quality is Quality.OPTIMAL
    assert best(roomy).value == result.value


# --- windows and clocks --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("epoch", [0.0, 1.7e9])
def test_windows_do_not_widen_with_the_clock(epoch: float) -> None:
    """A tour of 100 s is late by .5 s; on epoch timestamps that is 3e-10 of the limit, and late all the same."""
    for late, fine in ((0.5, False), (0.0, True)):
        routes = da.Routes(
            place=np.array([[1_000.0, 0.0], [1_500.0, 0.0]]), depot=np.zeros((1, 2)), opens=np.array([epoch, epoch]),
            closes=np.array([epoch + 100.0, max(epoch, 100.0) + 60.0 - late]), service_time=np.array([10.0, 10.0]),
            speed=np.array([10.0]), latest=np.array([epoch + 1_000.0]), travel_cost=np.zeros(1), depreciation=np.zeros(1),
        )  # fmt: skip
        clock = max(epoch, 100.0) + 10.0 + 50.0
        assert (clock <= routes.closes[1]) == fine
        broken = routes.tour(0, [0, 1])[1]
        assert (broken is None) == fine, (epoch, late, broken)


# --- refusals ------------------------------------------------------------------------------------------------------------


def test_a_rule_that_does_not_apply_is_refused_by_name() -> None:
    plain = da.Market([3.0, 2.0], [1.0], [2, 1], [3])
    for method in ("mcafee", "trade-reduction", "sbba", "k-double-auction", "posted-procurement"):
        result = da.solve(plain, method=method)
        assert (result.quality, result.termination) == (Quality.NONE, Termination.REFUSED)
        assert "market: must have" in result.notes[0]
        assert da.verify(plain, result)
    tied = da.Market([3.0, 3.0], [1.0])
    result = da.solve(tied, method="mcafee", params=da.Classic(tie_break="refuse"))
    assert result.termination is Termination.REFUSED
    assert "must differ" in result.notes[0]


# --- procurement ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60))
def test_scores_are_compared_exactly(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, scale = int(rng.integers(0, 6)), 10.0 ** rng.uniform(-9.0, 13.0)
    weight = float(scale * rng.random())
    share = rng.random(n)
    price = scale * rng.random(n)
    if seed % 2:  # all scores equal but for the last digits
        price = np.maximum(scale - weight * share, 0.0)
    worth = float(scale * (1.0 + rng.choice([0.0, 1e-15, -1e-15, 1e-9, 1.0])))
    tender = procurement.Tender(price, share, weight=weight, worth=worth)
    scores = [Fraction(p) + Fraction(weight) * Fraction(u) for p, u in zip(price.tolist(), share.tolist(), strict=True)]
    exact = [Fraction(worth) - score for score in scores]
    top = max([Fraction(0), *exact])
    for method in ("second-score", "first-score"):
        result = procurement.solve(tender, method=method)
        assert procurement.verify(tender, result), str(procurement.verify(tender, result))
        assert Fraction(result.bound) >= top  # type: ignore[arg-type]
        assert result.quality is Quality.OPTIMAL
        winner = result.require().winner
        assert (exact[winner] if winner >= 0 else Fraction(0)) == top
    for i in range(n):
        worse = procurement.Award(i, 0.0)
        assert bool(procurement.verify(tender, worse)["winner"]) == (exact[i] >= 0)
        if 0 <= exact[i] < top * (1 - Fraction(2, 10**9)):
            value = procurement.value(tender, worse)
            forged = optimal(tender, worse, value, value, "least-score", {"anything": np.array([np.nan])})
            assert not procurement.verify(tender, forged)
