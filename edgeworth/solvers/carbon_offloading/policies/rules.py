"""Rules that choose the powers of a slot from the past and the present: closed forms and simple ones to compare with."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.jit import read_only
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.carbon_offloading.kernels import rules
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, Schedule, coefficients
from edgeworth.solvers.carbon_offloading.model.kernels import Record

_CHUNK = 10_000  # users times slots between two looks at the clock: some 20 ms


class _Known(NamedTuple):
    """What a rule is given beside the episode; see `kernels.rules.play`."""

    parameter: Floats
    draws: Floats
    joule_cost: Floats


@dataclass(frozen=True)
class Lyapunov:
    """Parameters of `lyapunov`.

    Parameters
    ----------
    tradeoff : float
        V / V*, in [1e-12, 1e12]: the larger, the less carbon and the longer the buffer. The default was tuned on training
        episodes; see `lyapunov`.

    Raises
    ------
    ValueError, TypeError
        For a number out of range.
    """

    tradeoff: float = 0.2

    def __post_init__(self) -> None:
        number = validation.real("tradeoff", self.tradeoff, minimum=1e-12, maximum=1e12)
        object.__setattr__(self, "tradeoff", number)


@dataclass(frozen=True)
class Threshold:
    """Parameters of `threshold`.

    Parameters
    ----------
    level : float
        Share of the buffer that is left in it, in [0, 1].

    Raises
    ------
    ValueError, TypeError
        For a number out of range.
    """

    level: float = 0.05

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", validation.real("level", self.level, minimum=0.0, maximum=1.0))


def largest_tradeoff(problem: CarbonOffloading) -> Floats:
    """V* = B / (A m) of every user, with which `lyapunov` spends full power at a full buffer and not before.

    Parameters
    ----------
    problem : CarbonOffloading

    Returns
    -------
    ndarray
        bit^2, [users]. A is the cost of a joule at the reference intensity, m the joules that the last bit takes at full power
        and the expected gain (at a gain without limit where the problem has no law). 1 where carbon has no weight.
    """
    last_local = 3.0 * problem.cycles_per_bit * np.cbrt(problem.switched_capacitance * problem.local_power_cap**2)
    loss = 0.0 if problem.law is None else 1.0 / problem.law.mean_gain
    last_sent = math.log(2.0) / problem.bandwidth * (problem.offload_power_cap + loss)
    joule = problem.weights[0] / (problem.slot_length * (problem.local_power_cap + problem.offload_power_cap))
    dear = joule * np.maximum(last_local, last_sent)
    found: Floats = np.where(dear > 0.0, problem.buffer / np.where(dear > 0.0, dear, 1.0), 1.0)
    return found


def lyapunov(problem: CarbonOffloading, params: Lyapunov, run: Run[Schedule]) -> Found[Schedule]:
    """Drift plus penalty: serve a bit where the buffer outweighs its carbon.

    Parameters
    ----------
    problem : CarbonOffloading
    params : Lyapunov
    run : Run

    Returns
    -------
    Found
        The powers that the rule chose; no bound.

    Notes
    -----
    With the Lyapunov function b^2 / 2 the drift is at most K + b (a - x), and minimising V phi_t(x) - b x, phi_t the cost of
    the grid energy that x bits need, is the response of the exact dual to the price mu = b / V:
    l = sqrt(r tau^2 / (3 kappa L^3)) and o = W tau log2(r W gain / ln 2) at r = mu / A_t, cut to the caps and to the buffer.
    Harvest that would be lost is spent always, on most bits, and so is what a battery holds as far as the buffer needs it.
    Where slots are independent of each other and there is no battery, mean carbon cost exceeds the least one with which a
    buffer without limit stays finite by K / V at most, K half the sum of the squared bits that a slot can serve and receive,
    on average; where gains remember earlier slots by a larger constant over V. The mean buffer grows with V, where the load
    is below capacity.

    Here V = tradeoff V* (`largest_tradeoff`). Of .01, .02, .03, .05, .1, .15, .2, .3, .5 and 1 the default costs least on
    training episodes (preset caddto, 5 users, 200 slots, seeds 1000 to 1007) by the mean over loads of 3e6 and 5e6 bit/s of the
    cost over the least one at that load: 1.024, where .3 is best at the one and .15 at the other.

    References
    ----------
    Neely, Stochastic Network Optimization with Application to Communication and Queueing Systems (2010), chapter 4. The closed
    form, and V*, are ours.
    """
    return _played(problem, run, rules.LYAPUNOV, params.tradeoff * largest_tradeoff(problem))


def green_only(problem: CarbonOffloading, params: None, run: Run[Schedule]) -> Found[Schedule]:
    """Spend the harvest of the slot, all of it and no more, split so that most bits are served.

    Parameters
    ----------
    problem : CarbonOffloading
    params : None
    run : Run

    Returns
    -------
    Found
        A schedule without grid energy; no bound.

    Notes
    -----
    With a battery: what serves the buffer, at most what is stored and harvested, and at least what would be lost.

    References
    ----------
    Ours, as a baseline: carbon is 0 by construction.
    """
    return _played(problem, run, rules.GREEN)


def always_local(problem: CarbonOffloading, params: None, run: Run[Schedule]) -> Found[Schedule]:
    """Full local power in every slot, nothing is sent.

    Parameters
    ----------
    problem : CarbonOffloading
    params : None
    run : Run

    Returns
    -------
    Found
        The schedule; no bound.

    Notes
    -----
    It serves tau / L (P_l / kappa)^(1/3) bits a slot at most, whatever the channel.

    References
    ----------
    A baseline of Chen and Wang (2020).
    """
    return _played(problem, run, rules.LOCAL)


def always_offload(problem: CarbonOffloading, params: None, run: Run[Schedule]) -> Found[Schedule]:
    """Full offload power in every slot, nothing is computed locally.

    Parameters
    ----------
    problem : CarbonOffloading
    params : None
    run : Run

    Returns
    -------
    Found
        The schedule; no bound.

    Notes
    -----
    It serves W tau log2(1 + P_o gain) bits a slot at most.

    References
    ----------
    A baseline of Chen and Wang (2020).
    """
    return _played(problem, run, rules.OFFLOAD)


def full_power(problem: CarbonOffloading, params: None, run: Run[Schedule]) -> Found[Schedule]:
    """Both powers at their caps in every slot.

    Parameters
    ----------
    problem : CarbonOffloading
    params : None
    run : Run

    Returns
    -------
    Found
        The schedule; no bound.

    Notes
    -----
    With zero forcing on a known channel no schedule drops fewer bits, since more power never serves fewer.

    References
    ----------
    Ours, as a baseline: the least overflow that there is.
    """
    return _played(problem, run, rules.FULL)


def threshold(problem: CarbonOffloading, params: Threshold, run: Run[Schedule]) -> Found[Schedule]:
    """Serve all bits above a level of the buffer, with least energy.

    Parameters
    ----------
    problem : CarbonOffloading
    params : Threshold
    run : Run

    Returns
    -------
    Found
        The powers that the rule chose; no bound.

    Notes
    -----
    Least energy means that a bit more takes the same energy on both ways. Harvest that this does not need is wasted.

    References
    ----------
    Ours, as a baseline.
    """
    return _played(problem, run, rules.THRESHOLD, params.level * problem.buffer)


def burn(problem: CarbonOffloading, params: None, run: Run[Schedule]) -> Found[Schedule]:
    """Serve the whole buffer with least energy, and transmit the harvest that is left as noise, an empty buffer included.

    Parameters
    ----------
    problem : CarbonOffloading
    params : None
    run : Run

    Returns
    -------
    Found
        The powers that the rule chose; no bound.

    Notes
    -----
    It serves exactly the bits of `threshold` at level 0 from exactly the grid energy, and is better only by the cost of waste,
    which it games: harvest that is burnt does not count as wasted.

    References
    ----------
    Ours, as a counterexample to the cost.
    """
    return _played(problem, run, rules.BURN)


def random_powers(problem: CarbonOffloading, params: None, run: Run[Schedule]) -> Found[Schedule]:
    """Powers drawn uniformly between 0 and the caps, from the run's seed.

    Parameters
    ----------
    problem : CarbonOffloading
    params : None
    run : Run

    Returns
    -------
    Found
        The powers that were drawn; no bound.

    Notes
    -----
    Two numbers are drawn for every user, slot after slot, so that a longer episode begins as a shorter one does.

    References
    ----------
    A baseline of the CADDTO paper.
    """
    return _played(problem, run, rules.RANDOM, draws=run.rng.random((problem.slots, problem.users, 2)))


def schedules(problem: CarbonOffloading) -> Iterator[Floats]:
    """What the rules that draw nothing choose at their default parameters, W, [2, users, slots] each."""
    given = dict.fromkeys((rules.GREEN, rules.BURN, rules.LOCAL, rules.OFFLOAD, rules.FULL))
    tuned = {
        rules.LYAPUNOV: Lyapunov().tradeoff * largest_tradeoff(problem),
        rules.THRESHOLD: Threshold().level * problem.buffer,
    }
    for rule, parameter in (given | tuned).items():
        episode = _Episode(problem, rule, parameter)
        episode.play(0, problem.slots)
        yield episode.powers


class _Episode:
    """An episode as a rule plays it, and the powers that it has chosen so far, [2, users, slots]."""

    def __init__(
        self, problem: CarbonOffloading, rule: int, parameter: Floats | None = None, draws: Floats | None = None
    ) -> None:
        users, slots = problem.users, problem.slots
        self._record = Record(*(np.zeros((users, slots + (name in ("buffer", "battery")))) for name in Record._fields))
        self._problem, self._rule, self.powers = problem, rule, np.zeros((2, users, slots))
        self._known = read_only(
            _Known(
                np.zeros(users) if parameter is None else parameter,
                np.zeros((0, users, 2)) if draws is None else draws,
                coefficients(problem).grid,
            )
        )

    def play(self, begin: int, end: int) -> None:
        """Slots begin..end-1."""
        rules.play(self._rule, *self._known, self._problem.episode, begin, end, *self.powers, self._record)


def _played(
    problem: CarbonOffloading, run: Run[Schedule], rule: int, parameter: Floats | None = None, draws: Floats | None = None
) -> Found[Schedule]:
    """The episode as a rule plays it; where the run is cut, no power is spent from then on."""
    slots, episode = problem.slots, _Episode(problem, rule, parameter, draws)
    step, ended, notes = max(1, _CHUNK // problem.users), Termination.CONVERGED, tuple[str, ...]()
    for begin in range(0, slots, step):
        if begin:
            reason = run.tick(begin)
            if reason is not None:
                ended, notes = reason, (f"cut at slot {begin} of {slots}: no power is spent from there on",)
                break
        episode.play(begin, min(begin + step, slots))
    return Found(Schedule(*episode.powers), ended, notes=notes)
