"""EXP3: exponential weights under bandit feedback."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

from edgeworth.core import validation
from edgeworth.learning.kernels.rows import POLICY, QUALITY, Floats, block
from edgeworth.learning.learners.base import Learner


@dataclass(frozen=True, kw_only=True)
class Exp3(Learner):
    """EXP3, exponential weights for a bandit: only the reward of the action played is observed.

    ``pi(a) = (1 - mixing) w_a / sum_b w_b + mixing / |A|``. After the reward r of action a,
    ``w_a *= exp(mixing x / (|A| pi(a)))`` with x = (r - low) / (high - low). Weights start at 1; every state has its own.

    Parameters
    ----------
    mixing : float
        Share gamma of uniform play, in (0, 1].
    low, high : float
        Range of the rewards, ``low`` below ``high``. Rewards outside are not clipped.
    explore, explore_decay : float
        Probability of a uniform action on top of ``mixing``, in [0, 1], and its decay; see `Learner`.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range or no number, or ``low`` is not below ``high``.

    Notes
    -----
    The expected regret over T steps against the best single action is at most (e - 1) mixing G + |A| ln|A| / mixing with
    G <= T the best action's scaled total, whatever the other players do, as long as rewards stay in the range and ``explore``
    is 0.

    References
    ----------
    Auer, Cesa-Bianchi, Freund and Schapire, SIAM J. Computing 32 (2002), theorem 3.1.

    Examples
    --------
    >>> Exp3(low=-1.0).mixing
    0.05
    """

    title: ClassVar[str] = "EXP3"
    reference: ClassVar[str] = "Auer, Cesa-Bianchi, Freund and Schapire, SIAM J. Computing 32 (2002)"
    guarantee: ClassVar[str] = "none; little regret of its own play, whatever the others do"

    name: str = field(default="exp3", init=False, repr=False)
    mixing: float = 0.05
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.real("mixing", self.mixing, minimum=0.0, maximum=1.0, open_minimum=True)
        validation.real("low", self.low)
        validation.real("high", self.high)
        if not self.low < self.high:
            validation.reject("low", f"must be below high ({self.high})", self.low)


_MIXING, _LOW, _HIGH = (Exp3.column(name) for name in ("mixing", "low", "high"))


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
    """Raise the action's weight by its reward, scaled to [0, 1] and divided by the probability with which it was observed."""
    mixing, low, high = parameters[agent, _MIXING], parameters[agent, _LOW], parameters[agent, _HIGH]
    policy, weights = block(at, n, POLICY), block(at, n, QUALITY)
    scaled = (reward - low) / (high - low)
    memory[weights + action] += mixing * scaled / (memory[policy + action] * n)
    top = memory[weights]
    for a in range(1, n):
        top = max(top, memory[weights + a])
    total = 0.0
    for a in range(n):
        memory[weights + a] -= top  # the largest is 0: no overflow, however long the run
        total += math.exp(memory[weights + a])
    for a in range(n):
        memory[policy + a] = (1.0 - mixing) * math.exp(memory[weights + a]) / total + mixing / n
