"""What the checker saves on large games changes nothing: prices solved together, and consumers settled on many intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeworth.games import trading
from edgeworth.games.trading.check import bound, stage
from edgeworth.games.trading.check.regret import profits_at
from edgeworth.games.trading.model import TradingGame


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
