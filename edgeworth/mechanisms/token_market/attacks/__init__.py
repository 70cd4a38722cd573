"""Fifteen attacks on the token market, within a minority of oracles and of arbiters, and variants beyond it.

An attack is a function of a small market (`scene.Scene`), one row of `ATTACKS`. It sends commands through the kernel like
anybody, and everybody's wealth is valued before and after.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from edgeworth.core import validation
from edgeworth.mechanisms.token_market.attacks import dealings, identities, messages, stored, trading
from edgeworth.mechanisms.token_market.attacks.scene import Outcome as Outcome, Play, drawn
from edgeworth.mechanisms.token_market.rules import ECONOMIES, Economy

if TYPE_CHECKING:
    import pandas as pd


class Attack(NamedTuple):
    """A row of the table.

    Attributes
    ----------
    number : int
        In the table of fifteen; of a variant that of its attack.
    what : str
        What is done.
    play : callable
        ``play(scene) -> Outcome``.
    """

    number: int
    what: str
    play: Play


ATTACKS: Mapping[str, Attack] = MappingProxyType(
    {
        "sybil": Attack(1, "100 accounts without hardware (V-A)", identities.sybil),
        "forged-attestation": Attack(2, "forged, replayed and borrowed attestations", identities.forged_attestation),
        "oracle-minority": Attack(3, "3 of 7 oracles lie by a factor of 10 (V-D)", identities.oracle_minority),
        "wash-trading": Attack(4, "two accounts trade with each other (V-B)", trading.wash_trading),
        "pump-and-dump": Attack(5, "all CTK bought up and asked at 100 times the price (V-B)", trading.pump_and_dump),
        "no-answer": Attack(6, "a supplier takes a task and never answers (V-C)", dealings.no_answer),
        "dispute": Attack(7, "wrong results, and right ones that are denied (V-C)", dealings.dispute),
        "over-commitment": Attack(8, "one balance promised to ten suppliers", dealings.over_commitment),
        "replayed-command": Attack(9, "replayed, reordered, stale and stolen commands", messages.replayed),
        "front-running": Attack(10, "a purchase that is seen is overtaken", trading.front_running),
        "credit-default": Attack(11, "a debt is left, and another identity borrows", identities.credit_default),
        "log-tampering": Attack(12, "records edited, deleted, inserted, cut off, swapped", messages.log_tampering),
        "griefing": Attack(13, "dust orders and storms of cancellations", trading.griefing),
        "rounding": Attack(14, "a purchase and a sale split into 1,000 pieces", trading.rounding),
        "usurped-sequencer": Attack(15, "a peer plays the sequencer (V-D)", dealings.usurped_sequencer),
    }
)
"""Name -> attack: within a minority of all oracles and of all arbiters, attestation keys that do not lie, and no censorship."""

VARIANTS: Mapping[str, Attack] = MappingProxyType(
    {
        "oracle-majority": Attack(3, "4 of 7 oracles lie", identities.oracle_majority),
        "oracle-silence": Attack(3, "3 of 7 oracles sign nothing", identities.oracle_silence),
        "broken-key": Attack(3, "an attestation key lies, and 2 of 7 oracles", identities.broken_key),
        "broken-key-and-quorum": Attack(3, "an attestation key lies, and 3 of 7 oracles", identities.broken_key_and_quorum),
        "arbiter-majority": Attack(7, "3 of 5 arbiters lie", dealings.arbiter_majority),
        "drained-stake": Attack(8, "a colluder's deal takes the stake before other promises arrive", dealings.drained_stake),
        "lock-first": Attack(8, "the same, and suppliers begin when the escrow is locked", dealings.lock_first),
        "loose-limit": Attack(10, "a supplier asks what a purchase would pay at most", trading.loose_limit),
        "credit-exit": Attack(11, "a device borrows and leaves the market for good", identities.credit_exit),
        "signed-command": Attack(
            9, "commands on a signed ledger: other chains, other keys, flipped bits", stored.signed_command
        ),
        "ledger-file": Attack(12, "rows of a ledger's file edited, deleted, inserted, cut off, swapped", stored.ledger_file),
        "rolled-back": Attack(12, "an older file in the place of the log, and nobody remembers its head", messages.rolled_back),
        "censorship": Attack(15, "the sequencer keeps a promise back until it has expired", dealings.censorship),
    }
)
"""Name -> attack beyond that adversary, against another course of the honest parties, or on a ledger on disk.

The last are ``signed-command`` and ``ledger-file``, which take the extra ``cryptography``.
"""


def attack(name: str, *, economy: Economy = "backed", seed: int = 0) -> Outcome:
    """Play an attack.

    Parameters
    ----------
    name : str
        A key of `ATTACKS` or `VARIANTS`.
    economy : {"backed", "literal"}
        Of the market.
    seed : int
        Of the devices' capacities, batteries, prices and tasks, >= 0; same seed, same outcome.

    Returns
    -------
    Outcome
        Truthy where the attackers together gained, or an honest party lost. `verify` takes it as it is.

    Raises
    ------
    ValueError, TypeError
        For another name, economy or seed.
    MissingExtraError
        Of the two that need a ledger on disk, without the extra ``cryptography``.

    Notes
    -----
    Gain and loss are differences of everybody's wealth: cash and stake at their face, tokens at what honest parties paid
    (literal) or at what their issuer executes work for (backed; nothing where it has no hardware), work done and received at
    the same prices. A debt counts for nothing. What an honest course would have brought the attacker is no gain.

    Examples
    --------
    >>> attack("sybil", economy="literal").succeeded, attack("sybil", economy="backed").succeeded
    (True, False)
    """
    every = {**ATTACKS, **VARIANTS}
    return every[validation.choice("name", name, tuple(every))].play(drawn(economy, seed))


def attack_table(economy: Economy | None = None, seed: int = 0, *, variants: bool = False) -> pd.DataFrame:
    """Play all attacks.

    Parameters
    ----------
    economy : {"backed", "literal"}, optional
        Left out, both.
    seed : int
        Of every attack.
    variants : bool
        Whether the variants follow.

    Returns
    -------
    pandas.DataFrame
        A row an attack and economy: number, attack, economy, succeeded, gain, loss (cash), text.
    """
    import pandas as pd

    names = [*ATTACKS, *(VARIANTS if variants else ())]
    which: tuple[Economy, ...] = ECONOMIES if economy is None else (economy,)
    every = {**ATTACKS, **VARIANTS}
    rows = []
    for name in names:
        for each in which:
            found = attack(name, economy=each, seed=seed)
            rows.append([every[name].number, name, each, found.succeeded, found.gain, found.loss, found.text])
    return pd.DataFrame(rows, columns=["number", "attack", "economy", "succeeded", "gain", "loss", "text"])
