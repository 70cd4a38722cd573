"""The checker of a run: every stage by the checkers that there are, and the settlement counted once more in plain loops."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from edgeworth.core.verdict import Report, Verdict
from edgeworth.forecasting import Corruption
from edgeworth.games import offloading
from edgeworth.games.offloading import OffloadingGame, Profile
from edgeworth.games.offloading.model.efficiency import INTERACTION_SECONDS, PROVIDER_WATTS, USER_WATTS
from edgeworth.mechanisms import double_auction
from edgeworth.mechanisms.double_auction import Outcome
from edgeworth.systems.fusion.auction_stage import Contracts, contracts_of, drive, market_of
from edgeworth.systems.fusion.bound_check import verdict as bound_verdict
from edgeworth.systems.fusion.forecast_stage import Contract, forecast_users, outlook, planned_users, wanted
from edgeworth.systems.fusion.online_stage import Fleet, fleet_of, online_game, play, visits_of
from edgeworth.systems.fusion.played import Played
from edgeworth.systems.fusion.rounds import Round, draw
from edgeworth.systems.fusion.stage import RoundBound
from edgeworth.systems.fusion.variants import Variant
from edgeworth.systems.fusion.world import World

TOLERANCE = 1e-9
"""Of money, relative to the sizes that were added up."""


class _Worst:
    """The verdict of each property: how far the round is off in which it is worst."""

    def __init__(self) -> None:
        self.found: dict[str, Verdict] = {}

    def add(self, name: str, number: int, verdict: Verdict) -> None:
        """Keep the worse of a property's verdict so far and of this one."""
        old = self.found.get(name)
        if old is None or (old.holds and (not verdict.holds or verdict.violation > old.violation)):
            if not verdict.holds:
                verdict = Verdict(verdict.status, verdict.violation, verdict.tolerance, f"round {number}: {verdict.witness}")
            self.found[name] = verdict

    def compare(self, name: str, number: int, recorded: object, again: object, tolerance: float = 0.0) -> None:
        """Keep how far two arrays are apart."""
        one, two = np.asarray(recorded, dtype=np.float64), np.asarray(again, dtype=np.float64)
        if one.shape != two.shape:
            self.add(name, number, Verdict.of(False, math.inf, tolerance, f"the shape is {one.shape}, not {two.shape}"))
            return
        gap = np.abs(one - two).ravel()
        worst = int(gap.argmax()) if gap.size else 0
        off = float(gap[worst]) if gap.size else 0.0
        text = f"entry {worst} is {one.ravel()[worst]!r}, not {two.ravel()[worst]!r}" if off > tolerance else None
        self.add(name, number, Verdict.of(off <= tolerance, off, tolerance, text))


def verify(
    world: World,
    variant: Variant,
    rounds: Sequence[Played],
    *,
    seed: int,
    forecaster: str,
    contract: Contract,
    corruption: Corruption | None,
    bounds: Sequence[RoundBound] | None = None,
) -> Report:
    """Check a run.

    Parameters
    ----------
    world : World
    variant : Variant
    rounds : sequence of Played
    seed : int
    forecaster : str
    contract : {"point", "newsvendor"}
    corruption : Corruption, optional
        As of `run`.
    bounds : sequence of RoundBound, optional
        Of the rounds, checked where they are given.

    Returns
    -------
    Report
        Each verdict is that of the worst round. ``draw``: rounds are what world and seed make; ``forecast`` and ``quantity``:
        so are forecasts, by a forecaster fitted again unless it is remembered, and what is wanted on them; ``tours``: begin,
        end and cost of visits follow from who visits whom; ``capacity``, ``route``, ``idle``: of the contracts, by
        `double_auction.verify`; ``rule``: the rule, run again, signs these contracts at these prices (of the greatest welfare,
        which may run into its time limit: everybody pays its report); ``coverage``, ``cap``: of the users' choices, by
        `offloading.verify`, and ``epsilon`` where they are said to be an equilibrium; ``choices``: the online stage, run again,
        ends with them after as many visits (of the greatest welfare, which may run into its time limit: the visits only);
        ``settlement``: all money and tasks,
        counted again in plain loops; ``bound``: every bound is rebuilt from its certificate, and no welfare is above it.
    """
    found = _Worst()
    name = "perfect" if variant.foresight else forecaster
    seen = outlook(world, name, seed, corruption)
    for played in rounds:
        r = played.number
        drawn = draw(world, seed, r)
        same = drawn.hash == played.drawn
        found.add("draw", r, Verdict.of(same, float(not same), witness=None if same else "not what world and seed make"))
        again = forecast_users(world, drawn, seen, name)
        found.compare("forecast", r, played.forecast, again, TOLERANCE * max(1.0, world.users))
        planned = planned_users(world, played.forecast, seen, r, name, contract)
        found.compare("quantity", r, played.planned, planned, TOLERANCE * max(1.0, world.users))
        found.compare("quantity", r, played.contracts.quantity, wanted(world, played.planned))
        _offline(world, variant, seed, drawn, played.contracts, found)
        _online(world, variant, seed, drawn, played, found)
        if bounds is not None:
            _bound(world, variant, drawn, played, bounds[r], found)
    return Report(found.found)


def _bound(world: World, variant: Variant, drawn: Round, played: Played, limit: RoundBound, found: _Worst) -> None:
    apt = limit.waiting == (variant.rule == "none")
    found.add("bound", drawn.number, Verdict.of(apt, float(not apt), witness=None if apt else "a bound of other variants"))
    found.add("bound", drawn.number, bound_verdict(world, drawn, limit))
    above = max(played.measures["welfare"] - limit.value, 0.0)
    text = f"welfare {played.measures['welfare']!r} is above the bound {limit.value!r}"
    found.add("bound", drawn.number, Verdict.of(above == 0.0, above, witness=text if above else None))


def _online(world: World, variant: Variant, seed: int, drawn: Round, played: Played, found: _Worst) -> None:
    r, contracts = played.number, played.contracts
    signed = contracts.signed
    if (
        contracts.quantity[signed] > world.capacity[contracts.agent[signed]]
    ).any():  # "capacity" says so already; no fleet is that large
        found.add("settlement", r, Verdict.of(False, math.inf, TOLERANCE, "an agent has sold more than its UAVs serve"))
        return
    fleet = fleet_of(world, contracts, variant)
    game = online_game(world, drawn, fleet)
    profile = Profile(played.provider)
    judged = offloading.verify(game, profile)
    if "answer" in judged:  # it names other users or providers than there are
        found.add("coverage", r, judged["answer"])
        return
    names = ("coverage", "cap", "epsilon") if variant.online == "pg-brd" else ("coverage", "cap")
    for name in names:
        if name in judged:
            found.add(name, r, judged[name])
    visits = world.users
    if variant.online != "exact":
        again = play(game, r, variant, seed)
        visits = visits_of(world, variant, again)
        found.compare("choices", r, profile.provider, again.require().provider)
    found.compare("choices", r, played.visits, visits)
    if judged["coverage"]:
        counted = _counted(world, drawn, contracts, fleet, game, profile, played)
        _measures(played, counted, found)


def _offline(world: World, variant: Variant, seed: int, drawn: Round, contracts: Contracts, found: _Worst) -> None:
    r = drawn.number
    begin, end, cost = np.zeros(world.servers), np.zeros(world.servers), np.zeros(world.agents)
    for k in range(world.agents):
        tour = contracts.tour(k)
        starts, cost[k], _ = drive(world, drawn, contracts.quantity, k, tour)
        begin[tour] = starts
        end[tour] = np.array(starts) + world.service * contracts.quantity[tour]
    for name, again in (("begin", begin), ("end", end), ("tour_cost", cost)):
        found.compare("tours", r, getattr(contracts, name), again, TOLERANCE * max(1.0, float(np.abs(again).max(initial=0.0))))
    market, buyers = market_of(world, drawn, contracts.quantity)
    outside = np.setdiff1d(np.arange(world.servers), buyers)
    idle = (contracts.agent[outside] < 0).all() and not contracts.payment[outside].any()
    text = None if idle else "a server that wants nothing has a contract or pays"
    found.add("idle", r, Verdict.of(bool(idle), float(not idle), witness=text))
    outcome = Outcome(contracts.agent[buyers], contracts.payment[buyers], contracts.reward, contracts.stop[buyers])
    for name, verdict in double_auction.verify(market, outcome).items():
        found.add(name, r, verdict)
    if variant.rule == "optimum":
        signed, units = contracts.signed, contracts.contracted
        pays = units * world.value
        gets = np.bincount(contracts.agent[signed], weights=units[signed], minlength=world.agents) * world.unit_cost
    else:
        once_more = contracts_of(world, drawn, contracts.quantity, variant, seed)
        found.compare("rule", r, contracts.agent, once_more.agent)
        found.compare("rule", r, contracts.stop, once_more.stop)
        pays, gets = once_more.payment, once_more.reward
    largest = max(1.0, float(np.abs(pays).max(initial=0.0)), float(np.abs(gets).max(initial=0.0)))
    found.compare("rule", r, contracts.payment, pays, TOLERANCE * largest)
    found.compare("rule", r, contracts.reward, gets, TOLERANCE * largest)


def _counted(
    world: World, drawn: Round, contracts: Contracts, fleet: Fleet, game: OffloadingGame, profile: Profile, played: Played
) -> dict[str, float]:
    """Money and tasks of a round in plain loops, by nothing that counted them before."""
    homes, at_uavs = [0] * world.servers, [0] * world.servers
    for u in range(world.users):
        homes[int(drawn.home[u])] += 1
        p = int(profile.provider[u])
        if p >= world.servers:
            at_uavs[int(fleet.place[p - world.servers])] += 1
    sums = dict.fromkeys(
        ("overload", "contracted", "used", "stranded", "shortfall", "contracts", "stranded_cost", "shortfall_value"), 0.0
    )
    offline = in_print = payments = rewards = squares = 0.0
    offers = 0
    for i in range(world.servers):
        overload = max(homes[i] - int(world.own[i]), 0)
        quantity, k = int(contracts.quantity[i]), int(contracts.agent[i])
        offers += quantity > 0
        used = min(at_uavs[i], overload) if k >= 0 else 0
        value = float(world.value[i])
        sums["overload"] += overload
        sums["used"] += used
        sums["shortfall"] += overload - used
        sums["shortfall_value"] += value * (overload - used)
        if k >= 0:
            cost = float(world.unit_cost[k])
            sums["contracts"] += 1
            sums["contracted"] += quantity
            sums["stranded"] += quantity - used
            sums["stranded_cost"] += cost * (quantity - used)
            offline += value * used - cost * quantity
            in_print += (value - cost) * quantity
        payments += float(contracts.payment[i])
        squares += (float(played.forecast[i]) - homes[i]) ** 2
    tours = 0.0
    for k in range(world.agents):
        tours += float(contracts.tour_cost[k])
        rewards += float(contracts.reward[k])
    online = offloading.value(game, profile)
    messages = played.visits + (offers + world.agents + 2 * sums["contracts"] if offers else 0)
    own = offloading.measures(game, profile)
    own["prices"] = own.pop("payments")
    return {
        **sums,
        "offline": offline - tours,
        "offline_contracted": in_print - tours,
        "online": online,
        "welfare": offline - tours + online,
        "welfare_contracted": in_print - tours + online,
        "potential": offloading.paper_potential(game, profile),
        "tour_cost": tours,
        "payments": payments,
        "rewards": rewards,
        "surplus": payments - rewards,
        "messages": float(messages),
        "doi": messages * INTERACTION_SECONDS,
        "ecoi": messages * INTERACTION_SECONDS * (USER_WATTS + PROVIDER_WATTS),
        "forecast_error": math.sqrt(squares / world.servers),
        **{name: each for name, each in own.items() if math.isfinite(each)},
    }


def _measures(played: Played, counted: dict[str, float], found: _Worst) -> None:
    r = played.number
    if set(counted) != set(played.measures):
        odd = sorted(set(counted) ^ set(played.measures))
        found.add("settlement", r, Verdict.of(False, math.inf, TOLERANCE, f"measures that are missing or too many: {odd}"))
        return
    size = max(1.0, *(abs(each) for each in counted.values()))
    for name, again in counted.items():
        gap = abs(played.measures[name] - again)
        text = f"{name} is {played.measures[name]!r}, not {again!r}" if gap > TOLERANCE * size else None
        found.add("settlement", r, Verdict.of(gap <= TOLERANCE * size, gap, TOLERANCE * size, text))
