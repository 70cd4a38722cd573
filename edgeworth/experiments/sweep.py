"""The sweep behind `compare`: what is run, checked before anything starts, run anywhere, verified where it ran."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from edgeworth.core import validation
from edgeworth.core.checking import leaves_equilibrium
from edgeworth.core.result import Result, Termination
from edgeworth.core.solving import Family, Problem, check_call, family, row_of, solve
from edgeworth.core.stop import Stop
from edgeworth.experiments import table
from edgeworth.experiments.comparison import Comparison, Setting, versions

logger = logging.getLogger(__name__)

OnRun = Callable[[int, int, Mapping[str, Any]], object]


@dataclass(frozen=True)
class MethodSpec:
    """A method as it enters a comparison.

    label: its name in tables and plots, unique there. method: a name of the family's `METHODS`, "auto", or a callable
    ``f(problem, params, run) -> Found``. params: the method's parameter object. stop: its own stop rule, which replaces the
    sweep's as a whole.

    >>> from edgeworth.solvers.allocation import QLearning
    >>> MethodSpec("q, 50 episodes", "q-learning", QLearning(episodes=50)).label
    'q, 50 episodes'
    """

    label: str
    method: str | Callable[..., Any]
    params: Any = None
    stop: Stop | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.label, str):
            validation.reject_type("label", "must be a text", self.label)
        if not self.label.strip():
            validation.reject("label", "must not be empty", self.label)
        if not isinstance(self.method, str) and not callable(self.method):
            validation.reject_type("method", "must be a method's name or a callable", self.method)
        if self.stop is not None and not isinstance(self.stop, Stop):
            validation.reject_type("stop", "must be a Stop or None", self.stop)


@dataclass(frozen=True)
class _Task:
    """One run. `position` is its place in the table, `seed` its method seed (None: the method is deterministic)."""

    position: int
    problem: Any
    spec: MethodSpec
    stop: Stop | None
    threads: int
    seed: int | None


def compare(
    problems: Iterable[Any],
    methods: Iterable[str | MethodSpec | Callable[..., Any]],
    *,
    seeds: Iterable[int] = (0,),
    stop: Stop | None = None,
    n_jobs: int = 1,
    threads: int = 1,
    on_run: OnRun | None = None,
) -> Comparison:
    """Run every method on every problem and verify every answer; statistics are over problems (the instances).

    problems: distinct problems of one family and one sense; how they were seeded is in their provenance. methods: names,
    "auto", `MethodSpec`, or callables ``f(problem, params, run) -> Found`` (labelled by their ``__name__``). seeds: the
    *method* seeds, integers >= 0: a randomised method runs once per problem and seed with ``solve(..., seed=seed)``, a
    deterministic one once per problem. stop: per run; a `MethodSpec` may replace it. threads: what each run may use.
    n_jobs: 1 runs here; more run in joblib workers under the caller's ``joblib.parallel_config`` (-1: all cores; callables
    and params then must be picklable by the backend). Rows, their order and their seeds do not depend on `n_jobs`. Mind the
    clock: with a rule in seconds, more jobs than cores find less.
    on_run: called here after every run as ``on_run(done, total, row)``, in the order of completion; `row` maps the columns
    known by then.

    All calls are checked before the first run. A method that raises, returns what breaks a constraint, or states what the
    family's checker refutes, is a row with ``verified`` False and a note. Ctrl-C ends the sweep: what was finished is
    returned with ``setting.interrupted`` True (KeyboardInterrupt where nothing was).

    Raises ValueError or TypeError for empty or duplicated problems, methods' labels or seeds, problems of different kinds or
    senses, and whatever `solve` refuses; `MissingExtraError` for a method whose library is absent.

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
    tasks = _tasks(fam, instances, specs, method_seeds, stop, threads)
    labels = table.problem_labels(instances)
    rows: dict[int, dict[str, Any]] = {}
    results: dict[int, Result[Any] | None] = {}
    interrupted = False
    outcomes = _outcomes(tasks, n_jobs)
    try:
        for position, outcome in outcomes:
            task = tasks[position]
            rows[position] = table.row(task.problem, labels[task.problem.hash], task.spec.label, task.seed, outcome)
            results[position] = outcome.result
            if on_run is not None:
                on_run(len(rows), len(tasks), rows[position])
            if outcome.result is not None and outcome.result.termination is Termination.INTERRUPTED:
                interrupted = True
                break
    except KeyboardInterrupt:
        if not rows:
            raise
        interrupted = True
    finally:
        with warnings.catch_warnings():  # joblib warns that runs not yet finished are cancelled, which is the intention
            warnings.simplefilter("ignore", UserWarning)
            outcomes.close()
    if interrupted:
        logger.warning("interrupted: %d of %d runs are finished", len(rows), len(tasks))
    order = sorted(rows)
    sense = instances[0].sense
    setting = Setting(
        kind=fam.kind,
        sense=sense,
        problems=tuple(labels[problem.hash] for problem in instances),
        methods=tuple((spec.label, _described(spec, stop)) for spec in specs),
        seeds=method_seeds,
        n_jobs=int(n_jobs),
        threads=int(threads),
        runs=len(tasks),
        interrupted=interrupted,
        versions=versions(),
    )
    frame = table.frame([rows[position] for position in order], sense)
    return Comparison(frame=frame, results=tuple(results[position] for position in order), setting=setting)


# --- before anything runs -------------------------------------------------------------------------------------------------


def _listed(argument: str, value: object, what: str) -> list[Any]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        validation.reject_type(argument, f"must be a sequence of {what}", value)
    items = list(value)
    if not items:
        validation.reject(argument, f"must hold at least one of the {what}", value)
    return items


def _distinct(argument: str, keys: Sequence[Any]) -> None:
    seen: dict[Any, int] = {}
    for position, key in enumerate(keys):
        if key in seen:
            raise ValueError(
                f"{argument}: must be distinct; got {validation.shown(key)} at positions {seen[key]} and {position}"
            )
        seen[key] = position


def _problems(problems: object) -> list[Any]:
    items = _listed("problems", problems, "problems")
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
    _distinct("problems", [problem.hash for problem in items])  # the same instance twice is not more evidence
    return items


def _specs(methods: object) -> list[MethodSpec]:
    specs = []
    for item in _listed("methods", methods, "methods"):
        if isinstance(item, MethodSpec):
            specs.append(item)
        elif isinstance(item, str):
            specs.append(MethodSpec(item, item))
        elif callable(item):
            specs.append(MethodSpec(getattr(item, "__name__", type(item).__name__), item))
        else:
            validation.reject_type("methods", "must hold names, MethodSpec objects or callables", item)
    _distinct("methods", [spec.label for spec in specs])
    return specs


def _seeds(seeds: object) -> tuple[int, ...]:
    numbers = tuple(validation.integer("seeds", seed, minimum=0) for seed in _listed("seeds", seeds, "method seeds"))
    _distinct("seeds", numbers)
    return numbers


def _tasks(
    fam: Family,
    problems: Sequence[Any],
    specs: Sequence[MethodSpec],
    seeds: Sequence[int],
    stop: Stop | None,
    threads: int,
) -> list[_Task]:
    """All runs in the order of the table (problem, method, seed), after every call was checked."""
    tasks: list[_Task] = []
    for problem in problems:
        for spec in specs:
            row, _ = row_of(fam, spec.method, problem)  # per problem: "auto" depends on it
            rule = stop if spec.stop is None else spec.stop
            check_call(row, rule, threads=threads, params=spec.params)
            for seed in seeds if row.randomised else (None,):
                tasks.append(_Task(len(tasks), problem, spec, rule, threads, seed))
    return tasks


def _described(spec: MethodSpec, stop: Stop | None) -> str:
    """What a label stands for: the method, its parameters, its stop rule."""
    name = spec.method if isinstance(spec.method, str) else f"callable {getattr(spec.method, '__qualname__', spec.label)}"
    rule = stop if spec.stop is None else spec.stop
    limits = ", ".join(f"{name} {getattr(rule, name):g}" for name in rule.rules) if rule is not None else ""
    parts = [name] + ([validation.shown(spec.params)] if spec.params is not None else []) + [f"stop: {limits or 'none'}"]
    return "; ".join(parts)


# --- the runs -------------------------------------------------------------------------------------------------------------


def _outcomes(tasks: Sequence[_Task], n_jobs: int) -> Generator[tuple[int, table.Outcome], None, None]:
    if n_jobs == 1:
        for task in tasks:
            yield _run(task)
        return
    import joblib

    # Unordered, so that an interrupted sweep keeps whatever was finished; positions restore the order.
    pool = joblib.Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    yield from pool(joblib.delayed(_run)(task) for task in tasks)


def _run(task: _Task) -> tuple[int, table.Outcome]:
    """Solve, verify, measure; whatever goes wrong in there is an outcome, not an exception."""
    fam, problem, began = family(task.problem.kind), task.problem, time.perf_counter()
    result: Result[Any] | None = None
    try:
        result = solve(
            fam,
            problem,
            method=task.spec.method,
            stop=task.stop,
            seed=0 if task.seed is None else task.seed,
            params=task.spec.params,
            threads=task.threads,
        )
        report = fam.verify(problem, result)
        measures = {} if result.solution is None else fam.measures(problem, result.solution)
    except Exception as error:
        word = "the method raised" if result is None else "the check raised"
        logger.debug("%s: %s", task.spec.label, word, exc_info=True)
        text = " ".join(f"{word} {type(error).__name__}: {error}".split())
        return task.position, table.Outcome(result, False, (text,), {}, time.perf_counter() - began)
    notes = [f"auto: {result.method}"] * (task.spec.method == "auto") + list(result.notes)
    notes += [f"refuted: {name}: {verdict.witness}" for name, verdict in report.failures.items()]
    verified = bool(report) and result.termination is not Termination.ERROR
    comparable = not leaves_equilibrium(report)
    return task.position, table.Outcome(result, verified, tuple(notes), measures, result.stats.seconds, comparable)
