"""What the benchmarks share: processes of their own for peers, tables, and the record in RESULTS.md."""

from __future__ import annotations

import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PROVED = ("optimal", "claimed optimal")
"""Qualities that count as a proof where methods are timed: HiGHS proves what nobody rebuilds."""
DATA = Path(os.environ.get("EDGEWORTH_DATA", HERE.parent.parent / "shared" / "data"))


def child(script: str, *arguments: object, timeout: float = 600.0) -> Any:
    """Run a script of this folder in a fresh process; its last line of output is JSON."""
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit code {done.returncode}"}
    return json.loads(done.stdout.strip().splitlines()[-1])


def wall(command: Sequence[str], runs: int) -> list[float]:
    """Wall-clock seconds of a command as a whole process, after one run that does not count."""
    seconds = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        seconds.append(time.perf_counter() - began)
    return seconds[1:]


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def record(title: str, body: str) -> None:
    """Print a section and append it to RESULTS.md with the date, the versions and the machine."""
    names = ("edgeworth", "numpy", "numba", "highspy", "ortools", "pyomo")
    versions = []
    for name in names:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"{name} not installed")
    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC")
    where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    text = f"\n## {title}\n\n{stamp}; {where}; {', '.join(versions)}.\n\n{body}\n"
    print(text, flush=True)
    with (HERE / "RESULTS.md").open("a", encoding="utf-8") as file:
        file.write(text)
