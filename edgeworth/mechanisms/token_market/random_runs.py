"""Random markets: plausible commands of all kinds, accepted and refused, for tests and benchmarks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.mechanisms.token_market.commands import Command
from edgeworth.mechanisms.token_market.fields import Judged
from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.kernels.draws import play
from edgeworth.mechanisms.token_market.log import Log, command_of
from edgeworth.mechanisms.token_market.rules import ECONOMIES, Economy, Rules
from edgeworth.mechanisms.token_market.state import State

_WEIGHTS = {
    layout.OPEN: 0.1, layout.ATTEST: 6.0, layout.MINT: 9.0, layout.BURN: 4.0, layout.TRANSFER: 12.0, layout.DEPOSIT: 3.0,
    layout.WITHDRAW: 2.0, layout.ORDER: 26.0, layout.CANCEL: 6.0, layout.COMMIT: 8.0, layout.CONFIRM: 4.0, layout.RECEIPT: 4.0,
    layout.CLAIM: 4.0, layout.ARBITRATE: 3.0, layout.PLEDGE: 1.0, layout.BORROW: 2.0, layout.REPAY: 3.0, layout.TICK: 8.0,
}  # fmt: skip
_GRANT = (100 * layout.TOKEN, 50 * layout.TOKEN, 1_000_000 * layout.CASH_UNIT)  # cash enough for all to trade
_CHUNK = 50_000  # commands between two looks at the world


class Issued(NamedTuple):
    """A command that somebody issued.

    Attributes
    ----------
    command : Command
        With empty signatures; keys and hashes hold numbers.
    signer, nonce : int
        Whose, and the signer's count.
    judged : Judged
        Which of the signatures, keys and hashes are to be good.
    result : int
        What becomes of it in the run that it was drawn for.
    """

    command: Command
    signer: int
    nonce: int
    judged: Judged
    result: int


class Run(NamedTuple):
    """A random run, which `verify` takes as it is.

    Attributes
    ----------
    state : State
        The market afterwards.
    log : Log
        Every command with what became of it.
    """

    state: State
    log: Log

    @property
    def records(self) -> Log:
        """The log."""
        return self.log

    @property
    def rules(self) -> Rules:
        """Of the market."""
        return self.state.rules

    @property
    def endowed(self) -> tuple[int, ...]:
        """Nobody is, at genesis."""
        return ()


def random_run(
    commands: int = 1_000_000, economy: Economy = "backed", seed: int = 0, *, faults: float = 0.04, rules: Rules | None = None
) -> Run:
    """Draw commands one after the other, with an eye on the state, and apply them through the kernel.

    Parameters
    ----------
    commands : int
        How many, >= 0, accepted and refused together.
    economy : {"backed", "literal"}
        Of the market.
    seed : int
        Same seed, same run; 0 to 2^63 - 1.
    faults : float
        Share of commands with one number spoilt, in [0, 1].
    rules : Rules, optional
        Of the same economy; left out, the usual ones with a grant of 10^6 cash, so that all can trade.

    Returns
    -------
    Run
        The state afterwards and the log, as a pair.

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
    terms = Rules(economy, grant=_GRANT) if rules is None else rules
    if terms.economy != economy:
        validation.reject("rules", f"must be of the {economy} economy", terms.economy)
    state = State.genesis(terms)
    head, outputs = np.zeros((count, 5), np.int64), np.zeros((count, layout.OUTPUTS), np.int64)
    flat = np.zeros(8 * count + layout.WIDTH, np.int64)
    rng, vector, out = np.zeros(1, np.uint64), np.zeros(layout.WIDTH, np.int64), np.zeros(layout.OUTPUTS, np.int64)
    cumulated = np.cumsum([0.0, *(_WEIGHTS[code] for code in range(1, layout.COMMANDS + 1))])
    done = 0
    while done < count:
        goal = min(done + _CHUNK, count)
        done = play(state.tables, number, done, goal, cumulated, share, head, outputs, flat, rng, vector, out)
        if done < goal:
            if flat.size < int(head[done - 1, 4]) + 2 * layout.WIDTH:
                flat = np.concatenate([flat, np.zeros(flat.size, np.int64)])
            else:
                state.grow()
    used = int(head[-1, 4]) if count else 0
    return Run(state, Log(head, outputs, flat[:used].copy()))


def random_issues(n: int, *, economy: Economy = "backed", seed: int = 0, rules: Rules | None = None) -> list[Issued]:
    """Commands of a random run whose numbers are within the ranges of their fields, so that they can be written and signed.

    Parameters
    ----------
    n : int
        How many, >= 0.
    economy : {"backed", "literal"}
        Of the market.
    seed : int
        Same seed, same commands.
    rules : Rules, optional
        As in `random_run`.

    Returns
    -------
    list of Issued
        In order. What no command can say is left out, which the kernel would refuse.

    Examples
    --------
    >>> first = random_issues(1, seed=3)[0]
    >>> first.command.role, first.signer, first.judged.fresh
    ('user', 0, True)
    """
    count, size = validation.integer("n", n, minimum=0), n + n // 4 + 16
    found: list[Issued] = []
    while len(found) < count:
        found = []
        for record in random_run(size, economy, seed, rules=rules).log:
            try:
                command, judged = command_of(record)
            except ValueError:  # a spoilt number
                continue
            found.append(Issued(command, record.signer, record.nonce, judged, record.result))
        size *= 2
    return found[:count]
