"""What makes two runs the same run: their content, as canonical JSON, and hashes of it. Labels are not in it."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgeworth.core import files, validation
from edgeworth.core.errors import FileFormatError
from edgeworth.core.lazy import resolve
from edgeworth.core.method import Method
from edgeworth.core.policy import TrainedPolicy
from edgeworth.core.stop import Stop
from edgeworth.experiments.tasks import MethodSpec
from edgeworth.learning.deep.policy import Policy, load_policy

SCHEMA = 1
_OURS = "edgeworth."
_COUNTS: dict[str, Callable[[Any], Any]] = {"iterations": int, "stalled": int}  # the other stop rules are real numbers


def canonical(value: object) -> str:
    """The one JSON text of plain data."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def hashed(*parts: str | bytes) -> str:
    """sha256 of parts, of which none can be mistaken for another."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


@dataclass(frozen=True)
class Call:
    """How a method is called: all of a task but its problem and its seed, as texts that a database holds.

    Attributes
    ----------
    method : str
        A method's name, "auto", or the name of a trained policy.
    params, stop : str
        Canonical JSON, ``null`` where there are none; of a policy, `params` is its digest.
    threads : int
    policy : bytes or None
        The file of a trained policy.
    """

    method: str
    params: str
    stop: str
    threads: int
    policy: bytes | None = None

    @property
    def hash(self) -> str:
        """Of everything but the policy's file, which its digest stands for."""
        return hashed(canonical([SCHEMA, self.method, self.params, self.stop, self.threads]))

    def task(self, problem: str, seed: int | None, row: Method) -> str:
        """The hash of the task on a problem, given by its hash, with the row that answers there ("auto" depends on it).

        sha256 of the canonical JSON [schema, problem, method, params, stop, seed, threads, version of the method].
        """
        name = f"auto: {row.name}" if self.method == "auto" and self.policy is None else self.method
        parts = [str(SCHEMA), canonical(problem), canonical(name), self.params, self.stop]
        parts += [canonical(seed), str(self.threads), str(row.version)]
        return hashlib.sha256(f"[{','.join(parts)}]".encode()).hexdigest()

    def spec(self, label: str) -> MethodSpec:
        """As `MethodSpec`, with its stop rule."""
        stop = None if self.stop == "null" else Stop(**json.loads(self.stop))
        if self.policy is not None:
            policy = _policy_of(self.policy)
            if canonical({"policy": policy.digest}) != self.params:
                raise FileFormatError(f"the trained policy {self.method}: is another one: the study was changed or damaged")
            return MethodSpec(label, policy, None, stop)
        return MethodSpec(label, self.method, params_of(json.loads(self.params)), stop)


def call_of(spec: MethodSpec, stop: Stop | None, threads: int) -> Call:
    """The call that a spec stands for, with the sweep's stop rule where it has none of its own.

    Raises TypeError for what no file can hold: functions, policies without a file, parameters that are no plain data.
    """
    rule = stop if spec.stop is None else spec.stop
    rules = "null"
    if rule is not None and rule.rules:
        rules = canonical({name: _COUNTS.get(name, float)(getattr(rule, name)) for name in rule.rules})
    if isinstance(spec.method, TrainedPolicy):
        if not isinstance(spec.method, Policy):
            validation.reject_type("methods", "must hold only policies that have a file", spec.method)
        return Call(spec.method.name, canonical({"policy": spec.method.digest}), rules, threads, _bytes_of(spec.method))
    if not isinstance(spec.method, str):
        rule_ = f"must be names or trained policies in a study, since no file can hold the function of {spec.label!r}"
        validation.reject_type("methods", rule_, spec.method)
    data = data_of(spec.params)
    if params_of(data) != spec.params:
        validation.reject_type("params", f"of {spec.label!r} must be plain data, which a file can hold", spec.params)
    return Call(spec.method, canonical(data), rules, threads)


# --- parameters as data ------------------------------------------------------------------------------------------------------


def data_of(value: object) -> Any:
    """Parameters as plain data: dataclasses of the library by their type's name and their fields."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and np.isfinite(value)):
        return value
    if isinstance(value, list | tuple):
        return [data_of(item) for item in value]
    kind = type(value)
    if is_dataclass(value) and kind.__module__.startswith(_OURS):
        content = {item.name: data_of(getattr(value, item.name)) for item in fields(value) if item.init}
        return {"type": f"{kind.__module__}:{kind.__qualname__}", "fields": content}
    return validation.reject_type("params", "must be plain data, which a file can hold", value)


def params_of(data: Any) -> Any:
    """The inverse of `data_of`; nothing but dataclasses of the library is made."""
    if isinstance(data, list):
        return tuple(params_of(item) for item in data)
    if not isinstance(data, dict):
        return data
    name = data["type"]
    kind = resolve(name) if isinstance(name, str) and name.startswith(_OURS) else None
    if not (isinstance(kind, type) and is_dataclass(kind)):
        validation.reject("params", "must be of a dataclass of the library", name)
    return kind(**{field: params_of(item) for field, item in data["fields"].items()})


# --- policies as bytes -------------------------------------------------------------------------------------------------------


def _bytes_of(policy: Policy) -> bytes:
    with tempfile.TemporaryDirectory(prefix="edgeworth-") as folder:
        path = Path(folder) / "policy.npz"
        policy.save(path)
        return files.read_bytes(path, limit=files.ARRAY_LIMIT)


def _policy_of(data: bytes) -> Policy:
    with tempfile.TemporaryDirectory(prefix="edgeworth-") as folder:
        path = Path(folder) / "policy.npz"
        with files.replacing(path) as file:
            file.write(data)
        return load_policy(path)
