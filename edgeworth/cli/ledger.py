"""``edgeworth ledger``: the signed ledger of the token market, and the attacks on its rules."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from edgeworth.cli import output
from edgeworth.cli.groups import FAILED, Commands, Input, one_of, writable

if TYPE_CHECKING:
    from edgeworth.mechanisms.token_market import Ledger
    from edgeworth.mechanisms.token_market.rules import Economy

_ECONOMIES: tuple[Economy, ...] = ("backed", "literal")
_FILE = Input()
_BATCH = 1_000
_SHOWN = 20
_json = click.option("--json", "as_json", is_flag=True, help="print one JSON document, nothing else")


@click.group(cls=Commands, no_args_is_help=True)
def ledger() -> None:
    """Keep a ledger of the token market: signed commands in a chain of hashes on disk. Needs the extra cryptography."""


@ledger.command()
@click.argument("path", type=click.Path(dir_okay=False), callback=writable)
@click.option("--economy", default="backed", show_default=True, callback=one_of(_ECONOMIES), help="backed or literal")
@click.option(
    "--seed", type=click.IntRange(min=0), required=True, help="the chain's id and all authorities' keys follow from it"
)
@_json
def init(path: str, economy: Any, seed: int, as_json: bool) -> None:
    """Make a new ledger in the file PATH, for tests and studies: whoever knows the seed can sign for its authorities."""
    from edgeworth.mechanisms.token_market import Ledger

    with Ledger.create(path, economy=economy, seed=seed) as made:
        _tell(_about(made), as_json)


@ledger.command()
@click.argument("path", type=_FILE)
@click.argument("commands", type=_FILE)
@_json
def apply(path: str, commands: str, as_json: bool) -> None:
    """Append the signed commands of the file COMMANDS to the ledger PATH.

    COMMANDS holds JSON lines with the hexadecimal "command" and "signature" of a signed command each, as
    token_market.write_signed writes them. They are taken in transactions of 1,000, so that a kill loses no whole one.

    Exit code 0 when all were accepted, 1 when some were refused: those changed nothing.
    """
    from edgeworth.mechanisms.token_market import Ledger, read_signed

    counts: Counter[str] = Counter()
    refused: list[dict[str, object]] = []
    with Ledger.open(path) as book:
        rest = enumerate(read_signed(commands), 1)
        while batch := list(islice(rest, _BATCH)):
            effects = book.append_many([signed for _, signed in batch])
            for (line, signed), effect in zip(batch, effects, strict=True):
                counts[effect.refusal.name] += 1
                if not effect:
                    what = {"line": line, "command": type(signed.command).__name__, "refusal": effect.refusal.name}
                    refused.append(what)
        head = book.head
    if as_json:
        output.document({"height": head[0], "head": head[1].hex(), "results": dict(counts), "refused": refused})
    else:
        for each in refused[:_SHOWN]:
            output.say("line {line}: {command} refused: {refusal}".format(**each))
        if len(refused) > _SHOWN:
            output.say(f"and {len(refused) - _SHOWN} more")
        output.say(f"{counts['ACCEPTED']} accepted, {len(refused)} refused; record {head[0]} is {head[1].hex()}")
    if refused:
        raise SystemExit(FAILED)


@ledger.command()
@click.argument("path", type=_FILE)
@click.option("--account", type=click.IntRange(min=1), help="what this account has")
@_json
def show(path: str, account: int | None, as_json: bool) -> None:
    """Show a ledger's head and totals, or one account. Another process may be writing."""
    from edgeworth.mechanisms.token_market import Ledger

    with Ledger.open(path, readonly=True) as book:
        _tell(_about(book) if account is None else asdict(book.state.account(account)), as_json)


@ledger.command()
@click.argument("path", type=_FILE)
@click.option("--head", help="a remembered head, number:hash, which the ledger must contain")
@_json
def verify(path: str, head: str | None, as_json: bool) -> None:
    """Verify a ledger from genesis: links, signatures, results, digests; then the invariants, by the plain rules.

    Exit code 0 when all holds; 1 when a record or an invariant is broken; 2 when the file is no ledger.
    """
    from edgeworth.mechanisms import token_market

    remembered = None if head is None else _head(head)
    try:
        with token_market.Ledger.open(path, full=True, readonly=True, head=remembered) as book:
            report, height = token_market.verify(book), book.height
    except token_market.BrokenLedgerError as error:
        if as_json:
            output.document({"verified": False, "record": error.sequence, "error": str(error), "verdicts": {}})
        else:
            output.say(f"NOT verified: {error}")
        raise SystemExit(FAILED) from error
    if as_json:
        output.document({"verified": bool(report), "height": height, "verdicts": output.verdicts(report)})
    else:
        output.say(str(report))
        output.say(f"verified: {height} records" if report else f"NOT verified: {', '.join(report.failures)}")
    if not report:
        raise SystemExit(FAILED)


@ledger.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="all attacks")
@click.option("--economy", callback=one_of(_ECONOMIES), help="backed or literal (default: both)")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="of the markets")
@_json
def attack(names: tuple[str, ...], everything: bool, economy: Any, seed: int, as_json: bool) -> None:
    """Attack the rules of the market, in fresh markets, and print gains and losses in cash.

    Exit code 0 whatever comes of it: an attack that succeeds is a finding, not a failure.
    """
    from edgeworth.mechanisms import token_market

    known = tuple(token_market.ATTACKS)
    if everything == bool(names):
        raise click.UsageError(f"name attacks, or ask for --all. There are: {', '.join(known)}.")
    chosen = known if everything else names
    one_of(known)(click.get_current_context(), click.Argument(["names"]), chosen)  # type: ignore[arg-type]
    found = [
        (name, each, token_market.attack(name, economy=each, seed=seed))
        for name in chosen
        for each in (_ECONOMIES if economy is None else (economy,))
    ]
    if as_json:
        words = ("succeeded", "gain", "loss", "text")
        rows = [
            {"attack": name, "economy": each, **{word: getattr(outcome, word) for word in words}}
            for name, each, outcome in found
        ]
        output.document(rows)
        return
    lines = [
        [name, each, "yes" if one.succeeded else "no", output.number(one.gain), output.number(one.loss), one.text]
        for name, each, one in found
    ]
    output.say(output.aligned(["attack", "economy", "succeeds", "gain", "loss", "what happened"], lines, _LEFT))


_LEFT = ("attack", "economy", "succeeds", "what happened")


def _head(text: str) -> tuple[int, bytes]:
    number, _, digest = text.partition(":")
    try:
        found = int(number), bytes.fromhex(digest)
    except ValueError:
        found = 0, b""
    if len(found[1]) != 32:
        raise click.BadParameter("must be a number, a colon and 64 hexadecimal digits.", param_hint="--head")
    return found


def _about(book: Ledger) -> dict[str, object]:
    state = book.state
    totals = {name: getattr(state, name) for name in ("minted", "burned", "slashed")}
    return {
        "economy": book.rules.economy,
        "chain": book.chain.hex(),
        "head": f"{book.height}:{book.head[1].hex()}",
        "accounts": state.accounts,
        "clock": state.clock,
        "pool": state.pool,
        **totals,
    }


def _tell(facts: dict[str, object], as_json: bool) -> None:
    if as_json:
        output.document(facts)
        return
    flat = {
        name: ", ".join(f"{item} {amount}" for item, amount in value.items()) if isinstance(value, dict) else str(value)
        for name, value in facts.items()
    }
    output.say(output.pairs(flat))
