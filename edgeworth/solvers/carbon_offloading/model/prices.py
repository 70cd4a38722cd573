"""The dual of carbon-aware offloading: a lower bound on every schedule's value from any prices."""

from __future__ import annotations

import math

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.solvers.carbon_offloading.model.energy import curves, energy, green_ratio, response
from edgeworth.solvers.carbon_offloading.model.functions import coefficients
from edgeworth.solvers.carbon_offloading.model.problem import CarbonOffloading

PRICE_LIMIT = 1e60
"""Prices stay within this, so that all products of them are finite."""
_ROUNDING = 256.0 * float(np.finfo(np.float64).eps)


def dual_bound(
    problem: CarbonOffloading, arrival_price: Floats, service_price: Floats, energy_price: Floats | None = None
) -> float:
    """A lower bound on the value of every schedule, recomputed from prices alone.

    Parameters
    ----------
    problem : CarbonOffloading
    arrival_price : float64 [users, slots]
        lambda_t, cost of a bit more that arrives in slot t. Any numbers.
    service_price : float64 [users, slots]
        mu_t, worth of serving a bit in slot t. Any numbers; what exceeds lambda_t is cut off.
    energy_price : float64 [users, slots], optional
        pi_t, worth of a joule of harvest in slot t, cut to what it can be; used only for users with a battery, whose worth
        is 0 without it.

    Returns
    -------
    float
        Below the value of every feasible schedule, rounding included.

    Notes
    -----
    With the coefficients A_t, beta, eta, omega_t of `coefficients`, and one user after another, the bound is

    sum_t [theta_t + a_t min(lambda_t, omega_t)] + mu_0 b_0 + B sum_{t < T-1} min(0, beta - lambda_t + mu_{t+1})
    + B min(0, beta - lambda_{T-1}) - pi_0 s_0 + S sum_{t < T-1} min(0, pi_t - pi_{t+1}) + S min(0, pi_{T-1}), where

    theta_t = min_{l, o} [max(pi_t, 0) (e(l) + e(o)) - mu_t (l + o)] + min(pi_t, 0) E_0 - pi_t E_t.

    It is the Lagrangian of the balances of buffer (lambda, mu) and energy (pi), minimised over 0 <= l <= l_max,
    0 <= o <= o_max,t, 0 <= b <= B, 0 <= z <= a, 0 <= s <= S, grid energy and waste >= 0, and an energy between e(l) + e(o) and
    E_0; every real slot is among these. It is finite for -eta <= pi_t <= A_t and mu_t <= lambda_t. Without a battery the best
    pi_t is known: -eta where the harvest exceeds E_0, else mu_t over the joules that a bit is worth where exactly the harvest
    is spent, at most A_t.

    The bound holds for throttled energy (which spends no less on the same bits and wastes no less), for overflow as an event
    (which costs no less than omega_t a bit), and where users interfere (`CarbonOffloading.free_gain` is no worse).

    Near the minimum of theta_t a wrong (l, o) of relative error 1e-16 changes it by the square of that; sums are exact, so
    256 spacings of floats of the sum of all absolute terms cover what is rounded.
    """
    price = coefficients(problem)
    curve = curves(problem)
    most = (problem.slot_length * (problem.local_power_cap + problem.offload_power_cap))[:, None]
    arrival, harvest = arrival_price, problem.harvest
    service = np.minimum(service_price, arrival)
    worth = np.maximum(service, 0.0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        plain = np.where(harvest >= most, -price.wasted[:, None], np.minimum(worth / green_ratio(curve, harvest), price.grid))
        joule = plain
        stored = problem.battery[:, None] > 0.0
        if energy_price is not None:
            joule = np.where(stored, np.clip(energy_price, -price.wasted[:, None], price.grid), plain)
        elif stored.any():
            joule = np.where(stored, 0.0, plain)
        paid = np.maximum(joule, 0.0)
        ratio = np.where(paid > 0.0, worth / np.where(paid > 0.0, paid, 1.0), np.where(worth > 0.0, np.inf, 0.0))
        local, sent = response(curve, ratio)
    terms = [
        paid * energy(curve, local, sent),
        -worth * local,
        -worth * sent,
        np.minimum(joule, 0.0) * most,
        -joule * harvest,
        problem.arrivals * np.minimum(arrival, price.dropped),
        service[:, 0] * problem.initial_buffer,
        problem.buffer[:, None] * np.minimum(0.0, price.held[:, None] - arrival[:, :-1] + service[:, 1:]),
        problem.buffer * np.minimum(0.0, price.held - arrival[:, -1]),
        -joule[:, 0] * problem.initial_battery,
        problem.battery[:, None] * np.minimum(0.0, joule[:, :-1] - joule[:, 1:]),
        problem.battery * np.minimum(0.0, joule[:, -1]),
    ]
    listed = np.concatenate([term.ravel() for term in terms]).tolist()
    return math.fsum(listed) - _ROUNDING * math.fsum(map(abs, listed))
