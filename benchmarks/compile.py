"""How long a newcomer waits: every method from an empty cache and from a full one, and the whole package at once."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness import child, record, table

from edgeworth import _families
from edgeworth.core.family import family


def megabytes(folder: str) -> float:
    """The size of everything below a folder."""
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file()) / 1e6


def measure(kind: str, method: str) -> list[object]:
    """One method: ready from an empty cache, what it keeps, and the first call from that cache."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["NUMBA_CACHE_DIR"] = folder
        cold: dict[str, Any] = child("run_compile.py", kind, method)
        size = megabytes(folder)
        warm: dict[str, Any] = min((child("run_compile.py", kind, method) for _ in range(3)), key=lambda each: each["seconds"])
    cells = [f"{cold['ready']:.1f}", f"{cold['processor']:.1f}", cold["kernels"], f"{size:.1f}", f"{warm['seconds']:.2f}"]
    return [kind, method, *cells]


def main() -> None:
    """All methods that have kernels; families may be named as arguments."""
    rows = []
    for kind in sys.argv[1:] or _families.FAMILIES:
        for row in family(kind).methods:
            if row.kernels:
                rows.append(measure(kind, row.name))
                sys.stderr.write(f"{rows[-1]}\n")
    head = ("family", "method", "cold ready s", "processor s", "kernels", "kept MB", "warm first call s")
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    note = "Targets on a quiet machine: cold <= 8 s, warm <= .5 s beyond importing numba."
    record("compile: every method from an empty cache", f"{table(head, rows)}\n\n{note} Load while measured: {load}.")


if __name__ == "__main__":
    main()
