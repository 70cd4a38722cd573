"""The contract of a method, by its kind, as one function that works on any method: ours by its row, yours by the callable.

A broken clause raises `ContractError`, which names the method, the clause and what was found.
"""

from __future__ import annotations

import pickle
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Generic
from weakref import WeakKeyDictionary

import numpy as np

from edgeworth.core import io, payload, solving
from edgeworth.core.family import Family
from edgeworth.core.method import FEATURES, Method
from edgeworth.core.numeric import OPTIMALITY_TOL, closes, relative_gap
from edgeworth.core.observer import Observer, Progress
from edgeworth.core.problem import P, Problem, S
from edgeworth.core.result import BoundEvidence, Quality, Result, Termination
from edgeworth.core.stop import Stop

SECONDS = 0.02
"""The time rule that `stop_clauses` sets."""
GRACE = 5.0
"""How many seconds longer a run may take: loading a solver, a busy machine. A method that ignores the rule takes longer on
a problem that is worth stopping."""

_SOLUTIONS: WeakKeyDictionary[Problem, Any] = WeakKeyDictionary()  # problem -> a solution of it, or None
_ENDED = (Termination.PROVED, Termination.CONVERGED)


class ContractError(AssertionError):
    """A method broke a clause of its contract.

    Attributes
    ----------
    method, clause : str
        Names of the method and of the clause.
    found : str
        What was found instead.
    """

    def __init__(self, method: str, clause: str, found: str) -> None:
        super().__init__(f"method {method!r} breaks the clause {clause!r}: {found}")
        self.method, self.clause, self.found = method, clause, found

    def __reduce__(self) -> tuple[type[ContractError], tuple[str, str, str]]:
        return type(self), (self.method, self.clause, self.found)


def check_method_contract(
    fam: Family[P, S], row: Method | Callable[..., Any], problem: P, *, seed: int = 0, stop: Stop | None = None
) -> None:
    """Check every clause of a method's contract on one problem; silent when all hold.

    Parameters
    ----------
    fam : Family
        The family of the problem.
    row : Method or callable
        A row of the family's table, a `Method` of your own, or a callable ``f(problem, params, run) -> Found``.
    problem : the family's problem
        A small one: every clause solves it again.
    seed : int
        Of the method's randomness.
    stop : Stop, optional
        Ends the runs that are compared with each other; default: 200 iterations where the method counts them and proves
        nothing. A rule on seconds makes no sense here.

    Raises
    ------
    ContractError
        Where a clause is broken.

    Notes
    -----
    Clauses: ``answer`` (a sound result: see `answer_clauses`), ``repeatable``, ``causal`` (of kind "policy"), ``input`` (the
    problem is as it was), ``global state``, ``pickle``, ``files``, ``refusals``, ``time`` and ``iterations``, ``observer``,
    ``start``, ``trace``.
    """
    call = _Call(fam, row, problem, seed, stop)
    before = payload.fingerprint(problem.kind, problem.to_payload().fields, problem.to_payload().arrays)
    ours, numpys = random.getstate(), _numpy_state()
    result = call()
    call.expect("global state", random.getstate() == ours and _numpy_state() == numpys, "a global generator was used")
    answer_clauses(call, result)
    repeatable_clauses(call, result)
    causality_clauses(call, result)
    refusal_clauses(call)
    stop_clauses(call)
    observer_clauses(call)
    start_and_trace_clauses(call, result)
    storage_clauses(call, result)
    after = payload.fingerprint(problem.kind, problem.to_payload().fields, problem.to_payload().arrays)
    call.expect("input", before == after, "the problem changed")
    for name, values in problem.to_payload().arrays.items():
        call.expect("input", not values.flags.writeable, f"the array {name!r} of the problem can be written")


class _Call(Generic[P, S]):
    """One method on one problem, ready to be run again and again."""

    def __init__(self, fam: Family[P, S], row: Method | Callable[..., Any], problem: P, seed: int, stop: Stop | None) -> None:
        self.fam, self.problem, self.seed = fam, problem, seed
        self.method: str | Callable[..., Any]
        if isinstance(row, Method):
            if row not in fam.methods:
                self.fam = replace(fam, methods=(*fam.methods, row))
            self.row, self.method = row, row.name
        else:
            self.row, self.method = solving.row_of(fam, row, problem)[0], row
        if stop is None and "iterations" in self.row.supports and not self.row.exact:
            stop = Stop(iterations=200)
        self.stop = stop

    def __call__(self, **changed: Any) -> Result[S]:
        given = {"seed": self.seed, "stop": self.stop, "method": self.method} | changed
        return self.fam.solve(self.problem, **given)

    def expect(self, clause: str, holds: bool, found: object) -> None:
        if not holds:
            raise ContractError(self.row.name, clause, str(found))

    @property
    def own(self) -> bool:
        """Whether it is a row, with declared features, rather than a bare callable."""
        return isinstance(self.method, str)


def answer_clauses(call: _Call[P, S], result: Result[S]) -> None:
    """The report of `verify` holds; the value is the model's; the bound lies on its side and closes the gap for OPTIMAL; the
    kind's own rules: ``bound`` returns no solution; ``mechanism`` an outcome whose measures hold the auctioneer's surplus and
    the welfare, which is the value; ``equilibrium`` is judged by a verdict ``epsilon``, with a tolerance where the run
    was not cut.
    """
    fam, problem = call.fam, call.problem
    report = fam.verify(problem, result)
    call.expect("answer", bool(report), report)
    call.expect("answer", result.kind == fam.kind and result.problem_hash == problem.hash, "names another problem")
    call.expect("answer", result.method == call.row.name, f"names the method {result.method!r}")
    call.expect("answer", result.sense == problem.sense, f"states the sense {result.sense!r}")
    call.expect("answer", result.termination is not Termination.ERROR, f"ended in an error: {result.notes}")
    if result.termination is Termination.REFUSED:
        call.expect("answer", result.solution is None and bool(result.notes), "refused with a solution, or without saying why")
    call.expect("answer", (result.solution is None) == (result.value is None), "a value without solution, or the reverse")
    call.expect("answer", (result.bound is None) == (result.bound_evidence is None), "a bound without evidence, or the reverse")
    if call.row.kind == "bound":
        call.expect("answer", result.solution is None, "a method of kind 'bound' returned a solution")
    if call.row.kind == "equilibrium" and result.solution is not None:
        call.expect("answer", "epsilon" in report, f"no verdict 'epsilon' on an equilibrium, only {', '.join(report)}")
        judged = report["epsilon"].tolerance is not None or result.termination not in _ENDED
        call.expect("answer", judged, f"ended by {result.termination}, and its epsilon is not judged")
    if call.row.kind == "mechanism":
        call.expect("answer", result.solution is not None or result.termination not in _ENDED, "a mechanism without an outcome")
        if result.solution is not None:
            named = fam.measures(problem, result.solution)
            call.expect("answer", {"welfare", "surplus"} <= set(named), f"no welfare or surplus among {', '.join(named)}")
            call.expect("answer", named["welfare"] == result.value, f"value {result.value!r}, welfare {named['welfare']!r}")
    if result.solution is not None:
        broken = fam.violations(problem, result.solution)
        call.expect("answer", not broken, broken)
        recomputed = fam.value(problem, result.solution)
        call.expect("answer", result.value == recomputed, f"value {result.value!r}, recomputed {recomputed!r}")
    if result.gap is not None:
        call.expect("answer", result.gap >= -OPTIMALITY_TOL, f"the bound is on the wrong side: gap {result.gap!r}")
    closed = (
        result.value is not None
        and result.bound is not None
        and closes(result.value, result.bound, result.sense, problem.integral, problem.offset)
    )
    word = Quality.OPTIMAL if result.bound_evidence is BoundEvidence.RECOMPUTED else Quality.CLAIMED_OPTIMAL
    fits = (result.quality is word) == closed
    call.expect("answer", fits, f"quality {result.quality} with gap {result.gap!r}, evidence {result.bound_evidence}")
    if result.bound_evidence is BoundEvidence.RECOMPUTED:
        call.expect("answer", result.certificate is not None, "a recomputed bound without certificate")
        lying = replace(result, bound=_tighter(result))
        call.expect("answer", not fam.verify(problem, lying)["bound"], "verify believes a bound tighter than its certificate")


def _tighter(result: Result[S]) -> float:
    bound = float("nan") if result.bound is None else result.bound
    step = 1e-6 * max(abs(bound - result.offset), 1e-6)
    return bound - step if result.sense == "max" else bound + step


def repeatable_clauses(call: _Call[P, S], result: Result[S]) -> None:
    """The same seed gives the same answer, whether it comes as an integer, a fresh generator or after another run."""
    again = call()
    call.expect("repeatable", same_answer(result, again), f"{_summary(result)}, then {_summary(again)}")
    fresh = call(seed=np.random.default_rng(call.seed))
    call.expect("repeatable", same_answer(result, fresh), "a generator of the same seed gives another answer")
    if call.own and not call.row.randomised:
        other = call(seed=call.seed + 1)
        call.expect("repeatable", same_answer(result, other), "the method is not randomised, yet depends on the seed")


def causality_clauses(call: _Call[P, S], result: Result[S]) -> None:
    """What a policy decides up to a slot is the same whatever comes later, down to the last bit; a policy returns no bound."""
    if call.row.kind != "policy":
        return
    causality = call.fam.causality
    if causality is None:
        raise ContractError(call.row.name, "causal", f"the family {call.fam.kind!r} does not say what comes later")
    call.expect("causal", result.bound is None, f"a policy that states a bound, {result.bound!r}")
    if result.solution is None:
        return
    for slot, other in causality.futures(call.problem):
        again = call.fam.solve(other, method=call.method, seed=call.seed, stop=call.stop).solution
        call.expect("causal", again is not None, f"no solution where another future follows slot {slot}")
        if again is not None:
            pairs = zip(causality.decided(result.solution, slot), causality.decided(again, slot), strict=True)
            same = all(np.array_equal(one, two) for one, two in pairs)
            call.expect("causal", same, f"decisions up to slot {slot} depend on what comes later")


def refusal_clauses(call: _Call[P, S]) -> None:
    """What a row does not support is refused by name, and so are parameters of a wrong type."""
    if not call.own:
        return
    asked: dict[str, dict[str, Any]] = {
        "start": {"start": _some_solution(call)},
        "threads": {"threads": 2},
        "trace": {"trace": True},
        "iterations": {"stop": Stop(iterations=1)},
        "stalled": {"stop": Stop(stalled=1)},
        "target": {"stop": Stop(target=0.0)},
        "gap": {"stop": Stop(gap=0.1)},
    }
    for feature in FEATURES:
        if feature in call.row.supports or (feature == "start" and asked["start"]["start"] is None):
            continue
        try:
            call(**{"stop": None, **asked[feature]})
        except ValueError as error:
            call.expect("refusals", feature in str(error), f"the refusal of {feature!r} does not name it: {error}")
        else:
            call.expect("refusals", False, f"{feature!r} is not in supports and was accepted")
    for wrong in ({}, "fast", 3, object()):
        try:
            call(params=wrong)
        except (TypeError, ValueError) as error:
            call.expect("refusals", "params" in str(error), f"the refusal of params={wrong!r} does not name it: {error}")
        else:
            call.expect("refusals", False, f"params={wrong!r} was accepted")


def _some_solution(call: _Call[P, S]) -> S | None:
    """A solution of the problem, None where no method finds one in `SECONDS`; looked for once for all methods of a family."""
    if call.problem not in _SOLUTIONS:
        _SOLUTIONS[call.problem] = next((found for found in _solutions(call) if found is not None), None)
    found: S | None = _SOLUTIONS[call.problem]
    return found


def _solutions(call: _Call[P, S]) -> Iterator[S | None]:
    for row in call.fam.methods:
        if row.kind != "bound" and row.requires is None:
            yield call.fam.solve(call.problem, method=row.name, seed=0, stop=Stop(seconds=SECONDS)).solution


def stop_clauses(call: _Call[P, S]) -> None:
    """A rule on seconds is obeyed within `GRACE`; rules on iterations end the run there, or it ended before; both keep a sound
    result. No iteration at all is a legal wish."""
    for seconds in (0.0, SECONDS):
        result = call(stop=Stop(seconds=seconds))
        call.expect("time", result.stats.seconds <= seconds + GRACE, f"{result.stats.seconds} s instead of {seconds} s")
        call.expect("time", bool(call.fam.verify(call.problem, result)), "the interrupted result does not verify")
        call.expect("time", result.termination in (*_own_ends(call), Termination.TIME), f"ended by {result.termination}")
    for most in (0, 1, 7) if "iterations" in call.row.supports else ():
        result = call(stop=Stop(iterations=most))
        reached = result.termination is Termination.ITERATIONS and result.stats.iterations >= most
        call.expect("iterations", reached or result.termination in _own_ends(call), f"ended by {result.termination}")
        if not call.row.exact and call.own:
            call.expect("iterations", result.stats.iterations <= most, f"{result.stats.iterations} instead of {most}")
        call.expect("iterations", bool(call.fam.verify(call.problem, result)), "the interrupted result does not verify")
    if "stalled" in call.row.supports:
        result = call(stop=Stop(stalled=1, seconds=GRACE))
        ends = (*_own_ends(call), Termination.STALLED, Termination.TIME)
        call.expect("stalled", result.termination in ends, f"ended by {result.termination}")
    if "target" in call.row.supports:
        result = call(stop=_with(call.stop, target=-1e12 if call.problem.sense == "max" else 1e12))
        fits = (*_ENDED, Termination.TARGET)
        if result.solution is not None:
            call.expect("target", result.termination in fits, f"a target that any value meets, ended by {result.termination}")


def _own_ends(call: _Call[P, S]) -> tuple[Termination, ...]:
    """How a run may end that no rule stopped: a method may not apply to the problem, and a dynamic may go round in a cycle,
    which it says as STALLED."""
    own = (*_ENDED, Termination.REFUSED)
    return (*own, Termination.STALLED) if call.row.kind == "equilibrium" else own


def _with(stop: Stop | None, **rules: Any) -> Stop:
    return replace(stop or Stop(), **rules)


class _Script(Observer):
    """Records its calls and asks to stop at the first chance."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.ended: list[object] = []
        self.progressed = 0

    def on_start(self, problem: object, method: str) -> None:
        self.started.append(method)

    def on_improved(self, progress: Progress) -> bool | None:
        self.progressed += 1
        return None

    def on_progress(self, progress: Progress) -> bool | None:
        self.progressed += 1
        return True

    def on_end(self, result: Result[S]) -> None:
        self.ended.append(result)


def observer_clauses(call: _Call[P, S]) -> None:
    """An observer is called once at the start and once at the end, and may stop a run that reports progress."""
    script = _Script()
    result = call(observer=script)
    call.expect("observer", script.started == [call.row.name], f"on_start was called with {script.started}")
    call.expect("observer", len(script.ended) == 1 and script.ended[0] is result, "on_end was not called once with the result")
    if script.progressed:
        fits = (*_own_ends(call), Termination.OBSERVER)
        call.expect("observer", result.termination in fits, f"asked to stop, ended by {result.termination}")
    call.expect("observer", bool(call.fam.verify(call.problem, result)), "the interrupted result does not verify")


def start_and_trace_clauses(call: _Call[P, S], result: Result[S]) -> None:
    """A start is never made worse by a method that optimises; a trace, where asked for, has arrays of one length in the order
    of time."""
    call.expect("trace", result.trace is None, "a trace that was not asked for")
    if "start" in call.row.supports and call.own:
        start = _some_solution(call)
        if start is not None:
            found = call(start=start)
            known = call.fam.value(call.problem, start)
            refused = found.termination is Termination.REFUSED  # the method does not apply, wherever it starts
            call.expect("start", found.value is not None or refused, "no solution, although one was given to start from")
            if found.value is not None and call.row.kind == "optimise":
                lost = relative_gap(known, found.value, result.sense, call.problem.offset)
                call.expect("start", lost >= -OPTIMALITY_TOL, f"{found.value!r} is worse than the start's {known!r}")
    if "trace" in call.row.supports:
        traced = call(trace=True)
        call.expect("trace", traced.trace is not None, "no trace, although asked for")
        call.expect("trace", same_answer(result, replace(traced, trace=None)), "the answer depends on the trace")
        if traced.trace is not None:
            columns = [getattr(traced.trace, field.name) for field in fields(traced.trace)]
            call.expect("trace", len({len(column) for column in columns}) == 1, "columns of different lengths")
            rising = bool(np.all(np.diff(traced.trace.seconds) >= 0) and np.all(np.diff(traced.trace.iterations) >= 0))
            call.expect("trace", rising, "time or iterations run backwards")
            storage_clauses(call, traced)


def storage_clauses(call: _Call[P, S], result: Result[S]) -> None:
    """A result survives pickling and both file formats, and still verifies."""
    copy = pickle.loads(pickle.dumps(result))
    call.expect("pickle", same_answer(result, copy) and copy.stats == result.stats, "the copy differs")
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("json", "npz"):
            path = Path(folder) / f"result.{ending}"
            result.save(path)
            copy = io.load(path)
            call.expect("files", same_answer(result, copy), f"{ending}: {_summary(result)} came back as {_summary(copy)}")
            for name in ("stats", "params", "seed", "version", "notes", "kind", "method"):
                if name == "params" and not (call.own and call.row in call.fam.methods):
                    continue  # parameters of a method that no family lists come back as plain fields
                kept = getattr(result, name) == getattr(copy, name)
                call.expect("files", kept, f"{ending}: {name} came back as {getattr(copy, name)!r}")
            call.expect("files", bool(call.fam.verify(call.problem, copy)), f"{ending}: the copy does not verify")


def same_answer(one: Result[S], two: Result[S]) -> bool:
    """Whether two results are the same, down to the last bit, but for clock times."""
    names = ("problem_hash", "value", "bound", "bound_evidence", "quality", "termination", "sense")
    if any(getattr(one, name) != getattr(two, name) for name in names):
        return False
    if one.trace is not None and two.trace is not None:
        for name in ("iterations", "value", "bound"):
            if not np.array_equal(getattr(one.trace, name), getattr(two.trace, name), equal_nan=name != "iterations"):
                return False
    return _content(one) == _content(two)


def _content(result: Result[S]) -> str:
    arrays, plain = {}, {}
    if result.solution is not None:
        inner = result.solution.to_payload()
        plain, arrays = dict(inner.fields), dict(inner.arrays)
    if result.certificate is not None:
        arrays |= {f"certificate.{name}": values for name, values in result.certificate.arrays.items()}
    return payload.fingerprint(result.kind, plain, arrays)


def _summary(result: Result[S]) -> str:
    return f"value {result.value!r}, bound {result.bound!r}, {result.quality}, {result.termination}"


def _numpy_state() -> bytes:
    return pickle.dumps(np.random.get_state())  # noqa: NPY002


def constructible(row: Method) -> object:
    """The default parameters of a row: a frozen dataclass (ContractError otherwise), or None where it takes none."""
    wanted = row.params_type()
    if wanted is None:
        return None
    params = wanted()
    frozen = is_dataclass(params) and getattr(wanted, "__dataclass_params__").frozen  # noqa: B009
    if not frozen:
        raise ContractError(row.name, "params", f"{wanted.__name__} is not a frozen dataclass")
    return params
