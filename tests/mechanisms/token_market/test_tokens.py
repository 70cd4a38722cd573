"""Tokens: what ERC-20 asks of transfers, issue by attestation, credit, and what idle minting can pay for."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth.mechanisms import token_market as tm
from edgeworth.mechanisms.token_market.kernels import layout
from tests.mechanisms.token_market.markets import CASH, CTK, Market, attest

ASSETS = st.sampled_from(["CTK", "PTK", "CASH"])
AMOUNTS = st.one_of(st.just(0), st.integers(1, 200 * CTK), st.integers(0, 10**12))
PEOPLE = st.integers(1, 3)


def three(economy: Any) -> tm.State:
    """Three devices with tokens and cash."""
    market = Market(economy, endowed=() if economy == "literal" else [10**9] * 3)
    for who in (1, 2, 3):
        if economy == "literal":
            market.device()
        else:
            market.must(who, attest(who))
            market.must(who, tm.Mint("CTK", 40 * CTK))
            market.must(who, tm.Mint("PTK", 40 * CTK))
    return market.state


START = {economy: three(economy) for economy in ("literal", "backed")}
Transfers = Callable[..., None]


def properties(economy: str, who: int, to: int, asset: str, amount: int) -> None:
    """ERC20-BASE: a transfer moves exactly its amount, or is refused for want of balance and moves nothing; supply stands."""
    state = START[economy].copy()
    before = {n: state.account(n) for n in (1, 2, 3)}
    digest = state.digest()
    effect = tm.execute(state, tm.Transfer(to, asset, amount), signer=who)
    after = {n: state.account(n) for n in (1, 2, 3)}
    if amount > before[who].free[asset]:
        assert effect.refusal is tm.Refusal.BALANCE
        assert state.digest() == digest
        return
    assert effect
    moved = 0 if to == who else amount
    for n in (1, 2, 3):
        for name, free in before[n].free.items():
            change = 0 if name != asset else moved * ((n == to) - (n == who))
            assert after[n].free[name] == free + change
        assert after[n].locked == before[n].locked
        assert after[n].nonce == before[n].nonce + (n == who)
    assert (state.minted, state.burned) == (START[economy].minted, START[economy].burned)
    assert sum(each.free[asset] for each in after.values()) == sum(each.free[asset] for each in before.values())
    if amount == 0 or to == who:
        assert [each.free for each in after.values()] == [each.free for each in before.values()]


def round_trip(economy: str, who: int, to: int, asset: str, amount: int) -> None:
    """There and back leaves all balances; in parts is as at once."""
    state = START[economy].copy()
    issuer = who if asset != "CASH" and economy == "backed" else 0
    if not tm.execute(state, tm.Transfer(to, asset, amount), signer=who):
        return
    parted = START[economy].copy()
    for part in (amount // 3, amount - amount // 3):
        assert tm.execute(parted, tm.Transfer(to, asset, part), signer=who)
    assert tm.summary(parted).free == tm.summary(state).free
    assert tm.execute(state, tm.Transfer(who, asset, amount, issuer=issuer), signer=to)
    assert tm.summary(state).free == tm.summary(START[economy]).free


def burning(economy: str, who: int, asset: str, amount: int) -> None:
    """ERC20-BURNABLE: a burn lowers the balance and the supply by its amount, or is refused."""
    if asset == "CASH":
        return
    state = START[economy].copy()
    before = state.account(who).free[asset]
    effect = tm.execute(state, tm.Burn(asset, amount), signer=who)
    assert bool(effect) == (amount <= before)
    burned = amount if effect else 0
    assert state.account(who).free[asset] == before - burned
    assert state.burned[asset] == burned


ECONOMIES = st.sampled_from(["literal", "backed"])
TRANSFER = (ECONOMIES, PEOPLE, PEOPLE, ASSETS, AMOUNTS)


@given(*TRANSFER)
@settings(max_examples=60, deadline=None)
def test_a_transfer_moves_its_amount(economy: str, who: int, to: int, asset: str, amount: int) -> None:
    properties(economy, who, to, asset, amount)


@given(*TRANSFER)
@settings(max_examples=40, deadline=None)
def test_there_and_back(economy: str, who: int, to: int, asset: str, amount: int) -> None:
    round_trip(economy, who, to, asset, amount)


@given(ECONOMIES, PEOPLE, ASSETS, AMOUNTS)
@settings(max_examples=40, deadline=None)
def test_a_burn_lowers_the_supply(economy: str, who: int, asset: str, amount: int) -> None:
    burning(economy, who, asset, amount)


@pytest.mark.slow
@pytest.mark.parametrize("case", [properties, round_trip])
def test_transfers_ten_thousand_times(case: Transfers) -> None:
    settings(max_examples=10_000, deadline=None)(given(*TRANSFER)(case))()


@pytest.mark.slow
def test_burns_ten_thousand_times() -> None:
    settings(max_examples=10_000, deadline=None)(given(ECONOMIES, PEOPLE, ASSETS, AMOUNTS)(burning))()


@pytest.mark.parametrize("economy", ["literal", "backed"])
def test_zero_and_self_create_no_row(economy: Any) -> None:
    market = Market(economy, endowed=[5, 5])
    for to, amount in ((2, 0), (1, 0)):
        market.must(1, tm.Transfer(to, "CTK", amount))
    assert market.state.held() == {}
    assert market.account(1).nonce == 2


@given(st.floats(0, 10**5), st.floats(0, 10**8))
@settings(max_examples=60, deadline=None)
def test_what_a_task_takes_is_rounded_up(work: float, energy: float) -> None:
    ctk, ptk = tm.tokens(work, energy)
    assert ctk - 1 < Fraction(work) * CTK <= ctk
    assert ptk - 1 < Fraction(energy) / 3_600 * CTK <= ptk


@pytest.mark.parametrize(("work", "energy"), [(-1.0, 0.0), (0.0, float("nan")), (2e6, 0.0), (0.0, 1e10)])
def test_what_no_task_takes(work: float, energy: float) -> None:
    with pytest.raises(ValueError, match=r"work|energy"):
        tm.tokens(work, energy)


# Issue


@pytest.mark.parametrize("factor", [10, -10])
@pytest.mark.parametrize("liars", [0, 1, 2, 3])
def test_the_median_of_a_quorum_holds_up_to_its_minority(liars: int, factor: int) -> None:
    """A quorum of 5: two liars move nothing, three move everything; upwards the device's own signature is the last cap."""
    honest, lie = 30 * CTK, 300 * CTK if factor > 0 else 3 * CTK
    values = [lie] * liars + [honest] * (5 - liars)
    market = Market()
    who = market.device()
    signed = tuple(tm.Reading(seat, value, value) for seat, value in enumerate(values))
    reserve = market.must(who, tm.Attest(1, 1, 100 * CTK, 20 * CTK, readings=signed))[0]
    assert reserve == (honest if liars < 3 else min(lie, 100 * CTK))
    assert market.account(who).reserve["PTK"] == min(20 * CTK, reserve)
    market.must(who, tm.Mint("CTK", reserve))
    assert market.refused(who, tm.Mint("CTK", 1)) == "UNBACKED"


def test_an_even_number_of_readings_takes_the_lower_middle() -> None:
    market = Market()
    who = market.device()
    signed = tuple(tm.Reading(seat, (seat + 1) * CTK, CTK) for seat in range(6))
    assert market.must(who, tm.Attest(1, 1, 100 * CTK, CTK, readings=signed))[0] == 3 * CTK


def test_a_grant_comes_once_an_attestation_key() -> None:
    market = Market()
    who = market.device()
    assert market.account(who).free == {"CTK": 0, "PTK": 0, "CASH": 0}
    assert market.must(who, attest(1))[2] == 100 * CASH
    assert market.must(who, attest(1, period=2))[2] == 0
    assert market.refused(market.device(), attest(1)) == "BOUND"


def test_a_smaller_reserve_stops_minting_but_takes_nothing() -> None:
    market = Market()
    who = market.supplier()
    market.must(who, attest(who, period=2, ctk=10 * CTK))
    assert market.refused(who, tm.Mint("CTK", 1)) == "UNBACKED"
    market.must(who, tm.Burn("CTK", 41 * CTK))
    market.must(who, tm.Mint("CTK", CTK))
    assert tm.violations(market.state) == []


def test_credit_and_freezing() -> None:
    """Literal III-C: 30 PTK on a hash, due after 600 s; whoever is overdue mints nothing until the debt is repaid."""
    market = Market("literal")
    who, other = market.device(), market.device()
    market.must(who, attest(1))
    market.must(who, tm.Pledge(bytes([9] + [0] * 31)))
    assert market.refused(other, tm.Pledge(bytes([9] + [0] * 31))) == "BOUND"
    market.must(who, tm.Borrow(20 * CTK))
    market.tick(layout.TERM - 1)
    market.must(who, tm.Borrow(10 * CTK))  # later borrowing does not move the time that the debt is due
    market.tick(1)
    market.must(who, tm.Mint("PTK", CTK))
    market.tick(1)
    assert market.account(who).frozen
    assert market.refused(who, tm.Mint("PTK", CTK)) == "FROZEN"
    market.must(who, tm.Repay(30 * CTK - 1))
    assert market.refused(who, tm.Mint("PTK", CTK)) == "FROZEN"
    market.must(who, tm.Repay(1))
    market.must(who, tm.Mint("PTK", CTK))
    assert market.state.pool == 3_000 * CTK
    market.must(other, tm.Pledge(bytes([8] + [0] * 31)))  # K28, attack 11: another identity, another hash, another loan
    market.must(other, tm.Borrow(30 * CTK))


# The theorem on idle minting (K4)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=25), st.integers(1, 40))
@settings(max_examples=20, deadline=None)
def test_idle_minting_caps_utilisation_at_one_half(periods: list[tuple[int, int]], capacity: int) -> None:
    """Work burns CTK, idle time is minted: work <= (C T + 100) / 2, so utilisation <= 1/2 + 50 / (C T), whatever is tried.

    A period of one second has C GFLOP. The device works as much as it wants to and its tokens allow, attests honestly what was
    idle, and mints all of it or a part.
    """
    market = Market("literal")
    who = market.device()
    worked = 0
    for period, (want, share) in enumerate(periods, 1):
        work = min(capacity * CTK * want // 100, market.account(who).free["CTK"])
        market.must(who, tm.Burn("CTK", work))
        worked += work
        idle = capacity * CTK - work
        market.must(who, attest(1, period=period, ctk=idle, ptk=0))
        market.must(who, tm.Mint("CTK", idle * share // 100))
        if share == 100:
            assert market.refused(who, tm.Mint("CTK", 1)) == "UNBACKED"
    total = capacity * CTK * len(periods)
    grants = 100 * CTK
    state = market.state
    assert state.burned["CTK"] == worked <= state.minted["CTK"]  # grants are among what was minted
    assert 2 * worked <= total + grants


def test_the_cap_on_utilisation_is_reached() -> None:
    """Working whenever tokens allow: 1/2 + 50 / (C T) to the last unit, so the theorem is tight."""
    capacity, seconds = 3, 400
    market = Market("literal")
    who = market.device()
    worked = 0
    for period in range(1, seconds + 1):
        work = min(capacity * CTK, market.account(who).free["CTK"])
        market.must(who, tm.Burn("CTK", work))
        market.must(who, attest(1, period=period, ctk=capacity * CTK - work, ptk=0))
        market.must(who, tm.Mint("CTK", capacity * CTK - work))
        worked += work
    assert market.state.burned["CTK"] == worked
    left = market.account(who).free["CTK"]
    assert 2 * worked + left == capacity * seconds * CTK + 100 * CTK
    assert left <= capacity * CTK
