"""Multi-task allocation as the auditor sees it, with the MTA paper's payments.

The paper claims incentive compatibility and names none of the reports that it could hold for. Here servers report theta
(cycles a unit of data), alpha (energy coefficient), mu (capacity) or f (frequency); a method allocates by the reports; server
i is paid ``p_j D_j theta_i`` by its *reported* theta for every task it computes, less the fee lambda of it where the task came
from elsewhere (section III-C), and bears the energy of the cycles that its *true* parameters take. (ours): a task that truly
misses its deadline is not paid, nor is any task of a server that truly carries more than its capacity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from edgeworth.core import validation
from edgeworth.core.audit_model import Agent, AuditModel, Rationality
from edgeworth.core.family import family
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.traced import Number
from edgeworth.solvers.allocation.methods import METHODS
from edgeworth.solvers.allocation.model import AllocationProblem, Assignment, MecSystem, value

_FIELDS = {"theta": "cycles_per_unit", "alpha": "energy_coefficient", "mu": "capacity", "f": "frequency"}


class Settled(NamedTuple):
    """An assignment and the system as it was reported: payments follow from both."""

    assignment: Assignment
    reported: MecSystem


Allocator: TypeAlias = str | Callable[[AllocationProblem], object]
"""A method's name, or a function from a problem to an assignment."""


class AllocationModel(AuditModel[AllocationProblem, Settled]):
    """Servers report a parameter of theirs; utilities are not linear in any of them."""

    dimensions = tuple(_FIELDS)
    linear = ()
    mechanisms = tuple(row.name for row in METHODS if row.kind == "optimise")

    def agents(self, problem: AllocationProblem, dimension: str) -> list[Agent]:
        """All servers."""
        return [("server", i) for i in range(problem.servers)]

    def truth(self, problem: AllocationProblem, agent: Agent, dimension: str) -> float:
        """The parameter reported."""
        return float(getattr(_system(problem), _FIELDS[dimension])[agent[1]])

    def reported(self, problem: AllocationProblem, agent: Agent, dimension: str, report: float) -> AllocationProblem:
        """The problem under another report; eligibility follows anew."""
        system = _system(problem)
        values = np.array(getattr(system, _FIELDS[dimension]))
        values[agent[1]] = report
        changes: dict[str, Any] = {_FIELDS[dimension]: values}
        return AllocationProblem.from_system(replace(system, **changes), must_serve=problem.must_serve)

    def draw_report(self, problem: AllocationProblem, agent: Agent, dimension: str, rng: np.random.Generator) -> float:
        """The truth times a factor between 1/3 and 3."""
        return float(self.truth(problem, agent, dimension) * np.exp(rng.uniform(-np.log(3.0), np.log(3.0))))

    def run(self, problem: AllocationProblem, mechanism: Allocator) -> Settled:
        """Allocate by a method's name or a callable."""
        system = _system(problem)
        if callable(mechanism):
            assignment = mechanism(problem)
            if not isinstance(assignment, Assignment):
                validation.reject_type("mechanism", "must return an Assignment", assignment)
            return Settled(assignment, system)
        return Settled(family(problem.kind).solve(problem, method=mechanism, seed=0).require(), system)

    def quantity(self, problem: AllocationProblem, outcome: Settled, agent: Agent) -> float:
        """Units of data that the server computes."""
        return float(_system(problem).data_size[outcome.assignment.server == agent[1]].sum())

    def direction(self, agent: Agent, dimension: str) -> int:
        """More work for who needs fewer cycles and less energy, has more room and is faster."""
        return -1 if dimension in ("theta", "alpha") else 1

    def money(self, problem: AllocationProblem, outcome: Settled, agent: Agent) -> float:
        """Payments by the reports for what is truly done, less fees given, plus fees taken."""
        return _account(problem, outcome, agent)[0]

    def utility(
        self, problem: AllocationProblem, outcome: Settled, agent: Agent, dimension: str, rationality: Rationality = "utility"
    ) -> float:
        """Payments by the reports, costs by the truth; see the module."""
        return _account(problem, outcome, agent)[1]

    def worth(self, problem: AllocationProblem, agent: Agent, units: Number) -> int:
        """Utilities are not linear in a type: nothing to separate."""
        return 0

    def welfare(self, problem: AllocationProblem, outcome: Settled) -> float:
        """The problem's value."""
        return value(problem, outcome.assignment)

    def optimum(self, problem: AllocationProblem) -> float:
        """By the exact method."""
        result = family(problem.kind).solve(problem, method="exact", seed=0)
        return float(result.value if result.value is not None else 0.0)

    def surplus(self, problem: AllocationProblem, outcome: Settled) -> float:
        """Nobody stands between users and servers; fees cancel."""
        return 0.0

    def turnover(self, problem: AllocationProblem, outcome: Settled) -> float:
        """Nothing is kept or added, see `surplus`."""
        return 0.0

    def costs(self, problem: AllocationProblem, agent: Agent) -> float:
        """The largest payment for a task that the server could get by its true parameters."""
        system = _system(problem)
        largest = np.abs(system.unit_price).max(initial=0.0) * system.data_size.max(initial=0.0)
        return float(largest * system.cycles_per_unit[agent[1]])

    def exposure(self, problem: AllocationProblem, agent: Agent, report: float) -> float:
        """The largest payment for every task."""
        return self.costs(problem, agent) * problem.tasks


def _system(problem: AllocationProblem) -> MecSystem:
    if problem.system is None or problem.provenance.name.startswith("melbourne"):
        validation.reject(
            "market", "must be built from a MecSystem in which every server reaches every task", problem.provenance
        )
    return problem.system


def _account(problem: AllocationProblem, outcome: Settled, agent: Agent) -> tuple[float, float]:
    """A server's money, and its utility."""
    system, reported, i = _system(problem), outcome.reported, agent[1]
    server = outcome.assignment.server
    task = np.flatnonzero(server >= 0)
    at = server[task]
    terms = system.terms(task, at)
    paid = reported.unit_price[task] * reported.terms(task, at).cycles
    load = np.bincount(at, weights=terms.cycles, minlength=system.servers)
    fits = load <= system.capacity * (1.0 + FEASIBILITY_TOL)
    done = fits[at] & (terms.latency <= system.deadline[task] * (1.0 + FEASIBILITY_TOL))
    paid = np.where(done, paid, 0.0)
    fee = np.where(terms.sent, system.fee_share * paid, 0.0)
    own = paid - fee - terms.compute_energy
    source = fee - np.where(terms.sent, terms.send_energy, 0.0)
    mine, sent = at == i, system.source[task] == i
    money = (paid - fee)[mine].sum() + fee[sent].sum()
    return float(money), float(own[mine].sum() + source[sent].sum())


AUDIT_MODEL = AllocationModel()
