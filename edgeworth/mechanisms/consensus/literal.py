"""The accounts of section III-C as printed, which do not balance: a source is paid for tasks that nobody computes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from edgeworth.core import validation
from edgeworth.mechanisms.consensus.payments import UNIT, base_units
from edgeworth.solvers.allocation import AllocationProblem, Assignment


@dataclass(frozen=True)
class LiteralAccounts:
    """What every server has and what users have paid, as III-C prints it.

    Attributes
    ----------
    received : tuple of int
        Base units that every server receives, less the fees that it pays.
    paid : int
        Base units that users pay: the price of every task that is computed.
    for_unserved : int
        What sources receive for tasks that nobody computes and nobody pays for.
    energy : tuple of float
        Of computing and of sending, by server, in units of money.
    """

    received: tuple[int, ...]
    paid: int
    for_unserved: int
    energy: tuple[float, ...]

    @property
    def made(self) -> int:
        """Base units received and not paid by anybody; 0 where the accounts balance."""
        return sum(self.received) - self.paid

    @property
    def utility(self) -> tuple[float, ...]:
        """U of every server, in units of money."""
        return tuple(money / UNIT - spent for money, spent in zip(self.received, self.energy, strict=True))


def literal_accounts(problem: AllocationProblem, assignment: Assignment) -> LiteralAccounts:
    """Settle a round as section III-C is printed.

    Parameters
    ----------
    problem : AllocationProblem
        The round's tasks and servers, built from a system without negative prices.
    assignment : Assignment
        Which server computes which task, -1 for none.

    Returns
    -------
    LiteralAccounts

    Raises
    ------
    ValueError
        For a problem without a system, for negative prices, and for an assignment of another length or to unknown servers.

    Notes
    -----
    For the source s of a task, U = (p mu_s - E_comp) 1 + (lambda p mu_s - E_comm) (1 - 1), where 1 says whether it computes the
    task itself; for any other server, U = ((1 - lambda) p mu_i - E_comp) 1. The indicator of the source is 0 also where nobody
    computes the task: it then receives lambda p mu_s and bears the energy of sending to nobody, while the user pays nothing.
    And its fee is of its own cycles mu_s, while the server that computes gives lambda of its own mu_i, so that fees cancel only
    where the two are equal. Every fee is rounded down to a base unit. `Payments` is the reading that balances.

    References
    ----------
    MTA paper, section III-C.

    Examples
    --------
    >>> from edgeworth.solvers import allocation
    >>> problem = allocation.generate(preset="metaverse-code", servers=3, tasks=5, seed=0)
    >>> idle = literal_accounts(problem, allocation.Assignment([-1] * 5))
    >>> idle.paid, idle.made == idle.for_unserved > 0
    (0, True)
    """
    system = problem.system
    if system is None:
        validation.reject("problem", "must be built from a system, so that prices are known", None)
    servers = assignment.server.tolist()
    if len(servers) != problem.tasks or not all(-1 <= i < problem.servers for i in servers):
        validation.reject(
            "assignment", f"must name one of {problem.servers} servers, or -1, for each of {problem.tasks} tasks", servers
        )
    share = Fraction(system.fee_share)
    tasks = np.arange(problem.tasks)
    at_source = system.terms(tasks, system.source)
    computed = system.terms(tasks, np.maximum(assignment.server, 0))
    received, energy = [0] * problem.servers, [0.0] * problem.servers
    paid = unserved = 0

    def price(j: int, cycles: Any) -> int:
        return base_units(float(system.unit_price[j] * cycles[j]))

    for j, i in enumerate(servers):
        source = int(system.source[j])
        if i >= 0:
            whole = price(j, computed.cycles)
            paid += whole
            received[i] += whole if i == source else whole - int(share * whole)
            energy[i] += float(computed.compute_energy[j])
        if i != source:
            fee = int(share * price(j, at_source.cycles))
            received[source] += fee
            energy[source] += float(at_source.send_energy[j])
            unserved += fee if i < 0 else 0
    return LiteralAccounts(tuple(received), paid, unserved, tuple(energy))
