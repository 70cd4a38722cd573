"""Random markets: plausible commands of all kinds, accepted and refused, for tests and benchmarks."""

from __future__ import annotations

import numpy as np

from edgeworth.core import validation
from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.kernels.draws import play
from edgeworth.mechanisms.token_market.log import Log, Record
from edgeworth.mechanisms.token_market.rules import ECONOMIES, Economy, Rules
from edgeworth.mechanisms.token_market.state import State

_WEIGHTS = {
    layout.OPEN: 0.1, layout.ATTEST: 6.0, layout.MINT: 9.0, layout.BURN: 4.0, layout.TRANSFER: 12.0, layout.DEPOSIT: 3.0,
    layout.WITHDRAW: 2.0, layout.ORDER: 26.0, layout.CANCEL: 6.0, layout.COMMIT: 8.0, layout.CONFIRM: 4.0, layout.RECEIPT: 4.0,
    layout.CLAIM: 4.0, layout.ARBITRATE: 3.0, layout.PLEDGE: 1.0, layout.BORROW: 2.0, layout.REPAY: 3.0, layout.TICK: 8.0,
}  # fmt: skip
_GRANT = (100 * layout.TOKEN, 50 * layout.TOKEN, 1_000_000 * layout.CASH_UNIT)  # cash enough for all to trade
_CHUNK = 50_000  # commands between two looks at the world


def random_run(
    commands: int = 1_000_000, economy: Economy = "backed", seed: int = 0, *, faults: float = 0.04, state: State | None = None
) -> tuple[State, Log]:
    """Draw commands one after the other, with an eye on the state, and apply them through the kernel.

    Parameters
    ----------
    commands : int
        How many, >= 0, accepted and refused together.
    economy : {"backed", "literal"}
        Of the market that begins.
    seed : int
        Same seed, same run; 0 to 2^63 - 1.
    faults : float
        Share of commands with one number spoilt, in [0, 1].
    state : State, optional
        A market to go on with, in place, rather than a new one of the economy, in which the grant of cash is 10^6.

    Returns
    -------
    state : State
        The market afterwards.
    log : Log
        Every command with what became of it.

    Examples
    --------
    >>> state, log = random_run(commands=2_000, economy="literal", seed=1)
    >>> len(log), state.height == log.counts()["ACCEPTED"]
    (2000, True)
    """
    count = validation.integer("commands", commands, minimum=0)
    validation.choice("economy", economy, ECONOMIES)
    number = validation.integer("seed", seed, minimum=0, maximum=2**63 - 1)
    share = validation.real("faults", faults, minimum=0.0, maximum=1.0)
    if state is None:
        state = State.genesis(Rules(economy, grant=_GRANT))
    head, outputs = np.zeros((count, 5), np.int64), np.zeros((count, layout.OUTPUTS), np.int64)
    flat = np.zeros(8 * count + layout.WIDTH, np.int64)
    rng, vector, out = np.zeros(1, np.uint64), np.zeros(layout.WIDTH, np.int64), np.zeros(layout.OUTPUTS, np.int64)
    cumulated = np.cumsum([0.0, *(_WEIGHTS[code] for code in range(1, layout.COMMANDS + 1))])
    done = 0
    while done < count:
        goal = min(done + _CHUNK, count)
        done = play(state.tables, number, done, goal, cumulated, share, head, outputs, flat, rng, vector, out)
        if done < goal:
            state.grow()
            flat = np.concatenate([flat, np.zeros(layout.WIDTH * (count - done), np.int64)])
    used = int(head[-1, 4]) if count else 0
    return state, Log(head, outputs, flat[:used].copy())


def random_records(n: int, *, economy: Economy = "backed", seed: int = 0, faults: float = 0.04) -> list[Record]:
    """The records of a random run.

    Parameters
    ----------
    n : int
        How many.
    economy : {"backed", "literal"}
        Of the market.
    seed : int
        Same seed, same records.
    faults : float
        Share of commands with one number spoilt, in [0, 1].

    Examples
    --------
    >>> random_records(1, seed=3)[0].code
    1
    """
    return list(random_run(n, economy, seed, faults=faults)[1])
