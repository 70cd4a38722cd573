"""The state of a market: integer tables, their growth, their bytes, and what people read of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Ints
from edgeworth.mechanisms.token_market.kernels import layout
from edgeworth.mechanisms.token_market.kernels.tables import Tables, reindex
from edgeworth.mechanisms.token_market.rules import ASSETS, Rules

HEADER = b"edgeworth/token-market/state/1\0\0"
"""What the bytes of a state begin with."""
ROLES = ("device", "user")
_COLUMNS = {
    "accounts": layout.ACCOUNT_COLUMNS,
    "positions": layout.POSITION_COLUMNS,
    "orders": layout.ORDER_COLUMNS,
    "heads": 4,
    "deals": layout.DEAL_COLUMNS,
}
_COUNTS = {
    "accounts": layout.N_ACCOUNTS,
    "positions": layout.N_POSITIONS,
    "orders": layout.N_ORDERS,
    "heads": layout.N_ACCOUNTS,
    "deals": layout.N_DEALS,
}


@dataclass(frozen=True)
class Account:
    """What one account has; amounts in base units, times in ms.

    Attributes
    ----------
    number : int
        From 1.
    role : {"device", "user"}
        Devices may attest and pledge.
    free, locked : dict
        Of CTK, PTK and CASH; locked is what orders and open deals hold.
    stake, notice : int
        Cash at stake; when a noticed withdrawal may leave, or 0.
    nonce : int
        Of the account's next command.
    issued, reserve : dict
        Of CTK and PTK: what the account issued that still counts; what its last attestation backs.
    tee, period : int
        The attestation key and the last period, or 0.
    pledge, debt, due : int
        The pledged hash, or 0; what is owed, and when it is due.
    done, failed : int
        Deals that it supplied.
    frozen : bool
        Whether the debt is overdue.
    """

    number: int
    role: str
    free: dict[str, int]
    locked: dict[str, int]
    stake: int
    notice: int
    nonce: int
    issued: dict[str, int]
    reserve: dict[str, int]
    tee: int
    period: int
    pledge: int
    debt: int
    due: int
    done: int
    failed: int
    frozen: bool


class State:
    """A market as integer tables, which commands change in place.

    Parameters
    ----------
    tables : Tables
        As `genesis` and `from_bytes` make them.

    Examples
    --------
    >>> state = State.genesis(Rules("literal"), endowed=[5_000])
    >>> state.account(1).free
    {'CTK': 0, 'PTK': 0, 'CASH': 5000}
    >>> State.from_bytes(state.to_bytes()).digest() == state.copy().digest() == state.digest()
    True
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    @classmethod
    def genesis(cls, rules: Rules | None = None, *, endowed: Sequence[int] = (), room: int = 64) -> State:
        """A market before its first command.

        Parameters
        ----------
        rules : Rules, optional
            Left out, those of the backed economy.
        endowed : sequence of int
            Devices that have accounts from the start, each with so much base cash, 0 to 10^12.
        room : int
            Rows of the tables to begin with, >= 1; they grow as they must.

        Returns
        -------
        State
        """
        rules = Rules() if rules is None else rules
        cash = [validation.integer(f"endowed[{k}]", each, minimum=0, maximum=layout.LIMIT) for k, each in enumerate(endowed)]
        rows = validation.integer("room", room, minimum=1, maximum=2**20) + 2 * len(cash) + 4
        totals = np.zeros(layout.TOTALS, np.int64)
        tables = {name: np.zeros((rows, columns), np.int64) for name, columns in _COLUMNS.items()}
        lent = layout.PTK if rules.economy == "literal" else layout.CASH
        tables["accounts"][1 : len(cash) + 1, layout.FREE + layout.CASH] = cash
        totals[layout.N_ACCOUNTS] = len(cash)
        totals[layout.GENESIS + layout.CASH] = sum(cash)
        totals[layout.POOL] = rules.pool
        totals[layout.GENESIS + lent] += rules.pool
        return cls(_indexed(tables, totals, np.array(rules.vector(), np.int64)))

    @classmethod
    def from_bytes(cls, data: bytes) -> State:
        """The state that `to_bytes` wrote.

        Parameters
        ----------
        data : bytes
            All of it.

        Returns
        -------
        State

        Raises
        ------
        ValueError
            For bytes of another length or header.
        """
        fixed = layout.TOTALS + layout.RULES
        if not data.startswith(HEADER) or len(data) % 8 or len(data) < len(HEADER) + 8 * fixed:
            validation.reject("data", "must be a state as to_bytes writes it", data[:40])
        words = np.frombuffer(data, "<i8", offset=len(HEADER)).astype(np.int64)
        totals, rules, rest = words[: layout.TOTALS].copy(), words[layout.TOTALS : fixed].copy(), words[fixed:]
        tables = {}
        for name, columns in _COLUMNS.items():
            rows = int(totals[_COUNTS[name]]) + 1
            if rows < 1 or rest.size < rows * columns:
                validation.reject("data", f"must hold the table {name} that its counts speak of", rows)
            tables[name] = rest[: rows * columns].reshape(rows, columns).copy()
            rest = rest[rows * columns :]
        if rest.size:
            validation.reject("data", "must end after its tables", rest.size)
        return cls(_indexed(tables, totals, rules))

    def to_bytes(self) -> bytes:
        """The one canonical form: totals, rules, and the used rows of all tables as little-endian int64."""
        tables, totals = self.tables, self.tables.totals
        parts = [totals, tables.rules]
        parts += [getattr(tables, name)[: int(totals[count]) + 1] for name, count in _COUNTS.items()]
        return HEADER + b"".join(part.astype("<i8").tobytes() for part in parts)

    def digest(self) -> bytes:
        """SHA-256 of `to_bytes`."""
        return hashlib.sha256(self.to_bytes()).digest()

    def copy(self) -> State:
        """An independent state."""
        return State(Tables(*(array.copy() for array in self.tables)))

    def grow(self) -> None:
        """Double the tables, as a command asks for that finds no room."""
        tables = {name: getattr(self.tables, name) for name in _COLUMNS}
        wider = {name: np.concatenate([table, np.zeros_like(table)]) for name, table in tables.items()}
        self.tables = _indexed(wider, self.tables.totals, self.tables.rules)

    @property
    def rules(self) -> Rules:
        """What the market fixed at genesis."""
        return Rules.of(self.tables.rules.tolist())

    @property
    def accounts(self) -> int:
        """How many there are."""
        return int(self.tables.totals[layout.N_ACCOUNTS])

    @property
    def clock(self) -> int:
        """The time of the last tick, ms."""
        return int(self.tables.totals[layout.TIME])

    @property
    def height(self) -> int:
        """Commands accepted."""
        return int(self.tables.totals[layout.HEIGHT])

    @property
    def pool(self) -> int:
        """What the credit pool has left."""
        return int(self.tables.totals[layout.POOL])

    def _total(self, first: int) -> dict[str, int]:
        return _named(self.tables.totals[first : first + 3])

    @property
    def minted(self) -> dict[str, int]:
        """Units created since genesis, grants included."""
        return self._total(layout.MINTED)

    @property
    def burned(self) -> dict[str, int]:
        """Units destroyed."""
        return self._total(layout.BURNED)

    @property
    def slashed(self) -> dict[str, int]:
        """Fines, which nobody received."""
        return self._total(layout.SLASHED)

    def nonce(self, account: int) -> int:
        """Of the account's next command; account 0 is the sequencer.

        Parameters
        ----------
        account : int
            0 to `accounts`.
        """
        return int(self.tables.accounts[self._row(account, 0), layout.NONCE])

    def account(self, number: int) -> Account:
        """What one account has.

        Parameters
        ----------
        number : int
            1 to `accounts`.
        """
        row = self.tables.accounts[self._row(number, 1)]
        debt, due = int(row[layout.DEBT]), int(row[layout.DUE])
        return Account(
            number=int(number),
            role=ROLES[row[layout.A_ROLE]],
            free=_named(row[layout.FREE : layout.FREE + 3]),
            locked=_named(row[layout.LOCKED : layout.LOCKED + 3]),
            stake=int(row[layout.STAKE]),
            notice=int(row[layout.NOTICED]),
            nonce=int(row[layout.NONCE]),
            issued=_named(row[layout.ISSUED : layout.ISSUED + 2]),
            reserve=_named(row[layout.RESERVE : layout.RESERVE + 2]),
            tee=int(row[layout.TEE]),
            period=int(row[layout.PERIOD]),
            pledge=int(row[layout.PLEDGED]),
            debt=debt,
            due=due,
            done=int(row[layout.DONE]),
            failed=int(row[layout.FAILED]),
            frozen=debt > 0 and self.clock > due,
        )

    def held(self) -> dict[tuple[int, int, str], tuple[int, int]]:
        """Backed economy: what is free and locked by (holder, issuer, asset)."""
        rows = self.tables.positions[1 : int(self.tables.totals[layout.N_POSITIONS]) + 1].tolist()
        return {(holder, issuer, ASSETS[asset]): (free, locked) for holder, issuer, asset, free, locked in rows}

    def _row(self, account: int, least: int) -> int:
        return validation.integer("account", account, minimum=least, maximum=self.accounts)

    def __repr__(self) -> str:
        return f"<State: {self.rules.economy}, {self.accounts} accounts, height {self.height}, clock {self.clock} ms>"


def _named(amounts: Ints) -> dict[str, int]:
    return dict(zip(ASSETS, amounts.tolist(), strict=False))


def _indexed(tables: dict[str, Ints], totals: Ints, rules: Ints) -> Tables:
    """Tables with their hash indices, which are derived and no part of a state's bytes."""
    index = {}
    for name in ("positions", "deals"):
        index[name] = np.zeros(2 << len(tables[name]).bit_length(), np.int64)
        reindex(tables[name], index[name], int(totals[_COUNTS[name]]))
    return Tables(
        tables["accounts"], tables["positions"], index["positions"], tables["orders"], tables["heads"],
        tables["deals"], index["deals"], totals, rules,
    )  # fmt: skip
