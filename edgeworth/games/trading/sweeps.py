"""The figures 6-9 of the AI-Bazaar paper as tidy tables, with the exact equilibrium beside everything.

Every function returns a pandas DataFrame, one observation a row. ``plots`` draws them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.family import family
from edgeworth.core.result import Result
from edgeworth.games.trading.exact.follower import stage
from edgeworth.games.trading.genetic import genetic_demand, genetic_price
from edgeworth.games.trading.learned import PLAYS, Play, Session, distance, target
from edgeworth.games.trading.model import Equilibrium, TradingGame, generate, profile_utilities, value

if TYPE_CHECKING:
    import pandas as pd

LEARNERS: dict[str, Play] = {name: PLAYS[name] for name in ("wolf-phc", "pga-app", "giga-wolf", "minimax-q")}
"""The learners of figures 6 and 8(b) with the paper's parameters."""


def convergence(
    game: TradingGame,
    *,
    learners: dict[str, Play] | None = None,
    seeds: Iterable[int] = range(5),
    points: int = 50,
) -> pd.DataFrame:
    """Figure 6: the learners' profile along the rounds, against theory.

    Parameters
    ----------
    game : TradingGame
        The game that is learned.
    learners : dict of str to Play, optional
        The learners by name; without them `LEARNERS`.
    seeds : iterable of int
        One run a learner and seed.
    points : int
        Rows a run, at equal distances over its rounds; at least 1.

    Returns
    -------
    pandas.DataFrame
        Columns method, seed, rounds, price, total_demand, leader_profit, consumer_profit (mean), distance (see
        `learned.distance`) and theory (the leader's profit at the exact equilibrium).
    """
    import pandas as pd

    steps = validation.integer("points", points, minimum=1)
    rows = []
    best = value(game, equilibrium(game))
    for method, play in (learners or LEARNERS).items():
        _, rounds = play.required()
        for seed in seeds:
            session = Session(game, play, seed=seed)
            goal = target(session)
            for k in range(steps):
                session.advance(rounds * (k + 1) // steps - session.rounds)
                at = session.profile()
                numbers = (at.price, at.demands.sum(), value(game, at), at.profits.mean(), distance(at, goal), best)
                rows.append((method, seed, session.rounds, *numbers))
    names = ["price", "total_demand", "leader_profit", "consumer_profit", "distance", "theory"]
    return pd.DataFrame(rows, columns=["method", "seed", "rounds", *names])


def profit_models(game: TradingGame, *, consumer: int = 0, points: int = 201) -> pd.DataFrame:
    """Figure 7: profits against the own action, everything else as in equilibrium.

    Parameters
    ----------
    game : TradingGame
        The game.
    consumer : int
        The consumer of model "P2", in 0..N-1.
    points : int
        Actions a model beside the equilibrium's own, at equal distances over its interval; at least 2.

    Returns
    -------
    pandas.DataFrame
        Columns model, action, profit and best (whether the action is the equilibrium's). In model "P1" the action is the price
        and the consumers reply with their equilibrium; in "P2" it is the consumer's demand.
    """
    import pandas as pd

    i = validation.integer("consumer", consumer, minimum=0, maximum=game.consumers - 1)
    count = validation.integer("points", points, minimum=2)
    at = equilibrium(game)
    rows: list[tuple[str, float, float, bool]] = []
    for demand in np.append(np.linspace(game.min_demand, game.max_demand, count), at.demands[i]).tolist():
        demands = np.array(at.demands)
        demands[i] = demand
        rows.append(("P2", demand, float(profile_utilities(game, at.price, demands)[i]), demand == at.demands[i]))
    for price in np.append(np.linspace(game.min_price, game.max_price, count), at.price).tolist():
        profit = (price - game.unit_cost) * float(stage(game, price)[0].sum())
        rows.append(("P1", price, profit, price == at.price))
    return pd.DataFrame(rows, columns=["model", "action", "profit", "best"]).sort_values(["model", "action"], kind="stable")


def profit_balance(game: TradingGame, *, consumer: int = 0, seeds: Iterable[int] = range(5)) -> pd.DataFrame:
    """Figure 8(a): profits when one side is optimised by a genetic algorithm, at the exact equilibrium, and by PB-MARL.

    Parameters
    ----------
    game : TradingGame
        The game.
    consumer : int
        The consumer whose demand is optimised in "P2" and whose profit is reported, in 0..N-1.
    seeds : iterable of int
        One row a randomised solution and seed.

    Returns
    -------
    pandas.DataFrame
        Columns solution, seed, leader_profit, consumer_profit (of that consumer), price and demand. "P1 by GA" optimises the
        price and the consumers reply; "P2 by GA" optimises one consumer's demand, the rest as in equilibrium. The paper does
        not say what the others do; `edgeworth.games.trading.one_sided` has the other readings.

    Raises
    ------
    MissingExtraError
        Where pymoo (extra "genetic") is not installed.
    """
    import pandas as pd

    at = equilibrium(game)
    rows: list[tuple[str, int, Equilibrium]] = [("exact equilibrium", 0, at)]
    play = LEARNERS["wolf-phc"]
    _, rounds = play.required()
    for seed in seeds:
        rows.append(("P1 by GA", seed, genetic_price(game, seed=seed).solution))
        rows.append(("P2 by GA", seed, genetic_demand(game, at, consumer=consumer, seed=seed).solution))
        session = Session(game, play, seed=seed)
        session.advance(rounds)
        rows.append(("PB-MARL", seed, session.profile()))
    table = [(name, seed, value(game, x), x.profits[consumer], x.price, x.demands[consumer]) for name, seed, x in rows]
    return pd.DataFrame(table, columns=["solution", "seed", "leader_profit", "consumer_profit", "price", "demand"])


def consumer_counts(
    *,
    counts: Sequence[int] = (2, 5, 10, 20, 40),
    preset: str = "ai-bazaar",
    learners: dict[str, Play] | None = None,
    seeds: Iterable[int] = (),
) -> pd.DataFrame:
    """Figure 8(b): profits against the number of consumers, exact and learned.

    Parameters
    ----------
    counts : sequence of int
        Numbers of consumers.
    preset : str
        The preset of `generate`.
    learners : dict of str to Play, optional
        The learners by name; without them `LEARNERS`.
    seeds : iterable of int
        One run a learner and seed; without seeds there are no learners in the table.

    Returns
    -------
    pandas.DataFrame
        Columns consumers, method, seed, leader_profit, consumer_profit (mean) and distance (of learners; 0 for exact).
    """
    import pandas as pd

    rows: list[tuple[object, ...]] = []
    for n in counts:
        game = generate(preset=preset, consumers=n)
        at = equilibrium(game)
        rows.append((n, "exact", 0, value(game, at), at.profits.mean(), 0.0))
        for method, play in (learners or LEARNERS).items():
            _, rounds = play.required()
            for seed in seeds:
                session = Session(game, play, seed=seed)
                session.advance(rounds)
                found = session.profile()
                apart = distance(found, target(session))
                rows.append((n, method, seed, value(game, found), found.profits.mean(), apart))
    names = ["consumers", "method", "seed", "leader_profit", "consumer_profit", "distance"]
    return pd.DataFrame(rows, columns=names)


def role_ratios(
    *,
    ratios: Sequence[float] = tuple(np.linspace(0.05, 0.95, 19)),
    rewards: Sequence[float] = (5_000.0, 10_000.0, 20_000.0, 30_000.0),
    preset: str = "ai-bazaar",
) -> pd.DataFrame:
    """Figure 9(a): the profit of consumer 0 against its role ratio beta, for several rewards.

    Parameters
    ----------
    ratios : sequence of float
        Role ratios of consumer 0, in [0, 1].
    rewards : sequence of float
        Rewards R, in money.
    preset : str
        The preset of `generate`.

    Returns
    -------
    pandas.DataFrame
        Columns role_ratio, reward, consumer_profit, leader_profit, price and regime.
    """
    base = generate(preset=preset)
    grid = [(ratio, reward) for reward in rewards for ratio in ratios]
    games = [replace(base, role_ratio=_first(base, ratio), reward=reward) for ratio, reward in grid]
    return _table(games, grid, ["role_ratio", "reward"])


def role_counts(
    *,
    counts: Sequence[int] = (2, 3, 5, 8, 10, 15, 20, 30, 40),
    ratios: Sequence[float] = (0.1, 0.2, 0.4),
    reward: float | None = None,
    preset: str = "ai-bazaar",
) -> pd.DataFrame:
    """Figure 9(b): the profit of consumer 0 against the number of consumers, for several role ratios of its own.

    Parameters
    ----------
    counts : sequence of int
        Numbers of consumers.
    ratios : sequence of float
        Role ratios of consumer 0, in [0, 1].
    reward : float, optional
        R, in money; without it the preset's.
    preset : str
        The preset of `generate`.

    Returns
    -------
    pandas.DataFrame
        Columns consumers, role_ratio, consumer_profit, leader_profit, price and regime.
    """
    grid = [(n, ratio) for ratio in ratios for n in counts]
    games = []
    for n, ratio in grid:
        base = generate(preset=preset, consumers=n)
        games.append(replace(base, role_ratio=_first(base, ratio), reward=base.reward if reward is None else reward))
    return _table(games, grid, ["consumers", "role_ratio"])


def performance_factors(
    *,
    factors: Sequence[float] = tuple(np.linspace(0.0, 10.0, 21)),
    rewards: Sequence[float] = (10_000.0, 20_000.0, 30_000.0),
    preset: str = "ai-bazaar",
) -> pd.DataFrame:
    """Figure 9(c): the leader's profit against the performance factor lambda, for several rewards.

    Parameters
    ----------
    factors : sequence of float
        Performance factors lambda >= 0.
    rewards : sequence of float
        Rewards R, in money.
    preset : str
        The preset of `generate`.

    Returns
    -------
    pandas.DataFrame
        Columns performance_factor, reward, consumer_profit, leader_profit, price and regime.
    """
    base = generate(preset=preset)
    grid = [(factor, reward) for reward in rewards for factor in factors]
    games = [replace(base, performance_factor=factor, reward=reward) for factor, reward in grid]
    return _table(games, grid, ["performance_factor", "reward"])


def block_sizes(
    *,
    sizes: Sequence[float] = tuple(np.linspace(0.0, 5_000.0, 51)),
    ratios: Sequence[float] = (0.1, 0.2, 0.4),
    reward: float | None = None,
    preset: str = "ai-bazaar",
) -> pd.DataFrame:
    """Figure 9(d): the profit of consumer 0 against the block size B, for several role ratios of its own.

    Parameters
    ----------
    sizes : sequence of float
        Block sizes B >= 0.
    ratios : sequence of float
        Role ratios of consumer 0, in [0, 1].
    reward : float, optional
        R, in money; without it the preset's.
    preset : str
        The preset of `generate`.

    Returns
    -------
    pandas.DataFrame
        Columns block_size, role_ratio, consumer_profit, leader_profit, price and regime.
    """
    base = generate(preset=preset)
    paid = base.reward if reward is None else reward
    grid = [(size, ratio) for ratio in ratios for size in sizes]
    games = [replace(base, block_size=size, role_ratio=_first(base, ratio), reward=paid) for size, ratio in grid]
    return _table(games, grid, ["block_size", "role_ratio"])


def equilibrium(game: TradingGame) -> Equilibrium:
    """The answer of the exact method, which exists for every game.

    Parameters
    ----------
    game : TradingGame
        The game.

    Returns
    -------
    Equilibrium
        Price, demands and profits.
    """
    result: Result[Equilibrium] = family("trading").solve(game, method="exact")
    return result.require()


def _first(game: TradingGame, ratio: float) -> Floats:
    role = np.array(game.role_ratio)
    role[0] = ratio
    return role


def _table(games: Sequence[TradingGame], grid: Sequence[tuple[object, ...]], names: list[str]) -> pd.DataFrame:
    import pandas as pd

    found = [equilibrium(game) for game in games]
    rows = [
        (*point, at.profits[0], value(game, at), at.price, at.regime)
        for point, game, at in zip(grid, games, found, strict=True)
    ]
    return pd.DataFrame(rows, columns=[*names, "consumer_profit", "leader_profit", "price", "regime"])
