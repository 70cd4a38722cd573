"""Who pays whom for a task: escrow, payment on delivery, the source's fee, refunds; whole base units, none made, none lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.core.verdict import Report, Verdict
from edgeworth.solvers.allocation import AllocationProblem, Assignment

UNIT = 1_000
"""Base units in one unit of the problem's money."""

LARGEST = 2**62
"""Amounts stay below."""


class PaymentRefusedError(ValueError):
    """A payment command was refused; nothing has changed."""


@dataclass
class _Deal:
    """One task between submission and settlement."""

    user: int
    source: int
    held: int
    deadline: float
    server: int = -1
    fee: int = 0  # what the server gets in all
    share: int = 0  # what of it the source gets, where another server computes


class Payments:
    """Accounts of users and servers, and what is held for tasks under way.

    Parameters
    ----------
    users : sequence of int
        Base units that every user begins with, each in [0, 2^62).
    servers : int
        How many servers, >= 1; they begin with nothing.
    fee_share : float
        lambda in [0, 1]: the share of the payment that the source receives for a task that another server computes. It is taken
        as the exact number that the float is.

    Raises
    ------
    ValueError, TypeError
        For numbers out of range.

    Notes
    -----
    What a task costs depends on the server that computes it, which is not known when it is submitted. So its user puts the
    price at the dearest eligible server in escrow. On delivery in time the server that computed it is paid, its source has its
    fee of that, rounded down, and the user has the rest back. A task that nobody computes, or not in time, costs nothing. The
    paper says that users pay first; escrow and refunds are ours.

    References
    ----------
    MTA paper, section II-B, step 7, and section III-C.

    Examples
    --------
    >>> book = Payments([1_000], servers=2, fee_share=0.1)
    >>> book.submit(0, user=0, source=1, escrow=600, deadline=5.0)
    >>> book.assign(0, server=0, fee=400)
    >>> book.deliver(0, time=4.0)
    >>> book.users, book.servers
    ([600], [360, 40])
    """

    def __init__(self, users: Sequence[int], servers: int, fee_share: float) -> None:
        self.users = [validation.integer("users", each, minimum=0, maximum=LARGEST - 1) for each in users]
        self.servers = [0] * validation.integer("servers", servers, minimum=1)
        self.fee_share = Fraction(validation.real("fee_share", fee_share, minimum=0.0, maximum=1.0))
        self.deals: dict[int, _Deal] = {}
        self.closed: dict[int, str] = {}
        self.total = sum(self.users)

    def submit(self, task: int, *, user: int, source: int, escrow: int, deadline: float) -> None:
        """A user puts the most that a task may cost in escrow.

        Raises
        ------
        PaymentRefusedError
            For a task that is known already, an unknown user or server, or more than the user has.
        """
        self._need(type(task) is int and task >= 0, "task", "must be a whole number from 0", task)
        self._need(task not in self.deals and task not in self.closed, "task", "must be new", task)
        self._need(type(user) is int and 0 <= user < len(self.users), "user", f"must be one of {len(self.users)}", user)
        self._need(type(source) is int and 0 <= source < len(self.servers), "source", "must be a server", source)
        self._need(type(escrow) is int and 0 <= escrow < LARGEST, "escrow", "must be whole base units", escrow)
        self._need(_timed(deadline), "deadline", "must be seconds", deadline)
        self._need(escrow <= self.users[user], "escrow", f"must be at most the {self.users[user]} that user {user} has", escrow)
        self.users[user] -= escrow
        self.deals[task] = _Deal(user, source, escrow, float(deadline))

    def assign(self, task: int, *, server: int, fee: int) -> None:
        """A block names the server of a task, -1 for none: the escrow goes back then.

        Raises
        ------
        PaymentRefusedError
            For a task that is not open or has a server already, an unknown server, or a fee beyond the escrow.
        """
        deal = self._open(task)
        self._need(deal.server < 0, "task", "must have no server yet", task)
        self._need(type(server) is int and -1 <= server < len(self.servers), "server", "must be a server, or -1", server)
        if server < 0:
            self._close(task, "unserved")
            return
        self._need(type(fee) is int and 0 <= fee <= deal.held, "fee", f"must be at most the escrow {deal.held}", fee)
        deal.server, deal.fee = server, fee
        deal.share = int(self.fee_share * fee) if server != deal.source else 0

    def deliver(self, task: int, *, time: float) -> None:
        """The server's result is on the chain at that time: it is paid, or comes too late.

        Raises
        ------
        PaymentRefusedError
            For a task that is not open or has no server.
        """
        deal = self._open(task)
        self._need(deal.server >= 0, "task", "must have a server", task)
        self._need(_timed(time), "time", "must be seconds", time)
        if time > deal.deadline:
            self._close(task, "late")
            return
        self.servers[deal.server] += deal.fee - deal.share
        self.servers[deal.source] += deal.share
        deal.held -= deal.fee
        self._close(task, "paid")

    def expire(self, task: int, *, time: float) -> None:
        """Nothing was delivered by the deadline: the user has everything back.

        Raises
        ------
        PaymentRefusedError
            For a task that is not open, and before its deadline.
        """
        deal = self._open(task)
        self._need(_timed(time) and time > deal.deadline, "time", f"must be after {deal.deadline}", time)
        self._close(task, "expired")

    @property
    def held(self) -> int:
        """Base units in escrow."""
        return sum(deal.held for deal in self.deals.values())

    def verify(self) -> Report:
        """Judge the accounts.

        Returns
        -------
        Report
            ``conservation``: accounts and escrow make what users began with. ``solvency``: nothing is negative. ``escrow``:
            every open task holds what it may cost.
        """
        sum_now = sum(self.users) + sum(self.servers) + self.held
        least = min([0, *self.users, *self.servers, *(deal.held for deal in self.deals.values())])
        short = [task for task, deal in self.deals.items() if deal.held < deal.fee]
        return Report(
            {
                "conservation": Verdict.of(sum_now == self.total, float(abs(sum_now - self.total)), 0.0, sum_now - self.total),
                "solvency": Verdict.of(least >= 0, float(-least), 0.0, least),
                "escrow": Verdict.of(not short, float(len(short)), 0.0, short[:1]),
            }
        )

    def _open(self, task: Any) -> _Deal:
        deal = self.deals.get(task) if type(task) is int else None
        if deal is None:
            was = self.closed.get(task) if type(task) is int else None
            raise PaymentRefusedError(f"task: must be open; got {task!r}, which is {was or 'not known'}")
        return deal

    def _close(self, task: int, how: str) -> None:
        deal = self.deals.pop(task)
        self.users[deal.user] += deal.held
        self.closed[task] = how

    @staticmethod
    def _need(holds: bool, name: str, rule: str, got: object) -> None:
        if not holds:
            raise PaymentRefusedError(f"{name}: {rule}; got {got!r}")


def _timed(seconds: object) -> bool:
    """Whether that is a number of seconds, infinite ones included."""
    return (type(seconds) is float and not math.isnan(seconds)) or (type(seconds) is int and abs(seconds) < LARGEST)


def base_units(money: float) -> int:
    """Money of a problem in whole base units, to the nearest, halves to even."""
    return round(Fraction(validation.real("money", money, minimum=0.0)) * UNIT)


def prices(problem: AllocationProblem) -> np.ndarray[Any, np.dtype[np.int64]]:
    """What every eligible pair of a task and a server costs its user: p_j mu_ij in base units, int64 [pairs].

    Raises
    ------
    ValueError
        For a problem that was not built from a `MecSystem`, whose prices are not known.
    """
    system = problem.system
    if system is None:
        validation.reject("problem", "must be built from a system, so that prices are known", None)
    task, server = problem.task, problem.server
    paid = system.unit_price[task] * system.data_size[task] * system.cycles_per_unit[server]
    return np.array([base_units(each) for each in paid.tolist()], dtype=np.int64)


def settle(problem: AllocationProblem, assignment: Assignment, delivered: Sequence[float], budget: Sequence[int]) -> Payments:
    """Submit, assign and settle all tasks of a round, one user a task.

    Parameters
    ----------
    problem : AllocationProblem
        The round's tasks and servers, built from a system.
    assignment : Assignment
        What the block says.
    delivered : sequence of float
        Seconds, >= 0, after which the result of every task is on the chain; infinite: never.
    budget : sequence of int
        Base units that every user begins with.

    Returns
    -------
    Payments
        With all tasks closed; a task whose user cannot pay the escrow is not submitted.

    Raises
    ------
    ValueError, TypeError
        For a problem without a system, for a server at which a task is not eligible, and for another number of servers, times
        or budgets than there are tasks.
    """
    system = problem.system
    cost = prices(problem)
    if system is None:
        raise AssertionError
    for name, given in (("assignment", assignment.server), ("delivered", delivered), ("budget", budget)):
        if len(given) != problem.tasks:
            validation.reject(name, f"must have one entry for each of {problem.tasks} tasks", len(given))
    book = Payments(budget, problem.servers, system.fee_share)
    for j, server in enumerate(assignment.server.tolist()):
        first, last = int(problem.indptr[j]), int(problem.indptr[j + 1])
        most = int(cost[first:last].max(initial=0))
        if most > book.users[j]:
            book.closed[j] = "not submitted"
            continue
        deadline = float(system.deadline[j])
        book.submit(j, user=j, source=int(system.source[j]), escrow=most, deadline=deadline)
        fee = cost[first:last][problem.server[first:last] == server]
        if server >= 0 and not len(fee):
            validation.reject("assignment", f"must name a server at which task {j} is eligible, or -1", server)
        book.assign(j, server=server, fee=int(fee[0]) if server >= 0 else 0)
        time = delivered[j]
        if not time >= 0.0:
            validation.reject("delivered", "must be 0 or later", time)
        if j in book.deals:
            if math.isinf(time):
                book.expire(j, time=math.inf)
            else:
                book.deliver(j, time=float(time))
    return book
