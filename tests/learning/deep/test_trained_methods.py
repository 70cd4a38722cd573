"""Policies of a family trained on call, and the command ``edgeworth train``."""

from __future__ import annotations

import csv
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth import Stop
from edgeworth.core.observer import Observer, Progress
from edgeworth.core.policy import EVALUATION
from edgeworth.core.result import Termination
from edgeworth.learning import deep
from edgeworth.learning.deep.learned import shipped_policy
from edgeworth.learning.deep.training import versions
from edgeworth.solvers import carbon_offloading
from edgeworth.solvers.carbon_offloading import CarbonOffloading, LearnedPolicy
from edgeworth.solvers.carbon_offloading.learned.plan import PLAN
from tests.cli.test_cli import document, refused, run

SMALL = ("--users", 2, "--slots", 20, "--copies", 4, "--quiet")
STEPS = 1_500  # updates of PPO are made of 64 steps of 4 copies of 2 agents: three


def problem(**options: Any) -> CarbonOffloading:
    return carbon_offloading.generate(**{"users": 2, "slots": 20, "seed": 0, **options})


def same(one: deep.Policy, two: deep.Policy) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one.weights, two.weights, strict=True))


# --- on call ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["ppo", "mappo", "ddpg", "td3"])
def test_a_method_trains_where_steps_say_so(method: str) -> None:
    given, params = problem(), LearnedPolicy(steps=500)
    result = carbon_offloading.solve(given, method=method, params=params, seed=1)
    assert carbon_offloading.verify(given, result)
    assert (result.seed, result.params, result.method) == (1, params, method)
    assert result.notes[0].startswith("trained for ")
    assert result.notes[0].rpartition(" ")[2].isdigit()
    again = carbon_offloading.solve(given, method=method, params=params, seed=np.random.default_rng(1))
    assert (again.value, again.notes) == (result.value, result.notes)
    other = carbon_offloading.solve(given, method=method, params=params, seed=2)
    assert other.value != result.value
    assert carbon_offloading.solve(given, method=method).value != result.value


def test_a_method_trains_for_what_no_shipped_policy_fits() -> None:
    charged = problem(battery=1e-3, load=5e6)
    assert carbon_offloading.solve(charged, method="ppo").termination is Termination.REFUSED
    result = carbon_offloading.solve(charged, method="ppo", params=LearnedPolicy(steps=500), seed=0)
    assert carbon_offloading.verify(charged, result)
    assert result.solution is not None
    bare = CarbonOffloading([[500.0]], [[1e-3]], [[5.0]], [2e-4])
    with pytest.raises(ValueError, match="steps: must be None for a problem that generate did not make"):
        carbon_offloading.solve(bare, method="ppo", params=LearnedPolicy(steps=500))


def test_the_training_seed_is_never_that_of_the_problem() -> None:
    drawn = int(np.random.default_rng(0).integers(EVALUATION - 1))
    for own, expected in ((drawn, drawn + 1), (drawn + 1, drawn)):
        found = carbon_offloading.solve(problem(seed=own), method="ppo", params=LearnedPolicy(steps=1), seed=0)
        assert found.notes[0].endswith(f"with training seed {expected}")


class Impatient(Observer):
    def on_progress(self, progress: Progress) -> bool:
        return True


@pytest.mark.parametrize("reason", [Termination.TIME, Termination.OBSERVER, Termination.INTERRUPTED])
def test_training_on_call_ends_with_the_run(reason: Termination) -> None:
    class Pressing(Observer):
        def on_progress(self, progress: Progress) -> None:
            signal.raise_signal(signal.SIGINT)

    observers = {Termination.OBSERVER: Impatient(), Termination.INTERRUPTED: Pressing()}
    stop = Stop(seconds=0.01) if reason is Termination.TIME else None
    given = problem()
    params = LearnedPolicy(steps=10**9)
    result = carbon_offloading.solve(given, method="ppo", params=params, seed=0, stop=stop, observer=observers.get(reason))
    assert result.termination is reason
    assert "where it was cut; 1000000000 were wanted" in result.notes[0]
    assert carbon_offloading.verify(given, result)


# --- what comes with the package ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("method", list(PLAN.learners))
def test_the_command_of_its_documentation_makes_it_again(method: str, tmp_path: Path) -> None:
    """Bit for bit where it is made by the same versions; the processor must be of one kind, too."""
    shipped = shipped_policy(carbon_offloading.FAMILY.package, method)
    function = next(row for row in carbon_offloading.METHODS if row.name == method).resolve()
    assert f"--method {method}" in str(function.__doc__)
    if shipped.training["versions"] != versions():
        pytest.skip(f"made by {shipped.training['versions']}")
    run("train", "carbon-offloading", "--method", method, "--steps", 2_000_000, "--out", tmp_path / "p.npz", "--quiet")
    assert deep.load_policy(tmp_path / "p.npz").digest == shipped.digest


# --- the command --------------------------------------------------------------------------------------------------------------


def test_train_writes_a_policy_its_curve_and_a_figure(tmp_path: Path) -> None:
    out, curve, plot = (tmp_path / name for name in ("p.npz", "c.csv", "f.svg"))
    words = (
        "train",
        "carbon-offloading",
        "--method",
        "ppo",
        "--steps",
        STEPS,
        "--out",
        out,
        *SMALL,
        "--seed",
        3,
        "--load",
        4e6,
    )
    found = document(run(*words, "--curve", curve, "--plot", plot, "--json"))
    scenario = carbon_offloading.Scenario(users=2, slots=20, load=4e6)
    env = carbon_offloading.vector_env(4, scenario=scenario, observe="csi")
    trained = deep.train(env, PLAN.learners["ppo"](STEPS), steps=STEPS, seed=3)
    policy = deep.load_policy(out)
    assert same(policy, trained.policy)
    assert (policy.name, policy.training_seeds) == ("ppo", {3})
    assert found["digest"] == policy.digest
    assert (found["agent-steps"], found["stopped by"]) == (1536, "iterations")
    assert found["written"] == [str(out), str(curve), str(plot)]
    with curve.open() as file:
        rows = list(csv.DictReader(file))
    assert [int(row["steps"]) for row in rows] == [512, 1024, 1536]
    assert [float(row["reward"]) for row in rows] == [row.reward for row in trained.rows]
    assert "</svg>" in plot.read_text()


def test_train_says_where_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("train", "carbon-offloading", "--method", "ppo", "--steps", 600, "--out", tmp_path / "p.npz", *SMALL)
    assert run(*words).stderr == ""
    monkeypatch.setattr("edgeworth.cli.progress._SECONDS_A_LINE", 0.0)
    lines = run(*words[:-1]).stderr.splitlines()
    assert [" ".join(line.split()[2:4]) for line in lines] == ["512 agent-steps", "1024 agent-steps"]
    assert all("best reward -" in line for line in lines)


def test_the_same_command_writes_the_same_file(tmp_path: Path) -> None:
    files = [tmp_path / "a", tmp_path / "b"]
    for file in files:
        run("train", "carbon-offloading", "--method", "td3", "--steps", 600, "--out", file, *SMALL)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_what_was_trained_is_played_by_solve_and_compare(tmp_path: Path) -> None:
    out, p, r = tmp_path / "p.npz", tmp_path / "p.json", tmp_path / "r.json"
    words = ("train", "carbon-offloading", "--method", "mappo", "--steps", 500, "--out", out, *SMALL, "--name", "mine")
    assert run(*words).stdout.splitlines()[0].split() == ["policy", "mine"]
    problem().save(p)
    solved = run("solve", p, "--policy", out, "--out", r)
    assert (solved.exit_code, solved.stdout.splitlines()[0].split()) == (0, ["method", "mine"])
    assert run("verify", p, r).exit_code == 0
    compared = document(
        run("compare", "carbon-offloading", "--methods", "ppo", "--policy", out, *SMALL[:4], "--json", "--quiet")
    )
    assert [row["method"] for row in compared["runs"]] == ["ppo", "mine"]
    assert refused("solve", p, "--policy", out, "--method", "ppo").endswith("--method and --policy exclude each other.")
    assert "p.json" in refused("solve", p, "--policy", p)


@contextmanager
def pressing(at: int) -> Iterator[Observer]:
    class Pressing(Observer):
        def on_progress(self, progress: Progress) -> None:
            if progress.iterations == at:
                signal.raise_signal(signal.SIGINT)

    yield Pressing()


@pytest.mark.parametrize("method", ["ppo", "td3"])
def test_interrupted_and_resumed_is_uninterrupted(method: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, out, whole = tmp_path / "state", tmp_path / "p.npz", tmp_path / "whole.npz"
    words = ("train", "carbon-offloading", "--method", method, "--steps", STEPS, *SMALL)
    keep = ("--out", out, "--checkpoint", state)
    with monkeypatch.context() as patched:
        patched.setattr("edgeworth.cli.progress.train_progress", lambda quiet, steps: pressing(1024))
        cut = run(*words, *keep)
    assert cut.exit_code == 130
    assert cut.stdout.splitlines()[1].split() == ["agent-steps", "1024"]
    assert deep.load_policy(out).training["steps"] == 1024
    assert run(*words, *keep, "--resume").exit_code == 0
    assert run(*words, "--out", whole).exit_code == 0
    assert out.read_bytes() == whole.read_bytes()


def test_misuse_of_train(tmp_path: Path) -> None:
    words = ("train", "carbon-offloading", "--method", "ppo", "--out", tmp_path / "p.npz", *SMALL)
    rule = "seed: must be below 900000: seeds from there on are for evaluation; got 900000"
    assert rule in refused(*words, "--steps", 10, "--seed", EVALUATION)
    assert "0 is not in the range x>=1" in refused(*words, "--steps", 0)
    assert "--resume is used with --checkpoint only" in refused(*words, "--steps", 10, "--resume")
    assert "is the file that --out names" in refused(*words, "--steps", 10, "--checkpoint", tmp_path / "p.npz")
    assert "No such file" in refused(*words, "--steps", 10, "--resume", "--checkpoint", tmp_path / "absent")
    (tmp_path / "text").write_text("no checkpoint")
    assert "text" in refused(*words, "--steps", 10, "--resume", "--checkpoint", tmp_path / "text")
    assert "'pppo' is not one of ppo, mappo, ddpg, td3. Did you mean 'ppo'?" in refused(*words[:3], "pppo", "--steps", 10)
    assert "the folder of" in refused(*words[:4], "--steps", 10, "--out", tmp_path / "no" / "p.npz")
    assert "There are: carbon-offloading, scheduling, orienteering." in refused("train", "allocation", "--method", "ppo")
    assert not (tmp_path / "p.npz").exists()
