"""Engines of several machines: Dask, which is supported, and Ray behind the same protocol."""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Generator, Iterable
from contextlib import ExitStack
from itertools import islice
from typing import Any

from edgeworth.core import validation
from edgeworth.core.errors import require
from edgeworth.experiments.table import Lost, Outcome
from edgeworth.experiments.tasks import Task, describe_error, failed, run_task

_AHEAD = 2
"""Chunks of tasks a thread of the cluster that are out at a time: one runs, one waits."""
_CHUNK, _LARGEST = 0.2, 64
"""Seconds of runs that go to a worker together, once it is known how long they take, and how many at most: what a message costs
Dask, some milliseconds, is shared by them."""
_LOOK = 5.0  # seconds between two looks at the size of a cluster
_COUNTED = {"distributed.scheduler.allowed-failures": 0}
"""The study counts a task's attempts."""


def run_chunk(tasks: list[Task]) -> tuple[float, list[Outcome]]:
    """The outcomes of tasks, one after the other, and the seconds that they took."""
    began = time.perf_counter()
    outcomes = [run_task(task) for task in tasks]
    return time.perf_counter() - began, outcomes


def _lost(error: object) -> Outcome:
    text = describe_error(error) if isinstance(error, BaseException) else str(error)
    return failed(f"the worker died: {text}", time.perf_counter(), kind=Lost)


class Dask:
    """The workers of a Dask cluster.

    Parameters
    ----------
    n_jobs : int
        How many processes of one thread a cluster on this machine has, where there is no client.
    client : distributed.Client, optional
        Of a cluster that is there already; it stays.

    Notes
    -----
    A cluster of one's own counts a worker's deaths first (``distributed.scheduler.allowed-failures``, 3 by default), and each
    count that is used up is one loss for the study. Runs are not in the main thread there: one that never ends is not given
    up.
    """

    here = False

    def __init__(self, n_jobs: int, client: Any = None) -> None:
        require("engine='dask'", "distributed", "dask", "distributed")
        self._jobs, self._client = n_jobs, client

    def map(self, tasks: Iterable[tuple[str, Task]], *, alone: bool) -> Generator[tuple[str, Outcome], None, None]:
        """See `Engine`."""
        from distributed import as_completed
        from distributed.scheduler import KilledWorker

        rest, flying, size = iter(tasks), dict[str, list[str]](), 1
        with ExitStack() as stack:
            client = self._client or self._started(stack)
            most, looked = 1, -_LOOK
            done = as_completed(with_results=True, raise_errors=False)
            while True:
                if not alone and time.monotonic() > looked + _LOOK:  # workers come and go
                    most, looked = _AHEAD * max(sum(client.nthreads().values()), 1), time.monotonic()
                while len(flying) < most and (chunk := list(islice(rest, size))):
                    name = chunk[0][0]
                    flying[name] = [key for key, _ in chunk]
                    done.add(client.submit(run_chunk, [task for _, task in chunk], key=name, pure=False, retries=0))
                if not flying:
                    return
                future, found = next(done)
                keys, status = flying.pop(future.key), future.status
                future.release()  # what is held here would be computed again when its worker dies
                del future
                if status == "finished":
                    seconds, outcomes = found
                    if not alone:
                        size = min(max(int(_CHUNK * len(keys) / max(seconds, 1e-9)), 1), 2 * size, _LARGEST)
                    yield from zip(keys, outcomes, strict=True)
                    continue
                error = found[1] if isinstance(found, tuple) else found
                if isinstance(error, KilledWorker):
                    outcome = _lost(f"{error.last_worker.address} ended")
                else:
                    outcome = failed(f"the worker could not run the task: {describe_error(error)}", time.perf_counter())
                yield from ((key, outcome) for key in keys)

    def _started(self, stack: ExitStack) -> Any:
        import dask
        from distributed import Client, LocalCluster

        stack.enter_context(dask.config.set(_COUNTED))
        cluster = LocalCluster(
            n_workers=self._jobs, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL
        )  # a port of its own; what happens to workers the study tells
        stack.enter_context(cluster)
        return stack.enter_context(Client(cluster))


class Ray:
    """The workers of Ray, which is started on this machine where the caller has not connected to a cluster.

    Parameters
    ----------
    n_jobs : int
        How many runs at a time.
    """

    here = False

    def __init__(self, n_jobs: int) -> None:
        if importlib.util.find_spec("ray") is None:
            validation.reject("engine", "needs the package ray, which is in no extra (pip install ray)", "ray")
        self._jobs = n_jobs

    def map(self, tasks: Iterable[tuple[str, Task]], *, alone: bool) -> Generator[tuple[str, Outcome], None, None]:
        """See `Engine`."""
        import ray
        from ray.exceptions import OutOfMemoryError, WorkerCrashedError

        ours = not ray.is_initialized()
        if ours:
            ray.init(num_cpus=self._jobs, include_dashboard=False, log_to_driver=False, logging_level="error")
        try:
            remote = ray.remote(run_task).options(max_retries=0, num_cpus=1)
            rest = iter(tasks)
            flying: dict[Any, str] = {}
            while True:
                for key, task in islice(rest, _AHEAD * self._jobs - len(flying)):
                    flying[remote.remote(task)] = key
                if not flying:
                    return
                (reference,), _ = ray.wait(list(flying), num_returns=1)
                key = flying.pop(reference)
                try:
                    found = ray.get(reference)
                except (WorkerCrashedError, OutOfMemoryError) as error:
                    found = _lost(error)
                except ray.exceptions.RayError as error:
                    found = failed(f"the worker could not run the task: {describe_error(error)}", time.perf_counter())
                yield key, found
        finally:
            if ours:
                ray.shutdown()
