"""Faults of results of scheduling."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from edgeworth.core.numeric import relative_gap
from edgeworth.core.result import BoundEvidence, Certificate, Quality, Result
from edgeworth.solvers.scheduling.model import Episode, Schedule, simulate, value
from edgeworth.solvers.scheduling.model.prices import dual_bound
from edgeworth.solvers.scheduling.model.schedule import NEVER
from edgeworth.testing.faults.base import SHIFT, Fault, fitting_quality


def _scheduled(problem: Episode, result: Result[Schedule], schedule: Schedule) -> Result[Schedule]:
    """The result with another schedule and nothing else that could be wrong."""
    bare = {"bound": None, "bound_evidence": None, "certificate": None, "quality": Quality.FEASIBLE}
    return replace(result, solution=schedule, value=value(problem, schedule), **bare)  # type: ignore[arg-type]


def _begun(result: Result[Schedule], scope: str) -> Schedule | None:
    """The schedule, where it is of this scope and begins a task."""
    schedule = result.solution
    return schedule if schedule is not None and schedule.scope == scope and np.any(schedule.start != NEVER) else None


def shifted_start(problem: Episode, result: Result[Schedule]) -> Result[Schedule] | None:
    """A task is said to begin 1e-6 s after its simulation does."""
    schedule = _begun(result, "simulated")
    if schedule is None:
        return None
    start = np.array(schedule.start)
    start[np.flatnonzero(start != NEVER)[-1]] += SHIFT
    return _scheduled(problem, result, replace(schedule, start=start))


def decision_between_epochs(problem: Episode, result: Result[Schedule]) -> Result[Schedule] | None:
    """A task is said to be handed over 1e-6 s before its epoch; said to be later, it would be held back to the next one."""
    schedule = _begun(result, "simulated")
    if schedule is None or schedule.decided is None:
        return None
    decided = np.array(schedule.decided)
    later = np.flatnonzero(decided > 0.0)
    if not len(later):
        return None
    decided[later[0]] -= SHIFT
    return _scheduled(problem, result, replace(schedule, decided=decided))


def masked_device(problem: Episode, result: Result[Schedule]) -> Result[Schedule] | None:
    """A task is handed to a device that is not open to it; times are those of a simulation of just that."""
    schedule = _begun(result, "simulated")
    if schedule is None:
        return None
    for j in np.flatnonzero(schedule.device >= 0):
        for k in range(problem.devices):
            device = np.array(schedule.device)
            device[j] = k
            tried = replace(schedule, device=device)
            played = simulate(problem, tried)
            if played.masked[j]:
                return _scheduled(problem, result, replace(tried, start=played.start, decided=played.decided))
    return None


def delay_at_home(problem: Episode, result: Result[Schedule]) -> Result[Schedule] | None:
    """The last task that is sent to no other device is said to have waited 1 s to be sent; where it queues, no time changes."""
    schedule = result.solution
    if schedule is None or schedule.delay is None:
        return None
    for j in np.flatnonzero((schedule.device < 0) | (schedule.device == problem.source))[::-1]:
        delay = np.array(schedule.delay)
        delay[j] = 1.0
        tried = replace(schedule, delay=delay)
        if np.array_equal(simulate(problem, tried).start, schedule.start):
            return _scheduled(problem, result, tried)
    return None


def device_of_nothing(problem: Episode, result: Result[Schedule]) -> Result[Schedule] | None:
    """In hindsight, a task that never begins is said to be handed to a device."""
    schedule = _begun(result, "hindsight")
    if schedule is None:
        return None
    device = np.array(schedule.device)
    device[schedule.start == NEVER] = 0
    return None if np.array_equal(device, schedule.device) else _scheduled(problem, result, replace(schedule, device=device))


def value_without_failures(problem: Episode, result: Result[Schedule]) -> Result[Schedule] | None:
    """The value leaves out the cost of failures."""
    if result.solution is None or result.value is None:
        return None
    wrong = value(replace(problem, failure_cost=0.0), result.solution)
    if not result.value - wrong > SHIFT * result.value:
        return None
    return replace(result, value=wrong, bound=None, bound_evidence=None, certificate=None, quality=Quality.FEASIBLE)


def overlap(problem: Episode, result: Result[Schedule]) -> Result[Schedule] | None:
    """A task begins 1e-6 s before its device lets go of the one before."""
    schedule = _begun(result, "hindsight")
    if schedule is None:
        return None
    end, order = simulate(problem, schedule).end, np.lexsort((schedule.start, schedule.device))
    order = order[schedule.start[order] != NEVER]
    for i, j in pairwise(order.tolist()):
        if schedule.device[i] == schedule.device[j] and end[i] - SHIFT > max(schedule.start[i], 0.0):
            return _moved(problem, result, schedule, j, float(end[i] - SHIFT))
    return None


def before_release(problem: Episode, result: Result[Schedule]) -> Result[Schedule] | None:
    """A task begins 1e-6 s before it is there."""
    schedule = _begun(result, "hindsight")
    if schedule is None:
        return None
    released = problem.arrival + np.where(schedule.device == problem.source, 0.0, problem.transfer)
    for j in np.flatnonzero((schedule.start != NEVER) & (released > SHIFT)):
        return _moved(problem, result, schedule, int(j), float(released[j] - SHIFT))
    return None


def past_the_deadline(problem: Episode, result: Result[Schedule]) -> Result[Schedule] | None:
    """A task ends, its result back, 1e-6 s after its deadline."""
    schedule = _begun(result, "hindsight")
    if schedule is None:
        return None
    j = int(np.flatnonzero(schedule.start != NEVER)[-1])
    late = problem.deadline + SHIFT - simulate(problem, schedule).latency[j]
    return _moved(problem, result, schedule, j, float(schedule.start[j] + late))


def _moved(problem: Episode, result: Result[Schedule], schedule: Schedule, j: int, start: float) -> Result[Schedule]:
    """The result with another start of task j."""
    moved = np.array(schedule.start)
    moved[j] = start
    return _scheduled(problem, result, replace(schedule, start=moved))


def _prices(result: Result[Schedule]) -> Certificate | None:
    proved = result.bound is not None and result.bound_evidence is BoundEvidence.RECOMPUTED
    certificate = result.certificate
    return certificate if proved and certificate is not None and certificate.kind == "prices" else None


def _bound(problem: Episode, certificate: Certificate) -> float:
    """What the prices prove."""
    return dual_bound(problem, np.asarray(certificate.arrays["u"]), float(certificate.arrays["grid"][0]))


def forged_prices(problem: Episode, result: Result[Schedule]) -> Result[Schedule] | None:
    """The prices are halved; the bound is left as it was."""
    certificate = _prices(result)
    if certificate is None or result.bound is None:
        return None
    forged = Certificate("prices", {**certificate.arrays, "u": 0.5 * np.asarray(certificate.arrays["u"])})
    if not relative_gap(result.bound, _bound(problem, forged), "min") > SHIFT:
        return None
    return replace(result, certificate=forged)


def foreign_bound(problem: Episode, result: Result[Schedule]) -> Result[Schedule] | None:
    """The prices are the problem's, the bound is what they prove where devices draw more power."""
    certificate = _prices(result)
    if certificate is None or result.bound is None:
        return None
    wrong = _bound(replace(problem, active_power=problem.active_power + 10.0), certificate)
    if not relative_gap(wrong, result.bound, "min") > SHIFT:
        return None
    return replace(result, bound=wrong, quality=fitting_quality(problem, result, wrong))


FAULTS: tuple[Fault, ...] = (
    Fault("shifted start", "start", shifted_start),
    Fault("decision between epochs", "decision", decision_between_epochs),
    Fault("masked device", "mask", masked_device),
    Fault("delay at home", "delay", delay_at_home),
    Fault("device of nothing", "device", device_of_nothing),
    Fault("value without failures", "value", value_without_failures),
    Fault("overlap", "overlap", overlap),
    Fault("before its release", "release", before_release),
    Fault("past the deadline", "deadline", past_the_deadline),
    Fault("forged prices", "bound", forged_prices),
    Fault("foreign bound", "bound", foreign_bound),
)
"""Faults of results of scheduling."""
