"""The signed ledger: every accepted command in a chain of hashes on disk, and the state that they lead to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Self

from edgeworth.core import validation
from edgeworth.mechanisms.token_market.apply import Effect
from edgeworth.mechanisms.token_market.authorities import Authorities, Ring
from edgeworth.mechanisms.token_market.commands import Open
from edgeworth.mechanisms.token_market.keys import Keys
from edgeworth.mechanisms.token_market.log import Record
from edgeworth.mechanisms.token_market.rules import ECONOMIES, Economy, Rules
from edgeworth.mechanisms.token_market.signing import KeyPair, Signed, Wallet, derived
from edgeworth.mechanisms.token_market.state import State
from edgeworth.mechanisms.token_market.store import lines
from edgeworth.mechanisms.token_market.store.chain import CHECKPOINT, Chain
from edgeworth.mechanisms.token_market.store.file import BrokenLedgerError, LedgerFile, Row


def chain_of(economy: Economy, seed: int) -> bytes:
    """The id of the chain that `Ledger.create` makes of a seed."""
    return derived(f"chain/{economy}", seed)


class Ledger:
    """A market on disk. A command that `append` returned as accepted survives the death of the process and of the machine.

    Made by `create`, `open` or `import_lines`; a context manager, which closes it.

    Parameters
    ----------
    file : LedgerFile
        Opened.
    full : bool
        Verify from genesis, not from the last checkpoint.

    Notes
    -----
    Record n has hash_n = SHA-256(hash_(n-1) || n || command || signatures || result); hash_0 is that of all that genesis fixes,
    and the result of every 1,000th record ends in the digest of state and keys after it. Only accepted commands are stored.
    Whoever can write the file can put an older one in its place: that shows against a remembered `head` only.

    Examples
    --------
    >>> import tempfile
    >>> from edgeworth.mechanisms.token_market import Tick, Transfer, verify
    >>> with tempfile.TemporaryDirectory() as folder, Ledger.create(f"{folder}/market.db", economy="literal", seed=0) as ledger:
    ...     alice, bob = ledger.open_account(seed=1), ledger.open_account(seed=2)
    ...     effect = ledger.append(alice.sign(Transfer(to=bob, asset="CTK", amount=5)))
    ...     effect.refusal.name, ledger.state.account(bob.number).free["CTK"], bool(verify(ledger))
    ('ACCEPTED', 100000005, True)
    """

    def __init__(self, file: LedgerFile, *, full: bool = False, readonly: bool = False) -> None:
        self._file, self._readonly, self._closed = file, readonly, False
        self._signed: dict[int, int] = {}
        self._load(full)

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        *,
        economy: Economy = "backed",
        seed: int | None = None,
        rules: Rules | None = None,
        authorities: Authorities | None = None,
    ) -> Ledger:
        """A new ledger, in a new file.

        Parameters
        ----------
        path : str or path
            Of a file that does not exist.
        economy : {"backed", "literal"}
            Of the market.
        seed : int, optional
            For tests and examples: the chain's id and all authorities' keys follow from it (`Ring`). Left out, the id is random
            and `authorities` must be given.
        rules : Rules, optional
            Of the same economy; left out, its usual ones.
        authorities : Authorities, optional
            Public keys, as many as the rules have seats.

        Returns
        -------
        Ledger

        Raises
        ------
        FileExistsError
            If there is such a file.
        ValueError, TypeError
            For arguments that do not go together.
        MissingExtraError
            Without the extra ``cryptography``.
        """
        validation.choice("economy", economy, ECONOMIES)
        terms = Rules(economy) if rules is None else rules
        if terms.economy != economy:
            validation.reject("rules", f"must be of the {economy} economy", terms.economy)
        if (seed is None) == (authorities is None):
            validation.reject("seed", "must be given, or authorities, and not both", seed)
        if seed is not None:
            chain, known = chain_of(economy, seed), Ring(seed).authorities(terms.oracles, terms.arbiters)
        elif authorities is not None:
            chain, known = os.urandom(32), authorities
        if (len(known.oracles), len(known.arbiters)) != (terms.oracles, terms.arbiters):
            rule = f"must have {terms.oracles} oracles and {terms.arbiters} arbiters, as the rules say"
            validation.reject("authorities", rule, (len(known.oracles), len(known.arbiters)))
        return cls._founded(path, lines.Genesis(chain, terms, known, seed))

    @classmethod
    def _founded(cls, path: str | os.PathLike[str], genesis: lines.Genesis) -> Ledger:
        file = LedgerFile(path, create=True)
        try:
            with file.transaction():
                for name, value in genesis.meta().items():
                    file.set_meta(name, value)
                file.set_head(0, Keys(*genesis[:3]).genesis())
            return cls(file)
        except BaseException:
            file.remove()
            raise

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        full: bool = False,
        readonly: bool = False,
        head: tuple[int, bytes] | None = None,
    ) -> Ledger:
        """A ledger that exists, verified.

        Parameters
        ----------
        path : str or path
            Of a ledger.
        full : bool
            From genesis; otherwise from the last checkpoint.
        readonly : bool
            Look on, also while another process writes; commands that it takes later are not seen.
        head : tuple of int and bytes, optional
            A remembered `head`, which the ledger must contain: an older file in its place does not.

        Returns
        -------
        Ledger

        Raises
        ------
        BrokenLedgerError
            If a link, a signature, a result or a digest is wrong; it names the record.
        FileFormatError, FileNotFoundError, BlockingIOError, PermissionError
            See `LedgerFile`.
        """
        file = LedgerFile(path, readonly=readonly)
        try:
            ledger = cls(file, full=full, readonly=readonly)
            if head is not None and ledger._hash_at(head[0]) != head[1]:
                raise BrokenLedgerError(file.path, head[0], "is not the one remembered: an older or another ledger")
        except BaseException:
            file.close()
            raise
        return ledger

    @classmethod
    def import_lines(cls, source: str | os.PathLike[str], path: str | os.PathLike[str]) -> Ledger:
        """A new ledger from JSON lines that `export_lines` wrote, every one of them verified.

        Parameters
        ----------
        source, path : str or path
            The lines; the new file.
        """
        genesis, records = lines.read(source)
        ledger = cls._founded(path, genesis)
        try:
            for batch in lines.batches(records, CHECKPOINT):
                first = ledger.height + 1
                effects = ledger.append_many([signed for signed, _ in batch])
                for number, (effect, (_, told)) in enumerate(zip(effects, batch, strict=True), first):
                    if not effect:
                        raise BrokenLedgerError(os.fspath(source), number, f"is refused: {effect.refusal.name}")
                    if ledger._hash_at(number) != told:
                        raise BrokenLedgerError(os.fspath(source), number, "has another hash")
        except BaseException:
            ledger._file.remove()
            raise
        return ledger

    def export_lines(self, path: str | os.PathLike[str]) -> None:
        """Write what is fixed at genesis and every record as JSON lines.

        Parameters
        ----------
        path : str or path
            Replaced when all is written.
        """
        self._check_open()
        lines.write(path, self._genesis, self._file.rows(last=self.height))

    # Reading

    @property
    def state(self) -> State:
        """What all commands led to; to look at, not to change."""
        return self._chain.state

    @property
    def rules(self) -> Rules:
        """Fixed at genesis."""
        return self._chain.keys.rules

    @property
    def endowed(self) -> tuple[int, ...]:
        """Nobody is, at genesis: accounts without keys could do nothing."""
        return ()

    @property
    def height(self) -> int:
        """How many records there are."""
        return self._chain.height

    @property
    def head(self) -> tuple[int, bytes]:
        """Number and hash of the last record: remember it, to know the ledger again."""
        return self._chain.height, self._chain.hash

    @property
    def chain(self) -> bytes:
        """The chain's id, which every signature covers."""
        return self._chain.keys.chain

    @property
    def ring(self) -> Ring:
        """The authorities' secret keys, of a ledger that was made from a seed."""
        if self._genesis.seed is None:
            raise ValueError("ring: this ledger was not made from a seed; its authorities keep their own keys")
        return Ring(self._genesis.seed)

    @property
    def records(self) -> Iterator[Record]:
        """All commands, as numbers; read from the file."""
        self._check_open()
        return (self._chain.record(row) for row in self._file.rows(last=self.height))

    def _hash_at(self, number: int) -> bytes | None:
        row = self._file.row(number)
        return row.hash if row is not None else self._chain.keys.genesis() if number == 0 else None

    # Accounts

    def open_account(self, seed: int | KeyPair | None = None, *, role: str = "device") -> Wallet:
        """Open an account for a key pair.

        Parameters
        ----------
        seed : int or KeyPair, optional
            Of the key pair (`KeyPair`); left out, a fresh one.
        role : {"device", "user"}
            Devices may attest and pledge.

        Returns
        -------
        Wallet
            Signs the account's commands, and may stand where a command takes an account.

        Raises
        ------
        ValueError
            If the key has an account; see `wallet`.
        """
        pair = seed if isinstance(seed, KeyPair) else KeyPair(seed)
        effect = self.append(Signed.by(pair, self.chain, Open(pair.public, role), 0, 0))
        if not effect:
            raise ValueError(f"seed: this account cannot be opened; refused with {effect.refusal.name}")
        return self.wallet(pair)

    def wallet(self, seed: int | KeyPair) -> Wallet:
        """The wallet of an account that is open, or of the sequencer.

        Parameters
        ----------
        seed : int or KeyPair
            Of its key pair.
        """
        pair = seed if isinstance(seed, KeyPair) else KeyPair(seed)
        if pair.public not in self._chain.keys.numbers:
            raise ValueError("seed: this key has no account here; open_account opens one")
        return Wallet(pair, self.chain, self._chain.keys.numbers[pair.public], self._next_nonce)

    @property
    def sequencer(self) -> Wallet:
        """Who signs ticks, in a ledger that was made from a seed."""
        return self.wallet(self.ring.sequencer)

    def _next_nonce(self, number: int) -> int:
        ahead = self._signed.get(number, 0)
        self._signed[number] = ahead + 1
        return self.state.nonce(number) + ahead

    # Writing

    def append(self, signed: Signed) -> Effect:
        """Take a command. When this returns, an accepted one is on the disk; a refused one has changed nothing.

        Parameters
        ----------
        signed : Signed
            As `Wallet.sign` makes it.

        Returns
        -------
        Effect
        """
        return self.append_many([signed])[0]

    def append_many(self, commands: Sequence[Signed]) -> list[Effect]:
        """Take commands one after the other, in one transaction: much faster, since the disk is waited for once.

        Parameters
        ----------
        commands : sequence of Signed
            In order; a refused one does not keep the others out.

        Returns
        -------
        list of Effect
            Of each.

        Raises
        ------
        OSError
            If the disk fails; then nothing of the batch was taken.
        """
        self._check_open()
        if self._readonly:
            validation.reject("ledger", "is open for reading only", self._file.path)
        for k, signed in enumerate(commands):
            if not isinstance(signed, Signed):
                validation.reject_type(f"commands[{k}]", "must be Signed", signed)
        self._signed.clear()
        try:
            with self._file.transaction():
                effects, rows = [], []
                for signed in commands:
                    effect, row = self._chain.take(signed)
                    effects.append(effect)
                    if row is not None:
                        rows.append(row)
                self._store(rows)
        except BaseException:
            self._closed = True  # unless this goes back to what is on the disk
            self._load(full=False)
            self._closed = False
            raise
        return effects

    def _store(self, rows: list[Row]) -> None:
        if not rows:
            return
        self._file.extend(rows)
        self._file.set_head(*self.head)
        saved = self._chain.checkpoint()
        if saved[0] >= rows[0].seq:
            self._file.set_checkpoint(*saved)

    def _load(self, full: bool) -> None:
        with self._file.transaction(write=False):
            found = lines.Genesis.of(self._file.meta(), self._file.path)
            self._genesis = found
            self._chain = Chain(self._file.path, Keys(*found[:3]))
            self._chain.load(self._file, found.head, full)

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError("ledger: is closed")

    def close(self) -> None:
        """Let go of the file; does nothing the second time."""
        self._closed = True
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Ledger: {self.rules.economy}, {self.height} records, {self._file.path}>"
