"""An upper bound on the welfare of a round that no contracts, tours and profiles of users exceed."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from edgeworth.core.arrays import Array, Bools, Floats
from edgeworth.core.highs import ColumnModel, minimise
from edgeworth.core.jit import read_only
from edgeworth.core.observer import Observer
from edgeworth.core.run import Run
from edgeworth.core.stop import Stop
from edgeworth.systems.fusion.kernels_bound import best_set, farthest
from edgeworth.systems.fusion.stage import Stage

FEW = 10
"""Stops of which all sets are looked at."""
_CLAIM = 1e-9  # by which the claimed number is above the computed one, as a share of it: room for the checker's rounding
_CLOSED = 1e-7


class OfflineBound(NamedTuple):
    """What the offline stage is worth at most: ``value`` money, and the multipliers >= 0 of the servers that prove it."""

    value: float
    multiplier: Floats


def worths(stage: Stage, bonus: Floats) -> Floats:
    """What q = 0, 1, ... units of agent k at server i are worth, the way there apart, float64 [K, S, units + 1].

    Parameters
    ----------
    stage : Stage
    bonus : float64 [S, per_uav + 1]
        What the online stage gains at most from a UAV at a server that takes 0, 1, ... users.

    Notes
    -----
    ``v_i min(q, D_i) - a_k q``, and for each of the ceil(q / per_uav) UAVs its bonus. Minus infinity for q = 0 and beyond the
    agent's fleet: a visit has a unit.
    """
    units = int(stage.fleet.max(initial=0)) * stage.per_uav
    q = np.arange(units + 1)
    served = stage.value[:, None] * np.minimum(q, stage.overload[:, None])
    flown = bonus[:, -1:] * (q // stage.per_uav) + bonus[:, q % stage.per_uav]
    worth = (served + flown)[None] - (stage.cost[:, None] * q)[:, None]
    worth[:, :, 0] = -np.inf
    worth[np.broadcast_to(q > (stage.fleet * stage.per_uav)[:, None, None], worth.shape)] = -np.inf
    return np.asarray(worth)


def offline_bound(stage: Stage, bonus: Floats | None = None, *, rounds: int = 60) -> OfflineBound:
    """Bound the offline stage by column generation over tours with HiGHS.

    Parameters
    ----------
    stage : Stage
    bonus : float64 [S, per_uav + 1], optional
        As of `worths`; default 0.
    rounds : int
        Solutions of the linear program, at most.

    Returns
    -------
    OfflineBound

    Notes
    -----
    "A server has one agent" is relaxed with multipliers lambda_i >= 0, which leaves one problem for every agent k,

        bound = sum_i lambda_i + sum_k max(0, max over tours T, units q of sum_{i in T} (w_ik(q_i) - lambda_i) - tour_k(T)).

    It holds for all multipliers. The linear program over the tours found so far gives new ones, its columns being true tours;
    the least bound on the way is kept. An agent's problem is solved over all sets of the `FEW` stops that promise most; the
    others add what they promise without their way. Where that is less, tours are relaxed to the way to their farthest stop.
    """
    worth = worths(stage, np.zeros((len(stage.value), stage.per_uav + 1)) if bonus is None else bonus)
    agents = _Agents(stage, worth)
    price = np.zeros(len(stage.value))
    kept = OfflineBound(math.inf, price)
    columns: dict[tuple[int, bytes], float] = {}
    for _ in range(rounds):
        total, fresh = agents.look(price)
        if total < kept.value:
            kept = OfflineBound(total, price)
        new = {key: column for key, column in fresh.items() if key not in columns}
        columns |= new
        if not new:
            break
        value, price = _master(stage, columns)
        if kept.value - value <= _CLOSED * max(1.0, abs(value)):
            break
    return OfflineBound(kept.value + _CLAIM * (1.0 + abs(kept.value)), kept.multiplier)


class _Agents:
    """Every agent's problem at given multipliers."""

    def __init__(self, stage: Stage, worth: Floats) -> None:
        self.stage, self.worth = stage, worth
        self.promise = np.where(stage.reaches(), worth.max(axis=2, initial=-np.inf), -np.inf)
        self.closing, self.returning = stage.closing(), stage.returning()

    def look(self, price: Floats) -> tuple[float, dict[tuple[int, bytes], float]]:
        """The bound, and each agent's best tour: (agent, its stops) -> worth before prices."""
        total, found = math.fsum(price.tolist()), {}
        for k in range(len(self.stage.cost)):
            promise = self.promise[k] - price
            stops = np.flatnonzero(promise > 0.0)
            if not len(stops):
                continue
            order = stops[np.argsort(-promise[stops], kind="stable")]
            first, rest = order[:FEW], order[FEW:]
            most, member = self._sets(k, first, price)
            most += math.fsum(promise[rest].tolist())
            if len(rest):
                near = stops[np.argsort(self.stage.out[k, stops], kind="stable")]
                far, chosen = farthest(*read_only(_Far(self._profit(k, near, price), self.stage.out[k, near])), *self._road(k))
                if far < most:
                    most, member = far, np.zeros(len(price), dtype=np.bool_)
                    member[near[chosen]] = True
            total += most
            if member.any():
                found[k, member.tobytes()] = self._true(k, np.flatnonzero(member))
        return total, {key: value for key, value in found.items() if value > 0.0}

    def _profit(self, k: int, stops: Array, price: Floats) -> Floats:
        units = int(self.stage.fleet[k]) * self.stage.per_uav
        return np.asarray(self.worth[k, stops, : units + 1] - price[stops, None])

    def _road(self, k: int) -> tuple[float, float]:
        return float(self.stage.rate[k]), float(self.stage.fixed[k])

    def _sets(self, k: int, stops: Array, price: Floats) -> tuple[float, Bools]:
        stage = self.stage
        sets = _Sets(
            self._profit(k, stops, price),
            stage.drive[k][np.ix_(stops, stops)],
            stage.out[k, stops],
            stage.opens[stops],
            self.closing[stops],
        )
        most, mask = best_set(*read_only(sets), float(self.returning[k]), float(stage.service), *self._road(k))
        member = np.zeros(len(price), dtype=np.bool_)
        member[stops[(mask >> np.arange(len(stops))) & 1 == 1]] = True
        return most, member

    def _true(self, k: int, stops: Array) -> float:
        """What a tour to these stops, or to some of them, is worth before prices."""
        return self._sets(k, stops[:FEW], np.zeros(len(self.stage.value)))[0]


class _Sets(NamedTuple):
    profit: Floats
    drive: Floats
    out: Floats
    opens: Floats
    closes: Floats


class _Far(NamedTuple):
    profit: Floats
    out: Floats


def _master(stage: Stage, columns: dict[tuple[int, bytes], float]) -> tuple[float, Floats]:
    """The linear program over the tours known: its value, and the multipliers of the servers."""
    n, m = len(stage.value), len(stage.cost)
    rows = [np.append(np.flatnonzero(np.frombuffer(stops, dtype=np.bool_)), n + k) for k, stops in columns]
    every = np.concatenate(rows)
    model = ColumnModel(
        cost=-np.array(list(columns.values())),
        upper=np.full(len(rows), np.inf),
        row_lower=np.full(n + m, -np.inf),
        row_upper=np.ones(n + m),
        starts=np.concatenate([[0], np.cumsum([len(row) for row in rows])]),
        rows=every,
        entries=np.ones(len(every)),
        integer=False,
    )
    answer = minimise(model, Run(sense="max", stop=Stop(), rng=np.random.default_rng(0), observer=Observer(), inner=True))
    if answer.row_dual is None:
        raise RuntimeError(f"HiGHS ended the linear program of tours with {answer.status}")
    return -answer.bound, np.maximum(-answer.row_dual[:n], 0.0)
