"""``edgeworth audit``: is a mechanism truthful, rational, balanced on this market?"""

from __future__ import annotations

import math
from typing import Any

import click

from edgeworth.cli import output, sources
from edgeworth.cli.groups import FAILED, methods_of, offers

_KINDS = ("double-auction", "procurement")


@click.command()
@click.argument("rule", shell_complete=offers(lambda ctx: methods_of(*_KINDS)[1:]))
@click.option("--problem", type=sources.FILE, help="a market Edgeworth saved; otherwise one is generated")
@click.option("--preset", default=None, help="preset to generate (default: fusion)")
@click.option("--buyers", type=int, help="number of buyers")
@click.option("--sellers", type=int, help="number of sellers")
@click.option("--suppliers", type=int, help="number of suppliers (procurement)")
@click.option("--seed", type=int, default=0, show_default=True, help="instance seed")
@click.option("--sampled", type=int, help="try so many random reports an agent instead of all of them")
@click.option("--repetitions", type=int, help="with --sampled: plays of every report, for a rule that draws lots")
@click.option("--seconds", type=float, help="of the examination of reports (default: 30, without limit for samples)")
@click.option("--rationality", default="ask", show_default=True, help="ask, or utility: tours count")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document, nothing else")
def audit(
    rule: str,
    problem: str | None,
    preset: str | None,
    buyers: int | None,
    sellers: int | None,
    suppliers: int | None,
    seed: int,
    sampled: int | None,
    repetitions: int | None,
    seconds: float | None,
    rationality: str,
    as_json: bool,
) -> None:
    """Audit a RULE on one market, whose reports are taken as the truth.

    Exit code 0 when the rule is truthful, individually rational and weakly budget balanced there; 1 otherwise, also where the
    seconds ended before all reports were examined.
    """
    from edgeworth.core.io import load
    from edgeworth.mechanisms import procurement
    from edgeworth.mechanisms.auditing import Sampled
    from edgeworth.mechanisms.auditing import audit as examine

    sizes = {"buyers": buyers, "sellers": sellers, "suppliers": suppliers}
    given: dict[str, Any] = {name: size for name, size in sizes.items() if size is not None}
    if preset is not None:
        given["preset"] = preset
    if problem is not None:
        if given:
            raise click.UsageError(f"--{next(iter(given))} is not used with --problem.")
        market = load(problem)
        if getattr(market, "kind", None) not in _KINDS:
            raise click.UsageError(f"--problem: {problem} does not hold a market.")
    else:
        kind = "procurement" if rule in {row.name for row in procurement.METHODS} else "double-auction"
        market = _generated(kind, given, seed)
    if repetitions is not None and sampled is None:
        raise click.UsageError("--repetitions is used with --sampled only.")
    scope: Any = "exhaustive" if sampled is None else Sampled(sampled, 0, 1 if repetitions is None else repetitions)
    found = examine(rule, market, scope=scope, rationality=rationality, seconds=seconds)  # type: ignore[arg-type]
    numbers = {name: getattr(found, name) for name in ("welfare", "optimum", "efficiency_ratio", "surplus", "pieces")}
    if as_json:
        verdicts = {name: {**_plain(verdict), "witness": _words(verdict)} for name, verdict in found.report.items()}
        output.document({"rule": rule, "market": market.hash, "verdicts": verdicts, **numbers})
    else:
        click.echo(str(found))
        click.echo(output.pairs({name: output.number(number) for name, number in numbers.items()}))
    if not (found.truthful and found.individually_rational and found.weakly_budget_balanced):
        raise SystemExit(FAILED)


def _generated(kind: str, given: dict[str, Any], seed: int) -> Any:
    from edgeworth.mechanisms import double_auction, procurement

    taken = {"double-auction": {"preset", "buyers", "sellers"}, "procurement": {"preset", "suppliers"}}[kind]
    for name in given:
        if name not in taken:
            raise click.UsageError(f"--{name} is not used for {kind}.")
    make: Any = double_auction.generate if kind == "double-auction" else procurement.generate
    return make(seed=seed, **given)


def _plain(verdict: Any) -> dict[str, Any]:
    told = {name: getattr(verdict, name) for name in ("holds", "violation", "tolerance")}
    if math.isinf(verdict.violation):
        told["violation"] = "infinite"  # grows with the report without end; JSON has no infinity
    return told | {"status": str(verdict.status), "scope": str(verdict.scope)}


def _words(verdict: Any) -> str | None:
    return None if verdict.witness is None else str(verdict.witness)
