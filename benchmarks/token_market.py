"""Benchmarks of the token market: the kernel, the signed ledger beside bare verification of signatures, killed writers, edits.

python benchmarks/token_market.py [kernel] [ledger] [kills] [edits] [--small]: the sections named, or all of them; --small for a
tenth of the work or less, which records nothing.
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import HERE, record, table

sys.path.insert(0, str(HERE.parent))
from edgeworth.mechanisms import token_market as tm
from edgeworth.mechanisms.token_market import keys
from edgeworth.mechanisms.token_market.random_signed import signed_issues

BATCH = 1_000
ECONOMIES: tuple[Any, ...] = ("backed", "literal")


def kernel(small: bool) -> str:
    """Random commands, drawn and applied; the invariants of what they lead to, and a replay by the plain rules."""
    count = 100_000 if small else 1_000_000
    rows = []
    for economy in ECONOMIES:
        tm.random_run(10, economy, seed=0)  # compiled
        began = time.process_time()
        run = tm.random_run(count, economy, seed=0)
        seconds = time.process_time() - began
        broken = tm.violations(run.state)
        head = tm.random_run(count // 20, economy, seed=0)
        report = tm.verify(head)
        accepted = run.log.counts()["ACCEPTED"]
        cells = [f"{count:,}", f"{accepted:,}", f"{seconds:.2f}", f"{count / seconds:,.0f}", len(broken)]
        rows.append([economy, *cells, f"{'all hold' if report else report.failures} ({len(head.log):,})"])
    names = (
        "economy",
        "commands",
        "accepted",
        "seconds of processor",
        "commands / s",
        "invariants broken",
        "replay (commands)",
    )
    return table(names, rows)


def ledger(small: bool) -> str:
    """Signed commands through the ledger in batches, each batch beside the bare verification of the signatures it verified."""
    count = 5_000 if small else 100_000
    rows = []
    for economy in ECONOMIES:
        issues = signed_issues(count, economy, 0)
        with tempfile.TemporaryDirectory() as folder:
            rows.append([economy, *_ledger(Path(folder) / "market.db", economy, issues)])
    names = (
        "economy", "commands", "accepted", "as the kernel", "signatures", "commands / s", "commands / s of processor",
        "bare verification / ledger, seconds of processor", "opens from genesis, s", "from the checkpoint, s", "verified",
    )  # fmt: skip
    return table(names, rows)


def _ledger(path: Path, economy: Any, issues: list[tuple[tm.Signed, int]]) -> list[object]:
    """The ratio is of medians: of every batch the bare verification is timed right after it, in the same process."""
    honest, seen = keys.verified, []

    def noted(key: bytes, signature: bytes, message: bytes) -> bool:
        seen.append((key, signature, message))
        return honest(key, signature, message)

    keys.verified = noted
    walls, taken, bare, right, signatures = 0.0, [], [], 0, 0
    with tm.Ledger.create(path, economy=economy, seed=0) as book:
        for first in range(0, len(issues), BATCH):
            batch = issues[first : first + BATCH]
            seen.clear()
            wall, began = time.perf_counter(), time.process_time()
            effects = book.append_many([signed for signed, _ in batch])
            taken.append(time.process_time() - began)
            walls += time.perf_counter() - wall
            right += sum(int(effect.refusal) == result for effect, (_, result) in zip(effects, batch, strict=True))
            began = time.process_time()
            for key, signature, message in seen:
                honest(key, signature, message)
            bare.append(time.process_time() - began)
            signatures += len(seen)
        height, head = book.height, book.head
    keys.verified = honest
    ratio = statistics.median(one / other for one, other in zip(bare, taken, strict=True))
    whole, short = (_opened(path, full, head) for full in (True, False))
    with tm.Ledger.open(path, readonly=True) as book:
        report = tm.verify(book, every=10_000)
    speeds = [f"{len(issues) / walls:,.0f}", f"{len(issues) / sum(taken):,.0f}", f"{ratio:.2f}"]
    return [
        f"{len(issues):,}", f"{height:,}", f"{right:,}", f"{signatures:,}", *speeds, f"{whole:.2f}", f"{short:.2f}",
        "all hold" if report else str(report.failures),
    ]  # fmt: skip


def _opened(path: Path, full: bool, head: tuple[int, bytes]) -> float:
    began = time.perf_counter()
    tm.Ledger.open(path, full=full, head=head).close()
    return time.perf_counter() - began


def kills(small: bool) -> str:
    """Writers killed with SIGKILL, by the script that the tests run."""
    script = HERE.parent / "tests" / "mechanisms" / "token_market" / "crashes.py"
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(script), f"{folder}/market.db", str(20 if small else 200), "7"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return table(tuple(found), [list(found.values())])


def edits(small: bool) -> str:
    """One byte of the log changed, or a record deleted, swapped with the next, or those from it on cut off, at random."""
    count, rng, rows = 20 if small else 200, random.Random(0), []
    with tempfile.TemporaryDirectory() as folder:
        path, edited = Path(folder) / "market.db", Path(folder) / "edited.db"
        with tm.Ledger.create(path, seed=0) as book:
            book.append_many(tm.random_commands(150, economy="backed", seed=0))
            height = book.height
        for name, edit in EDITS.items():
            right = 0
            for _ in range(count):
                edited.write_bytes(path.read_bytes())
                db = sqlite3.connect(edited, isolation_level=None)
                number = rng.randint(1, height - 1)
                edit(db, number, rng)
                db.close()
                try:
                    tm.Ledger.open(edited, full=True).close()
                except tm.BrokenLedgerError as error:
                    right += error.sequence == number
            rows.append([name, count, right])
    return table(("edit", "edits", "found at the right record"), rows)


def _byte(db: sqlite3.Connection, number: int, rng: random.Random) -> None:
    name = rng.choice(("command", "signatures", "result", "prev", "hash"))
    data = bytearray(db.execute(f"SELECT {name} FROM log WHERE seq = ?", (number,)).fetchone()[0])
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    db.execute(f"UPDATE log SET {name} = ? WHERE seq = ?", (bytes(data), number))


def _delete(db: sqlite3.Connection, number: int, rng: random.Random) -> None:
    db.execute("DELETE FROM log WHERE seq = ?", (number,))


def _swap(db: sqlite3.Connection, number: int, rng: random.Random) -> None:
    for old, new in ((number, -1), (number + 1, number), (-1, number + 1)):
        db.execute("UPDATE log SET seq = ? WHERE seq = ?", (new, old))


def _insert(db: sqlite3.Connection, number: int, rng: random.Random) -> None:
    """Another record in the place of this one, which moves on with all after it."""
    last = db.execute("SELECT max(seq) FROM log").fetchone()[0]
    for each in range(last, number - 1, -1):
        db.execute("UPDATE log SET seq = ? WHERE seq = ?", (each + 1, each))
    source = number - 1 if number > 1 else last + 1
    db.execute("INSERT INTO log SELECT ?, command, signatures, result, prev, hash FROM log WHERE seq = ?", (number, source))


def _cut(db: sqlite3.Connection, number: int, rng: random.Random) -> None:
    db.execute("DELETE FROM log WHERE seq >= ?", (number,))


EDITS: dict[str, Callable[[sqlite3.Connection, int, random.Random], None]] = {
    "one bit": _byte, "delete": _delete, "insert": _insert, "swap": _swap, "truncate": _cut,
}  # fmt: skip
SECTIONS: dict[str, tuple[str, Callable[[bool], str], str]] = {
    "kernel": ("kernel", kernel, "Target: 10^6 random commands with all invariants intact, in seconds."),
    "ledger": ("signed ledger", ledger, "Targets: bare verification / ledger >= .5 in batches; >= 2,000 commands a second."),
    "kills": ("killed writers", kills, "Target: 200 x SIGKILL, none lost, none doubled, the chain verifies, the next works."),
    "edits": ("edited ledgers", edits, "Target: each found at the right record."),
}


def main(words: list[str]) -> None:
    """Measure and record."""
    small = "--small" in words
    for name in [word for word in words if word != "--small"] or SECTIONS:
        title, measure, note = SECTIONS[name]
        body = f"{measure(small)}\n\n{note}"
        if small:
            print(f"{title} (small)\n\n{body}\n", flush=True)
        else:
            record(f"token market: {title}", body)


if __name__ == "__main__":
    main(sys.argv[1:])
