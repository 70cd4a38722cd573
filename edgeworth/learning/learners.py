"""The tabular learners as values: what each one computes, its parameters, its source. Nothing here runs.

All of them keep, for every state s, a policy pi(s, .) over their own actions, draw from it (or, with probability
``explore``, uniformly) and change it after every reward. Those built on Q-learning first do

    Q(s, a) += rate [r + discount V(s') - Q(s, a)],      V(s) = max_a Q(s, a),      Q = 0 at the start.

A rate x with decay d is ``x / (1 + d n)`` at the (n + 1)-th visit of the state. The defaults rate .8 and discount .1 are those
of the AI-Bazaar paper: with them Q is little more than the last reward. None of them claims an equilibrium.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from edgeworth.core import validation

COLUMNS = 9
"""Numbers that a learner hands to the kernels: explore, explore_decay, rate, rate_decay, discount, then its own."""


@dataclass(frozen=True, kw_only=True)
class Learner:
    """What all learners share.

    explore: probability in [0, 1] of a uniform action. explore_decay: its decay, >= 0.
    """

    code: ClassVar[int]
    explore: float = 0.0
    explore_decay: float = 0.0

    def __post_init__(self) -> None:
        validation.real("explore", self.explore, minimum=0.0, maximum=1.0)
        validation.real("explore_decay", self.explore_decay, minimum=0.0)

    def columns(self) -> tuple[float, ...]:
        """The parameters as the kernels read them, at most `COLUMNS` of them."""
        return (self.explore, self.explore_decay)


@dataclass(frozen=True, kw_only=True)
class _Valued(Learner):
    """Learners with a table Q. rate: alpha in (0, 1]; rate_decay >= 0; discount: gamma in [0, 1)."""

    rate: float = 0.8
    rate_decay: float = 0.0
    discount: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.real("rate", self.rate, minimum=0.0, maximum=1.0, open_minimum=True)
        validation.real("rate_decay", self.rate_decay, minimum=0.0)
        validation.real("discount", self.discount, minimum=0.0)
        if self.discount >= 1.0:
            validation.reject("discount", "must be below 1", self.discount)

    def columns(self) -> tuple[float, ...]:
        return (*super().columns(), self.rate, self.rate_decay, self.discount)


@dataclass(frozen=True, kw_only=True)
class QLearning(_Valued):
    """Q-learning: the policy is the action of largest Q (the first one on ties; uniform before the first visit).

    Converges to the optimal policy where the other players stand still, every pair is visited for ever and rates decay;
    against learners there is no such theorem. Default ``explore`` 0.1 (ours).
    Source: Watkins, Learning from delayed rewards (1989); Watkins and Dayan, Machine Learning 8 (1992).
    """

    code: ClassVar[int] = 0
    explore: float = 0.1


@dataclass(frozen=True, kw_only=True)
class WolfPhc(_Valued):
    """WoLF-PHC (win or learn fast policy hill climbing), which the AI-Bazaar paper calls PB-MARL.

    After Q: the average policy avg(s, .) takes in pi(s, .); with delta = ``win`` where sum pi Q > sum avg Q, else ``lose``,
    every action but the best one gives min(pi(s, a), delta / (|A| - 1)) to the best one.

    win, lose: steps in (0, 1], win <= lose, here the AI-Bazaar paper's .0025 and .01 with its rate .8 and discount .1;
    step_decay >= 0 of both. The paper explores by the policy alone (``explore`` 0): an action whose probability has reached
    0 is then never tried again. Bowling and Veloso ask for exploration and decaying rates; with them play is seen to
    converge to equilibria of 2 x 2 games; no theorem covers more than two actions.
    Source: Bowling and Veloso, Artificial Intelligence 136 (2002); AI-Bazaar paper, algorithm 1.
    """

    code: ClassVar[int] = 1
    win: float = 0.0025
    lose: float = 0.01
    step_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.real("win", self.win, minimum=0.0, maximum=1.0, open_minimum=True)
        validation.real("lose", self.lose, minimum=0.0, maximum=1.0, open_minimum=True)
        if self.win > self.lose:
            validation.reject("win", f"must be at most lose ({self.lose})", self.win)
        validation.real("step_decay", self.step_decay, minimum=0.0)

    def columns(self) -> tuple[float, ...]:
        return (*super().columns(), self.win, self.lose, self.step_decay)


@dataclass(frozen=True, kw_only=True)
class PgaApp(_Valued):
    """PGA-APP: policy gradient ascent with approximate policy prediction.

    With V = sum pi Q: slope(a) = (Q(s, a) - V) / (1 - pi(s, a)), or Q(s, a) - V where pi(s, a) = 1; then
    pi(s, a) += step [slope(a) - prediction |slope(a)| pi(s, a)], projected onto the simplex.

    step: eta > 0, in units of 1 / payoff; step_decay >= 0; prediction: the length g by which the other players' next move is
    anticipated, >= 0 (0: gradient ascent without it). Longer predictions calm harder games (Shapley's wants about 3); but from
    g > 2 on the rule as printed rests at p = 1/2 + 1/g instead of a dominant action (of two).
    Source: Zhang and Lesser, AAAI 2010, algorithm 1.
    """

    code: ClassVar[int] = 2
    step: float = 0.01
    step_decay: float = 0.0
    prediction: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.real("step", self.step, minimum=0.0, open_minimum=True)
        validation.real("step_decay", self.step_decay, minimum=0.0)
        validation.real("prediction", self.prediction, minimum=0.0)

    def columns(self) -> tuple[float, ...]:
        return (*super().columns(), self.step, 0.0, self.step_decay, self.prediction)


@dataclass(frozen=True, kw_only=True)
class GigaWolf(_Valued):
    """GIGA-WoLF on estimated payoffs: projected gradient with a second, slower policy z to move towards.

    x^ = P(pi + step Q(s, .)), z' = P(z + step Q(s, .) / 3), pi' = x^ + min(1, |z' - z| / |z' - x^|) (z' - x^), P the
    Euclidean projection onto the simplex. The source assumes that the payoff of every action is seen; here, as usual, Q(s, .)
    estimates them, so its no-regret theorem does not carry over.

    step: eta > 0, in units of 1 / payoff; step_decay >= 0.
    Source: Bowling, Convergence and no-regret in multiagent learning, NIPS 17 (2005).
    """

    code: ClassVar[int] = 3
    step: float = 0.01
    step_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        validation.real("step", self.step, minimum=0.0, open_minimum=True)
        validation.real("step_decay", self.step_decay, minimum=0.0)

    def columns(self) -> tuple[float, ...]:
        return (*super().columns(), self.step, 0.0, self.step_decay)


@dataclass(frozen=True, kw_only=True)
class MinimaxQ(_Valued):
    """Minimax-Q: Q(s, a, b) for every joint action b of the opponents; V(s) = max over pi of min over b sum_a pi(a) Q(s, a, b).

    pi(s, .) is the maximising policy, by a small exact simplex method after every step (the source's linear program). All
    opponents together are treated as one adversary, so the policy is cautious, and no equilibrium outside of zero-sum games.
    In zero-sum games of two players it converges to the value when every joint action is tried for ever and rates decay.
    Default ``explore`` 0.2 as in the source; Q starts at 0 (there at 1).
    Source: Littman, ICML 1994, figure 1.
    """

    code: ClassVar[int] = 4
    explore: float = 0.2


@dataclass(frozen=True, kw_only=True)
class Exp3(Learner):
    """EXP3, exponential weights for a bandit: only the played action's reward is seen.

    pi(a) = (1 - mixing) w_a / sum w + mixing / |A|; after the reward r of action a, w_a *= exp(mixing x / (|A| pi(a))) with
    x = (r - low) / (high - low). Weights start at 1; there is one set of them a state.

    mixing: gamma in (0, 1]. low, high: the range of the rewards, low < high. Expected regret over T steps against the best
    single action <= (e - 1) mixing G + |A| ln|A| / mixing, G <= T the best action's scaled total, whatever the other players
    do, as long as rewards stay in the range (nothing is clipped). ``explore`` comes on top and is 0.
    Source: Auer, Cesa-Bianchi, Freund and Schapire, SIAM J. Computing 32 (2002), theorem 3.1.
    """

    code: ClassVar[int] = 5
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

    def columns(self) -> tuple[float, ...]:
        return (*super().columns(), 0.0, 0.0, 0.0, self.mixing, self.low, self.high)
