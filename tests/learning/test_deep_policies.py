"""What deep learning does without torch: policies that act, files that are whole or refused, environments that are adapted."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth.core.errors import FileFormatError
from edgeworth.learning import deep
from edgeworth.learning.deep import checkpoint
from edgeworth.learning.deep.heads import Beta, Categorical
from edgeworth.learning.deep.nets import Normaliser, net_of


def made(masked: bool = False, **options: Any) -> deep.Policy:
    rng = np.random.default_rng(0)
    spec = deep.Spec(agents=1, obs=3, action=deep.ActionSpec.discrete(4, masked=masked))
    net = deep.Mlp(inputs=3, hidden=(8,), outputs=4, gain=1.0)
    weights = tuple(net.start(rng))
    return deep.Policy(
        "mine", spec, net, Categorical(4), weights, training={"steps": 5}, training_seeds=frozenset({1}), **options
    )


def test_learning_imports_no_torch() -> None:
    code = (
        "import sys, importlib.util; found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, package=None: None if name == 'torch' else found(name, package)\n"
        "from edgeworth import MissingExtraError\n"
        "from edgeworth.learning import deep\n"
        "[getattr(deep, name) for name in deep.__all__]; deep.PPO()\n"
        "from edgeworth.solvers import carbon_offloading\n"
        "env = carbon_offloading.vector_env(2, preset='caddto', seed=1)\n"
        "try: deep.train(env, deep.PPO(), steps=1)\n"
        "except MissingExtraError as error: assert \"needs the extra 'learn'\" in str(error), error\n"
        "else: raise SystemExit('no error')\n"
        "if 'torch' in sys.modules: raise SystemExit('torch was imported')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=100)


# --- acting -------------------------------------------------------------------------------------------------------------------


def test_act_takes_any_leading_axes() -> None:
    policy, obs = made(), np.random.default_rng(1).normal(size=(5, 2, 3))
    many = policy.act(obs)
    assert many.shape == (5, 2)
    assert policy.act(obs[3, 1]).shape == ()
    assert int(policy.act(obs[3, 1])) == many[3, 1]


def test_draws_are_those_of_the_distribution_and_of_the_generator() -> None:
    policy, rows = made(), 20_000
    obs = np.tile(np.array([0.3, -1.0, 2.0]), (rows, 1))
    drawn = policy.act(obs, deterministic=False, generator=np.random.default_rng(0))
    logits = policy._parameters(obs[:1])[0]
    chances = np.exp(logits) / np.exp(logits).sum()
    assert np.abs(np.bincount(drawn, minlength=4) / rows - chances).max() < 4.0 * 0.5 / np.sqrt(rows)
    assert np.array_equal(drawn, policy.act(obs, deterministic=False, generator=np.random.default_rng(0)))
    with pytest.raises(ValueError, match="generator: must be given where actions are drawn"):
        policy.act(obs, deterministic=False)


def test_closed_actions_are_never_taken() -> None:
    policy, rng = made(masked=True), np.random.default_rng(2)
    obs, mask = rng.normal(size=(3_000, 3)), rng.random((3_000, 4)) < 0.4
    mask[~mask.any(axis=1), 2] = True
    for deterministic in (True, False):
        chosen = policy.act(obs, mask, deterministic, rng)
        assert mask[np.arange(3_000), chosen].all()
    with pytest.raises(ValueError, match="mask: must be given"):
        policy.act(obs)
    mask[7] = False
    with pytest.raises(ValueError, match="mask: must leave at least one action open"):
        policy.act(obs, mask)


def test_bad_observations_are_refused() -> None:
    policy = made()
    with pytest.raises(ValueError, match="obs: must have 3 entries along the last axis"):
        policy.act(np.zeros(4))
    with pytest.raises(ValueError, match="obs: must be finite everywhere"):
        policy.act(np.array([0.0, np.nan, 0.0]))
    with pytest.raises(TypeError, match="mine: a policy is no function"):
        policy(np.zeros(3))


def test_observations_that_float32_cannot_hold_are_refused() -> None:
    policy = made()
    policy.act(np.full(3, 1e30))
    for large in (1e39, 1e300, -1e308):
        with pytest.raises(ValueError, match="obs: must be within what float32 computes with"):
            policy.act(np.full(3, large))


def test_scorer_and_attention_follow_a_permutation_of_their_candidates() -> None:
    rng, order = np.random.default_rng(0), np.array([2, 0, 3, 1])
    scorer = deep.Scorer(own=2, features=3, gain=1.0)
    weights, own, each = scorer.start(rng), rng.normal(size=(5, 2)), rng.normal(size=(5, 4, 3))
    plain = scorer.numpy(weights, np.hstack([own, each.reshape(5, -1)]))
    moved = scorer.numpy(weights, np.hstack([own, each[:, order].reshape(5, -1)]))
    assert np.allclose(plain[:, order], moved, atol=1e-6)
    assert scorer.numpy(weights, np.hstack([own, each[:, :2].reshape(5, -1)])).shape == (5, 2)
    assert scorer.numpy(weights, np.zeros((0, 14))).shape == (0, 4)
    net = deep.Attention(features=3, edges=True, gain=1.0)
    weights, edges, order = net.start(rng), rng.normal(size=(5, 4, 4)), np.array([0, 3, 1, 2])
    plain = net.numpy(weights, np.hstack([each.reshape(5, -1), edges.reshape(5, -1)]))
    turned = edges[:, order][:, :, order]
    moved = net.numpy(weights, np.hstack([each[:, order].reshape(5, -1), turned.reshape(5, -1)]))
    assert np.allclose(plain[:, order], moved, atol=1e-5)  # the other nodes change places; node 0 is one's own
    assert np.ptp(plain) > 1e-3


def test_a_policy_of_candidates_takes_any_number_of_them() -> None:
    net = deep.Scorer(own=1, features=2)
    spec = deep.Spec(agents=1, obs=1 + 3 * 2, action=deep.ActionSpec.discrete(3))
    policy = deep.Policy("s", spec, net, Categorical(3), tuple(net.start(np.random.default_rng(0))))
    assert policy.act(np.random.default_rng(0).normal(size=(9, 1 + 7 * 2))).max() > 2


def test_normaliser_is_mean_and_variance_of_all() -> None:
    rows = np.random.default_rng(0).normal([1e6, -3.0], [1e-2, 5.0], (500, 2))
    normaliser = Normaliser(2)
    for part in np.split(rows, [1, 2, 130]):
        normaliser.update(part)
    assert normaliser.mean == pytest.approx(rows.mean(axis=0), rel=1e-12)
    assert normaliser.variance == pytest.approx(rows.var(axis=0), rel=1e-6)
    again = Normaliser.of(normaliser.arrays())
    assert np.array_equal(again.apply(rows), normaliser.apply(rows))


# --- files --------------------------------------------------------------------------------------------------------------------


def test_saved_is_loaded(tmp_path: Path) -> None:
    scale = Normaliser(3)
    scale.update(np.random.default_rng(0).normal(size=(9, 3)))
    policy = made(normaliser=scale, training_problems=frozenset({"abc"}))
    policy.save(tmp_path / "policy.npz")
    for again in (deep.load_policy(tmp_path / "policy.npz"), pickle.loads(pickle.dumps(policy))):
        obs = np.random.default_rng(1).normal(size=(40, 3))
        assert np.array_equal(again.act(obs), policy.act(obs))
        for name in ("name", "spec", "net", "head", "training", "training_seeds", "training_problems"):
            assert getattr(again, name) == getattr(policy, name), name
    policy.renamed("other").save(tmp_path / "policy.npz")
    assert deep.load_policy(tmp_path / "policy.npz").name == "other"


def test_a_policy_is_small() -> None:
    """The network of the benchmark, 3-64-64-4, in far less than 200 kB."""
    net = deep.Mlp(inputs=3, outputs=4)
    assert sum(each.nbytes for each in net.start(np.random.default_rng(0))) < 20_000


@pytest.mark.parametrize("part", [0.0, 0.3, 0.9, 0.999])
def test_truncated_files_are_refused_by_name(part: float, tmp_path: Path) -> None:
    file = tmp_path / "cut.npz"
    made().save(file)
    content = file.read_bytes()
    file.write_bytes(content[: int(part * len(content))])
    with pytest.raises(FileFormatError, match=r"cut\.npz"):
        deep.load_policy(file)


def test_altered_files_are_refused_or_harmless(tmp_path: Path) -> None:
    """A byte is changed in 150 places: whoever reads the file gets an error with its name, or what was saved."""
    policy, file = made(), tmp_path / "changed.npz"
    policy.save(file)
    content, refused = file.read_bytes(), 0
    for at in np.linspace(0, len(content) - 1, 150).astype(int):
        file.write_bytes(content[:at] + bytes([content[at] ^ 0x55]) + content[at + 1 :])
        try:
            again = deep.load_policy(file)
        except FileFormatError as error:
            refused += "changed.npz" in str(error)
        else:
            assert all(np.array_equal(a, b) for a, b in zip(again.weights, policy.weights, strict=True))
            assert again.spec == policy.spec
            refused += 1
    assert refused == 150


def test_a_digest_covers_header_and_arrays(tmp_path: Path) -> None:
    """An honest zip with another weight, or another name, does not pass."""
    file = tmp_path / "policy.npz"
    made().save(file)
    with np.load(file) as stored:
        arrays = dict(stored)
    for name in (checkpoint.HEADER, "actor/0.bias"):
        changed = {**arrays, name: arrays[name].copy()}
        if name == checkpoint.HEADER:
            changed[name] = np.frombuffer(arrays[name].tobytes().replace(b'"mine"', b'"mind"'), np.uint8)
        else:
            changed[name][0] += 1.0
        np.savez(file, **changed)
        with pytest.raises(FileFormatError, match="does not match its digest"):
            deep.load_policy(file)
    np.savez(file, x=np.zeros(3))
    with pytest.raises(FileFormatError, match="not a checkpoint of edgeworth"):
        deep.load_policy(file)


def test_what_does_not_fit_together_is_refused(tmp_path: Path) -> None:
    """With a digest that is right: a file of another maker's."""
    file = tmp_path / "policy.npz"
    policy = made()
    policy.save(file)
    header, arrays = checkpoint.read(file, "policy")
    for name in ("format", "schema", "content", "version", "sha256"):
        del header[name]
    cases: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("must have shape", header, {**arrays, "actor/0.bias": np.zeros(3, np.float32)}),
        ("holds NaN", header, {**arrays, "actor/0.bias": np.full(8, np.nan, np.float32)}),
        ("is missing", header, {name: each for name, each in arrays.items() if name != "actor/0.bias"}),
        ("must be one of mlp", {**header, "net": {"kind": "transformer"}}, arrays),
        ("must have the hash", {**header, "spec": {**header["spec"], "obs": 4}}, arrays),
        ("must be one of", {**header, "head": {"kind": "dirac", "n": 4}}, arrays),
        ("not a policy that can be used", {**header, "training": None}, arrays),
        ("net: must make 4 numbers of 4", {**header, "agent_id": True}, arrays),
        ("agent_id: must be", {**header, "agent_id": "no"}, arrays),
        ("head: must be of the actions", {**header, "head": {"kind": "beta", "dim": 2}}, arrays),
        ("training_seeds: must be a list", {**header, "training_seeds": "12"}, arrays),
        ("training_seeds: must be an integer", {**header, "training_seeds": ["12"]}, arrays),
        ("training_problems: must hold hashes", {**header, "training_problems": [1]}, arrays),
    ]
    scaled = {**arrays, **checkpoint.prefixed("observations", Normaliser(3).arrays())}
    cases += [
        ("normaliser: must be", header, {**scaled, f"observations/{name}": values})
        for name, values in {
            "mean": np.zeros(1),
            "squares": np.array([0.0, np.nan, 0.0]),
            "count": np.array([-1.0, 10.0]),
        }.items()
    ]
    cases += [
        ("normaliser: must be", header, {**scaled, "observations/squares": np.array([0.0, -1.0, 0.0])}),
        ("not a policy that can be used", header, {**scaled, "observations/count": np.array(1.0)}),
    ]
    cases += [
        ("weights: must be float32", header, {**arrays, name: values.astype(kind)})
        for name, values in arrays.items()
        for kind in (np.float64, np.int8)
    ]
    for rule, other, others in cases:
        checkpoint.write(file, "policy", other, others)
        with pytest.raises(FileFormatError, match=rf"policy\.npz.*{rule}"):
            deep.load_policy(file)


_WRITER = """
import os, sys
import numpy as np
from edgeworth.learning.deep import checkpoint
print("ready", flush=True)
while True:
    command = sys.stdin.readline()
    child = os.fork()
    if child == 0:
        k = 0
        while True:
            k += 1
            checkpoint.write(sys.argv[1], "policy", {"k": k}, {"w": np.full(20_000, k)})
    print(child, flush=True)
    os.waitpid(child, 0)
    print("dead", flush=True)
"""


def _nameless(folder: Path) -> bool:
    """Whether a file can be written before it has a name."""
    try:
        os.close(os.open(folder, os.O_RDWR | os.O_TMPFILE, 0o600))
    except (AttributeError, OSError):
        return False
    return True


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9")
def test_kill_9_while_writing_leaves_a_whole_file(tmp_path: Path) -> None:
    file, rng, found = tmp_path / "state.npz", np.random.default_rng(0), set()
    checkpoint.write(file, "policy", {"k": 0}, {"w": np.full(20_000, 0)})
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        writer.stdout.readline()
        for _ in range(50):
            writer.stdin.write("\n")
            writer.stdin.flush()
            child = int(writer.stdout.readline())
            time.sleep(float(rng.uniform(0.0, 0.02)))
            os.kill(child, signal.SIGKILL)
            assert writer.stdout.readline() == "dead\n"
            header, arrays = checkpoint.read(file, "policy")
            assert (arrays["w"] == header["k"]).all()
            found.add(header["k"])
        writer.kill()
    assert len(found) > 1  # some were killed after a write, some before
    left = [path for path in tmp_path.iterdir() if path != file]
    if _nameless(tmp_path):  # what is left was killed between taking a name of its own and taking the file's: it is whole
        for path in left:
            header, arrays = checkpoint.read(path, "policy")
            assert (arrays["w"] == header["k"]).all()


# --- adaptors -----------------------------------------------------------------------------------------------------------------


def test_gymnasium_in_copies() -> None:
    gymnasium = pytest.importorskip("gymnasium")
    env: Any = deep.from_gymnasium(lambda: gymnasium.make("CartPole-v1"), 3)
    now = env.reset(5)
    task = gymnasium.make("CartPole-v1")
    expected, _ = task.reset(seed=int(env._seeds[1]))
    assert np.array_equal(now.obs[1, 0], expected)
    for _ in range(60):
        expected, reward, terminated, truncated, _ = task.step(1)
        now = env.step(np.ones((3, 1), np.int64))
        assert now.reward[1, 0] == reward
        assert bool(now.terminated[1]) == terminated
        if terminated or truncated:
            assert np.array_equal(now.final_obs[1, 0], expected)
            assert not np.array_equal(now.obs[1, 0], expected)
            break
        assert np.array_equal(now.obs[1, 0], expected)
    else:
        pytest.fail("no episode ended")
    kept = env.snapshot()
    one = [env.step(np.zeros((3, 1), np.int64)).obs.copy() for _ in range(30)]
    other: Any = deep.from_gymnasium(lambda: gymnasium.make("CartPole-v1"), 3)
    other.restore(kept)
    assert np.array_equal(one, [other.step(np.zeros((3, 1), np.int64)).obs.copy() for _ in range(30)])


def _boxes(action: Any, mask: Any = None) -> Any:
    """An environment that refuses what is not of its space of actions."""
    gymnasium = pytest.importorskip("gymnasium")

    class Strict(gymnasium.Env):  # type: ignore[misc]
        observation_space, action_space = gymnasium.spaces.Box(0.0, 1.0, (1,)), action

        def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
            return np.zeros(1, np.float32), {"action_mask": mask}

        def step(self, action: Any) -> Any:
            assert self.action_space.contains(action), action
            return np.zeros(1, np.float32), 0.0, False, False, {"action_mask": mask}

    return Strict


def test_actions_reach_an_environment_in_its_own_numbers() -> None:
    spaces = pytest.importorskip("gymnasium").spaces
    env = deep.from_gymnasium(_boxes(spaces.Box(-0.1, 0.1, (2,), np.float64)))  # float32 has no 0.1, but a larger number
    env.reset(0)
    for unit in (0.0, 1.0):
        env.step(env.spec.action.scaled(np.full((1, 1, 2), unit, np.float32)))
    for space in (spaces.Box(0, 5, (2,), np.int64), spaces.Box(0.0, np.inf, (2,))):
        with pytest.raises(ValueError, match="make: must make environments whose vectors of action are real numbers"):
            deep.from_gymnasium(_boxes(space))
    with pytest.raises(ValueError, match="env: must give masks of 3 actions"):
        deep.from_gymnasium(_boxes(spaces.Discrete(3), np.array([1], np.int8)), masked=True).reset(0)


@pytest.mark.parametrize("seed", [5, 900_005])
def test_episodes_of_training_have_seeds_of_training(seed: int) -> None:
    gymnasium = pytest.importorskip("gymnasium")
    env: Any = deep.from_gymnasium(lambda: gymnasium.make("CartPole-v1"), 50)
    env.reset(seed)
    first = env._seeds.copy()
    kept = env.snapshot()
    env.reset()
    other: Any = deep.from_gymnasium(lambda: gymnasium.make("CartPole-v1"), 50)
    other.restore(kept)
    other.reset()
    assert np.array_equal(other._seeds, env._seeds)
    for seeds in (first, env._seeds):
        assert ((seeds >= 900_000) == (seed >= 900_000)).all()
        assert len(set(seeds)) > 40


def test_an_environment_that_does_not_repeat_itself_is_refused() -> None:
    gymnasium = pytest.importorskip("gymnasium")

    class Fickle(gymnasium.Env):  # type: ignore[misc]
        observation_space, action_space = gymnasium.spaces.Box(0.0, 1.0, (1,)), gymnasium.spaces.Discrete(2)

        def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[Any, dict[str, Any]]:
            return np.random.default_rng().random(1).astype(np.float32), {}

        def step(self, action: Any) -> Any:
            return np.random.default_rng().random(1).astype(np.float32), 0.0, False, False, {}

    env: Any = deep.from_gymnasium(Fickle, 2)
    env.reset(0)
    kept = env.snapshot()
    with pytest.raises(ValueError, match="env: must do the same again for the same seed and actions"):
        env.restore(kept)


def test_arrays_are_adapted_by_their_shape_alone() -> None:
    from edgeworth.solvers import carbon_offloading

    env: Any = deep.from_arrays(carbon_offloading.vector_env(3, preset="caddto", seed=0, observe="csi", state=True))
    now = env.reset(4)
    assert env.spec.names == ("buffer", "harvest", "last_sinr", "gain")
    assert now.obs.shape == (3, 5, 4)
    assert now.state.shape == (3, env.spec.state) == (3, 25)
    assert env.step(np.zeros((3, 5, 2))).final_state.shape == (3, 25)
    with pytest.raises(TypeError, match="env: must have what ArrayEnv lists"):
        deep.from_arrays(object())  # type: ignore[arg-type]


def test_specs_are_data() -> None:
    for action in (deep.ActionSpec.discrete(3, masked=True), deep.ActionSpec.box([0.0, -1.0], [1.0, 2.0])):
        spec = deep.Spec(agents=2, obs=1, action=action, names=("x",))
        assert deep.Spec.from_fields(spec.to_fields()) == spec
        assert deep.Spec.from_fields(spec.to_fields()).hash == spec.hash
    assert deep.ActionSpec.box(-1.0, 3.0).scaled(np.array([[0.0], [0.5], [1.0]])).ravel().tolist() == [-1.0, 1.0, 3.0]
    for net in (deep.Mlp(inputs=2, outputs=3, hidden=()), deep.Scorer(features=3), deep.Attention(features=2, edges=True)):
        assert net_of(net.to_fields()) == net
    params = deep.PPO(hidden=(3, 4), actor=deep.Scorer(features=2, hidden=(5,)), target_kl=0.1)
    assert deep.PPO.from_fields(params.to_fields()) == params
    with pytest.raises(ValueError, match="low: must be below high"):
        deep.ActionSpec.box(1.0, 1.0)
    with pytest.raises(ValueError, match="low: must be finite"):
        deep.ActionSpec.box(-np.inf, 1.0)


def test_beta_policies_stay_between_bounds() -> None:
    net = deep.Mlp(inputs=1, hidden=(), outputs=2, gain=100.0)
    spec = deep.Spec(agents=1, obs=1, action=deep.ActionSpec.box(-0.1, 0.7))
    policy = deep.Policy("b", spec, net, Beta(1), tuple(net.start(np.random.default_rng(0))))
    found = policy.act(np.linspace(-5.0, 5.0, 999)[:, None])
    assert np.float32(-0.1) <= found.min() < 0.0
    assert 0.6 < found.max() <= np.float32(0.7)


def test_a_run_in_which_everything_is_skipped_is_a_failure(tmp_path: Path) -> None:
    """Where torch is needed and absent: that examples in docstrings pass does not make up for it."""
    root = Path(__file__).parents[2]
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, package=None: None if name == 'torch' else found(name, package)\n"
    )
    search = os.pathsep.join([str(tmp_path), str(root), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    where = ["tests/learning/deep/test_gae.py", "edgeworth/learning/deep/spaces.py"]
    for needed, code in (("1", 1), ("", 0)):
        environment = {**os.environ, "PYTHONPATH": search, "NEEDS_TORCH": needed}
        run = subprocess.run([*command, *where], cwd=root, env=environment, capture_output=True, text=True, timeout=100)
        assert run.returncode == code, run.stdout
        assert "torch is absent" in run.stdout
        assert "2 passed" in run.stdout  # the examples
        assert ("no test of the deep learners has run" in run.stdout) == bool(needed)
