"""The loss of welfare by stages, the best plan, and what a forecast is worth."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from edgeworth.core.seeds import INSTANCES, generator
from edgeworth.forecasting import Corruption
from edgeworth.mechanisms import double_auction
from edgeworth.mechanisms.double_auction import Outcome
from edgeworth.systems import fusion
from edgeworth.systems.fusion import decision
from edgeworth.systems.fusion.auction_stage import market_of
from edgeworth.systems.fusion.split import STAGES
from edgeworth.systems.fusion.variants import without_payments
from tests.systems.fusion.worlds import small


@pytest.mark.parametrize("variant", ["fusion", "no-st", "posted"])
def test_losses_add_up_to_what_is_below_the_bound_exactly(variant: str) -> None:
    world = small(seed=2)
    drawn = fusion.draw(world, 2, 0)
    bound = fusion.round_bound(world, drawn, steps=10)
    split = fusion.split_round(world, drawn, variant, forecaster="persistence", seed=2, bound=bound)
    assert tuple(split.losses) == STAGES
    assert sum(map(Fraction, split.losses.values())) == Fraction(split.bound) - Fraction(split.welfare)
    assert bound.value <= split.bound <= bound.value + 1e-5
    assert split.welfare <= split.chosen <= split.planned <= split.bound
    assert split.losses["equilibrium"] >= 0.0
    run = fusion.run(variant=variant, world=world, seed=2, forecaster="persistence")
    assert split.welfare == pytest.approx(run.measures["welfare"], abs=1e-5)


def test_with_foresight_nothing_is_lost_by_the_forecast() -> None:
    world = small(seed=3)
    split = fusion.split_round(world, fusion.draw(world, 3, 0), "perfect", seed=3)
    assert split.losses["forecast"] == 0.0


def test_what_has_no_contracts_has_no_split() -> None:
    """The bound of contracts says nothing of UAVs that wait, and theirs nothing of contracts."""
    world = small(seed=0, servers=3, users=10)
    drawn = fusion.draw(world, 0, 0)
    with pytest.raises(ValueError, match="variant: must be one with contracts"):
        fusion.split_round(world, drawn, "pur-online")
    waiting = fusion.round_bound(world, drawn, waiting=True, steps=0)
    for refused in (lambda: fusion.split_round(world, drawn, bound=waiting), lambda: fusion.best_plan(world, drawn, waiting)):
        with pytest.raises(ValueError, match="bound: must be that of contracts"):
            refused()


def test_a_table_of_several_rounds() -> None:
    table = fusion.split_table([small(seed=0, servers=3, users=20)], rounds=2, forecaster="persistence")
    assert table[["world", "round"]].to_numpy().tolist() == [[0, 0], [0, 1]]
    assert np.array_equal(table["welfare"] + table[list(STAGES)].sum(axis=1), table["bound"])


@pytest.mark.parametrize("seed", range(3))
def test_the_best_plan_can_be_driven(seed: int) -> None:
    world = small(seed=seed)
    drawn = fusion.draw(world, seed, 0)
    plan = fusion.best_plan(world, drawn, fusion.round_bound(world, drawn, steps=5))
    market, buyers = market_of(world, drawn, plan.quantity)
    outcome = Outcome(plan.agent[buyers], plan.payment[buyers], plan.reward, plan.stop[buyers])
    assert not double_auction.violations(market, outcome)
    assert plan.contracted.sum() > 0


def test_a_run_is_checked_against_its_bound() -> None:
    run = fusion.run(variant="no-st", rounds=2, seed=1, forecaster="persistence", world=small(seed=1))
    assert run.bound == np.mean([each.value for each in run.bounds])
    assert run.measures["welfare"] <= run.bound
    assert run.verify(bound=True)["bound"].holds
    waiting = fusion.run(variant="pur-online", seed=1, forecaster="persistence", world=small(seed=1))
    assert waiting.bounds[0].waiting
    assert waiting.verify(bound=True)["bound"].holds
    for forged in (run.bounds[0], replace(waiting.bounds[0], value=0.9 * waiting.measures["welfare"])):
        object.__setattr__(waiting, "bounds", (forged,))
        assert not waiting.verify(bound=True)["bound"].holds


def test_trades_do_not_depend_on_payments() -> None:
    for name in ("fusion", "exact-routes", "no-st"):
        world = small(seed=4)
        paid, plain = (
            fusion.run(variant=variant, world=world, seed=4, forecaster="persistence")
            for variant in (name, without_payments(fusion.VARIANTS[name]))
        )
        assert np.array_equal(paid.rounds[0].contracts.agent, plain.rounds[0].contracts.agent)
        assert paid.measures["welfare"] == plain.measures["welfare"]


# --- decision value ------------------------------------------------------------------------------------------------------

FEW = {"worlds": 2, "rounds": 2, "servers": 6, "agents": 3, "users": 70}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return fusion.decision_value(["persistence", "seasonal-naive"], noise=[0.0, 2.0], corruption=Corruption(noise=0.3), **FEW)


def test_every_forecast_is_played_on_the_same_rounds(table: pd.DataFrame) -> None:
    assert len(table) == 2 * (2 + 2 + 4)
    one = table[table.world == 0].set_index(["forecast", "inputs", "noise"])
    perfect, exact = one.loc[("perfect", "none", 0.0)], one.loc[("intensity", "none", 0.0)]
    assert perfect.rmse == 0.0
    assert one.loc[("noise", "none", 0.0)].welfare == exact.welfare
    assert one.loc[("noise", "none", 2.0)].rmse > exact.rmse
    run = fusion.run(variant="fusion", rounds=2, seed=0, forecaster="persistence", servers=6, agents=3, users=70)
    clean = one.loc["persistence"].loc["clean"].iloc[0]
    assert clean.welfare == pytest.approx(run.measures["welfare"])
    assert clean.rmse == pytest.approx(run.measures["forecast_error"])


def test_corrupted_windows_err_more(table: pd.DataFrame) -> None:
    mean = table.groupby(["forecast", "inputs"]).rmse.mean()
    for name in ("persistence", "seasonal-naive"):
        assert mean[name, "corrupted"] > mean[name, "clean"]


def test_losses_are_paired(table: pd.DataFrame) -> None:
    found = fusion.decision_summary(table)
    assert found.rmse.is_monotonic_increasing
    perfect = found[found.forecast == "perfect"].iloc[0]
    assert perfect.loss == perfect.low == perfect.high == 0.0
    assert (found.low <= found.loss).all()
    assert (found.loss <= found.high).all()
    assert found.loss.to_numpy() == pytest.approx((perfect.welfare - found.welfare).to_numpy())
    mpl.use("agg")
    assert fusion.plot_decision(table).get_xlabel().startswith("RMSE")


def test_over_forecasting_is_never_punished_by_the_papers_accounting() -> None:
    """With contracts valued as signed, twice the demand forecast is better; realised, it is worse."""
    table = fusion.decision_value([], noise=[], worlds=3, rounds=2, servers=6, agents=3, users=70, variant="welfare-optimum")
    printed, realised = [], []
    for seed in range(3):
        world = small(seed=seed)
        for number in range(2):
            drawn = fusion.draw(world, seed, number)
            twice = np.asarray(drawn.actual * 2.0)
            played = fusion.running.play_round(world, drawn, fusion.VARIANTS["welfare-optimum"], seed, twice, twice)
            printed.append(played.measures["offline_contracted"])
            realised.append(played.measures["offline"])
    perfect = table[table.forecast == "perfect"]
    assert np.mean(realised) < perfect.offline.mean() < np.mean(printed)


def test_noise_has_numbers_of_its_own() -> None:
    """Those that the world was made of would make large noises at some places rather than at others."""
    world = small(seed=4)
    *_, (name, size, _, noisy) = decision._outlooks(world, 2, 4, [], [0.5], None)
    assert (name, size) == ("noise", 0.5)
    z = np.log(noisy.intensity / world.intensity[:, world.first : world.first + 2].T) / size
    assert not np.isclose(z, generator(4, INSTANCES)[0].standard_normal(z.shape)).any()


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"forecasters": ["prophet"]}, "forecasters"),
        ({"worlds": 0}, "worlds"),
        ({"rounds": True}, "rounds"),
        ({"noise": [-1.0]}, "noise"),
        ({"contract": "most"}, "contract"),
        ({"variant": "fussion"}, "variant"),
    ],
)
def test_what_a_decision_value_refuses(fields: dict[str, object], word: str) -> None:
    with pytest.raises((ValueError, TypeError), match=word):
        fusion.decision_value(**{**FEW, **fields})
