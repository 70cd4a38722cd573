"""Where welfare is lost: one stage after the other is replaced by its best, up to a bound that nothing exceeds.

The differences add up to ``bound - welfare`` exactly, without an error of rounding: every welfare is taken to the nearest
multiple of 2^-20 of money, the bound to the next one above.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.result import Result
from edgeworth.games import offloading
from edgeworth.games.offloading import LocalSearch, Profile
from edgeworth.systems.fusion.auction_stage import Contracts, contracts_of, finished
from edgeworth.systems.fusion.bounds import round_bound
from edgeworth.systems.fusion.forecast_stage import forecast_users, outlook, wanted
from edgeworth.systems.fusion.online_stage import fleet_of, online_game, play
from edgeworth.systems.fusion.plan import best_plan
from edgeworth.systems.fusion.rounds import Round, draw
from edgeworth.systems.fusion.settlement import measured
from edgeworth.systems.fusion.stage import RoundBound
from edgeworth.systems.fusion.variants import Variant, variant_of, without_payments
from edgeworth.systems.fusion.world import World

if TYPE_CHECKING:
    import pandas as pd

STAGES = ("forecast", "routing", "contract", "equilibrium", "coupling", "unproved")
"""What is lost where, in the order in which it is put right; see `Split`."""
_GRID = 20


@dataclass(frozen=True)
class Split:
    """The welfare of a round, stage after stage put right, money.

    Attributes
    ----------
    welfare : float
        Of the variant as it is.
    foresight : float
        With the actual overload in place of the forecast.
    routed : float
        Where sellers also choose by exact tours.
    contracted : float
        Where contracts are also those of the greatest welfare of the market.
    chosen : float
        Where users also do what is best for all, as far as a local search finds it.
    planned : float
        Of the best plan known: contracts made for tasks and users together (`plan.best_plan`); ``chosen`` where that is more.
    bound : float
        Nothing is worth more.

    Notes
    -----
    `losses` are the differences of neighbours: what is lost by the forecast, by routing, by the auction's contracts, by users
    who choose for themselves, by contracts that are made for tasks alone, and what may be lost or may be the bound's own. The
    order matters, as in every telescoping sum; and a loss is negative where a stage put right makes a later one worse.
    """

    welfare: float
    foresight: float
    routed: float
    contracted: float
    chosen: float
    planned: float
    bound: float

    @property
    def losses(self) -> dict[str, float]:
        """What is lost at each of `STAGES`; they add up to ``bound - welfare`` exactly."""
        values = (
            self.welfare, self.foresight, self.routed, self.contracted, self.chosen, self.planned, self.bound,
        )  # fmt: skip
        return {name: after - before for name, before, after in zip(STAGES, values, values[1:], strict=False)}


def split_round(
    world: World,
    drawn: Round,
    variant: str | Variant = "fusion",
    *,
    forecaster: str = "linear",
    seed: int = 0,
    bound: RoundBound | None = None,
) -> Split:
    """Say at which stage of a round welfare is lost.

    Parameters
    ----------
    world : World
    drawn : Round
    variant : str or Variant
        One with contracts.
    forecaster : str
        As of `run`.
    seed : int
        Of the run, >= 0.
    bound : RoundBound, optional
        Of the round; computed without it.

    Returns
    -------
    Split

    Raises
    ------
    ValueError, TypeError
        For an unknown variant or forecaster, and for a variant without contracts or its bound.
    """
    own = without_payments(variant_of(variant))
    if own.rule == "none":
        validation.reject("variant", "must be one with contracts", own.name)
    limit = round_bound(world, drawn) if bound is None else bound
    name = "perfect" if own.foresight else forecaster
    users = forecast_users(world, drawn, outlook(world, name, seed), name)
    known = forecast_users(world, drawn, outlook(world, "perfect", seed), "perfect")

    def reached(like: Variant, expected: Floats) -> float:
        contracts = contracts_of(world, drawn, wanted(world, expected), like, seed)
        return _welfare(world, drawn, contracts, like, seed, expected)

    routed = replace(own, chooser="exact") if own.rule == "pay-as-report" else own
    best = contracts_of(world, drawn, wanted(world, known), replace(own, rule="optimum"), seed)
    chosen = _welfare(world, drawn, best, own, seed, known, together=True)
    planned = _welfare(world, drawn, best_plan(world, drawn, limit), own, seed, known, together=True)
    found = (
        reached(own, users),
        reached(own, known),
        reached(routed, known),
        _welfare(world, drawn, best, own, seed, known),
        chosen,
        max(chosen, planned),
    )
    above = math.ldexp(math.ceil(math.ldexp(limit.value, _GRID)), -_GRID)
    return Split(*[*map(_on_grid, found), above])


def split_table(
    worlds: Iterable[World],
    variant: str | Variant = "fusion",
    *,
    rounds: int = 1,
    forecaster: str = "linear",
    seed: int = 0,
) -> pd.DataFrame:
    """`split_round` of several worlds and rounds.

    Parameters
    ----------
    worlds : iterable of World
    variant, forecaster, seed
        As of `split_round`.
    rounds : int
        Rounds of every world, from 0.

    Returns
    -------
    pandas.DataFrame
        A row a world and round: ``world``, ``round``, ``welfare``, `STAGES`, ``bound``.
    """
    import pandas as pd

    rows = []
    for number, world in enumerate(worlds):
        for nth in range(rounds):
            found = split_round(world, draw(world, seed, nth), variant, forecaster=forecaster, seed=seed)
            rows.append({"world": number, "round": nth, "welfare": found.welfare, **found.losses, "bound": found.bound})
    return pd.DataFrame(rows)


def _welfare(
    world: World, drawn: Round, contracts: Contracts, like: Variant, seed: int, users: Floats, *, together: bool = False
) -> float:
    """What contracts are worth once users have chosen; together: for all, from where they would go by themselves."""
    fleet = fleet_of(world, contracts, like)
    game = online_game(world, drawn, fleet)
    found: Result[Profile] = play(game, drawn.number, like, seed)
    if together:
        search = LocalSearch(rounds=_DESCENTS)
        found = finished(offloading.solve(game, method="local-search", seed=seed, params=search, start=found.require()))
    return measured(world, drawn, contracts, fleet, game, found.require(), 0, users)["welfare"]


_DESCENTS = 20


def _on_grid(money: float) -> float:
    return float(np.ldexp(np.rint(np.ldexp(money, _GRID)), -_GRID))
