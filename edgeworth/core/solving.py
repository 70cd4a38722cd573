"""The frame's `solve`: checks the call, runs a method function, and judges what it found with the problem's own model."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from edgeworth import __version__, _families
from edgeworth.core import validation
from edgeworth.core.method import FEATURES, Found, Method
from edgeworth.core.numeric import Sense, closes
from edgeworth.core.observer import Observer
from edgeworth.core.provenance import Provenance
from edgeworth.core.result import BoundEvidence, Quality, Result, Stats, Termination
from edgeworth.core.run import Interruption, Run, interruptible
from edgeworth.core.seeds import Seed, generator
from edgeworth.core.stop import Stop
from edgeworth.core.verdict import Report

logger = logging.getLogger(__name__)


@runtime_checkable
class Problem(Protocol):
    """What the frame asks of a problem dataclass."""

    @property
    def kind(self) -> str: ...
    @property
    def hash(self) -> str: ...
    @property
    def sense(self) -> Sense: ...
    @property
    def integral(self) -> bool: ...
    @property
    def offset(self) -> float: ...
    @property
    def provenance(self) -> Provenance: ...


@dataclass(frozen=True)
class Family:
    """A problem family as the frame sees it: its types, its method table, its model's functions and its checker.

    value(problem, solution) -> float; violations(problem, solution) -> sequence, empty when feasible;
    measures(problem, solution) -> named numbers for tables; verify(problem, solution or result, *, seconds) -> Report;
    auto(problem) -> the name of the method that "auto" stands for.
    """

    kind: str
    problem: type[Any]
    solution: type[Any]
    methods: tuple[Method, ...]
    value: Callable[[Any, Any], float]
    violations: Callable[[Any, Any], Any]
    measures: Callable[[Any, Any], dict[str, float]]
    verify: Callable[..., Report]
    auto: Callable[[Any], str]

    def method(self, name: str) -> Method:
        """The row of that name; a ValueError names all and the nearest."""
        validation.choice("method", name, [row.name for row in self.methods])
        return next(row for row in self.methods if row.name == name)


def family(kind: str) -> Family:
    """The family of that kind, imported on use."""
    validation.choice("kind", kind, list(_families.FAMILIES))
    found: Family = importlib.import_module(_families.FAMILIES[kind]).FAMILY
    return found


def row_of(fam: Family, method: str | Callable[..., Any], problem: Any) -> tuple[Method, Callable[..., Found[Any]]]:
    """The method row and its function: by name, by "auto", or a callable ``f(problem, params, run) -> Found``."""
    if callable(method):
        name = getattr(method, "__name__", type(method).__name__)
        row = Method(
            name=name,
            kind="optimise",
            function="",
            exact=False,
            randomised=True,
            guarantee="none: a user's function",
            reference="",
            supports=frozenset(FEATURES),
        )
        return row, method
    if not isinstance(method, str):
        validation.reject_type("method", "must be a method's name or a callable", method)
    row = fam.method(fam.auto(problem) if method == "auto" else method)
    return row, row.resolve()


def check_call(
    row: Method, stop: Stop | None, *, start: bool = False, threads: int = 1, trace: bool = False, params: Any = None
) -> None:
    """Refuse what the method does not support, before anything runs."""
    if stop is not None and not isinstance(stop, Stop):
        validation.reject_type("stop", "must be a Stop or None", stop)
    asked = [rule for rule in (stop.rules if stop else ()) if rule != "seconds"]
    asked += ["start"] * start + ["threads"] * (validation.integer("threads", threads, minimum=1) > 1)
    asked += ["trace"] * validation.flag("trace", trace)
    for feature in asked:
        if feature not in row.supports:
            has = ", ".join(sorted(row.supports)) or "none of them"
            raise ValueError(f"{feature}: not supported by method {row.name!r} (it supports {has})")
    if params is not None and row.function:
        wanted = row.params_type()
        if wanted is None:
            raise ValueError(f"params: method {row.name!r} takes none; got {validation.shown(params)}")
        if not isinstance(params, wanted):
            validation.reject_type("params", f"must be of type {wanted.__name__} for method {row.name!r}", params)


def solve(
    fam: Family,
    problem: Any,
    *,
    method: str | Callable[..., Any] = "auto",
    stop: Stop | None = None,
    seed: Seed = None,
    start: Any = None,
    params: Any = None,
    observer: Observer | None = None,
    threads: int = 1,
    trace: bool = False,
) -> Result[Any]:
    """Run one method on one problem; the public `solve` of each family forwards here and documents the arguments."""
    if not isinstance(problem, fam.problem):
        validation.reject_type("problem", f"must be of type {fam.problem.__name__}", problem)
    row, function = row_of(fam, method, problem)
    check_call(row, stop, start=start is not None, threads=threads, trace=trace, params=params)
    if observer is not None and not isinstance(observer, Observer):
        validation.reject_type("observer", "must be an Observer", observer)
    if start is not None:
        _check_start(fam, problem, start)
    if params is None and row.function:
        wanted = row.params_type()
        params = wanted() if wanted is not None else None
    rng, record = generator(seed)
    watcher = observer or Observer()
    watcher.on_start(problem, row.name)
    run: Run[Any] = Run(
        sense=problem.sense,
        offset=problem.offset,
        stop=stop or Stop(),
        rng=rng,
        observer=watcher,
        start=start,
        threads=threads,
        trace=trace,
    )
    before = problem.hash
    with interruptible(run):
        try:
            found = function(problem, params, run)
        except Interruption:
            found = Found(run.incumbent, Termination.INTERRUPTED)
    if not row.function and _content_hash(fam, problem) != before:  # of our own methods the contract suite says it
        raise ValueError(f"method: must leave the problem as it is; {row.name!r} wrote into it")
    if not isinstance(found, Found):
        validation.reject_type("method", f"{row.name!r} must return a Found", found)
    if found.solution is not None and type(found.solution) is not fam.solution:
        validation.reject_type(
            "method", f"the solution of {row.name!r} must be of type {fam.solution.__name__}", found.solution
        )
    result = _judge(fam, problem, row, params, record, run, found)
    watcher.on_end(result)
    return result


def _content_hash(fam: Family, problem: Any) -> str:
    """The hash of what the problem holds now, whatever hash it remembers."""
    fresh: str = fam.problem.from_payload(fam.problem.to_payload(problem)).hash
    return fresh


def _check_start(fam: Family, problem: Any, start: Any) -> None:
    if not isinstance(start, fam.solution):
        validation.reject_type("start", f"must be of type {fam.solution.__name__}", start)
    broken = fam.violations(problem, start)
    if broken:
        raise ValueError(f"start: must be feasible; got {broken[0]}")


def _judge(fam: Family, problem: Any, row: Method, params: Any, seed: Any, run: Run[Any], found: Found[Any]) -> Result[Any]:
    """Value and quality from the model and the bound, never from the method's word."""
    notes = list(found.notes)
    solution, value = found.solution, None
    termination = found.termination
    if solution is not None:
        broken = fam.violations(problem, solution)
        if broken:
            notes.append(f"the solution returned breaks a constraint and was refused: {broken[0]}")
            logger.warning("%s: %s", row.name, notes[-1])
            solution, termination = None, Termination.ERROR
        else:
            value = float(fam.value(problem, solution))
    bound, recomputed = found.bound, found.evidence is BoundEvidence.RECOMPUTED
    if value is not None:
        quality = Quality.FEASIBLE
        if bound is not None and closes(value, bound, problem.sense, problem.integral, problem.offset):
            quality = Quality.OPTIMAL if recomputed else Quality.CLAIMED_OPTIMAL
    elif found.infeasible:
        quality = Quality.INFEASIBLE if recomputed else Quality.CLAIMED_INFEASIBLE
    else:
        quality = Quality.NONE
    return Result(
        kind=fam.kind,
        problem_hash=problem.hash,
        method=row.name,
        solution=solution,
        value=value,
        bound=bound,
        bound_evidence=None if bound is None else found.evidence or BoundEvidence.CLAIMED,
        certificate=found.certificate,
        sense=problem.sense,
        quality=quality,
        termination=termination,
        stats=Stats(run.elapsed, found.iterations, found.evaluations, found.nodes, run.compile_seconds),
        trace=run.trace(),
        params=params,
        seed=seed if row.randomised else None,
        version=__version__,
        notes=tuple(notes),
        offset=problem.offset,
    )
