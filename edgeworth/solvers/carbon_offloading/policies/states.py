"""The states of value iteration, and the laws of what happens to them."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from edgeworth.core.arrays import Array

_TAIL = 1e-9  # chance of arrivals and of harvests beyond those counted
_GAIN_TAIL = 1e-5  # chance of gains beyond the first and the last node, each


def poisson(mean: float) -> tuple[Array, Array]:
    """Return the numbers that a Poisson variable takes, up to a chance of 1e-9 on either side, and their chances (sum 1)."""
    if mean <= 0.0:
        return np.zeros(1), np.ones(1)
    reach = 8.0 * math.sqrt(mean) + 20.0
    number = np.arange(max(0, math.floor(mean - reach)), math.ceil(mean + reach) + 1, dtype=np.float64)
    chance = np.exp(number * math.log(mean) - mean - special.gammaln(number + 1.0))
    kept = (special.pdtr(number, mean) > _TAIL) & (special.pdtrc(number, mean) + chance > _TAIL)
    number, chance = number[kept], chance[kept]
    return number, chance / chance.sum()


def condensed(value: Array, chance: Array, states: int) -> tuple[Array, Array]:
    """Return at most `states` values with the mean of the given ones: neighbours of about equal chance in one."""
    if value.size <= states:
        return value, chance
    group = np.minimum((states * (np.cumsum(chance) - 0.5 * chance)).astype(np.int64), states - 1)
    total = np.bincount(group, chance, states)
    mean = np.bincount(group, chance * value, states)
    return mean[total > 0.0] / total[total > 0.0], total[total > 0.0]


def gain_nodes(shape: float, states: int) -> Array:
    """Return nodes for a Gamma(shape, 1) gain, even in its square root: there the spread from slot to slot hardly varies."""
    if states == 1:
        return np.array([shape])
    ends = np.sqrt([special.gammaincinv(shape, _GAIN_TAIL), special.gammainccinv(shape, _GAIN_TAIL)])
    nodes: Array = np.linspace(float(ends[0]), float(ends[1]), states) ** 2
    return nodes


def gain_transition(node: Array, shape: float, correlation: float) -> Array:
    """Return the weights of the next gain on the nodes, by row of the present one.

    Parameters
    ----------
    node : float64 [m], ascending
        Gains in units of the mean power of one complex amplitude.
    shape : float, > 0
        Number K of complex amplitudes whose squares add up to the gain.
    correlation : float, in [0, 1]
        rho: every amplitude becomes rho times itself plus sqrt(1 - rho^2) CN(0, 1).

    Returns
    -------
    float64 [m, m]
        Rows of non-negative weights that sum to 1.

    Notes
    -----
    Given G, the next gain is (1 - rho^2) / 2 times a noncentral chi-square variable of 2 K degrees of freedom and noncentrality
    2 rho^2 G / (1 - rho^2). Its weights on the nodes are the expectations of the hat functions: the mean of every function that
    is linear between the nodes is exact, so that the chain's mean is the law's, rho^2 G + (1 - rho^2) K, but for gains beyond
    the ends, which count as the ends. Both come from distribution functions F_k of k degrees of freedom, since x f_k(x) =
    k f_{k+2}(x) + lambda f_{k+4}(x) for noncentrality lambda.
    """
    if node.size == 1:
        return np.ones((1, 1))
    if correlation >= 1.0:
        return np.eye(node.size)
    scale = 0.5 * (1.0 - correlation**2)
    noncentrality = (correlation**2 * node / scale)[:, None]
    x, freedom = node[None, :] / scale, 2.0 * shape
    below = special.chndtr(x, freedom, noncentrality)
    partial = freedom * special.chndtr(x, freedom + 2.0, noncentrality)
    partial += noncentrality * special.chndtr(x, freedom + 4.0, noncentrality)
    mass, first = np.diff(below, axis=1), scale * np.diff(partial, axis=1)  # of every cell: chance, and mean times chance
    right = np.clip((first - node[:-1] * mass) / np.diff(node), 0.0, mass)
    weight = np.zeros((node.size, node.size))
    weight[:, 1:] += right
    weight[:, :-1] += mass - right
    weight[:, 0] += below[:, 0]
    weight[:, -1] += 1.0 - below[:, -1]
    weight = np.maximum(weight, 0.0)
    weight /= weight.sum(axis=1, keepdims=True)
    return weight


def laws(mean: Array, unit: float, states: int) -> tuple[Array, Array, Array]:
    """Return the laws of a Poisson number of units in every slot, each distinct one once.

    Parameters
    ----------
    mean : float64 [T]
        Expected amounts.
    unit : float, >= 0
        Size of a unit; 0: the amounts are certain.
    states : int, >= 1
        At most so many amounts a slot; neighbouring ones are put together, which keeps the mean.

    Returns
    -------
    amounts, chances : float64 [laws, amounts]
        Chances sum to 1 in every row; rows are filled up with chances of 0.
    number : int64 [T]
        The law of every slot.
    """
    distinct, number = np.unique(mean, return_inverse=True)
    rows = [_law(float(each), unit, states) for each in distinct]
    width = max(amount.size for amount, _ in rows)
    amounts, chances = np.zeros((len(rows), width)), np.zeros((len(rows), width))
    for i, (amount, chance) in enumerate(rows):
        amounts[i, : amount.size], chances[i, : amount.size] = amount, chance
    return amounts, chances, number.astype(np.int64).reshape(-1)


def _law(mean: float, unit: float, states: int) -> tuple[Array, Array]:
    if unit <= 0.0:
        return np.full(1, mean), np.ones(1)
    number, chance = condensed(*poisson(mean / unit), states)
    return unit * number, chance


def stationary(node: Array, shape: float) -> Array:
    """Return the weights of a Gamma(shape, 1) gain on the nodes, sum 1: expectations of the hat functions."""
    usual: Array = gain_transition(node, shape, 0.0)[0]
    return usual


def buffer_nodes(size: float, states: int) -> Array:
    """Return nodes from 0 to the size of the buffer, closer where it is emptier."""
    nodes: Array = size * np.linspace(0.0, 1.0, states) ** 2
    return nodes
