"""The rules of the market a second time, in plain Python: dictionaries, lists and integers, one method for every command.

Nothing of the kernels is used but the constants of the market. Slow and simple on purpose. Here: accounts, balances, tokens,
stake, credit and time; `plain` has the book and the deals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from edgeworth.mechanisms.token_market.kernels.layout import (
    CREDIT,
    LAST_TIME,
    LIMIT,
    MAX_PANEL,
    MAX_TEE,
    NOTICE,
    SUPPLY,
    TERM,
    TOKEN,
)
from edgeworth.mechanisms.token_market.rules import Refusal, Rules

CASH = 2


class Refused(Exception):
    """Raised before anything has changed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.name)
        self.refusal = refusal


@dataclass
class Holder:
    """One account."""

    device: bool
    stake: int = 0
    nonce: int = 0
    issued: list[int] = field(default_factory=lambda: [0, 0])
    reserve: list[int] = field(default_factory=lambda: [0, 0])
    period: int = 0
    tee: int = 0
    debt: int = 0
    due: int = 0
    pledge: int = 0
    done: int = 0
    failed: int = 0
    notice: int = 0


@dataclass
class Resting:
    """One order in the book; lock: cash of a bid, tokens of an ask."""

    number: int
    owner: int
    bid: bool
    asset: int
    issuer: int
    price: int
    left: int
    lock: int


@dataclass
class Deal:
    """One deal; tokens are those of `issuer`, brought by `giver`."""

    requester: int
    supplier: int
    number: int
    amounts: tuple[int, int]
    cash: int
    time: int
    deadline: int
    giver: int
    issuer: int
    status: str = "open"
    window: int | None = None


def need(holds: bool, refusal: Refusal) -> None:
    if not holds:
        raise Refused(refusal)


class PlainAccounts:
    """Accounts, balances, tokens, stake, credit and time.

    Parameters
    ----------
    rules : Rules
        Fixed at genesis.
    endowed : sequence of int
        Cash of the accounts that exist at genesis.
    """

    def __init__(self, rules: Rules, endowed: Sequence[int] = ()) -> None:
        self.rules = rules
        self.backed = rules.economy == "backed"
        self.lent = CASH if self.backed else 1
        self.accounts: dict[int, Holder] = {0: Holder(False)}
        self.free: dict[tuple[int, int, int], int] = defaultdict(int)  # (holder, issuer, asset); issuer 0 where there is none
        self.locked: dict[tuple[int, int, int], int] = defaultdict(int)
        self.orders: list[Resting] = []  # in the order of their arrival
        self.deals: list[Deal] = []
        self.minted, self.burned, self.slashed, self.genesis = [0] * 3, [0] * 3, [0] * 3, [0, 0, sum(endowed)]
        self.genesis[self.lent] += rules.pool
        self.pool = rules.pool
        self.clock = self.height = self.serial = self.rows = 0
        self.unused: list[int] = []  # rows of orders that are gone, the last of which is taken next
        self.paid = self.received = 0  # cash in trades
        for cash in endowed:
            self.accounts[len(self.accounts)] = Holder(True)
            self.free[len(self.accounts) - 1, 0, CASH] = cash

    # Balances

    def _key(self, who: int, issuer: int, asset: int) -> tuple[int, int, int]:
        return who, issuer if self.backed and asset != CASH else 0, asset

    def _take(self, who: int, issuer: int, asset: int, amount: int) -> None:
        key = self._key(who, issuer, asset)
        need(self.free[key] >= amount, Refusal.BALANCE)
        self.free[key] -= amount

    def _give(self, who: int, issuer: int, asset: int, amount: int) -> None:
        self.free[self._key(who, issuer, asset)] += amount

    def _lock(self, who: int, issuer: int, asset: int, amount: int) -> None:
        self._take(who, issuer, asset, amount)
        self.locked[self._key(who, issuer, asset)] += amount

    def _unlock(self, who: int, issuer: int, asset: int, amount: int, to: int | None = None) -> None:
        """Locked units become free, the holder's own or another's."""
        self.locked[self._key(who, issuer, asset)] -= amount
        self._give(who if to is None else to, issuer, asset, amount)

    def _create(self, who: int, asset: int, amount: int) -> None:
        self.minted[asset] += amount
        self._give(who, who, asset, amount)

    def _retire(self, issuer: int, asset: int, amount: int) -> None:
        """Issuer: whose reserve is relieved. Literal: of PTK as far as it goes, of CTK not."""
        self.burned[asset] += amount
        account = self.accounts[issuer]
        if self.backed:
            account.issued[asset] -= amount
        elif asset == 1:
            account.issued[asset] = max(account.issued[asset] - amount, 0)

    def frozen(self, who: int) -> bool:
        """Whether a debt is overdue."""
        account = self.accounts[who]
        return account.debt > 0 and self.clock > account.due

    def _is_account(self, who: int) -> bool:
        return who != 0 and who in self.accounts

    def _meant(self, who: int, asset: int, named: int) -> int:
        if asset == CASH or not self.backed:
            need(named == 0, Refusal.ACCOUNT)
            return 0
        issuer = who if named == 0 else named
        need(self._is_account(issuer), Refusal.ACCOUNT)
        return issuer

    # Commands

    def _open(self, who: int, fresh: int, role: int) -> tuple[int, ...]:
        need(fresh == 1, Refusal.KEY)
        need(role in (0, 1), Refusal.ROLE)
        number = len(self.accounts)
        self.accounts[number] = Holder(role == 0)
        if not self.backed:
            for asset, amount in enumerate(self.rules.grant):
                self._create(number, asset, amount)
        return (number,)

    def _attest(self, who: int, tee: int, period: int, ctk: int, ptk: int, valid: int, n: int, *rest: int) -> tuple[int, ...]:
        account = self.accounts[who]
        need(account.device, Refusal.ROLE)
        need(0 <= ctk <= LIMIT and 0 <= ptk <= LIMIT and 1 <= tee <= MAX_TEE and 0 <= n <= MAX_PANEL, Refusal.RANGE)
        readings = entries(rest, n, 4)
        seats = [seat for seat, *_ in readings]
        need(seats == sorted(set(seats)) and all(0 <= seat < MAX_PANEL for seat in seats), Refusal.RANGE)
        need(all(reading[3] in (0, 1) for reading in readings), Refusal.RANGE)
        need(all(0 <= value <= LIMIT for reading in readings for value in reading[1:3]), Refusal.RANGE)
        need(valid == 1, Refusal.SIGNATURE)
        elsewhere = any(other.tee == tee for number, other in self.accounts.items() if number != who)
        need(account.tee == tee or (account.tee == 0 and not elsewhere), Refusal.BOUND)
        need(period > account.period, Refusal.STALE)
        good = [reading for reading in readings if reading[3] == 1 and reading[0] < self.rules.oracles]
        need(len(good) >= self.rules.quorum, Refusal.QUORUM)
        middle = (len(good) - 1) // 2
        account.reserve = [min(own, sorted(each[k] for each in good)[middle]) for k, own in ((1, ctk), (2, ptk))]
        grant = self.rules.grant[CASH] if self.backed and account.tee == 0 else 0
        if grant:
            self._create(who, CASH, grant)
        if not self.backed:
            account.issued[0] = 0
        account.period, account.tee = period, tee
        return (*account.reserve, grant)

    def _mint(self, who: int, asset: int, amount: int) -> None:
        account = self.accounts[who]
        need(asset in (0, 1), Refusal.ASSET)
        need(0 <= amount <= LIMIT, Refusal.RANGE)
        need(account.period > 0, Refusal.UNATTESTED)
        need(not self.frozen(who), Refusal.FROZEN)
        need(account.issued[asset] + amount <= account.reserve[asset], Refusal.UNBACKED)
        need(self.minted[asset] + amount <= SUPPLY, Refusal.SUPPLY)
        account.issued[asset] += amount
        self._create(who, asset, amount)

    def _burn(self, who: int, asset: int, amount: int, named: int) -> None:
        need(asset in (0, 1), Refusal.ASSET)
        need(0 <= amount <= LIMIT, Refusal.RANGE)
        issuer = self._meant(who, asset, named)
        self._take(who, issuer, asset, amount)
        self._retire(issuer if self.backed else who, asset, amount)

    def _transfer(self, who: int, to: int, asset: int, amount: int, named: int) -> None:
        need(asset in (0, 1, 2), Refusal.ASSET)
        need(0 <= amount <= LIMIT, Refusal.RANGE)
        need(self._is_account(to), Refusal.ACCOUNT)
        issuer = self._meant(who, asset, named)
        self._take(who, issuer, asset, amount)
        self._give(to, issuer, asset, amount)

    def _deposit(self, who: int, amount: int) -> None:
        need(0 <= amount <= LIMIT, Refusal.RANGE)
        self._take(who, 0, CASH, amount)
        self.accounts[who].stake += amount
        self.accounts[who].notice = 0

    def _withdraw(self, who: int, amount: int) -> None:
        account = self.accounts[who]
        need(0 <= amount <= LIMIT, Refusal.RANGE)
        if amount == 0:
            account.notice = self.clock + NOTICE
            return
        need(account.stake >= amount, Refusal.BALANCE)
        busy = any(who in (deal.requester, deal.supplier) for deal in self.deals if deal.status in ("open", "disputed"))
        need(not busy, Refusal.DEALS)
        need(account.notice != 0 and self.clock >= account.notice, Refusal.EARLY)
        account.notice = 0
        account.stake -= amount
        self._give(who, 0, CASH, amount)

    # Credit and time

    def _pledge(self, who: int, number: int) -> None:
        account = self.accounts[who]
        need(account.device, Refusal.ROLE)
        need(number >= 1, Refusal.RANGE)
        if self.backed:
            need(account.tee != 0, Refusal.UNATTESTED)
            need(account.tee == number, Refusal.BOUND)
        elsewhere = any(other.pledge == number for key, other in self.accounts.items() if key != who)
        need(account.pledge == number or (account.pledge == 0 and not elsewhere), Refusal.BOUND)
        account.pledge = number

    def _borrow(self, who: int, amount: int) -> None:
        account = self.accounts[who]
        need(0 <= amount <= LIMIT, Refusal.RANGE)
        need(account.pledge != 0, Refusal.PLEDGE)
        need(not self.frozen(who), Refusal.FROZEN)
        need(account.debt + amount <= CREDIT * (1_000 if self.backed else TOKEN), Refusal.OVERDRAWN)
        need(self.pool >= amount, Refusal.POOL)
        if account.debt == 0 and amount > 0:
            account.due = self.clock + TERM
        account.debt += amount
        self.pool -= amount
        self._give(who, 0, self.lent, amount)

    def _repay(self, who: int, amount: int) -> None:
        account = self.accounts[who]
        need(0 <= amount <= LIMIT, Refusal.RANGE)
        need(amount <= account.debt, Refusal.OVERDRAWN)
        self._take(who, 0, self.lent, amount)
        account.debt -= amount
        self.pool += amount
        if account.debt == 0:
            account.due = 0

    def _tick(self, who: int, time: int) -> None:
        need(who == 0, Refusal.SEQUENCER)
        need(time <= LAST_TIME, Refusal.RANGE)
        need(time > self.clock, Refusal.CLOCK)
        self.clock = time


def entries(rest: Sequence[int], count: int, width: int) -> list[tuple[Any, ...]]:
    padded = (*rest, *(0,) * (count * width))  # a vector shorter than its count is filled up by zeros, as the kernel's is
    return [tuple(padded[k * width : (k + 1) * width]) for k in range(count)]
