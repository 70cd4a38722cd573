"""BEST end to end: its panels are complete, nothing is below a bound, and what does not fit is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from edgeworth import Stop
from edgeworth.core.claims import SMOKE, Claim
from edgeworth.core.policy import EVALUATION
from edgeworth.learning.deep.envs import as_vector_env
from edgeworth.learning.deep.heads import HEADS
from edgeworth.learning.deep.nets import Mlp
from edgeworth.learning.deep.policy import Policy
from edgeworth.mechanisms.token_market.claims import CLAIMS as MARKET_CLAIMS
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling.claims import CLAIMS as SCHEDULING_CLAIMS
from edgeworth.solvers.scheduling.evidence_played import policy
from edgeworth.solvers.scheduling.sweeps import RULES
from edgeworth.systems import best
from edgeworth.systems.best import gathered, panels, weights

FEW = Stop(iterations=20)
SHORT = {"horizon": 20.0, "bound": FEW}


def of_three_devices() -> Policy:
    """A perceptron, which takes three devices and no other number."""
    spec = as_vector_env(scheduling.vector_env(1, devices=3, horizon=20.0)).spec
    net = Mlp(inputs=spec.obs, outputs=3, hidden=(2,))
    flat = tuple(np.zeros(shape, np.float32) for shape in net.shapes().values())
    return Policy(name="flat", spec=spec, net=net, head=HEADS["categorical"](n=3), weights=flat)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return best.figures(schemes=["b-auction", of_three_devices()], values=[2, 3], runs=2, **SHORT)


def test_every_panel_has_every_scheme_the_rules_and_the_bound(table: pd.DataFrame) -> None:
    assert list(dict.fromkeys(table.panel)) == list(best.PANELS)
    methods = {"b-auction", "flat", *RULES, "bound"}
    for _, rows in table.groupby(["panel", "value", "seed"]):
        assert set(rows.method) == methods
        assert len(rows) == len(methods)
    assert set(table.seed) == {EVALUATION, EVALUATION + 1}
    rates = table.groupby("panel").rate.unique().map(list)
    assert rates["devices"] == rates["work, high load"] == [0.25]
    assert rates["work, low load"] == [0.05]
    assert rates["rate"] == [2, 3]


def test_perceptrons_are_trained_for_other_numbers_of_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def trained(method: str, k: int, **options: float) -> Policy:
        asked.append((method, k, options))
        return policy(method, k) if not options else of_three_devices()

    monkeypatch.setattr(panels, "policy", trained)
    monkeypatch.setattr(panels, "find_spec", lambda name: object())
    schemes = ["mappo", "scorer", "b-auction"]
    table = best.figures(["devices"], schemes, values=[3, 10], runs=1, **SHORT)
    assert [each for each in asked if each[2]] == [("mappo", 0, {"devices": 3})]
    assert set(table[table.value == 3].method) == {"flat", "scorer", "b-auction", *RULES, "bound"}
    assert set(table[table.value == 10].method) == {*schemes, *RULES, "bound"}
    assert (table.missing == "").all()


def test_no_scheme_is_below_the_bound(table: pd.DataFrame) -> None:
    for _, rows in table.groupby(["panel", "value", "seed"]):
        by = rows.set_index("method")
        played = by.drop(index="bound").dropna(subset="cost")
        assert len(played) >= 4
        assert (played.cost >= by.cost["bound"]).all()
        assert (played.success <= by.success["bound"]).all()
        complete = played[played.success == 1.0]
        assert not (complete.energy < by.energy["bound"]).any()


def test_what_a_network_does_not_take_is_told(table: pd.DataFrame) -> None:
    flat = table[table.method == "flat"]
    fits = (flat.panel == "devices") & (flat.value == 3)
    assert fits.sum() == 2
    assert flat[fits].cost.notna().all()
    assert (flat[fits].missing == "").all()
    assert flat[~fits].cost.isna().all()
    assert flat[~fits].missing.str.contains("takes no other number than it was trained with; got 'flat: 3'").all()
    assert (table[table.method != "flat"].missing == "").all()


def test_figures_are_drawn_with_all_that_was_played(table: pd.DataFrame, tmp_path: Path) -> None:
    drawn = best.plot_figures(table, ["latency", "energy_per_success"], folder=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best_energy_per_success.svg", "best_latency.svg"]
    axes = drawn["latency"].axes
    assert [ax.get_title() for ax in axes] == [f"figure 3: {name}" for name in best.PANELS]
    for ax in axes:
        named = {line.get_label() for line in ax.get_lines()}
        assert {"b-auction", *RULES} <= named
    with pytest.raises(ValueError, match="measures: must be one of"):
        best.plot_figures(table, ["offloaded"])
    with pytest.raises(ValueError, match="panels: must be one of"):
        best.figures(["load"])


def test_intervals_of_a_comparison_by_hand() -> None:
    table = best.comparison(["b-auction"], seeds=3, devices=3, **SHORT)
    assert list(dict.fromkeys(table.other)) == [*RULES, "bound"]
    row = table[(table.other == "local") & (table.measure == "latency")].iloc[0]
    pairs = []
    for seed in range(EVALUATION, EVALUATION + 3):
        episode = scheduling.generate(devices=3, horizon=20.0, seed=seed)
        found = [
            scheduling.measures(episode, scheduling.solve(episode, method=name, seed=seed).require())["latency"]
            for name in ("b-auction", "local")
        ]
        pairs.append(found[0] - found[1])
    half = 4.302653 * float(np.std(pairs, ddof=1)) / 3**0.5
    assert row.pairs == 3
    assert (row.difference, row.low, row.high) == pytest.approx(
        (np.mean(pairs), np.mean(pairs) - half, np.mean(pairs) + half), rel=1e-6, abs=1e-12
    )
    assert row.relative == pytest.approx(row.difference / row.other_mean)
    none = best.comparison([of_three_devices()], seeds=1, devices=4, **SHORT)
    assert (none.pairs == 0).all()
    assert none.difference.isna().all()
    assert none.missing.str.contains("must have been trained with 4 devices").all()


def test_the_frontier_is_below_every_schedule_that_completes_all() -> None:
    table = best.green([0.25, 2.0], [], seeds=2, devices=3, rate=0.1, horizon=40.0, bound=Stop(iterations=60))
    assert len(table) == 2 * 2 * 4
    for (weight, _), rows in table.groupby(["weight", "seed"]):
        by = rows.set_index("method")
        played = by.drop(index="bound")
        assert (played.success == 1.0).all()
        lines = played.latency_weight * played.latency + weight * played.energy_per_success
        assert (lines >= by.cost["bound"]).all()
        assert by.cost["bound"] > 0.8 * lines.min()
    ax = best.plot_green(table)
    assert [line.get_label() for line in ax.get_lines()] == [*RULES, "frontier"]
    with pytest.raises(ValueError, match="weights: must be above 0"):
        best.green([0.0])
    with pytest.raises(ValueError, match="schemes: must be one of"):
        best.green([1.0], ["local"])


def test_green_mode_says_for_which_weight_a_learner_was_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same network stands for all of them; where nothing can be trained, that of the package is played."""
    asked: list[tuple[str, dict[str, float]]] = []
    flat = of_three_devices()

    def policy(name: str, k: int, **options: float) -> Policy:
        asked.append((name, options))
        return flat

    monkeypatch.setattr(weights, "policy", policy)
    for there, trained_for in ((None, [0.5, 0.5]), (True, [0.5, 1.0])):
        monkeypatch.setattr(weights, "find_spec", lambda name, there=there: there)
        table = best.green([0.5, 1.0], ["mappo"], seeds=1, devices=3, **SHORT)
        assert table[table.method == "mappo"].trained_for.tolist() == trained_for
    assert [options for _, options in asked if options] == [{"energy_weight": 1.0}]


def test_every_claim_has_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [name for names in best.NUMBERS.values() for name in names]
    known = {claim.id for claim in (*SCHEDULING_CLAIMS, *MARKET_CLAIMS)}
    assert list(best.NUMBERS) == [f"F{number}" for number in range(1, 25)]
    assert sorted(rows) == sorted([*known, "cited"])
    run: list[str] = []

    def examined(claims: list[Claim], budget: object) -> pd.DataFrame:
        run.extend(claim.id for claim in claims)
        return pd.DataFrame({"verdict": "none"}, index=run)

    monkeypatch.setattr(gathered, "claim_table", examined)
    table = best.claims(SMOKE)
    assert run == rows
    assert table.loc["success-order", "number"] == "F7"
    cited = gathered.CITED.examine(SMOKE)
    assert (str(cited.verdict), str(cited.reason)) == ("not testable", "nothing run")
