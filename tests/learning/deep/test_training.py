"""What training promises whatever it learns: ratios begin at 1, gradients are right, the same seed gives the same weights."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from edgeworth.core.errors import FileFormatError
from edgeworth.core.observer import Observer, Progress
from edgeworth.core.result import Termination
from edgeworth.learning import deep
from edgeworth.learning.deep import checkpoint, optim
from edgeworth.learning.deep.heads import HEADS, Categorical, Gaussian
from edgeworth.learning.deep.nets import Normaliser
from edgeworth.learning.deep.ppo import Batch, policy_loss, value_loss
from tests.learning.deep import worlds

Array = NDArray[Any]
SMALL = deep.PPO(rollout=8, minibatch=48, epochs=2, hidden=(8,), learning_rate=1e-2)


# --- the loss -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", ["beta", "squashed-gaussian", "gaussian"])
def test_ratio_is_one_before_the_first_gradient_step(head: str) -> None:
    params = replace(SMALL, head=head, epochs=1, minibatch=10_000)
    row = deep.train(worlds.BoxIdentity(), params, steps=100, seed=0).rows[0]
    assert abs(row.kl) < 1e-9
    assert row.clip_share == 0.0


def test_ratio_is_one_before_the_first_gradient_step_under_masks() -> None:
    row = deep.train(worlds.MaskedIdentity(), replace(SMALL, epochs=1, minibatch=10_000), steps=100, seed=0).rows[0]
    assert abs(row.kl) < 1e-9
    assert row.clip_share == 0.0
    later = deep.train(worlds.MaskedIdentity(), replace(SMALL, epochs=4), steps=100, seed=0).rows[0]
    assert later.kl > 1e-6


@pytest.mark.parametrize("kind", ["categorical", "gaussian"])
def test_gradient_against_finite_differences(kind: str) -> None:
    """In float64, with ratios inside and outside the clip, entropy and masks."""
    rng, rows = np.random.default_rng(3), 12
    head = Categorical(3) if kind == "categorical" else Gaussian(1)
    net = deep.Mlp(inputs=2, hidden=(2,), outputs=head.size, gain=1.0)
    start = [torch.tensor(each, dtype=torch.float64) for each in net.start(rng)]
    obs = torch.tensor(rng.normal(size=(rows, 2)))
    mask = torch.ones((rows, 3), dtype=torch.bool)
    mask[::3, 2] = False
    if kind == "categorical":
        action, is_open = torch.tensor(rng.integers(0, 2, rows)), mask
    else:
        action, is_open = torch.tensor(rng.normal(size=(rows, 1))), None
    old = head.log_prob(net.torch(start, obs), action, is_open) + torch.tensor(rng.normal(0.0, 0.3, rows))
    advantage, target = torch.tensor(rng.normal(size=rows)), torch.tensor(rng.normal(size=rows))
    batch = Batch(obs, obs, action, old, advantage, target, is_open)
    params = deep.PPO(entropy=0.05)

    def loss(weights: list[Any]) -> Any:
        parameters = net.torch(weights, obs)
        found, log_ratio = policy_loss(params, head, parameters, batch)
        clipped.append(float(((log_ratio.exp() - 1.0).abs() > params.clip).double().mean().detach()))
        return found + params.value * value_loss(parameters[:, 0], target)

    clipped: list[float] = []
    leaves = [each.clone().requires_grad_() for each in start]
    gradient = torch.autograd.grad(loss(leaves), leaves)
    assert 0.1 < clipped[0] < 0.9
    for k, each in enumerate(start):
        for index in np.ndindex(*each.shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = [other.clone() for other in start]
                moved[k][index] += step
                ends.append(float(loss(moved)))
            assert float(gradient[k][index]) == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-6)


def test_adam_is_that_of_torch() -> None:
    rng = np.random.default_rng(0)
    net = deep.Mlp(inputs=3, hidden=(4,), outputs=2)
    start = net.start(rng)
    flat = optim.Flat({"net": net}, {"net": start})
    adam = optim.Adam(flat.vector, most=0.5, eps=1e-5)
    theirs = [torch.tensor(each).requires_grad_() for each in start]
    peer = torch.optim.Adam(theirs, lr=1e-2, eps=1e-5)
    for _ in range(20):
        x = torch.tensor(rng.normal(size=(5, 3)), dtype=torch.float32)
        adam.step(flat.gradient(net.torch(flat.of["net"], x).square().sum()), 1e-2)
        peer.zero_grad()
        net.torch(theirs, x).square().sum().backward()
        torch.nn.utils.clip_grad_norm_(theirs, 0.5)
        peer.step()
    for one, other in zip(flat.of["net"], theirs, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


# --- what NumPy computes is what torch computes ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(HEADS))
@pytest.mark.parametrize("scaled", [False, True])
def test_policy_in_numpy_is_that_of_torch(kind: str, scaled: bool) -> None:
    rng = np.random.default_rng(1)
    discrete = kind == "categorical"
    made: Any = HEADS[kind]
    head = made(3)
    action = deep.ActionSpec.discrete(3) if discrete else deep.ActionSpec.box([-2.0, 0.0, 0.0], [3.0, 1.0, 5.0])
    spec = deep.Spec(agents=2, obs=4, action=action)
    net = deep.Mlp(inputs=6, outputs=head.size, gain=1.0)
    normaliser = None
    if scaled:
        normaliser = Normaliser(4)
        normaliser.update(rng.normal(3.0, 2.0, (50, 4)))
    policy = deep.Policy("p", spec, net, head, tuple(net.start(rng)), normaliser, agent_id=True)
    obs = rng.normal(3.0, 2.0, (7, 2, 4)).astype(np.float32)
    seen = obs if normaliser is None else normaliser.apply(obs)
    rows = np.concatenate([seen, np.broadcast_to(np.eye(2, dtype=np.float32), (7, 2, 2))], axis=2).reshape(14, 6)
    parameters = net.torch([torch.from_numpy(np.array(each)) for each in policy.weights], torch.from_numpy(rows))
    stored = head.mode(parameters)
    if discrete:
        assert policy.act(obs).ravel().tolist() == stored.tolist()
        return
    low, high = torch.tensor(action.low), torch.tensor(action.high)
    expected = (low + (high - low) * head.applied(stored)).numpy().reshape(7, 2, 3)
    assert np.abs(policy.act(obs) - expected).max() < 1e-6 * 5.0


@pytest.mark.parametrize(
    ("net", "columns"),
    [
        (deep.Mlp(inputs=5, outputs=4, activation="relu", gain=1.0), 5),
        (deep.Scorer(own=2, features=3, gain=1.0), 2 + 4 * 3),
        (deep.Attention(features=3, gain=1.0), 4 * 3),
        (deep.Attention(features=3, edges=True, gain=1.0, rounds=3), 4 * 3 + 16),
    ],
)
def test_networks_in_numpy_are_those_of_torch(net: Any, columns: int) -> None:
    rng = np.random.default_rng(0)
    weights = net.start(rng)
    assert [each.shape for each in weights] == list(net.shapes().values())
    x = rng.normal(size=(6, columns)).astype(np.float32)
    if getattr(net, "edges", False):
        x[:, 12:][rng.random((6, 16)) < 0.4] = -np.inf
    found = net.torch([torch.from_numpy(each) for each in weights], torch.from_numpy(x)).numpy()
    assert found.shape == (6, 4)
    assert np.abs(net.numpy(weights, x) - found).max() < 1e-6


def test_closed_edges_pass_no_gradient() -> None:
    rng, net = np.random.default_rng(0), deep.Attention(features=2, edges=True, rounds=1)
    weights = [torch.from_numpy(each) for each in net.start(rng)]
    x = torch.zeros((1, 3 * 2 + 9))
    x[0, :6] = torch.tensor(rng.normal(size=6))
    edges = x[0, 6:].view(3, 3)
    edges[0, 2] = edges[1, 2] = -torch.inf  # nobody looks at node 2 but itself
    x.requires_grad_()
    logits = net.torch(weights, x)
    gradient = torch.autograd.grad(logits[0, :2].sum(), x)[0]
    assert not gradient[0, 4:6].any()
    assert gradient[0, :4].all()
    assert torch.isfinite(gradient).all()


# --- seeds and resuming -------------------------------------------------------------------------------------------------------


def carbon(**options: Any) -> Callable[[], Any]:
    from edgeworth.solvers import carbon_offloading

    scenario = carbon_offloading.Scenario(users=2, slots=11)
    return lambda: carbon_offloading.vector_env(4, scenario=scenario, seed=3, **options)


def cartpole() -> Any:
    import gymnasium

    return deep.from_gymnasium(lambda: gymnasium.make("CartPole-v1"), 3)


def devices() -> Any:
    from edgeworth.solvers import carbon_offloading

    scenario = carbon_offloading.Scenario(users=2, slots=11)
    return deep.from_pettingzoo(lambda: carbon_offloading.parallel_env(scenario=scenario, seed=0), 2, state=True)


def scheduling(**options: Any) -> Callable[[], Any]:
    from edgeworth.solvers import scheduling

    return lambda: scheduling.vector_env(4, devices=3, horizon=6.0, rate=1.0, seed=3, **options)


WORLDS: dict[str, tuple[Callable[[], Any], deep.PPO]] = {
    "masked": (worlds.MaskedIdentity, SMALL),
    "central": (worlds.PrivateBits, replace(SMALL, critic="state", agent_id=True)),
    "scaled": (worlds.Regulator, replace(SMALL, normalise_observations=True, normalise_rewards=True, decay_steps=2_000)),
    "cartpole": (cartpole, SMALL),
    "devices": (devices, replace(SMALL, critic="state")),
    "carbon": (carbon(observe="csi", state=True), replace(SMALL, critic="state", agent_id=True)),
    "scheduling": (scheduling(state=True), replace(SMALL, critic="state", agent_id=True)),
    "candidates": (scheduling(observe="candidates"), replace(SMALL, actor=deep.Scorer(features=9, hidden=(8,)))),
}


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_resumed_is_uninterrupted(name: str, tmp_path: Path) -> None:
    make, params = WORLDS[name]
    whole = deep.train(make(), params, steps=900, seed=4)
    total = len(whole.rows)
    assert total > 3
    cut = int(np.random.default_rng(len(name)).integers(1, total))
    file = tmp_path / "half"
    deep.train(make(), params, steps=whole.rows[cut - 1].steps, seed=4, checkpoint=file)
    half = deep.train(make(), params, steps=900, seed=4, resume=file)
    assert np.array_equal(whole.trainer.weights.vector.numpy(), half.trainer.weights.vector.numpy())  # type: ignore[attr-defined]
    for one, other in zip(whole.rows, half.rows, strict=True):
        timeless = {"seconds": 0.0, "cpu_seconds": 0.0}
        assert repr(replace(one, **timeless)) == repr(replace(other, **timeless))  # NaN is NaN


def test_same_seed_same_weights_and_nothing_global_is_touched() -> None:
    torch.manual_seed(1)
    before, numpy_before, threads = torch.get_rng_state(), np.random.get_state()[1], torch.get_num_threads()  # noqa: NPY002
    one, other, third = (deep.train(worlds.Identity(), SMALL, steps=300, seed=seed).policy for seed in (1, 1, 2))
    assert torch.equal(before, torch.get_rng_state())
    assert np.array_equal(numpy_before, np.random.get_state()[1])  # noqa: NPY002
    assert threads == torch.get_num_threads()
    assert all(np.array_equal(a, b) for a, b in zip(one.weights, other.weights, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one.weights, third.weights, strict=True))


def test_other_training_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "state"
    trained = deep.train(worlds.Identity(), SMALL, steps=100, seed=0, checkpoint=file)
    for name, call in {
        "seed": lambda: deep.train(worlds.Identity(), SMALL, steps=300, seed=1, resume=file),
        "params": lambda: deep.train(worlds.Identity(), replace(SMALL, clip=0.1), steps=300, seed=0, resume=file),
        "spec_hash": lambda: deep.train(worlds.Chain(), SMALL, steps=300, seed=0, resume=file),
        "copies": lambda: deep.train(worlds.Identity(8), SMALL, steps=300, seed=0, resume=file),
    }.items():
        with pytest.raises(ValueError, match=f"state: must have the {name} of this training"):
            call()
    with pytest.raises(FileFormatError, match="must hold a policy; got a training state"):
        deep.load_policy(file)
    trained.policy.save(tmp_path / "policy")
    with pytest.raises(FileFormatError, match="must hold a training state; got a policy"):
        deep.train(worlds.Identity(), SMALL, steps=300, seed=0, resume=tmp_path / "policy")


def test_seeds_of_evaluation_are_refused_and_training_seeds_recorded() -> None:
    from edgeworth.solvers import carbon_offloading

    with pytest.raises(ValueError, match="seed: must be below 900000: seeds from there on are for evaluation"):
        deep.train(worlds.Identity(), SMALL, steps=100, seed=900_000)
    kept = carbon_offloading.generate(users=2, slots=20, seed=900_001)
    with pytest.raises(ValueError, match="seed: must be below 900000"):
        deep.train(carbon_offloading.vector_env(2, problems=[kept]), SMALL, steps=100, seed=0)
    given = carbon_offloading.generate(users=2, slots=20, seed=7)
    policy = deep.train(carbon_offloading.vector_env(2, problems=[given]), SMALL, steps=100, seed=5).policy
    assert policy.training_seeds == {5, 7}
    assert policy.training_problems == {given.hash}


def test_an_observer_is_told_and_may_end_training() -> None:
    class Impatient(Observer):
        seen: list[Progress] = []  # noqa: RUF012

        def on_progress(self, progress: Progress) -> bool:
            self.seen.append(progress)
            return len(self.seen) == 2

    watcher = Impatient()
    trained = deep.train(worlds.Identity(), SMALL, steps=10_000, seed=0, observer=watcher)
    assert [row.steps for row in trained.rows] == [each.iterations for each in watcher.seen] == [128, 256]
    assert trained.frame["reward"].cummax().tolist() == [each.value for each in watcher.seen]
    assert trained.termination is Termination.OBSERVER


def test_ctrl_c_ends_training_after_the_update_and_it_can_go_on(tmp_path: Path) -> None:
    class Pressing(Observer):
        def on_progress(self, progress: Progress) -> None:
            if progress.iterations == 256:
                signal.raise_signal(signal.SIGINT)

    file = tmp_path / "state"
    cut = deep.train(worlds.Identity(), SMALL, steps=500, seed=0, observer=Pressing(), checkpoint=file)
    assert cut.termination is Termination.INTERRUPTED
    assert [row.steps for row in cut.rows] == [128, 256]
    whole = deep.train(worlds.Identity(), SMALL, steps=500, seed=0)
    assert whole.termination is Termination.ITERATIONS
    rest = deep.train(worlds.Identity(), SMALL, steps=500, seed=0, resume=file)
    assert all(np.array_equal(a, b) for a, b in zip(whole.policy.weights, rest.policy.weights, strict=True))
    again = deep.train(worlds.Identity(), SMALL, steps=200, seed=0, resume=file)  # as many steps as wanted are behind it
    assert [row.steps for row in again.rows] == [128, 256]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="critic: must be 'obs' in an environment that gives no state"):
        deep.train(worlds.Identity(), replace(SMALL, critic="state"), steps=100)
    with pytest.raises(ValueError, match="head: must fit numbered actions; got 'beta'"):
        deep.train(worlds.Identity(), replace(SMALL, head="beta"), steps=100)
    with pytest.raises(ValueError, match="actor: must make 4 numbers of 4"):
        deep.train(worlds.Identity(), replace(SMALL, actor=deep.Mlp(inputs=3, outputs=4)), steps=100)
    with pytest.raises(TypeError, match="env: must be a VectorEnv"):
        deep.train(object(), SMALL, steps=100)
    with pytest.raises(TypeError, match="learner: must hold the parameters of a learner"):
        deep.train(worlds.Identity(), object(), steps=100)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="minibatch: must be at least 1"):
        deep.PPO(minibatch=0)


# --- what goes wrong ----------------------------------------------------------------------------------------------------------


class Altered(worlds.Identity):
    """Its steps are altered on their way."""

    def __init__(self, alter: Callable[[Any], Any], copies: int = 16) -> None:
        super().__init__(copies)
        self.alter = alter

    def step(self, actions: Array) -> Any:
        return self.alter(super().step(actions))


@pytest.mark.parametrize("learner", [SMALL, deep.DDPG(warm_up=16, report=4)])
def test_training_that_diverges_ends_and_leaves_the_checkpoint(learner: Any, tmp_path: Path) -> None:
    def late(step: Any) -> Any:
        count[0] += 1
        return step if count[0] < 40 else step._replace(reward=np.full_like(step.reward, np.nan))

    def alterable(alter: Callable[[Any], Any]) -> Any:
        world: Any = worlds.Regulator() if isinstance(learner, deep.DDPG) else worlds.Identity()
        play = world.step
        world.step = lambda actions: alter(play(actions))
        return world

    file, count = tmp_path / "state", [0]
    with pytest.raises(FloatingPointError, match="weights: training diverged by agent-step"):
        deep.train(alterable(late), learner, steps=10**6, seed=0, checkpoint=file, every=1)
    rest = deep.train(alterable(lambda step: step), learner, steps=1, seed=0, resume=file)
    assert rest.trainer.steps > 0
    assert all(np.isfinite(each).all() for each in rest.policy.weights)


def test_rewards_of_copies_do_not_pass_for_those_of_agents() -> None:
    world = Altered(lambda step: step._replace(reward=step.reward[:, 0]), copies=1)
    with pytest.raises(ValueError, match=r"env: must give rewards of shape \(1, 1\) or \(1, 1\); got \(1,\)"):
        deep.train(world, SMALL, steps=100)


def test_a_central_critic_needs_the_state_at_every_step() -> None:
    world = worlds.PrivateBits()
    play = world.step
    world.step = lambda actions: play(actions)._replace(state=None)  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="env: must give state and final_state at every step"):
        deep.train(world, replace(SMALL, critic="state"), steps=100)


def test_a_checkpoint_that_cannot_be_written_is_refused_before_training(tmp_path: Path) -> None:
    class Never(Observer):
        def on_progress(self, progress: Progress) -> None:
            pytest.fail("training has begun")

    with pytest.raises(FileNotFoundError):
        deep.train(worlds.Identity(), SMALL, steps=100, checkpoint=tmp_path / "none" / "state", observer=Never())


def test_states_that_lack_something_are_refused_by_name(tmp_path: Path) -> None:
    """With a digest that is right: a file of another maker's."""
    file = tmp_path / "state"
    deep.train(worlds.Identity(), SMALL, steps=100, seed=0, checkpoint=file)
    header, arrays = checkpoint.read(file, "training state")
    for name in ("format", "schema", "content", "version", "sha256"):
        del header[name]
    for name in ("curve", "generator", "returns", "adam/mean", "weights/actor/0.bias"):
        checkpoint.write(file, "training state", header, {key: each for key, each in arrays.items() if key != name})
        with pytest.raises(FileFormatError, match=r"/state: "):
            deep.train(worlds.Identity(), SMALL, steps=200, seed=0, resume=file)
    for key, value in {"curve": np.zeros(7), "generator": np.zeros(7, np.uint8)}.items():
        checkpoint.write(file, "training state", header, {**arrays, key: value})
        with pytest.raises(FileFormatError, match=r"/state: "):
            deep.train(worlds.Identity(), SMALL, steps=200, seed=0, resume=file)


def test_a_replay_larger_than_the_limit_of_files_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgeworth.core.archive.ARRAY_LIMIT", 2**17)
    monkeypatch.setattr("edgeworth.learning.deep.training.ARRAY_LIMIT", 2**17, raising=False)
    file, learner = tmp_path / "state", deep.DDPG(buffer=10_000, warm_up=10_000, hidden=(4,))
    deep.train(worlds.Regulator(), learner, steps=9_000, seed=0, checkpoint=file)
    with pytest.raises(FileFormatError, match="unpacks to"):
        checkpoint.read(file, "training state")
    assert deep.train(worlds.Regulator(), learner, steps=1, seed=0, resume=file).trainer.steps >= 9_000


def test_another_default_of_torch_changes_nothing() -> None:
    plain = deep.train(worlds.Identity(), SMALL, steps=100, seed=0).policy
    torch.set_default_dtype(torch.float64)
    try:
        other = deep.train(worlds.Identity(), SMALL, steps=100, seed=0).policy
    finally:
        torch.set_default_dtype(torch.float32)
    assert all(np.array_equal(a, b) for a, b in zip(plain.weights, other.weights, strict=True))
