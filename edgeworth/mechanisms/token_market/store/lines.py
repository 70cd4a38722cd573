"""Ledgers as JSON lines: what genesis fixes on the first line, then a record a line."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import read_text, replacing, wrong
from edgeworth.mechanisms.token_market.authorities import Authorities
from edgeworth.mechanisms.token_market.rules import Rules
from edgeworth.mechanisms.token_market.signing import Signed
from edgeworth.mechanisms.token_market.store.file import Row

FORMAT = "edgeworth/token-market/1"
_LIMIT = 2**30  # bytes of an export: some three million records
_GENESIS = {"format", "chain", "rules", "authorities", "seed"}


class Genesis(NamedTuple):
    """What a ledger fixes at genesis, and its head.

    Attributes
    ----------
    chain : bytes
        The chain's id.
    rules : Rules
    authorities : Authorities
    seed : int or None
        Of the authorities' keys.
    head : bytes
        Number and hash of the last record.
    """

    chain: bytes
    rules: Rules
    authorities: Authorities
    seed: int | None
    head: bytes = b""

    @classmethod
    def of(cls, meta: Mapping[str, bytes], path: str) -> Genesis:
        """From a ledger's table meta.

        Parameters
        ----------
        meta : mapping
            Names and bytes.
        path : str
            For messages.
        """
        if not {"chain", "rules", "authorities", "head"} <= meta.keys() <= {"chain", "rules", "authorities", "head", "seed"}:
            raise FileFormatError(f"{path}: must have chain, rules, authorities and head in its table meta")
        try:
            rules, known = Rules.of(struct.unpack("<9q", meta["rules"])), Authorities.from_bytes(meta["authorities"])
        except (ValueError, TypeError, struct.error) as error:
            raise FileFormatError(f"{path}: its table meta: {error}") from error
        seed = int.from_bytes(meta["seed"], "little") if "seed" in meta else None
        return cls(meta["chain"], rules, known, seed, meta["head"])

    def meta(self) -> dict[str, bytes]:
        """For a ledger's table meta, without the head."""
        rules, known = struct.pack("<9q", *self.rules.vector()), self.authorities.to_bytes()
        seed = {} if self.seed is None else {"seed": self.seed.to_bytes(8, "little")}
        return {"chain": self.chain, "rules": rules, "authorities": known} | seed


def write(path: str | os.PathLike[str], genesis: Genesis, rows: Iterable[Row]) -> None:
    """Write a ledger; the file takes its name when all is written."""
    head = {
        "format": FORMAT,
        "chain": genesis.chain.hex(),
        "rules": genesis.rules.vector(),
        "authorities": genesis.authorities.to_bytes().hex(),
        "seed": genesis.seed,
    }
    with replacing(path) as file:
        file.write(json.dumps(head).encode() + b"\n")
        for row in rows:
            record = {"command": row.command.hex(), "signature": row.signatures.hex(), "n": row.seq, "hash": row.hash.hex()}
            file.write(json.dumps(record).encode() + b"\n")


def write_signed(path: str | os.PathLike[str], commands: Iterable[Signed]) -> None:
    """Write signed commands as JSON lines, for ``edgeworth ledger apply``.

    Parameters
    ----------
    path : str or path
        Replaced when all is written.
    commands : iterable of Signed
        In order.
    """
    with replacing(path) as file:
        for signed in commands:
            line = {"command": signed.to_bytes().hex(), "signature": signed.signature.hex()}
            file.write(json.dumps(line).encode() + b"\n")


def read_signed(path: str | os.PathLike[str]) -> Iterator[Signed]:
    """Signed commands from JSON lines with ``command`` and ``signature`` in hexadecimal digits, as `write_signed` writes them.

    Parameters
    ----------
    path : str or path
        Read line by line.

    Raises
    ------
    FileFormatError
        That names the line.
    """
    for number, line in _objects(path):
        yield _signed(path, number, line, {"command", "signature"})


def read(path: str | os.PathLike[str]) -> tuple[Genesis, Iterator[tuple[Signed, bytes]]]:
    """What `write` wrote: genesis, and records with their hashes."""
    lines = _objects(path)
    number, head = next(lines, (1, {}))
    if head.get("format") != FORMAT:
        wrong(path, number, f"must say that the format is {FORMAT}")
    if head.keys() != _GENESIS:
        wrong(path, number, f"must have {', '.join(sorted(_GENESIS))}, and nothing else")
    try:
        authorities = Authorities.from_bytes(bytes.fromhex(head["authorities"]))
        chain, seed = bytes.fromhex(head["chain"]), head["seed"]
        genesis = Genesis(chain, Rules.of(head["rules"]), authorities, seed)
        if len(chain) != 32 or not (seed is None or (type(seed) is int and 0 <= seed < 2**63)):
            wrong(path, number, "must have a chain of 32 bytes, and a seed or null")
    except (ValueError, TypeError) as error:
        raise FileFormatError(f"{os.fspath(path)}: line {number}: {error}") from error
    return genesis, _records(path, lines)


def batches(records: Iterable[tuple[Signed, bytes]], size: int) -> Iterator[list[tuple[Signed, bytes]]]:
    """So many at a time, the last ones fewer."""
    rest = iter(records)
    while batch := list(islice(rest, size)):
        yield batch


def _records(path: str | os.PathLike[str], lines: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[tuple[Signed, bytes]]:
    for expected, (number, line) in enumerate(lines, 1):
        signed = _signed(path, number, line, {"command", "signature", "n", "hash"})
        if line["n"] != expected:
            wrong(path, number, f"must be record {expected}, and is {line['n']}")
        yield signed, _hex(path, number, line, "hash")


def _objects(path: str | os.PathLike[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, text in enumerate(read_text(path, limit=_LIMIT).splitlines(), 1):
        try:
            line = json.loads(text)
        except ValueError as error:
            raise FileFormatError(f"{os.fspath(path)}: line {number}: is no JSON: {error}") from error
        if not isinstance(line, dict):
            wrong(path, number, "must be a JSON object")
        yield number, line


def _signed(path: str | os.PathLike[str], number: int, line: dict[str, Any], names: set[str]) -> Signed:
    if line.keys() != names:
        wrong(path, number, f"must have {', '.join(sorted(names))}, and nothing else")
    command, signature = (_hex(path, number, line, name) for name in ("command", "signature"))
    try:
        return Signed.of(command, signature)
    except (ValueError, TypeError) as error:
        raise FileFormatError(f"{os.fspath(path)}: line {number}: {error}") from error


def _hex(path: str | os.PathLike[str], number: int, line: dict[str, Any], name: str) -> bytes:
    try:
        return bytes.fromhex(line[name])
    except (ValueError, TypeError) as error:
        raise FileFormatError(f"{os.fspath(path)}: line {number}: {name}: {error}") from error
