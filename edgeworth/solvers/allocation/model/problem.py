"""The problem and solution types of multi-task allocation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core import names, sparse, validation
from edgeworth.core.arrays import Array, OptionalArray, optional
from edgeworth.core.numeric import FEASIBILITY_TOL, Sense
from edgeworth.core.payload import Payload
from edgeworth.core.problem import ProblemData
from edgeworth.core.provenance import Provenance
from edgeworth.solvers.allocation.model import columns
from edgeworth.solvers.allocation.model.system import Floats, Ints, MecSystem

Bools = NDArray[np.bool_]

_ARRAYS = ("indptr", "server", "value", "weight", "capacity", "must_serve")


@dataclass(frozen=True, eq=False, repr=False)
class AllocationProblem(ProblemData):
    """Multi-task allocation (MTA), a generalised assignment problem: tasks j = 0..m-1 go to servers i = 0..n-1.

    Only eligible pairs are stored, sorted by task, then by server (compressed rows). `from_matrices`, `from_pairs` and
    `from_system` build that form.

    Parameters
    ----------
    indptr : int64 [m + 1]
        Where the pairs of each task begin.
    server : int64 [pairs]
        The server of each pair.
    value, weight : float64 [pairs]
        v of any sign, in money or joules; w >= 0, in cycles or whatever capacities are in.
    capacity : float64 [n]
        c >= 0.
    must_serve : bool [m], optional
        Tasks that may not stay unserved; default: none.
    sense : {"max", "min"}
    offset : float
        A constant part of every value, in the unit of ``value``.
    system : MecSystem, optional
        The raw fields that the problem was built from; the checker recomputes values and deadlines from them.
    provenance : Provenance
        Where the problem came from; ``parameters["too_heavy"]`` counts the pairs that a constructor left out.
    server_names, task_names : tuple of str, optional
        One text each, for tables, messages and plots; None where they have numbers only.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value, for wrong shapes, NaN, infinities, numbers beyond 1e100, negative weights
        or capacities, and duplicate or unsorted pairs.

    Notes
    -----
    The problem is to maximise (or minimise) ``offset + sum v_ij x_ij`` subject to ``sum_i x_ij <= 1`` for every task (``= 1``
    where ``must_serve``), ``sum_j w_ij x_ij <= c_i`` for every server, x binary. An unserved task is worth 0.

    Integer data are exact: where a server's capacity and weights are integers (`whole`) its load may not exceed c_i at all;
    else up to c_i (1 + 1e-9) counts as feasible (`limit`). Every stored pair fits its server alone in this sense: that belongs
    to eligibility in this model. Arrays are copied and read-only; n or m may be 0.

    References
    ----------
    MTA paper, section III-D (constraint C3 sums over tasks there, a misprint). Martello and Toth, Knapsack Problems (1990),
    chapters 6 and 7.

    Examples
    --------
    >>> p = AllocationProblem.from_matrices(value=[[3.0, 2.0]], weight=[[1.0, 1.0]], capacity=[1.0])
    >>> p.servers, p.tasks, p.pairs
    (1, 2, 2)
    """

    sizes: ClassVar[tuple[str, ...]] = ("servers", "tasks", "pairs")

    kind: ClassVar[str] = "allocation"

    indptr: Ints
    server: Ints
    value: Floats
    weight: Floats
    capacity: Floats
    must_serve: OptionalArray[Bools] = optional()  # None means: none; an array after validation
    sense: Sense = "max"
    offset: float = 0.0
    system: MecSystem | None = None
    provenance: Provenance = field(default_factory=lambda: Provenance("arrays"))
    server_names: tuple[str, ...] | None = None
    task_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        store("capacity", columns.numbers("capacity", self.capacity, None, 0.0))
        store("indptr", sparse.pointer(self.indptr))
        pairs, n, m = int(self.indptr[-1]), len(self.capacity), len(self.indptr) - 1
        store("server", validation.array("server", self.server, np.int64, (pairs,), minimum=0, maximum=n - 1))
        store("value", columns.numbers("value", self.value, pairs, -columns.LARGEST))
        store("weight", columns.numbers("weight", self.weight, pairs, 0.0))
        must = np.zeros(m, dtype=bool) if self.must_serve is None else self.must_serve
        store("must_serve", validation.array("must_serve", must, np.bool_, (m,)))
        store("sense", validation.choice("sense", self.sense, ("max", "min")))
        store("offset", validation.real("offset", self.offset, minimum=-columns.LARGEST, maximum=columns.LARGEST))
        sparse.require_sorted(self.indptr, self.server, "task", "server")
        heavy = np.flatnonzero(~columns.fits_alone(self.weight, self.capacity[self.server]))
        if len(heavy):
            k = int(heavy[0])
            where = f"task {self.task[k]} at server {self.server[k]} of capacity {self.capacity[self.server[k]]}"
            raise ValueError(f"weight: every stored pair must fit its server alone; got {self.weight[k]} for {where}")
        if self.system is not None and (self.system.servers, self.system.tasks) != (n, m):
            validation.reject("system", f"must have {n} servers and {m} tasks", (self.system.servers, self.system.tasks))
        store("server_names", names.checked("server_names", self.server_names, n))
        store("task_names", names.checked("task_names", self.task_names, m))

    # --- sizes and derived arrays ---------------------------------------------------------------------------------------

    @property
    def servers(self) -> int:
        """Number of servers n."""
        return len(self.capacity)

    @property
    def tasks(self) -> int:
        """Number of tasks m."""
        return len(self.indptr) - 1

    @property
    def pairs(self) -> int:
        """Number of eligible pairs."""
        return len(self.server)

    @cached_property
    def task(self) -> Ints:
        """The task of every pair, int64 [pairs]."""
        return sparse.rows_of(self.indptr)

    @cached_property
    def whole(self) -> Bools:
        """Whether a server's capacity and the weights of its pairs are integers with an exact sum; bool [servers]."""
        result = columns.whole(self.server, self.weight, self.capacity)
        result.setflags(write=False)
        return result

    @cached_property
    def limit(self) -> Floats:
        """The load up to which a server counts as feasible: c_i where its data are integers, else c_i (1 + FEASIBILITY_TOL)."""
        result = np.where(self.whole, self.capacity, self.capacity * (1.0 + FEASIBILITY_TOL))
        result.setflags(write=False)
        return result

    @cached_property
    def grid(self) -> float:
        """A number of which all profits are multiples, if sums of them are exact in floating point; else 0.

        The greatest common divisor of integers, or the largest power of two.
        """
        return columns.grid(self.value)

    @cached_property
    def stranded(self) -> Ints:
        """The tasks that must be served and have no eligible server; where there is one, nothing is feasible."""
        result = np.flatnonzero(self.must_serve & (np.diff(self.indptr) == 0))
        result.setflags(write=False)
        return result

    @cached_property
    def profit(self) -> Floats:
        """The values as something to maximise: v for "max", -v for "min". Solvers work on it."""
        result = self.value if self.sense == "max" else -self.value
        result.setflags(write=False)
        return result

    @cached_property
    def integral(self) -> bool:
        """Whether all values and the offset are integers, so that every solution's value is one.

        Only where floating point can tell such totals apart, below 2^50: every float beyond 2^53 is an integer.
        """
        return columns.integral(self.value, self.offset)

    def objective(self, profit: float) -> float:
        """Total profit in the problem's own terms: ``offset + profit`` for "max", ``offset - profit`` for "min"."""
        return self.offset + (profit if self.sense == "max" else -profit)

    # --- constructors ---------------------------------------------------------------------------------------------------

    @classmethod
    def from_matrices(
        cls,
        value: ArrayLike,
        weight: ArrayLike,
        capacity: ArrayLike,
        eligible: ArrayLike | None = None,
        *,
        must_serve: ArrayLike | None = None,
        sense: Sense = "max",
        offset: float = 0.0,
        server_names: Sequence[str] | None = None,
        task_names: Sequence[str] | None = None,
        provenance: Provenance | None = None,
    ) -> AllocationProblem:
        """A problem from dense matrices, one row a server and one column a task.

        Parameters
        ----------
        value, weight : array-like [servers, tasks]
            v, and w >= 0. Rows and columns of a DataFrame name servers and tasks.
        capacity : array-like [servers]
        eligible : array-like of bool [servers, tasks], optional
            Default: every pair is eligible.
        must_serve : array-like of bool [tasks], optional
        sense, offset
            As in the class.
        server_names, task_names : sequence of str, optional
            Default: the labels of the arguments that are Series or DataFrames. Arguments with the same labels in another order
            are brought into this order; with other labels they are refused.
        provenance : Provenance, optional

        Returns
        -------
        AllocationProblem
            Of the pairs that are eligible and no heavier than their server's capacity.

        Raises
        ------
        ValueError, TypeError
            As the class.

        Examples
        --------
        >>> import pandas as pd
        >>> value = pd.DataFrame([[3.0], [2.0]], index=["east", "west"], columns=["render"])
        >>> capacity = pd.Series([1.0, 9.0], index=["west", "east"])
        >>> p = AllocationProblem.from_matrices(value, [[5.0], [1.0]], capacity)
        >>> p.capacity.tolist(), p.server_names, p.task_names
        ([9.0, 1.0], ('east', 'west'), ('render',))
        """
        pair: names.Axes = ("server", "task")
        given, found = names.align(
            {
                "value": (value, pair),
                "weight": (weight, pair),
                "eligible": (eligible, pair),
                "capacity": (capacity, ("server",)),
                "must_serve": (must_serve, ("task",)),
            },
            {"server_names": server_names, "task_names": task_names},
        )
        c = columns.numbers("capacity", given["capacity"], None, 0.0)
        v = validation.array("value", given["value"], np.float64, (len(c), None))
        w = validation.array("weight", given["weight"], np.float64, v.shape, minimum=0.0)
        e = np.ones(v.shape, dtype=bool)
        if eligible is not None:
            e = validation.array("eligible", given["eligible"], np.bool_, v.shape)
        task, server = np.nonzero(e.T)
        return cls.from_pairs(
            task=task,
            server=server,
            value=v[server, task],
            weight=w[server, task],
            capacity=c,
            tasks=v.shape[1],
            must_serve=given["must_serve"],
            sense=sense,
            offset=offset,
            provenance=provenance,
            **found,
        )

    @classmethod
    def from_pairs(
        cls,
        task: ArrayLike,
        server: ArrayLike,
        value: ArrayLike,
        weight: ArrayLike,
        capacity: ArrayLike,
        *,
        tasks: int,
        must_serve: ArrayLike | None = None,
        sense: Sense = "max",
        offset: float = 0.0,
        system: MecSystem | None = None,
        server_names: Sequence[str] | None = None,
        task_names: Sequence[str] | None = None,
        provenance: Provenance | None = None,
    ) -> AllocationProblem:
        """A problem from its eligible pairs, in any order.

        Parameters
        ----------
        task, server : array-like of int [pairs]
            The pairs by position; each at most once.
        value, weight : array-like [pairs]
            v, and w >= 0. Series of the pairs are brought into one order by their index, which names nothing.
        capacity : array-like [servers]
        tasks : int
            The number of tasks.
        must_serve : array-like of bool [tasks], optional
        sense, offset, system
            As in the class.
        server_names, task_names : sequence of str, optional
            Default: the labels of ``capacity`` and ``must_serve`` where they are Series.
        provenance : Provenance, optional

        Returns
        -------
        AllocationProblem
            Without the pairs that are heavier than their server's capacity.

        Raises
        ------
        ValueError, TypeError
            As the class, and for a pair that is named twice.
        """
        m = validation.integer("tasks", tasks, minimum=0)
        by_pair = {"task": task, "server": server, "value": value, "weight": weight}
        given, _ = names.align({name: (column, ("pair",)) for name, column in by_pair.items()})
        by_axis, found = names.align(
            {"capacity": (capacity, ("server",)), "must_serve": (must_serve, ("task",))},
            {"server_names": server_names, "task_names": task_names},
        )
        c = columns.numbers("capacity", by_axis["capacity"], None, 0.0)
        t = validation.array("task", given["task"], np.int64, (None,), minimum=0, maximum=m - 1)
        s = validation.array("server", given["server"], np.int64, (len(t),), minimum=0, maximum=len(c) - 1)
        v = validation.array("value", given["value"], np.float64, (len(t),))
        w = columns.numbers("weight", given["weight"], len(t), 0.0)
        order, _ = sparse.compress(t, s, m, len(c), "task", "server")
        t, s, v, w = t[order], s[order], v[order], w[order]
        fits = columns.fits_alone(w, c[s])
        origin = provenance or Provenance("arrays")
        parameters = {**origin.parameters, "too_heavy": int(len(t) - fits.sum())}
        return cls(
            indptr=sparse.begins(t[fits], m),
            server=s[fits],
            value=v[fits],
            weight=w[fits],
            capacity=c,
            must_serve=by_axis["must_serve"],
            sense=sense,
            offset=offset,
            system=system,
            provenance=replace(origin, parameters=parameters),
            **found,
        )

    @classmethod
    def from_system(
        cls,
        system: MecSystem,
        *,
        task: ArrayLike | None = None,
        server: ArrayLike | None = None,
        must_serve: ArrayLike | None = None,
        provenance: Provenance | None = None,
    ) -> AllocationProblem:
        """A problem from the raw fields of a mobile-edge system.

        Parameters
        ----------
        system : MecSystem
        task, server : array-like of int [pairs], optional
            The pairs within reach, by position (coverage); default: every server reaches every task. Given together or not at
            all.
        must_serve : array-like of bool [tasks], optional
        provenance : Provenance, optional

        Returns
        -------
        AllocationProblem
            Of the pairs with mu_ij <= mu_i and T_comp + [i != s_j] T_comm <= tau_j; their values are v_ij (see `MecSystem`).

        Raises
        ------
        ValueError, TypeError
            As the class.
        """
        kept_task, kept_server, cycles = columns.timely(system, task, server)
        return cls.from_pairs(
            task=kept_task,
            server=kept_server,
            value=system.pair_values(kept_task, kept_server),
            weight=cycles,
            capacity=system.capacity,
            tasks=system.tasks,
            must_serve=must_serve,
            system=system,
            server_names=system.server_names,
            task_names=system.task_names,
            provenance=provenance,
        )

    # --- files ----------------------------------------------------------------------------------------------------------

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        arrays: dict[str, Array] = {name: getattr(self, name) for name in _ARRAYS}
        content: dict[str, object] = {"sense": self.sense, "offset": self.offset, "provenance": self.provenance.to_fields()}
        content |= names.to_fields(self, "server", "task")
        if self.system is not None:
            inner = self.system.to_payload()
            content["system"] = inner.fields
            arrays |= {f"system.{name}": values for name, values in inner.arrays.items()}
        return Payload(content, arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> AllocationProblem:
        """The inverse of `to_payload`; validates like the constructor."""
        system = None
        if "system" in payload.fields:
            system = MecSystem.from_payload(Payload(payload.fields["system"], payload.part("system")))
        origin = Provenance.from_fields(payload.field("provenance"))
        arrays: dict[str, Any] = {name: payload.array(name) for name in _ARRAYS}
        return cls(
            **arrays,
            sense=payload.field("sense"),
            offset=payload.field("offset"),
            system=system,
            provenance=origin,
            **names.from_fields(payload.fields, "server", "task"),
        )
