"""Off-AIC2's phases in unit markets: sorted lists and closed prices are what the general phases find, for every agent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

from edgeworth.core.traced import affine, at, exact, sweep
from edgeworth.mechanisms import double_auction as da
from edgeworth.mechanisms.auditing import audit
from edgeworth.mechanisms.double_auction.clearing import unit_phases
from edgeworth.mechanisms.double_auction.model import quantity
from edgeworth.mechanisms.double_auction.rules import RULES

PHASES = ("off-aic2", "off-aic2-myerson", "pay-as-report")
TIES = (da.ByIndex(), da.Reverse(), da.Lottery(3))
READINGS = [
    da.OffAic2(band=band, rerun=rerun, objective=objective, pivot=pivot, upper=upper)
    for band, rerun, objective, pivot, upper in product(
        ("market", "pair", "pivot"),
        ("phase2", "whole"),
        ("surplus", "bid-value", "quantity"),
        ("buyers", "sellers", "sum", "covering"),
        ("report", "ask"),
    )
]


def drawn(seed: int, most: int = 7) -> da.Market:
    """A small unit market, two in three with reports that tie."""
    rng = np.random.default_rng(seed)
    n, m = (int(rng.integers(1, most)) for _ in range(2))
    if seed % 3:
        return da.Market(bid=rng.integers(0, 7, n) / 2.0, ask=rng.integers(0, 7, m) / 2.0)
    return da.Market(bid=rng.uniform(0.0, 10.0, n), ask=rng.uniform(0.0, 8.0, m))


def generally(monkeypatch: pytest.MonkeyPatch, call: Any) -> Any:
    """What the general phases make of it."""
    with monkeypatch.context() as patched:
        patched.setattr(unit_phases, "clears", lambda market, params: False)
        return call()


def same(one: da.Outcome, two: da.Outcome) -> bool:
    """To the last bit."""
    names = ("seller", "payment", "reward", "stop")
    return all(np.array(getattr(one, name)).tobytes() == np.array(getattr(two, name)).tobytes() for name in names)


@pytest.mark.parametrize("part", range(4))
def test_unit_markets_are_cleared_as_by_the_general_phases(monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    traded = 0
    for number in range(part, len(READINGS), 4):
        market, params = drawn(number), READINGS[number]
        tie = TIES[number % len(TIES)]
        for name in PHASES:
            rule = da.Rule(name, params, tie)
            outcome = da.run(rule, market)
            traded += quantity(market, outcome, ("buyer", 0))
            assert same(outcome, generally(monkeypatch, lambda rule=rule, market=market: da.run(rule, market))), (name, params)
        rule = da.Rule("pivot-reduction", None, tie)
        found = da.run(rule, market)
        assert same(found, generally(monkeypatch, lambda rule=rule, market=market: da.run(rule, market)))
    assert traded > 20


def tries(points: Any) -> Iterator[float]:
    """Every derived breakpoint, and a report between each two and beyond the last."""
    cuts = np.unique(np.concatenate([[0.0], points])).tolist()
    for low, high in zip(cuts, [*cuts[1:], 2.0 * cuts[-1] + 1.0], strict=True):
        yield from (low, (low + high) / 2.0)


@pytest.mark.parametrize("name", PHASES)
def test_what_an_agent_has_changes_at_derived_breakpoints_only(name: str) -> None:
    """By tracing the general phases: there every piece is found, and the closed view says the same at its ends and inside."""
    changes = 0
    for seed in range(5):
        market = drawn(seed, 5)
        for params in (READINGS[(7 * seed) % len(READINGS)], da.OffAic2(band="pivot"), da.OffAic2(rerun="whole", upper="ask")):
            rule = RULES[name].prepared(params, TIES[seed % len(TIES)])
            for agent in [("buyer", i) for i in range(market.buyers)] + [("seller", k) for k in range(market.sellers)]:
                points, own = rule.breakpoints(market, agent), rule.one_agent(market, agent)
                if points is None:
                    assert (params.rerun, params.pivot in ("sellers", "sum")) == ("whole", True)
                    continue
                known = {exact(0), *(exact(point) for point in points.tolist())}
                before = None
                for piece in sweep(own, 0):
                    units, money = piece.answer.units, affine(piece.answer.money)
                    if piece.is_point:
                        if before is not None and (units, money[0] + money[1] * piece.lower) != (
                            before[0],
                            before[1][0] + before[1][1] * piece.lower,
                        ):
                            assert piece.lower in known, (agent, float(piece.lower), points)
                    else:
                        if before is not None and (units, money) != before:
                            changes += 1
                            assert piece.lower in known, (agent, float(piece.lower), points)
                        before = (units, money)
                    dealt = own(float(piece.inside()))
                    assert dealt.units == piece.answer.units
                    assert float(dealt.money) == float(at(piece.answer.money, exact(float(piece.inside()))))
    assert changes > 20


@pytest.mark.parametrize("name", [*PHASES, "pivot-reduction"])
def test_the_view_of_one_agent_is_the_rule(name: str) -> None:
    trades = 0
    for seed in range(5):
        market, rule = drawn(seed + 40), RULES[name].prepared(None, TIES[seed % len(TIES)])
        for agent in [("buyer", i) for i in range(market.buyers)] + [("seller", k) for k in range(market.sellers)]:
            points, own = rule.breakpoints(market, agent), rule.one_agent(market, agent)
            units = rule.units(market, agent)
            assert points is not None
            assert own is not None
            for report in tries(points):
                there = market.reported(agent, report)
                outcome = rule.run(there)
                money = outcome.payment[agent[1]] if agent[0] == "buyer" else outcome.reward[agent[1]]
                dealt = own(report)
                assert (dealt.units, dealt.money) == (quantity(there, outcome, agent), money)
                assert units is None or units(report) == dealt.units
                trades += dealt.units > 0
    assert trades > 20


@pytest.mark.parametrize("name", [*PHASES, "pivot-reduction"])
def test_audits_by_derived_breakpoints_find_what_traced_ones_find(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for seed in (1, 3):
        market = drawn(seed, 4)
        found, traced = audit(name, market), generally(monkeypatch, lambda market=market: audit(name, market))
        assert found.truthful.scope.kind == traced.truthful.scope.kind == "exhaustive"
        for one, two in zip(found.report.values(), traced.report.values(), strict=True):
            assert one.holds == two.holds
            assert one.violation == pytest.approx(two.violation, rel=1e-5, abs=1e-9)


def test_equal_reports_are_refused_where_ties_are() -> None:
    market = da.Market(bid=[4.0, 4.0, 3.0], ask=[1.0, 2.0])
    for name in (*PHASES, "pivot-reduction"):
        with pytest.raises(da.TieError, match="must differ"):
            da.run(name, market, tie_break="refuse")
        own = RULES[name].prepared(None, "refuse").one_agent(market, ("buyer", 0))
        assert own is not None
        assert own(5.0).units == 1
        with pytest.raises(da.TieError, match="must differ"):
            own(3.0)


def test_a_report_of_minus_nought_is_nought_in_every_payment() -> None:
    market = da.Market(bid=[0.0, 1.0], ask=[-0.0, 2.0])
    outcome = da.run(da.Rule("off-aic2", da.OffAic2(band="pair", objective="quantity")), market)
    assert outcome.seller.tolist() == [-1, 0]
    assert not np.signbit(outcome.payment).any()
    own = RULES["off-aic2"].prepared().one_agent(market, ("buyer", 1))
    assert own is not None
    assert not np.signbit(own(1.0).money)
