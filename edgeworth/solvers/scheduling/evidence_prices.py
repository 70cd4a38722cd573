"""The computation behind the claim that trained policies withstand manipulated prices."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from edgeworth.core.arrays import Array, Bools
from edgeworth.core.claims import ClaimBudget, Evidence, Reason, Row
from edgeworth.core.policy import EVALUATION
from edgeworth.learning.deep.policy import Policy
from edgeworth.mechanisms.token_market.attacks import attack
from edgeworth.mechanisms.token_market.kernels.layout import CTK
from edgeworth.solvers.scheduling.env.engine import Engine
from edgeworth.solvers.scheduling.evidence import EXCHANGE, episodes_in
from edgeworth.solvers.scheduling.evidence_played import about, episode_of, policies, policy, share
from edgeworth.solvers.scheduling.learned.play import chosen_by, view_for
from edgeworth.solvers.scheduling.market.rules import Market
from edgeworth.solvers.scheduling.model import Episode

HORIZON = 120.0
"""s of an episode: some 300 decisions."""
SAME = 0.01
"""Share of decisions that may change."""
COLLUDERS = 2
"""Devices that trade with each other, the last ones; what they decide themselves does not count."""

Manipulation = Callable[[Array], None]


def washed(asks: Array) -> None:
    """The colluders quote what they trade at among themselves, as far below the lowest ask as `wash_trading` has it."""
    asks[-COLLUDERS:, CTK] = np.floor(asks[:-COLLUDERS, CTK].min() * _moved("wash-trading", "last"))


def pumped(asks: Array) -> None:
    """All that is asked is bought up and asked at as many times the price as in `pump_and_dump`."""
    asks[:, CTK] = np.floor(asks[:, CTK] * _moved("pump-and-dump", "best"))


@cache
def _moved(name: str, reading: str) -> float:
    """By which factor an attack on the paper's economy moves what is read of its market."""
    numbers = attack(name, economy="literal").numbers
    return numbers[f"{reading} after"] / numbers[f"{reading} before"]


ATTACKS: dict[str, Manipulation] = {"wash-trading": washed, "pump-and-dump": pumped}


def resilient(budget: ClaimBudget) -> Evidence:
    """Of the paper's exchange rate, and of 0, which takes policies of its own: who hands nothing over looks at no price."""
    rates: tuple[dict[str, float], ...] = ({}, {"exchange_rate": 0.0})
    rows = list[Row]()
    for options in rates[: min(2, policies(budget))]:
        for name, manipulate in ATTACKS.items():
            found = [
                _decisions(policy("best", k, **options), episode_of(EVALUATION + seed, {"horizon": HORIZON}), manipulate)
                for k in range(policies(budget))
                for seed in range(episodes_in(budget))
            ]
            before, after, masked = (np.concatenate(column) for column in zip(*found, strict=True))
            shares = {"changed": after != before, "with_mask": masked != before, "sent": before > 0, "sent_after": after > 0}
            told = {each: float(np.mean(x)) for each, x in shares.items()}
            rate = options.get("exchange_rate", EXCHANGE)
            rows.append({"exchange_rate": rate, "attack": name, "decisions": len(before), **told})
    text = (
        "; ".join(
            f"trained for {row['exchange_rate']:g} J a token, {row['attack']} changes {row['changed']:.1%} of"
            f" {row['decisions']:,} decisions ({row['with_mask']:.1%} where the mask closes whom a device cannot pay then), and"
            f" {row['sent']:.1%} of the tasks are handed over before, {row['sent_after']:.1%} after"
            for row in rows
        )
        + ("" if policies(budget) > 1 else "; at 0 J a token, policies of their own were not trained")
        + "; a decision has no price, so that a policy can answer one by its choice of a device only"
        + about(budget)
    )
    held = share(float(row["changed"]) <= SAME for row in rows)
    instances = len(rows) * policies(budget) * episodes_in(budget)
    return Evidence(held, Reason.MEASURED, text, numbers=tuple(rows), seeds=policies(budget), instances=instances)


def _decisions(trained: Policy, problem: Episode, manipulate: Manipulation) -> tuple[Array, Array, Array]:
    """What honest devices choose, what they would where asks are manipulated, and what with the mask that follows from these.

    The episode goes on as it was: every observation differs by the manipulation alone.
    """
    view = view_for(trained, problem)
    real, other = (Engine(1, view, False, 0.0, Market()) for _ in range(2))
    for engine in (real, other):
        engine.fill([problem])
    honest: Bools = np.arange(problem.devices) < problem.devices - COLLUDERS
    found = list[tuple[Array, Array, Array]]()
    while not real.over[0]:
        actions = chosen_by(trained, real)
        asked = np.flatnonzero(real.active[0] & honest)
        if asked.size:
            there = real.snapshot()
            manipulate(there["books.asks"][0])
            other.restore(there)
            masked = chosen_by(trained, other)
            other.opened[...] = real.opened
            found.append((actions[asked], chosen_by(trained, other)[asked], masked[asked]))
        real.play(actions[None])
    one, two, three = zip(*found, strict=True)
    return np.concatenate(one), np.concatenate(two), np.concatenate(three)
