"""``edgeworth generate``, ``edgeworth solve``, ``edgeworth verify``: files in, files out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from edgeworth import _families
from edgeworth.cli import output, sources
from edgeworth.cli.groups import FAILED, INTERRUPTED, Action, action, methods_of, offers, per_family, saveable

if TYPE_CHECKING:
    from edgeworth.core.result import Result, S
    from edgeworth.core.solving import MethodLike
    from edgeworth.core.verdict import Report

_OUT = click.Path(dir_okay=False)
_JSON_HELP = "print one JSON document, nothing else"


def _generate(kind: str) -> Action:
    params = [
        *sources.options(kind, saved=False),
        click.Option(["--seed"], type=int, help="instance seed (default: 0)"),
        click.Option(["--out"], type=_OUT, callback=saveable, required=True, help="file to write: .json or .npz"),
        click.Option(["--json", "as_json"], is_flag=True, help=_JSON_HELP),
    ]

    def run(given: dict[str, Any]) -> None:
        found = sources.obtain(kind, given, seed=given["seed"], instances=None)
        if len(found) != 1:
            raise click.UsageError(f"a file holds one problem; the options ask for {len(found)}.")
        problem = found[0]
        problem.save(given["out"])
        about = {"file": given["out"], "kind": kind, "hash": problem.hash, "provenance": problem.provenance.to_fields()}
        if given["as_json"]:
            output.document(about)
        else:
            origin = problem.provenance
            facts = [f"{origin.source} {origin.name}", *(f"{name} {value}" for name, value in origin.parameters.items())]
            facts += [f"seed {origin.seed}"] * (origin.seed is not None)
            output.say(f"{given['out']}: {kind} problem {problem.hash} ({', '.join(facts)})")

    return action(kind, f"Write one {kind} problem to a file: from a preset, or converted from a public format.", params, run)


generate = per_family("generate", "Generate a problem, or convert one, and write it to a file.", _generate)


def _methods_of_problem(ctx: click.Context) -> list[str]:
    """The methods for the problem file that stands on the line already, or of all families."""
    from edgeworth.core.io import load

    words = [ctx.params.get("problem"), *ctx.args]  # of a line that is not finished, click leaves the arguments there
    try:
        return methods_of(load(next(word for word in words if word)).kind)
    except (StopIteration, AttributeError, OSError, ValueError):
        return methods_of(*_families.FAMILIES)


@click.command()
@click.argument("problem", type=sources.FILE)
@click.option(
    "--method", default="auto", show_default=True, help="see `edgeworth methods`", shell_complete=offers(_methods_of_problem)
)
@click.option("--policy", type=sources.FILE, help="file of a trained policy, in place of a method; see `edgeworth train`")
@click.option("--time-limit", type=float, help="seconds")
@click.option("--iterations", type=int, help="most iterations")
@click.option("--seed", type=int, default=0, show_default=True, help="method seed")
@click.option("--threads", type=int, default=1, show_default=True, help="threads the method may use")
@click.option("--out", type=_OUT, callback=saveable, help="file for the result: .json or .npz")
@click.option("--json", "as_json", is_flag=True, help=_JSON_HELP)
@click.option("--quiet", is_flag=True, help="no progress")
def solve(
    problem: str,
    method: str,
    policy: str | None,
    time_limit: float | None,
    iterations: int | None,
    seed: int,
    threads: int,
    out: str | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Solve a PROBLEM file, verify the answer, write the result.

    Exit code 0 when the answer stands the check and holds a solution (for methods of kind "bound": a bound); 1 otherwise,
    also where the method claims that no solution exists: that claim carries no evidence to check.
    """
    from edgeworth.cli.progress import solve_progress
    from edgeworth.core.family import family
    from edgeworth.core.result import Termination
    from edgeworth.core.stop import Stop
    from edgeworth.learning.deep.policy import load_policy

    chosen: MethodLike = method
    if policy is not None:
        if method != "auto":
            raise click.UsageError("--method and --policy exclude each other.")
        chosen = load_policy(policy)
    instance = _load(problem, "a problem")
    fam = family(instance.kind)
    with solve_progress(quiet, time_limit) as observer:
        result = fam.solve(
            instance,
            method=chosen,
            stop=Stop(seconds=time_limit, iterations=iterations),
            seed=seed,
            threads=threads,
            observer=observer,
        )
    report = fam.verify(instance, result)
    files = output.Files()
    files.write(out, result.save)
    bounds = {row.name for row in fam.methods if row.kind == "bound"}
    found = result.bound if result.method in bounds else result.solution
    measures = {} if result.solution is None else fam.measures(instance, result.solution)
    if as_json:
        output.document(_as_data(result, report) | {"measures": measures})
    else:
        output.say(output.pairs(_as_lines(result, report) | {name: output.number(item) for name, item in measures.items()}))
    files.done()
    if result.termination is Termination.INTERRUPTED:
        raise SystemExit(INTERRUPTED)
    if not report or found is None:
        raise SystemExit(FAILED)


@click.command()
@click.argument("problem", type=sources.FILE)
@click.argument("result", type=sources.FILE)
@click.option("--strict", is_flag=True, help="exit with 1 also where something is claimed and not proved")
@click.option("--json", "as_json", is_flag=True, help=_JSON_HELP)
def verify(problem: str, result: str, strict: bool, as_json: bool) -> None:
    """Check a RESULT file against its PROBLEM file: constraints, value, bound, quality.

    Exit code 0 when every verdict holds; 1 when one does not or could not be checked, with --strict also when one rests on
    the word of whoever made the result (a claimed bound, optimum or infeasibility); 2 when the files cannot be read or do not
    belong together.
    """
    from edgeworth.core.family import family

    instance, answer = _load(problem, "a problem"), _load(result, "a result")
    report = family(instance.kind).verify(instance, answer)
    claims = list(report.claims)
    accepted = bool(report) and not (strict and claims)
    if as_json:
        document = {"verified": bool(report), "accepted": accepted, "claimed": claims, "verdicts": output.verdicts(report)}
        output.document(document)
    else:
        output.say(str(report))
        if claims:
            output.say(f"claimed, not proved: {', '.join(claims)}")
        short = [*report.failures, *(f"{name} (not checked)" for name in report.unchecked)]
        refused = "" if accepted else ", but refused by --strict: not all of it is proved"
        output.say(f"verified{refused}" if report else f"NOT verified: {', '.join(short)}")
    if not accepted:
        raise SystemExit(FAILED)


def _load(path: str, wanted: str) -> Any:
    from edgeworth.core.io import load
    from edgeworth.core.result import Result

    content = load(path)
    found = "a result" if isinstance(content, Result) else "a problem"
    if found != wanted:
        raise click.UsageError(f"{path} holds {found}, not {wanted}; the problem file comes first.")
    return content


def _as_lines(result: Result[S], report: Report) -> dict[str, str]:
    bound = output.number(result.bound, 10) + (f" ({result.bound_evidence})" if result.bound is not None else "")
    lines = {
        "method": result.method,
        "value": output.number(result.value, 10),
        "bound": bound,
        "gap": output.percent(result.gap),
        "quality": str(result.quality),
        "stopped by": str(result.termination),
        "seconds": f"{result.stats.seconds:.3g}",
        "verified": "yes" if report else "NO",
    }
    if claims := list(report.claims):
        lines["claimed"] = f"{', '.join(claims)}: not proved"
    lines |= {f"refuted: {name}": str(verdict.witness) for name, verdict in report.failures.items()}
    lines |= {f"not checked: {name}": str(verdict.witness) for name, verdict in report.unchecked.items()}
    return lines | {f"note {k}": note for k, note in enumerate(result.notes, start=1)}


def _as_data(result: Result[S], report: Report) -> dict[str, object]:
    names = ("kind", "problem_hash", "method", "value", "bound", "bound_evidence", "gap", "sense", "quality", "termination")
    more = ("stats", "params", "seed", "version", "notes")
    verdicts = {"verified": bool(report), "claimed": list(report.claims), "verdicts": output.verdicts(report)}
    return {name: getattr(result, name) for name in (*names, *more)} | verdicts
