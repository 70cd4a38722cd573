"""Small signed ledgers for tests."""

from __future__ import annotations

import shutil
from pathlib import Path

from edgeworth.mechanisms import token_market as tm
from tests.mechanisms.token_market.markets import CASH, CTK, readings


class Signers:
    """A ledger with a requester, a supplier and a device that has nothing yet; commands by name."""

    def __init__(self, path: Path) -> None:
        self.ledger = tm.Ledger.create(path, seed=0)
        self.alice, self.bob, self.carol = (self.ledger.open_account(seed=k) for k in (1, 2, 3))
        for who in (self.alice, self.bob):
            self.must(who, self.attest(who))
        self.must(self.bob, tm.Mint("CTK", 40 * CTK))
        self.must(self.bob, tm.Mint("PTK", 40 * CTK))

    def must(self, who: tm.Wallet, command: tm.Command) -> tuple[int, int, int]:
        effect = self.ledger.append(who.sign(command))
        assert effect, effect.refusal
        return effect.outputs

    def attest(self, who: tm.Wallet, period: int = 1, tee: int | None = None, count: int = 7) -> tm.Attest:
        plain = tm.Attest(who.number if tee is None else tee, period, 50 * CTK, 50 * CTK)
        full = tm.Attest(plain.tee, period, plain.ctk, plain.ptk, readings=readings(count, 50 * CTK, 50 * CTK))
        return self.ledger.ring.attest(self.ledger.chain, who.number, full)

    def deal(self, number: int = 0, cash: int = 10 * CASH) -> tm.Commit:
        """Promised by the supplier, for the requester to submit."""
        return self.bob.promise(tm.Commit(self.alice, self.bob, number, bytes(32), CTK, CTK, cash, 0, 15_000))

    def receipt(self, deal: int) -> tm.Receipt:
        return self.bob.monitored(tm.Receipt(deal, bytes(32)), self.ledger.ring.pair("tee", self.bob.number))


def copied(path: Path, name: str) -> Path:
    """Of a closed ledger, which is one file."""
    other = path.with_name(name)
    shutil.copy(path, other)
    return other
