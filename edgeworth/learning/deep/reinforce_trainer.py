"""Training constructive policies by REINFORCE, in torch on one thread."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.special import stdtr

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.policy import training_seed
from edgeworth.core.seeds import generator, put_words, words
from edgeworth.learning.deep import checkpoint
from edgeworth.learning.deep.heads import Categorical
from edgeworth.learning.deep.optim import Adam, Flat
from edgeworth.learning.deep.policy import Policy
from edgeworth.learning.deep.reinforce import Construction, Reinforce, construction_loss
from edgeworth.learning.deep.torching import one_thread, torch
from edgeworth.learning.deep.training import LEARNING, TrainingRow, versions


class ReinforceTrainer:
    """Trains one constructive policy.

    Parameters
    ----------
    problem : Construction
        What is built; see there.
    params : Reinforce
        The network and how it learns.
    seed : int
        In [0, 900000): seeds from there on are for evaluation.

    Attributes
    ----------
    steps, updates : int
        Choices and gradient steps so far.
    challenges_won : int
        How often the policy became the baseline's.

    Raises
    ------
    MissingExtraError
        Where torch (extra "learn") is not installed.
    ValueError, TypeError
        For seeds of evaluation and problems that are not constructions with masked numbered actions.

    Notes
    -----
    All randomness is NumPy's, from two generators of the seed: one for the start of the network and the choices, one for the
    instances. The same seed gives the same weights bit for bit on one machine.
    """

    def __init__(self, problem: Construction, params: Reinforce, seed: int) -> None:
        torch()
        if not isinstance(problem, Construction):
            validation.reject_type("problem", "must have what Construction lists", problem)
        action = problem.spec.action
        if problem.spec.agents != 1 or not action.masked:
            validation.reject("problem", "must have one agent and masked numbered actions", problem.spec)
        self.problem, self.params, self.seed = problem, params, training_seed(seed)
        self.seeds = frozenset({self.seed})
        self.spec, self.head = problem.spec, Categorical(action.n)
        self._choices, self._instances = generator(self.seed, LEARNING)[0].spawn(2)
        start = params.net.start(self._choices)
        self.weights = Flat({"actor": params.net}, {"actor": start})
        self._best: tuple[Array, ...] = self.weights.copies("actor")
        self._adam = Adam(self.weights.vector, most=params.max_gradient)
        self._trials = problem.instances(self._instances, params.trials)
        self.memory = self.steps = self.updates = self.challenges_won = 0

    def _weights(self) -> list[Array]:
        return [each.detach().numpy() for each in self.weights.of["actor"]]

    def _greedy(self, weights: Any, instances: Arrays) -> Array:
        """Costs of greedy constructions with these weights."""
        partial = self.problem.begin(instances)
        while not partial.complete.all():
            logits = self.params.net.numpy(weights, partial.obs)
            partial = self.problem.extend(self.head.mode_numpy(logits, partial.mask))
        return np.array(self.problem.cost(), np.float64)

    def _drawn(self, instances: Arrays) -> tuple[list[tuple[Array, ...]], Array]:
        """What was seen, open, chosen and still to be chosen in every step of constructions that are drawn; and their costs."""
        weights, partial, found = self._weights(), self.problem.begin(instances), list[tuple[Array, ...]]()
        while not partial.complete.all():
            obs, mask, counts = partial.obs.copy(), partial.mask.copy(), ~partial.complete
            action = self.head.sample_numpy(self.params.net.numpy(weights, obs), self._choices, mask)
            found.append((obs, mask, action, counts))
            partial = self.problem.extend(action)
        return found, np.array(self.problem.cost(), np.float64)

    def _round(self) -> TrainingRow:
        wall, cpu, params, t = time.perf_counter(), time.process_time(), self.params, torch()
        instances = self.problem.instances(self._instances, params.batch)
        found, cost = self._drawn(instances)
        baseline = self._greedy(self._best, instances) if params.baseline == "rollout" else np.full(len(cost), cost.mean())
        difference = cost - baseline
        if params.normalise_advantages:
            difference = difference / (difference.std() + 1e-8)
        obs, mask, action, counts = (np.concatenate(each) for each in zip(*found, strict=True))
        weight = t.from_numpy(np.tile(difference, len(found))[counts].astype(np.float32))
        seen, is_open, chosen = (t.from_numpy(np.ascontiguousarray(each[counts])) for each in (obs, mask, action))
        logits = params.net.torch(self.weights.of["actor"], seen)
        loss = construction_loss(logits, chosen, is_open, weight, params.batch)
        entropy = self.head.entropy(logits, is_open).mean()
        rate = params.learning_rate * (max(0.0, 1.0 - self.steps / params.decay_steps) if params.decay_steps else 1.0)
        self._adam.step(self.weights.gradient(loss - params.entropy * entropy), rate)
        self.steps += int(counts.sum())
        self.updates += 1
        self.weights.refuse_infinite(self.steps)
        if self.updates % params.challenge == 0 and params.baseline == "rollout":
            self._challenge()
        nothing = float("nan")
        return TrainingRow(
            steps=self.steps,
            updates=self.updates,
            reward=-float(cost.mean()),
            episode_return=-float(cost.mean()),
            episodes=len(cost),
            kl=nothing,
            clip_share=nothing,
            entropy=float(entropy.detach()),
            value_loss=float(np.mean((cost - baseline) ** 2)),
            explained_variance=1.0 - float((cost - baseline).var() / cost.var()) if cost.var() > 0.0 else nothing,
            learning_rate=rate,
            seconds=time.perf_counter() - wall,
            cpu_seconds=time.process_time() - cpu,
        )

    def _challenge(self) -> None:
        """The present policy becomes the baseline's where it is better on the trials beyond what luck explains."""
        gain = self._greedy(self._best, self._trials) - self._greedy(self._weights(), self._trials)
        error = float(gain.std(ddof=1)) / math.sqrt(len(gain))
        mean = float(gain.mean())
        won = mean > 0.0 and (error == 0.0 or stdtr(len(gain) - 1, -mean / error) < self.params.significance)
        if won:
            self._best = self.weights.copies("actor")
            self._trials = self.problem.instances(self._instances, self.params.trials)  # a set once won on is no test any more
            self.challenges_won += 1

    def advance(self, steps: int) -> tuple[TrainingRow, ...]:
        """Train for as many choices, or a little more: batches are not cut.

        Parameters
        ----------
        steps : int

        Returns
        -------
        tuple of TrainingRow
            One a gradient step. ``reward`` is minus the mean cost, ``value_loss`` the mean squared difference of costs from the
            baseline.
        """
        goal = self.steps + validation.integer("steps", steps, minimum=0)
        rows = []
        with one_thread():
            while self.steps < goal:
                rows.append(self._round())
        return tuple(rows)

    def policy(self, name: str = Reinforce.name) -> Policy:
        """What has been learnt so far.

        Parameters
        ----------
        name : str
        """
        return Policy(
            name=name,
            spec=self.spec,
            net=self.params.net,
            head=self.head,
            weights=self.weights.copies("actor"),
            training=self._header(),
            training_seeds=self.seeds,
        )

    def _header(self) -> dict[str, Any]:
        return {
            "learner": Reinforce.name,
            "params": self.params.to_fields(),
            "seed": self.seed,
            "steps": self.steps,
            "updates": self.updates,
            "challenges_won": self.challenges_won,
            "versions": versions(),
        }

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """All that training goes on from, as plain data and arrays."""
        names = list(self.params.net.shapes())
        arrays = {
            "choices": words(self._choices),
            "instances": words(self._instances),
            **checkpoint.prefixed("weights", self.weights.arrays()),
            **checkpoint.prefixed("best", dict(zip(names, self._best, strict=True))),
            **checkpoint.prefixed("adam", self._adam.arrays()),
            **checkpoint.prefixed("trials", self._trials),
        }
        return {**self._header(), **self._where()}, arrays

    def _where(self) -> dict[str, Any]:
        """What tells the problem from others."""
        return {"spec_hash": self.spec.hash, "about": dict(getattr(self.problem, "about", {}))}

    def restore(self, header: Mapping[str, Any], arrays: Arrays, where: str = "checkpoint") -> None:
        """Go on from a `state` of a trainer with the same parameters, seed and problem.

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
        mine = {**self._header(), **self._where()}
        for name in ("learner", "params", "seed", "spec_hash", "about"):
            if header[name] != mine[name]:
                raise ValueError(f"{where}: must have the {name} of this training, {mine[name]!r}; got {header[name]!r}")
        self.weights.load(checkpoint.shaped(checkpoint.part(arrays, "weights"), self.weights.shapes(), where))
        self._best = tuple(checkpoint.shaped(checkpoint.part(arrays, "best"), self.params.net.shapes(), where))
        vector = tuple(self.weights.vector.shape)
        checkpoint.shaped(arrays, {"adam/mean": vector, "adam/square": vector, "adam/count": (1,)}, where)
        self._adam.load(checkpoint.part(arrays, "adam"))
        self._trials = checkpoint.part(arrays, "trials")
        put_words(self._choices, arrays["choices"])
        put_words(self._instances, arrays["instances"])
        self.steps, self.updates, self.challenges_won = (int(header[name]) for name in ("steps", "updates", "challenges_won"))
