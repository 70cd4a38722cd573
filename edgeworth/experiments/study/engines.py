"""Where the runs of a study happen. An engine gets tasks one by one and gives back outcomes; it never sees the database."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Protocol

from edgeworth.core import validation
from edgeworth.experiments import pool
from edgeworth.experiments.table import Outcome
from edgeworth.experiments.tasks import Task, run_task

ENGINES = ("serial", "loky", "dask", "ray")


class Engine(Protocol):
    """What `Study.run` asks of an engine.

    Attributes
    ----------
    here : bool
        Whether the runs happen in this process, which then dies with them.
    """

    here: bool

    def map(self, tasks: Iterable[tuple[str, Task]], *, alone: bool) -> Generator[tuple[str, Outcome], None, None]:
        """The outcomes of tasks in the order of completion, by the tasks' keys; `Lost` where a worker died.

        The next task is asked for when a worker will soon need it, and nothing is kept of one that is done. alone: a worker
        that dies must take no other task with it. Closing the generator ends the workers.
        """


class Serial:
    """One run after the other, in this process."""

    here = True

    def map(self, tasks: Iterable[tuple[str, Task]], *, alone: bool) -> Generator[tuple[str, Outcome], None, None]:
        """See `Engine`."""
        for key, task in tasks:
            yield key, run_task(task)


class Workers:
    """The worker processes of `compare`.

    Parameters
    ----------
    n_jobs : int
        How many.
    threads : int
        What each run may use.
    """

    here = False

    def __init__(self, n_jobs: int, threads: int) -> None:
        self._jobs, self._threads = n_jobs, threads

    def map(self, tasks: Iterable[tuple[str, Task]], *, alone: bool) -> Generator[tuple[str, Outcome], None, None]:
        """See `Engine`."""
        return pool.served(tasks, self._jobs, self._threads)


def engine_of(name: object, n_jobs: int, threads: int, client: Any) -> Engine:
    """The engine of a name; `MissingExtraError` where its library is absent."""
    if not isinstance(name, str):
        validation.reject_type("engine", f"must be one of {', '.join(ENGINES)}", name)
    validation.choice("engine", name, ENGINES)
    if client is not None and name != "dask":
        validation.reject("client", "must be None for an engine other than dask", client)
    if name == "serial":
        if n_jobs not in (-1, 1):
            validation.reject("n_jobs", "must be 1 for the engine serial", n_jobs)
        return Serial()
    if n_jobs == -1:
        import joblib

        n_jobs = joblib.cpu_count()
    if name == "loky":
        return Workers(n_jobs, threads)
    from edgeworth.experiments.study import clusters

    return clusters.Dask(n_jobs, client) if name == "dask" else clusters.Ray(n_jobs)
