"""Blocks that hold a batch of a token market's commands: replicas play it again and compare the state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from edgeworth.core import validation
from edgeworth.mechanisms.consensus.batches import Asked, Reached, Signers, batch_order, played
from edgeworth.mechanisms.consensus.blocks import Block, misplaced
from edgeworth.mechanisms.consensus.messages import digest_of
from edgeworth.mechanisms.consensus.overtaking import censor, front_run
from edgeworth.mechanisms.consensus.run import Run
from edgeworth.mechanisms.token_market.commands import Cancel, Command, Open, Order
from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.rules import ASSETS, Refusal, Rules, cost
from edgeworth.mechanisms.token_market.state import State

ORDERINGS = ("leader", "batch")
"""Who orders the commands of a block: its leader as it likes, or the hashes of `batch_order`."""

PRICES = {"CTK": 20_000, "PTK": 50_000}
"""Base cash for a whole token around which clients order."""

_FIELDS = ("commands", "state", "variant")
_GRANT = (100 * layout.TOKEN, 50 * layout.TOKEN, 2_000 * layout.CASH_UNIT)
_OWN_CASH = 10_000 * layout.CASH_UNIT
_CANCELS = 0.15  # share of clients with a resting order who cancel one
_HURRIED = 0.5  # share of bids that want tokens now and pay more for it


class Profit(NamedTuple):
    """What a leader's accounts have more at the end of a run than at its beginning.

    Attributes
    ----------
    cash : float
        In cash.
    tokens : float
        Tokens that were left, at `PRICES`, in cash.
    """

    cash: float
    tokens: float

    @property
    def total(self) -> float:
        """Both."""
        return self.cash + self.tokens


class Trading:
    """A token market of the literal economy in which clients order, and a leader makes blocks of what they ask.

    Parameters
    ----------
    traders : int
        Clients, 1 to 10,000, who begin with 100 CTK, 50 PTK and 2,000 of cash each, and with one resting ask of each token.
    commands : int
        Fresh requests a block, 1 to ``traders``, of different clients: orders around `PRICES`, and cancellations.
    own : int
        Accounts of the leaders, 0 to 1,000, with 10,000 of cash each and no tokens: numbers 1 to ``own``. Correct leaders do
        not use them.
    ordering : {"leader", "batch"}
        One of `ORDERINGS`.
    complete : bool
        A block must hold all that was asked for.
    seed : int
        From which the requests are drawn, >= 0.

    Attributes
    ----------
    opening : tuple of Asked
        By which accounts and resting asks came to be before the first block; the leaders' accounts are endowed at genesis.

    Notes
    -----
    All replicas see all requests, which are signed for one block and made again for the next where a block leaves them out.
    A replica accepts a block whose commands are signed for it, stand in order, follow their signers' counts and, played on the
    state after the block before it, give the state that the block names. A command that the market refuses changes nothing
    and is done with. States are kept by the digest of their block, so that forks do no harm; all replicas play alike, and the
    simulation plays once. Without ``complete`` any of the requests may be missing, though not all.

    References
    ----------
    MTA paper, section II-B, for the blocks; BEST, section III-C, for the market. The rules of a block are ours.

    Examples
    --------
    >>> from edgeworth.mechanisms import consensus
    >>> machine = Trading(ordering="leader", seed=1)
    >>> run = consensus.simulate(blocks=3, machine=machine, faults="front-running-leader", seed=0)
    >>> bool(consensus.verify(run)), run.view_changes, machine.profit(run).cash > 0
    (True, 0, True)
    """

    name = "token-market"

    def __init__(
        self,
        *,
        traders: int = 16,
        commands: int = 8,
        own: int = 1,
        ordering: str = "leader",
        complete: bool = False,
        seed: int = 0,
    ) -> None:
        self.traders = validation.integer("traders", traders, minimum=1, maximum=10_000)
        self.commands = validation.integer("commands", commands, minimum=1, maximum=self.traders)
        self.own = validation.integer("own", own, minimum=0, maximum=1_000)
        self.ordering = validation.choice("ordering", ordering, ORDERINGS)
        if not isinstance(complete, bool):
            validation.reject_type("complete", "must be True or False", complete)
        self.complete = complete
        self.seed = validation.integer("seed", seed, minimum=0)
        self.signers = Signers(self.seed)
        self.opening: tuple[Asked, ...] = ()
        self._reached = {b"": self._genesis()}
        self._requests: dict[bytes, tuple[Asked, ...]] = {}
        self._judged: dict[tuple[int, bytes, bytes], str] = {}

    # --- the market -----------------------------------------------------------------------------------------

    def _genesis(self) -> Reached:
        state = State.genesis(Rules("literal", grant=_GRANT), endowed=[_OWN_CASH] * self.own)
        first, rng = list[Asked](), np.random.default_rng(np.random.SeedSequence((self.seed, 0)))
        for signer in range(self.own + 1, self.own + self.traders + 1):
            first.append(self.signers.ask(Open(signer.to_bytes(32, "little")), 0, 0, 0))
            for nonce, asset in enumerate(("CTK", "PTK")):
                price = int(PRICES[asset] * (1.0 + 0.3 * rng.random()))
                first.append(self.signers.ask(Order("ask", asset, price, 3 * layout.TOKEN), signer, nonce, 0))
        played(state, first)
        self.opening = tuple(first)
        return Reached(0, state, state.digest())

    def reached(self, block: bytes) -> Reached | None:
        """Where the market stands after the block with that digest (empty: before the first); None where it is not known."""
        return self._reached.get(block)

    def requests(self, previous: bytes) -> tuple[Asked, ...]:
        """What clients ask for after the block with that digest: what was left out, then fresh commands.

        Parameters
        ----------
        previous : bytes
            The digest of a block; empty: the beginning.
        """
        before = self._reached.get(previous)
        if before is None:
            return ()
        if previous not in self._requests:
            height = before.height + 1
            again = [self.signers.ask(each.command, each.signer, each.nonce, height) for each in before.left]
            self._requests[previous] = (*again, *self._fresh(before, {each.signer for each in again}))
        return self._requests[previous]

    def _fresh(self, before: Reached, busy: set[int]) -> list[Asked]:
        height, state = before.height + 1, before.state
        rng = np.random.default_rng(np.random.SeedSequence((self.seed, height)))
        idle = [i for i in range(self.own + 1, self.own + self.traders + 1) if i not in busy]
        found = []
        for signer in rng.permutation(idle)[: self.commands].tolist():
            command = self._drawn(state, signer, rng)
            if command is not None:
                found.append(self.signers.ask(command, signer, state.nonce(signer), height))
        return found

    def _drawn(self, state: State, signer: int, rng: np.random.Generator) -> Command | None:
        """What a client asks for; None where it has nothing to trade with."""
        tables, free = state.tables, state.account(signer).free
        resting = tables.orders[tables.orders[:, layout.O_OWNER] == signer, layout.O_ID].tolist()
        if resting and rng.random() < _CANCELS:
            return Cancel(resting[int(rng.integers(len(resting)))])
        asset, step = ASSETS[int(rng.integers(2))], float(rng.random())
        amount, buys, hurried = int(rng.integers(1_000, 5_001)) * layout.LOT, rng.random() < 0.5, rng.random() < _HURRIED
        middle = PRICES[asset]
        if buys:
            price = int(middle * (1.1 + 0.3 * step if hurried else 1.0 - 0.3 * step))
            if cost(amount, price) <= free["CASH"]:
                return Order("bid", asset, price, amount, tif="ioc" if hurried else "gtc")
        if amount <= free[asset] and len(resting) < layout.ORDER_CAP:
            return Order("ask", asset, int(middle * (1.0 + 0.3 * step)), amount)
        return None

    def profit(self, run: Run) -> Profit:
        """What the leaders' accounts gained in a run of this machine, by the chain of its first correct replica.

        Parameters
        ----------
        run : Run
            Played with this machine.

        Raises
        ------
        ValueError
            For a run that ends in a state which this machine does not know.
        """
        chain = run.chains[run.correct[0]]
        last = self._reached.get(chain[-1].digest if chain else b"")
        if last is None:
            validation.reject("run", "must end after a block that this machine accepted", run)
        first = self._reached[b""].state
        own = range(1, self.own + 1)
        have = {asset: sum(_held(last.state, i, asset) - _held(first, i, asset) for i in own) for asset in ASSETS}
        tokens = sum(have[asset] * price for asset, price in PRICES.items())
        return Profit(have["CASH"] / layout.CASH_UNIT, tokens / layout.TOKEN / layout.CASH_UNIT)

    # --- the protocol's side --------------------------------------------------------------------------------

    def propose(self, height: int, previous: bytes, view: int, proposer: int, variant: int = 0) -> bytes:
        """All that is asked for; variants differ in order where the leader may choose it, and in their number where not.

        After a block whose state is not known there is nothing to propose: the block is empty and no replica takes it.
        """
        asked = list(self.requests(previous))
        turn = variant % max(len(asked), 1)
        block = Block(height, previous, view, proposer, self.name, {"variant": variant})
        return self._block(block, asked[turn:] + asked[:turn])

    def _block(self, block: Block, asked: list[Asked]) -> bytes:
        before = self._reached.get(block.previous)
        if before is None:
            return replace(block, content={"commands": [], "state": "", "variant": block.content["variant"]}).encode()
        batch = self._arrange(before, asked)
        state = before.state.copy()
        played(state, batch)
        commands = [[each.data.hex(), each.tag.hex()] for each in batch]
        content = {"commands": commands, "state": state.digest().hex(), "variant": block.content["variant"]}
        return replace(block, content=content).encode()

    def _arrange(self, before: Reached, asked: list[Asked]) -> list[Asked]:
        return asked if self.ordering == "leader" else batch_order(asked, before.digest, before.height + 1)

    def refusal(self, height: int, previous: bytes, block: bytes) -> str:
        """Why a block must not be accepted at that place; empty where it may."""
        key = (height, previous, block)
        if key not in self._judged:  # all replicas play alike: the simulation plays once
            self._judged[key] = self._refusal(height, previous, block)
        return self._judged[key]

    def _refusal(self, height: int, previous: bytes, block: bytes) -> str:
        try:
            found = Block.decode(block)
        except ValueError as error:
            return str(error)
        reason = misplaced(found, self.name, height, previous)
        if reason:
            return reason
        before = self._reached.get(previous)
        if before is None or before.height != height - 1:
            return "the state after the block before it is not known"
        return self._read(before, found, digest_of(block))

    def _read(self, before: Reached, found: Block, block: bytes) -> str:
        content: Any = found.content
        if sorted(content) != list(_FIELDS):
            return f"content: must have the fields {', '.join(_FIELDS)}; got {sorted(content)}"
        if type(content["variant"]) is not int or content["variant"] < 0:
            return f"content: variant must be a whole number from 0; got {content['variant']!r}"
        if type(content["commands"]) is not list:
            return f"content: commands must be a list; got {type(content['commands']).__name__}"
        if type(content["state"]) is not str:
            return f"content: state must be a digest in hexadecimal; got {content['state']!r}"
        batch: list[Asked] = []
        for number, entry in enumerate(content["commands"], 1):
            try:
                batch.append(self._signed(entry, before.height + 1))
            except (ValueError, TypeError) as error:
                return f"command {number}: {error}"
        reason = self._unfair(before, batch, self.requests(found.previous))
        return reason or self._replayed(before, batch, self.requests(found.previous), content["state"], block)

    def _signed(self, entry: Any, height: int) -> Asked:
        if type(entry) is not list or len(entry) != 2 or not all(type(part) is str for part in entry):
            raise ValueError("must be a command and an authenticator, two texts")
        data, tag = (bytes.fromhex(part) for part in entry)
        if [data.hex(), tag.hex()] != entry:
            raise ValueError("must be written in lower-case hexadecimal without spaces")
        asked = self.signers.read(data, tag)
        if not isinstance(asked.command, Order | Cancel):
            raise ValueError(f"must be an Order or a Cancel; got {type(asked.command).__name__}")
        if not 1 <= asked.signer <= self.own + self.traders:
            raise ValueError(f"signer must be an account from 1 to {self.own + self.traders}; got {asked.signer}")
        if self.signers.tag(asked.signer, data, height) != tag:
            raise ValueError(f"account {asked.signer} did not ask for it in block {height}")
        return asked

    def _unfair(self, before: Reached, batch: list[Asked], asked: tuple[Asked, ...]) -> str:
        """Why a batch is not what was asked for, or not in order."""
        for number, each in enumerate(batch, 1):
            if each in batch[: number - 1]:
                return f"command {number}: is in the block already"
        missing = [each for each in asked if each not in batch]
        if asked and len(missing) == len(asked):
            return f"none of the {len(asked)} commands that were asked for is in the block"
        if missing and self.complete:
            return f"a command of account {missing[0].signer} that was asked for is not in the block"
        for number, (each, right) in enumerate(zip(batch, self._arrange(before, batch), strict=True), 1):
            if each != right:
                return f"command {number}: must be one of account {right.signer} by the order of the batch; got {each.signer}'s"
        return ""

    def _replayed(self, before: Reached, batch: list[Asked], asked: tuple[Asked, ...], state: str, block: bytes) -> str:
        """Play a batch; why it does not lead to the state that the block names."""
        after = before.state.copy()
        for number, effect in enumerate(played(after, batch), 1):
            if effect.refusal in (Refusal.REPLAY, Refusal.GAP):
                return f"command {number}: must have the nonce that is its signer's next; {effect.refusal.name}"
        digest = after.digest()
        if digest.hex() != state:
            return f"content: state must be {digest.hex()[:16]}..., to which the commands lead; got {state[:16]!r}..."
        left = tuple(each for each in asked if each not in batch)
        self._reached[block] = Reached(before.height + 1, after, digest, left)
        return ""

    def spoil(self, block: bytes, how: str) -> bytes:
        """A wrong state, or no commands."""
        found = Block.decode(block)
        if how == "lazy":
            return self._block(found, [])
        return replace(found, content={**found.content, "state": digest_of(block).hex() * 2}).encode()

    def serve(self, block: bytes, how: str) -> bytes:
        """The leader's own orders before a client's ("front-run"); the same, and a client's left out ("censor")."""
        validation.choice("how", how, ("front-run", "censor"))
        found = Block.decode(block)
        before = self._reached.get(found.previous)
        if before is None:
            return block
        asked, own = list(self.requests(found.previous)), range(1, self.own + 1)
        make = front_run if how == "front-run" else censor
        return self._block(found, make(before, asked, self.signers, own, lambda batch: self._arrange(before, batch)))


def _held(state: State, account: int, asset: str) -> int:
    found = state.account(account)
    return found.free[asset] + found.locked[asset]
