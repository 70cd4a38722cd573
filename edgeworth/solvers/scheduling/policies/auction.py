"""B-Auction: a device that its own queue delays puts the task out to tender on a chain."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.method import Found
from edgeworth.core.run import Run
from edgeworth.solvers.scheduling.model.kernels import rules as kernel
from edgeworth.solvers.scheduling.model.problem import LARGEST, Episode
from edgeworth.solvers.scheduling.model.schedule import Schedule
from edgeworth.solvers.scheduling.model.simulation import Play, rule
from edgeworth.solvers.scheduling.policies.rules import played


@dataclass(frozen=True)
class BAuction:
    """Parameters of `b_auction`.

    Parameters
    ----------
    share : float
        >= 0: an auction is held where the source would have its task done later than this share of L after its arrival; 0:
        always.
    weight : float
        >= 0, cash that the buyer suffers of a utilisation of 1.
    work_price : float
        c_0 >= 0, cash that an idle device asks for a GFLOP.
    token_price : float
        p_0 >= 0, cash for a token of power, PTK, 3,600 J.
    worth : float
        >= 0, cash: no offer of a score above it is taken, and a single bidder is paid by it. The default is
        above all scores of Table II, 30, and of 25 GFLOP, 83.

    Raises
    ------
    ValueError, TypeError
        For a number out of range.

    Notes
    -----
    BEST prints neither when "a task needs offloading", nor scores, weights and prices: all defaults are ours.
    """

    share: float = 0.5
    weight: float = 5.0
    work_price: float = 1.0
    token_price: float = 1000.0
    worth: float = 100.0

    def __post_init__(self) -> None:
        for name in ("share", "weight", "work_price", "token_price", "worth"):
            object.__setattr__(self, name, validation.real(name, getattr(self, name), minimum=0.0, maximum=LARGEST))


def b_auction(problem: Episode, params: BAuction, run: Run[Schedule]) -> Found[Schedule]:
    """A device whose task would be done late holds a second-score auction of it on a chain, and sends it after the award.

    Parameters
    ----------
    problem : Episode
    params : BAuction
    run : Run

    Returns
    -------
    Found
        The decisions; no bound.

    Notes
    -----
    Where the source i would have the task done later than ``share`` L after its arrival, other devices that are open to it bid,
    if it fits what they have to do: k bids its own cost and its utilisation u_k, both as they are,

        p_k = c_0 W_j (1 + u_k) + p_0 P^a_k W_j / (3600 C_k),    u_k = min(1, Q_k / (L - margin)).

    The least p_k + weight u_k wins, the lowest number of equal ones, and is paid s_2 - weight u_winner, s_2 the second score,
    or the worth if that is lower: the rule of `edgeworth.mechanisms.procurement`. The task may be sent when the transactions of
    opening and award are over, ``chain_latency[:, 0] + chain_latency[:, 1]``, which do not hold the radio. Where nobody wins,
    the source executes it at once. Payments change no decision; `auctions` counts them.

    References
    ----------
    BEST, section VI-B, as a baseline; Che, Design competition through multidimensional auctions, RAND J. Econ. 24 (1993).
    """
    return played(problem, run, _rule(problem, params, np.zeros((problem.tasks, 2))))


def auctions(
    problem: Episode, params: BAuction | None = None, *, bid_energy: float = 0.0, chain_energy: float = 0.0
) -> dict[str, float]:
    """What the auctions of `b_auction` in an episode come to.

    Parameters
    ----------
    problem : Episode
    params : BAuction, optional
        Default: its defaults.
    bid_energy, chain_energy : float
        J >= 0 that a bidder spends on its bid, and on the transactions of an auction. The paper prints neither; 0 by default.

    Returns
    -------
    dict
        ``auctions``, how many were held; ``bids`` and ``awards``; ``payment``, cash, the mean of an award; ``delay``, s, the
        mean from a decision until its task may be sent; ``energy``, J that all bids took.

    Raises
    ------
    ValueError, TypeError
        For energies out of range, and arguments of another type.

    Notes
    -----
    An auction in which nobody bids is not counted. The energy of bids comes beside the measure ``energy`` of the schedule:
    batteries do not bear it, so that the schedule does not depend on it.

    Examples
    --------
    >>> from edgeworth.solvers import scheduling
    >>> episode = scheduling.generate(devices=5, horizon=60.0, seed=0)
    >>> found = scheduling.auctions(episode, scheduling.BAuction(share=0.0), bid_energy=0.5)
    >>> found["awards"] == found["auctions"] and found["energy"] == 0.5 * found["bids"]
    True
    """
    if not isinstance(problem, Episode):
        validation.reject_type("problem", "must be an Episode", problem)
    params = BAuction() if params is None else params
    if not isinstance(params, BAuction):
        validation.reject_type("params", "must be a BAuction", params)
    joules = [
        validation.real(name, value, minimum=0.0, maximum=LARGEST)
        for name, value in (("bid_energy", bid_energy), ("chain_energy", chain_energy))
    ]
    bids, play = np.zeros((problem.tasks, 2)), Play(problem)
    play.go(_rule(problem, params, bids))
    held, awarded = bids[:, 0] > 0.0, play.state.device != problem.source
    awarded &= play.state.device >= 0
    won = max(1, int(awarded.sum()))
    return {
        "auctions": float(held.sum()),
        "bids": float(bids[:, 0].sum()),
        "awards": float(awarded.sum()),
        "payment": float(bids[awarded, 1].sum()) / won,
        "delay": float(play.state.delay[awarded].sum()) / won,
        "energy": sum(joules) * float(bids[:, 0].sum()),
    }


def _rule(problem: Episode, params: BAuction, bids: Floats) -> kernel.Rule:
    return rule(
        kernel.AUCTION,
        params.share * problem.deadline if params.share > 0.0 else -np.inf,
        delay=problem.chain_latency[:, 0] + problem.chain_latency[:, 1],
        terms=(params.weight, params.work_price, params.token_price, params.worth),
        bids=bids,
    )
