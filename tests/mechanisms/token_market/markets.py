"""Small markets for tests, played through the kernel and the plain rules at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from edgeworth.mechanisms import token_market as tm
from edgeworth.mechanisms.token_market.apply import execute_numbers
from edgeworth.mechanisms.token_market.check.plain import PlainMarket
from edgeworth.mechanisms.token_market.fields import ALL_WELL

CTK, CASH = 1_000_000, 1_000
RICH = 10**9


class Market:
    """Every command goes through both implementations, which must agree on its result and outputs, and on all data after it."""

    def __init__(self, economy: Any = "backed", endowed: Sequence[int] = (), **rules: Any) -> None:
        self.rules = tm.Rules(economy, **rules)
        self.state = tm.State.genesis(self.rules, endowed=endowed, room=1)
        self.plain = PlainMarket(self.rules, endowed)
        self.records: list[tm.Record] = []
        self.endowed = endowed

    def numbers(self, code: int, signer: int, nonce: int, arguments: Sequence[int]) -> tm.Effect:
        before = self.state.digest()
        effect = execute_numbers(self.state, code, signer, nonce, arguments)
        told = self.plain.step(code, signer, nonce, arguments)
        assert (int(effect.refusal), effect.outputs) == told
        assert (self.state.digest() == before) == (not effect)
        assert tm.summary(self.state) == tm.summary(self.plain)
        self.records.append(tm.Record(code, signer, nonce, tuple(arguments), int(effect.refusal), effect.outputs))
        return effect

    def do(self, signer: int, command: tm.Command, judged: tm.Judged = ALL_WELL) -> tm.Effect:
        nonce = self.state.nonce(signer) if signer <= self.state.accounts else 0
        return self.numbers(command.code, signer, nonce, command.arguments(judged))

    def must(self, signer: int, command: tm.Command) -> tuple[int, int, int]:
        effect = self.do(signer, command)
        assert effect, effect.refusal
        return effect.outputs

    def refused(self, signer: int, command: tm.Command, judged: tm.Judged = ALL_WELL) -> str:
        effect = self.do(signer, command, judged)
        assert not effect
        return effect.refusal.name

    def device(self, role: str = "device") -> int:
        return self.must(0, tm.Open(bytes([self.state.accounts + 1] * 32), role))[0]

    def tick(self, milliseconds: int) -> None:
        self.must(0, tm.Tick(self.state.clock + milliseconds))

    def supplier(self, ctk: int = 50 * CTK, ptk: int = 50 * CTK) -> int:
        """A device with so many tokens of its own."""
        who = self.device()
        self.must(who, attest(who, ctk=ctk, ptk=ptk))
        for asset, amount in (("CTK", ctk), ("PTK", ptk)):
            self.must(who, tm.Mint(asset, amount))
        return who

    def account(self, who: int) -> tm.Account:
        return self.state.account(who)


def readings(count: int, ctk: int, ptk: int) -> tuple[tm.Reading, ...]:
    return tuple(tm.Reading(seat, ctk, ptk) for seat in range(count))


def attest(tee: int, period: int = 1, ctk: int = 50 * CTK, ptk: int = 50 * CTK, count: int = 7) -> tm.Attest:
    return tm.Attest(tee=tee, period=period, ctk=ctk, ptk=ptk, readings=readings(count, ctk, ptk))


def votes(*sides: bool) -> tuple[tm.Vote, ...]:
    return tuple(tm.Vote(seat, side) for seat, side in enumerate(sides))


def promise(requester: int, supplier: int, **changes: Any) -> tm.Commit:
    plain = tm.Commit(requester, supplier, 0, bytes(32), ctk=5 * CTK, ptk=CTK, cash=10 * CASH, time=0, deadline=15_000)
    return replace(plain, **changes)
