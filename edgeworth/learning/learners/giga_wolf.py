"""GIGA-WoLF: projected gradient ascent that moves towards a second, slower policy."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

from edgeworth.core import validation
from edgeworth.learning.kernels.rows import POLICY, QUALITY, VISITS, Floats, block, decayed, own_block, project, update_quality
from edgeworth.learning.learners.base import ValueLearner


@dataclass(frozen=True, kw_only=True)
class GigaWolf(ValueLearner):
    """GIGA-WoLF on estimated payoffs: projected gradient ascent with a second, slower policy z to move towards.

    With P the Euclidean projection onto the simplex,

        x^ = P(pi + step Q(s, .)),      z' = P(z + step Q(s, .) / 3),      pi' = x^ + min(1, |z' - z| / |z' - x^|) (z' - x^).

    Parameters
    ----------
    step : float
        Step size eta, above 0, in units of 1 / payoff.
    step_decay : float
        Decay of ``step``, at least 0.
    explore, explore_decay : float
        Probability of a uniform action, in [0, 1], and its decay; see `Learner`.
    rate, rate_decay, discount : float
        Update of Q; see `ValueLearner`.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range or no number.

    Notes
    -----
    The source assumes that the payoff of every action is observed. Here, as usual, Q(s, .) estimates them, so its no-regret
    theorem does not carry over.

    References
    ----------
    Bowling, Convergence and no-regret in multiagent learning, NIPS 17 (2005).

    Examples
    --------
    >>> GigaWolf(step=0.1).step_decay
    0.0
    """

    title: ClassVar[str] = "GIGA-WoLF"
    reference: ClassVar[str] = "Bowling, NIPS 17 (2005)"
    own_blocks: ClassVar[int] = 2

    name: str = field(default="giga-wolf", init=False, repr=False)
    step: float = 0.01
    step_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.real("step", self.step, minimum=0.0, open_minimum=True)
        validation.real("step_decay", self.step_decay, minimum=0.0)


_STEP, _STEP_DECAY = (GigaWolf.column(name) for name in ("step", "step_decay"))
_SLOW, _NEXT = range(2)  # own blocks: the slow policy z, and z' while it is computed


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
    """Update Q; take a gradient step with both policies, then move towards the slow one as far as that one moved."""
    update_quality(parameters, agent, memory, at, n, action, reward, ahead)
    step = decayed(parameters, agent, _STEP, _STEP_DECAY, memory[at + VISITS])
    policy, quality = block(at, n, POLICY), block(at, n, QUALITY)
    slow, fresh = own_block(at, n, o, _SLOW), own_block(at, n, o, _NEXT)
    for a in range(n):
        memory[policy + a] += step * memory[quality + a]
        memory[fresh + a] = memory[slow + a] + step * memory[quality + a] / 3.0
    project(memory, policy, n)
    project(memory, fresh, n)
    moved = apart = 0.0
    for a in range(n):
        moved += (memory[fresh + a] - memory[slow + a]) ** 2
        apart += (memory[fresh + a] - memory[policy + a]) ** 2
    part = 1.0
    if moved < apart:
        part = math.sqrt(moved / apart)
    for a in range(n):
        memory[policy + a] += part * (memory[fresh + a] - memory[policy + a])
        memory[slow + a] = memory[fresh + a]
