"""Claims on learners: rules are applied to the numbers, whatever these are, and with one policy nothing is concluded."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from edgeworth.core.arrays import Array, Floats
from edgeworth.core.claims import Claim, ClaimBudget, ClaimVerdict, Evidence, Reason
from edgeworth.core.policy import EVALUATION
from edgeworth.learning.deep.learned import SEED, shipped_policy
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import claims, evidence_prices
from edgeworth.solvers.scheduling import evidence_learned as learned
from edgeworth.solvers.scheduling import evidence_played as played

BY_ID: dict[str, Claim] = {claim.id: claim for claim in claims.CLAIMS if claim.rule.seeds}
FEW = ClaimBudget("few", seeds=1, instances=10)
FULL = ClaimBudget("20 episodes", seeds=3, instances=200)
HOLDS, PARTLY, FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Episodes of a tenth of the length."""
    whole = scheduling.generate
    monkeypatch.setattr(played, "generate", lambda **given: whole(**{**given, "horizon": given.get("horizon", 600.0) / 10.0}))
    played._measured.cache_clear()
    yield
    played._measured.cache_clear()


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("name", BY_ID)
def test_policies_of_the_package_are_judged_and_conclude_nothing(name: str) -> None:
    found = BY_ID[name].examine(FEW)
    assert found.verdict in (HOLDS, PARTLY, FAILS)
    assert found.reason is Reason.MEASURED
    assert not found.conclusive
    assert found.instances >= 2
    assert "1 policy of a learner, 2 held-out episodes" in found.text
    assert found.numbers


# --- rules on tables that are made up -----------------------------------------------------------------------------------------

Made = dict[str, dict[str, float]]
USUAL = {
    "success": 1.0, "energy": 20_000.0, "energy_floor": 15_000.0, "energy_per_success": 20.0, "radio": 1_000.0,
    "offloads": 500.0, "offloaded": 0.4, "latency": 4.0, "utilisation": 0.5, "cost": 9.0,
}  # fmt: skip


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Made], Evidence]:
    """A claim on schemes that measure what a test says, the same everywhere up to noise that episodes share."""
    noise = 1.0 + 1e-3 * np.random.default_rng(0).standard_normal((1, 20))

    def judge(name: str, made: Made) -> Evidence:
        def table(
            method: str, budget: ClaimBudget, setting: object, params: object = None, **options: float
        ) -> dict[str, Floats]:
            told = USUAL | made.get(method if not options else f"{method} {options}", made.get(method, {}))
            own = 1.0 + 1e-4 * np.random.default_rng(len(method)).standard_normal((1, 20))
            return {
                key: np.full((1, 20), number) if number in (1.0, USUAL["energy_floor"]) else number * noise * own
                for key, number in told.items()
            }

        monkeypatch.setattr(learned, "table", table)
        monkeypatch.setattr(learned, "policies", lambda budget: 3)
        monkeypatch.setattr(learned, "_bounds", lambda budget: np.full(20, 8.0))
        return BY_ID[name].examine(FULL)

    return judge


def saved(**shares: float) -> Made:
    """What others take of which best saves so much, by energy and energy per success."""
    found = {name.replace("_", "-"): share for name, share in shares.items()}
    return {
        name: {key: USUAL[key] / (1.0 - share) for key in ("energy", "energy_per_success")} for name, share in found.items()
    }


CASES: list[tuple[str, Made, ClaimVerdict]] = [
    ("energy-saving", saved(mappo=0.3, gnn_marl=0.3, b_auction=0.5), HOLDS),
    ("energy-saving", saved(mappo=0.3, gnn_marl=0.2, b_auction=0.5), PARTLY),
    ("energy-saving", saved(mappo=0.2, gnn_marl=0.2, b_auction=0.2), FAILS),
    ("energy-saving", {name: {**row, "success": 0.9} for name, row in saved(mappo=0.3, gnn_marl=0.3).items()}, FAILS),
    ("energy-complex", saved(mappo=0.265, gnn_marl=0.2, b_auction=0.467), HOLDS),
    ("energy-complex", saved(mappo=0.265, gnn_marl=0.1, b_auction=0.467), PARTLY),
    ("energy-complex", saved(mappo=0.1, gnn_marl=0.1, b_auction=0.1), FAILS),
    ("energy-by-tokens", saved(mappo=0.1), PARTLY),
    ("energy-by-tokens", {}, FAILS),
    ("latency-saving", {"mappo": {"latency": 4.0 / 0.836}, "b-auction": {"latency": 4.0 / 0.59}}, HOLDS),
    ("latency-saving", {"mappo": {"latency": 4.0}, "b-auction": {"latency": 4.0 / 0.59}}, PARTLY),
    ("latency-saving", {}, FAILS),
    ("success-order", {"mappo": {"success": 1.0 / 1.154}, "b-auction": {"success": 1.0 / 1.21}}, HOLDS),
    ("success-order", {"mappo": {"success": 1.0 / 1.154}}, PARTLY),
    ("success-order", {}, FAILS),
    ("utilisation-order", {"mappo": {"utilisation": 0.5 / 1.021}}, HOLDS),
    ("utilisation-order", {}, FAILS),
    (
        "order",
        {"gnn-marl": {"latency": 3.0}, "mappo": {"latency": 5.0}, "b-auction": {"latency": 7.0, "energy": 3e4, "success": 0.9}},
        HOLDS,
    ),
    ("order", {"gnn-marl": {"latency": 5.0}, "mappo": {"latency": 5.0}}, PARTLY),
    ("learned", {name: {"cost": 8.5} for name in played.EVERY}, HOLDS),
    ("learned", {"best": {"cost": 10.0}, "mappo": {"cost": 8.5}}, PARTLY),
    ("learned", {name: {"cost": 9.5} for name in played.EVERY}, FAILS),
]


@pytest.mark.parametrize(("name", "made", "expected"), CASES)
def test_verdicts_follow_the_numbers(
    judged: Callable[[str, Made], Evidence], name: str, made: Made, expected: ClaimVerdict
) -> None:
    found = judged(name, made)
    assert found.verdict is expected, found.text
    assert (found.seeds, found.conclusive) == (20, True)


def test_what_the_best_rule_leaves_of_the_room(judged: Callable[[str, Made], Evidence]) -> None:
    found = judged("learned", {"greedy-cost": {"cost": 8.8}, "threshold": {"cost": 8.6}, "mappo": {"cost": 8.4}})
    row = next(row for row in found.numbers if row["learner"] == "mappo")
    assert (row["rule"], float(row["room"])) == ("greedy-cost", pytest.approx(0.5, abs=0.01))
    assert float(row["to_threshold"]) == pytest.approx(-0.2, abs=0.01)


def test_joules_that_give_a_printed_saving_by_hand() -> None:
    """(19,000 + 100 r) = .74 (19,500 + 500 r) at r = 4,570 / 270; nothing helps who hands over as much."""
    one = {"energy": np.array([[20_000.0]]), "radio": np.array([[1_000.0]]), "offloads": np.array([[100.0]])}
    two = {"energy": np.array([[20_000.0]]), "radio": np.array([[500.0]]), "offloads": np.array([[500.0]])}
    both = {name: {**each, "success": np.ones((1, 1))} for name, each in (("one", one), ("two", two))}
    needed = learned._joules(both["one"], both["two"], 0.26)
    assert needed == pytest.approx(4_570.0 / 270.0)
    assert 1.0 - (19_000.0 + 100.0 * needed) / (19_500.0 + 500.0 * needed) == pytest.approx(0.26)
    assert math.isnan(learned._joules(both["two"], both["one"], 0.26))
    at_ten = learned._totals(both["one"], both["two"])["at_10_J"]
    assert at_ten == pytest.approx(1.0 - 20_000.0 / 24_500.0)


# --- policies -----------------------------------------------------------------------------------------------------------------


def test_without_torch_more_policies_are_not_concluded_from_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(played, "find_spec", lambda name: None)
    assert (played.policies(FULL), played.policies(FEW)) == (1, 1)
    assert played.about(FULL).endswith('; torch (extra "learn") is not installed, so that 2 of 3 policies were not trained')
    assert "torch" not in played.about(FEW)


def test_with_torch_every_policy_but_the_first_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int, int, dict[str, float]]] = []
    shipped = shipped_policy(scheduling.FAMILY.package, "mappo")

    def trained(kind: str, method: str, *, steps: int, seed: int, **options: float) -> Any:
        asked.append((method, steps, seed, options))
        return shipped

    monkeypatch.setattr(played, "trained_policy", trained)
    played.policy.cache_clear()
    try:
        assert [played.policy("mappo", k) for k in range(3)] == [shipped] * 3
        played.policy("best", 0, exchange_rate=0.0)
    finally:
        played.policy.cache_clear()
    steps = shipped.training["params"]["decay_steps"]
    assert asked[:2] == [("mappo", steps, SEED + k, {}) for k in (1, 2)]
    assert (asked[2][0], asked[2][2:]) == ("best", (SEED, {"exchange_rate": 0.0}))


def test_a_chain_that_takes_no_time() -> None:
    usual, fast = (played.episode_of(EVALUATION, {"horizon": 20.0, **more}) for more in ({}, {"chain": 0}))
    assert usual.chain_latency.min() >= 1.0
    assert not fast.chain_latency.any()
    assert np.array_equal(usual.arrival, fast.arrival)


# --- prices -------------------------------------------------------------------------------------------------------------------


def priced(chooses: Callable[[Array], Array]) -> Any:
    """A policy that chooses by the features of candidates and their prices, [agents, candidates, 10]."""
    names = scheduling.vector_env(1, devices=4, observe="priced", market=scheduling.Market()).observation_names
    net = SimpleNamespace(numpy=lambda weights, x: np.zeros((len(x), 4)))
    return SimpleNamespace(
        name="by hand", spec=SimpleNamespace(action=SimpleNamespace(n=4), names=names), agent_id=False, any_size=True,
        net=net, weights=(),
        act=lambda seen, opened: np.where(opened, chooses(seen[:, 8:].reshape(len(seen), 4, 10)), np.inf).argmin(axis=1),
    )  # fmt: skip


def test_who_looks_for_the_lowest_price_is_misled_and_who_looks_at_none_is_not() -> None:
    episode = scheduling.generate(devices=4, horizon=30.0, seed=3)

    def cheapest(rows: Array) -> Array:
        prices = rows[:, :, 9].copy()
        prices[:, 0] = 5.0  # oneself comes last
        return prices

    def soonest(rows: Array) -> Array:
        found: Array = rows[:, :, 7]
        return found

    for name, manipulate in evidence_prices.ATTACKS.items():
        before, after, _ = evidence_prices._decisions(priced(soonest), episode, manipulate)
        assert len(before) > 5
        assert np.array_equal(before, after)
        before, after, masked = evidence_prices._decisions(priced(cheapest), episode, manipulate)
        assert (after != before).any(), name
        if name == "pump-and-dump":  # nobody can pay a hundred times the price
            assert not masked.any()
