"""What all learners share: a name, parameters that kernels read as named columns, and validation."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import ClassVar

from edgeworth.core import validation


@dataclass(frozen=True, kw_only=True)
class Learner:
    """Base of the tabular learners: the parameters that every one of them has.

    A learner keeps, for every state s, a policy pi(s, .) over its own actions. It draws its action from the policy or, with
    the probability of exploration, uniformly, and changes the policy after every reward by the rule of its kind.

    Parameters
    ----------
    explore : float
        Probability of a uniformly drawn action, in [0, 1].
    explore_decay : float
        Decay of ``explore``, at least 0.

    Attributes
    ----------
    name : str
        The name under which the registry and the method tables list the learner; "" for a base class.
    title : str
        The learner's name in prose.
    reference : str
        The publication of the rule.
    guarantee : str
        What is proved about play against learners; "none" for most.
    observes_opponents : bool
        Whether the rule reads the opponents' joint action. A game in which it cannot be observed has no use for the learner.
    cost : int
        Time of one update, in updates of a rule without a linear program.
    own_blocks : int
        Blocks of one number per action that the rule keeps for each state beside policy, average policy, counts and Q. They
        start at the uniform distribution.

    Notes
    -----
    A parameter x with decay d stands for ``x / (1 + d k)`` at the (k + 1)-th visit of a state.
    """

    title: ClassVar[str] = ""
    reference: ClassVar[str] = ""
    guarantee: ClassVar[str] = "none"
    observes_opponents: ClassVar[bool] = False
    cost: ClassVar[int] = 1
    own_blocks: ClassVar[int] = 0

    name: str = field(default="", init=False, repr=False)
    explore: float = 0.0
    explore_decay: float = 0.0

    def __post_init__(self) -> None:
        validation.real("explore", self.explore, minimum=0.0, maximum=1.0)
        validation.real("explore_decay", self.explore_decay, minimum=0.0)

    @classmethod
    def column(cls, name: str) -> int:
        """Return the column in which kernels find a parameter: its position among the fields.

        Parameters
        ----------
        name : str
            Name of a parameter. A parameter of a base class has the same column in all classes derived from it.

        Returns
        -------
        int
            Index into a row of `edgeworth.learning.Population.parameters`.

        Raises
        ------
        ValueError
            If the learner has no such parameter.

        Examples
        --------
        >>> from edgeworth.learning import WolfPhc
        >>> WolfPhc.column("explore"), WolfPhc.column("lose")
        (0, 6)
        """
        names = cls._parameters()
        return names.index(validation.choice("name", name, names))

    @property
    def first_value(self) -> float:
        """V and every entry of Q of a state before its first visit."""
        return 0.0

    @classmethod
    def scratch(cls, n: int, o: int) -> int:
        """Return how many entries at the end of the memory the rule overwrites, n actions against o of the opponents."""
        return 0

    def row(self) -> tuple[float, ...]:
        """Return the values of all parameters in the order of their columns."""
        return tuple(float(getattr(self, name)) for name in self._parameters())

    @classmethod
    def _parameters(cls) -> list[str]:
        return [item.name for item in fields(cls) if item.init]


@dataclass(frozen=True, kw_only=True)
class ValueLearner(Learner):
    """Base of the learners that estimate action values Q by temporal differences.

    After reward r for action a in state s and the move to state s',

        Q(s, a) += rate [r + discount V(s') - Q(s, a)],      V(s) = max_a Q(s, a).

    Q starts at 0 unless the learner says otherwise.

    Parameters
    ----------
    rate : float
        Learning rate alpha, in (0, 1].
    rate_decay : float
        Decay of ``rate``, at least 0.
    discount : float
        Discount factor gamma, in [0, 1).

    Notes
    -----
    The defaults, rate .8 and discount .1, are those of the AI-Bazaar paper: with them Q is little more than the last reward.
    """

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
