"""Strategies for allocation problems, assignments and multipliers."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, MecSystem
from edgeworth.testing.strategies.base import require_hypothesis

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

T = TypeVar("T")


def allocation_problems(
    *,
    min_servers: int = 0,
    max_servers: int = 3,
    min_tasks: int = 0,
    max_tasks: int = 5,
    must_serve: bool = True,
    integral: bool | None = None,
    systems: bool = True,
) -> SearchStrategy[AllocationProblem]:
    """Small problems, degenerate ones among them.

    No servers, no tasks, no eligible pair, zero weights, zero capacities, ties, losses, tasks that must be served (perhaps in
    vain), both senses, offsets, values of extreme magnitude.

    Parameters
    ----------
    min_servers, max_servers, min_tasks, max_tasks : int
        The range of sizes.
    must_serve : bool
        Whether tasks may have to be served.
    integral : bool, optional
        Integer values only (True), never on purpose (False), or sometimes (None).
    systems : bool
        Whether problems built from a `MecSystem` are among them.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Raises
    ------
    MissingExtraError
        Where Hypothesis is not installed.
    """
    require_hypothesis()
    from hypothesis import strategies as st

    @st.composite
    def dense(draw: DrawFn) -> AllocationProblem:
        n = draw(st.integers(min_servers, max_servers))
        m = draw(st.integers(min_tasks, max_tasks))
        whole = draw(st.booleans()) if integral is None else integral
        scale = 1.0 if whole else draw(st.sampled_from([1.0, 1.0, 1.0, 1e-6, 1e6]))
        number = st.integers(-9, 9) if whole else st.floats(-9.0, 9.0, allow_subnormal=False, width=32)
        weight = st.one_of(st.integers(0, 4), st.floats(0.125, 4.0, width=32))
        capacity = st.one_of(st.just(0), st.integers(1, 9), st.floats(0.125, 9.0, width=32))
        cells = n * m

        def listed(entry: SearchStrategy[T], length: int) -> list[T]:
            return draw(st.lists(entry, min_size=length, max_size=length))

        shape = (n, m)
        eligible = np.ones(shape, dtype=bool)
        if draw(st.booleans()):
            eligible = np.array(listed(st.booleans(), cells), dtype=bool).reshape(shape)
        must = None
        if must_serve and draw(st.booleans()):
            must = np.array(listed(st.booleans(), m), dtype=bool)
        return AllocationProblem.from_matrices(
            np.array(listed(number, cells), dtype=np.float64).reshape(shape) * scale,
            np.array(listed(weight, cells), dtype=np.float64).reshape(shape),
            np.array(listed(capacity, n), dtype=np.float64),
            eligible,
            must_serve=must,
            sense=draw(st.sampled_from(["max", "min"])),
            offset=float(draw(st.sampled_from([0.0, 0.0, 3.0, -100.0]))) * scale,
        )

    @st.composite
    def raw(draw: DrawFn) -> AllocationProblem:
        system = draw(
            mec_systems(min_servers=max(1, min_servers), max_servers=max_servers, min_tasks=min_tasks, max_tasks=max_tasks)
        )
        return AllocationProblem.from_system(system)

    if not systems or max_servers < 1 or integral:
        return dense()
    return st.one_of(dense(), dense(), raw())


def mec_systems(
    *, min_servers: int = 1, max_servers: int = 3, min_tasks: int = 0, max_tasks: int = 5
) -> SearchStrategy[MecSystem]:
    """Small mobile-edge systems in which capacities, deadlines and the cost of sending bind now and then.

    Parameters
    ----------
    min_servers, max_servers, min_tasks, max_tasks : int
        The range of sizes.

    Returns
    -------
    hypothesis.strategies.SearchStrategy

    Raises
    ------
    MissingExtraError
        Where Hypothesis is not installed.
    """
    require_hypothesis()
    from hypothesis import strategies as st

    @st.composite
    def build(draw: DrawFn) -> MecSystem:
        n, m = draw(st.integers(min_servers, max_servers)), draw(st.integers(min_tasks, max_tasks))

        def per(length: int, low: float, high: float) -> Floats:
            entry = st.floats(low, high, allow_subnormal=False, width=32)
            return np.array(draw(st.lists(entry, min_size=length, max_size=length)), dtype=np.float64)

        return MecSystem(
            unit_price=per(m, -1.0, 10.0),
            data_size=per(m, 0.0, 20.0),
            deadline=per(m, 0.0, 8.0),
            source=np.array(draw(st.lists(st.integers(0, n - 1), min_size=m, max_size=m)), dtype=np.int64),
            cycles_per_unit=per(n, 0.125, 0.5),
            frequency=per(n, 1.0, 10.0),
            energy_coefficient=per(n, 0.0, 0.125),
            capacity=per(n, 0.0, 12.0),
            bandwidth=per(n, 5.0, 10.0),
            transmit_power=per(n, 1.0, 10.0),
            gain=per(n, 1.0, 10.0),
            noise=draw(st.sampled_from([0.01, 1.0])),
            fee_share=draw(st.sampled_from([0.0, 0.1, 1.0])),
            rate_unit=draw(st.sampled_from(["bit", "nat"])),
        )

    return build()


def assignments(problem: AllocationProblem) -> SearchStrategy[Assignment]:
    """Any assignment of the right shape: feasible or overloaded, at eligible servers or not, with tasks left out.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
    """
    require_hypothesis()
    from hypothesis import strategies as st

    entry = st.integers(-1, problem.servers - 1)
    listed = st.lists(entry, min_size=problem.tasks, max_size=problem.tasks)
    return listed.map(lambda server: Assignment(np.array(server, dtype=np.int64)))


def multipliers(problem: AllocationProblem) -> SearchStrategy[Floats]:
    """Capacity multipliers u >= 0, float64 [servers], zeros and large ones among them.

    Parameters
    ----------
    problem : AllocationProblem
        The problem.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
    """
    require_hypothesis()
    from hypothesis import strategies as st

    entry = st.one_of(st.just(0.0), st.floats(1e-6, 1e4, allow_subnormal=False))
    listed = st.lists(entry, min_size=problem.servers, max_size=problem.servers)
    return listed.map(lambda u: np.array(u, dtype=np.float64))
