"""One call of one method: the call is checked, the method runs, and what it found is judged by the problem's own model."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from dataclasses import replace
from os import PathLike
from typing import Any

import numpy as np

from edgeworth._version import __version__
from edgeworth.core import validation
from edgeworth.core.display import one_line
from edgeworth.core.method import FEATURES, Found, Method
from edgeworth.core.numeric import closes
from edgeworth.core.observer import Observer
from edgeworth.core.policy import TrainedPolicy, policy_row
from edgeworth.core.prepare import prepare
from edgeworth.core.problem import Model, P, S
from edgeworth.core.problem import model as family
from edgeworth.core.result import BoundEvidence, Quality, Result, Stats, Termination
from edgeworth.core.run import Interruption, Run, interruptible
from edgeworth.core.seeds import Seed, SeedRecord, generator
from edgeworth.core.stop import Stop

__all__ = ["MethodLike", "check_call", "family", "row_of", "solve"]

logger = logging.getLogger(__name__)

MethodLike = str | Callable[..., Any]
"""A method's name, a trained policy, or a function of one's own: ``f(problem)`` or ``f(problem, params, run)``."""


def row_of(fam: Model[P, S], method: MethodLike, problem: P) -> tuple[Method, Callable[..., Any]]:
    """The method row and its function ``f(problem, params, run)``: by name, by "auto", of a trained policy or a callable."""
    if isinstance(method, TrainedPolicy):
        return policy_row(fam, method, problem)
    if callable(method):
        name = getattr(method, "__name__", type(method).__name__)
        for each in fam.methods:  # the library's own, given as a function
            if each.function.endswith(f":{name}") and each.resolve() is method:
                return each, method
        taken = any(each.name == name for each in fam.methods)  # its results must not pass for the method's
        function, alone = _of_three(method)
        row = Method(
            name=f"{name} (own)" if taken else name,
            kind="optimise",
            function="",
            exact=False,
            randomised=True,
            guarantee="none: a user's function",
            reference="",
            supports=frozenset() if alone else frozenset(FEATURES),  # who sees the problem alone cannot obey anything
        )
        return row, function
    if not isinstance(method, str | PathLike):
        validation.reject_type("method", "must be a method's name or a callable", method)
    row = fam.method(fam.auto(problem) if method == "auto" else method)
    return row, row.resolve()


def _of_three(method: Callable[..., Any]) -> tuple[Callable[..., Any], bool]:
    """The callable with the arguments (problem, params, run), and whether it takes the problem alone.

    Arguments that have defaults of the function's own are left to them: only where they are named params and run do they get
    these.
    """
    try:
        signature = inspect.signature(method)
    except (TypeError, ValueError):  # what is written in C may have none
        return method, False
    alone = _takes(signature, 1)
    if _takes(signature, 3) and not (alone and list(signature.parameters)[1:3] != ["params", "run"]):
        return method, False
    if not alone:
        validation.reject_type("method", "must take (problem), or (problem, params, run)", str(signature))

    def by_itself(problem: Any, params: object, run: Run[Any]) -> Any:
        with run.breakable():  # nothing asks it to end, so Ctrl-C leaves it
            return method(problem)

    return by_itself, True


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


def check_call(
    row: Method, stop: Stop | None, *, start: bool = False, threads: int = 1, trace: bool = False, params: object = None
) -> None:
    """Refuse what the method does not support, before anything runs."""
    if stop is not None and not isinstance(stop, Stop):
        validation.reject_type("stop", "must be a Stop or None", stop)
    asked = [rule for rule in (stop.rules if stop else ()) if rule != "seconds"]
    if start:
        asked.append("start")
    if validation.integer("threads", threads, minimum=1) > 1:
        asked.append("threads")
    if validation.flag("trace", trace):
        asked.append("trace")
    for feature in asked:
        if feature not in row.supports:
            has = ", ".join(sorted(row.supports)) or "none of them"
            raise ValueError(f"{feature}: not supported by method {row.name!r} (it supports {has})")
    if params is not None and not row.function and not row.supports:
        validation.reject("params", f"must be None, as {row.name!r} takes the problem alone", params)
    if params is not None and row.function:
        wanted = row.params_type()
        if wanted is None:
            raise ValueError(f"params: method {row.name!r} takes none; got {validation.shown(params)}")
        if not isinstance(params, wanted):
            validation.reject_type("params", f"must be of type {wanted.__name__} for method {row.name!r}", params)


def solve(
    fam: Model[P, S],
    problem: P,
    *,
    method: MethodLike = "auto",
    stop: Stop | None = None,
    seed: Seed = None,
    start: S | None = None,
    params: object = None,
    observer: Observer | None = None,
    threads: int = 1,
    trace: bool = False,
) -> Result[S]:
    """Run one method on one problem; `Family.solve` documents the arguments."""
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
    prepared = prepare(fam, row)  # before observers learn that the run starts, and before its clock does
    watcher = observer or Observer()
    watcher.on_start(problem, row.name)
    before = problem.hash  # remembered from here on; of large problems a tenth of a second that is not the method's
    run: Run[S] = Run(
        sense=problem.sense,
        offset=problem.offset,
        stop=stop or Stop(),
        rng=rng,
        observer=watcher,
        start=start,
        threads=threads,
        trace=trace,
        prepared=prepared,
    )
    logger.info("%s: %s begins", fam.kind, one_line(row.name))
    with interruptible(run):
        try:
            returned = function(problem, params, run)
        except Interruption:
            returned = Found(run.incumbent, Termination.INTERRUPTED)
    if not row.function and _content_hash(fam, problem) != before:  # of our own methods the contract suite says it
        raise ValueError(f"method: must leave the problem as it is; {row.name!r} wrote into it")
    result = _judge(fam, problem, row, params, record, run, _found(fam, problem, row, returned))
    logger.info("%r", result)
    watcher.on_end(result)
    return result


def _content_hash(fam: Model[P, S], problem: P) -> str:
    """The hash of what the problem holds now, whatever hash it remembers."""
    return fam.problem.from_payload(fam.problem.to_payload(problem)).hash


def _check_start(fam: Model[P, S], problem: P, start: S) -> None:
    if not isinstance(start, fam.solution):
        validation.reject_type("start", f"must be of type {fam.solution.__name__}", start)
    broken = fam.violations(problem, start)
    if broken:
        raise ValueError(f"start: must be feasible; got {broken[0]}")


def _found(fam: Model[P, S], problem: P, row: Method, returned: object) -> Found[S]:
    """What the method found. A function of a user's own may return a solution, or an array that makes one."""
    if isinstance(returned, Found):
        found: Found[S] = returned
    else:
        solution = returned
        if not row.function and isinstance(solution, np.ndarray | list | tuple) and fam.from_array is not None:
            solution = fam.from_array(problem, solution)
        if row.function or type(solution) is not fam.solution:
            rule = f"{row.name!r} must return a Found or, where it is a user's own, a solution ({fam.solution.__name__})"
            validation.reject_type("method", rule, returned)
        found = Found(solution, Termination.CONVERGED)
    if found.solution is not None and type(found.solution) is not fam.solution:
        rule = f"the solution of {row.name!r} must be of type {fam.solution.__name__}"
        validation.reject_type("method", rule, found.solution)
    kinds = (*fam.rebuild, *fam.infeasibility)
    proves = found.certificate is not None and found.certificate.kind in kinds
    if not row.function and found.evidence is BoundEvidence.RECOMPUTED and not proves:
        note = "there is no certificate that the checker could rebuild it from: what is said of bounds is a claim"
        return replace(found, evidence=BoundEvidence.CLAIMED, notes=(*found.notes, note))
    return found


def _quality(fam: Model[P, S], problem: P, row: Method, found: Found[S], value: float | None, end: Termination) -> Quality:
    recomputed = found.evidence is BoundEvidence.RECOMPUTED
    if value is None:
        if not found.infeasible:
            return Quality.NONE
        return Quality.INFEASIBLE if recomputed else Quality.CLAIMED_INFEASIBLE
    if found.bound is not None and closes(value, found.bound, problem.sense, problem.integral, problem.offset):
        return Quality.OPTIMAL if recomputed else Quality.CLAIMED_OPTIMAL
    ended = end in (Termination.PROVED, Termination.CONVERGED)
    if row.kind == "equilibrium" and ended and fam.covers == "all":  # else its equilibria are its optima, and said so above
        return Quality.EQUILIBRIUM
    return Quality.FEASIBLE


def _judge(
    fam: Model[P, S], problem: P, row: Method, params: object, seed: SeedRecord, run: Run[S], found: Found[S]
) -> Result[S]:
    """Value and quality from the model and the bound, never from the method's word."""
    notes = list(found.notes)
    solution, value = found.solution, None
    termination = found.termination
    if solution is not None:
        broken = fam.violations(problem, solution)
        if broken:
            notes.append(f"the solution returned breaks a constraint and was refused: {broken[0]}")
            logger.warning("%s", one_line(f"{row.name}: {notes[-1]}"))
            solution, termination = None, Termination.ERROR
        else:
            value = float(fam.value(problem, solution))
    return Result(
        kind=fam.kind,
        problem_hash=problem.hash,
        method=row.name,
        solution=solution,
        value=value,
        bound=found.bound,
        bound_evidence=None if found.bound is None else found.evidence or BoundEvidence.CLAIMED,
        certificate=found.certificate,
        sense=problem.sense,
        quality=_quality(fam, problem, row, found, value, termination),
        termination=termination,
        stats=Stats(run.elapsed, found.iterations, found.evaluations, found.nodes, run.prepared + run.compile_seconds),
        trace=run.trace(),
        params=params if found.params is None else found.params,
        seed=seed if row.randomised else None,
        version=__version__,
        notes=tuple(notes),
        offset=problem.offset,
    )
