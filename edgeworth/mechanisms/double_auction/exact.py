"""The greatest welfare: by sorting, by dynamic programming over sets of few buyers, by HiGHS, or by column generation over
tours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.method import Found
from edgeworth.core.numeric import closes
from edgeworth.core.observer import Observer
from edgeworth.core.result import BoundEvidence, Certificate, Termination
from edgeworth.core.run import Run
from edgeworth.core.stop import Stop
from edgeworth.core.traced import Number
from edgeworth.mechanisms.double_auction.model import (
    Market,
    Outcome,
    clearing_price,
    price_bound,
    seller_prices_bound,
    violations,
    welfare,
)
from edgeworth.mechanisms.double_auction.packing import FEW_BUYERS, packing

if TYPE_CHECKING:
    from edgeworth.core.highs import ColumnModel
    from edgeworth.routing.orienteering import OrienteeringProblem


class Best(NamedTuple):
    """An allocation of greatest welfare, as far as the search came.

    Attributes
    ----------
    stops : tuple of tuple of int
        The buyers of every seller in the order of its tour.
    value, bound : float
        Its welfare and an upper bound of it.
    termination : Termination
        Why the search ended.
    """

    stops: tuple[tuple[int, ...], ...]
    value: float
    bound: float
    termination: Termination


def best(market: Market, run: Run[Outcome] | None = None) -> Best:
    """An allocation of greatest welfare, reports taken as true.

    Parameters
    ----------
    market : Market
        The market.
    run : Run, optional
        Clock of the run; without it the search has no limit.

    Returns
    -------
    Best
    """
    if market.buyers == 0 or market.sellers == 0:
        return Best(((),) * market.sellers, 0.0, 0.0, Termination.PROVED)
    if market.unit:
        return _by_sorting(market)
    if market.buyers <= FEW_BUYERS:
        return _by_sets(market)
    if market.routes is not None:
        return _by_column_generation(market, run)
    return _by_highs(market, run or _free_run())


def outcome_of(
    market: Market,
    stops: Sequence[Sequence[int]],
    payment: ArrayLike | Sequence[Number],
    reward: ArrayLike | Sequence[Number],
    tie_break: str = "index",
) -> Outcome:
    """An outcome from every seller's buyers in order."""
    seller, stop = np.full(market.buyers, -1, dtype=np.int64), np.full(market.buyers, -1, dtype=np.int64)
    for k, mine in enumerate(stops):
        for place, i in enumerate(mine):
            seller[i] = k
            stop[i] = place if market.routes is not None else -1
    return Outcome(seller, payment, reward, stop, tie_break)


def as_reported(market: Market, stops: Sequence[Sequence[int]], tie_break: str = "index") -> Outcome:
    """Everybody pays and gets what was reported."""
    payment, reward = np.zeros(market.buyers), np.zeros(market.sellers)
    for k, mine in enumerate(stops):
        for i in mine:
            payment[i] = market.demand[i] * market.bid[i]
            reward[k] += market.demand[i] * market.ask[k]
    return outcome_of(market, stops, payment, reward, tie_break)


def _by_sorting(market: Market) -> Best:
    buy = np.argsort(-market.bid, kind="stable")
    sell = np.argsort(market.ask, kind="stable")
    most = min(len(buy), len(sell))
    trades = int(np.count_nonzero(market.bid[buy[:most]] > market.ask[sell[:most]]))
    stops: list[tuple[int, ...]] = [()] * market.sellers
    for i, k in zip(buy[:trades].tolist(), sell[:trades].tolist(), strict=True):
        stops[k] = (i,)
    total = math.fsum((market.bid[buy[:trades]] - market.ask[sell[:trades]]).tolist())
    return Best(tuple(stops), total, total, Termination.PROVED)


def _by_sets(market: Market) -> Best:
    value, stops = packing(market).best(market.demand * market.bid, market.ask, (1 << market.buyers) - 1)
    total = welfare(market, as_reported(market, stops))
    return Best(tuple(stops), total, max(total, value), Termination.PROVED)


def _assignment(market: Market, *, integer: bool) -> tuple[ColumnModel, Ints, Ints]:
    """The assignment model with capacities, plain markets: x_ik = buyer i is served by seller k. Model, buyers, sellers."""
    from edgeworth.core.highs import ColumnModel

    n, m = market.buyers, market.sellers
    worth = market.demand[:, None] * (market.bid[:, None] - market.ask[None, :])
    buyer, seller = np.nonzero((worth > 0.0) & (market.demand[:, None] <= market.capacity[None, :]))
    units = market.demand[buyer].astype(np.float64)
    model = ColumnModel(
        cost=-worth[buyer, seller],
        upper=np.ones(len(buyer)),
        row_lower=np.full(n + m, -np.inf),
        row_upper=np.concatenate([np.ones(n), market.capacity.astype(np.float64)]),
        starts=np.arange(0, 2 * len(buyer) + 1, 2),
        rows=np.stack([buyer, n + seller], axis=1).ravel(),
        entries=np.stack([np.ones(len(buyer)), units], axis=1).ravel(),
        integer=integer,
    )
    return model, buyer, seller


def seller_prices(market: Market, run: Run[Outcome]) -> Floats | None:
    """Prices that nearly clear a plain market: asks and the capacities' dual prices in the linear relaxation.

    Parameters
    ----------
    market : Market
        A market without routes.
    run : Run
        Clock of the run.

    Returns
    -------
    ndarray or None
        In money a unit, float64 [sellers]; None where the relaxation was not solved.
    """
    from edgeworth.core.highs import minimise

    model, buyer, _ = _assignment(market, integer=False)
    if not len(buyer):
        return np.array(market.ask)
    answer = minimise(model, run)
    return None if answer.row_dual is None else market.ask + np.maximum(-answer.row_dual[market.buyers :], 0.0)


def proof(market: Market, value: float, *, optimal: bool, run: Run[Outcome] | None = None) -> tuple[float, Certificate]:
    """The bound of the welfare that the checker can rebuild, and its certificate.

    Parameters
    ----------
    market : Market
        The market.
    value : float
        The welfare of an outcome.
    optimal : bool
        Whether it is meant to be the greatest, so that a proof is looked for.
    run : Run, optional
        Clock of the run.

    Returns
    -------
    tuple of float and Certificate

    Notes
    -----
    A proof is one price for all units, in plain markets a price for every seller, or for few buyers the word "all-sets", on
    which the checker looks at all of them itself. Else, and where none of these closes the gap (tours that cost nearly all they
    earn), the lower of the two price bounds is returned.
    """
    price = clearing_price(market)
    bound, certificate = price_bound(market, price), Certificate("price", {"price": np.array([price])})
    if not optimal or closes(value, bound, market.sense, market.integral):
        return bound, certificate
    if market.routes is None:
        prices = seller_prices(market, run or _free_run())
        if prices is not None and seller_prices_bound(market, prices) < bound:
            bound, certificate = seller_prices_bound(market, prices), Certificate("seller-prices", {"price": prices})
    if market.buyers <= FEW_BUYERS and not closes(value, bound, market.sense, market.integral):
        from edgeworth.mechanisms.double_auction.check import all_sets_bound

        every = all_sets_bound(market, _Patience())
        if closes(value, every, market.sense, market.integral):
            return every, Certificate("all-sets", {})
    return bound, certificate


class _Patience:
    """No limit: so few buyers never take long."""

    def check(self) -> None:
        """Go on."""


def _free_run() -> Run[Outcome]:
    return Run(sense="max", stop=Stop(), rng=np.random.default_rng(0), observer=Observer(), inner=True)


def _by_highs(market: Market, run: Run[Outcome]) -> Best:
    """`_assignment` in whole numbers, gap 0. Proved only if HiGHS's incumbent is feasible and worth what its bound says."""
    from edgeworth.core.highs import minimise

    m = market.sellers
    model, buyer, seller = _assignment(market, integer=True)
    answer = minimise(model, run, report=lambda number: -number)
    stops: list[tuple[int, ...]] = [()] * m
    if answer.x is not None:
        for j in np.flatnonzero(answer.x > 0.5).tolist():
            stops[int(seller[j])] = (*stops[int(seller[j])], int(buyer[j]))
    found = as_reported(market, stops)
    if violations(market, found):  # the solver's word is not enough
        return Best(((),) * m, 0.0, -answer.bound, Termination.ERROR)
    total = welfare(market, found)
    bound, termination = max(total, -answer.bound), answer.termination
    if termination is Termination.PROVED and not closes(total, bound, market.sense, market.integral):
        termination = Termination.STALLED
    return Best(tuple(stops), total, bound, termination)


def orienteering_problem(market: Market) -> OrienteeringProblem:
    """The allocation of greatest welfare as a problem of team orienteering.

    Parameters
    ----------
    market : Market
        A routed market.

    Returns
    -------
    OrienteeringProblem
        Profits ``q_i (b_i - a_k)``, depreciation on the edges that leave a depot.
    """
    from edgeworth.routing import orienteering

    routes = market.routes
    if routes is None:
        validation.reject("market", "must be routed", market)
    n, m = market.buyers, market.sellers
    drive = routes.metres(range(m))
    fixed = np.zeros_like(drive)
    fixed[n:, :n] = routes.depreciation[:, None]
    return orienteering.OrienteeringProblem(
        distance=fixed,
        travel_time=drive,
        profit=market.demand[None, :] * (market.bid[None, :] - market.ask[:, None]),
        demand=market.demand.astype(np.float64),
        open=routes.opens,
        close=routes.closes,
        service_time=routes.service_time,
        service_cost=np.zeros(n),
        start=np.arange(n, n + m),
        end=np.arange(n, n + m),
        speed=routes.speed,
        capacity=market.capacity.astype(np.float64),
        cost_per_distance=np.ones(m),
        cost_per_time=routes.travel_cost,
        earliest=np.zeros(m),
        latest=routes.latest,
    )


def _by_column_generation(market: Market, run: Run[Outcome] | None) -> Best:
    from edgeworth.routing import orienteering

    stop = Stop(seconds=max(run.remaining, 0.0)) if run is not None and math.isfinite(run.remaining) else None
    result = orienteering.solve(orienteering_problem(market), method="column-generation", seed=0, stop=stop)
    nothing: tuple[tuple[int, ...], ...] = ((),) * market.sellers
    stops = nothing
    if result.solution is not None:
        stops = tuple(tuple(sequence.tolist()) for sequence in result.solution.sequences)
    bound = math.inf if result.bound is None else result.bound
    if violations(market, as_reported(market, stops)):  # another model's word is not enough
        return Best(nothing, 0.0, max(bound, 0.0), Termination.ERROR)
    total = welfare(market, as_reported(market, stops))
    return Best(stops, total, max(total, bound), result.termination)


def optimum(problem: Market, params: None, run: Run[Outcome]) -> Found[Outcome]:
    """The allocation of greatest welfare, at the prices that were reported; an optimum, no mechanism.

    Parameters
    ----------
    problem : Market
        The market, whose reports are taken as the truth.
    params : None
        The method has no parameters.
    run : Run
        Clock of the run.

    Returns
    -------
    Found
        The allocation with every trader paying or receiving its own report, and a bound on the welfare. The checker rebuilds
        the bound of every unit market, of every market of up to 10 buyers, and of larger plain markets where the sellers' dual
        prices close the gap (the linear relaxation has an integral optimum); elsewhere it is a claim.

    Notes
    -----
    Welfare is the worth of the units served less the sellers' costs and the costs of their tours. Unit markets are solved by
    sorting, markets of up to 10 buyers by dynamic programming over sets of buyers, larger plain ones by HiGHS, and larger
    routed ones by the column generation of `edgeworth.routing.orienteering`.

    References
    ----------
    Held and Karp, A dynamic programming approach to sequencing problems, J. SIAM 10 (1962). Huangfu and Hall, Math. Prog. Comp.
    10 (2018) (HiGHS).
    """
    found = best(problem, run)
    outcome = as_reported(problem, found.stops)
    if found.termination is Termination.PROVED:
        value = welfare(problem, outcome)
        bound, certificate = proof(problem, value, optimal=True, run=run)
        if closes(value, bound, problem.sense, problem.integral):
            evidence = BoundEvidence.RECOMPUTED
            return Found(outcome, Termination.PROVED, bound=bound, evidence=evidence, certificate=certificate)
    return Found(
        outcome,
        found.termination,
        bound=found.bound if math.isfinite(found.bound) else None,
        evidence=BoundEvidence.CLAIMED if math.isfinite(found.bound) else None,
    )
