"""Arrays in a zip file (npz), whose sizes are known before anything is read. Nothing is unpickled or taken on trust."""

from __future__ import annotations

import math
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Collection
from os import PathLike
from typing import Any, BinaryIO

import numpy as np

from edgeworth.core.arrays import Array
from edgeworth.core.errors import FileFormatError
from edgeworth.core.files import ARRAY_LIMIT, budget, wrong

MEMBERS = 1_000
"""Most arrays of a file."""

_DIRECTORY = 2**18  # bytes of the zip's table of contents: every member costs memory before it can be looked at
_END, _END64 = b"PK\x05\x06", b"PK\x06\x07"
_END_SIZE, _END64_SIZE = 22, 20
_MAGIC = b"\x93NUMPY"
_PIECE = 2**20  # bytes read at once, so that a wrong size in a header allocates nothing
_HEADER = 4096  # bytes of an array's header
_LENGTH = 2**40  # of an axis
_DESCR = re.compile(rb"""['"]descr['"]\s*:\s*['"]([<>|=]?[a-zA-Z][0-9]{0,3})['"]""")
_ORDER = re.compile(rb"""['"]fortran_order['"]\s*:\s*(True|False)""")
_SHAPE = re.compile(rb"""['"]shape['"]\s*:\s*\(((?:\s*[0-9]{1,18}\s*,)*\s*(?:[0-9]{1,18})?\s*)\)""")
_DAMAGE = (ValueError, KeyError, TypeError, OSError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error)
"""What `zipfile`, `zlib` and NumPy raise on damaged bytes (RuntimeError: encrypted, or a feature they do not have)."""


def read_arrays(
    path: str | PathLike[str], *, only: Collection[str] | None = None, kinds: str = "biuf", limit: int | None = None
) -> dict[str, Array]:
    """The arrays of an npz file, by name.

    only: the names that are wanted where they are there, default all. kinds: the letters of `numpy.dtype.kind` that are taken.
    limit: most bytes of all arrays together, default `ARRAY_LIMIT`; the sizes are read from the table of contents and from
    the arrays' headers, which must agree, before any array is made.

    Raises FileNotFoundError and its kind; `FileFormatError` naming the file, the array and the rule.
    """
    budget(limit, ARRAY_LIMIT)
    with open(path, "rb") as file:
        return arrays_in(file, path, only=only, kinds=kinds, limit=limit)


def arrays_in(
    file: BinaryIO,
    path: str | PathLike[str],
    *,
    only: Collection[str] | None = None,
    kinds: str = "biuf",
    limit: int | None = None,
) -> dict[str, Array]:
    """`read_arrays` of what is open, or in memory; path: what it is called in errors."""
    most = budget(limit, ARRAY_LIMIT)
    size = file.seek(0, os.SEEK_END)
    if size > most + _DIRECTORY:
        wrong(path, None, f"holds more than {most} bytes (the argument limit raises this)")
    _check_directory(path, file, size)
    try:
        with zipfile.ZipFile(file) as packed:
            members = packed.infolist()
            if len(members) > MEMBERS:
                wrong(path, None, f"holds {len(members)} members; at most {MEMBERS} are read")
            members = [member for member in members if only is None or member.filename.removesuffix(".npy") in only]
            total = sum(member.file_size for member in members)
            if total > most:
                wrong(path, None, f"unpacks to {total} bytes, more than {most} (the argument limit raises this)")
            return {member.filename.removesuffix(".npy"): _array(path, packed, member, kinds) for member in members}
    except FileFormatError:
        raise
    except _DAMAGE as error:
        raise FileFormatError(f"{os.fspath(path)}: a damaged npz file: {error}") from error


def write_arrays(file: BinaryIO, arrays: dict[str, Array]) -> None:
    """Write arrays as an npz file, compressed."""
    everything: dict[str, Any] = arrays
    np.savez_compressed(file, **everything)


def _check_directory(path: str | PathLike[str], file: BinaryIO, size: int) -> None:
    """Refuse a table of contents that no file of ours has. `zipfile` reads it whole, whatever its size."""
    file.seek(max(size - 2**16 - _END_SIZE - _END64_SIZE, 0))
    tail = file.read(2**16 + _END_SIZE + _END64_SIZE)
    plain = tail[-_END_SIZE:]
    at = len(tail) - _END_SIZE if plain.startswith(_END) and plain.endswith(b"\0\0") else tail.rfind(_END)
    if at < 0 or len(tail) - at < _END_SIZE:
        wrong(path, None, "not an npz file")
    length = struct.unpack_from("<L", tail, at + 12)[0]
    long_form = at >= _END64_SIZE and tail[at - _END64_SIZE : at].startswith(_END64)
    if length > _DIRECTORY or (long_form and size < 2**31):
        wrong(path, None, "has a table of contents that is too long")
    file.seek(0)


def _array(path: str | PathLike[str], packed: zipfile.ZipFile, member: zipfile.ZipInfo, kinds: str) -> Array:
    name = f"the array {member.filename.removesuffix('.npy')!a}"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        wrong(path, None, f"{name} is compressed in another way than deflate")
    with packed.open(member) as content:
        start = content.read(10)
        extra = content.read(2) if start[6:7] == b"\2" else b""
        if start[:6] != _MAGIC or start[6:7] not in (b"\1", b"\2") or len(start + extra) not in (10, 12):
            wrong(path, None, f"{name} is not in NumPy's format 1 or 2")
        length = int.from_bytes(start[8:] + extra, "little")
        if length > _HEADER:
            wrong(path, None, f"{name} has a header of {length} bytes")
        header = content.read(length)
        descr, order, shape = (pattern.search(header) for pattern in (_DESCR, _ORDER, _SHAPE))
        if descr is None or order is None or shape is None:
            wrong(path, None, f"{name} has a header that names no dtype or no shape of numbers: {header.strip()[:80]!r}")
        dtype = np.dtype(descr[1].decode())
        if dtype.kind not in kinds:
            wrong(path, None, f"{name} has an unknown dtype {dtype.str!r}")
        lengths = tuple(int(text) for text in shape[1].split(b",") if text.strip())
        wanted, left = math.prod(lengths) * dtype.itemsize, member.file_size - len(start + extra) - length
        if wanted != left or max(lengths, default=0) > _LENGTH:
            wrong(path, None, f"{name} of shape {lengths!r} takes {wanted} bytes; got {left}")
        data = np.empty(wanted, dtype=np.uint8)
        at = 0
        while at < wanted and (piece := content.read(_PIECE)):
            data[at : at + len(piece)] = np.frombuffer(piece[: wanted - at], dtype=np.uint8)
            at += len(piece)
        if at != wanted or content.read(1):  # at the end zipfile compares the check sum
            wrong(path, None, f"{name} is truncated")
    return data.view(dtype).reshape(lengths, order="F" if order[1] == b"True" else "C")
