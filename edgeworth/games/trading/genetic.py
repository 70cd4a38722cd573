"""The two one-sided problems of the AI-Bazaar paper by a genetic algorithm (pymoo, extra "genetic")."""

from __future__ import annotations

import importlib.util
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.errors import MissingExtraError
from edgeworth.core.seeds import Seed, generator
from edgeworth.games.trading.model import Equilibrium, TradingGame, equilibrium_of
from edgeworth.games.trading.one_sided import OneSided, demand_problem, price_problem


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


def genetic_price(
    game: TradingGame,
    around: Equilibrium | None = None,
    *,
    others: str = "reply",
    population: int = 30,
    generations: int = 40,
    seed: Seed = None,
) -> Optimised:
    """P1: the price of greatest profit (p - C) sum F_i, by default with the consumers answering with their equilibrium.

    Parameters
    ----------
    game : TradingGame
        The game.
    around : Equilibrium, optional
        The demands that stay where ``others`` is "fixed", and not needed elsewhere.
    others : {"reply", "fixed", "free"}
        What the consumers do; see `edgeworth.games.trading.one_sided`.
    population : int
        Prices a generation, at least 2.
    generations : int
        Generations, at least 1.
    seed : int, SeedSequence or Generator, optional
        Of the algorithm's randomness.

    Returns
    -------
    Optimised
        The best price met, without a guarantee; `edgeworth.games.trading.one_sided.best_price` is exact.

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
    if around is None and others == "fixed":
        validation.reject("around", "must be given where the others are fixed", None)
    given = around if around is not None else equilibrium_of(game, game.min_price, np.full(game.consumers, game.min_demand))
    return _maximise(game, price_problem(game, given, others), population, generations, seed)


def genetic_demand(
    game: TradingGame,
    around: Equilibrium,
    *,
    consumer: int = 0,
    others: str = "fixed",
    population: int = 30,
    generations: int = 40,
    seed: Seed = None,
) -> Optimised:
    """P2: the demand of greatest profit of one consumer, by default with price and the others' demands given.

    Parameters
    ----------
    game : TradingGame
        The game.
    around : Equilibrium
        The price and the others' demands.
    consumer : int
        The consumer, in 0..N-1.
    others : {"reply", "fixed", "free"}
        What provider and other consumers do; see `edgeworth.games.trading.one_sided`.
    population : int
        Demands a generation, at least 2.
    generations : int
        Generations, at least 1.
    seed : int, SeedSequence or Generator, optional
        Of the algorithm's randomness.

    Returns
    -------
    Optimised
        The best demand met, without a guarantee; `edgeworth.games.trading.one_sided.best_demand` is to be compared with.

    Raises
    ------
    MissingExtraError
        Where pymoo (extra "genetic") is not installed.

    References
    ----------
    AI-Bazaar paper, equation (5) and figure 8(a).
    """
    return _maximise(game, demand_problem(game, around, consumer, others), population, generations, seed)


def _maximise(game: TradingGame, one_sided: OneSided, population: int, generations: int, seed: Seed) -> Optimised:
    if importlib.util.find_spec("pymoo") is None:
        raise MissingExtraError("the genetic algorithm", "genetic")
    from pymoo.algorithms.soo.nonconvex.ga import GA
    from pymoo.optimize import minimize
    from pymoo.problems.functional import FunctionalProblem

    size = validation.integer("population", population, minimum=2)
    rounds = validation.integer("generations", generations, minimum=1)
    number = int(generator(seed)[0].integers(2**31))
    problem = FunctionalProblem(
        len(one_sided.low), lambda x: -one_sided.profit(*one_sided.profile(x)), xl=one_sided.low, xu=one_sided.high
    )
    found = minimize(problem, GA(pop_size=size), ("n_gen", rounds), seed=number, verbose=False)
    best = equilibrium_of(game, *one_sided.profile(np.asarray(found.X)))
    return Optimised(best, -float(found.F[0]), int(found.algorithm.evaluator.n_eval))
