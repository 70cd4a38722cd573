"""Files of our own: problems and results as JSON or npz, with a schema number. Nothing is pickled.

A file holds the format's name, the schema, what it contains (a problem or a result), the problem's kind, plain fields and
named arrays. A problem's file also holds its hash, so that a damaged file is noticed.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeworth import __version__, _families
from edgeworth.core import archive, files, validation
from edgeworth.core.errors import FileFormatError
from edgeworth.core.result import BoundEvidence, Certificate, Quality, Result, Stats, Termination, Trace
from edgeworth.core.solving import family

FORMAT = "edgeworth"
SCHEMA = 1
_HEADER = "__edgeworth__"
_MOST_PARTS = 2_000_000
_DTYPES = ("<f8", "<i8", "<i4", "|b1")
_JSON_TYPES: dict[str, set[type]] = {"f": {int, float}, "i": {int}, "b": {bool}}


@dataclass(frozen=True)
class Payload:
    """An object as data: plain JSON fields and named arrays."""

    fields: dict[str, Any]
    arrays: dict[str, NDArray[Any]]

    def field(self, name: str) -> Any:
        """A field; a `FileFormatError` says which one is missing."""
        if name not in self.fields:
            raise FileFormatError(f"the field {name!r} is missing")
        return self.fields[name]

    def array(self, name: str) -> NDArray[Any]:
        """An array; a `FileFormatError` says which one is missing."""
        if name not in self.arrays:
            raise FileFormatError(f"the array {name!r} is missing")
        return self.arrays[name]

    def part(self, prefix: str) -> dict[str, NDArray[Any]]:
        """The arrays whose names begin with ``prefix.``, without it."""
        return {name[len(prefix) + 1 :]: values for name, values in self.arrays.items() if name.startswith(prefix + ".")}


def fingerprint(kind: str, fields: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    """A canonical hash: the same content gives the same text on every machine and in every process."""
    digest = hashlib.sha256()
    digest.update(json.dumps([kind, dict(fields)], sort_keys=True, allow_nan=False).encode())
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        values = values.astype(values.dtype.newbyteorder("<"), copy=False)
        digest.update(f"{name}:{values.dtype.str}:{values.shape}".encode())
        digest.update(values.data.cast("B") if values.size else b"")
    return digest.hexdigest()[:32]


def save_problem(problem: Any, path: str | PathLike[str]) -> None:
    """Write a problem; the ending of ``path`` chooses the format (.json or .npz)."""
    _write(path, "problem", problem.kind, problem.to_payload(), problem.hash)


def save_result(result: Result[Any], path: str | PathLike[str]) -> None:
    """Write a result; the ending of ``path`` chooses the format (.json or .npz)."""
    fields: dict[str, Any] = {
        name: getattr(result, name)
        for name in ("problem_hash", "method", "value", "bound", "sense", "offset", "seed", "version")
    }
    fields |= {name: None if (item := getattr(result, name)) is None else str(item) for name in _ENUMS}
    fields["stats"] = dataclasses.asdict(result.stats)
    fields["notes"] = list(result.notes)
    fields["params"] = _params_fields(result.params)
    arrays: dict[str, NDArray[Any]] = {}
    if result.solution is not None:
        inner = result.solution.to_payload()
        fields["solution"] = inner.fields
        arrays |= {f"solution.{name}": values for name, values in inner.arrays.items()}
    if result.certificate is not None:
        fields["certificate"] = result.certificate.kind
        arrays |= {f"certificate.{name}": values for name, values in result.certificate.arrays.items()}
    if result.trace is not None:
        fields["trace"] = len(result.trace.seconds)
        for name in ("seconds", "iterations", "value", "bound"):
            values = getattr(result.trace, name)
            arrays[f"trace.{name}"] = values
            if values.dtype.kind == "f":  # NaN means "none yet" here, and files hold no NaN
                arrays[f"trace.{name}"] = np.where(np.isnan(values), 0.0, values)
                arrays[f"trace.has_{name}"] = ~np.isnan(values)
    _write(path, "result", result.kind, Payload(fields, arrays), result.problem_hash)


def load(path: str | PathLike[str], *, limit: int | None = None) -> Any:
    """Read a problem or a result that Edgeworth saved (.json, also compressed as .json.gz, or .npz).

    limit: most bytes of a file's text, or of its arrays as they unpack; default `core.files.TEXT_LIMIT` and `ARRAY_LIMIT`.

    Raises FileNotFoundError where there is no file, and `FileFormatError` (a ValueError) naming the file and the reason when
    it is truncated, of another format or of a later schema, too large, holds NaN or infinities, has wrong shapes or types, or
    does not match its hash.
    """
    where = Path(path)
    files.budget(limit, files.TEXT_LIMIT)  # a wrong argument is no wrong file
    ending = _ending(Path(where.stem) if where.suffix == ".gz" else where)
    try:
        header, arrays = _read_json(where, limit) if ending == ".json" else _read_npz(where, limit)
        return _rebuild(header, arrays)
    except FileFormatError as error:
        raise error if str(error).startswith(f"{where}: ") else FileFormatError(f"{where}: {error}") from error
    except (FileNotFoundError, PermissionError, IsADirectoryError, ImportError):
        raise
    except MemoryError as error:
        raise FileFormatError(f"{where}: takes more memory than there is") from error
    except Exception as error:  # what JSON, NumPy and the constructors raise on damaged content is an open list
        raise FileFormatError(f"{where}: not a valid {FORMAT} file: {error}") from error


_ENUMS = ("bound_evidence", "quality", "termination")


def _ending(path: Path) -> str:
    return validation.choice("path", path.suffix, (".json", ".npz"))


def _params_fields(params: Any) -> dict[str, Any] | None:
    if params is None:
        return None
    if dataclasses.is_dataclass(params) and not isinstance(params, type):
        return dataclasses.asdict(params)
    if not isinstance(params, dict):
        validation.reject_type("params", "must be a dataclass to be saved", params)
    return params


def _write(path: str | PathLike[str], content: str, kind: str, payload: Payload, digest: str) -> None:
    where = Path(path)
    header: dict[str, Any] = {
        "format": FORMAT,
        "schema": SCHEMA,
        "content": content,
        "kind": kind,
        "version": __version__,
        "hash": digest,
        "fields": payload.fields,
    }
    arrays = {name: np.ascontiguousarray(values) for name, values in payload.arrays.items()}
    if _ending(where) == ".json":
        header["arrays"] = {
            name: {"dtype": values.dtype.str, "shape": list(values.shape), "data": values.ravel().tolist()}
            for name, values in arrays.items()
        }
        files.write_text(where, json.dumps(header, allow_nan=False))
        return
    text = np.frombuffer(json.dumps(header, allow_nan=False).encode(), dtype=np.uint8)
    with files.replacing(where) as file:
        archive.write_arrays(file, {_HEADER: text, **arrays})


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


def _read_json(path: Path, limit: int | None) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
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


def _read_npz(path: Path, limit: int | None) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    arrays = archive.read_arrays(path, limit=limit)
    if _HEADER not in arrays:
        raise FileFormatError(f"not an {FORMAT} file")
    header = _parse(arrays.pop(_HEADER).tobytes().decode())
    for name, values in arrays.items():
        if values.dtype.str not in _DTYPES:
            raise FileFormatError(f"the array {name!r} has an unknown dtype {values.dtype.str!r}")
    return header, arrays


def _rebuild(header: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Any:
    kind, content = header["kind"], header["content"]
    if kind not in _families.FAMILIES:
        raise FileFormatError(f"unknown problem kind {kind!r}")
    payload = Payload(header["fields"], arrays)
    for name, values in arrays.items():
        if values.dtype.kind == "f" and not np.isfinite(values).all():
            raise FileFormatError(f"the array {name!r} holds NaN or infinities")
    if content == "problem":
        problem = family(kind).problem.from_payload(payload)
        if problem.hash != header["hash"]:
            raise FileFormatError("the content does not match its hash: the file was changed or damaged")
        return problem
    if content == "result":
        return _result(kind, payload)
    raise FileFormatError(f"unknown content {content!r}")


def _result(kind: str, payload: Payload) -> Result[Any]:
    fam = family(kind)
    evidence = payload.field("bound_evidence")
    solution = certificate = trace = None
    if "solution" in payload.fields:
        solution = fam.solution.from_payload(Payload(payload.fields["solution"], payload.part("solution")))
    if "certificate" in payload.fields:
        certificate = Certificate(payload.fields["certificate"], payload.part("certificate"))
    if "trace" in payload.fields:
        parts = payload.part("trace")
        lengths = {values.shape for values in parts.values()}
        if lengths != {(payload.fields["trace"],)}:
            raise FileFormatError("the trace's arrays differ in length")
        nan = float("nan")
        floats = {name: np.where(parts[f"has_{name}"], parts[name], nan) for name in ("seconds", "value", "bound")}
        trace = Trace(floats["seconds"], parts["iterations"], floats["value"], floats["bound"])
    for name in ("value", "bound"):
        if payload.field(name) is not None:
            validation.real(name, payload.field(name))
    validation.choice("sense", payload.field("sense"), ("max", "min"))
    stats = Stats(**payload.field("stats"))
    for name in ("seconds", "compile_seconds"):
        validation.real(name, getattr(stats, name), minimum=0.0)
    for name in ("iterations", "evaluations", "nodes"):
        validation.integer(name, getattr(stats, name), minimum=0)
    for name in ("method", "problem_hash", "version", *(["certificate"] if "certificate" in payload.fields else [])):
        if not isinstance(payload.field(name), str):
            validation.reject_type(name, "must be text", payload.field(name))
    return Result(
        kind=kind,
        problem_hash=payload.field("problem_hash"),
        method=payload.field("method"),
        solution=solution,
        value=payload.field("value"),
        bound=payload.field("bound"),
        bound_evidence=None if evidence is None else BoundEvidence(evidence),
        certificate=certificate,
        sense=payload.field("sense"),
        quality=Quality(payload.field("quality")),
        termination=Termination(payload.field("termination")),
        stats=stats,
        trace=trace,
        params=_params(fam, payload),
        seed=payload.field("seed"),
        version=payload.field("version"),
        notes=tuple(payload.field("notes")),
        offset=payload.fields.get("offset", 0.0),
    )


def _params(fam: Any, payload: Payload) -> Any:
    """The method's own dataclass where the method is one of ours; the plain fields for a user's method."""
    fields = payload.field("params")
    row = next((row for row in fam.methods if row.name == payload.field("method")), None)
    wanted = row.params_type() if row is not None else None
    return fields if fields is None or wanted is None else wanted(**fields)
