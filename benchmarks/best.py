"""The learners of scheduling (BEST): agent-steps a CPU second beside Stable-Baselines3, and what is learnt beside simple rules.

Every learner is trained with three seeds by its plan, and judged on 20 held-out episodes of Table II beside the rules and the
Lagrangian bound; then the scorer is trained with each way of crediting decisions at equal budget. Needs the extra "learn",
stable-baselines3 and sb3-contrib. Processor time is read; --skip-speed and --skip-training leave parts out.
"""

from __future__ import annotations

import argparse
import csv
import importlib.metadata
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import gymnasium
import numpy as np
import torch
from harness import HERE, record, table
from scipy.stats import t as student

from edgeworth.learning import deep
from edgeworth.learning.deep.envs import from_arrays
from edgeworth.learning.deep.learned import COPIES, SEED
from edgeworth.learning.deep.ppo_trainer import PPOTrainer
from edgeworth.solvers import scheduling
from edgeworth.solvers.scheduling.learned import plan

EPISODES = range(900_000, 900_020)
LARGE = range(900_000, 900_005)
RULES = ("local", "earliest-finish", "greedy-cost", "threshold")
TARGET_RULES = RULES[:3]
SEEDS = range(SEED, SEED + 3)
TRIALS = HERE / "scheduling_trials.csv"
"""What was tried before the settings of `learned.plan`: one training a row, judged on episodes of other seeds."""
ROLLOUT, EPOCHS, MINIBATCH, HIDDEN, PAIRS, ROUNDS = 64, 4, 2048, (64, 64), 5, 3
Numbers = np.ndarray[Any, Any]


# --- throughput ---------------------------------------------------------------------------------------------------------------


def environment() -> Any:
    return scheduling.vector_env(COPIES, preset="table-2", observe="own", seed=1)


def peer() -> Any:
    """The masked PPO of sb3-contrib on the same vector environment, one of its environments for every device of every copy."""
    from sb3_contrib import MaskablePPO
    from stable_baselines3.common.vec_env import VecEnv

    class Rows(VecEnv):
        def __init__(self, env: Any) -> None:
            self.env, self.agents = env, env.agents
            box = gymnasium.spaces.Box(-np.inf, np.inf, (env.observation_size,), np.float32)
            super().__init__(env.copies * env.agents, box, gymnasium.spaces.Discrete(env.action_count))
            self._nothing: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]

        def reset(self) -> Any:
            obs, self.infos = self.env.reset()
            return obs.reshape(self.num_envs, -1).copy()

        def step_async(self, actions: Any) -> None:
            self._actions = actions.reshape(self.env.copies, self.agents)

        def step_wait(self) -> Any:
            obs, reward, ended, _, self.infos = self.env.step(self._actions)
            told = self._nothing
            if ended.any():
                last = self.infos["final_observation"].reshape(self.num_envs, -1)
                told = [{"terminal_observation": each.copy()} for each in last]
            over = np.repeat(ended, self.agents)
            return obs.reshape(self.num_envs, -1).copy(), reward.reshape(-1).astype(np.float32), over, told

        def close(self) -> None: ...
        def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
            return [None] * self.num_envs

        def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None: ...
        def has_attr(self, attr_name: str) -> bool:
            return attr_name == "action_masks"

        def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
            return list(self.infos["action_mask"].reshape(self.num_envs, -1)) if method_name == "action_masks" else []

        def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
            return [False] * self.num_envs

    same = deep.PPO()
    layers = {"pi": list(HIDDEN), "vf": list(HIDDEN)}
    return MaskablePPO(
        "MlpPolicy", Rows(environment()), n_steps=ROLLOUT, n_epochs=EPOCHS, batch_size=MINIBATCH,
        learning_rate=same.learning_rate, gamma=same.discount, gae_lambda=same.trace, clip_range=same.clip,
        ent_coef=same.entropy, vf_coef=same.value, max_grad_norm=same.max_gradient,
        policy_kwargs={"net_arch": layers, "activation_fn": torch.nn.Tanh}, seed=1, device="cpu",
    )  # fmt: skip


def ours(credit: Any) -> PPOTrainer:
    """Our trainer; every parameter that is not named is the same in both."""
    params = deep.PPO(rollout=ROLLOUT, epochs=EPOCHS, minibatch=MINIBATCH, hidden=HIDDEN, credit=credit)
    return PPOTrainer(from_arrays(environment()), params, 1)


def timed(run: Callable[[int], object], steps: int) -> float:
    """Agent-steps a second of processor time."""
    began = time.process_time()
    run(steps)
    return steps / (time.process_time() - began)


def speed() -> str:
    """Interleaved pairs: medians of all, and the median, least and largest ratio to the peer."""
    first = ROLLOUT * COPIES * 10
    by_time, by_task, model = ours("time"), ours("task"), peer()

    def theirs(steps: int) -> object:
        return model.learn(steps, reset_num_timesteps=False, use_masking=True)

    runs: list[Callable[[int], object]] = [by_time.advance, by_task.advance, theirs]
    for run in runs:
        run(first)
    rates = np.array([[timed(run, ROUNDS * first) for run in runs] for _ in range(PAIRS)])
    rows = []
    for k, name in enumerate(("ours, credit by time", "ours, credit by task", "masked PPO of sb3-contrib")):
        ratios = sorted((rates[:, k] / rates[:, 2]).tolist())
        spread = f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
        rows.append([name, f"{np.median(rates[:, k]):,.0f}", spread])
    about = f"Agent-steps a second of processor time, {PAIRS} interleaved rounds of {ROUNDS * first:,}, networks of {HIDDEN}"
    return f"{about}, minibatches of {MINIBATCH}:\n\n" + table(["learner", "median", "over the peer: median (range)"], rows)


# --- what is learnt -----------------------------------------------------------------------------------------------------------


class Judged(NamedTuple):
    """Of every episode: cost, share of successes, mean latency of those, J a success, share that was handed over."""

    cost: Numbers
    success: Numbers
    latency: Numbers
    energy: Numbers
    offloaded: Numbers


def judged(method: Any, problems: Sequence[scheduling.Episode]) -> Judged:
    rows = []
    for problem in problems:
        found = scheduling.measures(problem, scheduling.solve(problem, method=method).solution)
        rows.append([found[name] for name in ("cost", "success", "latency", "energy_per_success", "offloaded")])
    return Judged(*np.array(rows).T)


@cache
def held_out(devices: int = 10) -> tuple[scheduling.Episode, ...]:
    return tuple(scheduling.generate(devices=devices, seed=seed) for seed in (EPISODES if devices == 10 else LARGE))


@cache
def ruled(method: str, devices: int = 10) -> Judged:
    return judged(method, held_out(devices))


@cache
def bounds() -> Numbers:
    return np.array([scheduling.solve(problem, method="lagrangian").bound for problem in held_out()])


def best_rule() -> str:
    return min(TARGET_RULES, key=lambda name: float(ruled(name).cost.mean()))


def interval(differences: Numbers) -> str:
    """Mean and 95% interval of paired relative differences."""
    half = student.ppf(0.975, len(differences) - 1) * differences.std(ddof=1) / np.sqrt(len(differences))
    return f"{differences.mean():+.2%} [{differences.mean() - half:+.2%}, {differences.mean() + half:+.2%}]"


def line(name: str, seconds: str, found: Judged, large: Judged | None) -> list[object]:
    rule = ruled(best_rule()).cost
    shown = [f"{found.cost.mean():.3f}", interval((found.cost - rule) / rule.mean()), f"{found.success.mean():.4f}"]
    shown += [f"{found.latency.mean():.2f}", f"{found.energy.mean():.2f}", f"{found.offloaded.mean():.2f}"]
    shown.append(f"{(found.cost / bounds() - 1.0).mean():.2%}")
    ratio = "-" if large is None else f"{large.cost.mean() / ruled('greedy-cost', 25).cost.mean() - 1.0:+.2%}"
    return [name, seconds, *shown, ratio]


def trained(
    method: str, seed: int, steps: int = plan.STEPS, costs: str = "marginal", **changes: Any
) -> tuple[deep.Policy, float]:
    """A policy and the seconds of processor time that it took; changes are of the learner."""
    learner = replace(plan.PLAN.learners[method](steps), **changes)
    env = plan.environment(method, COPIES)
    if costs == "own":
        env = scheduling.vector_env(COPIES, observe=plan.OBSERVE[method], rate=plan.RATES, horizon=plan.HORIZON)
    began = time.process_time()
    policy = deep.train(env, learner, steps=steps, seed=seed, name=method).policy
    return policy, time.process_time() - began


HEADER = ("policy", "CPU s", "cost", "over the best rule, 95%", "success", "latency s", "J a success", "handed over", "gap")


def learners() -> str:
    lines = [line(name, "-", ruled(name), ruled(name, 25)) for name in RULES]
    for method in plan.PLAN.learners:
        for seed in SEEDS:
            policy, seconds = trained(method, seed)
            large = judged(policy, held_out(25)) if policy.any_size else None
            lines.append(line(f"{method}, seed {seed}", f"{seconds:.0f}", judged(policy, held_out()), large))
            print(lines[-1], flush=True)
    about = f"Table II, {len(EPISODES)} held-out episodes from seed {EPISODES[0]}; every learner {plan.STEPS:,} agent-steps at"
    about += f" loads {plan.RATES}; the best of {', '.join(TARGET_RULES)} is {best_rule()}; gap: mean cost over the bound; last"
    about += f" column: with 25 devices over greedy-cost, {len(LARGE)} episodes"
    return f"{about}:\n\n" + table([*HEADER, "25 devices"], lines)


CREDITS: dict[str, dict[str, Any]] = {
    "task, with what it costs others (default)": {},
    "task, its own cost": {"costs": "own"},
    "time, discount .99 and trace .95 (literal)": {"credit": "time"},
    "time, discount .99 and trace 1": {"credit": "time", "trace": 1.0},
    "time, no discount and trace 1": {"credit": "time", "discount": 1.0, "trace": 1.0},
    "the same, rollouts of a whole episode": {"credit": "time", "discount": 1.0, "trace": 1.0, "rollout": 211},
}


def credits_() -> str:
    """The scorer, whose credit alone changes."""
    lines = []
    for name, options in CREDITS.items():
        policy, seconds = trained("scorer", SEED, plan.STEPS // 2, **options)
        lines.append(line(name, f"{seconds:.0f}", judged(policy, held_out()), None)[:-1])
        print(lines[-1], flush=True)
    return f"The scorer after {plan.STEPS // 2:,} agent-steps, by credit:\n\n" + table(HEADER, lines)


def trials() -> str:
    """The settings tried, from the file of trials."""
    with TRIALS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = ("seed", "cpu_seconds", "cost", "success", "over_greedy_cost", "over_threshold", "over_greedy_cost_25", "note")
    lines = []
    for row in rows:
        setting = ", ".join(f"{name} {value}" for name, value in json.loads(row["setting"]).items())
        lines.append([row["method"], f"{int(row['steps']):,}", setting, *(row[name] for name in names)])
    return f"{len(rows)} trials:\n\n" + table(["method", "agent-steps", "setting", *names], lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--skip-speed", action="store_true")
    parser.add_argument("--skip-training", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    parts = [] if options.skip_speed else [speed()]
    if not options.skip_training:
        parts += [learners(), credits_(), trials()]
    names = ("torch", "stable-baselines3", "sb3-contrib")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    record("BEST: learners of scheduling", f"{versions}; one thread; {COPIES} copies.\n\n" + "\n\n".join(parts))


if __name__ == "__main__":
    main()
