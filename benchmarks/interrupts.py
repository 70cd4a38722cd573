"""How long every method takes to end after Ctrl-C: SIGINT is sent to a process of its own at several moments of the run.

Prints one line a method: the longest time from the signal to the return of ``solve``, the longest processor time of it (which
says more on a machine that does other things: "busy"), and what the runs ended with. Negative: it ended before the signal.

Usage: ``python benchmarks/interrupts.py [FAMILY [METHOD]]``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from edgeworth import Observer, Stop, _families

MOMENTS = (0.3, 2.0, 6.0)
"""Seconds of the run after which the signal is sent."""
LIMIT = 0.5
"""Seconds within which a method must have returned."""

SIZES: dict[str, dict[str, Any]] = {
    "allocation": {"preset": "hotspot", "servers": 100, "tasks": 20_000},
    "orienteering": {"customers": 200, "vehicles": 5},
    "trading": {"consumers": 20_000},
    "offloading": {"users": 3_000},
    "normal-form": {"strategies": 700},
    "double-auction": {"preset": "unit", "buyers": 100_000, "sellers": 100_000},
    "procurement": {"suppliers": 1_000_000},
}
OTHERS: dict[tuple[str, str], dict[str, Any]] = {
    ("allocation", "milp"): {"preset": "hotspot", "servers": 30, "tasks": 1_500},
    ("double-auction", "off-aic2"): {"preset": "fusion", "buyers": 300, "sellers": 100},
    ("normal-form", "lemke-howson"): {"strategies": 250},
    ("normal-form", "stackelberg"): {"strategies": 150},
    ("normal-form", "zero-sum"): {"preset": "zero-sum", "strategies": 700},
}


class _Announced(Observer):
    def on_start(self, problem: Any, method: str) -> None:
        print("go", flush=True)


def child(kind: str, method: str) -> None:
    """Solve once and say when the call came back."""
    family = import_module(_families.FAMILIES[kind])
    problem = family.generate(seed=0, **OTHERS.get((kind, method), SIZES[kind]))
    tiny = family.generate(seed=0)
    family.solve(tiny, method=method, stop=Stop(seconds=2.0), seed=0)  # its kernels are loaded now
    try:
        result = family.solve(problem, method=method, stop=Stop(seconds=20.0), seed=0, observer=_Announced())
        ended: dict[str, Any] = {"at": time.monotonic(), "ended": str(result.termination), "quality": str(result.quality)}
    except KeyboardInterrupt:
        ended = {"at": time.monotonic(), "ended": "KeyboardInterrupt", "quality": ""}
    ended["cpu"] = time.process_time()
    print(json.dumps(ended), flush=True)


def press(kind: str, method: str, moment: float) -> dict[str, Any]:
    """One run in a process of its own, interrupted after so many seconds."""
    command = [sys.executable, __file__, "--child", kind, method]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while (line := process.stdout.readline()) and line != "go\n":
            pass
        if not line:
            return {"ended": "failed", "seconds": float("nan"), "quality": ""}
        time.sleep(moment)
        pressed, used = time.monotonic(), _cpu(process.pid)
        os.kill(process.pid, signal.SIGINT)
        text = process.communicate()[0]
    try:
        found: dict[str, Any] = json.loads(text.splitlines()[-1])
    except (IndexError, ValueError):
        return {"ended": "after its end", "seconds": 0.0, "quality": ""}
    return found | {"seconds": found["at"] - pressed, "cpu": found["cpu"] - used}


def _cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(kinds: list[str], only: list[str]) -> None:
    """The table."""
    from edgeworth.core.family import family

    for kind in kinds or list(_families.FAMILIES):
        for row in family(kind).methods:
            if only and row.name not in only:
                continue
            runs = []
            for moment in MOMENTS:
                runs.append(press(kind, row.name, moment))
                if runs[-1]["seconds"] <= 0.0:
                    break
            worst = max(run["seconds"] for run in runs)
            busy = max(run.get("cpu", 0.0) for run in runs)
            words = ", ".join(f"{run['ended']}/{run['quality']} {run['seconds']:.2f}" for run in runs)
            flag = "" if worst <= LIMIT else "busy" if busy <= LIMIT else "SLOW"
            print(f"{kind:15s} {row.name:20s} {worst:6.2f} s {busy:6.2f} cpu s {flag:5s} {words}", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:4])
    else:
        main(sys.argv[1:2], sys.argv[2:])
