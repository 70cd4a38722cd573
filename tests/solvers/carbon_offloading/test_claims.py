"""The paper's claims as findings, the Pareto curve, and the issue's calls."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from edgeworth import compare
from edgeworth.solvers import carbon_offloading as co
from edgeworth.solvers.carbon_offloading import claims, evidence
from edgeworth.solvers.carbon_offloading.sweeps import bit_prices
from tests.examined import examined

BY_ID = {claim.id: claim for claim in claims.CLAIMS}


def test_claims_on_the_learner_ask_for_seeds() -> None:
    """tests/solvers/carbon_offloading/test_claims_learned.py has their rules."""
    beside = {claim.id for claim in claims.CLAIMS if claim.test.__module__.endswith("evidence_learned")}
    assert len(beside) == 8
    for claim in claims.CLAIMS:
        assert (claim.id in beside) == (claim.rule.seeds > 0 or claim.id == "inference-time")


def test_the_unit_audit_by_hand() -> None:
    """.0003 g over 700 / 3.6e6 g/J are 1.543 J a bit; 10 bits at 4 W take 3.86 s."""
    rows = examined("caddto", "carbon-unit").numbers
    times = {float(row["slot_length"]): float(row["times"]) for row in rows if row["reading"] == "bit"}
    assert times[1.0] == pytest.approx(10.0 * 3e-4 * 3.6e6 / 700.0 / 4.0)
    assert times[1e-3] == pytest.approx(1e3 * times[1.0])


def test_no_policy_is_below_the_hull_of_hindsight() -> None:
    problem = co.generate(load=5e6, buffer=2e4, seed=evidence.FIRST_SEED)
    table = co.pareto(problem, shares=(0.1, 0.4, 0.5, 0.6, 0.8))
    assert (np.diff(table.served) > -1.0).all()
    assert (np.diff(table.carbon) > -1e-12).all()
    assert table.excess.abs().max() < 1e-6
    slope = np.diff(table.carbon) / np.diff(table.served + 1e-3 * np.arange(len(table)))
    assert (np.diff(slope[:3]) > 0.0).all()  # a bit more costs more and more
    arrived = problem.arrivals.mean(axis=1)
    for method in ("green-only", "lyapunov", "mpc", "full-power"):
        schedule = co.solve(problem, method=method).require()
        for row in table.itertuples():
            s = float(row.share)  # type: ignore[arg-type]
            weighted = replace(problem, weights=(1.0 - s, 0.0, 0.0, s), overflow_scale=arrived)
            assert co.value(weighted, schedule) >= float(row.bound)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="shares: must be below 1"):
        co.pareto(problem, shares=(1.0,))


def test_the_literal_scale_asks_for_dropping() -> None:
    """A bit costs .25 / 5000 to drop; 3 L (kappa P^2)^(1/3) joules at .25 / 4 mJ to compute."""
    literal, ours = (bit_prices(co.generate(load=5e6, overflow_scale=scale, seed=0)) for scale in ("mean-arrival", "dominant"))
    assert literal["dropped"] == pytest.approx(5e-5)
    assert literal["served"] == pytest.approx(1500.0 * (4e-27) ** (1 / 3) * 0.25 / 4e-3)
    assert literal["served"] > literal["dropped"]
    assert ours["served"] < ours["dropped"]


def test_the_calls_of_a_user() -> None:
    p = co.generate(preset="caddto", users=10, slots=200, load=3e6, seed=0)
    r = co.solve(p, method="exact")
    assert r.certificate is not None
    assert r.certificate.kind == "prices"
    assert r.gap is not None
    assert 0.0 <= r.gap <= 1e-6
    assert r.value == pytest.approx(r.bound, rel=1e-6)
    assert bool(co.verify(p, r))
    found = co.measures(p, r.require())
    assert found["overflow"] == 0.0
    assert math.isclose(found["carbon_per_bit"], found["carbon"] / found["served"])
    table = compare([p], methods=["exact", "lyapunov", "value-iteration", "green-only", "random"])
    assert table.verified
    values = table.frame.set_index("method").value
    assert values.idxmin() == "exact"
    assert values["exact"] < values["value-iteration"] < values["lyapunov"] < values["green-only"] < values["random"]


def test_the_environment_of_a_user() -> None:
    pytest.importorskip("pettingzoo")
    env = co.parallel_env(preset="caddto", seed=0)
    observations, _ = env.reset()
    assert sorted(observations) == [f"device_{k}" for k in range(5)]
