"""A small market in which an attack is played, and the valuation that says what it brought and cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from edgeworth.core import validation
from edgeworth.core.seeds import INSTANCES, generator
from edgeworth.mechanisms.token_market.apply import Effect, execute_numbers
from edgeworth.mechanisms.token_market.commands import (
    Attest,
    Command,
    Commit,
    Deposit,
    Mint,
    Open,
    Order,
    Tick,
)
from edgeworth.mechanisms.token_market.fields import ALL_WELL, Judged, Reading
from edgeworth.mechanisms.token_market.kernels.layout import CASH_UNIT, TOKEN
from edgeworth.mechanisms.token_market.log import Record
from edgeworth.mechanisms.token_market.rules import Economy, Rules
from edgeworth.mechanisms.token_market.state import State

BUYER, ATTACKER, COLLUDER = 1, 2, 3
"""Accounts with cash at genesis: an honest buyer, and two of the attacker's."""
DEVICES = 10
CAPITAL = 1_000 * CASH_UNIT
STAKE = 50 * CASH_UNIT
CTK_PRICE, PTK_PRICE = 1_000, 1_000_000
"""Base cash for a whole token that an idle and full device asks; a busy and empty one asks twice as much."""


@dataclass(frozen=True)
class Outcome:
    """What an attack came to. It is truthy when the attack succeeded.

    Parameters
    ----------
    name : str
        A key of `ATTACKS` or `VARIANTS`.
    economy : {"backed", "literal"}
        Of the market.
    succeeded : bool
        The attackers gained, or an honest party lost.
    gain, loss : float
        Cash: what all attackers together won, and what honest parties lost, summed over those who lost. See `Scene.worth`.
    log : tuple of Record
        Every command of the run, from genesis; `replay` leads to the same state.
    text : str
        What happened, in a sentence.
    numbers : dict
        Further figures by name.
    state : State
        The market afterwards.
    endowed : tuple of int
        Cash of the accounts at genesis.
    """

    name: str
    economy: Economy
    succeeded: bool
    gain: float
    loss: float
    log: tuple[Record, ...] = field(repr=False)
    text: str
    numbers: dict[str, float] = field(repr=False)
    state: State = field(repr=False, compare=False)
    endowed: tuple[int, ...] = field(repr=False)

    def __bool__(self) -> bool:
        return self.succeeded

    @property
    def records(self) -> tuple[Record, ...]:
        """The log, as `verify` looks at it."""
        return self.log

    @property
    def rules(self) -> Rules:
        """Of the market."""
        return self.state.rules


class Scene:
    """A market with ten honest devices, an honest buyer, and accounts of the attacker.

    Every device shows its idle compute of a period of 5 s (capacity of 2 to 3 GFLOP/s) and its battery (4 to 5 kJ), mints
    both, and asks for its tokens at prices between those of an idle and of a busy device; in the backed economy it holds
    stake. Then the buyer buys one CTK and a thousandth of a PTK at the lowest asks.

    Parameters
    ----------
    economy : {"backed", "literal"}
        Of the market. Cash is nobody's grant in the literal economy, as in the paper.
    seed : int
        Same seed, same market, >= 0.
    """

    def __init__(self, economy: Economy, seed: int) -> None:
        self.rng, _ = generator(seed, INSTANCES)
        self.seed, self.backed = seed, economy == "backed"
        cash = 100 * CASH_UNIT if self.backed else 0
        self.rules = Rules(economy, grant=(100 * TOKEN, 50 * TOKEN, cash))
        self.endowed = (CAPITAL, CAPITAL, CAPITAL)
        self.state = State.genesis(self.rules, endowed=self.endowed)
        self.records: list[Record] = []
        self.works: dict[int, int] = {}  # what work done and received is worth, base cash
        self.fake: set[int] = set()  # issuers without the resources that they claim
        self.asks: dict[int, dict[str, int]] = {}
        self.battery: dict[int, tuple[int, int]] = {}  # what a device really has, CTK and PTK
        self.devices = [self.join() for _ in range(DEVICES)]
        for who in self.devices:
            self.offer(who)
        self.price = {"CTK": self.lowest("CTK")[1], "PTK": self.lowest("PTK")[1]}
        for asset, amount in (("CTK", TOKEN), ("PTK", TOKEN // 1_000)):
            issuer, price = self.lowest(asset)
            self.must(BUYER, Order("bid", asset, price, amount, issuer=self.issuer(issuer), tif="ioc"))
        self._before: dict[int, int] = {}
        self._attackers: list[int] = []

    # Playing

    def numbers(self, code: int, signer: int, nonce: int, arguments: Sequence[int]) -> Effect:
        """Send a command as numbers, and record what becomes of it."""
        effect = execute_numbers(self.state, code, signer, nonce, arguments)
        self.records.append(Record(code, signer, nonce, tuple(arguments), int(effect.refusal), effect.outputs))
        return effect

    def do(self, signer: int, command: Command, judged: Judged = ALL_WELL, nonce: int | None = None) -> Effect:
        """Send a command, which may be refused."""
        count = self.state.nonce(signer) if nonce is None else nonce
        return self.numbers(command.code, signer, count, command.arguments(judged))

    def must(self, signer: int, command: Command) -> tuple[int, int, int]:
        """Send a command of an honest course, which no rule refuses."""
        effect = self.do(signer, command)
        if not effect:
            raise RuntimeError(f"{command} was refused: {effect.refusal.name}")
        return effect.outputs

    def refusal(self, signer: int, command: Command, judged: Judged = ALL_WELL, nonce: int | None = None) -> str:
        """Send a command, and say what the ledger answers."""
        return self.do(signer, command, judged, nonce).refusal.name

    def wait(self, milliseconds: int) -> None:
        """Let time pass."""
        self.must(0, Tick(self.state.clock + milliseconds))

    def draw(self, low: int, high: int) -> int:
        """A number from low to high, both included."""
        return int(self.rng.integers(low, high, endpoint=True))

    def entrant(self) -> int:
        """An account for a new key."""
        return self.must(0, self.opening())[0]

    def opening(self) -> Open:
        """What opens the next account."""
        return Open((self.state.accounts + 1).to_bytes(32, "little"))

    def join(self) -> int:
        """A device with real hardware: attested, its tokens minted, with stake in the backed economy."""
        who = self.entrant()
        self.battery[who] = (self.draw(10_000_000, 15_000_000), self.draw(4_000, 5_000) * TOKEN // 3_600)
        self.asks[who] = {"CTK": self.draw(CTK_PRICE, 2 * CTK_PRICE), "PTK": self.draw(PTK_PRICE, 2 * PTK_PRICE)}
        ctk, ptk = self.battery[who]
        self.must(who, self.shown(who, 1))
        self.must(who, Mint("CTK", ctk))
        self.must(who, Mint("PTK", ptk))
        if self.backed:
            self.must(who, Deposit(STAKE))
        return who

    def shown(self, who: int, period: int, key: int = 0) -> Attest:
        """The honest attestation of a device, which all oracles sign. key: another device's."""
        true = self.battery[key or who]
        return attestation(key or who, period, *true, dict.fromkeys(range(self.rules.oracles), true))

    def offer(self, who: int) -> None:
        """Ask for all CTK and half of the PTK of a period; of the rest the device's own commitments are made."""
        ctk, ptk = self.battery[who]
        for asset, amount in (("CTK", ctk // 2), ("PTK", ptk // 2)):
            self.must(who, Order("ask", asset, self.asks[who][asset], amount, issuer=self.issuer(who)))

    def issuer(self, who: int) -> int:
        """How an order names whose tokens it means."""
        return who if self.backed else 0

    def lowest(self, asset: str) -> tuple[int, int]:
        """Which honest device asks least, and how much."""
        return min(((who, self.asks[who][asset]) for who in self.devices), key=lambda each: each[1])

    def task(self, supplier: int) -> tuple[int, int, int]:
        """CTK and PTK of a task of 2 to 4 GFLOP, and what it is worth in base cash."""
        ctk, ptk = self.draw(2_000_000, 4_000_000), self.draw(1_000, 3_000)
        return ctk, ptk, self.value(supplier, ctk, ptk)

    def value(self, issuer: int, ctk: int, ptk: int) -> int:
        """What an issuer's tokens are worth, base cash rounded up."""
        prices = self.asks.get(issuer, self.price) if self.backed else self.price
        return -(-(ctk * prices["CTK"] + ptk * prices["PTK"]) // TOKEN)

    def promise(self, requester: int, supplier: int, task: tuple[int, int, int], number: int = 0) -> Commit:
        """What both sign for a task; the cash is the task's worth."""
        ctk, ptk, worth = task
        cash, now = worth if self.backed else 0, self.state.clock
        return Commit(requester, supplier, number, bytes(32), ctk, ptk, cash, now, now + 15_000)

    def work(self, supplier: int, requester: int, worth: int, *, right: bool = True) -> None:
        """A supplier executes a task, off the ledger, and the requester has the result where it is right."""
        self.works[supplier] = self.works.get(supplier, 0) - worth
        if right:
            self.works[requester] = self.works.get(requester, 0) + worth

    def settled(self, supplier: int, worth: int) -> None:
        """A deal closed as done. In the literal economy the supplier's pay is burned (K17); here it counts as received."""
        if not self.backed:
            self.works[supplier] = self.works.get(supplier, 0) + worth

    # Judging

    def worth(self, who: int) -> int:
        """What a party has, in millionths of base cash, so that nothing is rounded.

        Cash, locked cash and stake count at their face; debts count for nothing, since nothing collects them. Literal: tokens
        at what the honest buyer paid, whoever minted them. Backed: tokens of another issuer at what it asks, for which it
        executes work, and at nothing where it has no hardware; a claim on oneself is nothing. Work done and received counts
        at the same prices.
        """
        account = self.state.account(who)
        total = TOKEN * (account.free["CASH"] + account.locked["CASH"] + account.stake + self.works.get(who, 0))
        if not self.backed:
            return total + sum((account.free[each] + account.locked[each]) * self.price[each] for each in self.price)
        return total + sum(
            (free + locked) * self.asks.get(issuer, self.price)[asset]
            for (holder, issuer, asset), (free, locked) in self.state.held().items()
            if holder == who != issuer and issuer not in self.fake
        )

    def begin(self, *attackers: int) -> None:
        """Value everybody before the attack. Accounts that are opened later are the attacker's."""
        self._attackers = list(attackers)
        self._before = {who: self.worth(who) for who in range(1, self.state.accounts + 1)}

    def changes(self) -> dict[int, int]:
        """What every account has more than before the attack, in millionths of base cash."""
        return {who: self.worth(who) - self._before.get(who, 0) for who in range(1, self.state.accounts + 1)}

    def outcome(self, name: str, text: str, *, cost: int = 0, numbers: dict[str, float] | None = None) -> Outcome:
        """Value everybody after the attack; less than a base unit of cash is rounding.

        cost: what an honest course would have brought the attacker, base cash.
        """
        changes = self.changes()
        ours = {who for who in changes if who in self._attackers or who not in self._before}
        gain = int(sum(changes[who] for who in ours) / TOKEN) - cost
        loss = sum(max(-change, 0) // TOKEN for who, change in changes.items() if who not in ours)
        return Outcome(
            name, self.rules.economy, gain > 0 or loss > 0, gain / CASH_UNIT, loss / CASH_UNIT, tuple(self.records), text,
            {} if numbers is None else numbers, self.state, self.endowed,
        )  # fmt: skip


Play = Callable[[Scene], Outcome]
"""What an attack is."""


def attestation(who: int, period: int, ctk: int, ptk: int, readings: dict[int, tuple[int, int]]) -> Attest:
    """What a device shows, with readings by seat of an oracle. Every device's attestation key has the number of its account."""
    return Attest(who, period, ctk, ptk, readings=tuple(Reading(seat, *readings[seat]) for seat in sorted(readings)))


def drawn(economy: Economy, seed: int) -> Scene:
    """A market for an attack.

    Raises
    ------
    ValueError, TypeError
        For another economy, and for seeds that are no integers from 0.
    """
    validation.choice("economy", economy, ("literal", "backed"))
    return Scene(economy, validation.integer("seed", seed, minimum=0))
