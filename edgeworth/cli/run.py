"""``edgeworth run``: a whole system of a paper, round after round, verified."""

from __future__ import annotations

from typing import Any

import click

from edgeworth.cli import output
from edgeworth.cli.groups import FAILED, INTERRUPTED, Commands, Input, offers, saveable, writable

_FILE = Input()
_MEASURES = (
    "welfare", "welfare_contracted", "offline", "online", "overload", "contracted", "used", "stranded", "shortfall", "surplus",
    "doi", "ecoi", "forecast_error",
)  # fmt: skip


def _words(name: str) -> list[str]:
    from edgeworth.systems import fusion

    return list(getattr(fusion, name))


@click.group(cls=Commands, no_args_is_help=True)
def run() -> None:
    """Run a whole system, round after round, and verify every stage."""


@run.command()
@click.option(
    "--preset", default="synthetic", show_default=True, shell_complete=offers(lambda ctx: _words("PRESETS")),
    help="synthetic, melbourne or roads",
)  # fmt: skip
@click.option(
    "--variant", default="fusion", show_default=True, shell_complete=offers(lambda ctx: _words("VARIANTS")),
    help="fusion, no-pg, random, no-st, pur-online, or one of ours: posted, rank, exact-routes, welfare-optimum,"
    " online-optimum, perfect",
)  # fmt: skip
@click.option("--rounds", type=click.IntRange(min=1), default=1, show_default=True, help="number of rounds")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="of the world and of all rounds")
@click.option(
    "--forecaster", default="linear", show_default=True, shell_complete=offers(lambda ctx: _words("FORECASTERS")),
    help="a forecasting method, or intensity or perfect, which know the round",
)  # fmt: skip
@click.option(
    "--contract", default="point", show_default=True, shell_complete=offers(lambda ctx: _words("CONTRACTS")),
    help="how much is bought on a forecast: point or newsvendor",
)  # fmt: skip
@click.option("--corrupt", is_flag=True, help="forecasters observe corrupted demand: 30% missing, noise and bursts")
@click.option("--servers", type=click.IntRange(min=1), help="number of servers (default: the preset's)")
@click.option("--agents", type=click.IntRange(min=0), help="number of vehicles with UAVs (default: the preset's)")
@click.option("--users", type=click.IntRange(min=1), help="number of users (default: the preset's)")
@click.option("--sites", type=_FILE, help="of preset melbourne: the EUA file of sites")
@click.option("--positions", type=_FILE, help="of preset melbourne: the EUA file of users' positions")
@click.option("--fetch", is_flag=True, help="of preset melbourne: download both files")
@click.option("-o", "--out", type=click.Path(dir_okay=False), callback=writable, help="HTML page to write")
@click.option("--save", type=click.Path(dir_okay=False), callback=saveable, help="record to write: .npz or .json")
@click.option("--csv", type=click.Path(dir_okay=False), callback=writable, help="CSV file to write: one row a round")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document, nothing else")
@click.option("--quiet", is_flag=True, help="no progress")
def fusion(
    rounds: int, out: str | None, save: str | None, csv: str | None, as_json: bool, quiet: bool, corrupt: bool, **given: Any
) -> None:
    """FUSION: forecast demand, auction visits of UAVs, let users choose, settle; see edgeworth.systems.fusion.

    Everything that nobody decides is the same for all variants of a seed. Exit code 0 when every stage of every round stands
    the check, 1 otherwise.
    """
    from edgeworth.cli.progress import round_progress
    from edgeworth.forecasting import Corruption
    from edgeworth.systems import fusion as system

    options = {name: value for name, value in given.items() if value is not None and value is not False}
    with round_progress(quiet) as on_round:
        found = system.run(rounds=rounds, corruption=Corruption() if corrupt else None, on_round=on_round, **options)
    report = found.verify()
    files = output.Files()
    files.write(out, lambda path: found.to_html(path, report))
    files.write(save, found.save)
    files.write(csv, lambda path: found.to_frame().to_csv(path, index=False))
    if as_json:
        about: dict[str, object] = {
            "variant": found.variant.name,
            "seed": found.seed,
            "rounds": len(found.rounds),
            "hash": found.hash,
        }
        about |= {"verified": bool(report), "verdicts": output.verdicts(report), "measures": found.measures}
        output.document(about | {"runs": found.to_frame().to_dict("records")})
    else:
        output.say(output.pairs({name: output.number(found.measures[name]) for name in _MEASURES}))
        output.say("verified" if report else f"NOT verified\n{report}")
        for path in files.written:
            output.say(f"written: {path}")
    files.done()
    if len(found.rounds) < rounds:
        output.say("Interrupted.", err=True)
        raise SystemExit(INTERRUPTED)
    if not report:
        raise SystemExit(FAILED)


_METAVERSE = (
    "welfare", "welfare_in_time", "served", "late", "allocation", "consensus", "transfer", "computing", "overhead",
    "greedy_instead", "view_changes", "refused", "lost", "messages_per_block", "bytes_per_block",
)  # fmt: skip


@run.command()
@click.option("--servers", type=click.IntRange(min=1), default=20, show_default=True, help="servers; each is a replica")
@click.option("--tasks", type=click.IntRange(min=1), default=50, show_default=True, help="tasks a round")
@click.option("--rounds", type=click.IntRange(min=1), default=10, show_default=True, help="number of rounds")
@click.option("--method", default="exact", show_default=True, help="how leaders allocate: a method of allocation")
@click.option(
    "--preset", default="metaverse-code", show_default=True, help="of the problems: metaverse-code, metaverse, hotspot"
)
@click.option("--time-limit", type=float, default=2.0, show_default=True, help="seconds of the method a round")
@click.option("--gap", type=float, help="blocks must prove that they are within this share of the optimum")
@click.option("--faults", help="how servers are faulty: silent, equivocating-leader, lazy-leader, mixed, ...")
@click.option("--faulty", type=click.IntRange(min=0), help="how many (default: a third)")
@click.option("--network", default="calm", show_default=True, help="calm, slow, lossy, partitioned or chaotic")
@click.option("--seal", is_flag=True, help="seal results for their users (extra cryptography)")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="of problems, network and faults")
@click.option("--csv", type=click.Path(dir_okay=False), callback=writable, help="CSV file to write: one row a round")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document, nothing else")
@click.option("--quiet", is_flag=True, help="no progress")
def metaverse(time_limit: float, csv: str | None, as_json: bool, quiet: bool, **given: Any) -> None:
    """The platform around multi-task allocation: blocks by PBFT, results, payments; see edgeworth.systems.metaverse.

    Exit code 0 when the chain, every allocation and all payments stand the check, 1 otherwise.
    """
    from edgeworth.cli.progress import round_progress
    from edgeworth.core.stop import Stop
    from edgeworth.systems import metaverse as system

    options = {name: value for name, value in given.items() if value is not None}
    with round_progress(quiet) as on_round:
        found = system.run(stop=Stop(seconds=time_limit), on_round=on_round, **options)
    report = found.verify()
    files = output.Files()
    files.write(csv, lambda path: found.to_frame().to_csv(path, index=False))
    if as_json:
        about = {"method": found.method, "rounds": len(found.rounds), "verified": bool(report)}
        about |= {"verdicts": output.verdicts(report), "measures": found.measures}
        output.document(about | {"runs": found.to_frame().to_dict("records")})
    else:
        output.say(str(found.chain))
        output.say(output.pairs({name: output.number(found.measures[name]) for name in _METAVERSE if name in found.measures}))
        output.say("verified" if report else f"NOT verified\n{report}")
        for path in files.written:
            output.say(f"written: {path}")
    files.done()
    if not report:
        raise SystemExit(FAILED)


_BAZAAR = (
    "price", "total_demand", "provider_profit", "consumer_profit", "realised_profit", "welfare", "paid", "reward",
    "expected_reward", "share", "block", "final_loss",
)  # fmt: skip


@run.command()
@click.option("--preset", default="ai-bazaar", show_default=True, help="of the market: ai-bazaar, interior, kink, ...")
@click.option("--consumers", type=click.IntRange(min=1), help="how many (default: the preset's 10)")
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True, help="number of rounds")
@click.option("--method", default="exact", show_default=True, help="how the provider finds its price: a method of trading")
@click.option("--time-limit", type=float, help="seconds of the method a round")
@click.option("--reading", default="smallest-loss", show_default=True, help="who wins: that, or first-below-threshold")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="of market, method, data and races")
@click.option("--csv", type=click.Path(dir_okay=False), callback=writable, help="CSV file to write: one row a round")
@click.option("--json", "as_json", is_flag=True, help="print one JSON document, nothing else")
@click.option("--quiet", is_flag=True, help="no progress")
def ai_bazaar(time_limit: float | None, csv: str | None, as_json: bool, quiet: bool, **given: Any) -> None:
    """AI-Bazaar: prices, demands, proof of learning, payments and rewards; see edgeworth.systems.ai_bazaar.

    Exit code 0 when every round and the ledger stand the check, 1 otherwise.
    """
    from edgeworth.cli.progress import round_progress
    from edgeworth.core.stop import Stop
    from edgeworth.systems import ai_bazaar as system

    stop = None if time_limit is None else Stop(seconds=time_limit)
    with round_progress(quiet) as on_round:
        found = system.run(stop=stop, on_round=on_round, **given)
    report = found.verify()
    files = output.Files()
    files.write(csv, lambda path: found.to_frame().to_csv(path, index=False))
    if as_json:
        about = {"method": found.method, "reading": found.reading, "rounds": len(found.rounds), "verified": bool(report)}
        about |= {"verdicts": output.verdicts(report), "measures": found.measures}
        output.document(about | {"runs": found.to_frame().to_dict("records")})
    else:
        output.say(str(found))
        output.say(output.pairs({name: output.number(found.measures[name]) for name in _BAZAAR}))
        output.say("verified" if report else f"NOT verified\n{report}")
        for path in files.written:
            output.say(f"written: {path}")
    files.done()
    if not report:
        raise SystemExit(FAILED)
