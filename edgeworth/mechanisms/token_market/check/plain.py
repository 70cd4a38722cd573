"""The second half of the plain rules: the order book, deals, and the one door through which commands come."""

from __future__ import annotations

from collections.abc import Sequence

from edgeworth.mechanisms.token_market.check.accounts import CASH, Deal, PlainAccounts, Refused, Resting, entries, need
from edgeworth.mechanisms.token_market.kernels.layout import (
    FINE,
    LAST_TIME,
    LIMIT,
    LOT,
    MAX_PANEL,
    MAX_PRICE,
    ORDER_CAP,
    TOKEN,
    WINDOW,
)
from edgeworth.mechanisms.token_market.rules import Refusal

STATUSES = ("", "open", "disputed", "settled", "refunded")
_COMMANDS = (
    "open", "attest", "mint", "burn", "transfer", "deposit", "withdraw", "order", "cancel",
    "commit", "confirm", "receipt", "claim", "arbitrate", "pledge", "borrow", "repay", "tick",
)  # fmt: skip


def price_of(amount: int, price: int) -> int:
    """Rounded up."""
    return -(-amount * price // TOKEN)


class PlainMarket(PlainAccounts):
    """A whole market, of dictionaries and lists.

    Parameters
    ----------
    rules : Rules
        Fixed at genesis.
    endowed : sequence of int
        Cash of the accounts that exist at genesis.
    """

    def step(self, code: int, who: int, nonce: int, arguments: Sequence[int]) -> tuple[int, tuple[int, int, int]]:
        """One command. Returns its result and its outputs."""
        try:
            need(1 <= code <= len(_COMMANDS), Refusal.UNKNOWN)
            name = _COMMANDS[code - 1]
            if name != "open":
                need(self._is_account(who) or (who == 0 and name == "tick"), Refusal.ACCOUNT)
                need(nonce >= self.accounts[who].nonce, Refusal.REPLAY)
                need(nonce == self.accounts[who].nonce, Refusal.GAP)
            told = getattr(self, f"_{name}")(who, *arguments)
        except Refused as refused:
            return int(refused.refusal), (0, 0, 0)
        self.height += 1
        if name != "open":
            self.accounts[who].nonce += 1
        outputs: tuple[int, ...] = () if told is None else told
        first, second, third = (*outputs, 0, 0, 0)[:3]
        return 0, (first, second, third)

    # Order book

    def book(self, bid: bool, asset: int, issuer: int) -> list[Resting]:
        """Orders of one side, best first, the older first among equals."""
        side = [order for order in self.orders if (order.bid, order.asset, order.issuer) == (bid, asset, issuer)]
        return sorted(side, key=lambda order: -order.price if bid else order.price)

    def _forget(self, order: Resting) -> None:
        self.orders.remove(order)
        self.unused.append(order.number % 2**20)

    def _order(self, who: int, side: int, asset: int, price: int, amount: int, issuer: int, tif: int) -> tuple[int, ...]:
        bid, kind = side == 0, CASH if side == 0 else asset
        need(asset in (0, 1), Refusal.ASSET)
        need(side in (0, 1) and tif in (0, 1, 2), Refusal.RANGE)
        need(1 <= price <= MAX_PRICE and LOT <= amount <= LIMIT, Refusal.RANGE)
        need(self._is_account(issuer) if self.backed else issuer == 0, Refusal.ACCOUNT)
        need(bid or not self.backed or issuer == who, Refusal.FOREIGN)
        lock = price_of(amount, price) if bid else amount
        need(self.free[self._key(who, issuer, kind)] >= lock, Refusal.BALANCE)
        need(tif != 0 or sum(order.owner == who for order in self.orders) < ORDER_CAP, Refusal.ORDERS)
        matches, blocked = self._matches(who, bid, asset, issuer, price, amount)
        traded, cash = sum(some for _, some, _ in matches), sum(paid for _, _, paid in matches)
        need(tif != 2 or traded == amount, Refusal.UNFILLED)
        self._lock(who, issuer, kind, lock)
        for order, some, paid in matches:
            buyer, seller = (who, order.owner) if bid else (order.owner, who)
            before = sum(self.free[each, 0, CASH] + self.locked[each, 0, CASH] for each in {buyer, seller})
            self._unlock(buyer, 0, CASH, paid, seller)
            self._unlock(seller, issuer, asset, some, buyer)
            after = sum(self.free[each, 0, CASH] + self.locked[each, 0, CASH] for each in {buyer, seller})
            self.paid, self.received = self.paid + before, self.received + after
            order.left -= some
            order.lock -= some if bid else paid
            lock -= paid if bid else some
            if order.left == 0:
                self._forget(order)
        left = amount - traded
        if bid:
            left = min(left, lock * TOKEN // price)
        number, keep = 0, 0
        if left > 0 and tif == 0 and not blocked:
            keep = price_of(left, price) if bid else left
            self.serial += 1
            if not self.unused:
                self.rows += 1
            number = self.serial * 2**20 + (self.unused.pop() if self.unused else self.rows)
            self.orders.append(Resting(number, who, bid, asset, issuer, price, left, keep))
        self._unlock(who, issuer, kind, lock - keep)
        return number, traded, cash

    def _matches(
        self, who: int, bid: bool, asset: int, issuer: int, limit: int, amount: int
    ) -> tuple[list[tuple[Resting, int, int]], bool]:
        """What an order meets: (resting order, tokens, cash), and whether it met its owner's own."""
        found: list[tuple[Resting, int, int]] = []
        bought = 0
        for order in self.book(not bid, asset, issuer):
            crosses = order.price <= limit if bid else order.price >= limit
            if amount == 0 or not crosses:
                break
            if order.owner == who:
                return found, True
            some = min(amount, order.left)
            if bid:  # all that it has bought, rounded up, less what it has paid
                bought += some * order.price
                paid = -(-bought // TOKEN) - sum(cash for _, _, cash in found)
            else:  # what a resting bid does not need from now on
                paid = order.lock - price_of(order.left - some, order.price)
            found.append((order, some, paid))
            amount -= some
        return found, False

    def _cancel(self, who: int, number: int) -> tuple[int, ...]:
        found = [order for order in self.orders if order.number == number]
        need(bool(found), Refusal.GONE)
        order = found[0]
        need(order.owner == who, Refusal.OWNER)
        self._unlock(who, order.issuer, CASH if order.bid else order.asset, order.lock)
        self._forget(order)
        return (order.lock,)

    # Deals

    def _commit(
        self, who: int, requester: int, supplier: int, number: int, ctk: int, ptk: int, cash: int,
        time: int, deadline: int, prepaid: int, valid: int,
    ) -> tuple[int, ...]:  # fmt: skip
        parties = self._is_account(requester) and self._is_account(supplier) and requester != supplier
        need(parties, Refusal.ACCOUNT)
        need(who in (requester, supplier), Refusal.OWNER)
        need(valid == 1, Refusal.SIGNATURE)
        need(number >= 0 and all(0 <= amount <= LIMIT for amount in (ctk, ptk, cash)) and prepaid in (0, 1), Refusal.RANGE)
        need(self.backed or cash == 0, Refusal.RANGE)
        need(0 <= time < deadline <= LAST_TIME, Refusal.RANGE)
        used = any((deal.requester, deal.supplier, deal.number) == (requester, supplier, number) for deal in self.deals)
        need(not used, Refusal.REPLAY)
        need(time <= self.clock, Refusal.EARLY)
        need(self.clock <= deadline, Refusal.EXPIRED)
        need(not self.frozen(requester) and not self.frozen(supplier), Refusal.FROZEN)
        giver = supplier if self.backed and not prepaid else requester
        for asset, amount in enumerate((ctk, ptk)):
            need(self.free[self._key(giver, supplier, asset)] >= amount, Refusal.BALANCE)
        account, free = self.accounts[requester], self.free[requester, 0, CASH]
        need(free + account.stake >= cash, Refusal.BALANCE)
        if free < cash:
            account.stake -= cash - free
            self._give(requester, 0, CASH, cash - free)
        self._lock(requester, 0, CASH, cash)
        for asset, amount in enumerate((ctk, ptk)):
            self._lock(giver, supplier, asset, amount)
        self.deals.append(Deal(requester, supplier, number, (ctk, ptk), cash, time, deadline, giver, supplier))
        return (len(self.deals),)

    def _find(self, number: int, status: str) -> Deal:
        need(1 <= number <= len(self.deals) and self.deals[number - 1].status == status, Refusal.GONE)
        return self.deals[number - 1]

    def _close(self, deal: Deal, success: bool) -> None:
        self._unlock(deal.requester, 0, CASH, deal.cash, deal.supplier if success else deal.requester)
        for asset, amount in enumerate(deal.amounts):
            self._unlock(deal.giver, deal.issuer, asset, amount)
            if success:
                self._take(deal.giver, deal.issuer, asset, amount)
                self._retire(deal.supplier, asset, amount)
        if success:
            self.accounts[deal.supplier].done += 1
        else:
            self.accounts[deal.supplier].failed += 1
        deal.status = "settled" if success else "refunded"

    def _slash(self, loser: int, winner: int, payment: int) -> tuple[int, int]:
        account = self.accounts[loser]
        paid = min(account.stake, payment)
        fine = min(account.stake - paid, payment // FINE)
        account.stake -= paid + fine
        self._give(winner, 0, CASH, paid)
        self.slashed[CASH] += fine
        return paid, fine

    def _confirm(self, who: int, number: int) -> None:
        deal = self._find(number, "open")
        need(who in (deal.requester, deal.supplier), Refusal.OWNER)
        if who == deal.supplier:
            need(deal.window is not None and self.clock > deal.window, Refusal.EARLY)
        self._close(deal, True)

    def _receipt(self, who: int, number: int, valid: int) -> tuple[int, ...]:
        need(self.backed, Refusal.UNKNOWN)
        deal = self._find(number, "open")
        need(who == deal.supplier, Refusal.OWNER)
        need(valid == 1, Refusal.SIGNATURE)
        need(deal.window is None, Refusal.RECEIPTED)
        need(self.clock <= deal.deadline, Refusal.EXPIRED)
        deal.window = self.clock + WINDOW
        return (deal.window,)

    def _claim(self, who: int, number: int, reason: int) -> tuple[int, ...]:
        deal = self._find(number, "open")
        need(who == deal.requester, Refusal.OWNER)
        need(reason in (0, 1, 2), Refusal.RANGE)
        if deal.window is None:
            need(self.clock > deal.deadline, Refusal.EARLY)
            self._close(deal, False)
            return (STATUSES.index("refunded"), *self._slash(deal.supplier, who, deal.cash))
        need(reason != 0, Refusal.RECEIPTED)
        need(self.clock <= deal.window, Refusal.LATE)
        deal.status = "disputed"
        return (STATUSES.index("disputed"),)

    def _arbitrate(self, who: int, number: int, count: int, *rest: int) -> tuple[int, ...]:
        need(self.backed, Refusal.UNKNOWN)
        deal = self._find(number, "disputed")
        need(0 <= count <= MAX_PANEL, Refusal.RANGE)
        votes = entries(rest, count, 3)
        seats = [seat for seat, *_ in votes]
        need(seats == sorted(set(seats)) and all(0 <= seat < MAX_PANEL for seat in seats), Refusal.RANGE)
        need(all(vote in (0, 1) and valid in (0, 1) for _, vote, valid in votes), Refusal.RANGE)
        good = [vote for seat, vote, valid in votes if valid == 1 and seat < self.rules.arbiters]
        need(max(good.count(0), good.count(1)) >= self.rules.arbiter_quorum, Refusal.QUORUM)
        won = good.count(1) > good.count(0)
        loser, winner = (deal.requester, deal.supplier) if won else (deal.supplier, deal.requester)
        self._close(deal, won)
        return (STATUSES.index(deal.status), *self._slash(loser, winner, deal.cash))
