"""What a sweep is to run, checked before anything runs: `compare` and `Study` plan alike."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from edgeworth.core import validation
from edgeworth.core.family import Family, family
from edgeworth.core.policy import TrainedPolicy
from edgeworth.core.problem import P, Problem, S
from edgeworth.core.solving import check_call, row_of
from edgeworth.core.stop import Stop
from edgeworth.experiments.tasks import MethodSpec, Task


@dataclass(frozen=True)
class Plan:
    """The runs of a sweep.

    Attributes
    ----------
    family : Family
        Of all problems.
    problems : tuple of problems
    specs : tuple of MethodSpec
        With labels that are distinct.
    seeds : tuple of int
        Of the methods.
    tasks : tuple of Task
        In the order of the table: problem, method, seed.
    """

    family: Family[Any, Any]
    problems: tuple[Any, ...]
    specs: tuple[MethodSpec, ...]
    seeds: tuple[int, ...]
    tasks: tuple[Task, ...]


def plan(
    problems: object,
    methods: object,
    seeds: object,
    stop: Stop | None,
    threads: int,
    grace: float | None = None,
    trace: bool = False,
) -> Plan:
    """The runs that are asked for; whatever `solve` would refuse is refused here. Methods that can keep their traces."""
    instances = _problems(problems)
    fam, specs, method_seeds = family(instances[0].kind), _specs(methods), _seeds(seeds)
    validation.integer("threads", threads, minimum=1)
    tasks = _tasks(fam, instances, specs, method_seeds, stop, threads, grace, trace)
    return Plan(fam, tuple(instances), tuple(specs), method_seeds, tuple(tasks))


def listed(argument: str, value: object, what: str) -> list[Any]:
    """The items of an argument that must be a sequence of at least one."""
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        validation.reject_type(argument, f"must be a sequence of {what}", value)
    items = list(value)
    if not items:
        validation.reject(argument, f"must hold at least one of the {what}", value)
    return items


def distinct(argument: str, keys: Sequence[Hashable], advice: str = "") -> None:
    """Refuse an argument in which one key stands twice; the advice says what to do then."""
    seen: dict[Hashable, int] = {}
    for position, key in enumerate(keys):
        if key in seen:
            raise ValueError(
                f"{argument}: must be distinct; got {validation.shown(key)} at positions {seen[key]} and {position}{advice}"
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
            validation.reject_type("methods", "must hold names, MethodSpec objects, trained policies or callables", item)
    distinct("methods", [spec.label for spec in specs], "; MethodSpec(label, method) gives one of them another name")
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
    trace: bool,
) -> list[Task]:
    """All runs in the order of the table (problem, method, seed), after every call was checked."""
    tasks: list[Task] = []
    for problem in problems:
        for spec in specs:
            row, _ = row_of(fam, spec.method, problem)  # per problem: "auto" depends on it
            rule = stop if spec.stop is None else spec.stop
            check_call(row, rule, threads=threads, params=spec.params)
            for seed in seeds if row.randomised else (None,):
                tasks.append(Task(len(tasks), problem, spec, rule, threads, seed, grace, trace and "trace" in row.supports))
    return tasks


def described(spec: MethodSpec, stop: Stop | None) -> str:
    """What a label stands for: the method, its parameters, its stop rule."""
    if isinstance(spec.method, TrainedPolicy):
        name = f"trained policy {spec.method.name} {spec.method.digest[:16]}"
    else:
        name = spec.method if isinstance(spec.method, str) else f"callable {getattr(spec.method, '__qualname__', spec.label)}"
    rule = stop if spec.stop is None else spec.stop
    limits = ", ".join(f"{name} {getattr(rule, name):g}" for name in rule.rules) if rule is not None else ""
    parts = [name] + ([validation.shown(spec.params)] if spec.params is not None else []) + [f"stop: {limits or 'none'}"]
    return "; ".join(parts)
