"""Worker processes for a sweep, each with one run at a time: one that dies, hangs or floods memory costs its own row only."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Generator, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

from edgeworth.core import validation
from edgeworth.experiments.table import Lost, Outcome
from edgeworth.experiments.tasks import Task, describe_error, failed
from edgeworth.experiments.worker import READY, receive, send

K = TypeVar("K")

_AHEAD = 2  # tasks a worker that are out at a time: one runs, one waits
_LOOK = 0.1  # seconds between two looks at the clock and the memory of the workers
_STARTING = 120.0  # seconds that a worker may take to start
_CHECKING = 300.0  # seconds beyond a run's patience for compilation, its check and for sending the answer
_SHARE = 0.8  # of the machine's memory that all workers together may hold
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def outcomes(tasks: Sequence[Task], workers: int) -> Generator[tuple[int, Outcome], None, None]:
    """Run the tasks of a sweep in worker processes, and yield their outcomes in the order of completion.

    Parameters
    ----------
    tasks : sequence of Task
        The runs. They and what they refer to must be picklable (cloudpickle: functions of the main script and lambdas are).
    workers : int
        The number of processes, at least 1.

    Yields
    ------
    tuple of int and Outcome
        The task's position in the sequence and what its run left. Closing the generator ends the workers at once.
    """
    for spec in {task.spec.label: task.spec for task in tasks}.values():
        _require_picklable(spec)
    count = min(workers, len(tasks))
    yield from served(((task.position, task) for task in tasks), count, tasks[0].threads, again=True)


def served(
    tasks: Iterable[tuple[K, Task]], workers: int, threads: int, *, again: bool = False
) -> Generator[tuple[K, Outcome], None, None]:
    """Run tasks in worker processes, and yield their outcomes in the order of completion.

    Parameters
    ----------
    tasks : iterable of (key, Task)
        The runs; the next is asked for when a worker will soon need it, so that their number costs no memory.
    workers : int
        The number of processes, at least 1.
    threads : int
        What each run may use.
    again : bool
        Whether a task whose worker died has another attempt here, where an earlier run may have been the cause.

    Yields
    ------
    tuple of key and Outcome
        What the run left: `Lost` where its worker died by itself. Closing the generator ends the workers at once.

    Notes
    -----
    Tasks run with the caller's ``sys.path`` and working folder. The main script is not run again.
    """
    waiting: queue.SimpleQueue[tuple[K, Task] | None] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[K, Outcome]] = queue.SimpleQueue()
    allowed, memory = max((os.cpu_count() or 1) // workers, threads), _memory_share(workers)
    seats = [_Seat(waiting, done, allowed, memory, again) for _ in range(workers)]
    for seat in seats:
        seat.thread.start()
    rest, flying = iter(tasks), 0
    try:
        while True:
            for item in islice(rest, _AHEAD * workers - flying):
                waiting.put(item)
                flying += 1
            if not flying:
                return
            while True:
                try:
                    found = done.get(timeout=_LOOK)
                except queue.Empty:
                    for seat in seats:
                        seat.look()
                    continue
                break
            flying -= 1
            yield found
    finally:
        for _ in seats:
            waiting.put(None)
        for seat in seats:
            seat.close()


def _require_picklable(spec: object) -> None:
    import cloudpickle

    try:
        cloudpickle.dumps(spec)
    except Exception as error:
        rule = f"must be picklable to run in worker processes ({describe_error(error)})"
        validation.reject_type("methods", rule, spec)


def _memory_share(workers: int) -> int | None:
    """How many bytes one worker may hold; None where the system does not tell."""
    try:
        return int(_SHARE * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / workers)
    except (AttributeError, ValueError, OSError):
        return None


class _Seat(Generic[K]):
    """A worker process and the thread that talks to it. A process that is lost is replaced for the next task."""

    def __init__(
        self,
        waiting: queue.SimpleQueue[tuple[K, Task] | None],
        done: queue.SimpleQueue[tuple[K, Outcome]],
        threads: int,
        memory: int | None,
        again: bool,
    ) -> None:
        self._waiting, self._done, self._memory, self._again = waiting, done, memory, again
        self._environment = {**os.environ, **dict.fromkeys(_THREADS, str(threads))}
        self._process: subprocess.Popen[bytes] | None = None
        self._deadline: float | None = None
        self._why = self._end = ""
        self._closed = False
        self._lock = threading.Lock()
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def look(self) -> None:
        """End a process that is past its time or holds too much memory."""
        with self._lock:
            process, deadline = self._process, self._deadline
            if process is None or deadline is None:
                return
            if time.monotonic() > deadline:
                self._why = "it did not end within its time"
            elif self._memory is not None and _resident(process.pid) > self._memory:
                self._why = f"it held more than {self._memory / 2**30:.1f} GiB of memory"
            else:
                return
            process.kill()

    def close(self) -> None:
        """End the process, whatever it does, and the thread."""
        with self._lock:
            self._closed = True
            process = self._process
            if process is not None:
                process.kill()
        self.thread.join()
        if process is not None:
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with contextlib.suppress(OSError):
                        stream.close()

    def _serve(self) -> None:
        while not self._closed and (item := self._waiting.get()) is not None:
            key, task = item
            began, used = time.perf_counter(), self._process is not None
            outcome = self._run(task)
            if outcome is None and self._again and used and not self._why and not self._closed:
                outcome = self._run(task)  # what an earlier run left behind may have ended the process: once more in a new one
            if outcome is None:
                outcome = failed(f"the worker died: {self._end}", began, kind=Outcome if self._why else Lost)
            if not self._closed:
                self._done.put((key, outcome))

    def _run(self, task: Task) -> Outcome | None:
        """The outcome of a task; None where the process is lost, `_end` says how then."""
        import cloudpickle

        began = time.perf_counter()
        try:
            process = self._ready()
            with self._lock:
                patience = task.patience
                self._why = ""
                self._deadline = float("inf") if patience is None else time.monotonic() + patience + _CHECKING
            send(process.stdin, cloudpickle.dumps(task))  # type: ignore[arg-type]
            answer = receive(process.stdout)  # type: ignore[arg-type]
        except OSError:  # the channel broke: the process is gone
            answer = None
        except BaseException as error:  # half a message may be under way: the process is not asked again
            self._end = self._lost(kill=True)
            return failed(f"the task or its answer could not be sent: {describe_error(error)}", began)
        with self._lock:
            self._deadline = None
        if answer is None:
            self._end = self._lost()
            return None
        try:
            outcome = pickle.loads(answer)
        except BaseException as error:  # an answer may do anything when it is read, but not end this thread
            return failed(f"the answer cannot be read: {describe_error(error)}", began)
        return outcome if isinstance(outcome, Outcome) else failed("the worker's answer is no outcome", began)

    def _ready(self) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._process is not None:
                return self._process
            if self._closed:
                raise OSError("closed")
            self._process = subprocess.Popen(
                [sys.executable, "-c", "from edgeworth.experiments.worker import main; main()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=self._with_path(),
            )
            process = self._process
            self._deadline, self._why = time.monotonic() + _STARTING, ""
        send(process.stdin, pickle.dumps((os.getpid(), sys.path)))  # type: ignore[arg-type]
        if receive(process.stdout) != READY:  # type: ignore[arg-type]
            raise OSError("the worker did not start")
        return process

    def _with_path(self) -> dict[str, str]:
        """The environment, with the package itself importable wherever it lies."""
        package = str(Path(__file__).resolve().parents[2])
        kept = self._environment.get("PYTHONPATH")
        return {**self._environment, "PYTHONPATH": os.pathsep.join([package, *([kept] if kept else [])])}

    def _lost(self, kill: bool = False) -> str:
        """What is known of the end of a process; the next task gets another one."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return "it could not be started"
        if kill:
            process.kill()
        code = process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        return self._why or (f"killed by signal {-code}" if code < 0 else f"it left with exit code {code}")


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return 0
