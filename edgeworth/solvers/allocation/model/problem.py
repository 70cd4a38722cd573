"""The problem and solution types of multi-task allocation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from os import PathLike
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core import validation
from edgeworth.core.io import Payload, fingerprint, save_problem
from edgeworth.core.numeric import FEASIBILITY_TOL, Sense
from edgeworth.core.provenance import Provenance
from edgeworth.solvers.allocation.model.system import Floats, Ints, MecSystem

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class AllocationProblem:
    """Multi-task allocation (MTA), a generalised-assignment problem: tasks j = 0..m-1 go to servers i = 0..n-1.

    maximise (or minimise) ``offset + sum v_ij x_ij`` subject to ``sum_i x_ij <= 1`` for every task (``= 1`` where
    ``must_serve``), ``sum_j w_ij x_ij <= c_i`` for every server, x binary. An unserved task is worth 0.

    Only eligible pairs are stored, sorted by task, then server (CSR by task):
    ``indptr`` int64 [m + 1], ``server`` int64 [pairs], ``value`` v and ``weight`` w >= 0 float64 [pairs] (money or joules as
    the user likes; cycles), ``capacity`` c >= 0 float64 [n]. ``must_serve`` bool [m] (default: none), ``sense`` "max" or
    "min", ``offset`` a number in the units of ``value``. Every stored pair fits its server alone, w_ij <= c_i (1 + 1e-9):
    that belongs to eligibility in this model, and the constructors `from_matrices`, `from_pairs` and `from_system` leave
    heavier pairs out (``provenance.parameters["too_heavy"]`` counts them).
    ``system`` keeps the raw fields where the problem was built from them; checkers recompute values and deadlines from it.

    Arrays are copied and read-only. ``n`` or ``m`` may be 0. Raises ValueError or TypeError naming the argument, the rule and
    the value for wrong shapes, NaN, infinities, negative weights or capacities, duplicate or unsorted pairs.

    Source: MTA paper, section III-D (constraint C3 sums over tasks there, a misprint); Martello and Toth, Knapsack
    Problems (1990), chapters 6 and 7.

    >>> p = AllocationProblem.from_matrices(value=[[3.0, 2.0]], weight=[[1.0, 1.0]], capacity=[1.0])
    >>> p.servers, p.tasks, p.pairs
    (1, 2, 2)
    """

    kind: ClassVar[str] = "allocation"

    indptr: Ints
    server: Ints
    value: Floats
    weight: Floats
    capacity: Floats
    must_serve: Bools = None  # type: ignore[assignment]  # None means: none; an array after validation
    sense: Sense = "max"
    offset: float = 0.0
    system: MecSystem | None = None
    provenance: Provenance = field(default_factory=lambda: Provenance("arrays"))

    def __post_init__(self) -> None:
        def store(name: str, value: Any) -> None:
            object.__setattr__(self, name, value)

        store("capacity", validation.array("capacity", self.capacity, np.float64, (None,), minimum=0.0))
        store("indptr", validation.array("indptr", self.indptr, np.int64, (None,), minimum=0))
        if len(self.indptr) == 0 or self.indptr[0] != 0 or np.any(np.diff(self.indptr) < 0):
            validation.reject("indptr", "must begin with 0 and never decrease", self.indptr)
        pairs, n, m = int(self.indptr[-1]), len(self.capacity), len(self.indptr) - 1
        store("server", validation.array("server", self.server, np.int64, (pairs,), minimum=0, maximum=n - 1))
        store("value", validation.array("value", self.value, np.float64, (pairs,)))
        store("weight", validation.array("weight", self.weight, np.float64, (pairs,), minimum=0.0))
        must = np.zeros(m, dtype=bool) if self.must_serve is None else self.must_serve
        store("must_serve", validation.array("must_serve", must, np.bool_, (m,)))
        store("sense", validation.choice("sense", self.sense, ("max", "min")))
        store("offset", validation.real("offset", self.offset))
        key = self.task * max(n, 1) + self.server
        bad = np.flatnonzero(np.diff(key) <= 0)
        if len(bad):
            k = int(bad[0]) + 1
            rule = "must increase strictly within a task (sorted, no duplicate pair)"
            raise ValueError(f"server: {rule}; got {self.server[k]} after {self.server[k - 1]} in task {self.task[k]}")
        heavy = np.flatnonzero(self.weight > self.limit[self.server])
        if len(heavy):
            k = int(heavy[0])
            where = f"task {self.task[k]} at server {self.server[k]} of capacity {self.capacity[self.server[k]]}"
            raise ValueError(f"weight: every stored pair must fit its server alone; got {self.weight[k]} for {where}")
        if self.system is not None and (self.system.servers, self.system.tasks) != (n, m):
            validation.reject("system", f"must have {n} servers and {m} tasks", (self.system.servers, self.system.tasks))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, item.name) for item in fields(self))

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
        result = np.repeat(np.arange(self.tasks, dtype=np.int64), np.diff(self.indptr))
        result.setflags(write=False)
        return result

    @cached_property
    def limit(self) -> Floats:
        """The load up to which a server counts as feasible: c_i (1 + FEASIBILITY_TOL)."""
        result = self.capacity * (1.0 + FEASIBILITY_TOL)
        result.setflags(write=False)
        return result

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
        """Are all values and the offset integers, so that every solution's value is one?"""
        return self.offset.is_integer() and bool(np.all(self.value == np.rint(self.value)))

    @cached_property
    def hash(self) -> str:
        """A canonical hash of everything but the provenance."""
        payload = self.to_payload()
        content = {name: item for name, item in payload.fields.items() if name != "provenance"}
        return fingerprint(self.kind, content, payload.arrays)

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
        provenance: Provenance | None = None,
    ) -> AllocationProblem:
        """From dense matrices of shape servers x tasks: value, weight >= 0 and eligible (bool, default all True).

        A pair is stored where it is eligible and weight <= capacity. Raises as the class does.
        """
        c = validation.array("capacity", capacity, np.float64, (None,), minimum=0.0)
        v = validation.array("value", value, np.float64, (len(c), None))
        w = validation.array("weight", weight, np.float64, v.shape, minimum=0.0)
        e = np.ones(v.shape, dtype=bool) if eligible is None else validation.array("eligible", eligible, np.bool_, v.shape)
        task, server = np.nonzero(e.T)
        return cls.from_pairs(
            task=task,
            server=server,
            value=v[server, task],
            weight=w[server, task],
            capacity=c,
            tasks=v.shape[1],
            must_serve=must_serve,
            sense=sense,
            offset=offset,
            provenance=provenance,
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
        provenance: Provenance | None = None,
    ) -> AllocationProblem:
        """From eligible pairs in any order: four arrays of one length, and the number of tasks.

        Pairs heavier than their server's capacity are left out. Raises as the class does; a duplicate pair is refused.
        """
        m = validation.integer("tasks", tasks, minimum=0)
        c = validation.array("capacity", capacity, np.float64, (None,), minimum=0.0)
        t = validation.array("task", task, np.int64, (None,), minimum=0, maximum=m - 1)
        s = validation.array("server", server, np.int64, (len(t),), minimum=0, maximum=len(c) - 1)
        v = validation.array("value", value, np.float64, (len(t),))
        w = validation.array("weight", weight, np.float64, (len(t),), minimum=0.0)
        key = t * max(len(c), 1) + s
        if np.any(np.diff(key) < 0):
            order = np.argsort(key, kind="stable")
            t, s, v, w, key = t[order], s[order], v[order], w[order], key[order]
        twice = np.flatnonzero(np.diff(key) == 0)
        if len(twice):
            k = int(twice[0])
            raise ValueError(f"server: must name a pair once; got server {s[k]} twice for task {t[k]}")
        fits = w <= c[s] * (1.0 + FEASIBILITY_TOL)
        indptr = np.zeros(m + 1, dtype=np.int64)
        np.cumsum(np.bincount(t[fits], minlength=m), out=indptr[1:])
        origin = provenance or Provenance("arrays")
        parameters = {**origin.parameters, "too_heavy": int(len(t) - fits.sum())}
        return cls(
            indptr=indptr,
            server=s[fits],
            value=v[fits],
            weight=w[fits],
            capacity=c,
            must_serve=must_serve,  # type: ignore[arg-type]  # validated by the class
            sense=sense,
            offset=offset,
            system=system,
            provenance=replace(origin, parameters=parameters),
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
        """From raw fields. ``task`` and ``server`` list the pairs in reach (coverage); default: every server reaches all.

        A pair is eligible when mu_ij <= mu_i and T_comp + [i != s_j] T_comm <= tau_j; its value is v_ij (`MecSystem`).
        """
        if (task is None) != (server is None):
            validation.reject("server", "must be given together with task", server)
        if task is None:
            reach_task, reach_server = np.divmod(np.arange(system.tasks * system.servers), max(system.servers, 1))
        else:
            reach_task = validation.array("task", task, np.int64, (None,), minimum=0, maximum=system.tasks - 1)
            length = len(reach_task)
            reach_server = validation.array("server", server, np.int64, (length,), minimum=0, maximum=system.servers - 1)
        terms = system.terms(reach_task, reach_server)
        timely = terms.latency <= system.deadline[reach_task]
        kept_task, kept_server = reach_task[timely], reach_server[timely]
        return cls.from_pairs(
            task=kept_task,
            server=kept_server,
            value=system.pair_values(kept_task, kept_server),
            weight=terms.cycles[timely],
            capacity=system.capacity,
            tasks=system.tasks,
            must_serve=must_serve,
            system=system,
            provenance=provenance,
        )

    # --- files ----------------------------------------------------------------------------------------------------------

    def save(self, path: str | PathLike[str]) -> None:
        """Write to ``path`` (.json or .npz); `edgeworth.load` reads it back."""
        save_problem(self, path)

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        names = ("indptr", "server", "value", "weight", "capacity", "must_serve")
        arrays: dict[str, NDArray[Any]] = {name: getattr(self, name) for name in names}
        content: dict[str, Any] = {"sense": self.sense, "offset": self.offset, "provenance": self.provenance.to_fields()}
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
        names = ("indptr", "server", "value", "weight", "capacity", "must_serve")
        origin: Mapping[str, Any] = payload.field("provenance")
        return cls(
            **{name: payload.array(name) for name in names},
            sense=payload.field("sense"),
            offset=payload.field("offset"),
            system=system,
            provenance=Provenance(**origin),
        )


@dataclass(frozen=True, eq=False)
class Assignment:
    """A solution: ``server`` int64 [tasks], the server of every task, -1 where the task is left unserved. Read-only."""

    server: Ints

    def __post_init__(self) -> None:
        object.__setattr__(self, "server", validation.array("server", self.server, np.int64, (None,), minimum=-1))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.server,)

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        return Payload({}, {"server": self.server})

    @classmethod
    def from_payload(cls, payload: Payload) -> Assignment:
        """The inverse of `to_payload`."""
        return cls(payload.array("server"))
