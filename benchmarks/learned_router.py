"""The learned router beside heuristics and exact methods: gap to the optimum against time, on held-out instances and others.

`main` prints the tables; `section` makes them. Processor time is read, since wall-clock time on a shared machine says little;
compilation is not counted. TOPTW instances need the public data (EDGEWORTH_DATA).
"""

from __future__ import annotations

import argparse
import csv
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from harness import DATA, table

from edgeworth import Stop
from edgeworth.core.result import Result
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import Eaco, EacoLs, LearnedRouter, OrienteeringProblem, RoutePlan

FIRST = 900_001
NAMES = ("c101", "c104", "r101", "r104", "rc101", "rc104", "c201", "r201", "rc201", "pr01", "pr05")
SECONDS = 60.0
"""For the proof of an optimum."""


class Way(NamedTuple):
    """A method with its parameters, as a line of the table."""

    label: str
    method: str
    params: object = None
    stop: Stop | None = None


LEARNED = (
    Way("attention, greedy", "attention"),
    Way("attention, 128 samples", "attention", LearnedRouter(samples=128)),
    Way("attention-ls, greedy", "attention-ls"),
    Way("attention-ls, 128 samples", "attention-ls", LearnedRouter(samples=128)),
)
WAYS = (
    Way("greedy", "greedy"),
    *LEARNED,
    Way("eaco, 10 iterations", "eaco", Eaco(iterations=10)),
    Way("eaco", "eaco"),
    Way("eaco-ls, 1 iteration", "eaco-ls", EacoLs(iterations=1)),
    Way("eaco-ls, 20 iterations", "eaco-ls", EacoLs(iterations=20)),
)


def drawn(count: int, **options: object) -> list[OrienteeringProblem]:
    return [orienteering.generate(**options, seed=FIRST + k) for k in range(count)]  # type: ignore[arg-type]


def timed(problem: OrienteeringProblem, way: Way) -> tuple[Result[RoutePlan], float]:
    """A run of `solve`, and its processor time in milliseconds."""
    began = time.process_time()
    result = orienteering.solve(problem, method=way.method, params=way.params, stop=way.stop, seed=0)
    return result, 1e3 * (time.process_time() - began)


def against(problems: Sequence[OrienteeringProblem], reference: Sequence[float], ways: Sequence[Way]) -> list[list[object]]:
    """A line a way: mean and largest gap to the reference, share of instances that reach it, median milliseconds."""
    lines: list[list[object]] = []
    for way in ways:
        timed(orienteering.FAMILY.examples()[0], way)  # compiles
        runs = [timed(each, way) for each in problems]
        gap = 1.0 - np.array([result.value for result, _ in runs]) / np.array(reference)
        spent = np.median([each for _, each in runs])
        lines.append([way.label, f"{gap.mean():.2%}", f"{gap.max():.1%}", f"{np.mean(gap < 1e-9):.0%}", f"{spent:.1f}"])
    return lines


HEADER = ("method", "mean gap", "largest", "at the reference", "median CPU ms")


def proved(problems: Sequence[OrienteeringProblem], method: str) -> tuple[list[float], list[list[object]]]:
    """Optima, and the line of the method that proves them."""
    way = Way(method, method, stop=Stop(seconds=SECONDS))
    timed(orienteering.FAMILY.examples()[1], way)
    runs = [timed(each, way) for each in problems]
    share, spent = np.mean([str(each.quality) == "optimal" for each, _ in runs]), np.median([each for _, each in runs])
    return [each.value for each, _ in runs], [[f"{method} ({share:.0%} proved)", "0", "0", "100%", f"{spent:.1f}"]]


def found_best(problems: Sequence[OrienteeringProblem]) -> list[float]:
    """What eaco-ls finds in 300 iterations, where optima take too long."""
    return [orienteering.solve(each, method="eaco-ls", params=EacoLs(iterations=300), seed=1).value for each in problems]


def toptw() -> list[list[object]]:
    """A line an instance with two vehicles: gaps to the best known value."""
    with (DATA / "toptw" / "best_known.csv").open(encoding="utf-8", newline="") as file:
        known = {(row["instance"], int(row["m"])): float(row["best_known"]) for row in csv.DictReader(file)}
    lines: list[list[object]] = []
    for name in NAMES:
        path = DATA / "toptw" / "instances" / f"{name}.txt"
        problem = orienteering.read_toptw(path, vehicles=2, rounding="trunc2" if name.startswith("pr") else "trunc1")
        cells = [
            f"{float(line[1].rstrip('%')):.1f}% in {line[4]} ms"  # type: ignore[union-attr]
            for line in against([problem], [known[name, 2]], (WAYS[0], *LEARNED, WAYS[-2]))
        ]
        lines.append([name, problem.customers, known[name, 2], *cells])
    return lines


def section(count: int) -> Iterator[str]:
    """All tables as text, one after the other."""

    def part(title: str, problems: list[OrienteeringProblem], method: str | None) -> str:
        values, last = (found_best(problems), []) if method is None else proved(problems, method)
        return f"{title}\n\n{table(HEADER, [*against(problems, values, WAYS), *last])}\n"

    yield part(f"{count} instances of fusion, 5 vehicles and 16 customers", drawn(count), "column-generation")
    yield part("20 of fusion, 1 vehicle and 16 customers", drawn(20, vehicles=1), "dp")
    header = ("instance, 2 vehicles", "customers", "best known", "greedy", *(way.label for way in LEARNED), WAYS[-2].label)
    yield f"TOPTW, gap to the best known value\n\n{table(header, toptw())}\n"
    beside = "beside 300 iterations of eaco-ls"
    yield part(f"20 of fusion, 8 vehicles and 40 customers, {beside}", drawn(20, vehicles=8, customers=40), None)
    yield part(f"10 of random, 2 vehicles and 100 customers, {beside}", drawn(10, preset="random"), None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100, help="held-out instances of fusion")
    for each in section(parser.parse_args().count):
        print(each, flush=True)


if __name__ == "__main__":
    main()
