"""Policies of scheduling trained on call and by the command ``edgeworth train``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth import Stop
from edgeworth.learning import deep
from edgeworth.learning.deep import Scorer
from edgeworth.learning.deep.learned import COPIES, SEED, shipped_policy
from edgeworth.learning.deep.training import versions
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import LearnedPolicy, Market
from edgeworth.solvers.scheduling.env.observation import CANDIDATE, MARKET, RECORD, TOKENS, Observe
from edgeworth.solvers.scheduling.learned import regret
from edgeworth.solvers.scheduling.learned.plan import PLAN, STEPS, environment
from tests.cli.test_cli import document, refused, run
from tests.solvers.scheduling.test_regret import FARTHEST

SMALL = ("--devices", 3, "--horizon", 10, "--copies", 4, "--quiet")


def problem(**options: Any) -> scheduling.Episode:
    return scheduling.generate(**{"devices": 3, "horizon": 10.0, "seed": 0, "rate": 0.5, **options})


@pytest.mark.parametrize("method", list(PLAN.learners))
def test_a_method_trains_where_steps_say_so(method: str) -> None:
    given, params = problem(), LearnedPolicy(steps=500)
    result = scheduling.solve(given, method=method, params=params, seed=1)
    assert scheduling.verify(given, result)
    assert result.notes[0].startswith("trained for ")
    again = scheduling.solve(given, method=method, params=params, seed=1)
    assert (again.value, again.notes) == (result.value, result.notes)


def test_the_scorer_beats_every_rule_after_some_seconds() -> None:
    """A tenth of what the policy that comes with the package was trained for, at one load; held-out episodes, fixed figures."""
    steps = 400_000
    env = environment("scorer", COPIES, rate=0.25)
    policy = deep.train(env, PLAN.learners["scorer"](steps), steps=steps, seed=SEED).policy
    problems = [scheduling.generate(seed=900_000 + k, horizon=300.0) for k in range(3)]
    costs = [
        np.mean([scheduling.solve(each, method=m).value for each in problems]) for m in (policy, "greedy-cost", "threshold")
    ]
    assert costs[0] < min(costs[1:])


def test_a_reply_is_trained_that_gains(monkeypatch: pytest.MonkeyPatch) -> None:
    """All hand their tasks to the slowest other device; no rule is tried. What a greedy device gains is all but reached."""
    episodes = [scheduling.generate(devices=3, horizon=30.0, seed=900_000 + k) for k in range(4)]
    rules = scheduling.policy_regret(FARTHEST, episodes, bound=Stop(iterations=40))
    monkeypatch.setattr(regret, "simple_deviations", lambda problem: ())
    one, two = (scheduling.policy_regret(FARTHEST, episodes, steps=30_000, seed=2, bound=Stop(iterations=40)) for _ in range(2))
    assert one.deviations == ("reply trained for 30000 agent-steps",)
    assert 0.0 < one.interval[0, 0] < one.gain[0] <= one.upper[0]
    assert one.gain[0] > 0.9 * rules.gain[0]
    np.testing.assert_array_equal(one.gains, two.gains)


@pytest.mark.slow
def test_who_sees_records_deals_with_those_that_keep_their_word() -> None:
    """A third of the suppliers default on every second task. Without records the learner gives up handing tasks over."""
    market, steps = Market(default=(0.3, 0.5)), 1_000_000
    policies = []
    views: tuple[tuple[Observe, int], ...] = (("priced", 1), ("reputed", 1 + len(RECORD)))
    for observe, more in views:
        env = scheduling.vector_env(COPIES, observe=observe, costs="marginal", market=market, rate=0.25, horizon=300.0)
        actor = Scorer(own=len(TOKENS) + len(MARKET), features=len(CANDIDATE) + more, activation="relu")
        learner = replace(PLAN.learners["scorer"](steps), actor=actor)
        policies.append(deep.train(env, learner, steps=steps, seed=SEED, name=observe).policy)
    table = scheduling.market_sweep({"": market}, ["local", *policies], seeds=range(900_000, 900_008))
    means = table.groupby("method")[["cost", "offloaded", "to_defaulters"]].mean()
    assert means.offloaded["priced"] < 0.02 < means.offloaded["reputed"]
    assert means.to_defaulters["reputed"] < 0.15
    assert means.cost[["priced", "reputed"]].max() < means.cost["local"]


@pytest.mark.slow
@pytest.mark.parametrize("method", list(PLAN.learners))
def test_the_command_of_its_documentation_makes_it_again(method: str, tmp_path: Path) -> None:
    """Bit for bit where it is made by the same versions; the processor must be of one kind, too."""
    shipped = shipped_policy(scheduling.FAMILY.package, method)
    function = next(row for row in scheduling.METHODS if row.name == method).resolve()
    assert f"--method {method}" in str(function.__doc__)
    if shipped.training["versions"] != versions():
        pytest.skip(f"made by {shipped.training['versions']}")
    run("train", "scheduling", "--method", method, "--steps", STEPS, "--out", tmp_path / "p.npz", "--quiet")
    assert deep.load_policy(tmp_path / "p.npz").digest == shipped.digest


def test_train_writes_what_solve_plays(tmp_path: Path) -> None:
    out, p, curve = (tmp_path / name for name in ("p.npz", "p.json", "c.csv"))
    words = ("train", "scheduling", "--method", "best", "--steps", 1_000, "--out", out, *SMALL, "--rate", 0.5)
    found = document(run(*words, "--exchange-rate", 3600, "--name", "mine", "--curve", curve, "--json"))
    env = environment("best", 4, devices=3, horizon=10.0, rate=0.5, exchange_rate=3600.0)
    trained = deep.train(env, PLAN.learners["best"](1_000), steps=1_000, seed=SEED, name="mine")
    assert found["digest"] == trained.policy.digest == deep.load_policy(out).digest
    assert found["agent-steps"] == 1536
    assert len(curve.read_text().splitlines()) == 3
    problem().save(p)
    assert run("solve", p, "--policy", out, "--out", tmp_path / "r.json").exit_code == 0
    assert run("verify", p, tmp_path / "r.json").exit_code == 0
    problem(devices=4).save(p)
    assert "must have been trained with 4 devices" in refused("solve", p, "--policy", out)
    assert "there is no market" in refused(*words, "--tokens", "off")


@pytest.mark.parametrize("method", ["best", "scorer"])
def test_resumed_is_uninterrupted(method: str, tmp_path: Path) -> None:
    state, out, whole = tmp_path / "state", tmp_path / "p.npz", tmp_path / "whole.npz"
    words = ("train", "scheduling", "--method", method, *SMALL)
    learner = PLAN.learners[method](3_000)  # the learning rate falls over all steps, so that the command's would differ
    env = environment(method, 4, devices=3, horizon=10.0)
    deep.train(env, learner, steps=1_000, seed=SEED, name=method, checkpoint=state)
    assert run(*words, "--steps", 3_000, "--out", out, "--checkpoint", state, "--resume").exit_code == 0
    assert run(*words, "--steps", 3_000, "--out", whole).exit_code == 0
    assert out.read_bytes() == whole.read_bytes()
