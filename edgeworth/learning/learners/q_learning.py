"""Q-learning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from edgeworth.learning.kernels.rows import POLICY, Floats, block, update_quality
from edgeworth.learning.learners.base import ValueLearner


@dataclass(frozen=True, kw_only=True)
class QLearning(ValueLearner):
    """Q-learning: play the action of the largest Q, the first one on ties, a uniform one before the first visit.

    Parameters
    ----------
    explore, explore_decay : float
        Probability of a uniform action, in [0, 1], and its decay; see `Learner`. The default 0.1 is ours.
    rate, rate_decay, discount : float
        Update of Q; see `ValueLearner`.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range or no number.

    Notes
    -----
    It converges to the optimal policy where the other players are stationary, every pair of state and action is visited
    infinitely often and rates decay as 1 / visits (``rate_decay`` above 0). Against learners there is no such theorem.

    References
    ----------
    Watkins, Learning from delayed rewards, thesis, Cambridge (1989); Watkins and Dayan, Machine Learning 8 (1992).

    Examples
    --------
    >>> QLearning(explore=0.2).rate
    0.8
    """

    title: ClassVar[str] = "Q-learning"
    reference: ClassVar[str] = "Watkins and Dayan, Machine Learning 8 (1992)"

    name: str = field(default="q-learning", init=False, repr=False)
    explore: float = 0.1


def update(
    parameters: Floats,
    agent: int,
    memory: Floats,
    at: int,
    n: int,
    o: int,
    action: int,
    opponent: int,
    reward: float,
    ahead: float,
) -> None:
    """Update Q; the policy becomes the action of the largest Q."""
    best = update_quality(parameters, agent, memory, at, n, action, reward, ahead)
    policy = block(at, n, POLICY)
    for a in range(n):
        memory[policy + a] = 0.0
    memory[policy + best] = 1.0
