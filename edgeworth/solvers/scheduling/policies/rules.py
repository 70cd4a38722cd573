"""Rules that choose the device of a task from the past and the present: simple ones to compare with."""

from __future__ import annotations

from dataclasses import dataclass

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.scheduling.model.kernels import rules as kernel
from edgeworth.solvers.scheduling.model.problem import LARGEST, Episode
from edgeworth.solvers.scheduling.model.schedule import Schedule
from edgeworth.solvers.scheduling.model.simulation import Play, rule

_CHUNK = 150_000  # epochs times devices between two looks at the clock: some 20 ms


@dataclass(frozen=True)
class GreedyCost:
    """Parameters of `greedy_cost`.

    Parameters
    ----------
    exchange_rate : float
        eta >= 0, J that a token of power, PTK, counts for in the choice. BEST prints 24,000; by its own definition of the token
        it is 3,600. 0, the default: energy counts once.

    Raises
    ------
    ValueError, TypeError
        For a number out of range.
    """

    exchange_rate: float = 0.0

    def __post_init__(self) -> None:
        number = validation.real("exchange_rate", self.exchange_rate, minimum=0.0, maximum=LARGEST)
        object.__setattr__(self, "exchange_rate", number)


@dataclass(frozen=True)
class Threshold:
    """Parameters of `threshold`.

    Parameters
    ----------
    theta : float
        Seconds >= 0 of work committed to the source above which it hands a task to another device.

    Raises
    ------
    ValueError, TypeError
        For a number out of range.
    """

    theta: float = 2.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "theta", validation.real("theta", self.theta, minimum=0.0, maximum=LARGEST))


def local(problem: Episode, params: None, run: Run[Schedule]) -> Found[Schedule]:
    """Every device executes its own tasks.

    Parameters
    ----------
    problem : Episode
    params : None
    run : Run

    Returns
    -------
    Found
        The decisions; no bound.

    Notes
    -----
    Nothing is sent, so that devices do not depend on each other: each is a queue of its own, emptied first in, first out.

    References
    ----------
    A baseline of BEST.
    """
    return played(problem, run, rule(kernel.LOCAL))


def local_edf(problem: Episode, params: None, run: Run[Schedule]) -> Found[Schedule]:
    """Every device executes its own tasks, that of the earliest deadline first.

    Parameters
    ----------
    problem : Episode
    params : None
    run : Run

    Returns
    -------
    Found
        The decisions; no bound.

    Notes
    -----
    A source's tasks arrive in the order of their deadlines, as all have the same time from arrival to deadline, so whatever the
    ``order`` of the episode this is the schedule of `local`. BEST states priorities by deadline; among own tasks they say
    nothing.

    References
    ----------
    BEST, section IV.
    """
    return played(problem, run, rule(kernel.LOCAL))


def random_device(problem: Episode, params: None, run: Run[Schedule]) -> Found[Schedule]:
    """One of the open devices, each as likely as the others, from the run's seed.

    Parameters
    ----------
    problem : Episode
    params : None
    run : Run

    Returns
    -------
    Found
        The decisions; no bound.

    Notes
    -----
    One number is drawn for every task, in the order of the tasks, so that a longer episode begins as a shorter one does.

    References
    ----------
    A baseline of BEST.
    """
    return played(problem, run, rule(kernel.RANDOM, draws=run.rng.random(problem.tasks)))


def earliest_finish(problem: Episode, params: None, run: Run[Schedule]) -> Found[Schedule]:
    """The open device that the result is back from first, by what is known of its backlog; the lowest number of equal ones.

    Parameters
    ----------
    problem : Episode
    params : None
    run : Run

    Returns
    -------
    Found
        The decisions; no bound.

    Notes
    -----
    Handed to k at t the task ends at max(t + Q_k, r) + W_j / C_k, Q_k the seconds of work committed to k, r when the task is
    there: t at the source, elsewhere when its transfer is over, which begins when the medium is free.

    References
    ----------
    Join the shortest completion time; ours.
    """
    return played(problem, run, rule(kernel.EARLIEST))


def greedy_cost(problem: Episode, params: GreedyCost, run: Run[Schedule]) -> Found[Schedule]:
    """The open device where the task alone costs least; the lowest number of equal ones.

    Parameters
    ----------
    problem : Episode
    params : GreedyCost
    run : Run

    Returns
    -------
    Found
        The decisions; no bound.

    Notes
    -----
    The cost is w_l (end - a_j) + w_e E_j, with the end that `earliest_finish` predicts, and beta more where that is after the
    deadline. With an exchange rate eta, E_j of an offloaded task is larger by eta P^a_k W_j / (3600 C_k), BEST's equation 2,
    which counts the energy of execution twice.

    References
    ----------
    Ours; BEST, equation 2.
    """
    return played(problem, run, rule(kernel.GREEDY, params.exchange_rate))


def threshold(problem: Episode, params: Threshold, run: Run[Schedule]) -> Found[Schedule]:
    """The source itself up to a backlog; beyond it the open other device that the result is back from first, if there is one.

    Parameters
    ----------
    problem : Episode
    params : Threshold
    run : Run

    Returns
    -------
    Found
        The decisions; no bound.

    Notes
    -----
    With backlog Q_i <= theta the source executes the task; with more, the open device k != i of least predicted end as in
    ``earliest-finish``. At Table II theta of 2 s costs less than the other simple rules.

    References
    ----------
    Ours, as a baseline.
    """
    return played(problem, run, rule(kernel.THRESHOLD, params.theta))


def played(problem: Episode, run: Run[Schedule], chosen: kernel.Rule) -> Found[Schedule]:
    """The episode as a rule plays it; where the run is cut, every device executes its own tasks from then on."""
    play, step = Play(problem), max(1, _CHUNK // problem.devices)
    ended, notes, done = Termination.CONVERGED, tuple[str, ...](), 0
    while not play.go(chosen, step):
        done += step
        reason = run.tick(done)
        if reason is not None:
            ended, notes = reason, (f"cut after {done} epochs: every device executes its own tasks from there on",)
            play.go(rule(kernel.LOCAL))
            break
    if play.rejected:
        notes += (f"{play.rejected} choices no longer fitted what others had committed before: executed by their sources",)
    return Found(play.schedule(), ended, iterations=play.epochs, evaluations=play.decisions, notes=notes)
