"""Receding-horizon control: every slot plays the first step of a plan for the next ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.jit import read_only
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run
from edgeworth.solvers.carbon_offloading.kernels import mpc as kernel
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, Schedule, coefficients
from edgeworth.solvers.carbon_offloading.model.kernels import Record

_CHUNK = 10_000  # users times slots times slots of the horizon between two looks at the clock: some 20 ms


@dataclass(frozen=True)
class Mpc:
    """Parameters of `mpc`.

    Parameters
    ----------
    horizon : int, in [1, 10000]
        How many slots a plan has, the present one included; at the end of the episode those that are left.

    Raises
    ------
    ValueError, TypeError
        For a number out of range.
    """

    horizon: int = 20

    def __post_init__(self) -> None:
        validation.integer("horizon", self.horizon, minimum=1, maximum=10_000)


def mpc(problem: CarbonOffloading, params: Mpc, run: Run[Schedule]) -> Found[Schedule]:
    """Model-predictive control: plan the next slots as if what is expected came for certain, and play the first step.

    Parameters
    ----------
    problem : CarbonOffloading
        With a `Law`.
    params : Mpc
    run : Run

    Returns
    -------
    Found
        The powers of the first steps; no bound. The run ends as REFUSED for a problem without a law.

    Notes
    -----
    Arrivals and harvest of later slots are their means, and the gain returns to its mean, k slots ahead by rho^(2 k) (the
    amplitudes by rho^k, their squares by its square); gains that do not fade, and the carbon intensity, stay as they are.
    After the horizon a bit is worth the grid energy that the last bit takes where the mean arrivals are served at the mean gain
    (nothing where the mean harvest does for that, or where the episode ends); without this, plans put off what harvest does
    not serve.

    The plan is the deterministic program of hindsight for one user, with bits that may be dropped at their price. Its value is
    convex in the buffer, and the bits of which the last is worth no more than p before slot k are

        b_k(p) = min(B, q_k(p) + x_k(p)),  q_k(p) = max(0, b_{k+1}(p - beta) - a_k), or B from p = omega on,

    x_k(p) what the slot serves at the price p, a closed form. Since p falls by beta a slot, b_0(p) for one price takes one pass
    over the horizon, and bisection finds the price of the buffer at hand: no grid, and no error but that of the expectations.

    A plan may drop any bit at its price, a device only what its full buffer does not take. Where dropping pays (an
    ``overflow_scale`` above that of `dominant_scale`), plans therefore leave bits to be dropped that in truth stay and cost
    delay; `value_iteration` knows better there.

    The charge of a battery counts as harvest of this slot. Where users interfere, the gain is taken for that of a user alone.

    References
    ----------
    Bertsekas, Dynamic Programming and Optimal Control, vol. 1 (2017), section 6.2 (certainty equivalence); the prices are ours.
    """
    law = problem.law
    if law is None:
        return Found(None, Termination.REFUSED, notes=("law: must be given: plans are made of what is expected",))
    users, slots = problem.users, problem.slots
    cost, dropping = coefficients(problem), problem.weights[3]
    if problem.overflow == "event":
        some = law.mean_arrival > 0.0
        dropped = np.where(some, dropping / np.where(some, law.mean_arrival, 1.0), 0.0)
    else:
        dropped = cost.dropped
    memory = np.full(users, law.correlation**2 if law.gain_shape > 0.0 else 1.0)
    outlook = read_only(
        kernel.Outlook(law.mean_arrival, law.mean_harvest, law.mean_gain, memory, cost.grid, dropped, cost.held)
    )
    record = Record(*(np.zeros((users, slots + (name in ("buffer", "battery")))) for name in Record._fields))
    local, offload = np.zeros((users, slots)), np.zeros((users, slots))
    step, ended, notes = max(1, _CHUNK // (users * params.horizon)), Termination.CONVERGED, tuple[str, ...]()
    for begin in range(0, slots, step):
        if begin:
            reason = run.tick(begin)
            if reason is not None:
                ended, notes = reason, (f"cut at slot {begin} of {slots}: no power is spent from there on",)
                break
        kernel.play(params.horizon, outlook, problem.episode, begin, min(begin + step, slots), local, offload, record)
    return Found(Schedule(local, offload), ended, notes=notes)
