"""The hindsight optimum: one convex program a device, solved by an interior-point method and certified by its prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.method import Found
from edgeworth.core.numeric import OPTIMALITY_TOL, closes
from edgeworth.core.result import BoundEvidence, Termination
from edgeworth.core.run import Run
from edgeworth.solvers.carbon_offloading.exact.program import (
    TRUE_DROP,
    certificate,
    in_units,
    of_large_battery,
    powers,
    program,
)
from edgeworth.solvers.carbon_offloading.kernels.interior import solve
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, Schedule, coefficients, dominant_scale, simulate, value
from edgeworth.solvers.carbon_offloading.model.prices import dual_bound
from edgeworth.solvers.carbon_offloading.policies.rules import schedules

TOLERANCE = 1e-10
"""Relative gap at which a device's program is solved: a tenth of what an optimum is allowed."""
ITERATIONS = 100
ROUNDS = 4
"""How often devices that interfere are planned, each time for the gains that the interference of the last plans leaves."""


@dataclass(frozen=True)
class Plan:
    """What the program of one device says.

    powers: the two commands of `program.powers`, W, [2, 2, slots]. prices: lambda, mu and pi of `dual_bound`, [3, slots].
    iterations: of the method. drops: whether it drops bits that there is room for, which no device does.
    """

    powers: Floats
    prices: Floats
    iterations: int
    drops: bool


def plan(problem: CarbonOffloading, u: int, gain: Floats, dropped: Floats) -> Plan:
    """Solve the program of device u, and command what it says."""
    user, scale = program(problem, u, gain, dropped)
    slots = problem.slots
    best, bound, iterations = np.inf, -np.inf, 0
    for central in (True, False):
        point_, path_, charge_ = np.zeros((slots, 5)), np.zeros(slots + 1), np.zeros(slots + 1)
        service_, arrival_, joule_ = np.zeros(slots), np.zeros(slots), np.zeros(slots)
        cost, lower, steps = solve(user, central, TOLERANCE, ITERATIONS, point_, path_, charge_, service_, arrival_, joule_)
        iterations += steps
        if cost < best:
            best, point, path, charge = cost, point_, path_, charge_
        if lower > bound:
            bound, service, arrival, joule = lower, service_, arrival_, joule_
        if best - bound <= OPTIMALITY_TOL * abs(best):
            break
    small = TRUE_DROP * user.buffer
    drops = np.any((point[:, 2] > small) & (path[1:] < user.buffer - small))
    joule = of_large_battery(problem, u, user, joule)
    commands = powers(problem, u, gain, user, scale, point, path, charge)
    return Plan(commands, in_units(scale, arrival, service, joule), iterations, bool(drops))


@dataclass
class _Search:
    """The best schedule so far, its value by device, and what the run has spent."""

    problem: CarbonOffloading
    run: Run[Schedule]
    powers: Floats
    costs: Floats
    iterations: int = 0
    ending: Termination | None = None

    def plan(self, u: int, gain: Floats, dropped: Floats) -> Plan:
        """One device's plan, counted."""
        made = plan(self.problem, u, gain, dropped)
        self.iterations += made.iterations
        self.ending = self.run.tick(self.iterations)
        return made

    def proves(self, bound: float) -> bool:
        """Whether the best schedule costs no more than this bound."""
        return closes(value(self.problem, Schedule(*self.powers)), bound, "min", False)

    def offer(self, commands: Floats) -> Floats:
        """Keep what is better of schedules [2, 2, users, slots]: by device, or as a whole where devices interfere. Returns the
        ratios SINR / p_o that the first one meets, NaN where it sends nothing."""
        left = np.full(self.problem.arrivals.shape, np.nan)
        for turn, tried in enumerate(commands):
            if turn and np.array_equal(tried, commands[0]):
                break
            played = simulate(self.problem, Schedule(*tried))
            costs = played.cost.sum(axis=(0, 2))
            better = costs < self.costs
            if self.problem.coupled:
                better = np.full(len(costs), costs.sum() < self.costs.sum())
            self.powers = np.where(better[None, :, None], tried, self.powers)
            self.costs = np.where(better, costs, self.costs)
            if not turn:
                sends = tried[1] > 0.0
                left[sends] = played.sinr[sends] / tried[1][sends]
        return left


def interior_point(problem: CarbonOffloading, params: None, run: Run[Schedule]) -> Found[Schedule]:
    """Find the schedule that is best in hindsight, device by device, and prove it by prices.

    Parameters
    ----------
    problem : CarbonOffloading
        The episode, all of whose slots are known.
    params : None
        The method has no parameters.
    run : Run
        Clock of the run; it is asked after every device.

    Returns
    -------
    Found
        The schedule; the bound with its certificate "prices" (``arrival_price``, ``service_price`` and, where a device has a
        battery, ``energy_price``). ``iterations`` counts Newton steps over all devices. The notes say where the program is not
        exact. A run that is cut short leaves the remaining devices idle.

    Notes
    -----
    With perfect channel knowledge zero forcing makes devices independent. For one device, with the coefficients A_t, beta, eta,
    omega_t of the value, the program

        min  sum_t A_t y_t + beta b_{t+1} + omega_t z_t + eta w_t
        b_{t+1} = b_t - l_t - o_t + a_t - z_t <= B,    l_t + o_t <= b_t,    0 <= z_t <= a_t,
        e(l_t) + e(o_t) <= E_t + y_t + s_t - s_{t+1},  w_t >= E_t + s_t - s_{t+1} - E_0,  0 <= s_{t+1} <= S

    is convex (e(l) is cubic, e(o) exponential), and exact where the result is OPTIMAL: a schedule that costs as much has
    been played. In general it is a lower bound, and below the optimum only where it drops a bit that there is room for
    (with the default overflow scale only ahead of losses that nothing avoids, which it takes early to save the delay),
    where overflow is an event, where energy is throttled and waste has a weight (commanded energy may be burnt, so that
    waste below E_0 costs nothing), where devices interfere, and where a battery had better keep its charge for a dirtier
    slot. There the schedule is the best of those planned (with the program's own drops, and with prices at which it drops
    from a full buffer only; with interference for the gains that earlier plans leave) and of what the family's rules choose
    that draw nothing.

    The method is a primal-dual interior-point method with Mehrotra's predictor and corrector whose points are all strictly
    feasible. Newton's system is a linear-quadratic control problem in the state (buffer, battery), solved by one backward
    and one forward pass: an iteration costs O(T). The multipliers of buffer and energy are the prices. mu_t is what it is
    worth to get rid of a bit in slot t: it falls by beta a slot while the bit waits, rises where the buffer empties and
    drops where it is full. Their dual function is a valid bound whatever they are; by strong duality it meets the program's
    optimum, here to a relative 1e-10.

    References
    ----------
    Mehrotra, On the implementation of a primal-dual interior point method, SIAM J. Optim. 2 (1992). Rao, Wright and Rawlings,
    Application of interior-point methods to model predictive control, J. Optim. Theory Appl. 99 (1998) (the passes). The
    program and its use as a yardstick are ours.
    """
    users, slots = problem.arrivals.shape
    search = _Search(problem, run, np.zeros((2, users, slots)), np.full(users, np.inf))
    prices, commands = np.zeros((3, users, slots)), np.zeros((2, 2, users, slots))
    priced, gain = coefficients(problem).dropped, problem.free_gain
    dropping = []
    for u in range(users):
        made = search.plan(u, gain[u], priced[u])
        commands[:, :, u], prices[:, u] = made.powers, made.prices
        if made.drops:
            dropping.append(u)
        if search.ending is not None:
            break
    left = search.offer(commands)
    if search.ending is None:
        _improve(search, left, dropping)
    bound = dual_bound(problem, *prices)
    if search.ending is None and not search.proves(bound):
        for powers in schedules(problem):
            search.offer(powers[None])
            search.ending = run.tick(search.iterations)
            if search.ending is not None:
                break
    ending = search.ending or (Termination.PROVED if search.proves(bound) else Termination.CONVERGED)
    return Found(
        Schedule(*search.powers),
        ending,
        bound=bound,
        evidence=BoundEvidence.RECOMPUTED,
        certificate=certificate(problem, prices),
        iterations=search.iterations,
        notes=() if ending is Termination.PROVED else _notes(problem, dropping, ending),
    )


def _improve(search: _Search, left: Floats, dropping: list[int]) -> None:
    """Where the program is not exact: plan again at other prices of a drop, and for the gains that interference leaves."""
    problem = search.problem
    price = coefficients(problem)
    dear = np.maximum(price.dropped, (problem.weights[3] / dominant_scale(problem))[:, None])
    dear += price.held[:, None] * np.arange(problem.slots, 0, -1)  # to drop later is cheaper, the delay saved included
    offers = [dear]
    if problem.overflow == "event":  # a loss that comes anyway may be as large as it likes
        offers.append(np.zeros_like(dear))
    gain = problem.free_gain
    for turn in range(ROUNDS if problem.coupled else 1):
        if problem.coupled and turn:  # halfway in the logarithm: each plan answers the last ones of all others
            gain = np.where(np.isfinite(left) & (left > 0.0), np.sqrt(gain * np.where(left > 0.0, left, 1.0)), gain)
        for dropped in offers:
            commands = np.stack([search.powers, search.powers])
            for u in range(problem.users) if problem.coupled or problem.overflow == "event" else dropping:
                commands[:, :, u] = search.plan(u, gain[u], dropped[u]).powers
                if search.ending is not None:
                    return
            left = search.offer(commands)


def _notes(problem: CarbonOffloading, dropping: list[int], ending: Termination) -> tuple[str, ...]:
    """Where the program is not exact, so that the bound may lie below the optimum."""
    notes = []
    if dropping:
        some = ", ".join(map(str, dropping[:5])) + (", ..." if len(dropping) > 5 else "")
        notes.append(f"the program drops bits while there is room for them (devices {some})")
    if problem.overflow == "event" and problem.weights[3] > 0.0:
        notes.append("a loss counts in the program by its bits, at most as an event")
    if problem.energy == "throttled" and problem.weights[2] > 0.0:
        notes.append("the program may burn harvest that throttled energy wastes")
    if problem.coupled:
        notes.append("the program knows no interference")
    if not notes and ending is Termination.CONVERGED:
        if np.any(problem.battery > 0.0):
            notes.append("the program may keep a battery's charge for dirtier slots, or charge it from the grid")
        else:  # numbers of very different size
            notes.append("the program is solved up to rounding, and counts a bit that is very dear to drop for less")
    return tuple(f"{note}: the bound may lie below the optimum" for note in notes)
