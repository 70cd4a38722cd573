"""Reading what Edgeworth saved: problems and results as JSON or npz (`core.payload`). Nothing is unpickled."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from edgeworth import _families
from edgeworth.core import archive, files, problem
from edgeworth.core.arrays import Array
from edgeworth.core.errors import FileFormatError
from edgeworth.core.payload import FORMAT, HEADER, SCHEMA, Payload, ending
from edgeworth.core.problem import P, S
from edgeworth.core.result import Result

_MOST_PARTS = 2_000_000  # lists, objects and texts of a JSON file: some 100 MB as Python's objects
_DTYPES = ("<f8", "<i8", "<i4", "|b1")
_JSON_TYPES: dict[str, set[type]] = {"f": {int, float}, "i": {int}, "b": {bool}}


def load(path: str | PathLike[str], *, limit: int | None = None) -> Any:
    """Read a problem or a result that Edgeworth saved.

    Parameters
    ----------
    path : str or path
        A file .json, also compressed as .json.gz, or .npz.
    limit : int, optional
        Most bytes of a file's text, or of its arrays as they unpack; default `core.files.TEXT_LIMIT` and `ARRAY_LIMIT`.

    Returns
    -------
    a problem of some family, or a Result

    Raises
    ------
    FileNotFoundError
        Where there is no file.
    FileFormatError
        Naming the file and the reason, when it is truncated, of another format or of a later schema, too large, holds NaN or
        infinities, has wrong shapes or types, or does not match its hash.
    """
    return read(path, _rebuild, limit=limit)


def read(
    path: str | PathLike[str], rebuild: Callable[[dict[str, Any], dict[str, Array]], Any], *, limit: int | None = None
) -> Any:
    """What ``rebuild(header, arrays)`` makes of a file that Edgeworth saved; whatever it raises on damaged content becomes a
    `FileFormatError` that names the file. NaN and infinities in arrays are refused before.
    """
    where = Path(path)
    files.budget(limit, files.TEXT_LIMIT)  # a wrong argument is no wrong file
    kind = ending(Path(where.stem) if where.suffix == ".gz" else where)
    reader = _read_json if kind == ".json" else _read_npz
    return _plainly(where, lambda: reader(where, limit), rebuild)


def from_bytes(data: bytes, name: str) -> Any:
    """The problem or the result in the bytes of an npz file (`core.payload.to_bytes`); name: what errors call it."""
    where = Path(name)
    return _plainly(where, lambda: _unpacked(where, archive.arrays_in(io.BytesIO(data), where)), _rebuild)


Parts = tuple[dict[str, Any], dict[str, Array]]


def _plainly(where: Path, parts: Callable[[], Parts], rebuild: Callable[[dict[str, Any], dict[str, Array]], Any]) -> Any:
    try:
        header, arrays = parts()
        for name, values in arrays.items():
            if values.dtype.kind == "f" and not np.isfinite(values).all():
                raise FileFormatError(f"the array {name!r} holds NaN or infinities")
        return rebuild(header, arrays)
    except FileFormatError as error:
        raise error if str(error).startswith(f"{where}: ") else FileFormatError(f"{where}: {error}") from error
    except (FileNotFoundError, PermissionError, IsADirectoryError, ImportError):
        raise
    except MemoryError as error:
        raise FileFormatError(f"{where}: takes more memory than there is") from error
    except Exception as error:  # what JSON, NumPy and the constructors raise on damaged content is an open list
        raise FileFormatError(f"{where}: not a valid {FORMAT} file: {error}") from error


def _no_constant(token: str) -> float:
    raise FileFormatError(f"holds {token}, which is not a number")


def _parse(text: str) -> dict[str, Any]:
    header = json.loads(text, parse_constant=_no_constant)
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise FileFormatError(f"not an {FORMAT} file")
    schema = header.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise FileFormatError(f"has no valid schema number: {schema!r}")
    if schema > SCHEMA:
        raise FileFormatError(f"schema {schema} is later than {SCHEMA}, the last one this version reads; upgrade edgeworth")
    return header


def _read_json(path: Path, limit: int | None) -> Parts:
    text = files.read_text(path, limit=limit)
    if text.count("[") + text.count("{") + text.count('"') // 2 > _MOST_PARTS:  # each takes fifty bytes and more
        raise FileFormatError(f"holds more than {_MOST_PARTS} lists, objects and texts")
    header = _parse(text)
    arrays = {}
    for name, entry in header.get("arrays", {}).items():
        if entry["dtype"] not in _DTYPES:
            raise FileFormatError(f"the array {name!r} has an unknown dtype {entry['dtype']!r}")
        kind = np.dtype(entry["dtype"]).kind
        if not set(map(type, entry["data"])) <= _JSON_TYPES[kind]:  # NumPy would convert "1", 2.7 and True without a word
            raise FileFormatError(f"the array {name!r} holds something else than its dtype {entry['dtype']!r}")
        values = np.array(entry["data"], dtype=np.dtype(entry["dtype"]))
        if math.prod(entry["shape"]) != values.size:
            raise FileFormatError(f"the array {name!r} has {values.size} entries, its shape {entry['shape']} wants others")
        arrays[name] = values.reshape(entry["shape"])
    return header, arrays


def _read_npz(path: Path, limit: int | None) -> Parts:
    return _unpacked(path, archive.read_arrays(path, limit=limit))


def _unpacked(path: Path, arrays: dict[str, Array]) -> Parts:
    if HEADER not in arrays:
        raise FileFormatError(f"not an {FORMAT} file")
    header = _parse(arrays.pop(HEADER).tobytes().decode())
    for name, values in arrays.items():
        if values.dtype.str not in _DTYPES:
            raise FileFormatError(f"the array {name!r} has an unknown dtype {values.dtype.str!r}")
    return header, arrays


def _rebuild(header: dict[str, Any], arrays: dict[str, Array]) -> Any:
    kind, content = header["kind"], header["content"]
    if kind not in _families.FAMILIES:
        raise FileFormatError(f"unknown problem kind {kind!r}")
    payload = Payload(header["fields"], arrays)
    if content == "problem":
        read = problem.model(kind).problem.from_payload(payload)
        if read.hash != header["hash"]:
            raise FileFormatError("the content does not match its hash: the file was changed or damaged")
        return read
    if content == "result":
        fam = problem.model(kind)
        return Result.from_payload(kind, payload, fam.solution, lambda method: _params_type(fam, method))
    raise FileFormatError(f"unknown content {content!r}")


def _params_type(fam: problem.Model[P, S], method: str) -> type[Any] | None:
    """The method's own dataclass where the method is one of ours; a user's method keeps plain fields."""
    row = next((row for row in fam.methods if row.name == method), None)
    return None if row is None else row.params_type()
