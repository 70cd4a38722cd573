"""Markets, rules and the exact welfare of double auctions."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edgeworth
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.double_auction.clearing.choosers import chooser_of
from edgeworth.mechanisms.double_auction.exact import best, orienteering_problem
from edgeworth.mechanisms.double_auction.model import clearing_price, price_bound
from edgeworth.mechanisms.double_auction.rules import RULES
from edgeworth.testing import FAULTS, markets, unit_markets
from tests.oracles import double_auction as oracle

WITNESS = da.Market([6.7, 2.8, 5.5, 5.1, 7.7], [1.65, 2.25, 4.65], [3, 3, 5, 4, 1], [7, 5, 5])


@given(market=markets(), data=st.data())
def test_welfare_and_feasibility_against_the_oracle(market: da.Market, data: Any) -> None:
    seller = data.draw(st.lists(st.integers(-1, market.sellers - 1), min_size=market.buyers, max_size=market.buyers))
    stop, orders = np.full(market.buyers, -1), {}
    for k in range(market.sellers):
        orders[k] = data.draw(st.permutations([i for i in range(market.buyers) if seller[i] == k]))
        if market.routes is not None:
            stop[orders[k]] = np.arange(len(orders[k]))
    outcome = da.Outcome(np.array(seller, dtype=np.int64), np.zeros(market.buyers), np.zeros(market.sellers), stop)
    assert da.welfare(market, outcome) == pytest.approx(oracle.welfare(market, seller, orders), rel=1e-12, abs=1e-9)
    for k in range(market.sellers):
        load = sum(int(market.demand[i]) for i in orders[k])
        fine = load <= int(market.capacity[k])
        if market.routes is not None:
            fine = fine and oracle.tour(market.routes, k, orders[k])[1]
        assert fine == (not [v for v in da.violations(market, outcome) if v.at("buyer") == k or v.at("seller") == k])


@given(market=markets())
def test_the_exact_welfare_is_brute_forces(market: da.Market) -> None:
    found = best(market)
    assert found.value == pytest.approx(oracle.optimum(market)[0], rel=1e-9, abs=1e-9)
    assert price_bound(market, clearing_price(market)) >= found.value - 1e-9


@given(market=unit_markets())
def test_one_price_proves_the_optimum_of_unit_markets(market: da.Market) -> None:
    assert price_bound(market, clearing_price(market)) == pytest.approx(best(market).value, rel=1e-9, abs=1e-12)


def test_three_exact_ways_to_the_same_welfare() -> None:
    """Sets of buyers, column generation over tours, and (plain) HiGHS."""
    from edgeworth.core.observer import Observer
    from edgeworth.core.run import Run
    from edgeworth.core.stop import Stop
    from edgeworth.mechanisms.double_auction import exact
    from edgeworth.routing import orienteering

    for seed in range(4):
        market = da.generate(preset="fusion", seed=seed)
        routed = orienteering.solve(orienteering_problem(market), method="column-generation", seed=0)
        assert routed.value == pytest.approx(best(market).value, rel=1e-9)
        plain = da.generate(preset="multi-unit", buyers=7, sellers=4, seed=seed)
        run: Any = Run(sense="max", stop=Stop(), rng=np.random.default_rng(0), observer=Observer())
        assert exact._by_highs(plain, run).value == pytest.approx(best(plain).value, rel=1e-9)


def test_more_buyers_than_sets_can_be_listed_for() -> None:
    market = da.generate(preset="fusion", buyers=12, sellers=3, seed=1)
    result = da.solve(market, method="optimum")
    assert result.quality is edgeworth.Quality.CLAIMED_OPTIMAL
    assert da.verify(market, result)
    for rule in ("rank-procurement", "posted-procurement"):
        outcome = da.run(rule, market)
        assert not da.violations(market, outcome)
        assert da.surplus(outcome) >= -1e-9


@pytest.mark.parametrize("rule", ["mcafee", "trade-reduction", "sbba", "vcg", "k-double-auction"])
def test_classic_rules_against_plain_python(rule: str) -> None:
    naive = getattr(oracle, rule.replace("-", "_"))

    @given(market=unit_markets(max_buyers=5, max_sellers=5))
    def check(market: da.Market) -> None:
        seller, payment, reward = naive(market)
        outcome = da.run(rule, market)
        assert (outcome.seller >= 0).tolist() == [k >= 0 for k in seller]
        assert set(outcome.seller.tolist()) == set(seller)
        assert outcome.payment.tolist() == pytest.approx([float(p) for p in payment])
        assert outcome.reward.tolist() == pytest.approx([float(r) for r in reward])

    check()


def test_mcafees_own_price_and_its_fallback() -> None:
    """McAfee (1992), section 2: the mean of the first excluded reports where it lies between the last ones that trade."""
    market = da.Market([9.0, 8.0, 4.0], [1.0, 2.0, 6.0])
    assert da.run("mcafee", market).payment.tolist() == [5.0, 5.0, 0.0]
    market = da.Market([9.0, 3.0, 2.9], [1.0, 2.0, 9.0])
    outcome = da.run("mcafee", market)
    assert outcome.payment.tolist() == [3.0, 0.0, 0.0]
    assert outcome.reward.tolist() == [2.0, 0.0, 0.0]


def test_ties_are_broken_by_an_explicit_object() -> None:
    market = da.Market([5.0, 5.0, 5.0], [1.0, 2.0])
    served = {}
    for tie in (da.ByIndex(), da.Reverse(), da.Lottery(1)):
        outcome = da.run("vcg", market, tie_break=tie)
        assert outcome.tie_break == tie.name
        served[tie.name] = np.flatnonzero(outcome.seller >= 0).tolist()
    assert served["index"] == [0, 1]
    assert served["reverse"] == [1, 2]
    assert served["lottery(1)"] == np.sort(np.argsort(da.Lottery(1).ranks("buyer", market.bid))[:2]).tolist()
    with pytest.raises(da.TieError, match="must differ"):
        da.run("vcg", market, tie_break=da.Refuse())
    assert da.run("vcg", da.Market([5.0, 4.0], [1.0]), tie_break="refuse").tie_break == "refuse"


# --- Off-AIC2 ------------------------------------------------------------------------------------------------------------


def test_one_buyer_and_one_seller_open_a_hole_of_nine() -> None:
    """FUSION, Theorem 4 (budget balance), fails on the smallest market there is: pays 1, gets 10."""
    outcome = da.run("off-aic2", da.Market([10.0], [1.0]))
    assert (outcome.payment.tolist(), outcome.reward.tolist()) == ([1.0], [10.0])
    pivot = da.run("off-aic2", da.Market([10.0], [1.0]), params=da.OffAic2(band="pivot"))
    assert (pivot.payment.tolist(), pivot.reward.tolist()) == ([10.0], [1.0])


def test_a_seller_sells_less_at_a_lower_ask() -> None:
    """The witness against monotonicity (FUSION, proof of Theorem 3): 5 units at ask 2.25, 4 between .3 and 1.65."""
    params = da.OffAic2(rerun="whole")
    for ask, units in ((2.25, 5), (0.5, 4)):
        market = WITNESS.reported(("seller", 1), ask)
        outcome = da.run("off-aic2", market, params=params)
        assert int(market.demand[outcome.seller == 1].sum()) == units


@pytest.mark.parametrize("rerun", ["phase2", "whole"])
@pytest.mark.parametrize("band", ["market", "pair", "pivot"])
def test_bisection_and_exact_critical_values_agree(band: str, rerun: str) -> None:
    """Where winning is one interval of reports; elsewhere bisection ends at one of several boundaries."""

    @given(market=markets(routed=False))
    @settings(max_examples=20)
    def check(market: da.Market) -> None:
        exact = da.run("off-aic2", market, params=da.OffAic2(band=band, rerun=rerun, objective="quantity"))
        halved = da.run(
            "off-aic2",
            market,
            params=da.OffAic2(band=band, rerun=rerun, objective="quantity", pricing="bisection", iterations=80),
        )
        assert exact.seller.tolist() == halved.seller.tolist()
        assert np.all(halved.payment >= exact.payment * (1 - 1e-9) - 1e-9) or rerun == "whole"
        same = np.isclose(halved.payment, exact.payment, rtol=1e-9, atol=1e-9)
        assert same.all() or rerun == "whole" or band != "market" or not _one_interval(market)

    check()


def _one_interval(market: da.Market) -> bool:
    from edgeworth.mechanisms.double_auction.clearing.phases import Auction

    auction = Auction(market.exact(), da.OffAic2(objective="quantity"), da.ByIndex())
    lists = auction.phase1(auction.bid, auction.ask)
    for i in range(market.buyers):
        wins = [bool(interval.answer) for interval in auction._intervals(("buyer", i), lists)]
        if sum(one != two for one, two in pairwise(wins)) > 1:
            return False
    return True


@given(market=markets(routed=False))
@settings(max_examples=20)
def test_the_knapsack_chooser_is_exact(market: da.Market) -> None:
    for objective in ("surplus", "bid-value", "quantity"):
        for k in range(market.sellers):
            chooser = chooser_of("knapsack", objective, market.exact())
            worth = (market.bid * market.demand).tolist()
            ask = float(market.ask[k])
            chosen = chooser.choose(k, range(market.buyers), worth, ask)

            def total(mine: Any, objective: str = objective, worth: Any = worth, ask: float = ask) -> float:
                units = sum(int(market.demand[i]) for i in mine)
                gain = sum(worth[i] for i in mine)
                return {"surplus": gain - ask * units, "bid-value": gain, "quantity": units}[objective]

            feasible = [
                [i for i in range(market.buyers) if mask >> i & 1]
                for mask in range(1 << market.buyers)
                if oracle.cheapest(market, k, [i for i in range(market.buyers) if mask >> i & 1]) is not None
            ]
            assert chosen == () or list(chosen) in feasible
            assert total(chosen) == pytest.approx(max(total(mine) for mine in feasible), abs=1e-9)


def test_tours_from_the_table_and_from_orienteering_agree() -> None:
    for seed in range(5):
        market = da.generate(preset="fusion", buyers=6, sellers=3, seed=seed)
        worth = (market.bid * market.demand).tolist()
        for k in range(3):
            found = []
            for name in ("route-exact", "route-dp"):
                stops = chooser_of(name, "surplus", market.exact()).choose(k, range(6), worth, float(market.ask[k]))
                cost, broken = market.routes.tour(k, stops) if market.routes else (0.0, None)
                assert broken is None
                found.append(sum(worth[i] - float(market.ask[k]) * int(market.demand[i]) for i in stops) - cost)
            assert max(found[1], 0.0) == pytest.approx(found[0], rel=1e-9, abs=1e-9)


# --- ours ----------------------------------------------------------------------------------------------------------------


@given(market=markets())
def test_procurement_never_loses_money_and_nobody_loses(market: da.Market) -> None:
    for rule in ("posted-procurement", "rank-procurement"):
        outcome = da.run(rule, market)
        assert not da.violations(market, outcome)
        assert da.surplus(outcome) >= -1e-9
        for i in range(market.buyers):
            assert da.utility(market, outcome, ("buyer", i), float(market.bid[i])) >= -1e-9
        for k in range(market.sellers):
            assert da.utility(market, outcome, ("seller", k), float(market.ask[k]), "utility") >= -1e-9


@given(market=markets())
def test_plain_trade_reduction_is_balanced_and_nobody_loses(market: da.Market) -> None:
    outcome = da.run("pivot-reduction", market)
    assert not da.violations(market, outcome)
    assert da.surplus(outcome) >= -1e-9
    assert (
        min((da.utility(market, outcome, ("buyer", i), float(market.bid[i])) for i in range(market.buyers)), default=0) >= -1e-9
    )
    for k in range(market.sellers):
        assert da.utility(market, outcome, ("seller", k), float(market.ask[k]), "utility") >= -1e-9


@given(market=markets())
@settings(max_examples=30)
def test_vcg_pays_what_re_runs_say(market: da.Market) -> None:
    outcome = da.run("vcg", market)
    whole = oracle.optimum(market)[0]
    assert da.welfare(market, outcome) == pytest.approx(whole, abs=1e-9)
    for i in range(market.buyers):
        if outcome.seller[i] >= 0:
            bid = np.array(market.bid)
            bid[i] = 0.0
            harm = best(replace(market, bid=bid)).value  # a buyer worth nothing is never served unless that costs nothing
            assert float(outcome.payment[i]) == pytest.approx(market.bid[i] * market.demand[i] - (whole - harm), abs=1e-9)


# --- the frame, files, faults, misuse -------------------------------------------------------------------------------------


@given(
    market=markets(),
    rule=st.sampled_from(["vcg", "off-aic2", "off-aic2-myerson", "pay-as-report", "rank-procurement", "optimum"]),
)
def test_every_general_rule_verifies_on_every_market(market: da.Market, rule: str) -> None:
    result = da.solve(market, method=rule)
    assert da.verify(market, result)


@given(market=markets())
@settings(max_examples=30)
def test_planted_faults_are_caught(market: da.Market) -> None:
    result = da.solve(market, method="rank-procurement")
    for fault in FAULTS["double-auction"]:
        wrong = fault(market, result)
        if wrong is not None:
            assert fault.verdict in da.verify(market, wrong).failures, fault.name


def test_files_keep_markets_and_outcomes(tmp_path: Path) -> None:
    for preset in ("unit", "multi-unit", "fusion"):
        market = da.generate(preset=preset, seed=0)
        for ending in ("json", "npz"):
            market.save(tmp_path / f"m.{ending}")
            copy = edgeworth.load(tmp_path / f"m.{ending}")
            assert copy.hash == market.hash
            assert da.generate(preset=preset, seed=0).hash == market.hash
            result = da.solve(copy, method="pay-as-report")
            result.save(tmp_path / f"r.{ending}")
            assert da.verify(market, edgeworth.load(tmp_path / f"r.{ending}"))


def test_compare_sets_rules_beside_the_optimum() -> None:
    problems = [da.generate(preset="unit", seed=seed) for seed in range(3)]
    table = edgeworth.compare(problems, methods=["mcafee", "sbba", "vcg", "optimum"], seeds=[0])
    assert table.verified


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: da.Market([-1.0], []), "bid: must be at least 0"),
        (lambda: da.Market([float("nan")], []), "bid: must be finite"),
        (lambda: da.Market([1.0], [1.0], demand=[0]), "demand: must be at least 1"),
        (lambda: da.Market([1.0], [1.0], demand=[1, 1]), "demand: must have shape 1"),
        (lambda: da.Market([1.0], [1.0], history=(2.0, 1.0)), "history: must be"),
        (lambda: da.run("mcaffee", da.generate(seed=0)), "did you mean 'mcafee'"),
        (
            lambda: da.run("mcafee", da.generate(seed=0)),
            "must have unit demands.*got <Market: fusion seed 0, 8 buyers, 5 sellers",
        ),
        (lambda: da.run("posted-procurement", da.Market([1.0], [1.0])), "must have a history"),
        (lambda: da.OffAic2(band="pairs"), "band: must be one of"),
        (lambda: da.run("off-aic2", WITNESS, params=da.OffAic2(chooser="route-exact")), "needs a routed market"),
        (lambda: da.run("off-aic2", da.generate(seed=0), params=da.OffAic2(chooser="knapsack")), "needs a plain market"),
        (lambda: da.generate(preset="unit", sites="x.csv"), "sites: must be given"),
        (lambda: da.KDoubleAuction(k=1.5), "k: must be at most 1"),
        (lambda: da.Posted(share=-0.1), "share: must be at least 0"),
    ],
)
def test_misuse_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("rule", sorted(RULES))
def test_wrong_types_are_refused(rule: str) -> None:
    with pytest.raises(TypeError, match="market: must be a Market"):
        da.run(rule, "market")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="params: must be of type"):
        da.run(rule, da.generate(preset="unit", seed=0), params={})
    with pytest.raises(TypeError, match="tie_break: must be"):
        da.run(rule, da.generate(preset="unit", seed=0), tie_break=3)


def test_auto_is_truthful_rational_and_balanced() -> None:
    assert da.FAMILY.solve(da.generate(preset="unit", seed=0)).method == "mcafee"
    assert da.solve(da.generate(preset="fusion", seed=0)).method == "rank-procurement"


def test_tours_by_the_colony_are_feasible_and_never_beat_the_exact_ones() -> None:
    market = da.generate(preset="fusion", buyers=5, sellers=3, seed=2)
    worth = (market.bid * market.demand).tolist()
    for k in range(3):
        found = []
        for name in ("route-exact", "route-eaco"):
            stops = chooser_of(name, "surplus", market.exact()).choose(k, range(5), worth, float(market.ask[k]))
            cost, broken = market.routes.tour(k, stops) if market.routes else (0.0, None)
            assert broken is None
            found.append(sum(worth[i] - float(market.ask[k]) * int(market.demand[i]) for i in stops) - cost)
        assert found[1] <= found[0] + 1e-9
    outcome = da.run("off-aic2", market, params=da.OffAic2(chooser="route-eaco", iterations=3))
    assert not da.violations(market, outcome)
    with pytest.raises(ValueError, match="needs an exact chooser"):
        da.run("off-aic2", market, params=da.OffAic2(chooser="route-eaco", pricing="exact"))


def test_melbourne_has_buyers_at_base_stations(shared_data: Path) -> None:
    market = da.generate(preset="melbourne", buyers=20, sellers=6, seed=0, sites=shared_data / "eua" / "site-optus-melbCBD.csv")
    assert (market.buyers, market.sellers) == (20, 6)
    outcome = da.run("off-aic2", market, params=da.OffAic2(chooser="route-dp", iterations=1, band="pivot"))
    assert not da.violations(market, outcome)
    with pytest.raises(ValueError, match="buyers: must be at most the"):
        da.generate(preset="melbourne", buyers=10_000, seed=0, sites=shared_data / "eua" / "site-optus-melbCBD.csv")


def test_welfare_by_the_truth() -> None:
    market = da.Market([5.0], [1.0])
    outcome = da.run("vcg", market)
    assert da.welfare(market, outcome, da.Truth([7.0], [2.0])) == 5.0
    with pytest.raises(ValueError, match="truth: must have 1 values"):
        da.welfare(market, outcome, da.Truth([7.0, 1.0], [2.0]))
