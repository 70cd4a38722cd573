"""Problems, solutions and results as plain data, their hash, and how such data are written to files.

A file holds the format's name, the schema, what it contains (a problem or a result), the problem's kind, plain fields and
named arrays. A problem's file also holds its hash, so that a damaged file is noticed. `core.io` reads what is written here.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from edgeworth._version import __version__
from edgeworth.core import archive, files, validation
from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.errors import FileFormatError

FORMAT = "edgeworth"
SCHEMA = 1
HEADER = "__edgeworth__"
"""The member of an npz file that holds everything but the arrays, as JSON."""


@dataclass(frozen=True)
class Payload:
    """An object as data: plain JSON fields and named arrays."""

    fields: dict[str, Any]
    arrays: dict[str, Array]

    def field(self, name: str) -> Any:
        """A field; a `FileFormatError` says which one is missing."""
        if name not in self.fields:
            raise FileFormatError(f"the field {name!r} is missing")
        return self.fields[name]

    def array(self, name: str) -> Array:
        """An array; a `FileFormatError` says which one is missing."""
        if name not in self.arrays:
            raise FileFormatError(f"the array {name!r} is missing")
        return self.arrays[name]

    def part(self, prefix: str) -> dict[str, Array]:
        """The arrays whose names begin with ``prefix.``, without it."""
        return {name[len(prefix) + 1 :]: values for name, values in self.arrays.items() if name.startswith(prefix + ".")}


def fingerprint(kind: str, fields: Mapping[str, Any], arrays: Arrays) -> str:
    """A canonical hash: the same content gives the same text on every machine and in every process."""
    digest = hashlib.sha256()
    digest.update(json.dumps([kind, dict(fields)], sort_keys=True, allow_nan=False).encode())
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        values = values.astype(values.dtype.newbyteorder("<"), copy=False)
        digest.update(f"{name}:{values.dtype.str}:{values.shape}".encode())
        digest.update(values.data.cast("B") if values.size else b"")
    return digest.hexdigest()[:32]


def ending(path: Path) -> str:
    """The ending of a file of ours; ValueError for another."""
    return validation.choice("path", path.suffix, (".json", ".npz"))


def write(path: str | PathLike[str], content: str, kind: str, payload: Payload, digest: str) -> None:
    """Write a problem's or a result's data; the ending of ``path`` chooses the format (.json or .npz)."""
    where = Path(path)
    if ending(where) == ".json":
        header = _header(content, kind, payload, digest)
        arrays = {name: np.ascontiguousarray(values) for name, values in payload.arrays.items()}
        header["arrays"] = {
            name: {"dtype": values.dtype.str, "shape": list(values.shape), "data": values.ravel().tolist()}
            for name, values in arrays.items()
        }
        files.write_text(where, json.dumps(header, allow_nan=False, default=_number))
        return
    with files.replacing(where) as file:
        file.write(to_bytes(content, kind, payload, digest))


def to_bytes(content: str, kind: str, payload: Payload, digest: str) -> bytes:
    """What `write` puts into an npz file; `core.io.from_bytes` reads it."""
    header = json.dumps(_header(content, kind, payload, digest), allow_nan=False, default=_number)
    arrays = {name: np.ascontiguousarray(values) for name, values in payload.arrays.items()}
    file = io.BytesIO()
    archive.write_arrays(file, {HEADER: np.frombuffer(header.encode(), dtype=np.uint8), **arrays})
    return file.getvalue()


def _header(content: str, kind: str, payload: Payload, digest: str) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "content": content,
        "kind": kind,
        "version": __version__,
        "hash": digest,
        "fields": payload.fields,
    }


def _number(item: object) -> object:
    """NumPy's scalars, which parameters may be, as numbers of Python."""
    if isinstance(item, np.generic):
        return item.item()
    raise TypeError(f"Object of type {type(item).__name__} is not JSON serializable")
