"""Writers of a ledger, killed with SIGKILL at random instants: a script of its own, so that it may fork.

python crashes.py PATH KILLS SEED prints what was found as one line of JSON. The benchmark runs it too.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from typing import Any

from edgeworth.mechanisms import token_market as tm

LONGEST = 0.06
"""Seconds after the first acknowledged command until which a writer may live."""


def write(path: str, pipe: int) -> None:
    """Append alone and in batches for ever; acknowledge each command that the ledger took with its number and hash."""
    with tm.Ledger.open(path) as ledger:
        alice, bob = ledger.wallet(1), ledger.wallet(2)
        while True:
            for size in (1, 5, 1, 1):
                batch = [alice.sign(tm.Transfer(to=bob, asset="CTK", amount=0)) for _ in range(size)]
                before = ledger.height
                if not all(ledger.append_many(batch)) or ledger.height != before + size:
                    os._exit(1)
                os.write(pipe, f"{ledger.height} {ledger.head[1].hex()}\n".encode())


def one(path: str, rng: random.Random) -> tuple[list[tuple[int, str]], int]:
    """Start a writer, kill it, and return what it acknowledged and how it ended."""
    ends = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(ends[0])
            write(path, ends[1])
        finally:
            os._exit(2)
    os.close(ends[1])
    data = b""
    if rng.random() < 0.9:
        data = os.read(ends[0], 2**16)  # blocks until the first
    time.sleep(rng.random() * LONGEST)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    while piece := os.read(ends[0], 2**16):
        data += piece
    os.close(ends[0])
    lines = [line.split() for line in data.decode().splitlines(keepends=True) if line.endswith("\n")]
    return [(int(number), digest) for number, digest in lines], os.WTERMSIG(status) if os.WIFSIGNALED(status) else -1


def main(path: str, kills: int, seed: int) -> dict[str, Any]:
    """Kill so many writers of one ledger, and look at it after each."""
    rng = random.Random(seed)
    with tm.Ledger.create(path, economy="literal", seed=seed) as ledger:
        for each in (1, 2):
            ledger.open_account(seed=each)
        height = ledger.height
    found = {"kills": 0, "acknowledged": 0, "lost": 0, "doubled": 0, "unacknowledged": 0, "broken": 0, "refused": 0}
    for _ in range(kills):
        told, ending = one(path, rng)
        found["kills"] += ending == signal.SIGKILL
        last = told[-1][0] if told else height
        found["acknowledged"] += last - height
        try:
            ledger = tm.Ledger.open(path)
        except tm.BrokenLedgerError:
            found["broken"] += 1
            break
        with ledger:
            hashes = {row.seq: row.hash.hex() for row in ledger._file.rows(height)}
            found["lost"] += sum(hashes.get(number) != digest for number, digest in told)
            found["lost"] += max(last - ledger.height, 0)
            found["unacknowledged"] += max(ledger.height - last, 0)
            nonces = [record.nonce for record in ledger.records if record.signer == 1]
            found["doubled"] += len(nonces) - len(set(nonces)) + (ledger.state.nonce(1) != len(nonces))
            found["refused"] += not ledger.append(ledger.wallet(1).sign(tm.Transfer(to=2, asset="CTK", amount=0)))
            height = ledger.height
    with tm.Ledger.open(path, full=True) as ledger:
        report = tm.verify(ledger)
        found["verified"] = bool(report)
        found["records"] = ledger.height
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))) + "\n")
