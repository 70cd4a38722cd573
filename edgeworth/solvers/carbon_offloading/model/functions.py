"""What a schedule leads to: its trajectory, value, broken constraints and measures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.numeric import FEASIBILITY_TOL
from edgeworth.core.violation import Violation, Violations
from edgeworth.solvers.carbon_offloading.model.problem import PARTS, CarbonOffloading
from edgeworth.solvers.carbon_offloading.model.schedule import Schedule, Trajectory

RULES = {"local-power": "local_power_cap", "offload-power": "offload_power_cap"}
"""The rules of `violations`, and the caps that they are about."""
TRACE = 1e-6
"""Share of a slot's energy up to which the grid counts for nothing: a plan that spends its harvest exactly errs by rounding."""


class Coefficients(NamedTuple):
    """The cost of a joule, a bit, a joule and a bit: what `value` is the sum of.

    Attributes
    ----------
    grid : ndarray
        w_1 c_t / C_0, cost of a joule from the grid, float64 [users, slots].
    held : ndarray
        w_2 / B, cost of a bit that is in the buffer at the end of a slot, float64 [users].
    wasted : ndarray
        w_3 / E_0, cost of a joule that is harvested in vain, float64 [users].
    dropped : ndarray
        w_4 / A_0, cost of a dropped bit, float64 [users, slots]. Where overflow is an event, which costs w_4 whatever its size:
        w_4 / a_ut, the least that a bit can cost on average (0 where nothing arrives).
    """

    grid: Floats
    held: Floats
    wasted: Floats
    dropped: Floats


def coefficients(problem: CarbonOffloading) -> Coefficients:
    """What the parts of a schedule's cost are made of.

    Parameters
    ----------
    problem : CarbonOffloading

    Returns
    -------
    Coefficients
        The value of a schedule is the sum of these times its joules and bits; less than its value where overflow is an event.
    """
    carbon, delay, waste, overflow = problem.weights.tolist()
    most = problem.slot_length * (problem.local_power_cap + problem.offload_power_cap)
    grid = carbon * problem.carbon[None, :] / (problem.carbon_reference * most)[:, None]
    if problem.overflow == "event":
        some = problem.arrivals > 0.0
        dropped = np.where(some, overflow / np.where(some, problem.arrivals, 1.0), 0.0)
    else:
        dropped = np.repeat((overflow / problem.overflow_scale)[:, None], problem.slots, axis=1)
    return Coefficients(grid, delay / problem.buffer, waste / most, dropped)


def fitted(problem: CarbonOffloading, schedule: Schedule) -> Schedule:
    """The schedule, if its arrays have the problem's shape.

    Raises
    ------
    ValueError
        Naming both shapes.
    """
    if schedule.local_power.shape != problem.arrivals.shape:
        users, slots = schedule.local_power.shape
        rule = f"schedule: must be of {problem.users} users and {problem.slots} slots"
        raise ValueError(f"{rule}; got {users} users and {slots} slots")
    return schedule


def simulate(problem: CarbonOffloading, schedule: Schedule) -> Trajectory:
    """Play a schedule slot by slot.

    Parameters
    ----------
    problem : CarbonOffloading
    schedule : Schedule
        It need not be feasible: powers above the caps are played as they are.

    Returns
    -------
    Trajectory
        Buffers, batteries, bits, energies, carbon and cost of every user and slot.

    Raises
    ------
    ValueError
        For a schedule of another shape.

    Notes
    -----
    The formulas are those of `CarbonOffloading`. Of the bits served the processor's count first. With throttled energy
    a device whose buffer runs empty spends the least energy that serves the same bits by no more of either power.

    Examples
    --------
    >>> from edgeworth.solvers import carbon_offloading
    >>> problem = carbon_offloading.generate(users=2, slots=3, seed=0)
    >>> idle = carbon_offloading.Schedule([[0.0] * 3] * 2, [[0.0] * 3] * 2)
    >>> carbon_offloading.simulate(problem, idle).served.sum()
    np.float64(0.0)
    """
    from edgeworth.solvers.carbon_offloading.model.kernels import Record, run

    fitted(problem, schedule)
    users, slots = problem.users, problem.slots
    wide = {name: np.zeros((users, slots + 1)) for name in ("buffer", "battery")}
    record = Record(**wide, **{name: np.zeros((users, slots)) for name in Record._fields[2:]})
    run(problem.episode, schedule.local_power, schedule.offload_power, record)
    return trajectory(problem, record)


def trajectory(problem: CarbonOffloading, record: NamedTuple) -> Trajectory:
    """What a kernel recorded, with carbon and cost.

    Parameters
    ----------
    problem : CarbonOffloading
    record : kernels.Record
        Its arrays are taken, not copied.
    """
    fields = record._asdict()
    price = coefficients(problem)
    dropped = fields["dropped"]
    lost = problem.weights[3] * (dropped > 0.0) if problem.overflow == "event" else price.dropped * dropped
    held = price.held[:, None] * fields["buffer"][:, 1:]
    cost = np.stack([price.grid * fields["grid"], held, price.wasted[:, None] * fields["waste"], lost])
    return Trajectory(**fields, carbon=problem.carbon * fields["grid"], cost=cost)


def value(problem: CarbonOffloading, schedule: Schedule) -> float:
    """The total cost of a schedule over users and slots, to be minimised.

    Parameters
    ----------
    problem : CarbonOffloading
    schedule : Schedule

    Returns
    -------
    float
        The sum of the four parts, each weighted and normalised; no unit.

    Raises
    ------
    ValueError
        For a schedule of another shape.
    """
    return math.fsum(simulate(problem, schedule).cost.ravel().tolist())


def violations(problem: CarbonOffloading, schedule: Schedule) -> Sequence[Violation]:
    """The caps that a schedule breaks.

    Parameters
    ----------
    problem : CarbonOffloading
    schedule : Schedule

    Returns
    -------
    sequence of Violation
        Rules ``local-power`` and ``offload-power``, for every user in the slot where the power is furthest above the cap;
        amount relative to the cap (in watts where that is 0). Up to 1e-9 relative counts as feasible.

    Raises
    ------
    ValueError
        For a schedule of another shape.
    """
    fitted(problem, schedule)
    found = Violations(problem, violations)
    for rule, name in RULES.items():
        cap = getattr(problem, name)
        power = schedule.local_power if rule == "local-power" else schedule.offload_power
        worst = power.argmax(axis=1)
        for u in np.flatnonzero(power.max(axis=1) > cap * (1.0 + FEASIBILITY_TOL)):
            t, most = int(worst[u]), float(cap[u])
            spent = float(power[u, t])
            text = f"user {u} spends {spent:.6g} W of {rule.partition('-')[0]} power in slot {t}, cap {most:.6g} W"
            found.add(rule, spent / most - 1.0 if most else spent, text, user=int(u), slot=t)
    return found.found


def measures(problem: CarbonOffloading, schedule: Schedule) -> dict[str, float]:
    """Named numbers of a schedule, over all users and slots.

    Parameters
    ----------
    problem : CarbonOffloading
    schedule : Schedule

    Returns
    -------
    dict
        ``cost``, its parts ``cost_carbon``, ``cost_delay``, ``cost_waste``, ``cost_overflow``; ``carbon``, g;
        ``carbon_per_bit``, g a bit served; ``carbon_per_joule``, g a joule spent; ``served``, bit; ``overflow``, share of the
        arrived bits that are dropped; ``buffer``, mean bits that a device holds; ``delay``, s, by Little's law: mean buffer
        over accepted bits a second; ``waste``, share of the harvest; ``green_share``, share of the bits that are served in
        slots without grid energy, that is with no more than a millionth of what they spend; ``energy`` and ``grid_energy``,
        J. A ratio of nothing to nothing is 0, of something to nothing infinite.
    """
    played = simulate(problem, schedule)
    served, carbon, energy = _total(played.served), _total(played.carbon), _total(played.energy)
    arrived, dropped, seconds = _total(problem.arrivals), _total(played.dropped), problem.slots * problem.slot_length
    held = _total(played.buffer[:, 1:]) / problem.slots
    parts = {f"cost_{name}": _total(part) for name, part in zip(PARTS, played.cost, strict=True)}
    return {
        "cost": math.fsum(played.cost.ravel().tolist()),
        **parts,
        "carbon": carbon,
        "carbon_per_bit": _ratio(carbon, served),
        "carbon_per_joule": _ratio(carbon, energy),
        "served": served,
        "overflow": _ratio(dropped, arrived),
        "buffer": held / problem.users,
        "delay": _ratio(held, (arrived - dropped) / seconds),
        "waste": _ratio(_total(played.waste), _total(problem.harvest)),
        "green_share": _ratio(_total(played.served[played.grid <= TRACE * played.energy]), served),
        "energy": energy,
        "grid_energy": _total(played.grid),
    }


def _total(values: Floats) -> float:
    return math.fsum(values.ravel().tolist())


def _ratio(part: float, whole: float) -> float:
    if whole > 0.0:
        return part / whole
    return math.inf if part > 0.0 else 0.0
