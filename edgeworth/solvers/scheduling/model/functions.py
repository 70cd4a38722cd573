"""What a schedule leads to: its outcome, value, broken constraints and measures."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.violation import Violation, Violations
from edgeworth.solvers.scheduling.model.floor import energy_floor
from edgeworth.solvers.scheduling.model.outcome import Outcome, costs
from edgeworth.solvers.scheduling.model.problem import Episode
from edgeworth.solvers.scheduling.model.schedule import NEVER, Schedule

SIMULATED = ("device", "mask", "decision", "delay", "start")
HINDSIGHT = ("device", "release", "deadline", "overlap")
RULES = tuple(dict.fromkeys(SIMULATED + HINDSIGHT))
"""The rules of `violations`: those of simulated schedules, and those of schedules in hindsight."""
TOLERANCE = 1e-9
"""Seconds by which times may differ."""


def fitted(problem: Episode, schedule: Schedule) -> Schedule:
    """The schedule, if it is of the episode's tasks and devices.

    Raises
    ------
    ValueError, TypeError
        Naming both numbers; for other types, such as a result in place of its solution.
    """
    if not isinstance(problem, Episode):
        validation.reject_type("problem", "must be an Episode", problem)
    if not isinstance(schedule, Schedule):
        validation.reject_type("schedule", "must be a Schedule (of a Result: its solution)", schedule)
    if schedule.tasks != problem.tasks:
        raise ValueError(f"schedule: must be of {problem.tasks} tasks; got {schedule.tasks} tasks")
    most = int(schedule.device.max(initial=-1))
    if most >= problem.devices:
        raise ValueError(f"schedule: must be of {problem.devices} devices; got device {most}")
    return schedule


def simulate(problem: Episode, schedule: Schedule) -> Outcome:
    """What becomes of every task and device.

    Parameters
    ----------
    problem : Episode
    schedule : Schedule
        It need not be feasible. Of a simulated one the decisions and delays are played, and nothing else of it is read: a
        source holds a task back, and what came after it, until it is decided, for good where it never is; where a device is
        masked, or none is given, the source does the task itself.

    Returns
    -------
    Outcome

    Raises
    ------
    ValueError, TypeError
        For a schedule of other tasks or devices, and for other types, such as a result in place of its solution.

    Notes
    -----
    Of a schedule in hindsight the formulas are those of `Episode` at its starts: epochs, radios, batteries and masks do not
    bind it, and a task that does not begin costs w_l L + beta. There a device is idle whenever it executes nothing.

    Examples
    --------
    >>> from edgeworth.solvers import scheduling
    >>> episode = scheduling.generate(devices=2, horizon=10.0, seed=0)
    >>> schedule = scheduling.solve(episode, method="local").solution
    >>> bool((scheduling.simulate(episode, schedule).start == schedule.start).all())
    True
    """
    fitted(problem, schedule)
    if schedule.scope == "simulated":
        from edgeworth.solvers.scheduling.model.simulation import replay

        return replay(problem, schedule)
    return _planned(problem, schedule)


def assigned(problem: Episode, device: ArrayLike) -> Schedule:
    """The simulated schedule that a device for every task leads to.

    Parameters
    ----------
    problem : Episode
    device : int64 [tasks]
        Where it is not open, or -1, the source does the task itself.

    Returns
    -------
    Schedule

    Raises
    ------
    ValueError, TypeError
        For anything but a device of the episode, or -1, for every task.
    """
    from edgeworth.solvers.scheduling.model.simulation import play_given

    devices = validation.array("device", device, np.int64, (problem.tasks,), minimum=-1, maximum=problem.devices - 1)
    return play_given(problem, devices)


def _planned(problem: Episode, schedule: Schedule) -> Outcome:
    begun = (schedule.device >= 0) & (schedule.start != NEVER)
    k, j = schedule.device[begun], np.flatnonzero(begun)
    away = k != problem.source[j]
    process, tau = problem.work[j] / problem.capacity[k], np.where(away, problem.transfer[j], 0.0)
    back = problem.return_share * tau
    there = problem.receive_power[k] * tau + problem.send_power[k] * back
    here = problem.send_power[problem.source[j]] * tau + problem.receive_power[problem.source[j]] * back
    energy, latency, end = np.zeros(problem.tasks), np.zeros(problem.tasks), np.full(problem.tasks, NEVER)
    energy[j] = problem.active_power[k] * process + (here + there)
    end[j] = schedule.start[j] + process
    latency[j] = end[j] + back - problem.arrival[j]
    busy, radio = np.zeros(problem.devices), np.zeros(problem.devices)
    np.add.at(busy, k, process)
    np.add.at(radio, k, there)
    np.add.at(radio, problem.source[j], here)
    status = np.where(begun, "done", "unassigned")
    rest = np.maximum(problem.end - busy, 0.0)
    spent = problem.active_power * busy + problem.idle_power * rest + radio
    return Outcome(
        status=status,
        start=schedule.start,
        end=end,
        decided=np.full(problem.tasks, NEVER),
        latency=latency,
        task_energy=energy,
        cost=costs(problem, begun, latency, energy),
        busy=busy,
        rest=rest,
        radio=radio,
        battery=problem.battery - spent,
        died=np.full(problem.devices, NEVER),
        masked=np.zeros(problem.tasks, np.bool_),
    )


def value(problem: Episode, schedule: Schedule) -> float:
    """The mean cost of a task, to be minimised; 0 without tasks.

    Parameters
    ----------
    problem : Episode
    schedule : Schedule

    Returns
    -------
    float
        The mean of c_j; see `Episode`.

    Raises
    ------
    ValueError, TypeError
        For a schedule of other tasks or devices, and for other types, such as a result in place of its solution.
    """
    cost = simulate(problem, schedule).cost
    return math.fsum(cost.tolist()) / len(cost) if len(cost) else 0.0


def violations(problem: Episode, schedule: Schedule) -> Sequence[Violation]:
    """What a schedule breaks.

    Parameters
    ----------
    problem : Episode
    schedule : Schedule

    Returns
    -------
    sequence of Violation
        Of a simulated schedule, whose decisions are played anew: ``device`` (a task is decided and no device named, or the
        reverse; amount 1), ``mask`` (the device was not open to the task; 1), ``decision`` and ``start`` (s by which the times
        differ from those of the replay), ``delay`` (s, of a task that is sent to no other device). In hindsight: ``device`` (a
        task begins at no device, or is handed to one where it never begins; 1), ``release`` and ``deadline`` (s before the task
        is there, and after it must have ended), ``overlap`` (s for which a device has not yet let go of the task before). Up to
        1e-9 s counts as feasible.

    Raises
    ------
    ValueError, TypeError
        For a schedule of other tasks or devices, and for other types, such as a result in place of its solution.
    """
    played = simulate(problem, schedule)
    found = Violations(problem, violations)
    if schedule.scope == "simulated":
        _replayed(problem, schedule, played, found)
    else:
        _hindsight(problem, schedule, played, found)
    return found.found


def _replayed(problem: Episode, schedule: Schedule, played: Outcome, found: Violations) -> None:
    for j in np.flatnonzero((schedule.device < 0) != (played.decided == NEVER)).tolist():
        rule = "has no device, and is decided" if schedule.device[j] < 0 else "has a device, and is never decided"
        found.add("device", 1.0, f"{found.named('task', j)} {rule}", task=j)
    for j in np.flatnonzero(played.masked & (schedule.device >= 0)).tolist():
        text = f"{found.named('task', j)} is handed to device {schedule.device[j]}, which is not open to it"
        found.add("mask", 1.0, text, task=j)
    if schedule.delay is not None:
        sent = (schedule.device >= 0) & (schedule.device != problem.source) & (played.decided != NEVER)
        for j in np.flatnonzero(~sent & (schedule.delay > TOLERANCE)).tolist():
            text = f"{found.named('task', j)} has a delay of {schedule.delay[j]:.9g} s, and is sent to no other device"
            found.add("delay", float(schedule.delay[j]), text, task=j)
    stated = schedule.start if schedule.decided is None else schedule.decided
    for rule, given, real in (("decision", stated, played.decided), ("start", schedule.start, played.start)):
        off = np.abs(given - real)
        for j in np.flatnonzero(off > TOLERANCE).tolist():
            text = f"{found.named('task', j)} has its {rule} at {given[j]:.9g} s, in the simulation at {real[j]:.9g} s"
            found.add(rule, float(off[j]), text, task=j)


def _hindsight(problem: Episode, schedule: Schedule, played: Outcome, found: Violations) -> None:
    begun = schedule.start != NEVER
    for j in np.flatnonzero(begun & (schedule.device < 0)).tolist():
        found.add("device", 1.0, f"{found.named('task', j)} begins at no device", task=j)
    for j in np.flatnonzero(~begun & (schedule.device >= 0)).tolist():
        text = f"{found.named('task', j)} is handed to device {schedule.device[j]}, where it never begins"
        found.add("device", 1.0, text, task=j)
    begun &= schedule.device >= 0
    released = problem.arrival + np.where(schedule.device == problem.source, 0.0, problem.transfer)
    for rule, late in (("release", released - schedule.start), ("deadline", played.latency - problem.deadline)):
        for j in np.flatnonzero(begun & (late > TOLERANCE)).tolist():
            text = f"{found.named('task', j)} breaks its {rule} by {late[j]:.6g} s"
            found.add(rule, float(late[j]), text, task=j)
    order = np.lexsort((schedule.start, schedule.device))
    order = order[begun[order]]
    left, right = order[:-1], order[1:]
    over = np.where(schedule.device[left] == schedule.device[right], played.end[left] - schedule.start[right], 0.0)
    for place in np.flatnonzero(over > TOLERANCE).tolist():
        j, k = int(right[place]), int(schedule.device[right[place]])
        text = f"{found.named('task', j)} begins {over[place]:.6g} s before device {k} lets go of task {left[place]}"
        found.add("overlap", float(over[place]), text, task=j, device=k)


def measures(problem: Episode, schedule: Schedule) -> dict[str, float]:
    """Named numbers of a schedule, over all tasks and devices.

    Parameters
    ----------
    problem : Episode
    schedule : Schedule

    Returns
    -------
    dict
        ``cost``, the value; ``success``, share of the tasks; ``latency``, mean s of successes, result back; ``energy``, J of
        all devices on [0, T + L], active, idle and of radios, the same span for all schedules; ``energy_per_success``, J;
        ``energy_floor``, J, see `energy_floor`;
        ``utilisation``, busy time over N (T + L), and ``useful_utilisation``, the part of it that successes took;
        ``offloaded``, share of the tasks that another device than their source was handed; ``dead``, share of the devices whose
        battery fell to its floor. A ratio of nothing to nothing is 0, of something to nothing infinite.

    Raises
    ------
    ValueError, TypeError
        For a schedule of other tasks or devices, and for other types, such as a result in place of its solution.

    Notes
    -----
    Over N T, as one may also define it, utilisation is larger by the factor (T + L) / T, and may exceed 1.
    """
    return measured(problem, schedule, simulate(problem, schedule))


def measured(problem: Episode, schedule: Schedule, played: Outcome) -> dict[str, float]:
    """`measures` of a schedule that led to an outcome."""
    done = played.status == "done"
    successes, seconds = int(done.sum()), problem.devices * problem.end
    energy = float(np.sum(problem.active_power * played.busy + problem.idle_power * played.rest + played.radio))
    useful = float(np.sum(problem.work[done] / problem.capacity[schedule.device[done]]))
    away = (schedule.device >= 0) & (schedule.device != problem.source)
    return {
        "cost": math.fsum(played.cost.tolist()) / problem.tasks if problem.tasks else 0.0,
        "success": _ratio(successes, problem.tasks),
        "latency": _ratio(float(played.latency[done].sum()), successes),
        "energy": energy,
        "energy_per_success": _ratio(energy, successes),
        "energy_floor": energy_floor(problem),
        "utilisation": float(played.busy.sum()) / seconds,
        "useful_utilisation": useful / seconds,
        "offloaded": _ratio(int(away.sum()), problem.tasks),
        "dead": float(np.mean(played.died != NEVER)),
    }


def _ratio(part: float, whole: float) -> float:
    if whole > 0.0:
        return part / whole
    return math.inf if part > 0.0 else 0.0
