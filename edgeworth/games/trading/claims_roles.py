"""What the AI-Bazaar paper says of roles, where consumers choose them: its multi-role feature and the sentences of figure 9.

In the paper's experiments the role-playing ratio is a parameter; here it is each consumer's choice (``roles="chosen"``). Rows
and tests are together; `edgeworth.games.trading.claims` appends the rows to the paper's others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.claims import Claim, ClaimBudget, ClaimVerdict, Evidence, Reason, Row, Rule
from edgeworth.core.family import family
from edgeworth.core.result import Result
from edgeworth.games.trading.model import Equilibrium, TradingGame, generate, profile_utilities, value

_HOLDS, _PARTLY, _FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS
_PRESETS = ("ai-bazaar", "interior", "kink", "two-peaks")
_TABLE_1 = "Table 1 with eps = 1/20, roles chosen, exact equilibria"
_OTHERS = "consumer 0 takes another ratio at the equilibrium's demand, price and others' powers"


def both_roles(budget: ClaimBudget) -> Evidence:
    numbers: list[Row] = []
    for preset in _PRESETS:
        game = generate(preset=preset, roles="chosen")
        at = _equilibrium(game)
        mining = _mining(at)
        both = float(((mining > 0.0) & (mining < at.demands)).mean())
        pays = bool((at.price < game.role_contest.threshold).all())
        ratio = float((mining / at.demands).mean())
        numbers.append({"preset": preset, "services_pay": pays, "both": both, "ratio": ratio})
    shares = [float(row["both"]) for row in numbers]
    text = "chosen ratios at the best price: " + ", ".join(f"{row['preset']} {row['ratio']:.3g}" for row in numbers)
    text += "; where services do not pay (C_b < u p) who mines with F_min or more serves nothing"
    found = _HOLDS if min(shares) == 1.0 else (_PARTLY if max(shares) > 0.0 else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), instances=len(_PRESETS))


def role_ratio(budget: ClaimBudget) -> Evidence:
    ratios = np.linspace(0.0, 1.0, 1001)
    peaks, rows, numbers = [], [], list[Row]()
    for reward in (5_000.0, 20_000.0, 30_000.0):
        game = replace(generate(roles="chosen"), reward=reward)
        at = _equilibrium(game)
        profits = _along(game, at, ratios)
        peaks.append(float(ratios[int(profits.argmax())]))
        rows.append(profits[1:])
        single = _single_peaked(profits)
        chosen = float(_mining(at)[0] / at.demands[0])
        numbers.append({"reward": reward, "chosen": chosen, "peak": peaks[-1], "single_peaked": single})
    ordered = bool((np.diff(np.array(rows), axis=0) > 0.0).all())
    inside = all(0.0 < peak < 1.0 for peak in peaks) and all(bool(row["single_peaked"]) for row in numbers)
    text = "it rises up to the chosen ratio and falls beyond: " + ", ".join(
        f"R {row['reward']:.0f}: {row['chosen']:.3g}" for row in numbers
    )
    text += f"; higher R pays more at every ratio: {ordered}"
    found = _HOLDS if inside and ordered else (_PARTLY if inside or ordered else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), instances=3)


def role_crossing(budget: ClaimBudget) -> Evidence:
    ahead, numbers = [], list[Row]()
    counts = range(2, 41)
    for n in counts:
        game = generate(consumers=n, roles="chosen")
        at = _equilibrium(game)
        low, high = _along(game, at, np.array([0.1, 0.2]))
        ahead.append(bool(high > low))
        chosen = float(_mining(at)[0] / at.demands[0])
        numbers.append({"consumers": n, "chosen": chosen, "profit_.1": float(low), "profit_.2": float(high)})
    changes = int(np.abs(np.diff(np.array(ahead, dtype=int))).sum())
    crossing = ahead[0] and not ahead[-1] and changes == 1
    last = counts[sum(ahead) - 1] if ahead[0] else 0
    text = (
        f"Table 1: ratio .2 earns more than .1 for N <= {last}, less beyond; the chosen ratio falls from"
        f" {numbers[0]['chosen']:.3g} to {numbers[-1]['chosen']:.3g}, R (N - 1) / (N^2 C_b F_max)"
    )
    return Evidence(_HOLDS if crossing else _FAILS, Reason.MEASURED, text, numbers=tuple(numbers), instances=len(counts))


def performance_factor(budget: ClaimBudget) -> Evidence:
    factors, numbers = (0.0, 2.5, 5.0, 10.0), list[Row]()
    wide: dict[str, Floats] = {}
    for preset, rewards in (("ai-bazaar", (10_000.0, 20_000.0, 30_000.0)), ("interior", (1_500.0, 2_000.0, 2_500.0))):
        base, profits = generate(preset=preset, roles="chosen"), []
        for factor in factors:
            for reward in rewards:
                game = replace(base, performance_factor=factor, reward=reward)
                profits.append(value(game, _equilibrium(game)))
                numbers.append({"preset": preset, "factor": factor, "reward": reward, "leader_profit": profits[-1]})
        wide[preset] = np.array(profits).reshape(len(factors), len(rewards))
    rises = {
        name: bool((np.diff(table, axis=0) > 1e-9).all() and (np.diff(table, axis=1) > 1e-9).all())
        for name, table in wide.items()
    }
    text = "; ".join(
        f"{name}: rises in both: {rises[name]}, {table.min():.5g}..{table.max():.5g}" for name, table in wide.items()
    )
    found = _HOLDS if all(rises.values()) else (_PARTLY if any(rises.values()) else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), instances=len(numbers))


def block_size(budget: ClaimBudget) -> Evidence:
    sizes, best, numbers = np.linspace(0.0, 2_000.0, 41), dict[float, float](), list[Row]()
    for reward in (20_000.0, 5_000.0):
        base, profits = replace(generate(roles="chosen"), reward=reward), []
        for size in sizes.tolist():
            profits.append(float(_equilibrium(replace(base, block_size=size)).profits[0]))
        best[reward] = float(sizes[int(np.argmax(profits))])
        numbers.append({"reward": reward, "best_block_size": best[reward], "single_peaked": _single_peaked(profits)})
    game = generate()
    decay = game.puzzle_constant * game.propagation_factor * float(game.evaluation_metric[0])
    threshold = game.performance_factor / decay
    text = (
        f"equal consumers earn F_max (C_b - u p) + R_i / N^2, which rises first when R < lambda / (eps tau delta) ="
        f" {threshold:.0f}; best block of 0, 50, ...: "
        + ", ".join(f"{size:.0f} at R {paid:.0f}" for paid, size in best.items())
    )
    inside = {reward: 0.0 < size < sizes[-1] for reward, size in best.items()}
    found = _HOLDS if inside[20_000.0] else (_PARTLY if inside[5_000.0] else _FAILS)
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(numbers), instances=2 * len(sizes))


def more_mining(budget: ClaimBudget) -> Evidence:
    parts, always, numbers = [], True, list[Row]()
    for reward in (5_000.0, 20_000.0):
        game = replace(generate(roles="chosen"), reward=reward)
        profits = _along(game, _equilibrium(game), np.array([0.1, 0.2, 0.4]))
        always &= bool((np.diff(profits) >= 0.0).all())
        parts.append(f"R {reward:.0f}: " + ", ".join(f"{x:.5g}" for x in profits))
        numbers.extend(
            {"reward": reward, "ratio": r, "profit": float(x)} for r, x in zip((0.1, 0.2, 0.4), profits, strict=True)
        )
    text = "consumer's profit at ratios .1, .2, .4, the others choosing theirs: " + "; ".join(parts)
    return Evidence(_HOLDS if always else _FAILS, Reason.MEASURED, text, numbers=tuple(numbers), instances=6)


def _equilibrium(game: TradingGame) -> Equilibrium:
    result: Result[Equilibrium] = family("trading").solve(game, method="exact")
    return result.require()


def _mining(at: Equilibrium) -> Floats:
    return np.asarray(at.mining)


def _along(game: TradingGame, at: Equilibrium, ratios: Floats) -> Floats:
    """Consumer 0's profit at each ratio of its demand, everything else as in the equilibrium."""
    profits = []
    for ratio in ratios.tolist():
        mining = np.array(at.mining)
        mining[0] = ratio * at.demands[0]
        profits.append(profile_utilities(game, at.price, at.demands, mining)[0])
    return np.array(profits)


def _single_peaked(profits: Sequence[float] | Floats) -> bool:
    """Rises to its maximum and falls beyond."""
    steps, top = np.diff(np.asarray(profits)), int(np.argmax(profits))
    return bool((steps[:top] > 0.0).all() and (steps[top:] < 0.0).all())


ROLE_CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="multi-role-chosen",
        source="section 3.1",
        quote="consumers feel free to be a miner or an AI servicer, or both",
        statement="consumers who choose their roles play both",
        scope="presets ai-bazaar, interior, kink, two-peaks, roles chosen, exact equilibria",
        rule=Rule("share of consumers with 0 < x_i < F_i", "holds where it is 1 on every preset, in part where above 0 on one"),
        test=both_roles,
    ),
    Claim(
        id="figure-9a-chosen",
        source="figure 9(a)",
        quote="for the small role-playing ratio [...] the AI consumer's profit shows an upward tendency. However, with an"
        " increase of beta_i, the AI consumer's profit decreases. [...] the lower the block reward, the lower the profit",
        statement="the profit rises in the own role ratio, then falls, where the others chose theirs; a lower reward pays less",
        scope=f"{_TABLE_1}, R 5,000, 20,000, 30,000; {_OTHERS}",
        rule=Rule(
            "ratio of the greatest profit",
            "holds where it is inside (0, 1), the profit rises up to it and falls beyond for every reward, and a higher reward"
            " pays more at every ratio; in part for one of the two",
        ),
        test=role_ratio,
    ),
    Claim(
        id="figure-9b-chosen",
        source="figure 9(b)",
        quote="with a large number of AI consumers [...] there is a crossover point, after which it becomes more unprofitable",
        statement="a higher role ratio pays more with few consumers and less with many, where the others chose theirs",
        scope=f"{_TABLE_1}, N = 2..40, ratios .1 and .2; {_OTHERS}",
        rule=Rule("changes of sign of the difference along N", "holds for exactly one, from more to less"),
        test=role_crossing,
    ),
    Claim(
        id="figure-9c-chosen",
        source="figure 9(c)",
        quote="the profit of the CPP would rise with the growth of lambda [...] an increase in block reward brings about"
        " additional profit for the CPP as well",
        statement="the provider's profit rises with lambda and R where roles are chosen",
        scope=f"{_TABLE_1}; and preset interior",
        rule=Rule(
            "differences over lambda and R", "holds where all are positive in both scopes, in part in one", tolerance=1e-9
        ),
        test=performance_factor,
    ),
    Claim(
        id="figure-9d-chosen",
        source="figure 9(d)",
        quote="as the size of the block increases, the profit of the consumer first ascents, then decreases",
        statement="the profit of a consumer that chooses its roles rises in the block size, then falls",
        scope=f"{_TABLE_1}; and R = 5,000",
        rule=Rule(
            "the best block size of 0, 50, ..., 2,000",
            "holds where it is between the ends at R = 20,000; in part: at R = 5,000",
        ),
        test=block_size,
    ),
    Claim(
        id="figure-9d-mining-chosen",
        source="figure 9(d)",
        quote="the greater computing power that AI consumer devotes to mining, the better revenue it will get",
        statement="a consumer earns more, the more power it mines with, where the others chose their roles",
        scope=f"{_TABLE_1}, B = 500, ratios .1, .2, .4, and R = 5,000; {_OTHERS}",
        rule=Rule("signs of the differences along the ratio", "holds where none is negative"),
        test=more_mining,
    ),
)
"""The sentences on roles, where these are chosen."""
