"""What a trading result says of its quality: the best price, or nothing about equilibria."""

from __future__ import annotations

from dataclasses import replace

from edgeworth import Quality, Termination
from edgeworth.games import trading
from edgeworth.games.trading import Exact


def test_a_coarse_gap_is_no_equilibrium() -> None:
    game = trading.generate(preset="two-peaks")
    result = trading.solve(game, method="exact", params=Exact(gap=0.5))
    assert result.termination is Termination.CONVERGED
    assert result.quality is Quality.FEASIBLE
    assert trading.verify(game, result)


def test_a_local_maximum_stated_as_an_equilibrium_is_refuted() -> None:
    game = trading.generate(preset="two-peaks")
    local = trading.solve(game, method="golden-section")
    assert local.quality is Quality.FEASIBLE
    assert "leader" in trading.verify(game, replace(local, quality=Quality.EQUILIBRIUM)).failures
