"""WoLF-PHC: policy hill climbing that learns fast while it loses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from edgeworth.core import validation
from edgeworth.learning.kernels.rows import AVERAGE, POLICY, QUALITY, VISITS, Floats, block, decayed, update_quality
from edgeworth.learning.learners.base import ValueLearner


@dataclass(frozen=True, kw_only=True)
class WolfPhc(ValueLearner):
    """WoLF-PHC (win or learn fast, policy hill climbing), which the AI-Bazaar paper calls PB-MARL.

    After Q, with delta = ``win`` where sum_a pi(s, a) Q(s, a) > sum_a avg(s, a) Q(s, a) for the average policy avg, and
    ``lose`` elsewhere, every action but the best one gives min(pi(s, a), delta / (|A| - 1)) of its probability to the best.
    With ``win_on_tie`` the comparison is >=.

    Parameters
    ----------
    win, lose : float
        Step sizes in (0, 1], ``win`` at most ``lose``.
    step_decay : float
        Decay of both step sizes, at least 0.
    win_on_tie : bool
        Whether a policy worth exactly as much as the average policy wins. False is Bowling and Veloso's rule, True the
        AI-Bazaar paper's (31).
    explore, explore_decay : float
        Probability of a uniform action, in [0, 1], and its decay; see `Learner`.
    rate, rate_decay, discount : float
        Update of Q; see `ValueLearner`.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range or no number, or ``win`` exceeds ``lose``.

    Notes
    -----
    The default step sizes, .0025 and .01, are the AI-Bazaar paper's, which explores by the policy alone (``explore`` 0): an
    action whose probability has reached 0 is then tried again only after the Q of every other has fallen below its own, which
    is what it earned when it was last played. Bowling and Veloso ask for exploration and decaying
    rates; with them play is observed to converge to equilibria of 2 x 2 games. No theorem covers more than two actions.

    A tie occurs at the first visit of every state, where policy and average are both uniform, so ``win_on_tie`` decides that
    step's size; later only where Q does not differ between the actions on which the two differ, or they agree. The default is
    Bowling and Veloso's: a state met for the first time has won nothing yet, and learns fast. The methods of
    `edgeworth.games.trading` carry the AI-Bazaar paper's.

    References
    ----------
    Bowling and Veloso, Artificial Intelligence 136 (2002); AI-Bazaar paper, algorithm 1 and equation (31).

    Examples
    --------
    >>> WolfPhc(win=0.001, lose=0.004).step_decay
    0.0
    """

    title: ClassVar[str] = "WoLF-PHC (the AI-Bazaar paper's PB-MARL)"
    reference: ClassVar[str] = "Bowling and Veloso, Artificial Intelligence 136 (2002); AI-Bazaar paper, algorithm 1"

    name: str = field(default="wolf-phc", init=False, repr=False)
    win: float = 0.0025
    lose: float = 0.01
    step_decay: float = 0.0
    win_on_tie: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.real("win", self.win, minimum=0.0, maximum=1.0, open_minimum=True)
        validation.real("lose", self.lose, minimum=0.0, maximum=1.0, open_minimum=True)
        if self.win > self.lose:
            validation.reject("win", f"must be at most lose ({self.lose})", self.win)
        validation.real("step_decay", self.step_decay, minimum=0.0)
        validation.flag("win_on_tie", self.win_on_tie)


_WIN, _LOSE, _STEP_DECAY, _WIN_ON_TIE = (WolfPhc.column(name) for name in ("win", "lose", "step_decay", "win_on_tie"))


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
    """Update Q; move probability to the best action, slowly where the policy earns more than its average, else fast."""
    best = update_quality(parameters, agent, memory, at, n, action, reward, ahead)
    policy, average, quality = block(at, n, POLICY), block(at, n, AVERAGE), block(at, n, QUALITY)
    mine = mean = 0.0
    for a in range(n):
        mine += memory[policy + a] * memory[quality + a]
        mean += memory[average + a] * memory[quality + a]
    wins = mine > mean or (mine == mean and parameters[agent, _WIN_ON_TIE] > 0.0)
    step = decayed(parameters, agent, _WIN if wins else _LOSE, _STEP_DECAY, memory[at + VISITS])
    share = step / max(n - 1, 1)
    rest = 0.0
    for a in range(n):
        if a != best:
            memory[policy + a] = max(memory[policy + a] - share, 0.0)
            rest += memory[policy + a]
    memory[policy + best] = max(1.0 - rest, 0.0)  # not by adding up what was moved: rounding errors would pile up
