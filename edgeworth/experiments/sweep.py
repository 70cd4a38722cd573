"""The sweep behind `compare`: what is run, checked before anything starts, run anywhere, verified where it ran."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from os import PathLike
from typing import Any

from edgeworth.core import validation
from edgeworth.core.problem import Problem, Stored
from edgeworth.core.result import Result
from edgeworth.core.run import PRESSES
from edgeworth.core.stop import Stop
from edgeworth.experiments import pool, table
from edgeworth.experiments.comparison import Comparison
from edgeworth.experiments.plan import described, plan
from edgeworth.experiments.rows import RowWriter
from edgeworth.experiments.setting import Setting, versions
from edgeworth.experiments.tasks import MethodSpec, Task, run_task

logger = logging.getLogger(__name__)

OnRun = Callable[[int, int, Mapping[str, Any]], object]


@validation.by_name
def compare(
    problems: Iterable[Problem],
    methods: Iterable[str | MethodSpec | Callable[..., Any]],
    *,
    seeds: Iterable[int] = (0,),
    stop: Stop | None = None,
    n_jobs: int = 1,
    threads: int = 1,
    on_run: OnRun | None = None,
    rows: str | PathLike[str] | None = None,
    grace: float | None = None,
    isolate: bool = False,
    trace: bool = False,
) -> Comparison:
    """Run every method on every problem and verify every answer; statistics are over problems (the instances).

    Parameters
    ----------
    problems : iterable of problems
        Distinct problems of one family and one sense; how they were seeded is in their provenance.
    methods : iterable of str, MethodSpec or callable
        Names, "auto", `MethodSpec`, or functions of your own (labelled by their ``__name__``) and trained policies (by their
        name) as `solve` takes them.
    seeds : iterable of int
        The *method* seeds, >= 0: a randomised method runs once per problem and seed with ``solve(..., seed=seed)``, a
        deterministic one once per problem.
    stop : Stop, optional
        Per run; a `MethodSpec` may replace it.
    n_jobs : int
        1 runs here; more run in as many worker processes (-1: all cores; callables and params then must be picklable), or
        in joblib's workers where the caller's ``joblib.parallel_config`` names another backend than loky. Rows, their order and
        their seeds do not depend on it. With a rule in seconds, more jobs than cores find less.
    threads : int
        What each run may use.
    on_run : callable, optional
        Called here after every run as ``on_run(done, total, row)``, in the order of completion; `row` maps the columns known
        by then. What it raises is logged, and the sweep goes on.
    rows : str or path, optional
        A file that does not exist yet; every row is on the disk there, as a line of JSON, before the next is waited for.
        `Comparison.load` reads it, whatever ended the program. A disk that fills up on the way is logged, and the sweep goes
        on.
    grace : float, optional
        Seconds beyond its limit after which a run is given up, compilation not counted; by default 30 for methods of the
        library, and 5 plus the limit once more for callables. Runs without a limit in seconds are never given up.
    isolate : bool
        True runs in worker processes even with one job. A worker that dies, is stuck in compiled code or floods memory costs
        its own row; here, with one job, only what Python can interrupt is given up.
    trace : bool
        True keeps the traces of methods that support them in ``results``: `Comparison.convergence` and the times of profiles
        are made of them. Files of comparisons hold none.

    Returns
    -------
    Comparison
        A method that raises (SystemExit included), hangs past its limit, writes into its problem, returns what breaks a
        constraint, or states what the family's checker refutes, is a row with ``verified`` False and a note; it costs no other
        row. A run that takes more than its limit, 10% and 0.2 s is flagged as ``overran``.

    Raises
    ------
    ValueError, TypeError
        Before the first run: for empty or duplicated problems, methods' labels or seeds, problems of different kinds or senses,
        a `rows` that holds something, and whatever `solve` refuses; TypeError also for callables that cannot be pickled where
        worker processes need it.
    OSError
        For a `rows` that cannot be written.
    MissingExtraError
        For a method whose library is absent.
    KeyboardInterrupt
        After Ctrl-C where no run was finished, or where Ctrl-C has ended an earlier sweep or run of the same loop.

    Notes
    -----
    Ctrl-C ends the sweep: what was finished is returned with ``setting.interrupted`` True. A loop over sweeps ends at the
    second Ctrl-C; see `solve`.

    Examples
    --------
    >>> from edgeworth.solvers import allocation
    >>> problems = [allocation.generate(servers=3, tasks=9, seed=seed) for seed in range(3)]
    >>> comparison = compare(problems, ["greedy", "lp"])
    >>> comparison.verified, len(comparison.frame)
    (True, 6)
    """
    if validation.integer("n_jobs", n_jobs, minimum=-1) == 0:
        validation.reject("n_jobs", "must be at least 1, or -1 for all cores", n_jobs)
    if on_run is not None and not callable(on_run):
        validation.reject_type("on_run", "must be callable or None", on_run)
    if grace is not None:
        grace = validation.real("grace", grace, minimum=0.0)
    asked = plan(problems, methods, seeds, stop, threads, grace, validation.flag("trace", trace))
    instances, tasks = asked.problems, asked.tasks
    labels = table.problem_labels(instances)
    setting = Setting(
        kind=asked.family.kind,
        sense=instances[0].sense,
        problems=tuple(labels[problem.hash] for problem in instances),
        methods=tuple((spec.label, described(spec, stop)) for spec in asked.specs),
        seeds=asked.seeds,
        n_jobs=int(n_jobs),
        threads=int(threads),
        runs=len(tasks),
        interrupted=False,
        versions=versions(),
    )
    found: dict[int, dict[str, Any]] = {}
    results: dict[int, Result[Stored] | None] = {}
    interrupted = False
    with ExitStack() as stack:
        stack.enter_context(PRESSES.watched())
        writer = None if rows is None else stack.enter_context(RowWriter(rows, setting))
        outcomes = _outcomes(tasks, n_jobs, validation.flag("isolate", isolate))
        stack.callback(close, outcomes)
        try:
            for position, outcome in outcomes:
                task = tasks[position]
                row = table.row(task.problem, labels[task.problem.hash], task.spec.label, task.seed, task.limit, outcome)
                found[position], results[position] = row, outcome.result
                if writer is not None:
                    writer.write(row)
                tell(on_run, len(found), len(tasks), row)
                if outcome.interrupted:
                    interrupted = True
                    break
        except KeyboardInterrupt:
            if not found or not PRESSES.orderly():
                raise
            interrupted = True
    if interrupted:
        logger.warning("interrupted: %d of %d runs are finished", len(found), len(tasks))
    order = sorted(found)
    return Comparison(
        rows=tuple(found[position] for position in order),
        results=tuple(results[position] for position in order),
        setting=replace(setting, interrupted=interrupted),
        problems=tuple(instances),
    )


def tell(on_run: OnRun | None, done: int, total: int, row: Mapping[str, object]) -> None:
    """What a listener raises is its own misfortune: the rows are worth more."""
    if on_run is None:
        return
    try:
        on_run(done, total, row)
    except Exception:
        logger.warning("on_run raised at run %d of %d", done, total, exc_info=True)


# --- the runs -------------------------------------------------------------------------------------------------------------


def _outcomes(tasks: Sequence[Task], n_jobs: int, isolate: bool) -> Generator[tuple[int, table.Outcome], None, None]:
    if n_jobs == 1 and not isolate:
        for task in tasks:
            yield task.position, run_task(task)
        return
    import joblib
    from joblib.parallel import get_active_backend

    if type(get_active_backend()[0]).__name__ == "LokyBackend":  # the default: nobody asked for another one
        workers = joblib.cpu_count() if n_jobs == -1 else n_jobs
        yield from pool.outcomes(tasks, workers)
        return
    # Unordered, so that an interrupted sweep keeps whatever was finished; positions restore the order.
    parallel = joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    yield from parallel(joblib.delayed(_placed)(task) for task in tasks)


def close(outcomes: Generator[object, None, None]) -> None:
    with warnings.catch_warnings():  # joblib warns that runs not yet finished are cancelled, which is the intention
        warnings.simplefilter("ignore", UserWarning)
        outcomes.close()


def _placed(task: Task) -> tuple[int, table.Outcome]:
    return task.position, run_task(task)
