"""PGA-APP: policy gradient ascent with approximate policy prediction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from edgeworth.core import validation
from edgeworth.learning.kernels.rows import POLICY, QUALITY, VISITS, Floats, block, decayed, project, update_quality
from edgeworth.learning.learners.base import ValueLearner


@dataclass(frozen=True, kw_only=True)
class PgaApp(ValueLearner):
    """PGA-APP: policy gradient ascent with approximate policy prediction.

    With V = sum_a pi(s, a) Q(s, a) and slope(a) = (Q(s, a) - V) / (1 - pi(s, a)), or Q(s, a) - V where pi(s, a) = 1,

        pi(s, a) += step [slope(a) - prediction |slope(a)| pi(s, a)],      projected onto the simplex.

    Parameters
    ----------
    step : float
        Step size eta, above 0, in units of 1 / payoff.
    step_decay : float
        Decay of ``step``, at least 0.
    prediction : float
        Length g by which the other players' next move is anticipated, at least 0. With 0 it is gradient ascent.
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
    Longer predictions settle harder games (Shapley's needs about 3); but from g > 2 on the rule as printed rests at
    p = 1/2 + 1/g instead of a dominant action (of two).

    References
    ----------
    Zhang and Lesser, Multi-agent learning with policy prediction, AAAI 2010, algorithm 1.

    Examples
    --------
    >>> PgaApp(prediction=3.0).step
    0.01
    """

    title: ClassVar[str] = "PGA-APP"
    reference: ClassVar[str] = "Zhang and Lesser, AAAI 2010"

    name: str = field(default="pga-app", init=False, repr=False)
    step: float = 0.01
    step_decay: float = 0.0
    prediction: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.real("step", self.step, minimum=0.0, open_minimum=True)
        validation.real("step_decay", self.step_decay, minimum=0.0)
        validation.real("prediction", self.prediction, minimum=0.0)


_STEP, _STEP_DECAY, _PREDICTION = (PgaApp.column(name) for name in ("step", "step_decay", "prediction"))


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
    """Update Q; take a predicted gradient step, then project."""
    update_quality(parameters, agent, memory, at, n, action, reward, ahead)
    step, prediction = decayed(parameters, agent, _STEP, _STEP_DECAY, memory[at + VISITS]), parameters[agent, _PREDICTION]
    policy, quality = block(at, n, POLICY), block(at, n, QUALITY)
    mean = 0.0
    for a in range(n):
        mean += memory[policy + a] * memory[quality + a]
    likely, rest, others = -1, 0.0, 0.0
    for a in range(n):
        if memory[policy + a] > 0.5:
            likely = a
    if likely >= 0:  # Q - mean and 1 - p cancel where p is near 1: there the slope is Q less the mean over the others
        for a in range(n):
            if a != likely:
                rest += memory[policy + a]
                others += memory[policy + a] * memory[quality + a]
    for a in range(n):
        p = memory[policy + a]
        if a != likely:
            slope = (memory[quality + a] - mean) / (1.0 - p)
        elif rest > 0.0:
            slope = memory[quality + a] - others / rest
        else:
            slope = 0.0  # p = 1
        memory[policy + a] = p + step * (slope - prediction * abs(slope) * p)
    project(memory, policy, n)
