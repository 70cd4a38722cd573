"""What a leader of the token market gains by the orders that it sees, under the rules for its blocks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.intervals import interval
from edgeworth.mechanisms.consensus.protocol import simulate
from edgeworth.mechanisms.consensus.trading import Trading

if TYPE_CHECKING:
    import pandas as pd

RULES: dict[str, tuple[str, bool]] = {
    "leader's order": ("leader", False),
    "batch order": ("batch", False),
    "batch order, complete": ("batch", True),
}
"""Rules for blocks by name: ``ordering`` and ``complete`` of `Trading`."""

ATTACKS = ("front-running-leader", "censoring-leader")
"""The faults that gain by a token market."""


def leader_gain(*, seeds: int = 100, blocks: int = 4, own: int = 1, replicas: int = 4, first: int = 0) -> pd.DataFrame:
    """Measure the gain of a leader that front-runs, or front-runs and censors, under every rule for blocks.

    Parameters
    ----------
    seeds : int
        Markets, >= 1: a run each for every attack and rule, the same markets for all of them.
    blocks : int
        Of a view, >= 1, all proposed by one leader unless it is voted out.
    own : int
        Accounts of the leader, 1 to 1,000.
    replicas : int
        Of the protocol, 4 to 200; one is faulty, the first leader.
    first : int
        The first seed, >= 0.

    Returns
    -------
    pandas.DataFrame
        A row an attack and rule: attack, rule, gain (cash a view, tokens left over at `Trading`'s prices), low and high (its
        95% interval by Student's t over the seeds), a_block (the same a block), gained and voted_out (shares of the views in
        which the leader gained, and was voted out).

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value.

    Notes
    -----
    A correct leader's accounts do nothing, so that its gain is 0 in every market; what a faulty one gains, clients pay. Its
    strategy is that of `overtaking`: a better one gains more, so that the numbers are lower bounds. Seed ``s`` is the run
    ``simulate(replicas=replicas, blocks=blocks, machine=Trading(own=own, ordering=..., complete=..., seed=s),
    faults=attack, faulty=1, seed=s)``, and `replay` plays it again.

    Examples
    --------
    >>> table = leader_gain(seeds=3, blocks=2)
    >>> table.shape, bool((table.gain >= 0).all())
    ((6, 8), True)
    """
    import pandas as pd

    count = validation.integer("seeds", seeds, minimum=1)
    length = validation.integer("blocks", blocks, minimum=1)
    accounts = validation.integer("own", own, minimum=1, maximum=1_000)
    size = validation.integer("replicas", replicas, minimum=4, maximum=200)
    begin = validation.integer("first", first, minimum=0)
    rows = []
    for attack in ATTACKS:
        for rule in RULES:
            gains, out = gains_of(attack, rule, range(begin, begin + count), length, accounts, size)
            mean, low, high = interval(gains)
            rows.append((attack, rule, mean, low, high, mean / length, float((gains > 0.0).mean()), out / count))
    columns = ["attack", "rule", "gain", "low", "high", "a_block", "gained", "voted_out"]
    return pd.DataFrame(rows, columns=columns)


def gains_of(attack: str, rule: str, seeds: Iterable[int], blocks: int, own: int, replicas: int) -> tuple[Floats, int]:
    """The leader's gain in every market, and in how many it was voted out."""
    ordering, complete = RULES[rule]
    gains, out = [], 0
    for seed in seeds:
        machine = Trading(own=own, ordering=ordering, complete=complete, seed=seed)
        run = simulate(replicas=replicas, blocks=blocks, machine=machine, faults=attack, faulty=1, seed=seed)
        gains.append(machine.profit(run).total)
        out += run.view_changes > 0
    return np.array(gains), out
