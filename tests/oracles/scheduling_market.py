"""Naive second implementation of scheduling's token market: the SimPy twin, whose devices deal in a ledger command by command.

What epochs and devices do is said in `tests.oracles.scheduling`. Readings of the market, where the specification leaves a
choice open:

1. Account k + 1 is device k's. All are opened, in order, before the first epoch; the ledger's clock is the epoch's time in ms,
   rounded half up, and is told where it has risen.
2. At an epoch, before anybody chooses: deals whose time has come are settled in the order of their decisions; then, where a
   period has begun since the last one, device by device: attestation by as many oracles as the quorum needs, which all read
   what is there; at the first one of the backed economy the stake; CTK, then PTK are minted up to the reserve, or, in the
   backed economy, burned down to it; asks. Dead devices do none of it.
3. Reserves. Literal: the capacity times the idle time since the last attestation, and the battery above its floor. Backed: what
   fits into L - margin behind the backlog and, of energy, what the backlog leaves above the floor; and what is locked or
   promised. Whole base units, rounded down; at most 10^12, the most that the ledger takes.
4. Who chooses sees as open what the mask leaves open and can be paid: backed, at the asks posted last, from free cash (or the
   stake less open promises, where nothing is locked before settlement), and with tokens of the supplier's own that are free
   and not promised; literal, with the requester's CTK and PTK, itself with its CTK.
5. In turn, whoever cannot be reached any more, or be paid, is replaced by the source; in the literal economy a source without
   CTK waits.
6. A deal is settled at the first epoch no earlier than max(decision + Delta, end) + latency (+ 1e-9); a failure is claimed,
   which the ledger allows after decision + Delta in ms. What is open when the episode ends is settled 2 ms after the last,
   as deadlines are sums of rounded numbers.
"""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from tests.oracles.scheduling import Policy, Twin
from tests.oracles.scheduling_rules import local

NAMES = {0: "CTK", 1: "PTK"}


def whole(number: float) -> int:
    return max(0, math.floor(number))


def posted(number: float) -> int:
    return min(9_000_000, max(1, math.floor(number + 0.5)))


class Dealer(Twin):
    """An episode whose devices pay each other. bank: the module `token_market`, whose rules have an oracle of their own."""

    def __init__(self, episode: Any, policy: Policy, market: Any, bank: Any, together: bool = False) -> None:
        super().__init__(episode, policy, together=together)
        self.bank = bank
        self.market, self.backed = market, market.economy == "backed"
        units = (10**6, 10**6, 10**3)
        grant = tuple(round(each * unit) for each, unit in zip(market.grant, units, strict=True))
        self.ledger = self.bank.State.genesis(self.bank.Rules(market.economy, grant=grant, pool=0))
        self.records: list[Any] = []
        for k in range(self.count):
            self.must(self.bank.Open(key=bytes([k + 1] * 32)), -1)
        self.last_period = 0
        self.asks: list[tuple[int, int] | None] = [None] * self.count
        self.attested = [0.0] * self.count
        self.open_tasks: list[int] = []
        self.deals: dict[int, int] = {}
        self.prices: dict[int, int] = {}
        self.promised = [[0, 0, 0] for _ in range(self.count)]
        self.counts: Counter[str] = Counter()

    # amounts

    def tokens(self, j: int, k: int) -> tuple[int, int]:
        return self.bank.tokens(self.work[j], self.devices[k].active * self.work[j] / self.devices[k].capacity)

    def price(self, j: int, k: int) -> int:
        asks = self.asks[k]
        assert asks is not None
        return sum(-(-amount * ask // 10**6) for amount, ask in zip(self.tokens(j, k), asks, strict=True))

    def free(self, k: int, asset: int) -> int:
        held = self.ledger.account(k + 1).free[NAMES[asset]]
        return held - self.promised[k][asset] if self.backed else held

    # what can be paid

    def can_execute(self, i: int, j: int) -> bool:
        return self.backed or self.free(i, 0) >= self.tokens(j, i)[0]

    def can_pay(self, i: int, j: int, k: int) -> bool:
        giver = k if self.backed else i
        if any(self.free(giver, asset) < amount for asset, amount in enumerate(self.tokens(j, k))):
            return False
        if not self.backed:
            return True
        account = self.ledger.account(i + 1)
        purse = account.stake - self.promised[i][2] if self.market.settlement == "optimistic" else account.free["CASH"]
        return self.asks[k] is not None and self.price(j, k) <= purse

    def view(self, t: float, i: int, j: int) -> SimpleNamespace:
        found = super().view(t, i, j)
        payable = [k for k in found.open if (self.can_execute(i, j) if k == i else self.can_pay(i, j, k))]
        if self.can_execute(i, j):
            self.closed = len([k for k in found.open if k not in payable and k != i])
            found.open = payable or [i]
        else:
            self.closed = len([k for k in found.open if k != i])
            found.open = []
        return found

    # an epoch

    def decide(self, t: float) -> None:
        self.trade(t)
        acting = [d.index for d in self.devices if d.pending]
        acting.sort(key=lambda i: (self.deadline[self.devices[i].pending[0]], i))
        heads = [(i, self.devices[i].pending[0]) for i in acting]
        chosen = {i: self.choice(t, i, j) for i, j in heads} if self.together else {}
        for i, j in heads:
            if not self.devices[i].dead:
                self.hand_over(t, i, j, chosen[i] if self.together else self.choice(t, i, j))

    def choice(self, t: float, i: int, j: int) -> int:
        view = self.view(t, i, j)
        self.counts["closed"] += 0 if self.policy is local else self.closed  # who asks nobody is closed to nobody
        if not view.open:
            return i
        answer = self.policy(t, i, j, view)
        return answer[0] if isinstance(answer, tuple) else int(answer)

    def hand_over(self, t: float, i: int, j: int, k: int) -> None:
        if k != i and not self.fits(j, k, self.devices[k].backlog(t), self.devices[k].dead, t):
            self.rejected += 1
            k = i
        if k != i and not self.can_pay(i, j, k):
            self.counts["refused"] += 1
            k = i
        if k != i:
            self.engage(i, j, k)
        elif not self.can_execute(i, j):
            self.counts["waits"] += 1
            return
        elif not self.backed:
            self.must(self.bank.Burn("CTK", self.tokens(j, i)[0]), i)
        self.devices[i].pending.pop(0)
        late = k != i and self.market.settlement == "lock-first"
        self.act(t, i, j, k, float(self.e.chain_latency[j, 2]) if late else 0.0)

    def give(self, command: Any, k: int) -> Any:
        """A command of device k (-1: of the sequencer), kept as a record."""
        nonce, arguments = self.ledger.nonce(k + 1), tuple(command.arguments(self.bank.Judged()))
        effect = self.bank.execute(self.ledger, command, signer=k + 1)
        self.records.append(self.bank.Record(command.code, k + 1, nonce, arguments, int(effect.refusal), effect.outputs))
        return effect

    def must(self, command: Any, k: int) -> tuple[int, int, int]:
        effect = self.give(command, k)
        assert effect, (command, effect)
        outputs: tuple[int, int, int] = effect.outputs
        return outputs

    # deals

    def promise(self, i: int, j: int, k: int, sign: int) -> None:
        for asset, amount in enumerate(self.tokens(j, k)):
            self.promised[k][asset] += sign * amount
        self.promised[i][2] += sign * self.prices[j]

    def contract(self, i: int, j: int, k: int) -> Any:
        now, span = self.ledger.clock, max(1, math.floor(self.e.settlement * 1000.0 + 0.5))
        return self.bank.Commit(i + 1, k + 1, j, bytes(32), *self.tokens(j, k), self.prices[j], now, now + span)

    def engage(self, i: int, j: int, k: int) -> None:
        self.prices[j] = self.price(j, k) if self.backed else 0
        if self.market.settlement == "optimistic":
            self.promise(i, j, k, 1)
        else:
            self.deals[j] = self.must(self.contract(i, j, k), i)[0]
        self.open_tasks.append(j)
        self.counts["offloads"] += 1

    def fate(self, j: int, t: float) -> tuple[str, float]:
        """What became of j by t, and when; a task that waits is left at its deadline, whenever the twin finds out."""
        if self.status[j]:
            return self.status[j], self.end[j]
        waits = self.e.late == "abandon" and any(j in d.inside for d in self.devices)
        return ("abandoned", self.deadline[j]) if waits and self.deadline[j] <= t else ("", math.inf)

    def settled_at(self, j: int, t: float) -> float:
        return max(self.decided[j] + self.e.settlement, self.fate(j, t)[1]) + float(self.e.chain_latency[j, 2])

    def settle(self, j: int, t: float) -> None:
        i, k, success = self.source[j], self.device[j], self.fate(j, t)[0] == "done"
        if self.market.settlement == "optimistic":
            self.promise(i, j, k, -1)
            if not success:
                return
            effect = self.give(self.contract(i, j, k), i)
            if not effect:
                assert effect.refusal is self.bank.Refusal.BALANCE
                self.counts["unpaid"] += 1
                return
            self.deals[j] = effect.outputs[0]
        self.must(self.bank.Confirm(self.deals[j]) if success else self.bank.Claim(self.deals[j], "failure"), i)

    def tell(self, now: int) -> None:
        if now > self.ledger.clock:
            self.must(self.bank.Tick(now), -1)

    def trade(self, t: float) -> None:
        self.tell(math.floor(t * 1000.0 + 0.5))
        for j in list(self.open_tasks):
            if self.settled_at(j, t) <= t + 1e-9:
                failed = self.fate(j, t)[0] != "done"
                if failed and j in self.deals and self.ledger.clock <= self.claimable_after(j):
                    continue
                self.open_tasks.remove(j)
                self.settle(j, t)
        period = int(t / self.market.period + 1e-9) + 1
        if period > self.last_period:
            self.last_period = period
            for k in range(self.count):
                if not self.devices[k].dead:
                    self.attest(t, k, period)

    def claimable_after(self, j: int) -> int:
        return self.bank.summary(self.ledger).deals[self.deals[j] - 1].deadline

    def attest(self, t: float, k: int, period: int) -> None:
        device, account = self.devices[k], self.ledger.account(k + 1)
        seconds, above = device.backlog(t), max(0.0, device.battery - device.floor)
        if self.backed:
            room = max(0.0, self.e.deadline - self.e.margin - max(0.0, seconds))
            left = max(0.0, above - device.active * max(0.0, seconds))
            bound = [account.locked[NAMES[asset]] + self.promised[k][asset] for asset in NAMES]
        else:
            room, left, bound = device.idle_time - self.attested[k], above, [0, 0]
            self.attested[k] = device.idle_time
        amounts = whole(device.capacity * room * 10**6) + bound[0], whole(left * 2500 / 9) + bound[1]
        ctk, ptk = (min(10**12, each) for each in amounts)
        readings = tuple(self.bank.Reading(seat, ctk, ptk) for seat in range(self.ledger.rules.quorum))
        self.must(self.bank.Attest(k + 1, period, ctk, ptk, b"", readings), k)
        stake = round(self.market.stake * 1000)
        if self.backed and self.asks[k] is None and stake > 0:
            self.must(self.bank.Deposit(stake), k)
        for name in NAMES.values() if self.market.minting else ():
            account = self.ledger.account(k + 1)
            more = account.reserve[name] - account.issued[name]
            if more > 0:
                self.must(self.bank.Mint(name, more), k)
            elif self.backed and min(-more, account.free[name]) > 0:
                self.must(self.bank.Burn(name, min(-more, account.free[name])), k)
        span, full = self.e.deadline - self.e.margin, float(self.e.battery[k])
        busy = max(0.0, seconds) / span if seconds < span else 1.0
        held = device.battery / full if full > 0.0 else 0.0
        work, power = self.market.work_price * 1000, self.market.power_price * 1000
        self.asks[k] = posted(work * (1.0 + busy)), posted(power * (2.0 - held))

    def run(self) -> SimpleNamespace:
        found = super().run()
        end = self.e.horizon + self.e.deadline
        times = [math.floor(self.settled_at(j, end) * 1000.0 + 0.5) + 2 for j in self.open_tasks]
        self.tell(max(times, default=0))
        for j in self.open_tasks:
            self.settle(j, end)
        return found


class Acting(Dealer):
    """Devices that act by actions[epoch][device] (0: oneself, k: the k-th other one); keeps what they may do and see."""

    def __init__(self, episode: Any, actions: Any, market: Any, bank: Any) -> None:
        super().__init__(episode, self._chosen, market, bank, together=True)
        self.actions, self.epoch = actions, -1
        self.masks: list[list[list[bool]]] = []
        self.seen: list[list[list[float]]] = []

    def _chosen(self, t: float, i: int, j: int, view: SimpleNamespace) -> int:
        return self.order(i)[int(self.actions[self.epoch][i])]

    def order(self, i: int) -> list[int]:
        return [i, *(k for k in range(self.count) if k != i)]

    def trade(self, t: float) -> None:
        super().trade(t)
        self.epoch += 1
        self.masks.append([self.mask(t, i) for i in range(self.count)])
        self.seen.append([self.market_seen(i) + self.price_seen(i) for i in range(self.count)])

    def mask(self, t: float, i: int) -> list[bool]:
        is_open = self.view(t, i, self.devices[i].pending[0]).open if self.devices[i].pending else []
        return [k in (is_open or [i]) for k in self.order(i)]

    def market_seen(self, i: int) -> list[float]:
        own = self.ledger.account(i + 1).free
        accounts = [(k, self.ledger.account(k + 1).free) for k in self.order(i)[1:]]
        sellers = [(k, each) for k, each in accounts if not self.devices[k].dead and each["CTK"] > 0 and each["PTK"] > 0]
        scale, others = Fraction(10**6), max(1, self.count - 1)
        found = [own["CTK"] / 100e6, own["PTK"] / 50e6, own["CASH"] / 100e3]
        for asset, unit in ((0, self.market.work_price), (1, self.market.power_price)):
            asks = [self.asks[k] for k, _ in sellers]
            idle = max(1.0, unit * 1000)  # an ask is a unit at least
            found.append(min((each[asset] / idle for each in asks if each is not None), default=4.0))
        for name, size in (("CTK", 100), ("PTK", 50)):
            found.append(float(sum(each[name] for _, each in sellers) / scale / size / others))
        return [min(4.0, max(0.0, each)) for each in (*found, len(sellers) / others)]

    def price_seen(self, i: int) -> list[float]:
        if not self.devices[i].pending:
            return [0.0] * self.count
        j = self.devices[i].pending[0]
        asked = [self.price(j, k) / 32e3 if k != i and self.asks[k] is not None else 0.0 for k in self.order(i)]
        return [min(4.0, each) for each in asked]
