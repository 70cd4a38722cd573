"""The auditor: no false alarm, no miss, witnesses that replay, and what it says of Off-AIC2."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from edgeworth.core.verdict import Status
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.auditing import Sampled, audit
from edgeworth.mechanisms.auditing.pieces import Subject
from edgeworth.testing import markets, unit_markets
from tests.oracles import double_auction as oracle


def wrapped(naive: Any) -> Any:
    """A naive mechanism as a callable market -> outcome."""

    def mechanism(market: Any) -> da.Outcome:
        seller, payment, reward = naive(market)
        return da.Outcome(np.array(seller, dtype=np.int64), payment, reward)

    return mechanism


@pytest.mark.parametrize("rule", ["mcafee", "trade-reduction", "sbba", "vcg"])
def test_no_false_alarm_on_truthful_rules(rule: str) -> None:
    @given(market=unit_markets())
    @settings(max_examples=12)
    def check(market: da.Market) -> None:
        found = audit(rule, market)
        assert found.truthful, found
        assert found.truthful_any_type, found
        assert found.monotone
        assert found.individually_rational
        assert rule == "vcg" or found.weakly_budget_balanced
        assert rule != "vcg" or found.efficiency
        assert rule != "sbba" or found.strongly_budget_balanced
        assert str(found.truthful.scope) == "exhaustive"

    check()


@pytest.mark.parametrize("rule", ["posted-procurement", "rank-procurement", "vcg"])
def test_ours_is_truthful_rational_and_balanced_at_once(rule: str) -> None:
    @given(market=markets())
    @settings(max_examples=12)
    def check(market: da.Market) -> None:
        found = audit(rule, market, rationality="utility")
        assert found.truthful, found
        assert found.truthful_any_type, found
        assert found.monotone
        assert found.individually_rational
        assert found.weakly_budget_balanced or rule == "vcg"

    check()


@pytest.mark.parametrize("seed", range(2))
def test_ours_on_fusion_markets(seed: int) -> None:
    market = da.generate(preset="fusion", seed=seed)
    for rule in ("posted-procurement", "rank-procurement"):
        found = audit(rule, market, rationality="utility")
        assert found.truthful
        assert found.individually_rational
        assert found.weakly_budget_balanced


@pytest.mark.parametrize("name", sorted(oracle.SOUND))
def test_tracing_plain_python_gives_the_verdicts_of_derived_breakpoints(name: str) -> None:
    @given(market=unit_markets())
    @settings(max_examples=6)
    def check(market: da.Market) -> None:
        ours, naive = audit(name, market), audit(wrapped(oracle.SOUND[name]), market)
        for verdict, other in zip(ours.report.values(), naive.report.values(), strict=True):
            assert verdict.holds == other.holds
        assert str(naive.truthful.scope) == "exhaustive"

    check()


@pytest.mark.parametrize("name", sorted(oracle.FAULTY))
def test_planted_faults_are_caught(name: str) -> None:
    """On every drawn market where the fault can show, and each witness plays again."""
    mechanism = wrapped(oracle.FAULTY[name])
    caught = 0
    for seed in range(3):
        market = da.generate(preset="unit", buyers=5, sellers=5, seed=seed)
        found = audit(mechanism, market)
        for verdict in (found.truthful, found.truthful_any_type, found.monotone):
            if not verdict:
                assert 0 < verdict.witness.replay(mechanism) <= verdict.violation * (1 + 1e-6) + 1e-9
        caught += not found.truthful_any_type or not found.monotone
    assert caught == 3


@given(market=unit_markets())
@settings(max_examples=8)
def test_derived_breakpoints_miss_nothing_that_sampling_finds(market: da.Market) -> None:
    for rule in ("k-double-auction", "mcafee"):
        exhaustive, sampled = audit(rule, market), audit(rule, market, scope=Sampled(40, 1))
        assert sampled.truthful.violation <= exhaustive.truthful.violation + 1e-9
        assert str(sampled.truthful.scope) == "sampled: 40, seed 1"


@given(market=markets(routed=False, max_buyers=3, max_sellers=2))
@settings(max_examples=6)
def test_tracing_off_aic2_misses_nothing_that_sampling_finds(market: da.Market) -> None:
    for name in ("off-aic2", "off-aic2-myerson", "pay-as-report"):
        exhaustive, sampled = audit(name, market), audit(name, market, scope=Sampled(30, 1))
        assert sampled.truthful.violation <= exhaustive.truthful.violation + 1e-7
        if not exhaustive.truthful:
            gain = exhaustive.truthful.witness.replay(name)
            assert 0 < gain <= exhaustive.truthful.violation * (1 + 1e-6) + 1e-9


@pytest.mark.parametrize("markets", [1, pytest.param(4, marks=pytest.mark.slow)])
def test_off_aic2_in_every_reading(markets: int) -> None:
    """No reading is truthful and balanced on all markets; the pivot band never runs a deficit, the others mostly do."""
    for band in ("market", "pair", "pivot"):
        for rerun in ("phase2", "whole"):
            mechanism = da.Rule("off-aic2", da.OffAic2(band=band, rerun=rerun))
            drawn = [da.generate(preset="multi-unit", buyers=5, sellers=3, seed=seed) for seed in range(markets)]
            found = [audit(mechanism, market) for market in drawn]
            truthful = all(a.truthful for a in found)
            balanced = all(a.weakly_budget_balanced for a in found)
            assert not (truthful and balanced)
            assert balanced == (band == "pivot")
            assert all(a.individually_rational for a in found)


def test_the_call_of_the_readme() -> None:
    market = da.generate(buyers=8, sellers=5, preset="fusion", seed=0)
    found = audit("off-aic2", market, scope="exhaustive")
    assert not found.truthful
    assert found.truthful.witness.replay("off-aic2") == pytest.approx(found.truthful.witness.gain)
    assert 0.0 < found.efficiency.violation < 1.0
    assert found.efficiency.witness.replay("off-aic2") == pytest.approx(found.optimum - found.welfare)
    assert found.weakly_budget_balanced.witness.replay("off-aic2") == pytest.approx(found.surplus)


def test_route_cost_counts_by_utility_and_not_by_the_ask() -> None:
    market = da.generate(preset="fusion", seed=0)
    assert audit("pay-as-report", market).individually_rational
    found = audit("pay-as-report", market, rationality="utility")
    assert not found.individually_rational
    assert found.individually_rational.witness.replay("pay-as-report") < 0


@pytest.mark.parametrize(
    "black_box",
    [
        lambda market: da.run("mcafee", market),
        lambda market: da.Outcome(
            np.full(len(market.bid), -1), np.sqrt(np.array(market.bid, dtype=float)), np.zeros(len(market.ask))
        ),
        lambda market: da.Outcome([-1] * len(market.bid), [x * x for x in market.bid], [0] * len(market.ask)),
    ],
)
def test_black_boxes_are_refused_and_pointed_to_sampling(black_box: Any) -> None:
    market = da.generate(preset="unit", seed=0)
    with pytest.raises(ValueError, match=r"use Sampled\(n, seed\)"):
        audit(black_box, market)


def _where(market: Any) -> da.Outcome:
    """The first two trade at whichever of their reports NumPy chooses: an array without a dimension."""
    wins = bool(market.bid[0] >= market.ask[0])
    price = np.where(market.bid[0] > 1.0, market.ask[0], market.bid[0])
    seller = np.full(len(market.bid), -1)
    seller[0] = 0 if wins else -1
    return da.Outcome(seller, *([price if wins else 0.0, *[0.0] * (n - 1)] for n in (len(market.bid), len(market.ask))))


def _loops(market: Any) -> da.Outcome:
    """The same in plain Python."""
    price = (market.ask if market.bid[0] > 1.0 else market.bid)[0]
    wins = market.bid[0] >= market.ask[0]
    money = ([price if wins else 0.0, *[0.0] * (n - 1)] for n in (len(market.bid), len(market.ask)))
    return da.Outcome([0 if wins else -1, *[-1] * (len(market.bid) - 1)], *money)


def test_a_choice_by_numpy_is_traced_as_one_in_python() -> None:
    market = da.generate(preset="unit", buyers=3, sellers=3, seed=1)
    chosen, plain = (audit(rule, market) for rule in (_where, _loops))
    assert (chosen.truthful.status, chosen.truthful.scope) == (plain.truthful.status, plain.truthful.scope)
    assert chosen.truthful.violation == plain.truthful.violation


@pytest.mark.parametrize("function", [np.isnan, np.isfinite, np.signbit, lambda bid: np.interp(bid, [0.0, 1.0], [0.0, 1.0])])
def test_a_function_of_numpy_that_takes_floats_only_is_named(function: Any) -> None:
    def rule(market: Any) -> da.Outcome:
        function(market.bid)
        return da.Outcome(np.full(len(market.bid), -1), np.zeros(len(market.bid)), np.zeros(len(market.ask)))

    market = da.generate(preset="unit", buyers=2, sellers=2, seed=0)
    name = f"NumPy's {function.__name__}" if isinstance(function, np.ufunc) else "a function of NumPy"
    with pytest.raises(ValueError, match=f"{name} takes floats only, and met a report that is traced; compare, add and scale"):
        audit(rule, market)
    with pytest.raises(ValueError, match=f"{name} takes floats only"):
        da.critical_value(rule, market, ("buyer", 0), method="exact")


def test_what_fails_on_traced_numbers_only_says_what_it_was() -> None:
    def rule(market: Any) -> da.Outcome:
        if market.bid.dtype == object:
            raise KeyError("price")
        return da.Outcome(np.full(len(market.bid), -1), np.zeros(len(market.bid)), np.zeros(len(market.ask)))

    with pytest.raises(ValueError, match="KeyError where a report is traced: 'price'"):
        audit(rule, da.generate(preset="unit", buyers=2, sellers=2, seed=0))


def test_black_boxes_can_be_sampled() -> None:
    market = da.generate(preset="unit", seed=0)
    found = audit(lambda m: da.run("k-double-auction", m), market, scope=Sampled(50, seed=2))
    assert not found.truthful
    assert str(found.truthful.scope) == "sampled: 50, seed 2"
    market = da.generate(preset="fusion", buyers=2, sellers=1, seed=0)
    mechanism = da.Rule("off-aic2", da.OffAic2(chooser="route-dp"))
    with pytest.raises(ValueError, match="exact chooser"):
        audit(mechanism, market)
    assert str(audit(mechanism, market, scope=Sampled(1)).truthful.scope) == "sampled: 1, seed 0"


def test_many_pieces_make_an_audit_partial() -> None:
    found = audit("mcafee", da.generate(preset="unit", seed=0), most_pieces=7)
    assert str(found.truthful.scope) == "partial: 140 pieces"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"scope": "all"}, ValueError, "scope: must be"),
        ({"dimensions": ("demand",)}, ValueError, "dimensions: must be one of price"),
        ({"dimensions": "price"}, TypeError, "dimensions: must be a sequence"),
        ({"rationality": "money"}, ValueError, "rationality: must be one of"),
        ({"most_pieces": 0}, ValueError, "most_pieces"),
    ],
)
def test_misuse(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        audit("mcafee", da.generate(preset="unit", seed=0), **arguments)


def test_other_misuse() -> None:
    with pytest.raises(ValueError, match="did you mean 'mcafee'"):
        audit("mcafe", da.generate(preset="unit", seed=0))
    with pytest.raises(TypeError, match="mechanism: must be"):
        audit(3, da.generate(preset="unit", seed=0))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="market: must be a problem"):
        audit("mcafee", [1.0])
    with pytest.raises(ValueError, match="n: must be at least 1"):
        Sampled(0)
    with pytest.raises(TypeError, match="audit: all arguments after 'market' must be named: scope="):
        audit("mcafee", da.generate(preset="unit", seed=0), Sampled(3))  # type: ignore[misc]


def test_no_rule_passes_for_sound_because_an_audit_is_an_object() -> None:
    found = audit("k-double-auction", da.Market(bid=[9.0, 7.0], ask=[2.0]))
    assert not found.truthful
    assert not found.report
    with pytest.raises(TypeError, match=r"audit: has no truth value; ask one verdict, as audit.truthful"):
        bool(found)


def test_a_rule_that_refuses_ties_is_examined_everywhere_else() -> None:
    market = da.generate(preset="unit", buyers=4, sellers=4, seed=1)
    found = audit(da.Rule("mcafee", tie_break=da.Refuse()), market)
    assert found.truthful
    assert found.pieces < audit("mcafee", market).pieces
    assert not audit(da.Rule("k-double-auction", tie_break=da.Refuse()), da.generate(preset="unit", seed=1)).truthful


def test_witnesses_call_agents_by_their_names() -> None:
    market = da.Market(bid=[9.0, 4.0], ask=[1.0], buyer_names=("north", "south"), seller_names=("van",))
    assert str(audit("k-double-auction", market).truthful.witness).startswith("seller van reports price")


def test_a_slow_rule_is_not_run_for_agents_whose_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    market = da.generate(preset="unit", buyers=8, sellers=8, seed=0)
    runs, real = [0], Subject.__post_init__

    def counting(subject: Subject[Any, Any]) -> None:
        real(subject)
        values = subject.values

        def counted(report: float) -> tuple[float, float]:
            runs[0] += 1
            return values(report)

        subject.values = counted

    monkeypatch.setattr(Subject, "__post_init__", counting)
    found = audit("mcafee", market, seconds=0.0)
    assert runs[0] <= 3  # one piece of the first agent
    assert found.truthful.status is Status.NOT_CHECKED
    runs[0] = 0
    assert audit("mcafee", market).truthful
    assert runs[0] > 300


def test_an_agents_sweep_serves_reports_with_more_digits_after_the_point() -> None:
    """Off-AIC2 counts in whole numbers, whose unit a report of 0.0004 makes finer than 2 ** -60."""
    market = da.Market(bid=[0.3], ask=[0.1], demand=[2], capacity=[2])
    own = da.Rule("off-aic2-myerson", da.OffAic2())
    assert da.run(own, market.reported(("seller", 0), 0.0004107750255222143)).reward.tolist() == [0.6]
    found = audit("off-aic2-myerson", market)
    assert str(found.truthful.scope) == "exhaustive"
    assert found.truthful.holds == audit("off-aic2", market).truthful.holds


def test_no_piece_is_passed_over_that_begins_below_the_normal_floats() -> None:
    market = da.Market(bid=[3.0], ask=[5e-324, 3.0])
    found = audit("pay-as-report", market).truthful  # the buyer would trade for any report above 5e-324
    assert not found.holds
    assert found.violation == pytest.approx(3.0)
    assert found.witness.replay("pay-as-report") > 2.0


def test_reports_that_differ_by_more_than_floats_reach_are_cleared() -> None:
    """Scaled to whole numbers they lie beyond the largest float."""
    market = da.Market(bid=[3.0, 2.0, 5e-324], ask=[1.0, 5e-324], demand=[2, 1, 1], capacity=[5, 5])
    assert da.run("off-aic2", market).seller.tolist() == [1, 1, -1]
