"""The computations behind `claims`: each function runs one test of a claim of the FUSION paper's online stage."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from edgeworth.core.arrays import Floats
from edgeworth.core.claim_figures import curves
from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.core.family import family
from edgeworth.games.offloading.check import Sampled, improving_deviations, verify_potential
from edgeworth.games.offloading.exact import pure_equilibria
from edgeworth.games.offloading.model import (
    OffloadingGame,
    Profile,
    generate,
    interaction_overhead,
    paper_potential,
    weighted_potential,
)
from edgeworth.games.offloading.model.efficiency import INTERACTION_SECONDS
from edgeworth.games.offloading.model.game import Regime

SIZES = (5, 10, 20, 60)
"""Numbers of users of `identical_users`."""
TABLE_V: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "FUSION": (145.32, 1865.80),
        "FUSION_NoPG": (14.40, 191.50),
        "PurOnline": (93.45, 1242.90),
        "FUSION_Random": (67.38, 896.20),
        "FUSION_NoST": (123.59, 1643.80),
    }
)
"""The paper's Table V (EUA Melbourne: 125 servers, 900 humans, 900 machines, 80 vehicles): DoI in s, ECoI in "W"."""

_HOLDS, _PARTLY, _FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS
_REGIMES: tuple[Regime, Regime] = ("linearised", "soft-deadline")
_USERS = 1_800  # of Table V
_PROFILES = 40  # of a sampled game


def heterogeneous_users(budget: ClaimBudget) -> Evidence:
    count, numbers, shares = _quarter(budget), list[Row](), list[float]()
    for prices, cost in itertools.product((False, True), repeat=2):
        games = [_tiny(seed, prices=prices, provider_cost=cost) for seed in range(count)]
        improving, failing = _pooled(games)
        shares.append(failing / improving)
        row = {"prices": prices, "provider_cost": cost, "improving": improving, "failing": failing, "share": shares[-1]}
        numbers.append(row)
    weighted = sum(improving_deviations(_tiny(seed, prices=True, provider_cost=True), "weighted")[1] for seed in range(count))
    text = (
        f"{100 * min(shares):.1f}-{100 * max(shares):.1f}% of the strictly improving moves do not raise (21) (4 users x 3"
        f" providers, {count} games in each of four cells, with and without prices and costs); of the weighted potential,"
        f" which has prices and self terms, {weighted} in the cell with both"
    )
    witness = verify_potential(_tiny(0), "paper").witness
    return _evidence(max(shares) > 0.0, text, numbers, 4 * count, witness)


def identical_users(budget: ClaimBudget) -> Evidence:
    count, numbers, scope = max(2, budget.instances // 4), list[Row](), Sampled(_PROFILES)
    for prices, users in itertools.product((False, True), SIZES):
        games = [
            generate(preset="random", users=users, providers=3, identical=True, prices=prices, seed=seed)
            for seed in range(count)
        ]
        improving, failing = _pooled(games, scope)
        row = {"prices": prices, "users": users, "improving": improving, "failing": failing, "share": failing / improving}
        numbers.append(row)
    parts = []
    for prices in (False, True):
        shares = " / ".join(f"{100 * float(row['share']):.1f}" for row in numbers if row["prices"] == prices)
        parts.append(f"{'with' if prices else 'without'} prices {shares}%")
    text = (
        f"share of the strictly improving moves that do not raise (21) at {' / '.join(map(str, SIZES))} identical users:"
        f" {', '.join(parts)} (3 providers, {count} games a size, {_PROFILES} profiles each); what is missing without prices is"
        " what a user does to itself, which matters less among more users"
    )
    refuted = max(float(row["share"]) for row in numbers) > 0.0
    witness = verify_potential(_tiny(0, identical=True), "paper").witness
    found = _evidence(refuted, text, numbers, len(numbers) * count, witness)
    return replace(found, figure=curves(numbers, "users", "share", ["prices"]))


def congestion_signs(budget: ClaimBudget) -> Evidence:
    rng = np.random.default_rng(0)
    draws = 50 * budget.instances
    weight, (here, there), (rate, other) = rng.uniform(0.5, 2.0, draws), rng.uniform(0.0, 5.0, (2, draws)), _rates(rng, draws)
    own, integral = _congestion(weight, here, rate, there, other)
    share = float(np.mean(own * integral < 0.0))
    hand = [float(x) for x in _congestion(4.0, 4.0, 8.0, 0.0, 3.9)]
    text = (
        f"opposite signs in {100 * share:.1f}% of {draws} random moves between two providers; by hand: weight 4 leaves rate 8,"
        f" load 8 for an empty rate of 3.9: its own term changes by {hand[0]:+.3f}, the integral by {hand[1]:+.3f}"
    )
    numbers: list[Row] = [{"share": share, "moves": draws, "own": hand[0], "integral": hand[1]}]
    return _evidence(share > 0.0, text, numbers, draws, None)


def maximisers(budget: ClaimBudget) -> Evidence:
    broken, kept, witness = 0, 0, None
    for seed in range(budget.instances):
        game = _tiny(seed)
        profiles = _profiles(game)
        top = max(profiles, key=partial(paper_potential, game))
        best = max(profiles, key=partial(weighted_potential, game))
        verdict = family("offloading").verify(game, top)["epsilon"]
        if verdict.violation > 1e-9:
            broken, witness = broken + 1, witness or verdict.witness
        kept += family("offloading").verify(game, best)["epsilon"].violation <= 1e-9
    text = (
        f"the global maximiser of (21) is no equilibrium in {broken} of {budget.instances} games (4 users x 3 providers, no"
        f" prices, no costs); that of the weighted potential is one in {kept}"
    )
    numbers: list[Row] = [{"games": budget.instances, "no_equilibrium": broken, "weighted_equilibrium": kept}]
    return _evidence(broken > 0, text, numbers, budget.instances, witness)


def payments(budget: ClaimBudget) -> Evidence:
    count, shares, witness = _quarter(budget), dict[bool, float](), None
    for prices in (False, True):
        games = [_tiny(seed, identical=True, prices=prices) for seed in range(count)]
        games = [replace(game, rate=np.full(game.providers, 1e9)) for game in games]
        improving, failing = _pooled(games)
        shares[prices] = failing / improving
        witness = verify_potential(games[0], "paper").witness
    text = (
        f"without congestion and costs {100 * shares[False]:.1f}% of the strictly improving moves do not raise (21) without"
        f" prices, {100 * shares[True]:.1f}% with prices U[.1, .5] ({count} games of 4 users x 3 providers, base U[0, 3]); that"
        " payments cancel in the welfare says nothing of who moves where"
    )
    numbers: list[Row] = [{"prices": prices, "share": share} for prices, share in shares.items()]
    return _evidence(shares[True] > shares[False], text, numbers, 2 * count, witness)


def linearisation(budget: ClaimBudget) -> Evidence:
    changed = none = 0
    witness: object = None
    for seed in range(budget.instances):
        sets = []
        for regime in _REGIMES:
            game = generate(preset="random", users=4, providers=3, seed=seed, regime=regime)
            sets.append({tuple(profile.provider.tolist()) for profile in pure_equilibria(game)})
        if sets[0] != sets[1]:
            changed, witness = changed + 1, witness or game.provenance
        none += not sets[1]
    text = (
        f"the sets of pure equilibria differ in {changed} of {budget.instances} games (4 users x 3 providers);"
        f" {none} of them have none with soft deadlines"
    )
    numbers: list[Row] = [{"games": budget.instances, "changed": changed, "without_equilibrium": none}]
    return _evidence(changed > 0, text, numbers, budget.instances, witness)


def dynamics(budget: ClaimBudget) -> Evidence:
    run = family("offloading")
    ended = 0
    for seed in range(budget.instances):
        game = generate(preset="random", users=20, providers=5, seed=seed, prices=True, provider_cost=True)
        result = run.solve(game, method="pg-brd", seed=seed)
        ended += str(result.quality) == "equilibrium" and bool(run.verify(game, result))
    round_trip = run.solve(restless_machines(), method="pg-brd", seed=0)
    cycles = round_trip.certificate is not None and bool(run.verify(restless_machines(), round_trip)["cycle"])
    none = not pure_equilibria(restless_machines())
    text = (
        f"linear regime: {ended} of {budget.instances} runs end in a verified equilibrium, by the weighted potential; three"
        f" machines with floored deadlines: best responses go round: {cycles}, no pure equilibrium exists: {none}"
    )
    all_end = ended == budget.instances
    found = (_PARTLY if cycles or none else _HOLDS) if all_end else _FAILS
    numbers: list[Row] = [{"runs": budget.instances, "equilibria": ended, "cycle": cycles, "no_equilibrium": none}]
    return Evidence(found, Reason.PROVED, text, numbers=tuple(numbers), instances=budget.instances + 1)


def visits(budget: ClaimBudget) -> Evidence:
    game = generate(preset="random", users=_USERS, providers=40, reach=15, seed=0)
    overhead = interaction_overhead(game, family("offloading").solve(game, method="random-feasible", seed=0))
    doi, printed = overhead["doi"], TABLE_V["FUSION_NoPG"][0]
    pairs = INTERACTION_SECONDS * game.pairs
    others = ", ".join(f"{name} {seconds / INTERACTION_SECONDS / _USERS:.1f}" for name, (seconds, _) in TABLE_V.items())
    text = (
        f"one visit of each of {_USERS} users takes {doi:.2f} s, the table has {printed:.2f}: a reading and no test, since"
        f" {1000 * INTERACTION_SECONDS:g} ms are read off this row (the text lost the range of the delay); counting pairs it"
        f" would be {pairs:.0f} s here; visits a user by the table: {others}"
    )
    found = _HOLDS if abs(doi - printed) <= 0.005 else _FAILS
    numbers: list[Row] = [{"doi": doi, "printed": printed, "by_pairs": pairs}]
    return Evidence(found, Reason.UNIT_AUDIT, text, numbers=tuple(numbers), instances=1)


def power(budget: ClaimBudget) -> Evidence:
    watts = {name: energy / seconds for name, (seconds, energy) in TABLE_V.items()}
    mean = round(float(np.median(list(watts.values()))), 2)
    # Seconds are rounded to two decimals, energies to one (all five end in 0).
    fits = {name: abs(energy - mean * seconds) <= 0.05 + 0.005 * mean for name, (seconds, energy) in TABLE_V.items()}
    text = "ECoI / DoI: " + ", ".join(f"{name} {x:.2f} W" for name, x in watts.items())
    for name in (name for name, good in fits.items() if not good):
        seconds, energy = TABLE_V[name]
        text += f"; at {mean:.2f} W the energy of {name} would be {mean * seconds:.2f}, printed is {energy:.2f}"
    agreeing = sum(fits.values())
    found = _HOLDS if agreeing == len(fits) else (_PARTLY if agreeing > len(fits) / 2 else _FAILS)
    numbers: list[Row] = [{"row": name, "watts": watts[name], "agrees": bool(fits[name])} for name in TABLE_V]
    return Evidence(found, Reason.UNIT_AUDIT, text, numbers=tuple(numbers), instances=len(TABLE_V))


def order_of_magnitude(budget: ClaimBudget) -> Evidence:
    ratios, parts = [], []
    for name, column in zip(("DoI", "ECoI"), zip(*TABLE_V.values(), strict=True), strict=True):
        ratios.append(max(column) / min(column))
        parts.append(f"{name} from {min(column):.2f} to {max(column):.2f}, {ratios[-1]:.1f} times")
    below = sum(ratio < 10.0 for ratio in ratios)
    found = (_FAILS, _PARTLY, _HOLDS)[below]
    numbers: list[Row] = [{"doi_ratio": ratios[0], "ecoi_ratio": ratios[1]}]
    return Evidence(found, Reason.DEFINITION, "; ".join(parts), numbers=tuple(numbers), instances=len(TABLE_V))


def restless_machines() -> OffloadingGame:
    """Three machines with floored deadlines that have no pure equilibrium: at each of the 64 profiles somebody gains."""
    return OffloadingGame.from_matrices(
        [[11.0, 10.97, 4.94], [2.62, 10.38, 8.23], [2.38, 8.9, 5.23]],
        [2.11, 2.3, 0.04],
        transfer=[[2.02, 0.12, 4.57], [6.44, 1.88, 3.92], [5.82, 0.53, 1.7]],
        weight=[0.77, 0.2, 1.75],
        workload=[0.5467, 6.884, 4.9175],
        sensitivity=[1.05, 8.97, 13.98],
        deadline=[2.3, 29.8, 2.44],
        human=[False] * 3,
        regime="floored",
    )


def _tiny(seed: int, *, identical: bool = False, prices: bool = False, provider_cost: bool = False) -> OffloadingGame:
    return generate(
        preset="random", users=4, providers=3, seed=seed, identical=identical, prices=prices, provider_cost=provider_cost
    )


def _congestion(
    weight: ArrayLike, here: ArrayLike, rate: ArrayLike, there: ArrayLike, other: ArrayLike
) -> tuple[Floats, Floats]:
    """How load over rate at the mover's provider and the integral of (21) change; here, there: what the others load."""
    w, a, r, b, q = (np.asarray(x, dtype=np.float64) for x in (weight, here, rate, there, other))
    before, after = a + w, b + w
    return after / q - before / r, (after**2 - b**2) / (2.0 * q) - (before**2 - a**2) / (2.0 * r)


def _rates(rng: np.random.Generator, draws: int) -> Floats:
    return rng.uniform(0.5, 2.0, (2, draws))


def _profiles(game: OffloadingGame) -> list[Profile]:
    """All profiles of a game in which everybody reaches everything and nothing has a cap."""
    everyone = itertools.product(range(-1, game.providers), repeat=game.users)
    return [Profile(np.array(actions, dtype=np.int64)) for actions in everyone]


def _quarter(budget: ClaimBudget) -> int:
    """Games of a test that looks at all deviations from all profiles."""
    return max(1, budget.instances // 4)


def _pooled(games: Iterable[OffloadingGame], scope: Literal["exhaustive"] | Sampled = "exhaustive") -> tuple[int, int]:
    """Strictly improving moves of all games, and how many of them do not raise (21)."""
    counts = [improving_deviations(game, "paper", scope) for game in games]
    return sum(improving for improving, _ in counts), sum(failing for _, failing in counts)


def _evidence(refuted: bool, text: str, numbers: list[Row], instances: int, witness: object) -> Evidence:
    """A claim about all games: one counterexample refutes it, and none proves nothing."""
    found, reason = (_FAILS, Reason.PROVED) if refuted else (_HOLDS, Reason.MEASURED)
    return Evidence(found, reason, text, numbers=tuple(numbers), instances=instances, witness=witness)
