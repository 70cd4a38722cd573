"""The tests of the claims of section VI-C."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core.arrays import Floats
from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.core.intervals import interval
from edgeworth.systems.fusion.incentives import rationality, truthfulness
from edgeworth.systems.fusion.panels import PRINTED, SERVERS, SERVERS_ONLY, figure2, overhead
from edgeworth.systems.fusion.variants import PAPER

if TYPE_CHECKING:
    import pandas as pd

_OTHERS = tuple(name for name in PAPER if name != "fusion")
Measured = tuple[float, float, float]
"""A mean and the ends of its 95% interval."""


@lru_cache(maxsize=2)
def _figure(trials: int) -> pd.DataFrame:
    return figure2(variants=(*PAPER, SERVERS_ONLY), trials=trials)


@lru_cache(maxsize=2)
def _overhead(trials: int) -> pd.DataFrame:
    return overhead(trials=trials)


@lru_cache(maxsize=2)
def _truthfulness(markets: int) -> pd.DataFrame:
    return truthfulness(markets)


@lru_cache(maxsize=2)
def _rationality(markets: int) -> pd.DataFrame:
    return rationality(markets)


def _trials(budget: ClaimBudget) -> int:
    return max(3, budget.instances // 5)


def _by_trial(budget: ClaimBudget, measure: str = "welfare", **only: object) -> pd.DataFrame:
    """Means over the points of figure 2, a row a trial, a column a variant."""
    table = _figure(_trials(budget))
    for name, value in only.items():
        table = table[table[name].isin(value if isinstance(value, tuple) else (value,))]
    return table.pivot_table(index="trial", columns="variant", values=measure)


def _gap(table: pd.DataFrame, one: str, other: str) -> Measured:
    return interval((table[one] - table[other]).to_numpy(float))


def _row(name: str, found: Measured) -> Row:
    return {"what": name, "mean": found[0], "low": found[1], "high": found[2]}


def _text(rows: list[Row]) -> str:
    return "; ".join(
        f"{row['what']} {float(row['mean']):+.4g} [{float(row['low']):+.4g}, {float(row['high']):+.4g}]" for row in rows
    )


def _judged(budget: ClaimBudget, good: list[bool], bad: list[bool], rows: list[Row], more: str = "") -> Evidence:
    """Holds where all are good, in part where some are; fails where none is."""
    found = ClaimVerdict.HOLDS if all(good) else ClaimVerdict.PARTLY if any(good) else ClaimVerdict.FAILS
    decided = all(yes or no for yes, no in zip(good, bad, strict=True))
    first = rows[0]
    return Evidence(
        found,
        Reason.MEASURED,
        _text(rows) + (f"; {more}" if more else ""),
        numbers=tuple(rows),
        interval=(float(first["low"]), float(first["high"])),
        instances=_trials(budget),
        conclusive=decided,
    )


def _above(budget: ClaimBudget, pairs: dict[str, Measured], more: str = "") -> Evidence:
    """Every difference is to be above 0."""
    rows = [_row(name, found) for name, found in pairs.items()]
    return _judged(
        budget, [found[1] > 0.0 for found in pairs.values()], [found[2] < 0.0 for found in pairs.values()], rows, more
    )


def highest(budget: ClaimBudget) -> Evidence:
    """FUSION less the best other, by both accountings."""
    pairs = {}
    for measure in ("welfare", "welfare_contracted"):
        table = _by_trial(budget, measure)
        best = str(table[list(_OTHERS)].mean().idxmax())
        pairs[f"{measure}: fusion less {best}"] = _gap(table, "fusion", best)
    ranked = _by_trial(budget)[list(PAPER)].mean().sort_values(ascending=False)
    return _above(
        budget, pairs, "order of realised welfare: " + " > ".join(f"{name} {mean:.0f}" for name, mean in ranked.items())
    )


def lowest(budget: ClaimBudget) -> Evidence:
    """The lowest of the others less PurOnline, by reading."""
    table = _by_trial(budget)
    least = str(table[[name for name in PAPER if name != "pur-online"]].mean().idxmin())
    return _above(budget, {f"{least} less {name}": _gap(table, least, name) for name in ("pur-online", SERVERS_ONLY)})


def random_between(budget: ClaimBudget) -> Evidence:
    """NoPG < Random < FUSION."""
    table = _by_trial(budget)
    return _above(
        budget,
        {
            "fusion less random": _gap(table, "fusion", "random"),
            "random less no-pg": _gap(table, "random", "no-pg"),
        },
    )


def random_printed(budget: ClaimBudget) -> Evidence:
    """The printed numbers contradict the sentence."""
    low, mid, high = (PRINTED[name][0] for name in ("no-pg", "random", "fusion"))
    between = low < mid < high
    text = f"Table V: NoPG {low:.0f}, Random {mid:.0f}, FUSION {high:.0f}"
    return Evidence(
        ClaimVerdict.HOLDS if between else ClaimVerdict.CANNOT_HOLD,
        Reason.DEFINITION,
        text,
        numbers=({"random": mid, "no-pg": low},),
    )


def no_st(budget: ClaimBudget) -> Evidence:
    """Random, PurOnline < NoST < FUSION."""
    table = _by_trial(budget)
    return _above(
        budget,
        {
            "fusion less no-st": _gap(table, "fusion", "no-st"),
            "no-st less random": _gap(table, "no-st", "random"),
            "no-st less pur-online": _gap(table, "no-st", "pur-online"),
        },
    )


def no_pg(budget: ClaimBudget) -> Evidence:
    """FUSION less NoPG, which have the same contracts."""
    return _above(budget, {"fusion less no-pg": _gap(_by_trial(budget), "fusion", "no-pg")})


def game_printed(budget: ClaimBudget) -> Evidence:
    """What the game adds in print."""
    fusion = PRINTED["fusion"][0]
    share = {name: PRINTED[name][0] / fusion for name in _OTHERS}
    added = 1.0 - share["no-pg"]
    text = (
        f"the game adds {added:.1%} of FUSION's welfare to NoPG, whose users choose at random; Random and PurOnline have the"
        f" same game and keep {share['random']:.1%} and {share['pur-online']:.1%}: by the table contracts are worth nearly all"
    )
    found = ClaimVerdict.HOLDS if added > 0.5 else ClaimVerdict.PARTLY if added > 0.05 else ClaimVerdict.FAILS
    return Evidence(found, Reason.DEFINITION, text, numbers=({"added": added, **share},))


def grows(budget: ClaimBudget) -> Evidence:
    """Welfare at 16 servers less that at 8; the worlds are others, so trials are paired by seed only."""
    few, many = (_by_trial(budget, servers=count) for count in (SERVERS[0], SERVERS[-1]))
    pairs = {name: interval((many[name] - few[name]).to_numpy(float)) for name in PAPER}
    return _above(budget, pairs)


def advantage(budget: ClaimBudget) -> Evidence:
    """The lead over the mean of the others, with many servers less with few."""

    def lead(servers: tuple[int, ...]) -> Floats:
        table = _by_trial(budget, servers=servers)
        return np.asarray((table["fusion"] - table[list(_OTHERS)].mean(axis=1)).to_numpy(float))

    few, many = lead(SERVERS[:2]), lead(SERVERS[-2:])
    return _above(
        budget,
        {"lead at 14 and 16 less lead at 8 and 10": interval(many - few)},
        f"leads {few.mean():.1f} and {many.mean():.1f}",
    )


def larger_market(budget: ClaimBudget) -> Evidence:
    """Panel (b) less panel (a)."""
    small, large = (_by_trial(budget, panel=name) for name in ("a", "b"))
    return _above(budget, {"(b) less (a)": interval((large["fusion"] - small["fusion"]).to_numpy(float))})


def overhead_order(budget: ClaimBudget) -> Evidence:
    """Largest over least mean DoI."""
    mean = _overhead(_trials(budget)).groupby(["configuration", "variant"])["doi"].mean().unstack()
    ratio = mean.max(axis=1) / mean.min(axis=1)
    below = int((ratio < 10.0).sum())
    found = ClaimVerdict.HOLDS if below == len(ratio) else ClaimVerdict.PARTLY if below > len(ratio) / 2 else ClaimVerdict.FAILS
    text = f"ratios {', '.join(f'{name} {x:.1f}' for name, x in ratio.items())}; in print (Table V) 145.32 / 14.40 = 10.1"
    rows: tuple[Row, ...] = tuple({"configuration": str(name), "ratio": float(x)} for name, x in ratio.items())
    return Evidence(found, Reason.MEASURED, text, numbers=rows, instances=_trials(budget))


def overhead_least(budget: ClaimBudget) -> Evidence:
    """Whose mean DoI is least."""
    mean = _overhead(_trials(budget)).groupby(["configuration", "variant"])["doi"].mean().unstack()
    least = mean.idxmin(axis=1)
    found = ClaimVerdict.HOLDS if (least == "no-pg").all() else ClaimVerdict.FAILS
    text = f"least in {int((least == 'no-pg').sum())} of {len(least)} configurations"
    numbers = tuple({"configuration": str(name)} | {str(k): float(v) for k, v in row.items()} for name, row in mean.iterrows())
    return Evidence(found, Reason.MEASURED, text, numbers=numbers, instances=_trials(budget))


def latency(budget: ClaimBudget) -> Evidence:
    """Latency of each other less FUSION's, and utilisation of FUSION less each other's."""
    waits, used = _by_trial(budget, "latency"), _by_trial(budget, "utilisation")
    pairs = {f"latency of {name} less fusion's": _gap(waits, name, "fusion") for name in _OTHERS}
    pairs |= {f"utilisation less that of {name}": _gap(used, "fusion", name) for name in _OTHERS}
    return _above(budget, pairs)


def fairly(budget: ClaimBudget) -> Evidence:
    """Jain's indices of FUSION less each other's."""
    pairs: dict[str, Measured] = {}
    for group in ("human", "machine"):
        table = _by_trial(budget, f"jain_{group}")
        pairs |= {f"{group}s, less {name}": _gap(table, "fusion", name) for name in _OTHERS}
    return _above(budget, pairs)


def seller_truth(budget: ClaimBudget) -> Evidence:
    """The best lie of each seller."""
    return _truth(budget, "seller")


def buyer_truth(budget: ClaimBudget) -> Evidence:
    """The best lie of each buyer."""
    return _truth(budget, "buyer")


def _truth(budget: ClaimBudget, side: str) -> Evidence:
    table = _truthfulness(min(_trials(budget), 10))
    rows: list[Row] = []
    for market, part in table[table["side"] == side].groupby("market"):
        at = part.sort_values("gain").iloc[-1]
        honest = float(at["utility"] - at["gain"])
        rows.append({"market": int(str(market)), "truth": float(at["truth"]), "report": float(at["report"]), "honest": honest,
                     "gain": float(at["gain"]), "relative": float(at["gain"]) / max(abs(honest), 1e-9)})  # fmt: skip
    gaining = sum(float(row["relative"]) > 0.01 for row in rows)
    most = max(rows, key=lambda row: float(row["gain"]))
    text = (
        f"{gaining} of {len(rows)} gain more than 1%; most: truth {float(most['truth']):.3f}, which earns"
        f" {float(most['honest']):.2f}, report {float(most['report']):.3f}, which earns {float(most['gain']):.2f} more"
    )
    found = ClaimVerdict.FAILS if gaining else ClaimVerdict.HOLDS
    return Evidence(found, Reason.MEASURED, text, numbers=tuple(rows), instances=len(rows), witness=most if gaining else None)


def buyer_plateau(budget: ClaimBudget) -> Evidence:
    """Whose payment rises above the truth."""
    table = _truthfulness(min(_trials(budget), 10))
    buyers = table[(table["side"] == "buyer") & (table["report"] >= table["truth"]) & (table["units"] > 0)]
    rise = buyers.groupby("market")["money"].agg(lambda money: money.max() / max(money.min(), 1e-9) - 1.0)
    rising = int((rise > 0.01).sum())
    found = ClaimVerdict.HOLDS if rising == len(rise) else ClaimVerdict.PARTLY if rising else ClaimVerdict.FAILS
    text = (
        f"the payment of {rising} of {len(rise)} buyers rises with a bid above the truth; a rising one is no critical payment"
    )
    numbers: tuple[Row, ...] = tuple({"market": k, "rise": float(share)} for k, share in enumerate(rise))
    return Evidence(found, Reason.MEASURED, text, numbers=numbers, instances=len(rise))


def seller_rational(budget: ClaimBudget) -> Evidence:
    """Who loses money, without and with its tour."""
    table = _rationality(_trials(budget))
    sellers = table[table["side"] == "seller"]
    shares = {name: float((sellers[name] < -1e-9).mean()) for name in ("utility", "utility_with_tour")}
    good = [share == 0.0 for share in shares.values()]
    worst = sellers.sort_values("utility_with_tour").iloc[0]
    text = (
        f"of {len(sellers)} winners {shares['utility']:.0%} are paid less than their unit costs,"
        f" {shares['utility_with_tour']:.0%} less than these and their tour; the worst gets {worst['money']:.2f} for"
        f" {worst['worth']:.2f} and {worst['tour']:.2f}"
    )
    found = ClaimVerdict.HOLDS if all(good) else ClaimVerdict.PARTLY if any(good) else ClaimVerdict.FAILS
    return Evidence(found, Reason.MEASURED, text, numbers=(shares,), instances=_trials(budget))


def buyer_rational(budget: ClaimBudget) -> Evidence:
    """Who pays more than its value."""
    table = _rationality(_trials(budget))
    buyers = table[table["side"] == "buyer"]
    share = float((buyers["utility"] < -1e-9).mean())
    found = ClaimVerdict.HOLDS if share == 0.0 else ClaimVerdict.FAILS
    text, numbers = f"{share:.0%} of {len(buyers)} winners pay more", ({"winners": len(buyers), "share": share},)
    return Evidence(found, Reason.MEASURED, text, numbers=numbers, instances=_trials(budget))


def budget_balance(budget: ClaimBudget) -> Evidence:
    """Markets in deficit."""
    kept = _rationality(_trials(budget)).groupby("market")["surplus"].first()
    share = float((kept < -1e-9).mean())
    text = (
        f"{share:.0%} of {len(kept)} markets leave a deficit, the largest {kept.min():.2f}, the mean surplus {kept.mean():.2f}"
    )
    found = ClaimVerdict.HOLDS if share == 0.0 else ClaimVerdict.FAILS
    numbers: tuple[Row, ...] = tuple({"market": k, "surplus": float(left)} for k, left in enumerate(kept))
    return Evidence(found, Reason.MEASURED, text, numbers=numbers, instances=len(kept))


def dual_decomposition(budget: ClaimBudget) -> Evidence:
    """Nothing can be run: the method is named, and never defined."""
    text = (
        "named in section I only: no Lagrangian, no dual variable and no update of one is given; section V-E and the listing of"
        " PG-BRD are best replies alone, which are tested as appendix-d-h"
    )
    return Evidence(ClaimVerdict.NOT_TESTABLE, Reason.NOTHING, text)
