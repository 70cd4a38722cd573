"""The game."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core import names, sparse, validation
from edgeworth.core.arrays import OptionalArray, optional
from edgeworth.core.numeric import Sense
from edgeworth.core.payload import Payload
from edgeworth.core.problem import ProblemData
from edgeworth.core.provenance import Provenance
from edgeworth.games.offloading.model import columns

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Regime = Literal["linearised", "soft-deadline", "floored"]
Which = Literal["paper", "weighted"]
"""A candidate for a potential."""

REGIMES: tuple[Regime, ...] = ("linearised", "soft-deadline", "floored")
"""What `OffloadingGame.regime` may be: how a machine's reward falls with its delay."""

EQUILIBRIUM_TOL = 1e-9
"""At an equilibrium no user gains more than this by a move of its own, relative to the distance between the best and the worst
that its actions earn there."""


@dataclass(frozen=True, eq=False, repr=False)
class OffloadingGame(ProblemData):
    """A weighted congestion game: user i = 0..m-1 computes locally or at one provider k = 0..n-1 within reach.

    Only pairs within reach are stored, sorted by user, then by provider (compressed rows). `from_matrices` and `from_pairs`
    build that form.

    Parameters
    ----------
    indptr : int64 [m + 1]
        Where the pairs of each user begin.
    provider : int32 [pairs]
        The provider of each pair.
    gain : float64 [pairs]
        What is worth the same at any delay: rewards, energy saved; in money.
    rate : float64 [n]
        F > 0, in cycles a second.
    transfer, price : float64 [pairs], optional
        The upload time >= 0, in seconds, and what the user pays, in money; default 0.
    weight : float64 [m], optional
        w > 0, the user's share in weighted processor sharing; default 1.
    workload : float64 [m], optional
        C >= 0, in cycles; default 1.
    sensitivity : float64 [m], optional
        s >= 0, utility a second; default 1.
    deadline : float64 [m], optional
        tau, in seconds: > 0 for machines, 0 for humans; default 0.
    human : bool [m], optional
        Default: all users are humans.
    local_utility, local_delay : float64 [m], optional
        Of local execution, in money and in seconds >= 0; default 0.
    cap : int64 [n], optional
        Users that a provider serves at most, >= 0; default: no limit, stored as m.
    cost_rate : float64 [n], optional
        >= 0, money a busy second; default 0.
    uav : bool [n], optional
        Default: all providers are edge servers.
    regime : {"linearised", "soft-deadline", "floored"}
        How lateness lowers a machine's reward; see the notes.
    provenance : Provenance
        Where the game comes from.
    user_names, provider_names : tuple of str, optional
        One text each, for tables, messages and graphs; None where they have numbers only.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value, for wrong shapes, NaN, infinities, values out of range, duplicate or
        unsorted pairs, and for numbers so large or rates so small that utilities or potentials could leave the range of floats
        (`columns.LARGEST`).

    Notes
    -----
    With Lambda_k = sum of the weights w_j of the users at k (weighted processor sharing), user i at k waits
    ``t_ik = transfer_ik + (C_i / w_i) Lambda_k / F_k`` seconds and has the utility

        u_ik = gain_ik - price_ik - s_i phi_i(t_ik - tau_i)

    For humans tau_i = 0 and phi(x) = x. For machines s_i = R_i / tau_i and, by ``regime``: "linearised" phi(x) = x,
    "soft-deadline" phi(x) = max(0, x) (the reward falls by R per deadline of lateness, also below zero), "floored"
    phi(x) = min(tau, max(0, x)) (the reward is lost and no more). At most ``cap_k`` users may use k. Welfare is the sum of
    utilities before payments less the providers' cost ``cost_rate_k L_k / F_k``, L_k = sum of the workloads at k; it is the
    problem's value, sense "max".

    In the linearised regime, and for humans, ``u_ik = base_ik - price_ik - gamma_i Lambda_k / F_k`` with
    ``base = gain - s (transfer - tau)`` and ``gamma = s C / w``.

    Arrays are copied and read-only; m or n may be 0.

    References
    ----------
    FUSION paper, section V-A, equations (11)-(20); its printed formulas are lost, the text's meaning is taken.

    Examples
    --------
    >>> game = OffloadingGame.from_matrices(gain=[[3.0], [3.0]], rate=[2.0])
    >>> game.users, game.providers, game.pairs
    (2, 1, 2)
    """

    sizes: ClassVar[tuple[str, ...]] = ("users", "providers", "pairs")

    kind: ClassVar[str] = "offloading"
    sense: ClassVar[Sense] = "max"
    integral: ClassVar[bool] = False
    offset: ClassVar[float] = 0.0

    indptr: Ints
    provider: NDArray[np.int32]
    gain: Floats
    rate: Floats
    transfer: OptionalArray[Floats] = optional()  # None: the default named in the docstring; an array after validation
    price: OptionalArray[Floats] = optional()
    weight: OptionalArray[Floats] = optional()
    workload: OptionalArray[Floats] = optional()
    sensitivity: OptionalArray[Floats] = optional()
    deadline: OptionalArray[Floats] = optional()
    human: OptionalArray[Bools] = optional()
    local_utility: OptionalArray[Floats] = optional()
    local_delay: OptionalArray[Floats] = optional()
    cap: OptionalArray[Ints] = optional()
    cost_rate: OptionalArray[Floats] = optional()
    uav: OptionalArray[Bools] = optional()
    regime: Regime = "linearised"
    provenance: Provenance = field(default_factory=lambda: Provenance("arrays"))
    user_names: tuple[str, ...] | None = None
    provider_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        def real(name: str, length: int, default: float, **limits: Any) -> None:
            given = getattr(self, name)
            values = np.full(length, default) if given is None else given
            store(name, validation.array(name, values, np.float64, (length,), **limits))

        def flags(name: str, length: int, default: bool) -> None:
            given = getattr(self, name)
            store(name, validation.array(name, np.full(length, default) if given is None else given, np.bool_, (length,)))

        store("regime", validation.choice("regime", self.regime, REGIMES))
        store("rate", validation.array("rate", self.rate, np.float64, (None,), minimum=0.0, open_minimum=True))
        store("indptr", sparse.pointer(self.indptr))
        pairs, n, m = int(self.indptr[-1]), len(self.rate), len(self.indptr) - 1
        store("provider", validation.array("provider", self.provider, np.int32, (pairs,), minimum=0, maximum=n - 1))
        store("gain", validation.array("gain", self.gain, np.float64, (pairs,)))
        real("transfer", pairs, 0.0, minimum=0.0)
        real("price", pairs, 0.0)
        real("weight", m, 1.0, minimum=0.0, open_minimum=True)
        real("workload", m, 1.0, minimum=0.0)
        real("sensitivity", m, 1.0, minimum=0.0)
        real("deadline", m, 0.0, minimum=0.0)
        real("local_utility", m, 0.0)
        real("local_delay", m, 0.0, minimum=0.0)
        flags("human", m, True)
        real("cost_rate", n, 0.0, minimum=0.0)
        flags("uav", n, False)
        limit = np.full(n, m) if self.cap is None else self.cap
        store("cap", validation.array("cap", limit, np.int64, (n,), minimum=0))
        wrong = np.flatnonzero(self.human != (self.deadline == 0.0))
        if len(wrong):
            i = int(wrong[0])
            rule = "must be 0 for a human, above 0 for a machine"
            raise ValueError(f"deadline: {rule}; got {self.deadline[i]} for user {i}, human {bool(self.human[i])}")
        sparse.require_sorted(self.indptr, self.provider, "user", "provider")
        store("user_names", names.checked("user_names", self.user_names, m))
        store("provider_names", names.checked("provider_names", self.provider_names, n))
        columns.require_representable({name: getattr(self, name) for name in columns.COLUMNS})

    # --- sizes and derived arrays ---------------------------------------------------------------------------------------

    @property
    def users(self) -> int:
        """Number of users m."""
        return len(self.indptr) - 1

    @property
    def providers(self) -> int:
        """Number of providers n."""
        return len(self.rate)

    @property
    def pairs(self) -> int:
        """Number of pairs of a user and a provider within reach."""
        return len(self.provider)

    @property
    def profiles(self) -> float:
        """The number of profiles, caps apart: the product over users of 1 + providers in reach. Infinity where it is huge."""
        return float(np.exp2(np.log2(1.0 + np.diff(self.indptr)).sum())) if self.users < 1_000 else float("inf")

    @property
    def linear(self) -> bool:
        """Whether all utilities are affine in the delay, so that the weighted potential exists."""
        return self.regime == "linearised" or bool(self.human.all())

    @cached_property
    def user(self) -> Ints:
        """The user of every pair, int64 [pairs]."""
        return sparse.rows_of(self.indptr)

    @cached_property
    def unit(self) -> Floats:
        """C_i / w_i: seconds of computing per unit of Lambda_k / F_k, float64 [m]."""
        result: Floats = _frozen(self.workload / self.weight)
        return result

    @cached_property
    def gamma(self) -> Floats:
        """gamma_i = s_i C_i / w_i: utility lost per unit of Lambda_k / F_k while it is lost linearly, float64 [m]."""
        result: Floats = _frozen(self.sensitivity * self.unit)
        return result

    @cached_property
    def base(self) -> Floats:
        """base_ik = gain_ik - s_i (transfer_ik - tau_i), payments left out, float64 [pairs]: the paper's base terms."""
        i = self.user
        result: Floats = _frozen(self.gain - self.sensitivity[i] * (self.transfer - self.deadline[i]))
        return result

    @cached_property
    def clip(self) -> tuple[Floats, Floats]:
        """phi_i(x) = min(high_i, max(low_i, x)): the limits, float64 [m] each, infinite where there is none."""
        kinked = np.zeros(self.users, dtype=bool) if self.regime == "linearised" else ~self.human
        low = np.where(kinked, 0.0, -np.inf)
        high = np.where(kinked & (self.regime == "floored"), self.deadline, np.inf)
        return _frozen(low), _frozen(high)

    # --- constructors ---------------------------------------------------------------------------------------------------

    @classmethod
    def from_pairs(
        cls,
        user: ArrayLike,
        provider: ArrayLike,
        gain: ArrayLike,
        rate: ArrayLike,
        *,
        users: int,
        transfer: ArrayLike | None = None,
        price: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        workload: ArrayLike | None = None,
        sensitivity: ArrayLike | None = None,
        deadline: ArrayLike | None = None,
        human: ArrayLike | None = None,
        local_utility: ArrayLike | None = None,
        local_delay: ArrayLike | None = None,
        cap: ArrayLike | None = None,
        cost_rate: ArrayLike | None = None,
        uav: ArrayLike | None = None,
        regime: Regime = "linearised",
        user_names: Sequence[str] | None = None,
        provider_names: Sequence[str] | None = None,
        provenance: Provenance | None = None,
    ) -> OffloadingGame:
        """A game from the pairs within reach, in any order.

        Parameters
        ----------
        user, provider : array-like of int [pairs]
            The pairs by position; each at most once.
        gain, transfer, price : array-like [pairs]
            Series of the pairs are brought into one order by their index, which names nothing.
        rate : array-like [providers]
        users : int
            The number of users.
        user_names, provider_names : sequence of str, optional
            Default: the labels of the arguments of users and of providers that are Series.
        weight, workload, sensitivity, deadline, human, local_utility, local_delay, cap, cost_rate, uav, regime, provenance
            As in the class.

        Returns
        -------
        OffloadingGame

        Raises
        ------
        ValueError, TypeError
            As the class, and for a pair that is named twice.
        """
        m = validation.integer("users", users, minimum=0)
        by_pair = {"user": user, "provider": provider, "gain": gain, "transfer": transfer, "price": price}
        pairs, _ = names.align({name: (column, ("pair",)) for name, column in by_pair.items()})
        entries = {
            "rate": rate, "weight": weight, "workload": workload, "sensitivity": sensitivity, "deadline": deadline,
            "human": human, "local_utility": local_utility, "local_delay": local_delay, "cap": cap, "cost_rate": cost_rate,
            "uav": uav,
        }  # fmt: skip
        arrays = {name: (entry, columns.AXES[name]) for name, entry in entries.items()}
        aligned, found = names.align(arrays, {"user_names": user_names, "provider_names": provider_names})
        f = validation.array("rate", aligned["rate"], np.float64, (None,))
        i = validation.array("user", pairs["user"], np.int64, (None,), minimum=0, maximum=m - 1)
        k = validation.array("provider", pairs["provider"], np.int64, (len(i),), minimum=0, maximum=len(f) - 1)
        order, indptr = sparse.compress(i, k, m, len(f), "user", "provider")
        for name in columns.PAIR:
            if pairs[name] is not None:
                aligned[name] = validation.array(name, pairs[name], np.float64, (len(i),))[order]
        return cls(
            indptr=indptr,
            provider=k[order].astype(np.int32),
            regime=regime,
            provenance=provenance or Provenance("arrays"),
            **aligned,
            **found,
        )

    @classmethod
    def from_matrices(
        cls,
        gain: ArrayLike,
        rate: ArrayLike,
        reach: ArrayLike | None = None,
        *,
        transfer: ArrayLike | None = None,
        price: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        workload: ArrayLike | None = None,
        sensitivity: ArrayLike | None = None,
        deadline: ArrayLike | None = None,
        human: ArrayLike | None = None,
        local_utility: ArrayLike | None = None,
        local_delay: ArrayLike | None = None,
        cap: ArrayLike | None = None,
        cost_rate: ArrayLike | None = None,
        uav: ArrayLike | None = None,
        regime: Regime = "linearised",
        user_names: Sequence[str] | None = None,
        provider_names: Sequence[str] | None = None,
        provenance: Provenance | None = None,
    ) -> OffloadingGame:
        """A game from dense matrices, one row a user and one column a provider.

        Parameters
        ----------
        gain : array-like [users, providers]
            Rows and columns of a DataFrame name users and providers.
        rate : array-like [providers]
        reach : array-like of bool [users, providers], optional
            Default: everybody reaches everything.
        transfer, price : array-like [users, providers], optional
        user_names, provider_names : sequence of str, optional
            Default: the labels of the arguments that are Series or DataFrames. Arguments with the same labels in another order
            are brought into this order; with other labels they are refused.
        weight, workload, sensitivity, deadline, human, local_utility, local_delay, cap, cost_rate, uav, regime, provenance
            As in the class.

        Returns
        -------
        OffloadingGame

        Raises
        ------
        ValueError, TypeError
            As the class.
        """
        entries = {
            "rate": rate, "weight": weight, "workload": workload, "sensitivity": sensitivity, "deadline": deadline,
            "human": human, "local_utility": local_utility, "local_delay": local_delay, "cap": cap, "cost_rate": cost_rate,
            "uav": uav,
        }  # fmt: skip
        pair: names.Axes = ("user", "provider")
        matrices = {"gain": gain, "reach": reach, "transfer": transfer, "price": price}
        arrays = {name: (matrix, pair) for name, matrix in matrices.items()}
        arrays |= {name: (entry, columns.AXES[name]) for name, entry in entries.items()}
        given, found = names.align(arrays, {"user_names": user_names, "provider_names": provider_names})
        f = validation.array("rate", given["rate"], np.float64, (None,))
        g = validation.array("gain", given["gain"], np.float64, (None, len(f)))
        inside = np.ones(g.shape, dtype=bool)
        if reach is not None:
            inside = validation.array("reach", given["reach"], np.bool_, g.shape)
        i, k = np.nonzero(inside)
        for name in ("transfer", "price"):
            if given[name] is not None:
                given[name] = validation.array(name, given[name], np.float64, g.shape)[i, k]
        given |= {"gain": g[i, k], "rate": f}
        del given["reach"]
        return cls.from_pairs(user=i, provider=k, users=len(g), regime=regime, provenance=provenance, **given, **found)

    # --- files ----------------------------------------------------------------------------------------------------------

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        arrays = {name: getattr(self, name) for name in ("indptr", "provider", *columns.COLUMNS)}
        content = {"regime": self.regime, "provenance": self.provenance.to_fields()}
        return Payload(content | names.to_fields(self, "user", "provider"), arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> OffloadingGame:
        """The inverse of `to_payload`; validates like the constructor."""
        origin = Provenance.from_fields(payload.field("provenance"))
        arrays: dict[str, Any] = {name: payload.array(name) for name in ("indptr", "provider", *columns.COLUMNS)}
        return cls(
            **arrays,
            regime=payload.field("regime"),
            provenance=origin,
            **names.from_fields(payload.fields, "user", "provider"),
        )


def _frozen(values: Any) -> Any:
    values.setflags(write=False)
    return values
