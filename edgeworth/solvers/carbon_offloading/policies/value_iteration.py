"""The best causal policy of every device, to within a grid: value iteration."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Array, Floats
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.carbon_offloading.kernels import lookup
from edgeworth.solvers.carbon_offloading.kernels.service import Device
from edgeworth.solvers.carbon_offloading.kernels.value_iteration import Grid, Prices
from edgeworth.solvers.carbon_offloading.kernels.value_iteration import value_iteration as iterate
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, Law, Schedule, coefficients
from edgeworth.solvers.carbon_offloading.policies import states


@dataclass(frozen=True)
class ValueIteration:
    """Parameters of `value_iteration`: the size of the grid.

    Parameters
    ----------
    buffer_states : int, >= 3
        Nodes of the buffer from empty to full, closer where it is emptier.
    gain_states : int, >= 2
        Nodes of the gain.
    harvest_states : int, >= 1
        At most so many amounts of harvest in a slot.
    tolerance : float, in [0, 1)
        Where the law is the same in every slot, iteration ends when no marginal value changes by more than this, relative to
        the largest; the last table then serves all earlier slots. 0: iterate over all slots.
    """

    buffer_states: int = 121
    gain_states: int = 24
    harvest_states: int = 16
    tolerance: float = 1e-5

    def __post_init__(self) -> None:
        validation.integer("buffer_states", self.buffer_states, minimum=3)
        validation.integer("gain_states", self.gain_states, minimum=2)
        validation.integer("harvest_states", self.harvest_states, minimum=1)
        if validation.real("tolerance", self.tolerance, minimum=0.0, maximum=1.0) >= 1.0:
            validation.reject("tolerance", "must be below 1", self.tolerance)


class Table(NamedTuple):
    """What iteration for one node of mean gain and carbon intensity found: see `kernels.value_iteration`.

    ``complete``: the last table serves all earlier slots.
    """

    wait: Array
    level: Floats
    first_worth: Array
    complete: bool


_GAIN_STEP = math.log(10.0) / 10.0  # 1 dB between the mean gains of neighbouring tables
_CARBON_STEP = math.log(1.25)
_DROP_STEP = math.log(1.25)
_FREE = -100_000  # the node of intensity 0: the price of its energy is below the least number
_ARRIVAL_STATES = 40
_KEPT_BYTES = 256 * 2**20
_KEPT: OrderedDict[Hashable, Table] = OrderedDict()
_LOCK = threading.Lock()


def value_iteration(problem: CarbonOffloading, params: ValueIteration, run: Run[Schedule]) -> Found[Schedule]:
    """Play every slot by the best causal decision, to within a grid of states: the fairer yardstick for what learns.

    Parameters
    ----------
    problem : CarbonOffloading
        With a `Law`; without batteries.
    params : ValueIteration
        The size of the grid.
    run : Run
        Its clock.

    Returns
    -------
    Found
        The schedule; no bound. ``iterations`` counts slots of value iteration that no earlier run had made. The run ends as
        REFUSED, with a note that says why, for a problem without a law or with a battery, and where throttled energy
        meets a weight of waste.

    Notes
    -----
    With zero forcing on a known channel the devices are independent of each other, and each is a Markov decision process whose
    state is its buffer b, its gain G and its harvest E. Arrivals and harvest are independent from slot to slot (Poisson); the
    gain is a sum of k squared complex amplitudes, each a first-order Gauss-Markov process, so that the next one given G is
    (1 - rho^2) / 2 times a noncentral chi-square variable with 2 k degrees of freedom and noncentrality 2 rho^2 G / (1 -
    rho^2). (Zero forcing on a matrix of such processes has exactly these gains in every slot, and about this law from slot to
    slot.) With q bits left after a decision, and W_t(q, G) the expected cost of waiting from there,

        V_t(b, G, E) = min over x of A max(0, e(x, G) - E) + W_t(b - x, G),
        W_t(q, G) = E[beta b' + omega z + V_{t+1}(b', G', E')],  b' = min(q + a, B),  z = q + a - b',

    plus a waste that no decision changes, since commanded power may be burnt. e(x, G) is convex and its inverse marginal a
    closed form, so that where W_t is convex in q no search is needed: leaving q bits is optimal in the buffer q + x(W_t'(q)),
    where a bit is worth W_t'(q) (the endogenous grid method). Marginal values are iterated backwards over the slots, and one
    table is kept for every number of slots that follow until they settle. A decision is made at the true buffer, gain and
    harvest against the interpolated W_t'. Where dropping pays, W_t is not convex, and the best node is searched for.

    Tables are made for mean gains 1 dB apart, two for a device, between which marginal values are interpolated, and for prices
    of a dropped bit in steps of a quarter; they are kept in memory for later runs, 256 MB at most. What the law does not tell
    of later slots counts as lasting as it is: the carbon intensity (tables a quarter apart), and gains that do not fade from
    slot to slot (tables 3 dB apart). Means of arrivals and harvest that vary over the slots are known from the law, and ask for
    tables of all slots.

    The policy is the optimal causal one up to the error of the grid where users do not interfere, gains fade, the carbon
    intensity is constant, and the law is the true one. Else it is a heuristic: where users interfere it takes the gain for
    that of a user alone; where the intensity varies, or gains move without fading (preset ``day``), it takes the present one
    for that of all later slots, so that it neither waits for better ones nor hurries before worse, and simpler rules may
    cost less.

    References
    ----------
    Bellman, Dynamic Programming (1957); Carroll, The method of endogenous gridpoints, Economics Letters 91 (2006). Its use
    here is ours.
    """
    reason = refusal(problem)
    law = problem.law
    if reason is not None or law is None:
        return Found(None, Termination.REFUSED, notes=(str(reason),))
    local, offload = np.zeros((2, problem.users, problem.slots))
    groups = [list(range(problem.users))] if problem.coupled else [[u] for u in range(problem.users)]
    notes = ["users interfere: the tables are those of users alone"] if problem.coupled else []
    made, ending = 0, Termination.CONVERGED
    for group in groups:
        lattice = _Lattice(problem, law, params, group)
        reason = None
        for node, depth in lattice.needed.items():
            made += lattice.make(*node, depth)
            reason = run.tick(made)
            if reason is not None:
                break
        if reason is not None:
            ending = reason
            notes.append(f"cut before user {group[0]} of {problem.users}: no power is spent from there on")
            break
        lattice.play(local, offload)
    return Found(Schedule(local, offload), ending, iterations=made, notes=tuple(notes))


def refusal(problem: CarbonOffloading) -> str | None:
    """Why value iteration does not take a problem; None where it does."""
    if problem.law is None:
        return "law: must be given: value iteration plans with what a policy may know in advance"
    if problem.battery.max() > 0.0:
        return "battery: must be 0: its charge would be one more state of the grid"
    if problem.energy == "throttled" and problem.weights[2] > 0.0:
        return "energy: must be 'commanded' where waste has a weight: with throttled energy it is not convex in the bits served"
    return None


def expected_cost(problem: CarbonOffloading, params: ValueIteration | None = None) -> Floats:
    """The expected cost of every user under the best causal policy, before the episode is drawn.

    Parameters
    ----------
    problem : CarbonOffloading
        Of its arrays only the initial buffers and the first carbon intensity, taken for that of all slots, are read.
    params : ValueIteration, optional

    Returns
    -------
    ndarray
        float64 [users]: the total over the slots, a gain drawn from its stationary law in the first.

    Raises
    ------
    ValueError
        Where `value_iteration` refuses the problem.
    """
    reason, law = refusal(problem), problem.law
    if reason is not None or law is None:
        raise ValueError(str(reason))
    total = np.zeros(problem.users)
    for u in range(problem.users):
        lattice = _Lattice(problem, law, ValueIteration() if params is None else params, [u])
        for s in range(2):
            for c in range(2):
                weight = lattice.weight(0, 0, s, c)
                if weight > 0.0:
                    none = problem.carbon[0] <= 0.0
                    node = (0, int(lattice.gain_low[0, 0]) + s, _FREE if none else int(lattice.carbon_low[0]) + c)
                    lattice.make(*node, problem.slots)
                    total[u] += weight * _expected(lattice.tables[node], lattice.buffer[0], problem, u)
    return total


def _expected(table: Table, nodes: Floats, problem: CarbonOffloading, u: int) -> float:
    """Of one table: at an empty buffer, and what the initial one adds. Once values have settled, a slot more adds as much."""
    level, start = table.level, float(problem.initial_buffer[u])
    last = min(problem.slots, level.size) - 1
    cost = float(level[last])
    if level.size < problem.slots:
        cost += (problem.slots - level.size) * float(level[-1] - level[-2])
    known = np.append(nodes[nodes < start], start)
    return cost + float(np.trapezoid(np.interp(known, nodes, table.first_worth[last]), known))


class _Lattice:
    """The tables of some users: which nodes of mean gain and carbon intensity they need, and the episodes played by them."""

    def __init__(self, problem: CarbonOffloading, law: Law, params: ValueIteration, group: list[int]) -> None:
        self.problem, self.law, self.params, self.group = problem, law, params, group
        fading = law.gain_shape > 0.0
        self.gain = states.gain_nodes(law.gain_shape, params.gain_states) if fading else np.ones(1)
        mean = np.repeat(law.mean_gain[group, None] / law.gain_shape, problem.slots, axis=1) if fading else problem.gain[group]
        self.unit, self.step = np.ascontiguousarray(mean), _GAIN_STEP if fading else 3.0 * _GAIN_STEP
        self.gain_low, self.gain_share = _position(np.log(self.unit) / self.step)
        carbon = problem.carbon / problem.carbon_reference
        emitting = carbon > 0.0
        self.carbon_low, self.carbon_share = _position(np.log(np.where(emitting, carbon, 1.0)) / _CARBON_STEP)
        self.price = np.ascontiguousarray(coefficients(problem).grid[group])
        self.buffer = np.stack([states.buffer_nodes(float(problem.buffer[u]), params.buffer_states) for u in group])
        self.grids: dict[int, Grid] = {}
        self.tables: dict[tuple[int, int, int], Table] = {}
        self.needed: dict[tuple[int, int, int], int] = {}  # and how many of the last slots
        for i in range(len(group)):
            for s in range(2):
                for c in range(2):
                    used = np.flatnonzero((self.weight(i, slice(None), s, c) > 0.0) & (self.price[i] > 0.0))
                    nodes = np.stack([self.gain_low[i, used], self.carbon_low[used]])
                    distinct, first = np.unique(nodes, axis=1, return_index=True)
                    for (low, other), t in zip(distinct.T.tolist(), used[first].tolist(), strict=True):
                        node = i, low + s, other + c
                        self.needed[node] = max(problem.slots - t, self.needed.get(node, 0))

    def weight(self, i: int, t: int | slice, s: int, c: int) -> Floats:
        """The weight of the node below (0) or above (1) in mean gain s and carbon intensity c."""
        gain, carbon = self.gain_share[i, t], self.carbon_share[t]
        product: Floats = (gain if s else 1.0 - gain) * (carbon if c else 1.0 - carbon)
        return product

    def grid(self, i: int) -> Grid:
        """The states of the i-th user and their laws, gains in units of a node's: the same for all nodes, and slow to make."""
        if i not in self.grids:
            law, u = self.law, self.group[i]
            given = states.laws(law.mean_harvest[u], law.quantum, self.params.harvest_states)
            come = states.laws(law.mean_arrival[u], law.packet, _ARRIVAL_STATES)
            transition = states.gain_transition(self.gain, law.gain_shape, law.correlation)
            usual = states.stationary(self.gain, law.gain_shape)
            self.grids[i] = Grid(self.buffer[i], self.gain, transition, usual, *given, *come)
        return self.grids[i]

    def make(self, i: int, s: int, c: int, depth: int) -> int:
        """Find the table of a node of the i-th user for the last `depth` slots, or make it; return how many were iterated."""
        problem, law, params, u = self.problem, self.law, self.params, self.group[i]
        unit = math.exp(self.step * s)
        tau, kappa, cycles = problem.slot_length, problem.switched_capacitance, problem.cycles_per_bit
        caps = float(problem.local_power_cap[u]), float(problem.offload_power_cap[u])
        device = Device(tau, tau * problem.bandwidth, kappa * cycles**3 / tau**2, float(problem.most_local[u]), *caps)
        most = tau * sum(caps)
        carbon, held, wasted, dropped = problem.weights.tolist()
        event = dropped if problem.overflow == "event" else 0.0
        bit = 0.0 if event or not dropped else dropped / float(problem.overflow_scale[u])
        if bit > 0.0:
            bit = math.exp(_DROP_STEP * round(math.log(bit) / _DROP_STEP))
        size = float(problem.buffer[u])
        prices = Prices(carbon * math.exp(_CARBON_STEP * c) / most, held / size, wasted / most, bit, event, most)
        arrival, harvest = law.mean_arrival[u], law.mean_harvest[u]
        steady = bool((arrival == arrival[0]).all() and (harvest == harvest[0]).all())
        means = (float(arrival[0]), float(harvest[0])) if steady else (arrival.tobytes(), harvest.tobytes())
        law_key = (law.packet, law.quantum, law.correlation, law.gain_shape, means)
        key = (device, prices, size, unit, law_key, params)
        with _LOCK:
            kept = _KEPT.get(key)
            if kept is not None:
                _KEPT.move_to_end(key)
        if kept is not None and (kept.complete or len(kept.wait) >= depth):
            self.tables[i, s, c] = kept
            return 0
        grid = self.grid(i)
        grid = grid._replace(gain=unit * grid.gain)
        table = np.empty((depth, self.gain.size, self.buffer.shape[1]), np.float32)
        level, first = np.zeros(depth), np.zeros((depth, self.buffer.shape[1]))
        count = iterate(device, grid, prices, depth, params.tolerance, table, level, first)
        complete = steady and count < depth
        found = Table(table[:count].copy(), level[:count].copy(), first[:count].copy(), complete)
        self.tables[i, s, c] = found
        with _LOCK:
            _KEPT[key] = found
            while len(_KEPT) > 1 and sum(each.wait.nbytes for each in _KEPT.values()) > _KEPT_BYTES:
                _KEPT.popitem(last=False)
        return int(count)

    def play(self, local: Floats, offload: Floats) -> None:
        """Play the users' episode by the tables, and fill in their powers."""
        from edgeworth.solvers.carbon_offloading.model.kernels import Record

        users, slots = len(self.group), self.problem.slots
        gains, carbons = int(self.gain_low.min()), int(self.carbon_low.min())
        shape = (users, int(self.gain_low.max()) - gains + 2, int(self.carbon_low.max()) - carbons + 2)
        begin, count = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        parts, filled = [np.zeros((0, self.gain.size, self.buffer.shape[1]), np.float32)], 0
        for (i, s, c), each in self.tables.items():
            wait = each.wait[:slots]
            begin[i, s - gains, c - carbons], count[i, s - gains, c - carbons] = filled, len(wait)
            parts.append(wait)
            filled += len(wait)
        plan = lookup.Plan(
            np.concatenate(parts), begin, count, self.gain_low - gains, self.gain_share, self.carbon_low - carbons,
            self.carbon_share, self.unit, self.gain, self.buffer, self.price,
        )  # fmt: skip
        wide = {name: np.zeros((users, slots + 1)) for name in ("buffer", "battery")}
        record = Record(**wide, **{name: np.zeros((users, slots)) for name in Record._fields[2:]})
        episode = self.problem.episode
        if users < self.problem.users:
            row = slice(self.group[0], self.group[0] + 1)
            shared = ("carbon", "cross", "gram")
            fields: dict[str, Any] = {name: each for name, each in episode._asdict().items() if name not in shared}
            arrays: dict[str, Any] = {name: each[row] for name, each in fields.items() if isinstance(each, np.ndarray)}
            episode = episode._replace(**arrays)
        powers = np.zeros((2, users, slots))
        lookup.play(episode, plan, powers[0], powers[1], record)
        local[self.group], offload[self.group] = powers


def _position(at: Array) -> tuple[Array, Floats]:
    """The node below, and the weight of the one above."""
    low = np.floor(at)
    share: Floats = at - low
    near = np.abs(at - np.round(at)) < 1e-9  # rounding must not make two tables necessary where one does
    low, share = np.where(near, np.round(at), low), np.where(near, 0.0, share)
    return low.astype(np.int64), share
