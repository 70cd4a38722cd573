"""Ledgers that somebody edited: each is refused, and the record named."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edgeworth.core.errors import FileFormatError
from edgeworth.mechanisms import token_market as tm
from edgeworth.mechanisms.token_market.store import chain
from edgeworth.mechanisms.token_market.store.file import Row
from tests.mechanisms.token_market.ledgers import Signers, copied

EVERY = 20
Edit = Callable[[sqlite3.Connection], object]


@pytest.fixture(autouse=True)
def often() -> Iterator[None]:
    """Digests every 20 records, so that small ledgers have some."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain, "CHECKPOINT", EVERY)
        yield


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed ledger of 50 records: openings, attestations, mintings, then transfers of alice."""
    path = tmp_path_factory.mktemp("tampering") / "market.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chain, "CHECKPOINT", EVERY)
        market = Signers(path)
        pay = [market.alice.sign(tm.Transfer(to=market.bob, asset="CASH", amount=k + 1)) for k in range(43)]
        assert all(market.ledger.append_many(pay))
        assert market.ledger.height == 50
        market.ledger.close()
    return path


def row_at(db: sqlite3.Connection, number: int) -> Row:
    return Row(*db.execute("SELECT * FROM log WHERE seq = ?", (number,)).fetchone())


def put(db: sqlite3.Connection, row: Row) -> None:
    db.execute("INSERT OR REPLACE INTO log VALUES (?, ?, ?, ?, ?, ?)", row)


def set_head(db: sqlite3.Connection, height: int, hashed: bytes) -> None:
    db.execute("UPDATE meta SET value = ? WHERE name = 'head'", (height.to_bytes(8, "little") + hashed,))


def column(number: int, name: str, at: int = 0) -> Edit:
    """One bit of a column."""

    def edit(db: sqlite3.Connection) -> None:
        row = row_at(db, number)
        data = bytearray(getattr(row, name))
        data[at] ^= 1
        put(db, row._replace(**{name: bytes(data)}))

    return edit


def rewritten(number: int, name: str, at: int = 0) -> Edit:
    """One bit of a column, and all hashes from there on as they ought to be, with the head."""

    def edit(db: sqlite3.Connection) -> None:
        column(number, name, at)(db)
        rechain(db, number)

    return edit


def rechain(db: sqlite3.Connection, number: int) -> None:
    rows = [Row(*row) for row in db.execute("SELECT * FROM log WHERE seq >= ? ORDER BY seq", (number,))]
    hashed = row_at(db, number - 1).hash
    for row in rows:
        row = row._replace(prev=hashed)
        hashed = chain.link(row)
        put(db, row._replace(hash=hashed))
    set_head(db, rows[-1].seq, hashed)


def delete(number: int) -> Edit:
    return lambda db: db.execute("DELETE FROM log WHERE seq = ?", (number,))


def closed_up(number: int) -> Edit:
    """A record taken out, those behind it moved up, and everything hashed again."""

    def edit(db: sqlite3.Connection) -> None:
        db.execute("DELETE FROM log WHERE seq = ?", (number,))
        for each in range(number + 1, 51):
            db.execute("UPDATE log SET seq = ? WHERE seq = ?", (each - 1, each))
        db.execute("DELETE FROM checkpoint")
        rechain(db, number)

    return edit


def insert(number: int) -> Edit:
    """A record again, before itself, as a new one."""

    def edit(db: sqlite3.Connection) -> None:
        twin = row_at(db, number)
        for each in range(50, number - 1, -1):
            db.execute("UPDATE log SET seq = ? WHERE seq = ?", (each + 1, each))
        put(db, twin)
        rechain(db, number)

    return edit


def swap(one: int, two: int, *, hashes: bool) -> Edit:
    def edit(db: sqlite3.Connection) -> None:
        first, second = row_at(db, one), row_at(db, two)
        put(db, second._replace(seq=one))
        put(db, first._replace(seq=two))
        if hashes:
            rechain(db, one)

    return edit


def truncate(number: int) -> Edit:
    return lambda db: db.execute("DELETE FROM log WHERE seq >= ?", (number,))


def beyond(db: sqlite3.Connection) -> None:
    """A record that the head does not know."""
    row = row_at(db, 50)
    put(db, row._replace(seq=51, prev=row.hash))


def checkpoint(change: Callable[[bytes], bytes], *, digest: bool) -> Edit:
    def edit(db: sqlite3.Connection) -> None:
        _, state, told = db.execute("SELECT * FROM checkpoint").fetchone()
        state = change(state)
        told = hashlib.sha256(state).digest() if digest else told
        db.execute("UPDATE checkpoint SET state = ?, digest = ?", (state, told))

    return edit


def meta(name: str, at: int = -1) -> Edit:
    def edit(db: sqlite3.Connection) -> None:
        data = bytearray(db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0])
        data[at] ^= 1
        db.execute("UPDATE meta SET value = ? WHERE name = ?", (bytes(data), name))

    return edit


def flip(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


CASES: list[tuple[str, int, Edit]] = [
    ("edited command", 45, column(45, "command", 22)),
    ("edited command, hashed again", 45, rewritten(45, "command", 22)),
    ("edited signature", 45, column(45, "signatures", 5)),
    ("edited signature, hashed again", 45, rewritten(45, "signatures", 5)),
    ("edited result", 45, column(45, "result")),
    ("edited result, hashed again", 45, rewritten(45, "result")),
    ("edited digest, hashed again", 40, rewritten(40, "result", 30)),
    ("edited link", 45, column(45, "prev")),
    ("edited hash", 45, column(45, "hash")),
    ("edited hash of the last", 50, column(50, "hash")),
    ("no command any more", 45, rewritten(45, "command")),
    ("deleted", 45, delete(45)),
    ("deleted before the checkpoint", 12, delete(12)),
    ("deleted and closed up", 45, closed_up(45)),
    ("inserted", 46, insert(45)),
    ("swapped", 44, swap(44, 47, hashes=False)),
    ("swapped, hashed again", 44, swap(44, 47, hashes=True)),
    ("truncated", 46, truncate(46)),
    ("truncated before the checkpoint", 31, truncate(31)),
    ("beyond the head", 51, beyond),
    ("edited state", 40, checkpoint(flip, digest=False)),
    ("edited state with its digest", 40, checkpoint(flip, digest=True)),
    ("edited chain id", 1, meta("chain")),
    ("edited rules", 1, meta("rules", -8)),
    ("edited head", 50, meta("head")),
]


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("case", range(len(CASES)), ids=[name for name, _, _ in CASES])
def test_each_edit_is_found_at_its_record(original: Path, tmp_path: Path, case: int, full: bool) -> None:
    _, number, edit = CASES[case]
    path = tmp_path / "edited.db"
    path.write_bytes(original.read_bytes())
    db = sqlite3.connect(path, isolation_level=None)
    edit(db)
    db.close()
    with pytest.raises(tm.BrokenLedgerError, match=f"edited.db: record {number}: ") as caught:
        tm.Ledger.open(path, full=full)
    assert caught.value.sequence == number


def test_before_the_checkpoint_a_full_look_finds_it(original: Path) -> None:
    """Opening verifies from the last checkpoint: what came before is not looked at again, and is not used."""
    path = copied(original, "early.db")
    db = sqlite3.connect(path, isolation_level=None)
    column(10, "signatures")(db)
    db.close()
    with tm.Ledger.open(path) as ledger:
        assert ledger.height == 50
    with pytest.raises(tm.BrokenLedgerError, match="record 10"):
        tm.Ledger.open(path, full=True)


def test_an_older_file_shows_against_a_remembered_head_only(original: Path) -> None:
    path = copied(original, "older.db")
    with tm.Ledger.open(path) as ledger:
        bob = ledger.wallet(2)
        assert ledger.append(bob.sign(tm.Deposit(1)))
        head = ledger.head
    with tm.Ledger.open(path, full=True, head=head):
        pass
    with tm.Ledger.open(original, full=True) as older:
        before = older.head
    with pytest.raises(tm.BrokenLedgerError, match="record 51: is not the one remembered"):
        tm.Ledger.open(original, full=True, head=head)
    with pytest.raises(tm.BrokenLedgerError, match="record 99"):
        tm.Ledger.open(path, head=(99, b""))
    with tm.Ledger.open(path, head=before):  # a later one of the same ledger is
        pass


def test_edited_lines_are_not_imported(original: Path, tmp_path: Path) -> None:
    with tm.Ledger.open(original, readonly=True) as ledger:
        ledger.export_lines(tmp_path / "good.jsonl")
    lines = (tmp_path / "good.jsonl").read_text().splitlines()
    assert len(lines) == 51

    def attempt(changed: list[str]) -> str:
        (tmp_path / "bad.jsonl").write_text("\n".join(changed) + "\n")
        with pytest.raises(FileFormatError) as caught:
            tm.Ledger.import_lines(tmp_path / "bad.jsonl", tmp_path / "bad.db")
        assert not (tmp_path / "bad.db").exists()
        return str(caught.value)

    record = json.loads(lines[45])
    edited = json.dumps(record | {"command": record["command"][:-2] + "01"})
    hashed = json.dumps(record | {"hash": "00" * 32})
    assert "record 45: is refused: SIGNATURE" in attempt([*lines[:45], edited, *lines[46:]])
    assert "record 45: has another hash" in attempt([*lines[:45], hashed, *lines[46:]])
    assert "line 46: must be record 45, and is 46" in attempt([*lines[:45], *lines[46:]])
    assert "line 46: is no JSON" in attempt([*lines[:45], lines[45][:30]])
    assert "line 46: must have command, hash, n, signature" in attempt([*lines[:45], "{}"])
    assert "line 46: hash" in attempt([*lines[:45], json.dumps(record | {"hash": "xy"})])
    assert "line 46: tag" in attempt([*lines[:45], json.dumps(record | {"command": "ff"})])
    assert "line 1: must say that the format" in attempt(lines[1:])
    assert "line 1: must have authorities" in attempt(['{"format": "edgeworth/token-market/1"}'])
    head = json.loads(lines[0])
    for name, value in (
        ("authorities", "00"),
        ("chain", "00"),
        ("rules", [2] * 9),
        ("rules", [0]),
        ("seed", -1),
        ("seed", True),
    ):
        assert "line 1: " in attempt([json.dumps(head | {name: value})])
