"""The computations behind `claims`: each function runs one test of a claim of the MTA paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import pairwise, product

import numpy as np

from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.core.family import family
from edgeworth.core.stop import Stop
from edgeworth.solvers.allocation.heuristic.printed import PrintedChoice
from edgeworth.solvers.allocation.heuristic.reward_greedy import largest_rewards
from edgeworth.solvers.allocation.learned.algorithm_2 import Algorithm2, Learner
from edgeworth.solvers.allocation.model import AllocationProblem, MecSystem, generate, reward_table
from edgeworth.solvers.allocation.model.system import Floats, Ints, RateUnit

_HOLDS, _PARTLY, _FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS
_GAP = 0.01
"""How far an optimum may lie above the value that stands for it here; its bound stands on the other side."""
RATES = {"Table I's": (0.01, 0.9), "the code's": (0.9, 0.01)}
"""Learning rate and discount: as Table I lists them, and as the authors' main program passes them, in another order."""
READINGS = {"printed": Algorithm2(), "coded": Algorithm2(load="data", forgets=False)}
"""Algorithm 2 as printed, and with what ``q_update`` of the authors' code does differently; both by the paper's rewards."""
UNITS: tuple[RateUnit, ...] = ("bit", "nat")


@cache
def _instance(preset: str, seed: int) -> AllocationProblem:
    return generate(preset=preset, seed=seed)


@cache
def _enclosed(preset: str, seed: int) -> tuple[float, float]:
    return _optimum(_instance(preset, seed))


def _problems(preset: str, count: int) -> list[AllocationProblem]:
    return [_instance(preset, seed) for seed in range(count)]


def _few(budget: ClaimBudget) -> int:
    """Instances on which something is proved or learned: a quarter of the budget's."""
    return max(1, budget.instances // 4)


def _value(problem: AllocationProblem, method: str, seed: int = 0, params: object = None) -> float:
    return float(family("allocation").solve(problem, method=method, seed=seed, params=params).value or 0.0)


def _optimum(problem: AllocationProblem) -> tuple[float, float]:
    """A value and a bound that enclose the greatest welfare, `_GAP` apart or closer."""
    found = family("allocation").solve(problem, method="exact", seed=0, stop=Stop(gap=_GAP))
    if found.value is None or found.bound is None:
        raise RuntimeError("exact ended without a value or a bound")
    return found.value, found.bound


def _span(values: Iterable[float], form: str = ".3g") -> str:
    every = list(values)
    low, high = f"{min(every):{form}}", f"{max(every):{form}}"
    return low if low == high else f"{low} to {high}"


def capacity_binds(budget: ClaimBudget) -> Evidence:
    numbers, peaks = list[Row](), {}
    for preset in ("metaverse", "metaverse-code"):
        peaks[preset] = [_peak(problem) for problem in _problems(preset, budget.instances)]
        binding = sum(peak > 1.0 for peak in peaks[preset])
        numbers.append({"preset": preset, "fullest": max(peaks[preset]), "binding": binding, "instances": len(peaks[preset])})
    text = "; ".join(
        f"{row['preset']}: above 1 in {row['binding']} of {row['instances']}, at most {row['fullest']:.2f}" for row in numbers
    )
    holds = [row["binding"] == row["instances"] for row in numbers]
    found = _HOLDS if all(holds) else (_PARTLY if any(holds) else _FAILS)
    text = f"fullest server, load over capacity, when every task takes its most valuable server: {text}"
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), instances=2 * budget.instances)


def _peak(problem: AllocationProblem) -> float:
    """The largest load over capacity when every task takes its most valuable server, whatever that carries."""
    load = np.zeros(problem.servers)
    for pair in _best_pairs(problem.indptr, problem.value):
        load[problem.server[pair]] += problem.weight[pair]
    return float((load / problem.capacity).max())


def _best_pairs(indptr: Ints, worth: Floats) -> list[int]:
    """The best entry of every task that has one."""
    rows = [(begin, end) for begin, end in pairwise(indptr.tolist()) if end > begin]
    return [begin + int(np.argmax(worth[begin:end])) for begin, end in rows]


def sharing(budget: ClaimBudget) -> Evidence:
    count = _few(budget)
    numbers = list[Row]()
    for rewards, theta, alpha, fee, unit in product(("welfare", "table"), ("one", "1..10"), (0.01, 1e-5), (0.1, 0.01), UNITS):
        drawn = [setting(k, varied=theta != "one", energy=alpha, fee=fee, unit=unit) for k in range(count)]
        leave = float(np.mean([leaving(problem, rewards) for problem in drawn]))
        numbers.append({"rewards": rewards, "theta": theta, "alpha": alpha, "lambda": fee, "rate": unit, "leave": leave})

    def span(rewards: str, theta: str, alpha: float | None = None, fee: float | None = None) -> str:
        fits = [r for r in numbers if r["rewards"] == rewards and r["theta"] == theta]
        fits = [r for r in fits if alpha in (None, r["alpha"]) and fee in (None, r["lambda"])]
        return _span((float(r["leave"]) for r in fits), ".0%")

    text = (
        "tasks whose best server is not their source, Table I with other theta, alpha (.01, 1e-5), lambda (.1, .01) and unit"
        f" of rates. By welfare: theta .01 for all {span('welfare', 'one')}, theta 1..10 a server {span('welfare', '1..10')};"
        " by the reward table, which charges no one for sending: theta .01"
        f" {span('table', 'one', 0.01, 0.1)} (alpha .01, lambda .1), {span('table', 'one', 0.01, 0.01)} (.01, .01),"
        f" {span('table', 'one', 1e-5)} (alpha 1e-5), theta 1..10 {span('table', '1..10')}"
    )
    least = [least_theta(problem.system) for problem in _problems("metaverse", count)]
    text += f". With one theta for all and room at home it takes theta > {min(least):.3f} to {max(least):.3f} at alpha .01"
    gains = {name: [_gain(problem) for problem in made] for name, made in _gatherings(count).items()}
    numbers.extend({"setting": name, "gain_low": min(x), "gain_high": max(x)} for name, x in gains.items())
    text += f". Greatest welfare with sharing over that without, both known within {_GAP:.0%}: "
    text += "; ".join(f"{k} {_span(x)}" for k, x in gains.items())
    pays = [min(x) > 1.0 + _GAP for x in gains.values()]
    found = _HOLDS if all(pays) else (_PARTLY if any(pays) else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), instances=(32 + len(gains)) * count)


def _gatherings(count: int) -> dict[str, list[AllocationProblem]]:
    presets = {preset: _problems(preset, count) for preset in ("metaverse", "hotspot", "metaverse-code")}
    crowded = [generate(preset="hotspot", tasks=200, seed=seed) for seed in range(count)]
    return {**presets, "hotspot with 200 tasks": crowded}


def least_theta(system: MecSystem | None) -> float:
    """The theta, the same for all servers, above which some task's best server is another than its source.

    By welfare and where the source can compute the task: a task of D units gains alpha theta D (f_s^2 - f_k^2) by a slower
    server k and costs D H_s / r_s to send, whatever its price.
    """
    if system is None:
        raise RuntimeError("needs raw fields")
    saved = system.energy_coefficient * system.frequency**2 - (system.energy_coefficient * system.frequency**2).min()
    cost = system.transmit_power / system.rates()
    source = np.unique(system.source)
    return float(np.min(np.divide(cost, saved, out=np.full(system.servers, np.inf), where=saved > 0.0)[source]))


def setting(seed: int, *, varied: bool, energy: float, fee: float, unit: RateUnit) -> AllocationProblem:
    """Table I with theta .01 for all servers or integers 1..10 (`varied`), and other alpha, lambda and unit of rates.

    Capacities are U[200, 400] x theta, as in the preset.
    """
    base = generate(preset="metaverse", seed=seed).system
    if base is None:
        raise RuntimeError("the preset has no raw fields")
    theta = base.cycles_per_unit
    if varied:
        theta = np.random.default_rng(seed).integers(1, 10, base.servers, endpoint=True).astype(np.float64)
    changed = replace(
        base,
        cycles_per_unit=theta,
        capacity=base.capacity / base.cycles_per_unit * theta,
        energy_coefficient=np.full(base.servers, energy),
        fee_share=fee,
        rate_unit=unit,
    )
    return AllocationProblem.from_system(changed)


def leaving(problem: AllocationProblem, rewards: str = "welfare") -> float:
    """The share of tasks whose best server is not their source, by welfare or by the paper's table; of those with a server."""
    system = problem.system
    if system is None:
        raise RuntimeError("needs raw fields")
    if rewards == "welfare":
        indptr, server, worth = problem.indptr, problem.server, problem.value
    else:
        table = reward_table(problem)
        indptr, server, worth = table.indptr, table.server, table.reward
    best = _best_pairs(indptr, worth)
    task = np.repeat(np.arange(problem.tasks), np.diff(indptr))
    return float(np.mean([server[pair] != system.source[task[pair]] for pair in best]))


def _gain(problem: AllocationProblem) -> float:
    """The greatest welfare over that in which every task stays at its source; exact up to `_GAP`."""
    return _optimum(problem)[0] / _optimum(at_home(problem.system))[0]


def at_home(system: MecSystem | None) -> AllocationProblem:
    """The problem in which every task stays at its source."""
    if system is None:
        raise RuntimeError("needs raw fields")
    return AllocationProblem.from_system(system, task=np.arange(system.tasks), server=system.source)


def needs_more_than_greedy(budget: ClaimBudget) -> Evidence:
    numbers, beats = list[Row](), []
    for preset in ("metaverse", "hotspot", "metaverse-code"):
        short: dict[str, list[float]] = {"greedy": [], "regret-greedy": [], "q-learning": []}
        for seed, problem in enumerate(_problems(preset, _few(budget))):
            best = _enclosed(preset, seed)[0]
            for method, values in short.items():
                values.append(1.0 - _value(problem, method, seed) / best)
        numbers.extend({"preset": preset, "method": m, "below_low": min(x), "below_high": max(x)} for m, x in short.items())
        pairs = zip(short["greedy"], short["q-learning"], strict=True)
        beats.append(all(greedy > _GAP and learnt < greedy for greedy, learnt in pairs))
    text = "; ".join(f"{r['preset']} {r['method']} {r['below_low']:.0%} to {r['below_high']:.0%}" for r in numbers)
    found = _HOLDS if all(beats) else (_PARTLY if any(beats) else _FAILS)
    text = f"below the greatest welfare (known within {_GAP:.0%}): {text}"
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), instances=3 * _few(budget), seeds=1)


def constraints(budget: ClaimBudget) -> Evidence:
    numbers = list[Row]()
    for preset, (rates, (rate, discount)), reading in product(("metaverse", "metaverse-code"), RATES.items(), READINGS):
        params = replace(READINGS[reading], rate=rate, discount=discount)
        played = [_printed(problem, params, seed) for seed, problem in enumerate(_problems(preset, _few(budget)))]
        bounds = [_enclosed(preset, seed)[1] for seed in range(len(played))]
        numbers.append(
            {
                "preset": preset,
                "rates": rates,
                "reading": reading,
                "total": float(np.mean([each.total for each in played])),
                "bound": float(np.mean(bounds)),
                "above": sum(each.total > bound for each, bound in zip(played, bounds, strict=True)),
                "broken": sum(each.overloaded > 0 for each in played),
                "overloaded": float(np.mean([each.overloaded for each in played])),
                "worst": max(each.worst for each in played),
                "instances": len(played),
            }
        )
    coded = next(r for r in numbers if (r["preset"], r["rates"], r["reading"]) == ("metaverse-code", "the code's", "coded"))
    broken, runs = (sum(int(row[name]) for row in numbers) for name in ("broken", "instances"))
    text = (
        f"some server overloaded in {broken} of {runs} runs; metaverse-code, as coded but by the paper's rewards, rates as the"
        f" code passes them: {coded['overloaded']:.1f} of 20 servers, the fullest with {coded['worst']:.1f} times its capacity,"
        f" totals of {coded['total']:.5g} where no feasible assignment is worth more than {coded['bound']:.5g} (means), above"
        f" that in {coded['above']} of {coded['instances']}"
    )
    return Evidence(_FAILS if broken else _HOLDS, Reason.MEASURED, text, numbers=tuple(numbers), instances=runs, seeds=1)


def _printed(problem: AllocationProblem, params: Algorithm2, seed: int) -> PrintedChoice:
    learner = Learner(problem, params)
    learner.play(params.episodes, np.random.default_rng(seed))
    return learner.best()


def available_servers(budget: ClaimBudget) -> Evidence:
    numbers = list[Row]()
    for preset in ("metaverse", "metaverse-code"):
        able = refused = served = 0
        for problem in _problems(preset, budget.instances):
            system = problem.system
            if system is None:
                raise RuntimeError("the preset has no raw fields")
            idle = (problem.capacity / system.frequency)[problem.server] > system.deadline[problem.task]
            able, refused = able + problem.pairs, refused + int(np.count_nonzero(~idle))
            served += len(np.unique(problem.task[idle]))
        share = served / (budget.instances * problem.tasks)
        numbers.append({"preset": preset, "refused": refused / able, "tasks_with_a_server": share})
    text = "; ".join(
        f"{r['preset']}: {r['refused']:.1%} of the pairs that keep capacity and deadline are refused while all servers are"
        f" idle, {r['tasks_with_a_server']:.1%} of the tasks keep a server"
        for r in numbers
    )
    found = _HOLDS if all(r["refused"] == 0.0 for r in numbers) else _FAILS
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), instances=2 * budget.instances)


def outperforms(budget: ClaimBudget) -> Evidence:
    numbers, ahead, above, richer, runs = list[Row](), 0, 0, 0, 0
    rate, discount = RATES["the code's"]
    for preset in ("metaverse", "hotspot", "metaverse-code"):
        wins = {"greedy": 0, "random": 0}
        shares = []
        for seed, problem in enumerate(_problems(preset, _few(budget))):
            learnt = _value(problem, "q-learning", seed)
            for method in wins:
                wins[method] += learnt > _value(problem, method, seed)
            rows = largest_rewards(reward_table(problem))
            greedy = PrintedChoice.of(problem, reward_table(problem), rows).total
            choice = _printed(problem, Algorithm2(rate=rate, discount=discount), seed)
            shares.append(choice.total / greedy)
            richer += choice.total > greedy
        runs, ahead, above = runs + _few(budget), ahead + wins["greedy"], above + wins["random"]
        numbers.append({"preset": preset, **wins, "printed_over_greedy": max(shares), "instances": _few(budget)})
    printed = max(float(row["printed_over_greedy"]) for row in numbers)
    text = (
        f"feasible, by welfare: q-learning above greedy in {ahead} and above random in {above} of {runs} instances"
        + "".join(f"; {r['preset']} {r['greedy']} and {r['random']} of {r['instances']}" for r in numbers)
        + ". As printed, by rewards: greedy takes the largest reward of every task, so no choice of a server for each has more"
        f" by the same table; algorithm-2 (alpha {rate:g}, gamma {discount:g}) reaches at most {printed:.3f} of it"
    )
    found = _HOLDS if ahead == above == richer == runs else _FAILS
    reason = Reason.MEASURED if richer else Reason.PROVED
    return Evidence(found, reason, text, numbers=tuple(numbers), instances=runs, seeds=1)
