"""The computations behind `claims`: each function runs one test of a claim of the BEST paper."""

from __future__ import annotations

from edgeworth.core.claims import ClaimBudget, ClaimVerdict, Evidence, Reason, Row
from edgeworth.mechanisms.token_market.apply import execute
from edgeworth.mechanisms.token_market.attacks import Outcome, attack
from edgeworth.mechanisms.token_market.attacks.identities import oracle_lies
from edgeworth.mechanisms.token_market.attacks.scene import attestation, drawn
from edgeworth.mechanisms.token_market.commands import Burn, Mint, Open
from edgeworth.mechanisms.token_market.kernels.layout import CREDIT, TOKEN
from edgeworth.mechanisms.token_market.rules import ECONOMIES, Economy, Rules
from edgeworth.mechanisms.token_market.state import State

_HOLDS, _PARTLY, _FAILS = ClaimVerdict.HOLDS, ClaimVerdict.PARTLY, ClaimVerdict.FAILS
JOULE_PER_PTK = 3_600.0
BATTERY = (4_000.0, 5_000.0)
"""J, Table II."""
CAPACITY = 2.5
"""GFLOP/s, the middle of Table II."""
HORIZON, PERIOD = 600, 5
"""Seconds of a run, and between two attestations."""
READINGS = ("last", "volume", "best", "median")


def working_share(capacity: float = CAPACITY, horizon: int = HORIZON, period: int = PERIOD) -> float:
    """Share of its time that a device works in the literal economy, if it works whenever it has CTK.

    It burns a CTK for every GFLOP, and mints as many as it could have executed in the time that it idled, every period.

    Parameters
    ----------
    capacity : float
        GFLOP/s, > 0.
    horizon, period : int
        Seconds, the horizon a multiple of the period.

    Returns
    -------
    float
        At most 1/2 + grant / (2 capacity horizon): what it burns it was granted or has minted in as much idle time.

    Examples
    --------
    >>> round(working_share(2.5, 600), 3)
    0.533
    """
    rules = Rules("literal", grant=(100 * TOKEN, 50 * TOKEN, 0))
    state = State.genesis(rules)
    execute(state, Open(bytes(32)), signer=0)
    most, done = round(capacity * period * TOKEN), 0
    for number in range(1, horizon // period + 1):
        work = min(most, state.account(1).free["CTK"])
        idle = most - work
        told = dict.fromkeys(range(rules.oracles), (idle, 0))
        for command in (Burn("CTK", work), attestation(1, number, idle, 0, told), Mint("CTK", idle)):
            if not execute(state, command, signer=1):
                raise RuntimeError(f"{command} was refused")
        done += work
    return done / (most * (horizon // period))


def start_up_funds(budget: ClaimBudget) -> Evidence:
    rows = list[Row]()
    for horizon in (60, 600, 6_000):
        share, bound = working_share(horizon=horizon), 0.5 + 100 / (2 * CAPACITY * horizon)
        rows.append({"horizon": horizon, "share": share, "bound": min(bound, 1.0)})
    at = {row["horizon"]: float(row["share"]) for row in rows}
    lasts = 100 / CAPACITY
    text = (
        f"100 CTK last {lasts:.0f} s of work; minting what it idles, the device works {at[60]:.1%} of 60 s, {at[600]:.1%} of"
        f" 600 s and {at[6_000]:.1%} of 6,000 s: never more than 1/2 + grant / (2 x capacity x time), since every CTK burned"
        " was granted, or minted in as much idle time"
    )
    held = _HOLDS if at[600] >= 0.99 else _FAILS
    return Evidence(held, Reason.PROVED, text, numbers=tuple(rows), instances=len(rows))


def backed_tokens(budget: ClaimBudget) -> Evidence:
    granted, lent = 50 * JOULE_PER_PTK, CREDIT * JOULE_PER_PTK
    rows = tuple({"battery": full, "grant": granted / full, "credit": lent / full} for full in BATTERY)
    text = (
        f"50 PTK are {granted / 1e3:g} kJ, {granted / BATTERY[1]:.0f} to {granted / BATTERY[0]:.0f} full batteries, and the"
        f" credit of {CREDIT} PTK is {lent / 1e3:g} kJ more"
    )
    found = ClaimVerdict.CANNOT_HOLD if granted > BATTERY[1] else _HOLDS
    return Evidence(found, Reason.UNIT_AUDIT, text, numbers=rows, instances=1)


def _seeds(budget: ClaimBudget) -> range:
    return range(min(budget.instances, 5))


def _outcomes(name: str, economy: Economy, budget: ClaimBudget) -> list[Outcome]:
    return [attack(name, economy=economy, seed=seed) for seed in _seeds(budget)]


def _row(found: Outcome, seed: int) -> Row:
    return {"attack": found.name, "economy": found.economy, "seed": seed, "gain": found.gain, "loss": found.loss}


def _range(values: list[float]) -> str:
    return f"{min(values):,.2f} to {max(values):,.2f}"


def _one(name: str, budget: ClaimBudget) -> tuple[dict[Economy, list[Outcome]], tuple[Row, ...], str]:
    """An attack in both economies: outcomes, rows, and a sentence."""
    found = {economy: _outcomes(name, economy, budget) for economy in ECONOMIES}
    rows = tuple(_row(each, seed) for outcomes in found.values() for seed, each in enumerate(outcomes))
    text = "; ".join(
        f"{economy}: gain {_range([each.gain for each in outcomes])}, loss {_range([each.loss for each in outcomes])} of cash"
        for economy, outcomes in found.items()
    )
    return found, rows, text


def sybil(budget: ClaimBudget) -> Evidence:
    found, rows, text = _one("sybil", budget)
    held = _FAILS if any(found["literal"]) else _HOLDS
    text += f"; {found['literal'][0].text}: grant and credit come before any proof"
    return Evidence(held, Reason.MEASURED, text, numbers=rows, instances=len(rows), witness=found["literal"][0].log)


def forged(budget: ClaimBudget) -> Evidence:
    found, rows, text = _one("forged-attestation", budget)
    held = _FAILS if any(map(any, found.values())) else _HOLDS
    return Evidence(held, Reason.MEASURED, f"{found['literal'][0].text}; {text}", numbers=rows, instances=len(rows))


def pumped(budget: ClaimBudget) -> Evidence:
    found, rows, text = _one("pump-and-dump", budget)
    lost = [each.loss > 0 for each in found["literal"]]
    held = _FAILS if all(lost) else _PARTLY if any(lost) else _HOLDS
    text += "; a market buy takes the lowest ask, whatever it is, and a bid up to one's own cost takes nothing"
    return Evidence(held, Reason.MEASURED, text, numbers=rows, instances=len(rows))


def fake_volume(budget: ClaimBudget) -> Evidence:
    found, rows, _ = _one("wash-trading", budget)
    first = found["literal"][0]
    moved = [name for name in READINGS if first.numbers[f"{name} before"] != first.numbers[f"{name} after"]]
    free = all(each.gain >= -0.001 for each in found["literal"])
    held = _FAILS if not moved or not free else _HOLDS if len(moved) == len(READINGS) else _PARTLY
    text = f"moved at no cost: {', '.join(moved)}; {first.text}"
    shift: Row = {"attack": first.name, **first.numbers}
    return Evidence(held, Reason.MEASURED, text, numbers=(*rows, shift), instances=len(rows))


def delivery(budget: ClaimBudget) -> Evidence:
    default, rows, one = _one("no-answer", budget)
    denied, more, two = _one("dispute", budget)
    failed = [not any(each["literal"]) for each in (default, denied)]
    held = _HOLDS if all(failed) else _PARTLY if any(failed) else _FAILS
    text = f"no answer: {one}; wrong results and denied ones: {two}: who refuses to sign keeps a right result for nothing"
    return Evidence(held, Reason.MEASURED, text, numbers=(*rows, *more), instances=len(rows) + len(more))


def collateral(budget: ClaimBudget) -> Evidence:
    found, rows, _ = _one("no-answer", budget)
    slashed = {economy: [each.numbers["slashed"] for each in outcomes] for economy, outcomes in found.items()}
    held = _FAILS if not any(slashed["literal"]) else _HOLDS
    text = "cash slashed from a supplier that never answers: " + "; ".join(f"{k} {_range(v)}" for k, v in slashed.items())
    return Evidence(held, Reason.MEASURED, text + "; no part of the paper posts collateral", numbers=rows, instances=len(rows))


def promises(budget: ClaimBudget) -> Evidence:
    found, rows, text = _one("over-commitment", budget)
    _, more, two = _one("drained-stake", budget)
    _, last, three = _one("lock-first", budget)
    held = _FAILS if any(found["literal"]) else _HOLDS
    text = f"{text}; with a colluder who takes the stake first, {two}; where suppliers begin when the escrow is locked, {three}"
    return Evidence(held, Reason.MEASURED, text, numbers=(*rows, *more, *last), instances=len(rows) * 3)


def oracles(budget: ClaimBudget) -> Evidence:
    rows = list[Row]()
    least = {}
    for honest in (True, False):
        for liars in range(8):
            found = oracle_lies(drawn("literal", 0), "oracles", liars=liars, honest_key=honest)
            rows.append({"liars": liars, "honest_key": honest, "high": found.numbers["high"], "low": found.numbers["low"]})
        changed = [row for row in rows if row["honest_key"] is honest and (float(row["high"]) > 1 or float(row["low"]) < 0.999)]
        least[honest] = min(int(row["liars"]) for row in changed)
    highest = max(float(row["high"]) for row in rows if row["honest_key"] is True)
    text = (
        f"of 7 oracles {least[True]} must lie to change a reserve while attestation keys do not, and then only downwards (at"
        f" most {highest:g} times the truth is minted); with a lying key {least[False]} suffice, a majority of the quorum of 5"
        " that the device itself picks"
    )
    held = _HOLDS if min(least.values()) > 3 else _PARTLY if least[True] > 3 else _FAILS
    return Evidence(held, Reason.MEASURED, text, numbers=tuple(rows), instances=len(rows))


def logic(budget: ClaimBudget) -> Evidence:
    names = ("replayed-command", "front-running", "credit-default", "griefing", "rounding", "usurped-sequencer")
    rows, succeeded = list[Row](), {economy: list[str]() for economy in ECONOMIES}
    for name in names:
        found, more, _ = _one(name, budget)
        rows += more
        for economy in ECONOMIES:
            succeeded[economy] += [name] if any(found[economy]) else []
    bad = succeeded["literal"]
    text = "; ".join(
        f"{economy}: of {len(names)} attacks succeed {', '.join(bad) or 'none'}" for economy, bad in succeeded.items()
    )
    held = _HOLDS if not bad else _PARTLY if len(bad) < len(names) else _FAILS
    return Evidence(held, Reason.MEASURED, text, numbers=tuple(rows), instances=len(rows))
