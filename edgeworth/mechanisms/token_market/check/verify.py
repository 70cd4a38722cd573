"""Logs are replayed by the plain rules: what they say of every command, and of the state in the end, must be so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Protocol

from edgeworth.core import validation
from edgeworth.core.verdict import Report, Scope, Verdict
from edgeworth.mechanisms.token_market.check.invariants import Broken, summary, violations
from edgeworth.mechanisms.token_market.check.plain import PlainMarket
from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.log import Record
from edgeworth.mechanisms.token_market.rules import Refusal, Rules
from edgeworth.mechanisms.token_market.state import State

MEANINGS = {
    "I1": "every unit is accounted for",
    "I2": "no negative number",
    "I3": "locked is what orders and open deals hold",
    "I4": "tokens held are tokens issued, and backed when minted",
    "I5": "a deal is closed once",
    "I6": "nonces are consecutive",
    "I7": "pool and debts make the initial pool",
    "I8": "frozen accounts mint nothing",
    "I9": "best bid below best ask",
    "I10": "cash paid is cash received",
    "I11": "no more CTK burned than minted",
    "I12": "the replay agrees with every record and with the state",
    "I13": "refused commands change nothing",
}
"""The invariants, in the order of the verdicts."""


class Recorded(Protocol):
    """What `verify` looks at: a random run, a ledger."""

    @property
    def records(self) -> Iterable[Record]:
        """All commands since genesis, refused ones included where they were kept."""

    @property
    def state(self) -> State:
        """What they led to."""

    @property
    def rules(self) -> Rules:
        """Fixed at genesis."""

    @property
    def endowed(self) -> Sequence[int]:
        """Cash of the accounts that existed at genesis."""


@dataclass(frozen=True)
class Offence:
    """The record at which an invariant broke.

    Parameters
    ----------
    sequence : int
        Number of the record, from 0.
    record : Record or None
        The record; None where the state in the end is meant.
    text : str
        What is wrong.
    """

    sequence: int
    record: Record | None
    text: str

    def __str__(self) -> str:
        what = "the state in the end" if self.record is None else f"record {self.sequence}, command {self.record.code}"
        return f"{what}: {self.text}"


class _Witnesses:
    """The first offence against every invariant."""

    def __init__(self) -> None:
        self.first: dict[str, tuple[int, Offence]] = {}

    def need(self, holds: bool, invariant: str, sequence: int, record: Record | None, text: str, amount: int = 1) -> None:
        if not holds:
            self.first.setdefault(invariant, (amount, Offence(sequence, record, text)))

    def broken(self, found: Iterable[Broken], sequence: int, record: Record | None) -> None:
        for each in found:
            self.need(False, each.invariant, sequence, record, each.text, each.amount)


def replay(records: Iterable[Record], rules: Rules | None = None, endowed: Sequence[int] = ()) -> PlainMarket:
    """The market that a log leads to by the plain rules, whatever the log says of its results.

    Parameters
    ----------
    records : iterable of Record
        In order, from genesis.
    rules : Rules, optional
        Left out, those of the backed economy.
    endowed : sequence of int
        Cash of the accounts that existed at genesis.

    Returns
    -------
    PlainMarket

    Examples
    --------
    >>> from edgeworth.mechanisms.token_market import random_run, summary
    >>> run = random_run(commands=300, economy="literal", seed=1)
    >>> summary(replay(run.log, run.rules)) == summary(run.state)
    True
    """
    market = PlainMarket(Rules() if rules is None else rules, endowed)
    for record in records:
        market.step(record.code, record.signer, record.nonce, record.arguments)
    return market


def verify(run: Recorded, *, every: int = 1_000) -> Report:
    """Replay a run by the plain rules, and judge the invariants on the way.

    Parameters
    ----------
    run : Recorded
        A random run, or a ledger.
    every : int
        Records between two looks at all invariants, >= 1; what concerns one command is judged at every record.

    Returns
    -------
    Report
        Verdicts ``I1`` to ``I13`` (`MEANINGS`); the witness is the first `Offence`, its amount the violation in base units.

    Notes
    -----
    Two replays in plain Python, about 0.1 ms a record together; a look at all invariants takes time in proportion to the state.

    Examples
    --------
    >>> from edgeworth.mechanisms.token_market import random_run
    >>> run = random_run(commands=300, seed=1)
    >>> bool(verify(run, every=50))
    True
    """
    pause = validation.integer("every", every, minimum=1)
    market = PlainMarket(run.rules, run.endowed)
    found = _Witnesses()
    nonces: dict[int, int] = {}
    accepted: list[Record] = []
    count = 0
    for count, record in enumerate(run.records, 1):
        k = count - 1
        before = _status(market, record)
        mint = _minted(market, record)
        got = market.step(record.code, record.signer, record.nonce, record.arguments)
        told = (record.result, record.outputs)
        found.need(
            got == told, "I12", k, record, f"the rules say {_named(got[0])} {got[1]}, the record {_named(told[0])} {told[1]}"
        )
        if record.result != layout.ACCEPTED:
            continue
        accepted.append(record)
        if record.code != layout.OPEN:
            right = record.nonce == nonces.get(record.signer, 0)
            found.need(right, "I6", k, record, f"nonce {record.nonce} follows {nonces.get(record.signer, 0) - 1}")
            nonces[record.signer] = record.nonce + 1
        if mint is not None:
            found.need(not mint[0], "I8", k, record, "a frozen account minted")
            found.need(mint[1] <= 0, "I4", k, record, f"{mint[1]} more minted than attested", mint[1])
        if record.code in (layout.CONFIRM, layout.CLAIM, layout.ARBITRATE):
            found.need(before in ("open", "disputed"), "I5", k, record, f"the deal was {before or 'not there'}")
        found.need(market.paid == market.received, "I10", k, record, f"{market.paid} paid, {market.received} received")
        if count % pause == 0:
            found.broken(violations(market), k, record)
    found.broken(violations(market), count - 1, None)
    found.broken(violations(run.state), count - 1, None)
    _compare(found, "I12", run.state, market, count, "the replay")
    _compare(found, "I13", run.state, replay(accepted, run.rules, run.endowed), count, "a replay without refused commands")
    scope = Scope(note=f"{count} records, all invariants every {pause}")
    verdicts = {}
    for name in MEANINGS:
        amount, offence = found.first.get(name, (0, None))
        verdicts[name] = Verdict.of(offence is None, float(amount), 0.0, offence, scope)
    return Report(verdicts)


def _minted(market: PlainMarket, record: Record) -> tuple[bool, int] | None:
    """Of a minting, before it: whether the account is frozen, and by how much the reserve falls short."""
    if record.code != layout.MINT or record.signer not in market.accounts or record.arguments[0] not in (0, 1):
        return None
    account, (asset, amount) = market.accounts[record.signer], record.arguments
    return market.frozen(record.signer), account.issued[asset] + amount - account.reserve[asset]


def _status(market: PlainMarket, record: Record) -> str:
    """Of the deal that a command is about, before it."""
    number = record.arguments[0] if record.arguments else 0
    return market.deals[number - 1].status if 1 <= number <= len(market.deals) else ""


def _compare(found: _Witnesses, invariant: str, state: State, market: PlainMarket, count: int, name: str) -> None:
    one, two = summary(state), summary(market)
    for each in fields(one):
        have, want = getattr(one, each.name), getattr(two, each.name)
        text = f"{each.name} differs from {name}: {_difference(have, want)}"
        found.need(have == want, invariant, count - 1, None, text)


def _difference(have: object, want: object) -> str:
    if isinstance(have, Mapping) and isinstance(want, Mapping):
        keys = sorted(key for key in have.keys() | want.keys() if have.get(key) != want.get(key))
        return ", ".join(f"{key}: {have.get(key)}, not {want.get(key)}" for key in keys[:3])
    return f"{have}, not {want}" if len(str(have)) < 200 else "see the lists"


def _named(result: int) -> str:
    return Refusal(result).name if result in set(Refusal) else str(result)
