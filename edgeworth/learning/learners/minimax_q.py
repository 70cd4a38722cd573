"""Minimax-Q: Q of joint actions, and the maximin policy of the matrix game that they make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from edgeworth.core import validation
from edgeworth.learning.kernels import zero_sum
from edgeworth.learning.kernels.rows import DISCOUNT, POLICY, QUALITY, RATE, RATE_DECAY, VALUE, VISITS, Floats, block, decayed
from edgeworth.learning.kernels.zero_sum import matrix_game
from edgeworth.learning.learners.base import ValueLearner


@dataclass(frozen=True, kw_only=True)
class MinimaxQ(ValueLearner):
    """Minimax-Q: Q(s, a, b) for every joint action b of the opponents, and the policy that is best against the worst b.

    V(s) = max over pi of min over b of sum_a pi(a) Q(s, a, b), and pi(s, .) is the maximising policy, found by a small exact
    simplex method after every step (the source's linear program).

    Parameters
    ----------
    explore, explore_decay : float
        Probability of a uniform action, in [0, 1], and its decay; see `Learner`. The default 0.2 is the source's.
    rate, rate_decay, discount : float
        Update of Q; see `ValueLearner`.
    initial : float
        Value of every Q(s, a, b) and V(s) before the first visit, in units of payoff. The default 1 is the source's.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range or no number.

    Notes
    -----
    All opponents together are treated as one adversary, so the policy is cautious, and no equilibrium outside of zero-sum
    games. In zero-sum games of two players it converges to the value when every joint action is tried infinitely often and
    rates decay as 1 / visits (``rate_decay`` above 0). The policy starts uniform. A column b whose entries are still at
    ``initial`` is the worst case of every policy as long as all values met are above it: the policy then says nothing about
    what was learnt. Hence ``initial`` belongs at the top of the range of values or above: the source's payoffs are at most 1;
    where payoffs up to r go on coming, values reach ``r / (1 - discount)``.

    References
    ----------
    Littman, Markov games as a framework for multi-agent reinforcement learning, ICML 1994, figure 1.

    Examples
    --------
    >>> MinimaxQ().explore, MinimaxQ().initial
    (0.2, 1.0)
    """

    title: ClassVar[str] = "minimax-Q"
    reference: ClassVar[str] = "Littman, ICML 1994"
    observes_opponents: ClassVar[bool] = True
    cost: ClassVar[int] = 20

    name: str = field(default="minimax-q", init=False, repr=False)
    explore: float = 0.2
    initial: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.real("initial", self.initial)

    @property
    def first_value(self) -> float:
        """V and every entry of Q of a state before its first visit."""
        return self.initial

    @classmethod
    def scratch(cls, n: int, o: int) -> int:
        """Return the size of the simplex table."""
        return zero_sum.scratch(n, o)


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
    """Update Q of the joint action, then solve the matrix game that the row has become for policy and value."""
    rate = decayed(parameters, agent, RATE, RATE_DECAY, memory[at + VISITS])
    goal = reward + parameters[agent, DISCOUNT] * ahead
    quality = block(at, n, QUALITY)
    k = quality + action * o + opponent
    memory[k] += rate * (goal - memory[k])
    memory[at + VALUE] = matrix_game(memory, quality, n, o, block(at, n, POLICY))
