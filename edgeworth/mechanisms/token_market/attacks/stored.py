"""Attacks on signatures, encoding and file of a ledger on disk: 9 and 12 of the table (extra ``cryptography``)."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from shutil import copyfile

from edgeworth.core.seeds import generator
from edgeworth.mechanisms.token_market.attacks.scene import Outcome, Scene, attestation
from edgeworth.mechanisms.token_market.commands import Open, Transfer
from edgeworth.mechanisms.token_market.encoding import decode, encode
from edgeworth.mechanisms.token_market.kernels.layout import CASH_UNIT, TOKEN
from edgeworth.mechanisms.token_market.signing import Signed, Wallet
from edgeworth.mechanisms.token_market.store.chain import link
from edgeworth.mechanisms.token_market.store.file import BrokenLedgerError, Row
from edgeworth.mechanisms.token_market.store.ledger import Ledger, chain_of

ORDER_OF_CURVE = 2**252 + 27742317777372353535851937790883648493
"""Of the base point of Ed25519: S and S plus this number would both verify, were S not to be below it."""
SMALL_ORDER = bytes([1]) + bytes(31)
"""The neutral point, under which (R, S) = (neutral, 0) signs everything."""


def _two(path: Path, scene: Scene) -> tuple[Ledger, Wallet, Wallet]:
    """A ledger, an honest account and the attacker's, each with a device's grant."""
    ledger = Ledger.create(path, economy=scene.rules.economy, seed=scene.seed)
    alice, mallory = ledger.open_account(seed=2 * scene.seed + 1), ledger.open_account(seed=2 * scene.seed + 2)
    for who in (alice, mallory):
        told = dict.fromkeys(range(ledger.rules.oracles), (10 * TOKEN, TOKEN))
        shown = attestation(who.number, 1, 10 * TOKEN, TOKEN, told)
        ledger.append(who.sign(ledger.ring.attest(ledger.chain, who.number, shown)))
    return ledger, alice, mallory


def _cash(ledger: Ledger, who: Wallet) -> int:
    return ledger.state.account(who.number).free["CASH"]


def signed_command(scene: Scene) -> Outcome:
    """What an honest account signed is sent again, altered, and forged. Cash counts at its face, nothing else changes."""
    with tempfile.TemporaryDirectory() as folder:
        ledger, alice, mallory = _two(Path(folder) / "market.db", scene)
        with ledger:
            pay = Transfer(to=mallory.number, asset="CASH", amount=CASH_UNIT)
            first = alice.sign(pay)
            ledger.append(first)
            before = _cash(ledger, alice), _cash(ledger, mallory)
            nonce = ledger.state.nonce(alice.number)
            good, other = alice.sign(pay, nonce), chain_of(ledger.rules.economy, scene.seed + 1)
            number = int.from_bytes(good.signature[32:], "little") + ORDER_OF_CURVE
            tries: dict[str, Callable[[], Signed]] = {
                "sent again": lambda: first,
                "before its turn": lambda: alice.sign(pay, nonce + 1),
                "signed for another chain": lambda: Signed.by(alice.pair, other, pay, alice.number, nonce),
                "signed by another key": lambda: Signed.by(mallory.pair, ledger.chain, pay, alice.number, nonce),
                "signature of another command": lambda: Signed(pay, alice.number, nonce, first.signature),
                "S not below the order": lambda: Signed(
                    pay, alice.number, nonce, good.signature[:32] + number.to_bytes(32, "little")
                ),
                "a key of small order": lambda: Signed(Open(SMALL_ORDER), 0, 0, SMALL_ORDER + bytes(32)),
                "cut off": lambda: Signed.of(good.to_bytes()[:-1], good.signature),
                "a byte too many": lambda: Signed.of(good.to_bytes() + b"\0", good.signature),
            }
            rng, _ = generator(scene.seed)
            whole = good.to_bytes() + good.signature
            for at in range(len(whole)):
                bit = 1 << int(rng.integers(8))
                flipped = whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :]
                tries[f"flipped at {at}"] = partial(Signed.of, flipped[:-64], flipped[-64:])
            answers = {name: _answer(ledger, make) for name, make in tries.items()}
            gain, loss = _cash(ledger, mallory) - before[1], before[0] - _cash(ledger, alice)
            named = "; ".join(f"{name}: {answer}" for name, answer in answers.items() if "flipped" not in name)
            flips = [answer for name, answer in answers.items() if "flipped" in name]
            kinds = ", ".join(f"{flips.count(kind)} {kind}" for kind in sorted(set(flips)))
            numbers = {"tries": float(len(tries)), "refused": float(sum(each != "ACCEPTED" for each in answers.values()))}
            text = f"{named}; a bit flipped in each byte: {kinds}"
            return _told("signed-command", ledger, gain, loss, text, numbers)


def _answer(ledger: Ledger, make: Callable[[], Signed]) -> str:
    """What becomes of a message: a refusal's name, or that it is no command at all."""
    try:
        signed = make()
    except ValueError:
        return "NO COMMAND"
    return ledger.append(signed).refusal.name


def _told(name: str, ledger: Ledger, gain: int, loss: int, text: str, numbers: dict[str, float]) -> Outcome:
    succeeded, log = gain > 0 or loss > 0, tuple(ledger.records)
    cash = gain / CASH_UNIT, max(loss, 0) / CASH_UNIT
    return Outcome(name, ledger.rules.economy, succeeded, *cash, log, text, numbers, ledger.state, ledger.endowed)


def ledger_file(scene: Scene) -> Outcome:
    """Whoever can write the file alters rows of it, with and without making all hashes anew, and opens it again.

    Found is what does not open; what opens is believed. An older file in its place is the variant ``rolled-back``; a remembered
    head finds it, which is tried here too.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "market.db"
        ledger, alice, mallory = _two(path, scene)
        for amount in (1, 2, 3):
            ledger.append(alice.sign(Transfer(to=mallory.number, asset="CASH", amount=amount * CASH_UNIT)))
        before, head = _cash(ledger, mallory), ledger.head
        ledger.close()
        with closing(sqlite3.connect(path)) as file:
            rows = [
                Row(*row) for row in file.execute("SELECT seq, command, signatures, result, prev, hash FROM log ORDER BY seq")
            ]
        at = len(rows) - 2  # the payment in the middle
        _, signer, nonce = decode(rows[at].command)
        more = encode(Transfer(mallory.number, "CASH", 50 * CASH_UNIT), signer, nonce)
        edited = [*rows[:at], rows[at]._replace(command=more), *rows[at + 1 :]]
        swapped = list(rows)
        swapped[at], swapped[at + 1] = swapped[at + 1], swapped[at]
        kinds = {
            "edit": edited,
            "edit, all hashes anew": _chained(edited),
            "delete": rows[:at] + rows[at + 1 :],
            "delete, all hashes anew": _chained(rows[:at] + rows[at + 1 :]),
            "insert": [row._replace(seq=k) for k, row in enumerate([*rows[: at + 1], rows[at], *rows[at + 1 :]], 1)],
            "swap": [row._replace(seq=k) for k, row in enumerate(swapped, 1)],
            "truncate": rows[: at + 1],
        }
        said, found, gain = [], 0, 0
        for k, (name, told) in enumerate(kinds.items()):
            copy = Path(folder) / f"copy-{k}.db"
            copyfile(path, copy)
            _write(copy, told, anew="anew" in name)
            try:
                with Ledger.open(copy, full=True, head=head) as opened:
                    gain = max(gain, opened.state.account(mallory.number).free["CASH"] - before)
                    said.append(f"{name}: opens")
            except BrokenLedgerError as error:
                found += 1
                said.append(f"{name} at {rows[at].seq}: found at {error.sequence}")
        with Ledger.open(path, full=True, head=head) as true:
            numbers = {"tampered": float(len(kinds)), "found": float(found)}
            return _told("ledger-file", true, gain, gain, "; ".join(said), numbers)


def _chained(rows: list[Row]) -> list[Row]:
    """The same rows, numbered and linked as if nothing had happened."""
    made: list[Row] = []
    for k, row in enumerate(rows, 1):
        plain = row._replace(seq=k, prev=made[-1].hash if made else row.prev)
        made.append(plain._replace(hash=link(plain)))
    return made


def _write(path: Path, rows: list[Row], *, anew: bool) -> None:
    """Put rows in the place of a ledger's, and name the last one as its head if that is not to show."""
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("DELETE FROM log")
        file.executemany("INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)", rows)
        if anew:
            head = rows[-1].seq.to_bytes(8, "little") + rows[-1].hash
            file.execute("UPDATE meta SET value = ? WHERE name = 'head'", (head,))
