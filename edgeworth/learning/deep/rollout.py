"""What a policy met in a number of steps of all copies: the arrays, and how they are filled."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Arrays, Bools
from edgeworth.learning.deep.envs import Step, each_reward
from edgeworth.learning.deep.nets import Normaliser
from edgeworth.learning.deep.spaces import Spec


class Views:
    """What actor and critic see of a step: one row an agent of a copy, float32.

    Parameters
    ----------
    spec : Spec
    copies : int
    central : bool
        Whether the critic sees the state of the copy.
    agent_id : bool
        Whether the actor sees the number of the agent.
    each : bool
        Whether agents have rewards of their own: a central critic then sees whose value it is to tell.
    normaliser : Normaliser or None
        Of observations.
    """

    def __init__(
        self, spec: Spec, copies: int, *, central: bool, agent_id: bool, each: bool, normaliser: Normaliser | None
    ) -> None:
        self.spec, self.copies, self.rows = spec, copies, copies * spec.agents
        self.central, self.normaliser = central, normaliser
        numbers = np.tile(np.eye(spec.agents, dtype=np.float32), (copies, 1))
        self._actor_tail = numbers if agent_id else numbers[:, :0]
        self._critic_tail = numbers if central and each and spec.agents > 1 else numbers[:, :0]
        self.actor = spec.obs + self._actor_tail.shape[1]
        self.critic = spec.state + self._critic_tail.shape[1] if central else self.actor

    def actor_rows(self, obs: Array, out: NDArray[np.float32]) -> None:
        """Put what the actor sees of observations [copies, agents, obs] into [rows, actor]."""
        seen = obs if self.normaliser is None else self.normaliser.apply(obs)
        out[:, : self.spec.obs] = seen.reshape(self.rows, -1)
        out[:, self.spec.obs :] = self._actor_tail

    def critic_rows(self, obs: Array, state: Array | None, out: NDArray[np.float32]) -> None:
        """Put what the critic sees into [rows, critic]."""
        if not self.central:
            self.actor_rows(obs, out)
            return
        if state is None:
            validation.reject("env", "must give state and final_state at every step for a central critic", None)
        out[:, : self.spec.state] = np.repeat(state, self.spec.agents, axis=0)
        out[:, self.spec.state :] = self._critic_tail


class Rollout:
    """The arrays of `length` steps, made once and filled again and again.

    Attributes
    ----------
    obs : float32 [length + 1, rows, actor]
        What the actor saw; the last one follows the last step.
    seen : float32 [length + 1, rows, critic]
        What the critic saw: the same array where it sees the same.
    action : float32 [length, rows, width]
        As it is stored; of numbered ones the number.
    log_prob : float32 [length, rows]
        Of the action, when it was taken; of agents that are not active anything.
    reward : float64 [length, rows]
    terminated, truncated : bool [length, copies]
    mask : bool [length + 1, rows, n] or None
    active : float32 [length + 1, rows] or None
    """

    def __init__(self, views: Views, length: int, *, active: bool) -> None:
        self.views, self.length = views, length
        rows, n = views.rows, views.spec.action.n
        self.obs = np.zeros((length + 1, rows, views.actor), np.float32)
        self.seen = np.zeros((length + 1, rows, views.critic), np.float32) if views.central else self.obs
        self.action = np.zeros((length, rows, max(views.spec.action.dim, 1)), np.float32)
        self.log_prob = np.zeros((length, rows), np.float32)
        self.reward = np.zeros((length, rows))
        self.terminated = np.zeros((length, views.copies), np.bool_)
        self.truncated = np.zeros((length, views.copies), np.bool_)
        self.mask = np.zeros((length + 1, rows, n), np.bool_) if views.spec.action.masked else None
        self.active = np.zeros((length + 1, rows), np.float32) if active else None
        self._last: list[tuple[int, Bools, NDArray[np.float32]]] = []

    def begin(self, step: Step) -> None:
        """Stand at what the last rollout ended with."""
        self._last.clear()
        self._look(0, step)

    def take(self, k: int, step: Step) -> None:
        """Write down step k."""
        agents = self.views.spec.agents
        self.reward[k] = each_reward(step, self.views.copies, agents).ravel()
        self.terminated[k], self.truncated[k] = step.terminated, step.truncated
        cut = step.truncated & ~step.terminated
        if cut.any():
            final = np.zeros((self.views.rows, self.views.critic), np.float32)
            self.views.critic_rows(step.final_obs, step.final_state if self.views.central else None, final)
            chosen = np.repeat(cut, agents)
            self._last.append((k, chosen, final[chosen]))
        self._look(k + 1, step)

    def _look(self, k: int, step: Step) -> None:
        self.views.actor_rows(step.obs, self.obs[k])
        if self.views.central:
            self.views.critic_rows(step.obs, step.state, self.seen[k])
        if self.mask is not None:
            if step.mask is None:
                raise ValueError("env: must give a mask at every step, as its actions are masked; got None")
            self.mask[k] = step.mask.reshape(self.views.rows, -1)
        if self.active is not None:
            self.active[k] = 1.0 if step.active is None else step.active.ravel()

    def columns(self, k: Any) -> dict[str, Array]:
        """What is learnt from, but rewards, of some steps, or of steps and rows: an index of the first axes."""
        found = {"obs": self.obs[k], "action": self.action[k], "log_prob": self.log_prob[k]}
        if self.views.central:
            found["seen"] = self.seen[k]
        if self.mask is not None:
            found["mask"] = self.mask[k]
        return found

    def finals(self, value: Any) -> Array:
        """V of the last observations of truncated episodes, float64 [length, rows]; elsewhere 0.

        Parameters
        ----------
        value : callable
            From float32 [any, critic] to numbers [any].
        """
        found = np.zeros((self.length, self.views.rows))
        if self._last:
            numbers = value(np.concatenate([rows for _, _, rows in self._last]))
            at = 0
            for k, chosen, rows in self._last:
                found[k, chosen] = numbers[at : at + len(rows)]
                at += len(rows)
        return found


class RewardScale:
    """Rewards in units of the standard deviation of the discounted return so far.

    Parameters
    ----------
    rows : int
    discount : float

    References
    ----------
    Engstrom et al. (2020), Implementation matters in deep policy gradients, as PPO's authors did it.
    """

    def __init__(self, rows: int, discount: float) -> None:
        self.returns, self.discount, self.normaliser = np.zeros(rows), discount, Normaliser(1)

    def single(self, returns: Array) -> Array:
        """Returns [any] that belong to no sequence over their deviation, which takes them in first."""
        self.normaliser.update(returns[:, None])
        return self._scaled(returns)

    def apply(self, reward: Array, ended: Bools) -> Array:
        """Rewards [length, rows] of episodes that ended [length, rows] over the deviation, which takes them in first."""
        for k in range(len(reward)):
            self.returns = self.returns * self.discount + reward[k]
            self.normaliser.update(self.returns[:, None])
            self.returns[ended[k]] = 0.0
        return self._scaled(reward)

    def _scaled(self, reward: Array) -> Array:
        scaled: Array = reward / np.sqrt(self.normaliser.variance[0] + 1e-8)
        return scaled

    def arrays(self) -> dict[str, Array]:
        """What it holds, as arrays."""
        return {"returns": self.returns.copy(), **self.normaliser.arrays()}

    def load(self, arrays: Arrays) -> None:
        """The inverse of `arrays`."""
        self.returns, self.normaliser = arrays["returns"].copy(), Normaliser.of(arrays)


class Returns:
    """Sums of rewards of episodes, for learning curves.

    Parameters
    ----------
    copies : int
    """

    def __init__(self, copies: int) -> None:
        self.running = np.zeros(copies)

    def take(self, reward: Array, ended: Bools) -> list[float]:
        """Add rewards [length, copies]; the returns of the episodes that ended [length, copies]."""
        found: list[float] = []
        for k in range(len(reward)):
            self.running += reward[k]
            if ended[k].any():
                found.extend(self.running[ended[k]].tolist())
                self.running[ended[k]] = 0.0
        return found
