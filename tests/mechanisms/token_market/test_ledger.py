"""The signed ledger: the calls of the issue, refusals by name, readers and writers, files that are none."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgeworth.core.errors import FileFormatError
from edgeworth.mechanisms import token_market as tm
from edgeworth.mechanisms.token_market.random_signed import signed_issues
from tests.mechanisms.token_market.ledgers import Signers, copied
from tests.mechanisms.token_market.markets import CTK
from tests.mechanisms.token_market.test_signing import ORDER, small_order


@pytest.fixture
def market(tmp_path: Path) -> Iterator[Signers]:
    found = Signers(tmp_path / "market.db")
    yield found
    found.ledger.close()


def test_the_calls_of_the_issue(tmp_path: Path) -> None:
    ledger = tm.Ledger.create(tmp_path / "market.db", economy="backed", seed=0)
    pragmas = [ledger._file.db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]  # FULL: the disk has it when append returns
    alice, bob = ledger.open_account(seed=1), ledger.open_account(seed=2)
    assert ledger.append(alice.sign(tm.Transfer(to=bob, asset="CTK", amount=5))).refusal.name == "BALANCE"
    assert ledger.append(alice.sign(tm.Transfer(to=bob, asset="CTK", amount=0)))
    assert bool(tm.verify(ledger))
    ledger.close()
    ledger.close()
    with pytest.raises(ValueError, match="is closed"):
        ledger.append(alice.sign(tm.Deposit(0)))
    with tm.Ledger.open(tmp_path / "market.db") as again:
        assert again.head == ledger.head
        assert again.wallet(1).number == alice.number
        with pytest.raises(ValueError, match="KEY"):
            again.open_account(seed=1)
        with pytest.raises(ValueError, match="no account"):
            again.wallet(9)


@pytest.mark.parametrize("economy", ["backed", "literal"])
def test_random_commands_end_as_the_kernel_ends_them(economy: Any, tmp_path: Path) -> None:
    """One by one, in batches, opened again, exported and imported: the same records."""
    issues = signed_issues(400, economy, 3)
    commands = tm.random_commands(400, economy=economy, seed=3)
    assert commands == [signed for signed, _ in issues]
    with tm.Ledger.create(tmp_path / "m.db", economy=economy, seed=3) as ledger:
        found = [ledger.append(signed) for signed in commands[:60]] + ledger.append_many(commands[60:])
        assert [int(effect.refusal) for effect in found] == [result for _, result in issues]
        assert 0 < sum(map(bool, found)) == ledger.height == ledger.state.height < 400
        report = tm.verify(ledger)
        assert report, str(report)
        ledger.export_lines(tmp_path / "m.jsonl")
        head, digest = ledger.head, ledger.state.digest()
    for full in (False, True):
        with tm.Ledger.open(tmp_path / "m.db", full=full, head=head) as ledger:
            assert (ledger.head, ledger.state.digest()) == (head, digest)
    with tm.Ledger.import_lines(tmp_path / "m.jsonl", tmp_path / "n.db") as ledger:
        assert (ledger.head, ledger.state.digest()) == (head, digest)
        ledger.export_lines(tmp_path / "n.jsonl")
    assert (tmp_path / "n.jsonl").read_bytes() == (tmp_path / "m.jsonl").read_bytes()


def test_signatures_inside(market: Signers) -> None:
    """Deals with receipts, monitored by the attestation key, disputed and arbitrated."""
    deal = market.must(market.alice, market.deal())[0]
    market.must(market.bob, market.receipt(deal))
    market.must(market.alice, tm.Claim(deal, "wrong"))
    votes = tuple(tm.Vote(seat, False) for seat in range(3))
    decision = market.ledger.ring.arbitrate(market.ledger.chain, tm.Arbitrate(deal, votes))
    assert market.must(market.carol, decision)[0] == 4
    market.must(market.ledger.sequencer, tm.Tick(5))
    assert tm.verify(market.ledger)
    assert [record.code for record in market.ledger.records][-1] == tm.Tick.code


def test_commands_signed_ahead(market: Signers) -> None:
    """Nonces go on from what was signed since the ledger last took something."""
    ahead = [market.alice.sign(tm.Deposit(k)) for k in range(1, 4)]
    assert all(market.ledger.append_many(ahead))
    assert [signed.nonce for signed in ahead] == [1, 2, 3]
    assert market.alice.sign(tm.Deposit(1)).nonce == 4
    assert market.alice.sign(tm.Deposit(1), nonce=9).nonce == 9


def by(who: tm.Wallet, command: tm.Command, **changes: Any) -> tm.Signed:
    return replace(who.sign(command), **changes)


def refused_commands(market: Signers) -> list[tuple[str, tm.Signed]]:
    """Each with the name of its refusal."""
    alice, bob, carol, ledger = market.alice, market.bob, market.carol, market.ledger
    ring, chain = ledger.ring, ledger.chain
    first = alice.sign(tm.Deposit(5), nonce=1)
    ledger.append(first)
    pay = tm.Transfer(to=bob, asset="CASH", amount=5)
    good = alice.sign(pay, nonce=2)
    deal = market.must(alice, market.deal())[0]
    good = alice.sign(pay, nonce=3)
    found: list[tuple[str, tm.Signed]] = [
        ("REPLAY", first),
        ("REPLAY", alice.sign(pay, nonce=0)),
        ("REPLAY", alice.sign(market.deal())),
        ("GAP", alice.sign(pay, nonce=4)),
        ("SIGNATURE", tm.Signed.by(alice.pair, bytes(32), pay, alice.number, 3)),
        ("SIGNATURE", tm.Signed.by(bob.pair, chain, pay, alice.number, 3)),
        ("SIGNATURE", replace(good, command=replace(pay, amount=6))),
        ("SIGNATURE", replace(good, command=replace(pay, to=3))),
        ("SIGNATURE", replace(good, signer=bob.number)),
        ("SIGNATURE", replace(good, nonce=4)),
        ("SIGNATURE", replace(good, signature=bytes(64))),
        ("SIGNATURE", replace(good, signature=good.signature[32:] + good.signature[:32])),
        ("SIGNATURE", replace(good, signature=alice.pair.sign(tm.encode(pay, alice.number, 3)))),
        ("SIGNATURE", tm.Signed.by(alice.pair, chain, tm.Tick(5), 0, 0)),
        ("ACCOUNT", replace(good, signer=9)),
        ("ACCOUNT", tm.Signed.by(ring.sequencer, chain, pay, 0, 0)),
        ("SEQUENCER", alice.sign(tm.Tick(5), nonce=3)),
        ("KEY", tm.Signed.by(alice.pair, chain, tm.Open(alice.pair.public), 0, 0)),
        ("KEY", tm.Signed.by(ring.sequencer, chain, tm.Open(ring.sequencer.public), 0, 0)),
        ("SIGNATURE", tm.Signed.by(alice.pair, chain, tm.Open(tm.KeyPair(7).public), 0, 0)),
        ("STALE", bob.sign(market.attest(bob), nonce=3)),
        ("BOUND", carol.sign(market.attest(carol, tee=2), nonce=0)),
        ("SIGNATURE", carol.sign(market.attest(bob, 2, tee=5), nonce=0)),  # made for another account
        ("SIGNATURE", carol.sign(replace(market.attest(carol), period=2), nonce=0)),
        ("SIGNATURE", carol.sign(replace(market.attest(carol), ctk=60 * CTK), nonce=0)),
        ("SIGNATURE", carol.sign(replace(market.attest(carol), tee=4), nonce=0)),
        ("SIGNATURE", carol.sign(replace(market.attest(carol), tee=129), nonce=0)),
        ("QUORUM", carol.sign(market.attest(carol, count=4), nonce=0)),
        ("QUORUM", carol.sign(shifted(market.attest(carol)), nonce=0)),
        ("UNATTESTED", carol.sign(tm.Mint("CTK", 1), nonce=0)),
        ("BOUND", bob.sign(tm.Pledge((2).to_bytes(32, "little")), nonce=3)),  # no hash of an attestation key
        ("SIGNATURE", alice.sign(replace(market.deal(1), cash=9), nonce=3)),
        ("SIGNATURE", alice.sign(carol.promise(market.deal(1)), nonce=3)),
        ("SIGNATURE", alice.sign(alice.promise(market.deal(1)), nonce=3)),
        ("OWNER", carol.sign(market.deal(1), nonce=0)),
        ("SIGNATURE", bob.sign(bob.monitored(tm.Receipt(deal, bytes(32))), nonce=3)),  # it has an attestation key
        ("SIGNATURE", bob.sign(replace(market.receipt(deal), result=bytes([1] * 32)), nonce=3)),
        ("OWNER", carol.sign(market.receipt(deal), nonce=0)),
        ("GONE", bob.sign(market.receipt(9), nonce=3)),
    ]
    s = int.from_bytes(good.signature[32:], "little")
    found.append(("SIGNATURE", replace(good, signature=good.signature[:32] + (s + ORDER).to_bytes(32, "little"))))
    for key in small_order():
        found.append(("KEY", tm.Signed(tm.Open(key), 0, 0, (1).to_bytes(32, "little") + bytes(32))))
    for bit in range(0, 512, 37):
        flipped = bytearray(good.signature)
        flipped[bit // 8] ^= 1 << bit % 8
        found.append(("SIGNATURE", replace(good, signature=bytes(flipped))))
    return found


def shifted(command: tm.Attest) -> tm.Attest:
    """Every oracle's signature on the reading of the next one."""
    signatures = [reading.signature for reading in command.readings]
    pairs = zip(command.readings, [*signatures[1:], signatures[0]], strict=True)
    return replace(command, readings=tuple(replace(reading, signature=signature) for reading, signature in pairs))


def test_refused_by_name_and_nothing_has_changed(market: Signers, tmp_path: Path) -> None:
    cases = refused_commands(market)
    ledger = market.ledger
    before, head, data = ledger.state.digest(), ledger.head, ledger.state.to_bytes()
    assert len(cases) > 60
    for name, signed in cases:
        assert ledger.append(signed).refusal.name == name, signed
        assert (ledger.state.digest(), ledger.head) == (before, head)
    assert [effect.refusal.name for effect in ledger.append_many([signed for _, signed in cases])] == [
        name for name, _ in cases
    ]
    assert ledger.state.to_bytes() == data
    deal = ledger.append(market.alice.sign(tm.Confirm(1)))  # and none of them has used a nonce
    assert deal
    ledger.close()
    with tm.Ledger.open(ledger._file.path, full=True) as again:
        assert again.height == head[0] + 1


def test_every_bit_of_a_command_counts(market: Signers) -> None:
    good = market.alice.sign(tm.Transfer(to=market.bob, asset="CASH", amount=5), nonce=1)
    data, digest, none = good.to_bytes(), market.ledger.state.digest(), 0
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            signed = tm.Signed.of(bytes(flipped), good.signature)
        except ValueError:  # test_encoding looks at what it says
            none += 1
            continue
        assert market.ledger.append(signed).refusal.name in ("SIGNATURE", "ACCOUNT", "KEY")
    assert 0 < none < 8 * len(data)
    assert market.ledger.state.digest() == digest
    assert market.ledger.append(good)


def test_a_batch_that_fails_is_taken_back(market: Signers, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, head, digest = market.ledger, market.ledger.head, market.ledger.state.digest()
    batch = [market.alice.sign(tm.Deposit(k)) for k in range(3)]

    def full(rows: Any) -> None:
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(ledger._file, "extend", full)
        with pytest.raises(OSError, match="disk full"):
            ledger.append_many(batch)
    assert (ledger.head, ledger.state.digest()) == (head, digest)
    assert all(ledger.append_many(batch))
    with pytest.raises(TypeError, match=r"commands\[1\]"):
        ledger.append_many([batch[0], b"x"])  # type: ignore[list-item]


def test_one_writer_and_readers(market: Signers) -> None:
    path = market.ledger._file.path
    with pytest.raises(BlockingIOError, match="another writer"):
        tm.Ledger.open(path)
    other = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN EXCLUSIVE')"
    done = subprocess.run([sys.executable, "-c", other, f"{path}.lock"], capture_output=True, text=True, check=False)
    assert "database is locked" in done.stderr  # what another process meets, without its half second of imports
    with tm.Ledger.open(path, readonly=True) as reader:
        seen = reader.head
        market.must(market.alice, tm.Deposit(5))
        assert reader.head == seen
        assert len(list(reader.records)) == reader.height
        assert tm.verify(reader)
        with pytest.raises(ValueError, match="reading only"):
            reader.append(market.alice.sign(tm.Deposit(5)))
    with tm.Ledger.open(path, readonly=True) as reader:
        assert reader.height == seen[0] + 1
    market.ledger.close()
    tm.Ledger.open(path).close()


def test_files_that_are_no_ledger(market: Signers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    market.ledger.close()
    path = Path(market.ledger._file.path)
    with pytest.raises(FileExistsError, match="there already"):
        tm.Ledger.create(path, seed=0)
    with pytest.raises(FileNotFoundError, match="no such ledger"):
        tm.Ledger.open(tmp_path / "none.db")
    (tmp_path / "text.db").write_text("hello" * 1_000)
    (tmp_path / "empty.db").write_bytes(b"")
    foreign = sqlite3.connect(tmp_path / "foreign.db")
    foreign.executescript("CREATE TABLE log(seq); INSERT INTO log VALUES (1);")
    foreign.close()
    newer = copied(path, "newer.db")
    half = copied(path, "half.db")
    connection = sqlite3.connect(newer)
    connection.execute("PRAGMA user_version=2")
    connection.close()
    os.truncate(half, half.stat().st_size // 2)
    for name, text in (
        ("text", "no ledger"),
        ("empty", "no ledger"),
        ("foreign", "no ledger"),
        ("newer", "schema 2"),
        ("half", "damaged"),
    ):
        with pytest.raises(FileFormatError, match=f"{name}.db.*{text}"):
            tm.Ledger.open(tmp_path / f"{name}.db", full=True)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)  # also for root, who may write everything
    with pytest.raises(PermissionError, match="must not be written"):
        tm.Ledger.open(path)
    with tm.Ledger.open(path, readonly=True) as reader:
        assert reader.height == 7


def test_arguments_that_do_not_go_together(tmp_path: Path) -> None:
    path = tmp_path / "m.db"
    ring = tm.Ring(5).authorities(7, 5)
    for wrong in ({}, {"seed": 1, "authorities": ring}, {"seed": 1, "rules": tm.Rules("literal")}, {"seed": 1, "economy": "x"}):
        with pytest.raises(ValueError, match=r"seed|economy"):
            tm.Ledger.create(path, **wrong)
    with pytest.raises(ValueError, match="7 oracles"):
        tm.Ledger.create(path, authorities=tm.Ring(5).authorities(6, 5))
    assert not path.exists()
    with tm.Ledger.create(path, authorities=ring) as one, tm.Ledger.create(tmp_path / "n.db", authorities=ring) as two:
        assert one.chain != two.chain
        one.open_account()
        with pytest.raises(ValueError, match="not made from a seed"):
            one.ring  # noqa: B018
    with pytest.raises(ValueError, match="must be of the backed economy"):
        tm.random_run(5, "backed", rules=tm.Rules("literal"))
