"""Training by proximal policy optimisation, in torch on one thread."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.policy import training_seed
from edgeworth.core.seeds import generator
from edgeworth.learning.deep import checkpoint
from edgeworth.learning.deep.credit import Ledger
from edgeworth.learning.deep.envs import Resumable, Step, VectorEnv, training_data
from edgeworth.learning.deep.kernels import generalised_advantages
from edgeworth.learning.deep.nets import Normaliser, check_outputs
from edgeworth.learning.deep.optim import Adam, Flat
from edgeworth.learning.deep.policy import Policy
from edgeworth.learning.deep.ppo import PPO, Batch, mean_of, policy_loss, value_loss
from edgeworth.learning.deep.rollout import Returns, RewardScale, Rollout, Views
from edgeworth.learning.deep.torching import one_thread, torch
from edgeworth.learning.deep.training import LEARNING, TrainingRow, versions


class PPOTrainer:
    """Trains one policy; made by `train`.

    Parameters
    ----------
    env : VectorEnv
        It is reset with the seed.
    params : PPO
    seed : int
        Below 900,000.

    Attributes
    ----------
    steps, updates : int
        Agent-steps and updates so far.

    Notes
    -----
    All randomness comes from the seed: the start of the networks, the actions (a ``torch.Generator`` of its own), the order of
    minibatches, the environment. The same seed gives the same weights bit for bit on one machine.
    """

    def __init__(self, env: VectorEnv, params: PPO, seed: int) -> None:
        t = torch()
        self.env, self.params, self.seed = env, params, training_seed(seed)
        self.problems, given = training_data(env)
        self.seeds = frozenset({self.seed}) | frozenset(training_seed(each) for each in given)
        self._now = env.reset(self.seed)
        self.spec = spec = env.spec
        central = params.critic == "state"
        if central and not spec.state:
            validation.reject("critic", "must be 'obs' in an environment that gives no state", params.critic)
        rng, _ = generator(self.seed, LEARNING)
        self._generator = t.Generator().manual_seed(int(rng.integers(2**63)))
        self._normaliser = Normaliser(spec.obs) if params.normalise_observations else None
        each = self._now.reward.shape[1] == spec.agents
        self._views = Views(spec, env.copies, central=central, agent_id=params.agent_id, each=each, normaliser=self._normaliser)
        self._scale = RewardScale(self._views.rows, params.discount) if params.normalise_rewards else None
        self.head = params.head_for(spec)
        nets = {"actor": params.actor_for(spec), "critic": params.critic_for(self._views.critic)}
        start = {name: net.start(rng) for name, net in nets.items()}
        check_outputs("actor", nets["actor"], start["actor"], self._views.actor, self.head.size)
        check_outputs("critic_net", nets["critic"], start["critic"], self._views.critic, 1)
        self.weights = Flat(nets, start)
        self._adam = Adam(self.weights.vector, most=params.max_gradient, eps=1e-5)
        self._rollout = Rollout(self._views, params.rollout, active=self._now.active is not None)
        if params.credit == "task" and self._now.costs is None:
            validation.reject("credit", "must be 'time' where an environment tells no costs of decisions", params.credit)
        self._ledger = Ledger(self._rollout) if params.credit == "task" else None
        self._returns = Returns(env.copies)
        self._open_rooms()
        self.memory = self.steps = self.updates = 0

    def _open_rooms(self) -> None:
        """Tensors that share the rollout's arrays, and the widths of what a minibatch holds side by side."""
        t, rollout = torch(), self._rollout
        self._obs, self._action, self._log_prob = (
            t.from_numpy(each) for each in (rollout.obs, rollout.action, rollout.log_prob)
        )
        self._mask = None if rollout.mask is None else t.from_numpy(rollout.mask)
        seen = self._views.critic if self._views.central else 0
        weighted = int(rollout.active is not None and self._ledger is None)
        self._columns = [self._views.actor, seen, self._action.shape[2], 1, 1, 1, weighted]

    # --- acting -----------------------------------------------------------------------------------------------------------

    def _act(self, k: int) -> Array:
        """Actions of step k, as the environment takes them; what is learnt from is written down."""
        shape = (self.env.copies, self.spec.agents)
        if self.head.continuous:
            self._action[k], self._log_prob[k] = self._sampled(k, slice(None))
            return self.spec.action.scaled(self.head.applied(self._action[k]).numpy()).reshape(*shape, -1)
        active, mask = self._rollout.active, self._rollout.mask
        rows: Any = slice(None)
        if active is not None:
            rows = np.flatnonzero(active[k] > 0.0)
            self._rollout.action[k, :, 0] = 0.0 if mask is None else mask[k].argmax(axis=1)
        if active is None or len(rows):
            self._action[k, rows, 0], self._log_prob[k, rows] = self._sampled(k, rows)
        found: Array = self._rollout.action[k, :, 0].astype(np.int64).reshape(shape)
        return found

    def _sampled(self, k: int, rows: Any) -> tuple[Any, Any]:
        """Actions of some rows at step k, as they are stored, and their log-probabilities."""
        parameters = self.weights.nets["actor"].torch(self.weights.of["actor"], self._obs[k][rows])
        action, log_prob = self.head.sample(parameters, self._generator, None if self._mask is None else self._mask[k][rows])
        return action.float(), log_prob

    def _value(self, rows: Array) -> Array:
        found: Array = self._critic(torch().from_numpy(rows)).double().numpy()
        return found

    def _critic(self, seen: Any) -> Any:
        return self.weights.nets["critic"].torch(self.weights.of["critic"], seen)[:, 0]

    def _gather(self) -> tuple[Array, list[float]]:
        """Play a rollout; returns the rewards as they came, and the returns of the episodes that ended."""
        rollout, ledger, following = self._rollout, self._ledger, None
        rollout.begin(self._now)
        if ledger is not None:
            ledger.begin()
        if self._normaliser is not None:
            following = Normaliser.of(self._normaliser.arrays())  # what is stored is in the units that the policy saw
        for k in range(self.params.rollout):
            if following is not None:
                following.update(self._now.obs)
            self._now = self.env.step(self._act(k))
            rollout.take(k, self._now)
            if ledger is not None:
                ledger.take(k, self._now)
        if following is not None and self._normaliser is not None:
            self._normaliser.take(following)
        shape = (self.params.rollout, self.env.copies, self.spec.agents)
        means = rollout.reward.reshape(shape).mean(axis=2)
        return rollout.reward.copy(), self._returns.take(means, rollout.terminated | rollout.truncated)

    # --- learning ---------------------------------------------------------------------------------------------------------

    def _by_time(self) -> tuple[dict[str, Array], Array, Array]:
        """What is learnt from, row by row, its advantages, and targets of the critic."""
        params, rollout = self.params, self._rollout
        reward = rollout.reward
        ended = np.repeat(rollout.terminated, self.spec.agents, axis=1)
        cut = np.repeat(rollout.truncated, self.spec.agents, axis=1)
        if self._scale is not None:
            reward = self._scale.apply(reward, ended | cut)
        values = self._value(rollout.seen.reshape(-1, self._views.critic)).reshape(params.rollout + 1, -1)
        finals = rollout.finals(self._value)
        advantages = generalised_advantages(reward, values, finals, ended, cut, params.discount, params.trace)
        columns = rollout.columns(slice(params.rollout))
        if rollout.active is not None:
            columns["active"] = rollout.active[:-1]
        flat = {name: each.reshape(advantages.size, *each.shape[2:]) for name, each in columns.items()}
        return flat, advantages.ravel(), (advantages + values[:-1]).ravel()

    def _by_task(self, ledger: Ledger) -> tuple[dict[str, Array], Array, Array]:
        """The same of decisions that are settled."""
        if self._now.costs is None:
            raise ValueError("env: must tell the costs of decisions at every step; got None")
        columns = ledger.settled(self._now.costs)
        brought = columns["brought"] if self._scale is None else self._scale.single(columns["brought"])
        seen = columns["seen" if self._views.central else "obs"]
        return columns, brought - self._value(seen) if len(seen) else brought, brought

    def _update(self) -> dict[str, float]:
        """Learn from the rollout; returns figures of the last epoch."""
        t, params = torch(), self.params
        with t.no_grad():
            columns, advantages, targets = self._by_time() if self._ledger is None else self._by_task(self._ledger)
        names = ("obs", "seen", "action", "log_prob", "advantage", "target", "active")
        columns |= {"advantage": advantages, "target": targets}
        parts = [columns[name].reshape(len(targets), width) for name, width in zip(names, self._columns, strict=True) if width]
        table = t.from_numpy(np.concatenate(parts, axis=1, dtype=np.float32))
        masks = t.from_numpy(columns["mask"]) if "mask" in columns else None
        rate, size = self.learning_rate, params.minibatch
        if self._ledger is not None:
            size = -(-len(table) // max(1, -(-len(table) // size)))
        found: list[tuple[Any, ...]] = []
        for epoch in range(params.epochs if len(table) else 0):
            order = t.randperm(len(table), generator=self._generator)
            found = []
            last = epoch == params.epochs - 1
            mixed, mixed_masks = table[order], None if masks is None else masks[order]
            for begin in range(0, len(table), size):
                end = begin + size
                batch = self._batch(mixed[begin:end], None if mixed_masks is None else mixed_masks[begin:end])
                found.append(self._learn(batch, rate, measured=last or params.target_kl is not None))
            if params.target_kl is not None and _mean(found, 0) > params.target_kl:
                break
        figures = {name: _mean(found, k) for k, name in enumerate(("kl", "clip_share", "entropy", "value_loss"))}
        spread = float(targets.var()) if len(targets) else 0.0
        explained = 1.0 - float(advantages.var()) / spread if spread > 0.0 else float("nan")
        return figures | {"explained_variance": explained}

    def _batch(self, rows: Any, mask: Any) -> Batch:
        _, seen, *_, target, active = rows.split(self._columns, 1)
        seen = seen if self._views.central else rows[:, : self._columns[0]]
        if self._columns[-1]:  # others than those that are active are for the critic only
            own = active[:, 0].nonzero()[:, 0]
            rows, mask = rows[own], None if mask is None else mask[own]
        obs, _, action, log_prob, advantage, *_ = rows.split(self._columns, 1)
        chosen = action if self.head.continuous else action[:, 0].long()
        return Batch(obs, seen, chosen, log_prob[:, 0], advantage[:, 0], target[:, 0], mask)

    def _learn(self, batch: Batch, rate: float, measured: bool) -> tuple[Any, ...]:
        """One gradient step; returns divergence, share of clipped ratios, entropy and the critic's loss, before it."""
        t, params = torch(), self.params
        error = value_loss(self._critic(batch.seen), batch.target)
        parameters = self.weights.nets["actor"].torch(self.weights.of["actor"], batch.obs)
        gain, log_ratio = policy_loss(params, self.head, parameters, batch)
        self._adam.step(self.weights.gradient(gain + params.value * error), rate)
        if not measured:
            return ()
        with t.no_grad():
            ratio = log_ratio.exp()
            kl = mean_of(ratio - 1.0 - log_ratio)
            clipped = mean_of(((ratio - 1.0).abs() > params.clip).float())
            entropy = mean_of(self.head.entropy(parameters, batch.mask))
            return kl, clipped, entropy, error.detach(), len(batch.target)

    @property
    def learning_rate(self) -> float:
        """Of the next update."""
        params = self.params
        if not params.decay_steps:
            return params.learning_rate
        return params.learning_rate * max(0.0, 1.0 - self.steps / params.decay_steps)

    def advance(self, steps: int) -> tuple[TrainingRow, ...]:
        """Train for as many agent-steps, or a little more: updates are not cut.

        Parameters
        ----------
        steps : int

        Returns
        -------
        tuple of TrainingRow
            One an update.
        """
        goal = self.steps + validation.integer("steps", steps, minimum=0)
        rows = []
        with one_thread():
            while self.steps < goal:
                rows.append(self._round())
        return tuple(rows)

    def _round(self) -> TrainingRow:
        wall, cpu = time.perf_counter(), time.process_time()
        rate = self.learning_rate
        with torch().no_grad():
            reward, returns = self._gather()
        figures = self._update()
        self.steps += reward.size
        self.updates += 1
        self.weights.refuse_infinite(self.steps)
        return TrainingRow(
            steps=self.steps,
            updates=self.updates,
            reward=float(reward.mean()),
            episode_return=float(np.mean(returns)) if returns else float("nan"),
            episodes=len(returns),
            learning_rate=rate,
            seconds=time.perf_counter() - wall,
            cpu_seconds=time.process_time() - cpu,
            **figures,
        )

    # --- what is kept -----------------------------------------------------------------------------------------------------

    def policy(self, name: str = PPO.name) -> Policy:
        """What has been learnt so far.

        Parameters
        ----------
        name : str
        """
        scale = self._normaliser
        return Policy(
            name=name,
            spec=self.spec,
            net=self.weights.nets["actor"],
            head=self.head,
            weights=self.weights.copies("actor"),
            normaliser=None if scale is None else Normaliser.of(scale.arrays()),
            agent_id=self.params.agent_id,
            training=self._header(),
            training_seeds=self.seeds,
            training_problems=self.problems,
        )

    def _header(self) -> dict[str, Any]:
        return {
            "learner": PPO.name,
            "params": self.params.to_fields(),
            "seed": self.seed,
            "steps": self.steps,
            "updates": self.updates,
            "copies": self.env.copies,
            "versions": versions(),
        }

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """All that training goes on from, as plain data and arrays.

        Raises
        ------
        TypeError
            For environments that are not `Resumable`.
        """
        if not isinstance(self.env, Resumable):
            validation.reject_type("env", "must have snapshot and restore, so that training can be resumed", self.env)
        arrays = {
            "generator": self._generator.get_state().numpy().copy(),
            "returns": self._returns.running.copy(),
            **checkpoint.prefixed("weights", self.weights.arrays()),
            **checkpoint.prefixed("adam", self._adam.arrays()),
            **checkpoint.prefixed("env", self.env.snapshot()),
        }
        if self._normaliser is not None:
            arrays |= checkpoint.prefixed("observations", self._normaliser.arrays())
        if self._scale is not None:
            arrays |= checkpoint.prefixed("rewards", self._scale.arrays())
        if self._ledger is not None:
            arrays |= checkpoint.prefixed("open", self._ledger.held)
        return {**self._header(), "spec_hash": self.spec.hash, "problems": sorted(self.problems)}, arrays

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
        mine = {**self._header(), "spec_hash": self.spec.hash, "problems": sorted(self.problems)}
        for name in ("learner", "params", "seed", "copies", "spec_hash", "problems"):
            if header[name] != mine[name]:
                raise ValueError(f"{where}: must have the {name} of this training, {mine[name]!r}; got {header[name]!r}")
        weights = checkpoint.shaped(checkpoint.part(arrays, "weights"), self.weights.shapes(), where)
        vector = tuple(self.weights.vector.shape)
        checkpoint.shaped(arrays, {"adam/mean": vector, "adam/square": vector, "adam/count": (1,)}, where)
        self.weights.load(weights)
        self._adam.load(checkpoint.part(arrays, "adam"))
        self._generator.set_state(torch().from_numpy(arrays["generator"].copy()))
        (self._returns.running[...],) = checkpoint.shaped(arrays, {"returns": self._returns.running.shape}, where)
        if self._normaliser is not None:
            self._normaliser.take(Normaliser.of(checkpoint.part(arrays, "observations")))
        if self._scale is not None:
            self._scale.load(checkpoint.part(arrays, "rewards"))
        if self._ledger is not None:
            self._ledger.load(checkpoint.part(arrays, "open"))
        self._now = _restored(self.env, checkpoint.part(arrays, "env"))
        self.steps, self.updates = int(header["steps"]), int(header["updates"])


def _restored(env: Any, arrays: Arrays) -> Step:
    found: Step = env.restore(arrays)
    return found


def _mean(found: list[tuple[Any, ...]], k: int) -> float:
    """The mean of figure k over minibatches, by their sizes; NaN where there were none."""
    rows = sum(each[4] for each in found)
    return float(sum(float(each[k]) * each[4] for each in found) / rows) if rows else float("nan")
