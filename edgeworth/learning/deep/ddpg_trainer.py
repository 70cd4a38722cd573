"""Training by deep deterministic policy gradient or TD3, in torch on one thread."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.policy import training_seed
from edgeworth.core.seeds import generator, put_words, words
from edgeworth.learning.deep import checkpoint
from edgeworth.learning.deep.ddpg import DDPG
from edgeworth.learning.deep.envs import Resumable, Step, VectorEnv, each_reward, training_data
from edgeworth.learning.deep.nets import Normaliser
from edgeworth.learning.deep.optim import Adam, Flat
from edgeworth.learning.deep.policy import Policy
from edgeworth.learning.deep.replay import Noise, Replay, Transitions
from edgeworth.learning.deep.rollout import Returns, Views
from edgeworth.learning.deep.torching import one_thread, torch
from edgeworth.learning.deep.training import LEARNING, TrainingRow, versions


class DDPGTrainer:
    """Trains one deterministic policy; made by `train`.

    Parameters
    ----------
    env : VectorEnv
        It is reset with the seed.
    params : DDPG
    seed : int
        Below 900,000.

    Attributes
    ----------
    steps, updates : int
        Agent-steps and gradient steps of the critic so far.

    Notes
    -----
    All randomness is NumPy's, from two generators of the seed: one for the start of the networks and exploration, one for the
    draws from the replay and the smoothing of targets. The same seed gives the same weights bit for bit on one machine.
    """

    def __init__(self, env: VectorEnv, params: DDPG, seed: int) -> None:
        torch()
        self.env, self.params, self.seed = env, params, training_seed(seed)
        self.problems, given = training_data(env)
        self.seeds = frozenset({self.seed}) | frozenset(training_seed(each) for each in given)
        self._now = env.reset(self.seed)
        self.spec = spec = env.spec
        self.head = params.head_for(spec)
        self._explore, self._draw = generator(self.seed, LEARNING)[0].spawn(2)
        self._normaliser = Normaliser(spec.obs) if params.normalise_observations else None
        self._views = Views(spec, env.copies, central=False, agent_id=params.agent_id, each=True, normaliser=None)
        rows, dim = self._views.rows, self.head.dim
        nets = params.nets_for(spec)
        start = {name: net.start(self._explore) for name, net in nets.items()}
        critics = [name for name in nets if name != "actor"]
        self.weights = {
            "actor": Flat({"actor": nets["actor"]}, start),
            "critic": Flat({name: nets[name] for name in critics}, start),
            "actor-target": Flat({"actor": nets["actor"]}, start),
            "critic-target": Flat({name: nets[name] for name in critics}, start),
        }
        self._adam = {name: Adam(self.weights[name].vector, most=params.max_gradient) for name in ("actor", "critic")}
        self._replay = Replay(params.buffer, obs=self._views.actor, action=dim)
        self._noise = Noise(rows, dim, scale=params.scale, pull=params.pull if params.noise == "ou" else 1.0)
        self._returns = Returns(env.copies)
        self._obs, self._following = (np.zeros((rows, self._views.actor), np.float32) for _ in range(2))
        self._views.actor_rows(self._now.obs, self._obs)
        self.memory = sum(each.nbytes for each in self._replay.rows)
        self.steps = self.updates = self._bouts = 0

    # --- acting -----------------------------------------------------------------------------------------------------------

    def _seen(self, rows: Array) -> Array:
        """What the networks see of stored observations."""
        if self._normaliser is None:
            return rows
        seen, size = rows.copy(), self.spec.obs
        seen[:, :size] = self._normaliser.apply(rows[:, :size])
        return seen

    def _actions(self) -> Array:
        """What is done next, on the scale of [-1, 1]."""
        if self.steps < self.params.warm_up:
            return self._explore.uniform(-1.0, 1.0, self._noise.present.shape).astype(np.float32)
        weights = [each.detach().numpy() for each in self.weights["actor"].of["actor"]]
        outputs = self.weights["actor"].nets["actor"].numpy(weights, self._seen(self._obs))
        return np.clip(np.tanh(outputs) + self._noise.draw(self._explore), -1.0, 1.0)

    def _step(self) -> tuple[Array, list[float]]:
        """One step of every copy; returns the rewards, and the returns of the episodes that ended."""
        if self._normaliser is not None:
            self._normaliser.update(self._obs[:, : self.spec.obs])
        action, agents = self._actions(), self.spec.agents
        shaped = (0.5 + 0.5 * action).reshape(self.env.copies, agents, -1)
        now = self._now = self.env.step(self.spec.action.scaled(shaped))
        reward = each_reward(now, self.env.copies, agents)
        over = now.terminated | now.truncated
        self._views.actor_rows(np.where(over[:, None, None], now.final_obs, now.obs), self._following)
        self._replay.push(self._obs, action, reward.ravel(), self._following, np.repeat(now.terminated, agents))
        self._noise.forget(np.repeat(over, agents))
        self._views.actor_rows(now.obs, self._obs)
        self.steps += reward.size
        return reward, self._returns.take(reward.mean(axis=1)[None], over[None])

    # --- learning ---------------------------------------------------------------------------------------------------------

    def _learn(self) -> float:
        """One gradient step of the critics and, when it is due, of the actor and the targets; returns the critics' loss."""
        t, params, weights = torch(), self.params, self.weights
        batch = self._replay.sample(self._draw, params.minibatch)
        batch = batch._replace(obs=self._seen(batch.obs), following=self._seen(batch.following))
        rows = Transitions(*(t.from_numpy(np.ascontiguousarray(each)) for each in batch))
        with t.no_grad():
            target = self._target(rows)
        loss = sum((value - target).square().mean() for value in self._values("critic", rows.obs, rows.action))
        self._adam["critic"].step(weights["critic"].gradient(loss), params.critic_rate)
        self.updates += 1
        if self.updates % params.delay == 0:
            action = self._policy("actor", rows.obs)
            first = next(self._values("critic", rows.obs, action))
            self._adam["actor"].step(weights["actor"].gradient(-first.mean()), params.actor_rate)
            with t.no_grad():
                for name in ("actor", "critic"):
                    weights[f"{name}-target"].vector.lerp_(weights[name].vector, params.tau)
        return float(loss.detach())

    def _target(self, rows: Transitions) -> Any:
        t, params = torch(), self.params
        action = self._policy("actor-target", rows.following)
        if params.smoothing > 0.0:
            noise = params.smoothing * self._draw.standard_normal(tuple(action.shape), np.float32)
            noise = np.clip(noise, -params.smoothing_clip, params.smoothing_clip)
            action = (action + t.from_numpy(noise)).clamp(-1.0, 1.0)
        values = list(self._values("critic-target", rows.following, action))
        worth = t.minimum(*values) if len(values) > 1 else values[0]
        return rows.reward + params.discount * (1.0 - rows.ended) * worth

    def _policy(self, name: str, obs: Any) -> Any:
        flat = self.weights[name]
        return flat.nets["actor"].torch(flat.of["actor"], obs).tanh()

    def _values(self, name: str, obs: Any, action: Any) -> Any:
        """Q of every critic in turn."""
        flat, joined = self.weights[name], torch().cat([obs, action], 1)
        return (net.torch(flat.of[critic], joined)[:, 0] for critic, net in flat.nets.items())

    def advance(self, steps: int) -> tuple[TrainingRow, ...]:
        """Train for as many agent-steps, or a little more: up to the next row of figures.

        Parameters
        ----------
        steps : int

        Returns
        -------
        tuple of TrainingRow
            One for every ``report`` steps of all copies. ``value_loss`` is the mean of the critics' losses; what a
            deterministic policy does not have is NaN.
        """
        goal = self.steps + validation.integer("steps", steps, minimum=0)
        rows = []
        with one_thread():
            while self.steps < goal:
                rows.append(self._round())
        return tuple(rows)

    def _round(self) -> TrainingRow:
        wall, cpu, params = time.perf_counter(), time.process_time(), self.params
        total, returns, losses = 0.0, list[float](), list[float]()
        for _ in range(params.report):
            reward, ended = self._step()
            total += float(reward.mean())
            returns += ended
            self._bouts += 1
            if self.steps >= params.warm_up and self._bouts % params.every == 0:
                losses += [self._learn() for _ in range(params.gradient_steps)]
        for name in ("actor", "critic"):
            self.weights[name].refuse_infinite(self.steps)
        nothing = float("nan")
        return TrainingRow(
            steps=self.steps,
            updates=self.updates,
            reward=total / params.report,
            episode_return=float(np.mean(returns)) if returns else nothing,
            episodes=len(returns),
            kl=nothing,
            clip_share=nothing,
            entropy=nothing,
            value_loss=float(np.mean(losses)) if losses else nothing,
            explained_variance=nothing,
            learning_rate=params.actor_rate,
            seconds=time.perf_counter() - wall,
            cpu_seconds=time.process_time() - cpu,
        )

    # --- what is kept -----------------------------------------------------------------------------------------------------

    def policy(self, name: str | None = None) -> Policy:
        """What has been learnt so far.

        Parameters
        ----------
        name : str, optional
            Default: the learner's.
        """
        scale = self._normaliser
        return Policy(
            name=self.params.name if name is None else name,
            spec=self.spec,
            net=self.weights["actor"].nets["actor"],
            head=self.head,
            weights=self.weights["actor"].copies("actor"),
            normaliser=None if scale is None else Normaliser.of(scale.arrays()),
            agent_id=self.params.agent_id,
            training=self._header(),
            training_seeds=self.seeds,
            training_problems=self.problems,
        )

    def _header(self) -> dict[str, Any]:
        return {
            "learner": self.params.name,
            "params": self.params.to_fields(),
            "seed": self.seed,
            "steps": self.steps,
            "updates": self.updates,
            "copies": self.env.copies,
            "versions": versions(),
        }

    def _checked(self) -> dict[str, Any]:
        """The header of a checkpoint."""
        return {**self._header(), "spec_hash": self.spec.hash, "problems": sorted(self.problems), "bouts": self._bouts}

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """All that training goes on from, as plain data and arrays.

        Raises
        ------
        TypeError
            For environments that are not `Resumable`.
        """
        if not isinstance(self.env, Resumable):
            validation.reject_type("env", "must have snapshot and restore, so that training can be resumed", self.env)
        arrays: dict[str, Array] = {
            "explore": words(self._explore),
            "draw": words(self._draw),
            "returns": self._returns.running.copy(),
            "noise": self._noise.present.copy(),
            **checkpoint.prefixed("replay", self._replay.arrays()),
            **checkpoint.prefixed("env", self.env.snapshot()),
        }
        for name, flat in self.weights.items():
            arrays |= checkpoint.prefixed(f"weights/{name}", flat.arrays())
        for name, adam in self._adam.items():
            arrays |= checkpoint.prefixed(f"adam/{name}", adam.arrays())
        if self._normaliser is not None:
            arrays |= checkpoint.prefixed("observations", self._normaliser.arrays())
        return self._checked(), arrays

    def restore(self, header: Mapping[str, Any], arrays: Arrays, where: str = "checkpoint") -> None:
        """Go on from a `state` of a trainer with the same parameters and seed, in an environment of the same making.

        Parameters
        ----------
        header : mapping
        arrays : mapping of ndarray
        where : str
            Named in errors.

        Raises
        ------
        ValueError
            Where something is not the same.
        """
        mine = self._checked()
        for name in ("learner", "params", "seed", "copies", "spec_hash", "problems"):
            if header[name] != mine[name]:
                raise ValueError(f"{where}: must have the {name} of this training, {mine[name]!r}; got {header[name]!r}")
        for name, flat in self.weights.items():
            flat.load(checkpoint.shaped(checkpoint.part(arrays, f"weights/{name}"), flat.shapes(), where))
        for name, adam in self._adam.items():
            moments, vector = checkpoint.part(arrays, f"adam/{name}"), tuple(adam.vector.shape)
            checkpoint.shaped(moments, {"mean": vector, "square": vector, "count": (1,)}, where)
            adam.load(moments)
        self._replay.load(checkpoint.part(arrays, "replay"))
        self._returns.running[...] = arrays["returns"]
        self._noise.present[...] = arrays["noise"]
        if self._normaliser is not None:
            self._normaliser = Normaliser.of(checkpoint.part(arrays, "observations"))
        put_words(self._explore, arrays["explore"])
        put_words(self._draw, arrays["draw"])
        self._now = self._resumed(checkpoint.part(arrays, "env"))
        self._views.actor_rows(self._now.obs, self._obs)
        self.steps, self.updates, self._bouts = (int(header[name]) for name in ("steps", "updates", "bouts"))

    def _resumed(self, arrays: Arrays) -> Step:
        env: Any = self.env
        found: Step = env.restore(arrays)
        return found
