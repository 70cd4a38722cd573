"""The AI-Bazaar paper's problems P1 (the provider's price) and P2 (a consumer's demand), in three readings of the others.

The paper optimises one side by a genetic algorithm and does not say what the other players do meanwhile. Three readings:

- "reply": they answer. In P1 the consumers play their equilibrium at the price; in P2 the price is given and the other
  consumers play their equilibrium against the demand.
- "fixed": they stay at a given profile.
- "free": their actions are variables too, all chosen for the profit of the one side.

`best_price` and `best_demand` solve them without an algorithm of chance; `edgeworth.games.trading.genetic` as the paper does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.core.family import family
from edgeworth.core.result import Result
from edgeworth.games.trading.exact.follower import linear_demands, stage
from edgeworth.games.trading.kernels import follower as kernel
from edgeworth.games.trading.model import Equilibrium, Floats, TradingGame, equilibrium_of, profile_utilities

OTHERS = ("reply", "fixed", "free")
"""The readings of what the other players do."""

_POINTS = 401  # demands tried before the search narrows around the best of them


class OneSided(NamedTuple):
    """A one-sided problem as variables in a box.

    Attributes
    ----------
    low, high : float64 array
        Bounds of the variables, the side's own action first.
    profile : callable
        ``profile(x) -> (price, demands)`` of the variables.
    profit : callable
        ``profit(price, demands) -> float`` of the side that is optimised, in money.
    """

    low: Floats
    high: Floats
    profile: Callable[[Floats], tuple[float, Floats]]
    profit: Callable[[float, Floats], float]


def price_problem(game: TradingGame, around: Equilibrium, others: str = "reply") -> OneSided:
    """Return P1, max over p of (p - C) sum F_i, in a reading of what the consumers do.

    Parameters
    ----------
    game : TradingGame
        The game.
    around : Equilibrium
        The demands that stay where ``others`` is "fixed".
    others : {"reply", "fixed", "free"}
        The reading.

    Returns
    -------
    OneSided
        Variables: the price; where ``others`` is "free", the demands behind it.

    References
    ----------
    AI-Bazaar paper, equation (4).
    """
    reading = validation.choice("others", others, OTHERS)
    _require(game, around, used=reading == "fixed")
    n = game.consumers if reading == "free" else 0
    profiles: dict[str, Callable[[Floats], tuple[float, Floats]]] = {
        "reply": lambda x: (float(x[0]), stage(game, float(x[0]))[0]),
        "fixed": lambda x: (float(x[0]), np.array(around.demands)),
        "free": lambda x: (float(x[0]), np.array(x[1:])),
    }
    return OneSided(
        np.array([game.min_price] + [game.min_demand] * n),
        np.array([game.max_price] + [game.max_demand] * n),
        profiles[reading],
        lambda price, demands: (price - game.unit_cost) * float(demands.sum()),
    )


def demand_problem(game: TradingGame, around: Equilibrium, consumer: int = 0, others: str = "fixed") -> OneSided:
    """Return P2, max over F_i of consumer i's utility, in a reading of what provider and other consumers do.

    Parameters
    ----------
    game : TradingGame
        The game.
    around : Equilibrium
        The price, unless ``others`` is "free", and the others' demands where it is "fixed".
    consumer : int
        The consumer i, in 0..N-1.
    others : {"reply", "fixed", "free"}
        The reading.

    Returns
    -------
    OneSided
        Variables: the demand; where ``others`` is "free", the price and the other consumers' demands behind it.

    References
    ----------
    AI-Bazaar paper, equation (5).
    """
    reading = validation.choice("others", others, OTHERS)
    _require(game, around, used=reading != "free")
    i = validation.integer("consumer", consumer, minimum=0, maximum=game.consumers - 1)
    if reading == "reply" and game.min_demand <= 0.0:
        validation.reject("game", "must have F_min > 0: a rival alone has no best reply to a demand of 0", game.min_demand)
    free, rivals = int(reading == "free"), game.consumers - 1 if reading == "free" else 0
    profiles: dict[str, Callable[[Floats], tuple[float, Floats]]] = {
        "reply": lambda x: (around.price, _answers(game, around.price, i, float(x[0]))),
        "fixed": lambda x: (around.price, _with(around.demands, i, float(x[0]))),
        "free": lambda x: (float(x[1]), np.insert(x[2:], i, x[0])),
    }
    return OneSided(
        np.array([game.min_demand] + [game.min_price] * free + [game.min_demand] * rivals),
        np.array([game.max_demand] + [game.max_price] * free + [game.max_demand] * rivals),
        profiles[reading],
        lambda price, demands: float(profile_utilities(game, price, demands)[i]),
    )


def best_price(game: TradingGame, around: Equilibrium, others: str = "reply") -> Equilibrium:
    """Solve P1.

    Parameters
    ----------
    game, around, others
        As in `price_problem`.

    Returns
    -------
    Equilibrium
        Price and demands; an equilibrium only where ``others`` is "reply".

    Notes
    -----
    "reply" is the Stackelberg equilibrium, by the method ``exact``. In the other readings the profit rises with the price, and
    with every demand where p_max > C: p_max, and F_max where demands are free (F_min where p_max <= C).

    Examples
    --------
    >>> from edgeworth.games import trading
    >>> game = trading.generate(preset="kink")
    >>> at = trading.solve(game).solution
    >>> [round(best_price(game, at, others).price, 2) for others in OTHERS]
    [11.34, 20.0, 20.0]
    """
    problem = price_problem(game, around, others)
    if others == "reply":
        result: Result[Equilibrium] = family(game.kind).solve(game, method="exact")
        return result.require()
    end = problem.high if game.max_price > game.unit_cost else np.append(problem.high[:1], problem.low[1:])
    return equilibrium_of(game, *problem.profile(end))


def best_demand(game: TradingGame, around: Equilibrium, consumer: int = 0, others: str = "fixed") -> Equilibrium:
    """Solve P2.

    Parameters
    ----------
    game, around, consumer, others
        As in `demand_problem`.

    Returns
    -------
    Equilibrium
        Price and demands; an equilibrium only where the demand is a best response that the others' are too.

    Raises
    ------
    ValueError
        Where the others mine with nothing and the consumer has no best demand.

    Notes
    -----
    "fixed": the best response, sqrt(R_i Y / kappa_i) - Y in mining power for the others' power Y and kappa_i > 0, in its box;
    around an equilibrium it is the equilibrium's demand. "free": utility falls with the price and with the others' power, so
    p_min, F_min of the others, and the best response to them. "reply": 401 even demands, then golden section between the
    neighbours of the best; right to 1e-9 of the interval where the profit has one maximum between two of them.

    Examples
    --------
    >>> from edgeworth.games import trading
    >>> game = trading.generate(preset="interior")
    >>> at = trading.solve(game).solution
    >>> [round(float(best_demand(game, at, others=others).demands[0]), 2) for others in OTHERS]
    [100.0, 29.2, 100.0]
    """
    problem = demand_problem(game, around, consumer, others)
    if others == "reply":
        return equilibrium_of(game, *problem.profile(np.array([_searched(problem)])))
    if others == "free":
        price, demands = problem.profile(problem.low)
    else:
        price, demands = around.price, np.array(around.demands)
    return equilibrium_of(game, price, _with(demands, consumer, _best_response(game, price, demands, consumer)))


def _require(game: TradingGame, around: Equilibrium, *, used: bool) -> None:
    """Game and, where it is used, profile are of the right type and fit each other."""
    if not isinstance(game, TradingGame):
        validation.reject_type("game", "must be a TradingGame", game)
    if game.roles != "given":
        validation.reject("roles", "must be 'given' here: P1 and P2 choose a price and demands alone", game.roles)
    if not used:
        return
    if not isinstance(around, Equilibrium):
        validation.reject_type("around", "must be an Equilibrium", around)
    if len(around.demands) != game.consumers:
        validation.reject("around", f"must have demands of {game.consumers} consumers", len(around.demands))
    if around.mining is not None:
        validation.reject("around", "must be of a game whose roles are given", around)


def _with(demands: Floats, i: int, demand: float) -> Floats:
    changed = np.array(demands)
    changed[i] = demand
    return changed


def _answers(game: TradingGame, price: float, i: int, demand: float) -> Floats:
    """Everybody's demands where consumer i asks for `demand` and the others are in equilibrium at the price."""
    contest = game.contest
    demands = np.empty(game.consumers)
    demands[contest.linear] = linear_demands(game, price, False)
    demands[i] = demand
    held = np.append(contest.linear[contest.linear != i], i)
    keep = contest.rows != i
    rows = contest.rows[keep]
    if len(rows):
        fixed = float(game.role_ratio[held] @ demands[held])
        mine, cost = np.empty(len(rows)), np.empty(len(rows))
        kernel.equilibrium(
            contest.slope[keep], contest.offset[keep], contest.beta[keep], game.min_demand, game.max_demand, fixed, price, 0.0,
            cost, mine,
        )  # fmt: skip
        demands[rows] = mine
    return demands


def _best_response(game: TradingGame, price: float, demands: Floats, i: int) -> float:
    cost = float(game.payment_weight[i] * price - game.service_margin[i])
    beta, reward = float(game.role_ratio[i]), float(game.effective_reward[i])
    others = float(np.delete(game.role_ratio, i) @ np.delete(demands, i))
    if cost <= 0.0:
        return game.max_demand
    if others <= 0.0 < beta * reward and game.min_demand <= 0.0:
        validation.reject("around", f"must leave consumer {i} a rival that mines: it has no best demand", others)
    power = np.sqrt(reward * others * beta / cost) - others if beta > 0.0 else 0.0
    return float(np.clip(power / beta if beta > 0.0 else 0.0, game.min_demand, game.max_demand))


def _searched(problem: OneSided) -> float:
    """The own action of greatest profit."""

    def at(x: float) -> float:
        return problem.profit(*problem.profile(np.array([x])))

    low, high = float(problem.low[0]), float(problem.high[0])
    grid = np.linspace(low, high, _POINTS)
    k = int(np.argmax([at(x) for x in grid.tolist()]))
    left, right = float(grid[max(k - 1, 0)]), float(grid[min(k + 1, _POINTS - 1)])
    best, ratio = float(grid[k]), 0.5 * (5.0**0.5 - 1.0)
    while right - left > 1e-9 * (high - low):
        near, far = right - ratio * (right - left), left + ratio * (right - left)
        if at(near) >= at(far):
            right = far
        else:
            left = near
    return max((best, 0.5 * (left + right)), key=at)
