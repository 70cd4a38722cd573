"""Random commands, signed: what a ledger of an economy and a seed takes from its first record on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from edgeworth.core import validation
from edgeworth.mechanisms.token_market.apply import execute
from edgeworth.mechanisms.token_market.authorities import TEES, Ring
from edgeworth.mechanisms.token_market.commands import Arbitrate, Attest, Command, Commit, Open, Pledge, Receipt
from edgeworth.mechanisms.token_market.fields import Judged, Reading, Vote
from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.keys import Keys
from edgeworth.mechanisms.token_market.random_runs import Issued, random_issues
from edgeworth.mechanisms.token_market.rules import ECONOMIES, Economy, Rules
from edgeworth.mechanisms.token_market.signing import KeyPair, Signed, monitor_message, promise_message
from edgeworth.mechanisms.token_market.state import State
from edgeworth.mechanisms.token_market.store.ledger import chain_of

Entry = TypeVar("Entry", Reading, Vote)


def random_commands(n: int, *, economy: Economy = "backed", seed: int = 0) -> list[Signed]:
    """Commands of a random run, signed, which a fresh ledger of the economy and the seed takes or refuses as the kernel does.

    Parameters
    ----------
    n : int
        How many, >= 0.
    economy : {"backed", "literal"}
        Of the ledger, with its usual rules.
    seed : int
        Of the ledger and of the run, 0 to 2^63 - 1.

    Returns
    -------
    list of Signed
        In order. Where the run has a bad signature inside a command, another key signed.

    Examples
    --------
    >>> first = random_commands(3, economy="literal", seed=1)[0]
    >>> type(first.command).__name__, first.signer, len(first.signature)
    ('Open', 0, 64)
    """
    return [signed for signed, _ in signed_issues(n, economy, seed)]


def signed_issues(n: int, economy: Economy, seed: int) -> list[tuple[Signed, int]]:
    """Random commands, signed, each with the result that the kernel gave it.

    Parameters
    ----------
    n : int
        How many.
    economy : {"backed", "literal"}
        Of the market.
    seed : int
        Of the ledger and of the run.
    """
    count = validation.integer("n", n, minimum=0)
    validation.choice("economy", economy, ECONOMIES)
    rules, ring = Rules(economy), Ring(seed)
    size = count + count // 16
    while True:
        found = _signed(random_issues(size, economy=economy, seed=seed, rules=rules), rules, ring, count)
        if len(found) == count:
            return found
        size *= 2


def _signed(issues: Iterable[Issued], rules: Rules, ring: Ring, count: int) -> list[tuple[Signed, int]]:
    """What can be signed of them: attestation keys that the market lists, pledges of some hash."""
    writer = _Writer(rules, ring)
    found: list[tuple[Signed, int]] = []
    for issue in issues:
        if len(found) == count:
            break
        command = issue.command
        if isinstance(command, Attest) and command.tee > TEES:
            continue
        if isinstance(command, Pledge) and issue.judged.pledge == 0:
            continue
        found.append(writer.write(issue))
    return found


class _Writer:
    """Signs as everybody would, with an eye on the state that the commands lead to."""

    def __init__(self, rules: Rules, ring: Ring) -> None:
        self.ring, self.state = ring, State.genesis(rules)
        self.backed = rules.economy == "backed"
        self.chain = chain_of(rules.economy, ring.seed)
        self.keys = Keys(self.chain, rules, ring.authorities(rules.oracles, rules.arbiters))
        self.foreign = ring.pair("stranger", 0)

    def account(self, number: int) -> KeyPair:
        return self.ring.pair("account", number) if number else self.ring.sequencer

    def write(self, issue: Issued) -> tuple[Signed, int]:
        command = self.signed_inside(issue.command, issue.signer, issue.judged)
        pair = self.account(issue.signer)
        if isinstance(command, Open):
            pair = self.account(self.state.accounts + 1 if issue.judged.fresh else 0)
        signed = Signed.by(pair, self.chain, command, issue.signer, issue.nonce)
        effect = execute(self.state, issue.command, signer=issue.signer, nonce=issue.nonce, judged=issue.judged)
        if effect and isinstance(command, Open):
            self.keys.add(command.key)
        return signed, int(effect.refusal)

    def signed_inside(self, command: Command, signer: int, judged: Judged) -> Command:
        if isinstance(command, Open):
            return replace(command, key=self.account(self.state.accounts + 1 if judged.fresh else 0).public)
        if isinstance(command, Pledge):
            number = judged.pledge or 0
            if not self.backed or number > TEES:
                return replace(command, digest=number.to_bytes(32, "little"))
            return replace(command, digest=list(self.keys.authorities.pledges)[number - 1])
        if isinstance(command, Attest):
            full = self.ring.attest(self.chain, signer, command)
            bad = self.foreign.sign(b"") if not judged.valid else full.signature
            return replace(full, signature=bad, readings=self._some(full.readings, judged))
        if isinstance(command, Arbitrate):
            full_votes = self.ring.arbitrate(self.chain, command)
            return replace(full_votes, votes=self._some(full_votes.votes, judged))
        if isinstance(command, Commit):
            other = command.supplier if signer == command.requester else command.requester
            pair = self.account(other) if judged.valid else self.foreign
            return replace(command, signature=pair.sign(promise_message(self.chain, command)))
        if isinstance(command, Receipt):
            pair = self.monitor(command.deal) if judged.valid else self.foreign
            return replace(command, signature=pair.sign(monitor_message(self.chain, command)))
        return command

    def monitor(self, deal: int) -> KeyPair:
        tables = self.state.tables
        if not 1 <= deal <= tables.totals[layout.N_DEALS]:
            return self.foreign
        supplier = int(tables.deals[deal, layout.D_SUPPLIER])
        tee = int(tables.accounts[supplier, layout.TEE])
        return self.ring.pair("tee", tee) if tee else self.account(supplier)

    def _some(self, entries: tuple[Entry, ...], judged: Judged) -> tuple[Entry, ...]:
        """Only those signed that are to be good."""
        good = (True,) * len(entries) if judged.each is None else judged.each
        return tuple(
            entry if fine else replace(entry, signature=self.foreign.sign(b""))
            for entry, fine in zip(entries, good, strict=True)
        )
