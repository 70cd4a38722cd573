"""``edgeworth audit``: whether a mechanism is truthful, rational and balanced on one problem."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

from edgeworth.cli import output, sources
from edgeworth.cli.groups import FAILED, Action, action, offers, per_family

if TYPE_CHECKING:
    from edgeworth.core.verdict import Verdict
    from edgeworth.mechanisms.auditing import Audit

_HELP = """Audit a RULE on one {kind} problem, whose reports are taken as the truth.

The problem is an instance of a preset (--seed) or a file. RULE is one of: {rules}.

Exit code 0 when the rule is truthful, individually rational and weakly budget balanced there; 1 otherwise, also where the
seconds ended before all reports were examined.
"""


def _audit(kind: str) -> Action:
    from edgeworth.core.family import family
    from edgeworth.core.lazy import resolve

    model = resolve(family(kind).audit_model or "")
    first, *others = model.dimensions
    dimensions = f"part of a report to vary, {first} (default){''.join(f', {name}' for name in others)}; repeatable"
    params = [
        click.Argument(["rule"], shell_complete=offers(lambda ctx: model.mechanisms)),
        *sources.options(kind, saved=True),
        click.Option(["--seed"], type=click.IntRange(min=0), help="instance seed (default: 0)"),
        click.Option(["--dimension", "dimensions"], multiple=True, help=dimensions),
        click.Option(["--sampled"], type=int, help="try so many random reports an agent (Sampled) instead of all of them"),
        click.Option(["--repetitions"], type=int, help="with --sampled: plays of every report, for a randomised rule"),
        click.Option(["--seconds"], type=float, help="of the examination of reports (default: 30, without limit for samples)"),
        click.Option(["--rationality"], default="ask", show_default=True, help="ask, or utility: tours count"),
        click.Option(["--json", "as_json"], is_flag=True, help="print one JSON document, nothing else"),
    ]

    def run(given: dict[str, Any]) -> None:
        _run(kind, given)

    return action(kind, _HELP.format(kind=kind, rules=", ".join(model.mechanisms)), params, run)


audit = per_family(
    "audit",
    "Audit a mechanism on one problem: truthfulness, rationality, budget balance, monotonicity, efficiency.",
    _audit,
    only=lambda fam: fam.audit_model is not None,
    usage="FAMILY RULE [OPTIONS]",
)


def _run(kind: str, given: dict[str, Any]) -> None:
    from edgeworth.mechanisms.auditing import Sampled
    from edgeworth.mechanisms.auditing import audit as examine

    sampled, repetitions = given["sampled"], given["repetitions"]
    if repetitions is not None and sampled is None:
        raise click.UsageError("--repetitions is used with --sampled only.")
    problems = sources.obtain(kind, given, seed=given["seed"], instances=None)
    if len(problems) != 1:
        raise click.UsageError(f"one problem is audited at a time; the options ask for {len(problems)}.")
    found = examine(
        given["rule"],
        problems[0],
        scope="exhaustive" if sampled is None else Sampled(sampled, 0, 1 if repetitions is None else repetitions),
        dimensions=given["dimensions"] or None,
        rationality=given["rationality"],
        seconds=given["seconds"],
    )
    numbers = {name: getattr(found, name) for name in ("welfare", "optimum", "efficiency_ratio", "surplus", "pieces")}
    if given["as_json"]:
        about = {"family": kind, "rule": given["rule"], "market": problems[0].hash}
        output.document(about | {"verdicts": _as_data(found)} | numbers)
    else:
        output.say(str(found))
        output.say(output.pairs({name: output.number(number) for name, number in numbers.items()}))
    if not (found.truthful and found.individually_rational and found.weakly_budget_balanced):
        raise SystemExit(FAILED)


def _as_data(found: Audit) -> dict[str, object]:
    return {name: _verdict(verdict) for name, verdict in found.report.items()}


def _verdict(verdict: Verdict) -> dict[str, object]:
    infinite = math.isinf(verdict.violation)  # grows with the report without end; JSON has no infinity
    return {
        "holds": verdict.holds,
        "violation": "infinite" if infinite else verdict.violation,
        "tolerance": verdict.tolerance,
        "status": str(verdict.status),
        "scope": str(verdict.scope),
        "witness": None if verdict.witness is None else str(verdict.witness),
    }
