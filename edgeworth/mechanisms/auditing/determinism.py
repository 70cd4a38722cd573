"""Whether a rule is a function of the market alone, by its outcomes, its state, the global random states and the clock."""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import random
import sys
import types
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np

from edgeworth.core.audit_model import S
from edgeworth.core.traced import Traced

if TYPE_CHECKING:
    from _typeshed import TraceFunction

T = TypeVar("T")

MOST_LEAVES = 20_000
"""So many parts of a rule's state are compared."""

_LIBRARIES = (frozenset(sys.stdlib_module_names) - {"__main__"}) | {
    *("edgeworth", "numpy", "scipy", "numba", "llvmlite", "pandas", "torch", "networkx", "highspy", "pyomo", "sklearn"),
    *("_pytest", "pytest", "hypothesis"),
}
_CLOCKS = {
    "time": {"time", "time_ns", "perf_counter", "perf_counter_ns", "monotonic", "monotonic_ns", "process_time", "thread_time"},
    "datetime": {"now", "today", "utcnow"},
}
_QUIET = frozenset({"logging", "warnings", "edgeworth", "numba", "threading", "importlib", "hypothesis"})
"""They look at the clock for their own sake."""


def is_library(module: object) -> bool:
    """True for a module of a library, whose code is no rule's own."""
    return isinstance(module, str) and module.partition(".")[0] in _LIBRARIES


# --- global random states -----------------------------------------------------------------------------------------------


def random_states() -> dict[str, Any]:
    """The states of the generators that any code may draw from."""
    return {"random": random.getstate(), "numpy.random": np.random.get_state()}  # noqa: NPY002  # others' state, looked at


def moved(before: Mapping[str, Any]) -> list[str]:
    """The global generators that have been drawn from since."""
    now = random_states()
    return [name for name in before if _hashed(before[name]) != _hashed(now[name])]


@contextlib.contextmanager
def untouched() -> Iterator[None]:
    """Whatever is drawn inside: the global random states are afterwards what they were before."""
    states = random_states()
    try:
        yield
    finally:
        random.setstate(states["random"])
        np.random.set_state(states["numpy.random"])  # noqa: NPY002  # put back


def draw_from(seed: int) -> None:
    """Set the global generators, so that two runs see the same chance. Only inside of `untouched`."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  # rules draw from the global one


def draws(seed: int, repetitions: int, purpose: str) -> list[int]:
    """The seeds of a rule's draws: the same for the same arguments, others for another purpose."""
    stream = np.random.SeedSequence(seed, spawn_key=(len(purpose),))
    return [int(word) for word in stream.generate_state(repetitions)]


def _hashed(state: object) -> str:
    return hashlib.sha1(repr(leaves(state)).encode(), usedforsecurity=False).hexdigest()


# --- a rule's own state -------------------------------------------------------------------------------------------------


def leaves(value: object, name: str = "") -> dict[str, str]:
    """What can be seen of a value, by path: attributes, items, closures, defaults, the globals that a function names."""
    found: dict[str, str] = {}
    _walk(value, name, found, {})
    return found


def changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The paths at which two looks differ, the shortest first."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return sorted(names, key=lambda name: (len(name), name))


def _walk(value: object, path: str, found: dict[str, str], seen: dict[int, object]) -> None:
    if len(found) >= MOST_LEAVES:
        return
    if value is None or (
        not isinstance(value, Traced) and isinstance(value, bool | int | float | complex | str | bytes | np.generic)
    ):
        found[path] = repr(value)
        return
    if id(value) in seen:
        return
    seen[id(value)] = value  # held: an id is unique among the living only
    found[path] = type(value).__name__
    for step, part in _parts(value):
        _walk(part, f"{path}{step}", found, seen)


def _parts(value: Any) -> list[tuple[str, object]]:
    """What a value is made of. Libraries' objects are opaque but for random generators, iterators and frozen parameters."""
    if isinstance(value, Traced):
        return [("", "a traced number")]
    if isinstance(value, np.random.Generator):
        return [(" (a random generator)", repr(value.bit_generator.state))]
    if isinstance(value, np.random.RandomState):
        return [(" (a random generator)", repr(value.get_state()))]
    if isinstance(value, random.SystemRandom):
        return []
    if isinstance(value, random.Random):
        return [(" (a random generator)", repr(value.getstate()))]
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            return [(f"[{i}]", item) for i, item in enumerate(value.ravel().tolist())]
        data = hashlib.sha1(np.ascontiguousarray(value).tobytes(), usedforsecurity=False).hexdigest()
        return [("", f"{value.dtype} {value.shape} {data}")]
    if isinstance(value, Mapping):
        return [(f"[{_short(key)}]", item) for key, item in value.items()]
    if isinstance(value, list | tuple | deque):
        return [(f"[{i}]", item) for i, item in enumerate(value)]
    if isinstance(value, set | frozenset):
        return [("", str(sorted(_short(item) for item in value)))]
    if isinstance(value, types.FunctionType):
        return _of_function(value)
    if isinstance(value, types.MethodType):
        return [("", value.__func__), ("", value.__self__)]
    if isinstance(value, types.BuiltinFunctionType):
        return [("", value.__self__)]
    if isinstance(value, functools.partial):
        return [("", value.func), (".args", value.args), (".keywords", value.keywords)]
    if isinstance(value, staticmethod | classmethod) or type(value).__name__ == "_lru_cache_wrapper":
        return [("", value.__wrapped__)]  # a cache remembers; whether it forgets to be right shows in the outcomes
    if isinstance(value, property):
        return [("", accessor) for accessor in (value.fget, value.fset) if accessor is not None]
    if isinstance(value, types.GeneratorType):
        frame = value.gi_frame
        return [("", "ended")] if frame is None else [("", str(frame.f_lasti)), (" local", dict(frame.f_locals))]
    if isinstance(value, type):
        if is_library(value.__module__):
            return []
        skipped = ("__dict__", "__weakref__", "__doc__", "__module__")
        return [(f".{name}", item) for name, item in vars(value).items() if name not in skipped]
    if isinstance(value, types.ModuleType):
        return []
    return _of_object(value)


def _of_object(value: Any) -> list[tuple[str, object]]:
    kind = type(value)
    if is_library(kind.__module__):
        if is_dataclass(value):  # parameters and problems; what they remember besides is no state
            return [(f".{item.name}", getattr(value, item.name)) for item in fields(value) if item.init]
        if kind.__module__ in ("itertools", "builtins", "collections") and hasattr(value, "__next__"):
            with warnings.catch_warnings(), contextlib.suppress(TypeError):
                warnings.simplefilter("ignore")
                return [("", repr(value.__reduce__()[1:]))]
        return []
    named = dict(getattr(value, "__dict__", {}))
    for base in kind.__mro__:
        for slot in vars(base).get("__slots__", ()):
            if hasattr(value, slot):
                named[slot] = getattr(value, slot)
    return [(f".{name}", item) for name, item in named.items()] + [("'s class", kind)]


def _of_function(function: types.FunctionType) -> list[tuple[str, object]]:
    if is_library(function.__module__):
        return []
    parts: list[tuple[str, object]] = [(f".{name}", item) for name, item in vars(function).items() if name != "__wrapped__"]
    parts += [(f" default {i}", item) for i, item in enumerate(function.__defaults__ or ())]
    parts += [(f" default {name!r}", item) for name, item in (function.__kwdefaults__ or {}).items()]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        with contextlib.suppress(ValueError):  # an empty cell
            parts.append((f" variable {name!r}", cell.cell_contents))
    names = dict.fromkeys(name for code in _codes(function) for name in code.co_names)
    space = function.__globals__
    parts += [(f" global {name!r}", space[name]) for name in names if name in space]
    return parts


def _short(value: object) -> str:
    """Text of a key; a traced number's would be refused."""
    return "a traced number" if isinstance(value, Traced) else repr(value)[:80]


# --- what a run does ------------------------------------------------------------------------------------------------------


def _quiet(frame: types.FrameType | None) -> bool:
    """True where a library looks at the clock for its own sake; the frames up to the rule's own code tell."""
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if not is_library(module):
            return False
        if str(module).partition(".")[0] in _QUIET:
            return True
        frame = frame.f_back
    return False


def watched(call: Callable[[], T]) -> tuple[T, list[str]]:
    """Run, and say which clock was read and which fresh entropy drawn, as far as a profiler sees it."""
    causes: dict[str, None] = {}

    def profile(frame: types.FrameType, event: str, function: Any) -> None:
        if event == "c_call":
            name, module = getattr(function, "__name__", ""), getattr(function, "__module__", None)
            owner = getattr(function, "__self__", None)
            if isinstance(owner, type):
                module = owner.__module__
            if name in _CLOCKS.get(str(module), ()) and not _quiet(frame):
                causes[f"reads the clock ({module}.{name})"] = None
            elif name in ("urandom", "getrandom") and not _quiet(frame):
                causes[_ENTROPY] = None
        elif event == "call" and frame.f_code is _SEED and frame.f_locals.get("a") is None and not _quiet(frame):
            causes[_ENTROPY] = None

    if sys.getprofile() is not None:  # somebody measures; two profilers cannot both look
        return call(), []
    collecting = gc.isenabled()
    gc.disable()  # what others do at a collection is not the rule's doing
    sys.setprofile(profile)
    try:
        answer = call()
    finally:
        sys.setprofile(None)
        if collecting:
            gc.enable()
    return answer, list(causes)


_ENTROPY = "draws fresh random numbers from the operating system"
_SEED = random.Random.seed.__code__


def _codes(function: types.FunctionType) -> list[types.CodeType]:
    """A function's code and all code within."""
    codes = [function.__code__]
    for code in codes:
        codes += [inner for inner in code.co_consts if isinstance(inner, types.CodeType)]
    return codes


class Execution(NamedTuple):
    """What the rule's own code did in a run: the exceptions that it met and went on from, and a digest of the instructions
    that it went through, in order."""

    met: frozenset[str]
    digest: int


def executed(call: Callable[[], T]) -> tuple[T, Execution]:
    """Run, and watch the way that the rule's own code takes; libraries' code is not looked at."""
    met: set[str] = set()
    steps: list[int] = []
    step = steps.append

    def local(frame: types.FrameType, event: str, detail: Any) -> TraceFunction | None:
        if event == "opcode":
            step(frame.f_lasti)
        elif event == "exception" and not issubclass(detail[0], StopIteration | GeneratorExit):
            met.add(detail[0].__name__)
        return local

    def trace(frame: types.FrameType, event: str, detail: Any) -> TraceFunction | None:
        if is_library(frame.f_globals.get("__name__")):
            return None
        frame.f_trace_lines, frame.f_trace_opcodes = False, True
        step(id(frame.f_code))
        return local

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        answer = call()
    finally:
        sys.settrace(before)
    return answer, Execution(frozenset(met), hash(tuple(steps)))


_LOOKING = frozenset({"_getframe", "currentframe", "f_back", "tb_frame", "gettrace", "getprofile", "extract_stack"})


def looks_around(rule: object) -> str | None:
    """The name by which the code that can be seen of a rule looks at who calls or watches it; None where there is none."""
    seen: dict[int, object] = {}
    _walk(rule, "", {}, seen)
    for value in seen.values():
        if isinstance(value, types.FunctionType):
            found = _LOOKING.intersection(name for code in _codes(value) for name in code.co_names)
            if found and not is_library(value.__module__):
                return min(found)
    return None


CHANCE = ("draws", "gives")
"""How the causes begin that mean chance rather than memory or a clock."""


class Watch(Generic[S]):
    """Compares runs of the honest market before and after an audit, and what could make them differ.

    The first run may still build what a rule keeps (a table, a compiled function); from then on nothing may change.
    """

    def __init__(self, rule: object, honest: Callable[[], S], runs: int) -> None:
        self.rule, self.honest, self.runs = rule, honest, runs

    def before(self) -> list[str]:
        """Why the rule is no function of the market, as far as a few runs show; empty where nothing speaks against it."""
        self.states = random_states()
        self.outcome, causes = watched(self.honest)
        self.expected = leaves(self.outcome)
        self.state = leaves(self.rule)
        return self._again(causes)

    def after(self) -> list[str]:
        """The same questions once more, and whether the rule remembers the reports that it was asked about."""
        return self._again(self._altered())

    def _altered(self) -> list[str]:
        altered = changed(self.state, leaves(self.rule))
        if not altered:
            return []
        name = altered[0].strip(" .")
        return [f"draws from {name}" if "random generator" in name else f"changes its own state ({name})"]

    def _again(self, causes: list[str]) -> list[str]:
        for _ in range(self.runs):
            outcome, seen = watched(self.honest)
            causes += seen
            if leaves(outcome) != self.expected:
                causes.append("gives another outcome when the same market is run again")
        causes += [f"draws from the global generator {name}" for name in moved(self.states)]
        return list(dict.fromkeys([*causes, *self._altered()]))
