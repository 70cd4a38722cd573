"""The two one-sided problems of the AI-Bazaar paper by a genetic algorithm (pymoo, extra "genetic")."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.errors import MissingExtraError
from edgeworth.core.seeds import Seed, generator
from edgeworth.games.trading.exact.follower import stage
from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame, equilibrium_of, profile_utilities


class Optimised(NamedTuple):
    """The answer of a one-sided optimisation.

    Attributes
    ----------
    solution : Equilibrium
        Price and demands.
    profit : float
        Of the side that was optimised, in money.
    evaluations : int
        How many times that profit was computed.
    """

    solution: Equilibrium
    profit: float
    evaluations: int


def genetic_price(game: TradingGame, *, population: int = 30, generations: int = 40, seed: Seed = None) -> Optimised:
    """P1: the price of greatest profit (p - C) sum F_i(p), the consumers answering with their equilibrium.

    Parameters
    ----------
    game : TradingGame
        The game.
    population : int
        Prices a generation, at least 2.
    generations : int
        Generations, at least 1.
    seed : int, SeedSequence or Generator, optional
        Of the algorithm's randomness.

    Returns
    -------
    Optimised
        The best price met, without a guarantee.

    Raises
    ------
    MissingExtraError
        Where pymoo (extra "genetic") is not installed.

    Notes
    -----
    A genetic algorithm with pymoo's defaults: tournament selection, simulated binary crossover, polynomial mutation.

    References
    ----------
    AI-Bazaar paper, equation (4) and figure 8(a); Blank and Deb, pymoo, IEEE Access 8 (2020).
    """

    def profits(prices: Floats) -> Floats:
        return np.array([(p - game.unit_cost) * stage(game, p)[0].sum() for p in prices.tolist()])

    price, best, evaluations = _maximise(profits, game.min_price, game.max_price, population, generations, seed)
    return Optimised(equilibrium_of(game, price, stage(game, price)[0]), best, evaluations)


def genetic_demand(
    game: TradingGame,
    around: Equilibrium,
    *,
    consumer: int = 0,
    population: int = 30,
    generations: int = 40,
    seed: Seed = None,
) -> Optimised:
    """P2: the demand of greatest profit of one consumer, price and the others' demands being given.

    Parameters
    ----------
    game : TradingGame
        The game.
    around : Equilibrium
        The price and the others' demands.
    consumer : int
        The consumer, in 0..N-1.
    population : int
        Demands a generation, at least 2.
    generations : int
        Generations, at least 1.
    seed : int, SeedSequence or Generator, optional
        Of the algorithm's randomness.

    Returns
    -------
    Optimised
        The best demand met, without a guarantee.

    Raises
    ------
    MissingExtraError
        Where pymoo (extra "genetic") is not installed.

    References
    ----------
    AI-Bazaar paper, equation (5) and figure 8(a).
    """
    i = validation.integer("consumer", consumer, minimum=0, maximum=game.consumers - 1)

    def with_demand(demand: float) -> Floats:
        demands = np.array(around.demands)
        demands[i] = demand
        return demands

    def profits(demands: Floats) -> Floats:
        return np.array([profile_utilities(game, around.price, with_demand(f))[i] for f in demands.tolist()])

    demand, best, evaluations = _maximise(profits, game.min_demand, game.max_demand, population, generations, seed)
    return Optimised(equilibrium_of(game, around.price, with_demand(demand)), best, evaluations)


def _maximise(
    profits: Callable[[Floats], Floats], low: float, high: float, population: int, generations: int, seed: Seed
) -> tuple[float, float, int]:
    if importlib.util.find_spec("pymoo") is None:
        raise MissingExtraError("the genetic algorithm", "genetic")
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.optimize import minimize
    from pymoo.problems.functional import FunctionalProblem

    size = validation.integer("population", population, minimum=2)
    rounds = validation.integer("generations", generations, minimum=1)
    number = int(generator(seed)[0].integers(2**31))
    problem = FunctionalProblem(1, lambda x: -float(profits(x)[0]), xl=np.array([low]), xu=np.array([high]))
    found = minimize(problem, GA(pop_size=size), ("n_gen", rounds), seed=number, verbose=False)
    return float(found.X[0]), -float(found.F[0]), int(found.algorithm.evaluator.n_eval)
