"""The sweep behind `compare`: what is run, checked before anything starts, run anywhere, verified where it ran."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from os import PathLike
from typing import Any

from edgeworth.core import validation
from edgeworth.core.family import Family, family
from edgeworth.core.policy import TrainedPolicy
from edgeworth.core.problem import P, Problem, S, Stored
from edgeworth.core.result import Result
from edgeworth.core.run import PRESSES
from edgeworth.core.solving import check_call, row_of
from edgeworth.core.stop import Stop
from edgeworth.experiments import pool, table
from edgeworth.experiments.comparison import Comparison
from edgeworth.experiments.rows import RowWriter
from edgeworth.experiments.setting import Setting, versions
from edgeworth.experiments.tasks import MethodSpec, Task, run_task

logger = logging.getLogger(__name__)

OnRun = Callable[[int, int, Mapping[str, Any]], object]


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
    instances = _problems(problems)
    fam = family(instances[0].kind)
    specs = _specs(methods)
    method_seeds = _seeds(seeds)
    validation.integer("threads", threads, minimum=1)
    if validation.integer("n_jobs", n_jobs, minimum=-1) == 0:
        validation.reject("n_jobs", "must be at least 1, or -1 for all cores", n_jobs)
    if on_run is not None and not callable(on_run):
        validation.reject_type("on_run", "must be callable or None", on_run)
    if grace is not None:
        grace = validation.real("grace", grace, minimum=0.0)
    tasks = _tasks(fam, instances, specs, method_seeds, stop, threads, grace)
    labels = table.problem_labels(instances)
    setting = Setting(
        kind=fam.kind,
        sense=instances[0].sense,
        problems=tuple(labels[problem.hash] for problem in instances),
        methods=tuple((spec.label, _described(spec, stop)) for spec in specs),
        seeds=method_seeds,
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
        stack.callback(_close, outcomes)
        try:
            for position, outcome in outcomes:
                task = tasks[position]
                row = table.row(task.problem, labels[task.problem.hash], task.spec.label, task.seed, task.limit, outcome)
                found[position], results[position] = row, outcome.result
                if writer is not None:
                    writer.write(row)
                _tell(on_run, len(found), len(tasks), row)
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
    )


def _tell(on_run: OnRun | None, done: int, total: int, row: Mapping[str, object]) -> None:
    """What a listener raises is its own misfortune: the rows are worth more."""
    if on_run is None:
        return
    try:
        on_run(done, total, row)
    except Exception:
        logger.warning("on_run raised at run %d of %d", done, total, exc_info=True)


# --- before anything runs -------------------------------------------------------------------------------------------------


def listed(argument: str, value: object, what: str) -> list[Any]:
    """The items of an argument that must be a sequence of at least one."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        validation.reject_type(argument, f"must be a sequence of {what}", value)
    items = list(value)
    if not items:
        validation.reject(argument, f"must hold at least one of the {what}", value)
    return items


def distinct(argument: str, keys: Sequence[Hashable]) -> None:
    """Refuse an argument in which one key stands twice."""
    seen: dict[Hashable, int] = {}
    for position, key in enumerate(keys):
        if key in seen:
            raise ValueError(
                f"{argument}: must be distinct; got {validation.shown(key)} at positions {seen[key]} and {position}"
            )
        seen[key] = position


def _problems(problems: object) -> list[Any]:
    items = listed("problems", problems, "problems")
    for problem in items:
        if not isinstance(problem, Problem):
            validation.reject_type("problems", "must hold problems of an Edgeworth family", problem)
    for name in ("kind", "sense"):  # values of two senses cannot be averaged or subtracted
        words = list(dict.fromkeys(getattr(problem, name) for problem in items))
        if len(words) > 1:
            validation.reject("problems", f"must all be of one {name}", words)
    fam = family(items[0].kind)
    for problem in items:
        if not isinstance(problem, fam.problem):
            validation.reject_type("problems", f"must hold {fam.problem.__name__} objects", problem)
    distinct("problems", [problem.hash for problem in items])  # the same instance twice is not more evidence
    return items


def _specs(methods: object) -> list[MethodSpec]:
    specs = []
    for item in listed("methods", methods, "methods"):
        if isinstance(item, MethodSpec):
            specs.append(item)
        elif isinstance(item, str):
            specs.append(MethodSpec(item, item))
        elif callable(item):
            specs.append(MethodSpec(getattr(item, "__name__", type(item).__name__), item))
        else:
            validation.reject_type("methods", "must hold names, MethodSpec objects or callables", item)
    distinct("methods", [spec.label for spec in specs])
    return specs


def _seeds(seeds: object) -> tuple[int, ...]:
    numbers = tuple(validation.integer("seeds", seed, minimum=0) for seed in listed("seeds", seeds, "method seeds"))
    distinct("seeds", numbers)
    return numbers


def _tasks(
    fam: Family[P, S],
    problems: Sequence[P],
    specs: Sequence[MethodSpec],
    seeds: Sequence[int],
    stop: Stop | None,
    threads: int,
    grace: float | None,
) -> list[Task]:
    """All runs in the order of the table (problem, method, seed), after every call was checked."""
    tasks: list[Task] = []
    for problem in problems:
        for spec in specs:
            row, _ = row_of(fam, spec.method, problem)  # per problem: "auto" depends on it
            rule = stop if spec.stop is None else spec.stop
            check_call(row, rule, threads=threads, params=spec.params)
            for seed in seeds if row.randomised else (None,):
                tasks.append(Task(len(tasks), problem, spec, rule, threads, seed, grace))
    return tasks


def _described(spec: MethodSpec, stop: Stop | None) -> str:
    """What a label stands for: the method, its parameters, its stop rule."""
    if isinstance(spec.method, TrainedPolicy):
        name = f"trained policy {spec.method.name} {spec.method.digest[:16]}"
    else:
        name = spec.method if isinstance(spec.method, str) else f"callable {getattr(spec.method, '__qualname__', spec.label)}"
    rule = stop if spec.stop is None else spec.stop
    limits = ", ".join(f"{name} {getattr(rule, name):g}" for name in rule.rules) if rule is not None else ""
    parts = [name] + ([validation.shown(spec.params)] if spec.params is not None else []) + [f"stop: {limits or 'none'}"]
    return "; ".join(parts)


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


def _close(outcomes: Generator[object, None, None]) -> None:
    with warnings.catch_warnings():  # joblib warns that runs not yet finished are cancelled, which is the intention
        warnings.simplefilter("ignore", UserWarning)
        outcomes.close()


def _placed(task: Task) -> tuple[int, table.Outcome]:
    return task.position, run_task(task)
