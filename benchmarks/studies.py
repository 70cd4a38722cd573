"""Benchmarks of studies: kills, rows a second, opening and going on, what a task costs, Dask.

python benchmarks/studies.py [kills] [rate] [resume] [overhead] [dask] [--small]: the sections named, or all of them; --small
for a tenth of the work or less, which records nothing. The section dask needs the extra distributed.
"""

from __future__ import annotations

import gc
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

from harness import HERE, record, table

sys.path.insert(0, str(HERE.parent))
from edgeworth import Study, compare
from edgeworth.experiments import pool
from edgeworth.experiments.study import clusters, migration
from edgeworth.experiments.study import study as room
from edgeworth.experiments.table import Outcome
from edgeworth.experiments.tasks import Task, run_task
from tests.experiments.study.kills import after, children, finished, fork, made, newer, older, sound, works
from tests.experiments.study.planted import METHODS, asked, problems, same

TASKS = 400


def fresh(folder: str, name: object) -> Path:
    """A file that is not there."""
    return Path(folder) / f"{name}.db"


# --- kills -------------------------------------------------------------------------------------------------------------------


def parents(folder: str, count: int, wanted: Any) -> list[object]:
    """SIGKILL of the process at work, at a row that is uniform over what is left, and up to 5 ms after it."""
    draw, studies, rows, path = random.Random(1), 0, 0, None
    for _ in range(count):
        if path is None:
            path, told, studies = fresh(folder, f"parent{studies}"), list[str](), studies + 1
            made(path, TASKS)
        child = fork(works(path))
        told += child.until(draw.randint(1, max((TASKS - len(told)) // 2, 1)))
        time.sleep(draw.random() * 0.005)
        told += child.end()
        sound(path, told)
        if Study.open(path).status().waiting < 4:
            rows += len(told)
            finished(path, wanted)
            path = None
    if path is not None:
        rows += len(told)
        finished(path, wanted)
    return ["parent, SIGKILL", count, studies, f"{rows:,}"]


def workers(folder: str, count: int, wanted: Any) -> list[object]:
    """SIGKILL of a worker process of the engine loky, ten to a study."""
    draw, rows, lost = random.Random(2), 0, 0
    for number in range(0, count, 10):
        path, told = fresh(folder, f"worker{number}"), 0
        moments = set(draw.sample(range(1, TASKS - 20), min(10, count - number)))

        def kill(done: int, total: int, row: Any, moments: set[int] = moments) -> None:
            nonlocal told
            told += 1
            if done in moments:
                os.kill(draw.choice(children(os.getpid())), signal.SIGKILL)

        status = made(path, TASKS).run(engine="loky", n_jobs=2, on_run=kill)
        assert (status.waiting, status.failed, told) == (0, 0, TASKS), status
        assert status.lost <= len(moments)
        rows, lost = rows + told, lost + status.lost
        finished(path, wanted)
    return [f"worker (loky), SIGKILL: {lost} attempts lost", count, -(-count // 10), f"{rows:,}"]


def openings(folder: str, count: int, wanted: Any) -> list[object]:
    """SIGKILL while a study is made (half of them) and while it is migrated."""
    draw = random.Random(3)
    migration.STEPS[0] = newer
    began = time.perf_counter()
    made(fresh(folder, "made"), TASKS)
    longest = time.perf_counter() - began
    for number in range(count // 2):
        path = fresh(folder, f"opening{number}")
        after(draw.random() * longest, fork(lambda write, path=path: made(path, TASKS)))
        assert made(path, TASKS).status().waiting == TASKS
        older(path)
        after(draw.random() * longest, fork(lambda write, path=path: made(path, TASKS)))
        made(path, TASKS)
        assert asked(path, "PRAGMA user_version") == [(1,)]
        sound(path, [])
        if number % 5 == 0:
            finished(path, wanted)
    del migration.STEPS[0]
    return [f"opening, migration: SIGKILL within {1e3 * longest:.0f} ms", count, count // 2, "-"]


def stops(folder: str, count: int, wanted: Any) -> list[object]:
    """SIGSTOP, a second opener, and then SIGCONT or SIGKILL."""
    draw, rows = random.Random(4), 0
    for number in range(count):
        path = fresh(folder, f"stop{number}")
        made(path, TASKS)
        child = fork(works(path))
        told = child.until(draw.randint(1, TASKS // 2))
        os.kill(child.pid, signal.SIGSTOP)
        refused = ""
        try:
            Study.open(path).run(engine="serial")
        except BlockingIOError as error:
            refused = str(error)
        assert f"process {child.pid} on" in refused, "the second opener was let in"
        assert len(told) <= Study.open(path).status().done < TASKS
        Study.open(path).comparison()
        if number % 2:
            told += child.end()
        else:
            os.kill(child.pid, signal.SIGCONT)
            told += child.wait()
            assert len(told) == TASKS
        sound(path, told)
        finished(path, wanted)
        rows += len(told)
    return ["SIGSTOP + second opener, then SIGCONT or SIGKILL", count, count, f"{rows:,}"]


def kills(small: bool) -> str:
    """All of them; each study must end with the table of an uninterrupted `compare`."""
    wanted = compare(problems(4), METHODS, seeds=range(TASKS // 4 - 1))
    plans: list[tuple[Callable[[str, int, Any], list[object]], int]] = [
        (parents, 100),
        (workers, 50),
        (openings, 30),
        (stops, 20),
    ]
    found = []
    for plan, count in plans:
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            found.append([*plan(folder, count // 10 if small else count, wanted), "0", "0", "0"])
            found[-1].append(f"{time.perf_counter() - began:.0f}")
            print(found[-1], flush=True)
    names = ("what is killed", "kills", "studies", "rows acknowledged", "lost", "doubled", "corrupt", "seconds")
    text = (
        "After each kill: integrity_check and digests hold, each acknowledged row is there once. At the end: equal to compare."
    )
    return f"{table(names, found)}\n\n{text}"


# --- rates -------------------------------------------------------------------------------------------------------------------


class Canned:
    """An engine that computes one run of every method, and gives its outcome for all of them."""

    here = False

    def __init__(self) -> None:
        self._known: dict[str, Outcome] = {}

    def map(self, tasks: Iterable[tuple[str, Task]], *, alone: bool) -> Generator[tuple[str, Outcome], None, None]:
        for key, task in tasks:
            name = f"{task.problem.hash} {task.spec.label}"
            if name not in self._known:
                self._known[name] = run_task(task)
            yield key, self._known[name]


def canned(path: Path, seeds: int, *, problem_count: int = 10, durable: bool = False) -> tuple[Study, float, float]:
    """A study of that many seeds; seconds to make it, and to fill it."""
    began = time.perf_counter()
    study = Study(path, problems(problem_count), ["random"], seeds=range(seeds), durable=durable)
    after_made = time.perf_counter()
    real, room.engine_of = room.engine_of, lambda *_: Canned()  # type: ignore[assignment]
    try:
        study.run()
    finally:
        room.engine_of = real
    return study, after_made - began, time.perf_counter() - after_made


def rate(small: bool) -> str:
    """Acknowledged rows a second, where the runs cost nothing: a transaction begins every attempt, another writes its row."""
    found = []
    for durable, seeds in ((False, 2_000), (True, 100)):
        for _ in range(1 if small else 3):
            with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # a disk, no memory
                canned(Path(folder) / "warm.db", 2)
                _, _, seconds = canned(Path(folder) / "s.db", seeds // 10 if small else seeds, durable=durable)
                count = 10 * (seeds // 10 if small else seeds)
                word = "FULL (durable)" if durable else "NORMAL"
                found.append([word, f"{count:,}", f"{seconds:.2f}", f"{count / seconds:,.0f}"])
    return table(("synchronous", "rows", "seconds", "rows / s"), found)


def resume(small: bool) -> str:
    """100,000 rows: made, filled, and then opened again with nothing, and with 10, left to do."""
    seeds = 1_000 if small else 10_000
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        study, made_in, filled = canned(Path(folder) / "s.db", seeds)
        found = [["make: plan, hash and write the tasks", f"{made_in:.2f}"], ["fill with canned rows", f"{filled:.1f}"]]

        def timed(name: str, work: Callable[[], object]) -> None:
            seconds = []
            for _ in range(3):
                gc.collect()
                began = time.perf_counter()
                work()
                seconds.append(time.perf_counter() - began)
            found.append([name, f"{statistics.median(seconds):.2f}"])

        timed("Study.open(path).run(), nothing left", lambda: Study.open(study.path).run(engine="serial"))

        def ten_left() -> None:
            asked(Path(study.path), "DELETE FROM row WHERE task IN (SELECT hash FROM task ORDER BY hash LIMIT 10)")
            assert Study.open(study.path).run(engine="serial").waiting == 0

        timed("the same with 10 runs left, the runs included", ten_left)
        again = [problems(10), ["random"]]
        timed("Study(path, problems, methods, seeds).run(), nothing left",
              lambda: Study(study.path, *again, seeds=range(seeds)).run(engine="serial"))  # fmt: skip
        timed("status()", lambda: Study.open(study.path).status())
        timed("comparison().frame, digests verified", lambda: Study.open(study.path).comparison().frame)
        found.append(["size of the file, MB", f"{Path(study.path).stat().st_size / 1e6:.0f}"])
    return table((f"{10 * seeds:,} runs", "seconds"), found)


def overhead(small: bool) -> str:
    """What a task costs beyond the engine: the same tasks through the bare pool, and through a study."""
    seeds = 30 if small else 300
    found = []
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        for pair in range(1 if small else 3):
            path = Path(folder) / f"{pair}.db"
            study = Study(path, problems(10), ["random"], seeds=range(seeds))
            moments: list[float] = []
            study.run(engine="loky", n_jobs=2, on_run=lambda *_, moments=moments: moments.append(time.perf_counter()))
            through = (moments[-1] - moments[10]) / (len(moments) - 11)
            spec = room.MethodSpec("random", "random")
            pairs = [(problem, seed) for problem in problems(10) for seed in range(seeds)]
            tasks = [Task(0, problem, spec, None, 1, seed) for problem, seed in pairs]
            moments = []
            for _ in pool.served(((k, task) for k, task in enumerate(tasks)), 2, 1):
                moments.append(time.perf_counter())
            bare = (moments[-1] - moments[10]) / (len(moments) - 11)
            found.append([f"{len(tasks):,}", f"{1e3 * bare:.2f}", f"{1e3 * through:.2f}", f"{1e3 * (through - bare):.2f}"])
    return table(("tasks on 2 workers", "pool alone, ms a task", "study, ms a task", "difference, ms"), found)


# --- Dask --------------------------------------------------------------------------------------------------------------------


def counted(tasks: list[Task]) -> tuple[float, list[Outcome]]:
    """`run_chunk` with 20 ms more a task, and a byte in a file for every execution."""
    began, outcomes = time.perf_counter(), []
    for task in tasks:
        descriptor = os.open(os.environ["STUDY_COUNT"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, b"x")
        os.close(descriptor)
        time.sleep(0.02)
        outcomes.append(run_task(task))
    return time.perf_counter() - began, outcomes


def resident() -> float:
    """MB of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def dask(small: bool) -> str:
    """Many runs on two local workers: rows a second, memory; then workers killed, ten to a study."""
    import dask as library
    from distributed import Client, LocalCluster

    seeds, found = (200 if small else 10_000), []
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        path, memory = Path(folder) / "many.db", list[tuple[int, float]]()
        study = Study(path, problems(10), ["random"], seeds=range(seeds))

        def look(done: int, total: int, row: Any) -> None:
            if done % max(total // 10, 1) == 0 or done == total // 20:
                memory.append((done, resident()))
                print(memory[-1], flush=True)

        began = time.perf_counter()
        status = study.run(engine="dask", n_jobs=2, on_run=look)
        seconds = time.perf_counter() - began
        assert (status.waiting, status.failed) == (0, 0)
        text = ", ".join(f"{megabytes:.0f}" for _, megabytes in memory)
        found.append(
            ["runs, two workers", f"{status.runs:,} in {seconds:.0f} s ({status.runs / seconds:,.0f} / s, start included)"]
        )
        found.append(["memory of the parent, with scheduler, at 1/20, 1/10, 2/10, ... of the runs, MB", text])

        wanted = compare(problems(4), METHODS, seeds=range(TASKS // 4 - 1))
        os.environ["STUDY_COUNT"] = f"{folder}/executed"
        clusters.run_chunk = counted
        draw, killed, flying, lost, runs = random.Random(5), 0, 0, 0, 0
        for number in range(1 if small else 2):
            path = fresh(folder, f"killed{number}")
            moments = set(draw.sample(range(1, TASKS - 20), 5))
            with (
                library.config.set({"distributed.scheduler.allowed-failures": 0}),
                LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50) as cluster,
                Client(cluster) as client,
            ):

                def kill(done: int, *_: Any, path: Path = path, client: Any = client, moments: set[int] = moments) -> None:
                    nonlocal killed, flying
                    pids = list(client.run(os.getpid).values()) if done in moments else []
                    if pids:
                        os.kill(draw.choice(pids), signal.SIGKILL)
                        killed += 1
                        flying += asked(path, "SELECT count(*) FROM attempt WHERE outcome IS NULL")[0][0]

                status = made(path, TASKS).run(engine="dask", client=client, on_run=kill)
            assert (status.waiting, status.failed) == (0, 0)
            finished(path, wanted)
            same(Study.open(path).comparison(), wanted)
            lost, runs = lost + status.lost, runs + status.runs
        executed = Path(os.environ["STUDY_COUNT"]).stat().st_size
        found.append(["workers killed", f"{killed}: {runs} of {runs} runs ended, tables equal to compare"])
        assert executed - runs <= flying
        text = f"{executed - runs} of {runs} ({lost} attempts lost), {flying} were in flight at the kills"
        found.append(["executed once more", text])
    return table(("Dask", "found"), found)


SECTIONS: dict[str, tuple[str, Callable[[bool], str]]] = {
    "kills": ("Studies: 200 kills", kills),
    "rate": ("Studies: rows a second", rate),
    "resume": ("Studies: 100,000 rows, opened and gone on with", resume),
    "overhead": ("Studies: what a task costs beyond the worker processes", overhead),
    "dask": ("Studies on Dask: 100,000 runs on two workers, workers killed", dask),
}


def main() -> None:
    """The sections named on the command line."""
    small, names = "--small" in sys.argv, [word for word in sys.argv[1:] if word != "--small"]
    for name in names or SECTIONS:
        title, section = SECTIONS[name]
        body = section(small)
        if small:
            print(f"\n## {title} (small)\n\n{body}\n", flush=True)
        else:
            record(title, body)


if __name__ == "__main__":
    main()
