"""Checkpoints: named arrays and a JSON header in one npz file, with a digest of both; nothing is pickled.

A file is written whole or not at all (`edgeworth.core.files.replacing`), and read within a budget of bytes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from os import PathLike
from typing import Any, NoReturn

import numpy as np

from edgeworth._version import __version__
from edgeworth.core import archive, files
from edgeworth.core.arrays import Array, Arrays
from edgeworth.core.errors import FileFormatError

FORMAT = "edgeworth checkpoint"
SCHEMA = 1
HEADER = "__checkpoint__"
"""The member that holds everything but the arrays, as JSON."""
KINDS = "biuf"  # dtypes that an array may have


def digest(header: Mapping[str, Any], arrays: Arrays) -> str:
    """sha256 of a header without its digest and of all arrays, names, dtypes and shapes included.

    Parameters
    ----------
    header : mapping
    arrays : mapping of ndarray

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    found = hashlib.sha256()
    content = {name: value for name, value in header.items() if name != "sha256"}
    found.update(json.dumps(content, sort_keys=True, allow_nan=False).encode())
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        values = values.astype(values.dtype.newbyteorder("<"), copy=False)
        found.update(f"{name}:{values.dtype.str}:{np.shape(arrays[name])}".encode())
        found.update(values.tobytes())
    return found.hexdigest()


def write(path: str | PathLike[str], content: str, header: Mapping[str, Any], arrays: Arrays) -> None:
    """Write a checkpoint: the file is the old one or the new one, whatever happens on the way.

    Parameters
    ----------
    path : str or path
    content : str
        What the file holds, such as "policy".
    header : mapping
        Plain JSON data.
    arrays : mapping of ndarray
        Numbers and truth values.

    Raises
    ------
    ValueError
        For a header that is no JSON, and arrays of other dtypes.
    OSError
        Where the file cannot be written.
    """
    for name, values in arrays.items():
        if values.dtype.kind not in KINDS:
            raise ValueError(f"arrays: must hold numbers or truth values; got {values.dtype} in {name!r}")
    whole = {"format": FORMAT, "schema": SCHEMA, "content": content, "version": __version__, **header}
    whole["sha256"] = digest(whole, arrays)
    text = np.frombuffer(json.dumps(whole, allow_nan=False).encode(), dtype=np.uint8)
    with files.replacing(path) as file:
        archive.write_arrays(file, {HEADER: text, **{name: np.asarray(values) for name, values in arrays.items()}})


def read(path: str | PathLike[str], content: str, *, limit: int | None = None) -> tuple[dict[str, Any], dict[str, Array]]:
    """Header and arrays of a checkpoint that `write` wrote.

    Parameters
    ----------
    path : str or path
    content : str
        What the file must hold.
    limit : int, optional
        Most bytes of all arrays together; default `edgeworth.core.files.ARRAY_LIMIT`.

    Returns
    -------
    header : dict
    arrays : dict of ndarray

    Raises
    ------
    FileFormatError
        Naming the file and the rule: no checkpoint, of a later schema, of other content, truncated, or altered.
    FileNotFoundError
        Where there is no file.
    """
    arrays = archive.read_arrays(path, kinds=KINDS, limit=limit)
    if HEADER not in arrays:
        _wrong(path, "not a checkpoint of edgeworth")
    try:
        header = json.loads(arrays.pop(HEADER).tobytes().decode())
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{os.fspath(path)}: has a header that is no JSON: {error}") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        _wrong(path, "not a checkpoint of edgeworth")
    schema = header.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        _wrong(path, f"has no valid schema number: {schema!r}")
    if schema > SCHEMA:
        _wrong(path, f"schema {schema} is later than {SCHEMA}, the last one this version reads; upgrade edgeworth")
    if header.get("sha256") != digest(header, arrays):
        _wrong(path, "the content does not match its digest: the file was changed or damaged")
    if header.get("content") != content:
        _wrong(path, f"must hold a {content}; got a {header.get('content')}")
    return header, arrays


def _wrong(path: str | PathLike[str], rule: str) -> NoReturn:
    files.wrong(path, None, rule)


def part(arrays: Arrays, prefix: str) -> dict[str, Array]:
    """The arrays whose names begin with ``prefix/``, without it.

    Parameters
    ----------
    arrays : mapping of ndarray
    prefix : str
    """
    return {name[len(prefix) + 1 :]: values for name, values in arrays.items() if name.startswith(f"{prefix}/")}


def prefixed(prefix: str, arrays: Arrays) -> dict[str, Array]:
    """Arrays with ``prefix/`` before their names.

    Parameters
    ----------
    prefix : str
    arrays : mapping of ndarray
    """
    return {f"{prefix}/{name}": values for name, values in arrays.items()}


def shaped_rows(arrays: Arrays, name: str, length: int, where: str | PathLike[str]) -> Array:
    """An array of any number of rows of this length.

    Parameters
    ----------
    arrays : mapping of ndarray
    name : str
    length : int
    where : str or path
        Named in errors.

    Raises
    ------
    FileFormatError
        Where it is missing or of another shape.
    """
    if name not in arrays:
        _wrong(where, f"the array {name!r} is missing")
    if arrays[name].ndim != 2 or arrays[name].shape[1] != length:
        _wrong(where, f"the array {name!r} must have rows of {length} entries; got shape {arrays[name].shape}")
    return arrays[name]


def shaped(arrays: Arrays, shapes: Mapping[str, tuple[int, ...]], where: str | PathLike[str]) -> list[Array]:
    """The arrays of these names and shapes, in order, finite.

    Parameters
    ----------
    arrays : mapping of ndarray
    shapes : mapping
    where : str or path
        Named in errors.

    Raises
    ------
    FileFormatError
        Where one is missing, of another shape, or holds NaN or infinities.
    """
    for name, shape in shapes.items():
        if name not in arrays:
            _wrong(where, f"the array {name!r} is missing")
        if arrays[name].shape != tuple(shape):
            _wrong(where, f"the array {name!r} must have shape {tuple(shape)}; got {arrays[name].shape}")
        if not np.isfinite(arrays[name]).all():
            _wrong(where, f"the array {name!r} holds NaN or infinities")
    return [arrays[name] for name in shapes]
