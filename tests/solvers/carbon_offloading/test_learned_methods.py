"""Learned policies as methods: those that come with the package need no torch, files are played or refused by name."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeworth
from edgeworth import Stop, compare
from edgeworth.core.errors import FileFormatError
from edgeworth.core.policy import EVALUATION, PolicyMismatchError
from edgeworth.core.result import Termination
from edgeworth.learning import deep
from edgeworth.learning.deep.learned import SEED, shipped_policy
from edgeworth.solvers import carbon_offloading
from edgeworth.solvers.carbon_offloading import CarbonOffloading, LearnedPolicy, Scenario, vector_env
from edgeworth.solvers.carbon_offloading.learned import plan
from tests.solvers.carbon_offloading.test_learned import made, problem

LEARNED = tuple(plan.PLAN.learners)
PACKAGE = carbon_offloading.FAMILY.package


def test_methods_that_are_trained_are_those_of_the_table() -> None:
    rows = [row.name for row in carbon_offloading.METHODS if row.params and row.params.endswith(":LearnedPolicy")]
    assert rows == list(LEARNED)
    shipped = {path.name for path in files(f"{PACKAGE}.learned").joinpath("shipped").iterdir()}
    assert shipped == {f"{name}.npz" for name in LEARNED}


@pytest.mark.parametrize("method", LEARNED)
def test_a_policy_that_comes_with_the_package(method: str) -> None:
    file = files(f"{PACKAGE}.learned").joinpath("shipped", f"{method}.npz")
    assert len(file.read_bytes()) <= 200_000
    policy = shipped_policy(PACKAGE, method)
    assert policy.name == method
    assert policy.spec.names == ("buffer", "harvest", "last_sinr", "gain")
    assert policy.training_seeds == {SEED}
    assert policy.training["params"] == plan.PLAN.learners[method](2_000_000).to_fields()  # else it is of an older setting
    assert 2_000_000 <= policy.training["steps"] < 2_100_000


@pytest.mark.parametrize("method", LEARNED)
def test_it_has_learnt_something(method: str) -> None:
    """Worse than the best causal policy, and better than rules that look at nothing; all figures are of fixed episodes."""
    problems = [carbon_offloading.generate(seed=EVALUATION + k) for k in range(3)]
    table = compare(problems, [method, "value-iteration", "random", "green-only"]).frame.groupby("method")["value"].mean()
    assert table["value-iteration"] < table[method] < table["green-only"] < 0.25 * table["random"]


def test_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from edgeworth import MissingExtraError\n"
        "from edgeworth.solvers import carbon_offloading as co\n"
        "problem = co.generate(users=2, slots=10, seed=0)\n"
        f"for name in {LEARNED!r}: assert co.verify(problem, co.solve(problem, method=name)), name\n"
        "try: co.solve(problem, method='ppo', params=co.LearnedPolicy(steps=10))\n"
        "except MissingExtraError as error: assert error.extra == 'learn'\n"
        "else: raise SystemExit('it trained')\n"
        "from edgeworth.cli import main\n"
        f"main(['train', 'carbon-offloading', '--method', 'ppo', '--steps', '10', '--out', {str(tmp_path / 'p.npz')!r}])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("Error: training by edgeworth.learning.deep needs the extra 'learn'")
    assert not (tmp_path / "p.npz").exists()


@pytest.mark.parametrize("method", LEARNED)
def test_its_training_seed_is_refused(method: str) -> None:
    known = carbon_offloading.generate(users=2, slots=5, seed=SEED)
    rule = f"method: must not have been trained on the seed of the problem it is judged on, {SEED}; got '{method}'"
    with pytest.raises(ValueError, match=rule):
        carbon_offloading.solve(known, method=method)
    row = compare([known], [method], seeds=[0]).frame.iloc[0]
    assert not row["verified"]
    assert rule in row["notes"]
    met = vector_env(2, scenario=Scenario(users=2, slots=5))
    met.reset(SEED)
    with pytest.raises(ValueError, match=rule):
        carbon_offloading.solve(met.problem(0), method=method)


def test_a_problem_of_other_observations_is_refused_with_a_note() -> None:
    result = carbon_offloading.solve(problem(battery=1.0), method="ppo")
    assert result.termination is Termination.REFUSED
    assert result.solution is None
    assert "must observe what devices of this problem can; got 'ppo: buffer, harvest, last_sinr, gain'" in result.notes[0]


def test_a_file_is_played_in_place_of_it(tmp_path: Path) -> None:
    file, mine = tmp_path / "mine.npz", made(training_seeds=frozenset({5}))
    mine.save(file)
    params = LearnedPolicy(checkpoint=file)
    result = carbon_offloading.solve(problem(), method="ppo", params=params)
    as_method = carbon_offloading.solve(problem(), method=mine)
    assert result.value == as_method.value != carbon_offloading.solve(problem(), method="ppo").value
    result.save(tmp_path / "r.json")
    assert edgeworth.load(tmp_path / "r.json").params == params == LearnedPolicy(checkpoint=str(file))
    with pytest.raises(ValueError, match="judged on, 5; got 'mine'"):
        carbon_offloading.solve(problem(seed=5), method="ppo", params=params)
    with pytest.raises(PolicyMismatchError, match="method: must observe what devices of this problem can; got 'mine"):
        carbon_offloading.solve(problem(battery=1.0), method="ppo", params=params)


def test_wrong_files_and_parameters_are_refused_by_name(tmp_path: Path) -> None:
    torn = tmp_path / "torn.npz"
    torn.write_bytes(files(f"{PACKAGE}.learned").joinpath("shipped", "ppo.npz").read_bytes()[:5_000])
    with pytest.raises(FileFormatError, match=r"torn\.npz"):
        carbon_offloading.solve(problem(), method="ppo", params=LearnedPolicy(checkpoint=torn))
    with pytest.raises(FileNotFoundError, match=r"absent\.npz"):
        carbon_offloading.solve(problem(), method="ppo", params=LearnedPolicy(checkpoint=tmp_path / "absent.npz"))
    with pytest.raises(ValueError, match="steps: must be None where a checkpoint is given; got 5"):
        LearnedPolicy(checkpoint=torn, steps=5)
    with pytest.raises(ValueError, match="steps: must be at least 1; got 0"):
        LearnedPolicy(steps=0)
    with pytest.raises(TypeError, match="checkpoint: must be the path of a policy's file"):
        LearnedPolicy(checkpoint=made())  # type: ignore[arg-type]


def test_it_ends_by_the_clock() -> None:
    result = carbon_offloading.solve(problem(slots=5_000, users=1), method="td3", stop=Stop(seconds=0.01))
    assert result.termination is Termination.TIME
    assert result.solution is not None
    assert not result.solution.local_power[:, -1].any()


# --- the episodes that are trained in -----------------------------------------------------------------------------------------

KINDS: dict[str, dict[str, Any]] = {
    "usual": {},
    "all else": {
        "users": 2,
        "slots": 8,
        "load": 5e6,
        "antennas": 7,
        "slot_length": 2e-3,
        "packet": 500.0,
        "harvest": 0.3,
        "intensity": 400.0,
        "power_cap": 1.0,
        "buffer": 5e4,
        "initial_buffer": 1e3,
        "battery": 1e-3,
        "radius": 50.0,
        "speed": 5.0,
        "correlation": 0.5,
        "energy": "throttled",
        "overflow": "event",
        "overflow_scale": "mean-arrival",
        "weights": (0.1, 0.2, 0.3, 0.4),
    },
    "interference": {"users": 2, "slots": 8, "receiver": "mmse", "initial_buffer": "random"},
    "estimates": {"users": 2, "slots": 8, "csi_error": 0.1, "weights": np.array([0.4, 0.2, 0.2, 0.2])},
    "heterogeneous": {"preset": "heterogeneous", "users": 2, "slots": 8, "overflow_scale": 2.5},
    "literal": {"preset": "literal", "slots": 8},
    "day": {"preset": "day", "users": 1, "slots": 8, "battery": 100.0},
    "day of one intensity": {"preset": "day", "users": 1, "slots": 8, "intensity": 300.0},
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_problem_says_how_others_of_its_kind_are_drawn(kind: str, tmp_path: Path) -> None:
    given = carbon_offloading.generate(**KINDS[kind], seed=3)
    given.save(tmp_path / "p.json")
    for each in (given, edgeworth.load(tmp_path / "p.json")):
        scenario = Scenario(**plan.arguments(each))
        assert scenario.draw(seed=3).hash == given.hash
        assert scenario.draw(seed=4).hash == carbon_offloading.generate(**KINDS[kind], seed=4).hash
    env = plan.like("mappo", given)
    seen, infos = env.reset(0)
    assert (env.users, env.slots) == (given.users, given.slots)
    assert env.copies == 320 // given.users
    assert infos["state"].shape == (env.copies, env.state_size)
    assert seen.shape == (env.copies, given.users, 4 + bool(given.battery.any()))


def test_a_problem_that_nothing_is_known_to_draw_is_refused(tmp_path: Path) -> None:
    bare = CarbonOffloading([[500.0]], [[1e-3]], [[5.0]], [2e-4])
    rule = "steps: must be None for a problem that generate did not make, or made of traces"
    with pytest.raises(ValueError, match=rule):
        plan.like("ppo", bare)
    for name, top in (("sun", 1.0), ("grid", 300.0)):
        (tmp_path / name).write_text("time,A\n" + "".join(f"{3600 * hour},{top}\n" for hour in range(24)))
    options: dict[str, Any] = {"preset": "day", "users": 1, "slots": 4, "slot_length": 3600.0, "seed": 0}
    with pytest.raises(ValueError, match=rule):
        plan.like("ppo", carbon_offloading.generate(**options, solar=tmp_path / "sun", intensity=tmp_path / "grid"))
    met = vector_env(2, scenario=Scenario(users=2, slots=5))
    met.reset(0)
    with pytest.raises(ValueError, match="got 'a problem from arrays vector_env'"):
        plan.like("ppo", met.problem(0))


def test_environments_of_other_libraries_name_what_is_observed() -> None:
    several = deep.from_pettingzoo(lambda: carbon_offloading.parallel_env(problem(), observe="csi"), 2)
    single = deep.from_gymnasium(lambda: carbon_offloading.gym_env(problem(), observe="paper"))
    assert several.spec.names == ("buffer", "harvest", "last_sinr", "gain")
    assert single.spec.names == ("buffer", "harvest", "last_sinr")
    policy = replace(made(), spec=several.spec)
    assert carbon_offloading.verify(problem(), carbon_offloading.solve(problem(), method=policy))
