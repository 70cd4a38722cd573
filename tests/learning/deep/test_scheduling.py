"""Policies of scheduling trained on call and by the command ``edgeworth train``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth.learning import deep
from edgeworth.learning.deep.learned import COPIES, SEED, shipped_policy
from edgeworth.learning.deep.training import versions
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling import LearnedPolicy
from edgeworth.solvers.scheduling.learned.plan import PLAN, STEPS, environment
from tests.cli.test_cli import document, refused, run

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
