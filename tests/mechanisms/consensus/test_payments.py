"""Money of a round: none is made, none is lost, and it goes to whom it should."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from edgeworth.mechanisms.consensus import PaymentRefusedError, Payments, base_units, settle
from edgeworth.solvers import allocation


def book() -> Payments:
    found = Payments([1_000, 50], servers=2, fee_share=0.1)
    found.submit(0, user=0, source=1, escrow=600, deadline=5.0)
    return found


def test_a_task_is_paid_on_delivery_and_the_source_has_its_fee() -> None:
    paid = book()
    assert (paid.users, paid.held) == ([400, 50], 600)
    paid.assign(0, server=0, fee=405)
    paid.deliver(0, time=5.0)
    assert (paid.users, paid.servers, paid.closed) == ([595, 50], [365, 40], {0: "paid"})
    assert paid.verify()
    own = book()
    own.assign(0, server=1, fee=405)
    own.deliver(0, time=0.0)
    assert own.servers == [0, 405], "nobody passes on to itself"


@pytest.mark.parametrize(
    ("how", "closed"), [("unserved", "unserved"), ("late", "late"), ("expire", "expired"), ("silent", "expired")]
)
def test_what_is_not_delivered_in_time_costs_nothing(how: str, closed: str) -> None:
    held = book()
    if how == "unserved":
        held.assign(0, server=-1, fee=0)
    elif how == "expire":
        held.expire(0, time=5.1)
    else:
        held.assign(0, server=0, fee=405)
        if how == "late":
            held.deliver(0, time=math.nextafter(5.0, 6.0))
        else:
            held.expire(0, time=math.inf)
    assert (held.users, held.servers, held.closed) == ([1_000, 50], [0, 0], {0: closed})
    assert held.verify()


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("submit", {"task": 0}, "task: must be new"),
    ("submit", {"task": -1}, "task: must be a whole"),
    ("submit", {"task": 1.0}, "task: must be a whole"),
    ("submit", {"user": 2}, "user: "),
    ("submit", {"user": True}, "user: "),
    ("submit", {"source": 2}, "source: "),
    ("submit", {"source": -1}, "source: "),
    ("submit", {"escrow": -1}, "escrow: "),
    ("submit", {"escrow": 1.0}, "escrow: "),
    ("submit", {"escrow": 51}, "escrow: must be at most the 50"),
    ("submit", {"escrow": 2**62}, "escrow: "),
    ("submit", {"deadline": math.nan}, "deadline: "),
    ("submit", {"deadline": "5"}, "deadline: "),
    ("submit", {"deadline": 10**400}, "deadline: "),
    ("deliver", {"task": 1, "time": 10**400}, "time: "),
    ("expire", {"time": 10**400}, "time: "),
    ("assign", {"task": 7}, "task: must be open"),
    ("assign", {"server": 2}, "server: "),
    ("assign", {"server": -2}, "server: "),
    ("assign", {"fee": 601}, "fee: must be at most the escrow 600"),
    ("assign", {"fee": -1}, "fee: "),
    ("assign", {"fee": 0.5}, "fee: "),
    ("deliver", {"task": 0}, "task: must have a server"),
    ("deliver", {"task": 7}, "task: must be open; got 7, which is not known"),
    ("expire", {"time": 5.0}, "time: must be after 5.0"),
    ("expire", {"time": math.nan}, "time: "),
    ("expire", {"task": None}, "task: must be open"),
]


@pytest.mark.parametrize(("command", "given", "text"), REFUSED, ids=range(len(REFUSED)))
def test_refused_commands_change_nothing(command: str, given: dict[str, Any], text: str) -> None:
    held = book()
    usual: dict[str, dict[str, Any]] = {
        "submit": {"task": 1, "user": 1, "source": 0, "escrow": 10, "deadline": 1.0},
        "assign": {"task": 0, "server": 0, "fee": 10},
        "deliver": {"task": 0, "time": 1.0},
        "expire": {"task": 0, "time": 6.0},
    }
    words = usual[command] | given
    if words["task"] == 1 and command == "deliver":
        held.submit(1, user=1, source=0, escrow=0, deadline=5.0)
        held.assign(1, server=0, fee=0)
    with pytest.raises(PaymentRefusedError, match=text):
        getattr(held, command)(words.pop("task"), **words)
    assert (held.users, held.servers, held.held) == ([400, 50], [0, 0], 600)


def test_closed_tasks_stay_closed() -> None:
    held = book()
    held.assign(0, server=0, fee=1)
    with pytest.raises(PaymentRefusedError, match="no server yet"):
        held.assign(0, server=1, fee=2)
    held.deliver(0, time=1.0)
    again: list[tuple[str, dict[str, Any]]] = [
        ("deliver", {"time": 1.0}),
        ("expire", {"time": 9.0}),
        ("assign", {"server": 0, "fee": 1}),
    ]
    for command, words in again:
        with pytest.raises(PaymentRefusedError, match="which is paid"):
            getattr(held, command)(0, **words)


def random_commands(count: int, seed: int) -> Payments:
    rng = np.random.default_rng(seed)
    held = Payments(rng.integers(0, 10_000, 20).tolist(), servers=5, fee_share=float(rng.random()))
    for number in range(count):
        kind, task = int(rng.integers(4)), int(rng.integers(max(number // 2, 1)))
        user, server, money = int(rng.integers(22)), int(rng.integers(-1, 6)), int(rng.integers(-10, 1_000))
        try:
            if kind == 0:
                held.submit(number, user=user, source=server, escrow=money, deadline=float(rng.random()))
            elif kind == 1:
                held.assign(task, server=server, fee=money)
            elif kind == 2:
                held.deliver(task, time=float(rng.random()))
            else:
                held.expire(task, time=float(rng.random()))
        except PaymentRefusedError:
            continue
    return held


@pytest.mark.parametrize("seed", range(5))
def test_money_is_conserved_over_random_commands(seed: int) -> None:
    held = random_commands(4_000, seed)
    assert held.verify()
    assert len(held.closed) > 20
    assert sum(held.servers) > 0


@pytest.mark.slow
def test_money_is_conserved_over_a_million_random_commands() -> None:
    assert random_commands(1_000_000, 99).verify()


def test_a_lost_unit_is_noticed() -> None:
    held = book()
    held.servers[0] += 1
    assert not held.verify()["conservation"]
    held.servers[0] -= 1
    held.users[1] -= 60
    held.users[0] += 60
    assert [name for name, verdict in held.verify().items() if not verdict] == ["solvency"]


def test_a_round_pays_what_the_model_says() -> None:
    problem = allocation.generate(preset="metaverse-code", servers=5, tasks=20, seed=3)
    assignment = allocation.solve(problem, method="exact").require()
    served = np.flatnonzero(assignment.server >= 0)
    book = settle(problem, assignment, [0.0] * 20, [10**9] * 20)
    assert book.verify()
    assert {task for task, how in book.closed.items() if how == "paid"} == set(served.tolist())
    system = problem.system
    assert system is not None
    expected = [Fraction(0)] * 5
    for j in served.tolist():  # fees as the model has them, to the base unit
        i, s = int(assignment.server[j]), int(system.source[j])
        paid = base_units(float(system.unit_price[j] * system.data_size[j] * system.cycles_per_unit[i]))
        share = int(Fraction(system.fee_share) * paid) if i != s else 0
        expected[i] += paid - share
        expected[s] += share
    assert book.servers == expected
    late = settle(problem, assignment, [math.inf] * 20, [10**9] * 20)
    assert late.users == [10**9] * 20
    poor = settle(problem, assignment, [0.0] * 20, [0] * 20)
    assert set(poor.closed.values()) <= {"not submitted", "unserved"}  # a task without an eligible server costs nothing
    assert poor.servers == [0] * 5


def test_what_does_not_fit_a_round_is_not_settled() -> None:
    problem = allocation.generate(preset="metaverse-code", servers=5, tasks=20, seed=3)
    here = problem.server[problem.indptr[0] : problem.indptr[1]].tolist()
    elsewhere = next(i for i in range(5) if i not in here)
    idle = [-1] * 20
    for server in ([elsewhere, *idle[1:]], [5, *idle[1:]], idle[1:]):
        with pytest.raises(ValueError, match="assignment: must"):
            settle(problem, allocation.Assignment(server), [0.0] * 20, [10**9] * 20)
    for delivered in ([0.0] * 19, [math.nan] * 20, [-math.inf] * 20):
        with pytest.raises(ValueError, match="delivered: must"):
            settle(problem, allocation.Assignment([here[0], *idle[1:]]), delivered, [10**9] * 20)
    with pytest.raises(ValueError, match="budget: must"):
        settle(problem, allocation.Assignment(idle), [0.0] * 20, [10**9] * 21)


def test_prices_need_a_system() -> None:
    plain = allocation.AllocationProblem.from_matrices(value=[[1.0]], weight=[[1.0]], capacity=[1.0])
    with pytest.raises(ValueError, match="problem: must be built from a system"):
        settle(plain, allocation.Assignment([0]), [0.0], [1])
