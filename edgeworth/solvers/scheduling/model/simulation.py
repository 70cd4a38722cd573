"""Episodes in play: the kernels' arrays of an episode, and what a rule or a record of decisions makes of it."""

from __future__ import annotations

import numpy as np

from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.jit import read_only
from edgeworth.solvers.scheduling.model.kernels import rules as kernel
from edgeworth.solvers.scheduling.model.kernels.state import DONE, EPOCH, REJECTED, State, World
from edgeworth.solvers.scheduling.model.outcome import STATUS, Outcome, costs
from edgeworth.solvers.scheduling.model.problem import CHOICES, Episode
from edgeworth.solvers.scheduling.model.schedule import Schedule

NO_FLOATS, NO_INTS, NO_BIDS = np.zeros(0), np.zeros(0, np.int64), np.zeros((0, 2))


def world(problem: Episode) -> World:
    """The episode as kernels read it."""
    own = np.argsort(problem.source, kind="stable")
    begin = np.searchsorted(problem.source[own], np.arange(problem.devices + 1))
    codes = (options.index(getattr(problem, name)) for name, options in CHOICES.items())
    channel, order, late, service, mask = codes
    made = World(
        capacity=problem.capacity,
        battery=problem.battery,
        floor=problem.battery_floor,
        active=problem.active_power,
        idle=problem.idle_power,
        send=problem.send_power,
        receive=problem.receive_power,
        arrival=problem.arrival,
        due=problem.arrival + problem.deadline,
        work=problem.work,
        tau=problem.transfer,
        source=problem.source,
        own=own,
        begin=begin,
        deadline=problem.deadline,
        margin=problem.margin,
        epoch=problem.epoch,
        end=problem.end,
        latency_weight=problem.latency_weight,
        energy_weight=problem.energy_weight,
        failure_cost=problem.failure_cost,
        return_share=problem.return_share,
        gossip=problem.gossip,
        channel=channel,
        order=order,
        late=late,
        service=service,
        mask=mask,
    )
    return read_only(made)


def rows_of_news(problem: Episode, together: bool) -> int:
    """How many epochs' news must be kept: those of the last `gossip` seconds, the one before, and the one under way."""
    if problem.gossip == 0.0 and not together:
        return 0
    if problem.epoch > 0.0:
        return int(min(problem.gossip, problem.end) / problem.epoch) + 3
    before = np.searchsorted(problem.arrival, problem.arrival - problem.gossip, side="left")
    return int(np.max(np.arange(problem.tasks) - before, initial=0)) + 3


def state(made: World, rows: int) -> State:
    """The state at time 0, with room for so many rows of news."""
    devices, tasks = made.capacity.size, made.arrival.size
    per_device = {name: np.zeros(devices) for name in ("last", "wake", "busy", "rest", "radio", "waiting", "wait")}
    per_task = {name: np.zeros(tasks) for name in ("end", "ready", "delay", "energy", "left")}
    return State(
        battery=made.battery.copy(),
        died=np.full(devices, -1.0),
        free=np.zeros(devices + 1),
        soonest=np.full(devices, np.inf),
        run_end=np.full(devices, np.inf),
        run_full=np.full(devices, np.inf),
        running=np.full(devices, -1),
        head=np.full(devices, -1),
        first=made.begin[:-1].copy(),
        upto=made.begin[:-1].copy(),
        device=np.full(tasks, -1),
        status=np.zeros(tasks, np.int64),
        start=np.full(tasks, -1.0),
        decided=np.full(tasks, -1.0),
        after=np.full(tasks, -1),
        counts=np.array([0, 0, 0, 0, -1]),
        told=np.zeros(rows),
        news_backlog=np.zeros((rows, devices)),
        news_dead=np.zeros((rows, devices), np.bool_),
        news_battery=np.zeros((rows, devices)),
        turn=np.zeros(devices, np.int64),
        choice=np.zeros(devices, np.int64),
        open=np.zeros(devices, np.bool_),
        **per_device,
        **per_task,
    )


class Play:
    """An episode that rules play, some epochs at a time.

    together: all choices of an epoch are made before any of them acts, as agents of an environment make them.
    """

    def __init__(self, problem: Episode, together: bool = False) -> None:
        self.problem, self.together = problem, together
        self.world = world(problem)
        self.state = state(self.world, rows_of_news(problem, together))
        self.over = False
        kernel.awaken(self.world, self.state)

    def go(self, rule: kernel.Rule, epochs: int = 2**62) -> bool:
        """Play at most so many epochs more; returns whether the episode is over."""
        if not self.over:
            self.over = kernel.play(self.world, self.state, rule, self.together, epochs)
        return self.over

    @property
    def epochs(self) -> int:
        """How many epochs there have been."""
        return int(self.state.counts[EPOCH])

    @property
    def decisions(self) -> int:
        """How many tasks have been handed to a device."""
        return int(np.count_nonzero(self.state.device >= 0))

    @property
    def rejected(self) -> int:
        """How many choices did not fit any more when their turn came."""
        return int(self.state.counts[REJECTED])

    def schedule(self) -> Schedule:
        """The decisions of the episode, which must be over."""
        at = self.state
        return Schedule(at.device, at.start, "simulated", at.decided, at.delay)

    def outcome(self, masked: Ints) -> Outcome:
        """What became of it, once it is over."""
        at, problem = self.state, self.problem
        done = at.status == DONE
        back = np.where(at.device == problem.source, 0.0, problem.return_share * problem.transfer)
        latency = np.where(done, at.end + back - problem.arrival, 0.0)
        return Outcome(
            status=np.array(STATUS)[at.status],
            start=at.start,
            end=at.end,
            decided=at.decided,
            latency=latency,
            task_energy=at.energy,
            cost=costs(problem, done, latency, at.energy),
            busy=at.busy,
            rest=at.rest,
            radio=at.radio,
            battery=at.battery,
            died=at.died,
            masked=masked > 0,
        )


def rule(
    code: int,
    parameter: float = 0.0,
    draws: Floats = NO_FLOATS,
    given: Ints = NO_INTS,
    delay: Floats = NO_FLOATS,
    terms: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
    masked: Ints = NO_INTS,
    bids: Floats = NO_BIDS,
    held: Floats = NO_FLOATS,
) -> kernel.Rule:
    """A rule as kernels read it; arrays that may be read-only are copied nowhere but seen through one type."""
    made = read_only(kernel.Rule(code, float(parameter), draws, given, delay, held, terms, NO_INTS, NO_BIDS))
    return made._replace(masked=masked, bids=bids)


def replay(problem: Episode, schedule: Schedule) -> Outcome:
    """The outcome of decisions made elsewhere."""
    play, masked = Play(problem), np.zeros(problem.tasks, np.int64)
    delay, held = (NO_FLOATS if each is None else each for each in (schedule.delay, schedule.decided))
    play.go(rule(kernel.REPLAY, given=schedule.device, delay=delay, held=held, masked=masked))
    return play.outcome(masked)


def play_given(problem: Episode, device: Ints) -> Schedule:
    """The schedule that devices lead to; see `functions.assigned`."""
    play, masked = Play(problem), np.zeros(problem.tasks, np.int64)
    play.go(rule(kernel.REPLAY, given=device, delay=np.zeros(problem.tasks), masked=masked))
    return play.schedule()
