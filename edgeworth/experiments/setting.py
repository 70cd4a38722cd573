"""What was asked of a sweep, as data."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from types import MappingProxyType
from typing import Any

from edgeworth import _families
from edgeworth._version import __version__
from edgeworth.core import validation
from edgeworth.core.numeric import Sense

_LIBRARIES = ("highspy", "joblib", "matplotlib", "numba", "numpy", "pandas", "scipy")
_SHARED = ("kind", "sense", "threads", "versions")  # what two sweeps must have in common before their rows are one table


def versions() -> dict[str, str]:
    """The versions that numbers may depend on, read without importing anything."""
    found = {"edgeworth": __version__, "python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


@dataclass(frozen=True)
class Setting:
    """What was asked of a sweep.

    Attributes
    ----------
    kind, sense : str
        Of all problems.
    problems : tuple of str
        The labels of the problems.
    methods : tuple of (str, str)
        Every method's label and what it stands for: the method, its parameters and its stop rule.
    seeds : tuple of int
        The method seeds.
    n_jobs, threads : int
        Runs at a time, and threads a run. Of merged sweeps `n_jobs` is the largest.
    runs : int
        How many runs were planned.
    interrupted : bool
        The sweep ended before all of them, by Ctrl-C or because its program ended.
    versions : mapping of str to str
        The libraries' versions.
    """

    kind: str
    sense: Sense
    problems: tuple[str, ...]
    methods: tuple[tuple[str, str], ...]
    seeds: tuple[int, ...]
    n_jobs: int
    threads: int
    runs: int
    interrupted: bool
    versions: Mapping[str, str]

    def __post_init__(self) -> None:
        object.__setattr__(self, "versions", MappingProxyType(dict(self.versions)))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(self.to_fields().values())

    @property
    def labels(self) -> tuple[str, ...]:
        """The methods' labels in the order asked."""
        return tuple(label for label, _ in self.methods)

    def to_fields(self) -> dict[str, object]:
        """The setting as plain data, in the order of its fields."""
        plain = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return plain | {"versions": dict(self.versions)}

    @classmethod
    def from_fields(cls, fields: Any) -> Setting:
        """The setting from what `to_fields` gave, also by way of JSON.

        Raises
        ------
        ValueError
            For fields that are missing, unknown or of another type.
        """
        names = [field.name for field in dataclasses.fields(cls)]
        if not isinstance(fields, dict) or sorted(fields) != sorted(names):
            validation.reject("setting", f"must have the fields {', '.join(names)}", fields)
        validation.choice("kind", fields["kind"], list(_families.FAMILIES))
        validation.choice("sense", fields["sense"], ("max", "min"))
        texts = [*_listed(fields, "problems"), *fields["versions"].values()]
        methods = [tuple(item) for item in _listed(fields, "methods")]
        texts += [text for method in methods for text in method]
        if not all(isinstance(text, str) for text in texts) or not all(len(method) == 2 for method in methods):
            validation.reject("setting", "must hold texts as labels, descriptions and versions", fields)
        for label, _ in methods:
            validation.text("setting", label)
        for name, least in (("n_jobs", -1), ("threads", 1), ("runs", 1)):
            validation.integer(name, fields[name], minimum=least)
        validation.flag("interrupted", fields["interrupted"])
        seeds = tuple(validation.integer("seeds", seed, minimum=0) for seed in _listed(fields, "seeds"))
        return cls(**{**fields, "problems": tuple(fields["problems"]), "methods": tuple(methods), "seeds": seeds})

    def merged(self, other: Setting, problems: tuple[str, ...]) -> Setting:
        """The setting of both sweeps together, whose problems have these labels.

        Raises
        ------
        ValueError
            Where they differ in kind, sense, threads or versions, or where one label stands for two methods.
        """
        for name in _SHARED:
            here, there = getattr(self, name), getattr(other, name)
            if here != there:
                raise ValueError(f"other: must be of the same setting; {name} differs: {_difference(here, there)}")
        meaning = dict(self.methods)
        for label, what in other.methods:
            if meaning.setdefault(label, what) != what:
                raise ValueError(
                    f"other: must be of the same setting; the method {label!r} stands for {meaning[label]!r} here and for "
                    f"{what!r} there"
                )
        return dataclasses.replace(
            self,
            problems=problems,
            methods=tuple(meaning.items()),
            seeds=tuple(dict.fromkeys((*self.seeds, *other.seeds))),
            n_jobs=max(self.n_jobs, other.n_jobs),
            runs=self.runs + other.runs,
            interrupted=self.interrupted or other.interrupted,
        )


def _listed(fields: dict[str, Any], name: str) -> list[Any]:
    if not isinstance(fields[name], list | tuple):
        validation.reject(name, "must be a list", fields[name])
    return list(fields[name])


def _difference(here: Any, there: Any) -> str:
    if not isinstance(here, Mapping):
        return f"{here} here, {there} there"
    names = [name for name in {**here, **there} if here.get(name) != there.get(name)]
    return "; ".join(f"{name} {here.get(name, 'unknown')} here, {there.get(name, 'unknown')} there" for name in names)
