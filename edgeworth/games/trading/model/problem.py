"""The problem and solution types of computing-power trading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core import names, validation
from edgeworth.core.arrays import Array, OptionalArray, optional
from edgeworth.core.numeric import Sense
from edgeworth.core.payload import Payload
from edgeworth.core.problem import ProblemData
from edgeworth.core.provenance import Provenance

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

ROLES = ("given", "chosen")
"""What `TradingGame.roles` may be: shares of mining that are given, or chosen by the consumers."""

_LARGEST = 1e300  # of demands times money: nothing that is computed overflows
_DEAREST = 1e290  # cost of a unit of mining power in rewards: where it is more, the reward does not count
_ARRAYS = ("role_ratio", "payment_weight", "token_effect", "evaluation_metric")
_NON_NEGATIVE = (
    "reward", "performance_factor", "block_size", "puzzle_constant", "propagation_factor",
    "service_profit", "unit_cost", "min_demand", "max_demand", "min_price", "max_price",
)  # fmt: skip


class Contest(NamedTuple):
    """The consumers of a game in two groups: those who compete for the reward, and the linear ones.

    Attributes
    ----------
    rows : ndarray
        Consumers who compete, int64.
    slope, offset : ndarray
        Of these, g_i = u_i / (beta_i R_i) and w_i = (1 - beta_i) C_b / (beta_i R_i), so that kappa_i / R_i = g_i p - w_i;
        float64.
    beta : ndarray
        Their role ratios, float64.
    linear : ndarray
        Linear consumers, int64.
    linear_threshold, linear_beta : ndarray
        Their threshold prices and role ratios, float64.

    Notes
    -----
    The arrays are not to be written to.
    """

    rows: Ints
    slope: Floats
    offset: Floats
    beta: Floats
    linear: Ints
    linear_threshold: Floats
    linear_beta: Floats


class RoleContest(NamedTuple):
    """The contest of consumers that choose their roles.

    Attributes
    ----------
    rows : ndarray
        Consumers whose reward counts (R_i > 0, F_max > 0), int64; the others mine nothing.
    service, slope : ndarray
        Of these, C_b / R_i and u_i / R_i, float64.
    threshold : ndarray
        C_b / u_i of every consumer, the price above which services do not pay, float64 [N]; infinite where u_i = 0 < C_b, and
        minus infinity where both are 0, so that such a consumer, indifferent at every price, asks for the least.

    Notes
    -----
    The arrays are not to be written to.
    """

    rows: Ints
    service: Floats
    slope: Floats
    threshold: Floats


@dataclass(frozen=True, eq=False, repr=False)
class TradingGame(ProblemData):
    """Computing-power trading (AI-Bazaar): one provider sets a unit price, N consumers answer with their demands.

    Leader: price p in [p_min, p_max], profit ``(p - C) sum_i F_i``. Consumer i: demand F_i in [F_min, F_max], utility
    ``F_i ((1 - beta_i) C_b - u_i p) + R_i x_i / X`` with ``x_i = beta_i F_i`` the power it mines with, ``X = sum_j x_j`` and
    the effective reward ``R_i = m_i (R + lambda B) exp(-eps tau delta_i B)``; the share x_i / X is 0 where X = 0.

    With ``roles="chosen"`` consumer i also chooses x_i, any power up to its demand: utility ``(F_i - x_i) C_b - u_i p F_i +
    R_i x_i / X``, 0 <= x_i <= F_i.

    Parameters
    ----------
    role_ratio : array_like
        beta, float64 [N] in [0, 1], N >= 1: the share of its power that a consumer mines with. Where roles are chosen it only
        says what they are otherwise: ``dataclasses.replace(game, roles="given")``.
    payment_weight : array_like
        u >= 0, float64 [N].
    reward : float
        R >= 0, in money.
    service_profit, unit_cost : float
        C_b and C, in money a unit of power.
    min_demand, max_demand : float
        F_min <= F_max, at least 0, in units of power.
    min_price, max_price : float
        p_min <= p_max, at least 0, in money a unit of power.
    token_effect : array_like, optional
        m >= 0, float64 [N]; 1 without it.
    evaluation_metric : array_like, optional
        delta >= 0, float64 [N]; 0 without it.
    performance_factor, block_size, puzzle_constant, propagation_factor : float
        lambda, B, eps and tau, all at least 0.
    provenance : Provenance
        Where the game comes from.
    consumer_names : tuple of str, optional
        One text a consumer, by default the labels of the arrays that are Series, which are brought into one order.
    roles : {"given", "chosen"}
        Whether the shares beta are given or the consumers' choice.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value; among it for a game in which at some price exactly one consumer competes
        against nobody (N = 1, for instance) with F_min = 0 < F_max and kappa > 0: it wants as little as possible but not 0, so
        it has no best reply. Where roles are chosen, F_min does not help it: a lone consumer with a reward is refused, and one
        that mines for nothing (C_b = u_i = F_min = 0) where all others may be driven out, so that any of its replies will do.

    Notes
    -----
    Per unit of x a consumer's cost is kappa_i = (u_i p - (1 - beta_i) C_b) / beta_i: a lottery contest with linear costs in a
    box. Consumers without a stake in the contest (beta_i = 0, or R_i = 0, or so small that kappa_i / R_i overflows) are
    *linear*: they ask for F_max below their `threshold` price (1 - beta_i) C_b / u_i, for F_min above it, and are indifferent
    at it. Arrays are copied and read-only.

    References
    ----------
    AI-Bazaar paper, equations (1)-(5).

    Examples
    --------
    >>> from edgeworth.games.trading import generate
    >>> game = generate(preset="kink")
    >>> game.consumers, round(float(game.effective_reward[0]), 2)
    (10, 4298.34)
    """

    sizes: ClassVar[tuple[str, ...]] = ("consumers",)

    kind: ClassVar[str] = "trading"
    sense: ClassVar[Sense] = "max"
    integral: ClassVar[bool] = False
    offset: ClassVar[float] = 0.0

    role_ratio: Floats
    payment_weight: Floats
    reward: float
    service_profit: float
    unit_cost: float
    min_demand: float
    max_demand: float
    min_price: float
    max_price: float
    token_effect: OptionalArray[Floats] = optional()  # None means: 1 everywhere; an array after validation
    evaluation_metric: OptionalArray[Floats] = optional()  # None means: 0 everywhere; an array after validation
    performance_factor: float = 0.0
    block_size: float = 0.0
    puzzle_constant: float = 0.0
    propagation_factor: float = 0.0
    provenance: Provenance = field(default_factory=lambda: Provenance("arrays"))
    consumer_names: tuple[str, ...] | None = None
    roles: str = "given"

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        arrays: dict[str, tuple[object, names.Axes]] = {name: (getattr(self, name), ("consumer",)) for name in _ARRAYS}
        aligned, found = names.align(arrays, {"consumer_names": self.consumer_names})
        for name, item in (aligned | found).items():
            store(name, item)
        store("role_ratio", validation.array("role_ratio", self.role_ratio, np.float64, (None,), minimum=0.0, maximum=1.0))
        n = len(self.role_ratio)
        if n == 0:
            validation.reject("role_ratio", "must name at least one consumer", self.role_ratio)
        for name, default in (("payment_weight", None), ("token_effect", 1.0), ("evaluation_metric", 0.0)):
            given = getattr(self, name)
            given = np.full(n, default) if given is None and default is not None else given
            store(name, validation.array(name, given, np.float64, (n,), minimum=0.0))
        store("consumer_names", names.checked("consumer_names", self.consumer_names, n))
        for name in _NON_NEGATIVE:
            store(name, validation.real(name, getattr(self, name), minimum=0.0))
        for low, high in (("min_demand", "max_demand"), ("min_price", "max_price")):
            if getattr(self, low) > getattr(self, high):
                validation.reject(low, f"must be at most {high} = {getattr(self, high)}", getattr(self, low))
        if not isinstance(self.provenance, Provenance):
            validation.reject_type("provenance", "must be a Provenance", self.provenance)
        if not np.isfinite(self.effective_reward).all():
            validation.reject("token_effect", "times the reward must be finite everywhere", self.token_effect)
        paid = float(self.payment_weight.max()) * self.max_price
        if not n * self.max_demand < _LARGEST / max(1.0, self.max_price, self.unit_cost, self.service_profit, paid):
            validation.reject("max_demand", f"times {n} consumers and the highest price must be below 1e300", self.max_demand)
        validation.choice("roles", self.roles, ROLES)
        self._refuse_a_lone_miner()

    def _refuse_a_lone_miner(self) -> None:
        """All conditions grow with the price, so the highest one decides."""
        if self.roles == "chosen":
            if len(self.role_contest.rows) == 1:
                rule = f"must be 'given' where consumer {self.role_contest.rows[0]} alone has a reward: any power wins it all"
                validation.reject("roles", f"{rule}, and the less the better, so that it has no best reply", self.roles)
            self._refuse_a_free_miner()
            return
        rivals = np.flatnonzero(self.rewarded)
        if self.min_demand > 0.0 or len(rivals) != 1:
            return
        i = int(rivals[0])
        cost = self.payment_weight[i] * self.max_price - self.service_margin[i]
        others = ~self.rewarded & (self.role_ratio > 0.0) & (self.threshold > self.max_price)
        if cost > 0.0 and not others.any():
            rule = f"must be above 0 where consumer {i} mines alone: it has no best reply"
            validation.reject("min_demand", rule, self.min_demand)

    def _refuse_a_free_miner(self) -> None:
        """Where C_b = u_i = 0 of one consumer, and less than F_max of it drives the others out, any power that does will do."""
        contest = self.role_contest
        costs = np.maximum(contest.service, contest.slope * self.max_price)
        if self.min_demand > 0.0 or np.count_nonzero(costs) != len(costs) - 1:
            return
        i = int(costs.argmin())
        if float(np.delete(costs, i).min()) * self.max_demand > 1.0:
            rule = f"must be 'given' where consumer {contest.rows[i]} alone mines for nothing and can drive all others out"
            validation.reject("roles", f"{rule}: any power that does is as good, so that its reply is not unique", self.roles)

    # --- derived ----------------------------------------------------------------------------------------------------------

    @property
    def consumers(self) -> int:
        """Number of consumers N."""
        return len(self.role_ratio)

    @cached_property
    def effective_reward(self) -> Floats:
        """R_i = m_i (R + lambda B) exp(-eps tau delta_i B), float64 [N]; 0 where it underflows."""
        with np.errstate(under="ignore", over="ignore", invalid="ignore"):
            decay = np.exp(-self.puzzle_constant * self.propagation_factor * self.evaluation_metric * self.block_size)
            prize = self.reward + self.performance_factor * self.block_size
            return _frozen(self.token_effect * prize * decay)

    @cached_property
    def service_margin(self) -> Floats:
        """(1 - beta_i) C_b, what a unit of demand earns by AI services, float64 [N].

        On it rests all that there is where roles are given; a ValueError where they are chosen.
        """
        if self.roles != "given":
            validation.reject("roles", "must be 'given' here: what a unit of demand earns is no constant", self.roles)
        return _frozen((1.0 - self.role_ratio) * self.service_profit)

    @cached_property
    def threshold(self) -> Floats:
        """The price (1 - beta_i) C_b / u_i at which a unit of demand costs nothing, float64 [N].

        Infinite where u_i = 0 and services earn something; minus infinity where neither costs or earns anything, so that such
        a consumer, indifferent at every price, asks for the least.
        """
        u, margin = self.payment_weight, self.service_margin
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            return _frozen(np.where(u > 0.0, margin / u, np.where(margin > 0.0, np.inf, -np.inf)))

    @cached_property
    def rewarded(self) -> Bools:
        """Who competes: beta_i > 0, F_max > 0 and a reward that counts, bool [N]. The others are linear."""
        stake = self.role_ratio * self.effective_reward
        limit = np.finfo(np.float64).max / (4.0 * max(1.0, self.max_price))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            counts = (self.payment_weight / stake < limit) & (self.service_margin / stake < limit)
        return _frozen((stake > 0.0) & counts & (self.max_demand > 0.0))

    @cached_property
    def contest(self) -> Contest:
        """The game as its kernels read it; see `Contest`."""
        rows, linear = np.flatnonzero(self.rewarded), np.flatnonzero(~self.rewarded)
        stake = (self.role_ratio * self.effective_reward)[rows]
        return Contest(
            rows=rows,
            slope=self.payment_weight[rows] / stake,
            offset=self.service_margin[rows] / stake,
            beta=self.role_ratio[rows].copy(),
            linear=linear,
            linear_threshold=self.threshold[linear],
            linear_beta=self.role_ratio[linear],
        )

    @cached_property
    def role_contest(self) -> RoleContest:
        """The game of consumers that choose their roles; see `RoleContest`."""
        reward, u, service = self.effective_reward, self.payment_weight, self.service_profit
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            counts = np.maximum(service, u * self.max_price) / reward < _DEAREST
            threshold = np.where(u > 0.0, service / u, np.inf if service > 0.0 else -np.inf)
        rows = np.flatnonzero(counts & (reward > 0.0) & (self.max_demand > 0.0))
        return RoleContest(_frozen(rows), _frozen(service / reward[rows]), _frozen(u[rows] / reward[rows]), _frozen(threshold))

    # --- constructors ----------------------------------------------------------------------------------------------------

    @classmethod
    def from_effective_reward(
        cls,
        role_ratio: ArrayLike,
        payment_weight: ArrayLike,
        effective_reward: ArrayLike,
        *,
        service_profit: float,
        unit_cost: float,
        min_demand: float,
        max_demand: float,
        min_price: float,
        max_price: float,
        consumer_names: Sequence[str] | None = None,
        provenance: Provenance | None = None,
        roles: str = "given",
    ) -> TradingGame:
        """A game from the effective rewards themselves.

        Parameters
        ----------
        role_ratio, payment_weight : array-like [N]
        effective_reward : array-like [N]
            R_i >= 0. They become the token effects of a raw reward of 1 of which nothing is lost.
        service_profit, unit_cost, min_demand, max_demand, min_price, max_price : float
            As in the class.
        consumer_names : sequence of str, optional
            Default: the labels of the arguments that are Series, which are brought into one order.
        provenance : Provenance, optional
        roles : {"given", "chosen"}

        Returns
        -------
        TradingGame

        Raises
        ------
        ValueError, TypeError
            As the class.
        """
        columns = {"role_ratio": role_ratio, "payment_weight": payment_weight, "effective_reward": effective_reward}
        given, found = names.align(
            {name: (column, ("consumer",)) for name, column in columns.items()}, {"consumer_names": consumer_names}
        )
        return cls(
            role_ratio=given["role_ratio"],
            payment_weight=given["payment_weight"],
            token_effect=validation.array("effective_reward", given["effective_reward"], np.float64, (None,), minimum=0.0),
            reward=1.0,
            service_profit=service_profit,
            unit_cost=unit_cost,
            min_demand=min_demand,
            max_demand=max_demand,
            min_price=min_price,
            max_price=max_price,
            provenance=provenance or Provenance("arrays"),
            roles=roles,
            **found,
        )

    # --- files ------------------------------------------------------------------------------------------------------------

    def to_payload(self) -> Payload:
        """As plain fields and arrays. Roles are written where they are chosen, so that other games keep their hash."""
        content: dict[str, object] = {name: getattr(self, name) for name in _NON_NEGATIVE}
        content |= {"roles": self.roles} if self.roles != "given" else {}
        content["provenance"] = self.provenance.to_fields()
        content |= names.to_fields(self, "consumer")
        return Payload(content, {name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def from_payload(cls, payload: Payload) -> TradingGame:
        """The inverse of `to_payload`; validates like the constructor."""
        arrays: dict[str, Any] = {name: payload.array(name) for name in _ARRAYS}
        scalars = {name: payload.field(name) for name in _NON_NEGATIVE}
        named = names.from_fields(payload.fields, "consumer")
        roles = payload.fields.get("roles", "given")
        return cls(**arrays, **scalars, **named, provenance=Provenance(**payload.field("provenance")), roles=roles)


def _frozen(values: Any) -> Array:
    frozen: Array = np.asarray(values)
    frozen.setflags(write=False)
    return frozen
