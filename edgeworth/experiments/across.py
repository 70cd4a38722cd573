"""One table of all families: exact, heuristic and learned methods beside each other on every family's benchmarks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from edgeworth import _families
from edgeworth.core import validation
from edgeworth.core.benchmark import BUDGETS, Benchmark, BudgetName, Trial
from edgeworth.core.family import Family, family
from edgeworth.core.lazy import resolve
from edgeworth.core.problem import Problem
from edgeworth.experiments.family_table import FamilyTable, HeadToHead
from edgeworth.experiments.plan import distinct, listed
from edgeworth.experiments.sweep import OnRun, compare
from edgeworth.experiments.tasks import MethodSpec, describe_error

if TYPE_CHECKING:
    from edgeworth.mechanisms.auditing import Audit

SEED = 900_000
"""Of the first instance: policies that come with the package were trained and tuned on other seeds."""

_AUDIT_SECONDS: Mapping[BudgetName, float] = {"smoke": 2.0, "short": 20.0}


def head_to_head(
    budget: BudgetName = "smoke", families: Iterable[str] | None = None, *, seed: int = SEED, on_run: OnRun | None = None
) -> HeadToHead:
    """Run every family's methods on its benchmarks: how far exact, heuristic and learned ones are from the best bound.

    Parameters
    ----------
    budget : {"smoke", "short"}
        Seconds or minutes for the whole table; what each runs, every family states (``Family.benchmarks``).
    families : iterable of str, optional
        Kinds of families, in the order of the table; default: all that have benchmarks.
    seed : int
        Of the first instance of every benchmark, >= 0; the others follow it. Method seeds are 0, 1, ...
    on_run : callable, optional
        Called after every run, as by `compare`; the counts are those of its benchmark, and the problem's label
        begins with the family.

    Returns
    -------
    HeadToHead
        Every result in it was verified by its family's checker; one that was refuted is shown as failed. Rules of mechanisms
        were audited on the same instances, so that a rule that invites lies does not pass for a good one.

    Raises
    ------
    ValueError, TypeError
        For an unknown budget or family, a family twice or without benchmarks, and a seed that is none.
    KeyboardInterrupt
        After Ctrl-C where no benchmark was finished; later ones return what was.

    Notes
    -----
    Each benchmark is one call of `compare`, with one thread. Nothing is trained beforehand: learned policies are those that
    come with the package, learners learn on the instance within the time limit.

    Examples
    --------
    >>> table = head_to_head(families=["procurement"])
    >>> table.verified, table.to_frame()["method"].tolist()
    (True, ['second-score', 'first-score'])
    """
    validation.choice("budget", budget, BUDGETS)
    validation.integer("seed", seed, minimum=0)
    if on_run is not None and not callable(on_run):
        validation.reject_type("on_run", "must be callable or None", on_run)
    parts: list[FamilyTable] = []
    interrupted = False
    for fam, benchmark in _asked(families):
        try:
            parts.append(_run(fam, benchmark, budget, int(seed), on_run))
            interrupted = parts[-1].comparison.setting.interrupted
        except KeyboardInterrupt:
            if not parts:
                raise
            interrupted = True
        except Exception as error:
            error.add_note(f"while {fam.kind} ran for the table of all families")
            raise
        if interrupted:
            break
    return HeadToHead(budget, int(seed), tuple(parts), interrupted)


def _asked(families: object) -> list[tuple[Family[Any, Any], Benchmark]]:
    if families is None:
        found = [family(kind) for kind in _families.FAMILIES]
    else:
        kinds = listed("families", families, "kinds of families")
        for kind in kinds:
            validation.choice("families", kind, list(_families.FAMILIES))
        distinct("families", kinds)
        found = [family(kind) for kind in kinds]
        for fam in found:
            if not fam.benchmarks:
                validation.reject("families", "must have benchmarks", fam.kind)
    return [(fam, benchmark) for fam in found for benchmark in fam.benchmarks]


def _run(fam: Family[Any, Any], benchmark: Benchmark, budget: BudgetName, seed: int, on_run: OnRun | None) -> FamilyTable:
    trial: Trial = getattr(benchmark, budget)
    made = [source.function for source in fam.sources if source.reads is None]
    if not made:
        validation.reject("sources", "must hold a generator, which makes the instances of benchmarks", fam.kind)
    generate = resolve(made[0])
    problems = [generate(seed=seed + k, **trial.options) for k in range(trial.instances)]
    specs = []
    for name in benchmark.roles:
        params = fam.method(name).params_type() if name in benchmark.params else None
        if params is None and name in benchmark.params:
            validation.reject("params", "must be of methods that have parameters", name)
        specs.append(MethodSpec(name, name, None if params is None else params(**benchmark.params[name])))

    def tell(done: int, total: int, row: Mapping[str, Any]) -> None:
        if on_run is not None:
            on_run(done, total, {**row, "problem": f"{fam.kind}, {row['problem']}"})

    comparison = compare(problems, specs, seeds=range(trial.seeds), stop=trial.stop, on_run=tell)
    rules = [name for name in benchmark.roles if fam.audit_model is not None and fam.method(name).kind == "mechanism"]
    if comparison.setting.interrupted:
        rules = []
    audits = {(problem.hash, rule): _audit(rule, problem, _AUDIT_SECONDS[budget]) for problem in problems for rule in rules}
    return FamilyTable(benchmark, trial, comparison, audits)


def _audit(rule: str, problem: Problem, seconds: float) -> Audit | str:
    """What the auditor says of a rule; a text where it cannot judge it."""
    from edgeworth.mechanisms.auditing import audit

    try:
        return audit(rule, problem, seconds=seconds)
    except ValueError as error:
        return describe_error(error)
