"""What the checker saves on large games changes nothing: prices solved together, and consumers settled on many intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from edgeworth.games import trading
from edgeworth.games.trading.check import bound, kernels, stage
from edgeworth.games.trading.check.kernels import stage as stage_kernels
from edgeworth.games.trading.check.regret import profits_at
from edgeworth.games.trading.model import Floats, TradingGame


def games() -> list[TradingGame]:
    plain = trading.generate(preset="random", consumers=700, seed=3)
    effect = np.ones(700)
    effect[::3] = 0.0  # linear consumers
    return [plain, replace(plain, min_demand=0.0), replace(plain, token_effect=effect), replace(plain, token_effect=0 * effect)]


@pytest.mark.parametrize("number", range(4))
def test_prices_solved_together_are_those_solved_alone(number: int) -> None:
    game = games()[number]
    prices = np.linspace(game.min_price, game.max_price, 33)
    rng = np.random.default_rng(0)
    together = profits_at(game, rng.permutation(prices))
    alone = np.array([profits_at(game, np.array([price]))[0] for price in prices])
    assert np.sort(together) == pytest.approx(np.sort(alone), rel=1e-11)


@pytest.mark.parametrize("number", range(2))
def test_an_answer_outside_of_the_settled_box_is_solved_anew(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    game = games()[number]
    prices = np.linspace(game.min_price, game.max_price, 9)
    right = profits_at(game, prices)
    monkeypatch.setattr(stage.Stage, "holds", lambda self, price, power: False)
    assert profits_at(game, prices) == pytest.approx(right, rel=1e-11)


@pytest.mark.parametrize("number", range(3))
def test_settled_consumers_leave_the_bound_and_its_claims_as_they_are(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    game = games()[number]
    certificate = trading.solve(game).certificate
    assert certificate is not None
    arrays = dict(certificate.arrays)
    settled = bound.interval_bound(game, arrays)
    worse = arrays | {"power_left": arrays["power_left"] * (1.0 - 1e-3)}
    with pytest.raises(ValueError, match="power_left"):
        bound.interval_bound(game, worse)
    monkeypatch.setattr(bound, "FEW", 1_000_000)
    one_by_one = bound.interval_bound(game, arrays)
    assert one_by_one * (1.0 - 1e-14) <= settled <= one_by_one + 1e-11 * abs(one_by_one)


@pytest.mark.parametrize("number", range(2))
def test_claims_are_proved_with_the_sums_over_settled_consumers(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """These allow a little more for rounding than shares one by one, never less, and suffice for a genuine certificate."""
    game = games()[number]
    certificate = trading.solve(game).certificate
    assert certificate is not None
    looked_at, claims = [0], [0]
    whole, share_sum = bound._Intervals._proved, kernels.share_sum

    def counted(slope: Floats, *rest: object) -> float:
        looked_at[0] += len(slope)
        return float(share_sum(slope, *rest))

    def compared(self: bound._Intervals, part: bound._Part, claim: bound._Share | bound._Chord, mined: float) -> bool:
        apart = claim.of(part, self.low, self.high) + claim.settled(part)
        plain = claim.of(self.whole, self.low, self.high)
        n, g, w, *_ = part.free
        allowed = 40.0 * 2.0**-53 * (1.0 + n + (g * game.max_price + w) * self.most)
        above = apart - plain if claim.upper else plain - apart
        assert above <= allowed
        if isinstance(claim, bound._Share):  # of a chord all settled consumers count at the same end
            assert above >= -1e-15
            claims[0] += 1
            monkeypatch.setattr(kernels, "share_sum", counted)
        proved = whole(self, part, claim, mined)
        monkeypatch.setattr(kernels, "share_sum", share_sum)
        return proved

    monkeypatch.setattr(bound._Intervals, "_proved", compared)
    bound.interval_bound(game, dict(certificate.arrays))
    assert claims[0] > 2
    assert looked_at[0] < 0.9 * claims[0] * len(bound._Intervals(game).beta)


def test_the_family_warms_the_kernels_of_large_games() -> None:
    """In the signatures that the check of a large game then needs."""
    kept = [stage_kernels.count_open, stage_kernels.settle]
    for each in kept:
        each._reset_overloads()
    assert trading.FAMILY.warm is not None
    small = trading.generate(preset="interior")
    trading.FAMILY.warm(small, trading.solve(small).solution)
    warmed = [each.signatures for each in kept]
    assert [len(each) for each in warmed] == [1, 1]
    for game in games():
        trading.verify(game, trading.solve(game))
    assert [each.signatures for each in kept] == warmed


@pytest.mark.parametrize("size", [0, 1, 16, 700])
def test_sums_over_linear_consumers_are_those_of_plain_loops(size: int) -> None:
    rng = np.random.default_rng(size)
    until, beta = rng.uniform(1.0, 3.0, size), rng.uniform(0.0, 1.0, size)
    start, low, high, a, b, mu, stray = until * 1.01, 0.2, 5.0, 1.5, 2.0, 1.7, 1e-3
    out, expected = np.zeros(5), np.zeros(5)
    kernels.line_sums(start, until, beta, low, high, a, b, mu, stray, out)
    for price, upper in ((a, True), (b, False)):
        much = start >= price if upper else until > price
        mined = kernels.line_mined(start, until, beta, low, high, price, upper)
        assert mined == pytest.approx(math.fsum((beta * np.where(much, high, low)).tolist()), rel=1e-15)
    for one, two, role in zip(start.tolist(), until.tolist(), beta.tolist(), strict=True):
        least, most = high * (1.0 - stray) if two > b else low, low * (1.0 + stray) if one < a else high
        ends = sorted(((1.0 - mu * role) * least, (1.0 - mu * role) * most))
        sizes = [(1.0 + mu * role) * (least if (1.0 - mu * role) * least == each else most) for each in ends]
        expected += [*ends, role * most, *sizes]
    assert out.tolist() == pytest.approx(expected.tolist(), rel=1e-13, abs=1e-12)


def test_an_interval_without_a_number_for_a_bound_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    game = games()[0]
    certificate = trading.solve(game).certificate
    assert certificate is not None
    whole, count = bound._Intervals.bound, len(certificate.arrays["price"]) - 1
    assert count > 1
    for bad in (0, count - 1):
        calls = iter(range(count))

        def once(self: bound._Intervals, *claim: object, bad: int = bad, calls: Iterator[int] = calls) -> float:
            return math.nan if next(calls) == bad else whole(self, *claim)  # type: ignore[arg-type]

        monkeypatch.setattr(bound._Intervals, "bound", once)
        with pytest.raises(ValueError, match="finite bound"):
            bound.interval_bound(game, dict(certificate.arrays))


def consumers(size: int) -> tuple[Floats, Floats, Floats]:
    """g, w and beta: some at each bound, some at none, some that may be anywhere."""
    rng = np.random.default_rng(size)
    return rng.uniform(0.0, 1.0, size) ** 2, rng.uniform(0.0, 0.1, size), rng.uniform(0.1, 0.9, size)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 700])
def test_gathered_sums_are_those_of_plain_loops(size: int) -> None:
    g, w, beta = consumers(size)
    low, high, a, x_most, b, x_least, e_low, e_high, slack, stray = 0.1, 0.9, 1.0, 1.05, 1.1, 0.95, -0.02, 0.03, 1e-9, 1e-6
    settled, out = np.array([2.0, 1.0, 0.5, 4.0, 3.0, 1.5]), np.zeros(12)
    kernels.gather(g, w, beta, low, high, a, x_most, b, x_least, e_low, e_high, slack, stray, settled, out)
    free: list[tuple[float, ...]] = []
    rest: list[tuple[float, float, float]] = []
    for slope, offset, role in zip(g.tolist(), w.tolist(), beta.tolist(), strict=True):
        shares = [1.0 - (slope * a - offset) * x_most, 1.0 - (slope * b - offset) * x_least]
        pad = slack * (1.0 + (slope * b + offset) * x_most)
        smallest = min(shares) - pad - slope * e_high * (1.0 + slack)
        largest = max(shares) + pad - slope * e_low * (1.0 + slack)
        least, most = low * role, high * role
        if largest <= least / x_most * (1.0 - slack):
            rest.append((role, least, least * (1.0 + stray)))
        elif smallest >= most / x_least * (1.0 + slack) or slope * b * (1.0 + slack) < offset * (1.0 - slack):
            rest.append((role, most * (1.0 - stray), most))
        elif smallest >= least / x_least * (1.0 + slack) and largest <= most / x_most * (1.0 - slack):
            free.append((1.0, slope, offset, 1.0 / role, slope / role, offset / role))
        else:
            lower = smallest * (x_least if smallest >= 0.0 else x_most) * (1.0 - stray)
            upper = largest * (x_most if largest >= 0.0 else x_least) * (1.0 + stray)
            rest.append((role, min(max(lower, least), most), min(max(upper, least), most)))
    expected = [start + math.fsum(each[k] for each in free) for k, start in enumerate(settled.tolist())]
    mu = expected[4] / expected[1]
    turned = [(1.0 / role - mu, 1.0 / role + mu, *((x, y) if 1.0 / role >= mu else (y, x)), y) for role, x, y in rest]
    expected += [math.fsum(t[0] * t[2] for t in turned), math.fsum(t[0] * t[3] for t in turned)]
    expected += [
        math.fsum(t[4] for t in turned),
        math.fsum(t[1] * t[2] for t in turned),
        math.fsum(t[1] * t[3] for t in turned),
    ]
    assert out.tolist() == pytest.approx([*expected, mu], rel=1e-13, abs=1e-12)
    if size == 700:
        assert len(free) > 50
        assert len(rest) > 50


@pytest.mark.parametrize("size", [0, 1, 255, 256, 700])
def test_settled_and_open_consumers_make_up_all(size: int) -> None:
    g, w, beta = consumers(size)
    low, high, box = 0.1, 0.9, (0.99, 1.2, 0.95, 1.05, 0.98, 1.2, 1e-12)
    count = stage_kernels.count_open(g, w, beta, low, high, box, size)
    opened = np.empty((3, count))
    sums = stage_kernels.settle(g, w, beta, low, high, box, opened)
    left = {tuple(row) for row in opened.T.tolist()}
    kept: list[tuple[float, ...]] = []
    ends: list[tuple[float, float]] = []
    for slope, offset, role in zip(g.tolist(), w.tolist(), beta.tolist(), strict=True):
        # shares at the corners of the box: the place is known where it is the same at all of them
        found = {(1.0 - slope * q + offset * x) * x / role for q in box[:2] for x in box[2:4]}
        inside = {low < each < high for each in found}
        if (slope, offset, role) in left:
            continue
        if min(found) >= high or slope * box[5] <= offset:
            ends.append((high * role, high))
        elif max(found) <= low:
            ends.append((low * role, low))
        else:
            assert inside == {True}
            kept.append((1.0, slope, offset, 1.0 / role, slope / role, offset / role))
    expected = [math.fsum(each[k] for each in kept) for k in range(6)] + [math.fsum(e[k] for e in ends) for k in range(2)]
    assert sums.tolist() == pytest.approx(expected, rel=1e-13)
    assert len(left) + len(kept) + len(ends) == size
    if size == 700:
        assert min(len(left), len(kept), len(ends)) > 30
        assert stage_kernels.count_open(g, w, beta, low, high, box, count - 1) > count - 1


@pytest.mark.parametrize("power", [0.3, 1.0, 5.0])
def test_the_bracket_of_a_falling_function_shrinks_fast(power: float) -> None:
    """1 - X^power on [0.01, 300], to 1e-9: halving logarithms takes 34 steps."""

    def at(x: float) -> tuple[float, float]:
        return x, 1.0 - x**power

    newest, other, former = at(0.01), at(300.0), (0.0, math.nan)
    steps = 0
    while abs(newest[0] - 1.0) > 1e-9:
        part = stage._inside(newest, other, former)
        assert 0.0 < part < 1.0
        found = at(newest[0] * (other[0] / newest[0]) ** part)
        former, newest, other = (newest, found, other) if (found[1] > 0.0) == (newest[1] > 0.0) else (other, found, newest)
        steps += 1
        assert steps < 20
    assert stage._inside((1.0, math.nan), (2.0, -1.0), (0.0, math.nan)) == 0.5
    assert stage._inside((1.0, 1.0), (math.nextafter(1.0, 2.0), -1.0), (0.5, 1.0)) == 0.5
