"""Section III-C as printed: money that nobody pays, and servers that earn by not serving. A finding."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from edgeworth.mechanisms.consensus import Payments, base_units, literal_accounts, settle
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment, MecSystem


def system(share: float, *, theta: tuple[float, float] = (1.0, 1.0)) -> MecSystem:
    """One task of price 10 and one unit of data, submitted to the first of two servers; computing costs 8 a cycle."""
    return MecSystem(
        unit_price=np.array([10.0]), data_size=np.array([1.0]), deadline=np.array([1e3]), source=np.array([0]),
        cycles_per_unit=np.array(theta), frequency=np.ones(2), energy_coefficient=np.full(2, 8.0), capacity=np.full(2, 9.0),
        bandwidth=np.ones(2), transmit_power=np.full(2, 1e-3), gain=np.full(2, 1e3), noise=1.0, fee_share=share,
    )  # fmt: skip


def accounts(of: MecSystem, server: int) -> tuple[tuple[int, ...], int, int]:
    found = literal_accounts(AllocationProblem.from_system(of), Assignment([server]))
    return found.received, found.paid, found.made


def test_an_unserved_task_pays_its_source_and_nobody_pays_for_it() -> None:
    assert accounts(system(0.5), -1) == ((5_000, 0), 0, 5_000)
    assert accounts(system(0.5), 0) == ((10_000, 0), 10_000, 0)
    assert accounts(system(0.5), 1) == ((5_000, 5_000), 10_000, 0)


def test_fees_cancel_only_where_both_servers_take_as_many_cycles() -> None:
    """The source's fee is of its own cycles, 1, and the other server gives of its own, 3 or 1/2."""
    assert accounts(system(0.5, theta=(1.0, 3.0)), 1) == ((5_000, 15_000), 30_000, -10_000)
    assert accounts(system(0.5, theta=(1.0, 0.5)), 1) == ((5_000, 2_500), 5_000, 2_500)


def test_a_server_earns_more_by_not_serving_than_by_serving() -> None:
    """Serving is worth 10 - 8 = 2 to all; the source has 2 by it, and 5 less the energy of sending if nobody serves."""
    problem = AllocationProblem.from_system(system(0.5))
    serving, idle = (literal_accounts(problem, Assignment([server])) for server in (0, -1))
    assert serving.utility[0] == pytest.approx(2.0)
    assert idle.utility[0] == pytest.approx(5.0, abs=0.01)
    assert allocation.value(problem, Assignment([0])) > allocation.value(problem, Assignment([-1])) == 0.0
    book = settle(problem, Assignment([-1]), [0.0], [10_000])
    assert (book.servers, book.users) == ([0, 0], [10_000]), "where the accounts balance, who does not serve has nothing"


@pytest.mark.parametrize("seed", range(4))
def test_rounds_of_the_preset_settle_as_a_plain_loop_says(seed: int) -> None:
    problem = allocation.generate(preset="metaverse-code", servers=5, tasks=20, seed=seed)
    of = problem.system
    assert of is not None
    best = allocation.solve(problem, method="regret-greedy").require()
    some = Assignment(np.where(np.arange(20) % 3 == 0, -1, best.server))
    for assignment in (best, some, Assignment([-1] * 20)):
        found = literal_accounts(problem, assignment)
        received, paid, share = [0] * 5, 0, Fraction(of.fee_share)
        for j, i in enumerate(assignment.server.tolist()):
            for k in range(5):
                whole = base_units(float(of.unit_price[j] * of.data_size[j] * of.cycles_per_unit[k]))
                if k == of.source[j]:
                    received[k] += whole if k == i else int(share * whole)
                elif k == i:
                    received[k] += whole - int(share * whole)
                paid += whole if k == i else 0
        assert (found.received, found.paid) == (tuple(received), paid)
        assert found.made == sum(received) - paid
    assert found.paid == 0 < found.for_unserved == found.made


def test_where_all_serve_their_own_both_readings_agree() -> None:
    problem = AllocationProblem.from_system(replace(system(0.5), deadline=np.array([2.0])))
    book: Payments = settle(problem, Assignment([0]), [0.0], [10_000])
    assert tuple(book.servers) == literal_accounts(problem, Assignment([0])).received


def test_what_cannot_be_settled_is_refused() -> None:
    problem = AllocationProblem.from_system(system(0.5))
    plain = AllocationProblem.from_matrices(value=[[1.0]], weight=[[1.0]], capacity=[1.0])
    with pytest.raises(ValueError, match="problem: must be built from a system"):
        literal_accounts(plain, Assignment([0]))
    for servers in ([0, 0], [2], [-2]):
        with pytest.raises(ValueError, match=r"assignment|server"):
            literal_accounts(problem, Assignment(servers))
    with pytest.raises(ValueError, match="money"):
        literal_accounts(AllocationProblem.from_system(replace(system(0.5), unit_price=np.array([-1.0]))), Assignment([0]))
