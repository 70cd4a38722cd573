"""PPO of edgeworth.learning.deep beside Stable-Baselines3: agent-steps a CPU second, and what is learnt, on one environment.

Both train one policy for all devices of the carbon-aware offloading environment, with the same networks, batch, epochs and
hyperparameters, on one thread. Processor time is read, since wall-clock time on a shared machine says little; the two take
turns. Then the learners of the package are trained as its policies were (`carbon_learners`). Run by `make bench-learn`, or with
--steps and --seeds for a smaller comparison, and --skip-carbon for nothing else.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
import torch
from carbon_learners import section
from harness import record, table
from scipy.stats import t as student
from stable_baselines3 import PPO as PeerPPO
from stable_baselines3 import SAC as PeerSAC
from stable_baselines3.common.vec_env import VecEnv

from edgeworth.learning import deep
from edgeworth.learning.deep.envs import from_arrays
from edgeworth.learning.deep.ppo_trainer import PPOTrainer
from edgeworth.solvers import carbon_offloading
from edgeworth.solvers.carbon_offloading.learned.plan import PLAN

COPIES, ROLLOUT, EPOCHS, HIDDEN = 64, 64, 4, (64, 64)
PAIRS, ROUNDS = 5, 3
MINIBATCHES = (256, 2048)


def environment(seed: int, copies: int = COPIES) -> Any:
    return carbon_offloading.vector_env(copies, preset="caddto", observe="csi", seed=seed)


class Rows(VecEnv):
    """The vector environment as Stable-Baselines3 wants it: one for every device of every copy, actions in [-1, 1]."""

    def __init__(self, env: Any) -> None:
        self.env = env
        self.agents = env.agents
        box = gymnasium.spaces.Box(-np.inf, np.inf, (env.observation_size,), np.float32)
        actions = gymnasium.spaces.Box(-1.0, 1.0, (env.action_size,), np.float32)
        super().__init__(env.copies * env.agents, box, actions)
        self._nothing: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]

    def reset(self) -> Any:
        return self.env.reset()[0].reshape(self.num_envs, -1).copy()

    def step_async(self, actions: Any) -> None:
        self._actions = (0.5 + 0.5 * actions).reshape(self.env.copies, self.agents, -1)

    def step_wait(self) -> Any:
        obs, reward, ended, cut, infos = self.env.step(self._actions)
        rewards = np.broadcast_to(reward, (self.env.copies, self.agents)).reshape(-1).astype(np.float32)
        over = np.repeat(ended | cut, self.agents)
        told = self._nothing
        if over.any():
            last, truncated = infos["final_observation"].reshape(self.num_envs, -1), np.repeat(cut & ~ended, self.agents)
            told = [
                {"terminal_observation": last[k].copy(), "TimeLimit.truncated": bool(truncated[k])} if over[k] else {}
                for k in range(self.num_envs)
            ]
        return obs.reshape(self.num_envs, -1).copy(), rewards, over, told

    def close(self) -> None: ...
    def seed(self, seed: int | None = None) -> list[int | None]:
        return [seed] * self.num_envs

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [None] * self.num_envs

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None: ...
    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        return []

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        return [False] * self.num_envs


def ours(minibatch: int, seed: int, head: str = "gaussian") -> PPOTrainer:
    """Our trainer; every parameter that is not named is the same in both."""
    params = deep.PPO(rollout=ROLLOUT, epochs=EPOCHS, minibatch=minibatch, hidden=HIDDEN, head=head)
    return PPOTrainer(from_arrays(environment(seed)), params, seed)


def peer(minibatch: int, seed: int) -> Any:
    """Stable-Baselines3's; its Gaussian has one standard deviation for all states, ours one for each."""
    same = deep.PPO()
    layers = {"pi": list(HIDDEN), "vf": list(HIDDEN)}
    return PeerPPO(
        "MlpPolicy",
        Rows(environment(seed)),
        n_steps=ROLLOUT,
        n_epochs=EPOCHS,
        batch_size=minibatch,
        learning_rate=same.learning_rate,
        gamma=same.discount,
        gae_lambda=same.trace,
        clip_range=same.clip,
        ent_coef=same.entropy,
        vf_coef=same.value,
        max_grad_norm=same.max_gradient,
        policy_kwargs={"net_arch": layers, "activation_fn": torch.nn.Tanh},
        seed=seed,
        device="cpu",
    )


def agent_steps(rounds: int) -> int:
    return rounds * ROLLOUT * COPIES * environment(0).agents


def timed(run: Callable[[], object], rounds: int) -> float:
    """Agent-steps a second of processor time."""
    began = time.process_time()
    run()
    return agent_steps(rounds) / (time.process_time() - began)


def speed(minibatch: int) -> list[object]:
    """One row: medians of both over interleaved pairs, and the median, least and largest ratio."""
    steps, first = agent_steps(ROUNDS), agent_steps(1)
    mine, beta, theirs = ours(minibatch, 1), ours(minibatch, 1, "beta"), peer(minibatch, 1)
    mine.advance(first)
    beta.advance(first)
    theirs.learn(first)
    rates: list[tuple[float, float, float]] = []
    for _ in range(PAIRS):
        one = timed(lambda: mine.advance(steps), ROUNDS)
        two = timed(lambda: theirs.learn(steps, reset_num_timesteps=False), ROUNDS)
        rates.append((one, two, timed(lambda: beta.advance(steps), ROUNDS)))
    ratios = sorted(one / two for one, two, _ in rates)
    a, b, c = (statistics.median(column) for column in zip(*rates, strict=True))
    spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
    return [minibatch, f"{a:,.0f}", f"{b:,.0f}", spread, f"{c:,.0f}"]


def judged(act: Callable[[Any], Any]) -> float:
    """Mean reward of an agent-step over whole held-out episodes, without exploration."""
    env, total = environment(900_000, 32), 0.0
    obs = env.reset()[0]
    slots = 200
    for _ in range(slots):
        obs, reward, *_ = env.step(act(obs))
        total += float(reward.mean())
    return total / slots


def rewards(minibatch: int, steps: int, seed: int) -> tuple[float, float]:
    trainer = ours(minibatch, seed)
    trainer.advance(steps)
    policy = trainer.policy()
    return judged(policy.act), judged(acting(peer(minibatch, seed).learn(steps)))


def acting(model: Any) -> Callable[[Any], Any]:
    """What a peer's model does, with actions in [0, 1]."""

    def act(obs: Any) -> Any:
        found, _ = model.predict(obs.reshape(-1, obs.shape[-1]), deterministic=True)
        return (0.5 + 0.5 * found).reshape(*obs.shape[:-1], -1)

    return act


def old_samples(steps: int, seeds: int) -> str:
    """A line a learner from old samples: cost of an agent-step beside that of ppo. SAC is the peer's, at its own defaults."""
    costs: dict[str, list[float]] = {"ppo": [], "td3": [], "SAC of Stable-Baselines3": []}
    for seed in range(1, seeds + 1):
        for name in ("ppo", "td3"):
            policy = deep.train(PLAN.environment(name, COPIES), PLAN.learners[name](steps), steps=steps, seed=seed).policy
            costs[name].append(-judged(policy.act))
        layers = {"pi": list(HIDDEN), "qf": list(HIDDEN)}
        model = PeerSAC("MlpPolicy", Rows(environment(seed)), gradient_steps=4, policy_kwargs={"net_arch": layers}, seed=seed)
        costs["SAC of Stable-Baselines3"].append(-judged(acting(model.learn(steps))))
    ours = costs.pop("ppo")
    lines = [[name, *compared(list(zip(own, ours, strict=True)))] for name, own in costs.items()]
    return table(["learner", "seeds", "its cost", "ppo", "paired difference, 95%"], lines)


def compared(pairs: Sequence[tuple[float, float]]) -> list[object]:
    """Means, and the 95% interval of the paired difference."""
    one, two = np.array(pairs).T
    difference = one - two
    half = student.ppf(0.975, len(pairs) - 1) * difference.std(ddof=1) / len(pairs) ** 0.5
    interval = f"{difference.mean():+.4f} ± {half:.4f}"
    return [len(pairs), f"{one.mean():.4f}", f"{two.mean():.4f}", interval]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=400_000, help="agent-steps of training for the comparison of rewards")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--skip-carbon", action="store_true", help="no training of the learners of carbon-aware offloading")
    options = parser.parse_args()
    torch.set_num_threads(1)
    body = table(
        ["minibatch", "ours", "Stable-Baselines3", "ratio: median (range)", "ours, Beta"],
        [speed(minibatch) for minibatch in MINIBATCHES],
    )
    body = f"Agent-steps a second of processor time, {PAIRS} interleaved pairs of {agent_steps(ROUNDS):,}:\n\n{body}\n\n"
    pairs = [rewards(MINIBATCHES[-1], options.steps, seed) for seed in range(1, options.seeds + 1)]
    body += f"Mean reward of an agent-step on held-out episodes after {options.steps:,} agent-steps:\n\n"
    body += table(["seeds", "ours", "Stable-Baselines3", "paired difference, 95%"], [compared(pairs)])
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("torch", "stable-baselines3"))
    record("Deep learning: PPO", f"{versions}; one thread; {COPIES} copies, rollout {ROLLOUT}, {EPOCHS} epochs.\n\n{body}")
    if not options.skip_carbon:
        steps = 5 * options.steps
        body = f"{section()}\n\nCost of an agent-step on held-out episodes after {steps:,} agent-steps:\n\n"
        body += old_samples(steps, options.seeds)
        record("Deep learning: carbon-aware offloading", f"{versions}; one thread; {COPIES} copies.\n\n{body}")


if __name__ == "__main__":
    main()
