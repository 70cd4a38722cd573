"""How `PriceNetwork` is trained: for the welfare of a history of markets, without gradients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Bools, Floats
from edgeworth.core.policy import training_seed
from edgeworth.mechanisms.double_auction.exact import best
from edgeworth.mechanisms.double_auction.learned.networks import ReluNetwork, drawn, evolved, parameters
from edgeworth.mechanisms.double_auction.learned.prices import INPUTS, PriceNetwork, inputs
from edgeworth.mechanisms.double_auction.model import Market, generate
from edgeworth.mechanisms.double_auction.packing import Packing

START = 0.4
"""Training starts from this share of the history for everybody, the default of ``posted-procurement``."""

_BATCH = 120  # markets that the differences of one step are measured on


class _Case(NamedTuple):
    """A market of the history: its tours, what the network sees, who is a candidate, and the greatest welfare."""

    market: Market
    packing: Packing
    seen: Floats
    candidate: Bools
    optimum: float


def train_learned_price(
    *,
    preset: str = "fusion",
    buyers: int | None = None,
    sellers: int | None = None,
    markets: int = 400,
    first_seed: int = 500_000,
    floor: float = 0.1,
    hidden: int = 8,
    generations: int = 600,
    pairs: int = 10,
    seed: int = 0,
) -> PriceNetwork:
    """Train the prices of the rule ``learned-price`` for the welfare of a history of markets.

    Parameters
    ----------
    preset, buyers, sellers
        What the markets are, as in `generate`; at most 10 buyers.
    markets : int
        So many, at least 1.
    first_seed : int
        The seed of the first one; the others follow it. All must be below 900,000, and the rule refuses markets of these seeds.
    floor : float
        See `PriceNetwork`; in [0, 1].
    hidden : int
        Number of ReLU units, at least 1.
    generations, pairs : int
        Steps of the evolution strategy and pairs of differences a step, at least 0 and 1.
    seed : int
        Of the first weights, of the differences and of the batches, below 900,000. The same arguments give the same network.

    Returns
    -------
    PriceNetwork
        To be given as ``LearnedPrice(network)``.

    Raises
    ------
    ValueError, TypeError
        For an argument out of range, and for seeds from 900,000 on, which are for evaluation.

    Notes
    -----
    The score is the sum of welfares over the sum of the greatest ones, on 120 markets drawn for a step, reports taken as true:
    the rule is truthful whatever its weights are, so that welfare is all that training has to look after, and it cannot trade
    truthfulness or balance for it. Welfare jumps where a buyer accepts, so that it has no gradient to follow; differences of
    Gaussian perturbations see a smoothed one. It starts from the price of ``posted-procurement`` for everybody (a `floor`
    above that is the price instead) and keeps the best weights on all markets, so that on its history it is never worse. The
    defaults take some 3 minutes of one core.

    References
    ----------
    Salimans, Ho, Chen, Sidor and Sutskever, Evolution strategies as a scalable alternative to reinforcement learning,
    arXiv:1703.03864 (2017).

    Examples
    --------
    >>> network = train_learned_price(markets=2, generations=1, pairs=1, hidden=2)
    >>> network.network.sizes, network.training_seeds
    ((7, 2, 1), (500000, 500001))
    """
    count = validation.integer("markets", markets, minimum=1)
    first = training_seed(first_seed)
    if first + count > 900_000:
        validation.reject("first_seed", f"must leave {count} seeds below 900000", first_seed)
    validation.real("floor", floor, minimum=0.0, maximum=1.0)
    validation.integer("hidden", hidden, minimum=1)
    validation.integer("generations", generations, minimum=0)
    validation.integer("pairs", pairs, minimum=1)
    rng = np.random.default_rng(training_seed(seed))
    sizes = (len(INPUTS), hidden, 1)
    start = np.append(drawn(sizes, rng, last=0.0)[:-1], max(START - floor, 0.0))
    seeds = tuple(range(first, first + count))
    blank = PriceNetwork(ReluNetwork.of(sizes, np.zeros(parameters(sizes))), floor)
    cases = [_case(generate(preset=preset, buyers=buyers, sellers=sellers, seed=each), blank) for each in seeds]
    batches = [rng.choice(count, min(_BATCH, count), replace=False) for _ in range(generations)]

    def score(theta: Floats, generation: int) -> float:
        network = PriceNetwork(ReluNetwork.of(sizes, theta), floor)
        chosen = cases if generation == 0 else [cases[j] for j in batches[generation - 1].tolist()]
        return sum(_welfare(case, network) for case in chosen) / max(sum(case.optimum for case in chosen), 1e-300)

    theta = evolved(score, start, generations=generations, pairs=pairs, spread=0.05, step=0.01, rng=rng)
    return PriceNetwork(ReluNetwork.of(sizes, theta), floor, seeds)


def _case(market: Market, network: PriceNetwork) -> _Case:
    least, width, _ = network.bounds(market)
    candidate = market.bid >= least
    return _Case(market, Packing(market), inputs(market, candidate, least, width), candidate, best(market).value)


def _welfare(case: _Case, network: PriceNetwork) -> float:
    """Of the rule's trades: what the tours earn at the prices, and what the served buyers have above them."""
    market = case.market
    prices = network.prices(network.network.batch(case.seen)[:, 0], *network.bounds(market))
    accepts = case.candidate & (market.bid >= prices)
    allowed = sum(1 << i for i in np.flatnonzero(accepts).tolist())
    revenue, stops = case.packing.best(market.demand * prices, market.ask, allowed)
    served = [i for mine in stops for i in mine]
    return revenue + float((market.demand * (market.bid - prices))[served].sum())
