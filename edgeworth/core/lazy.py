"""Names resolved on first use, so that what is heavy is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Any


def resolve(path: str) -> Any:
    """The object that a text ``module:name`` stands for."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def later(package: str, rooms: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package: public name -> the room of the package that defines it, imported when asked for."""

    def found(name: str) -> Any:
        if name not in rooms:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{rooms[name]}"), name)

    return found


def subpackages(package: str, path: Iterable[str]) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """``__all__``, ``__getattr__`` and ``__dir__`` of a package that holds packages, which are imported when asked for.

    path: the package's ``__path__``.
    """
    names = sorted(found.name for found in iter_modules(path) if found.ispkg)

    def found(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return import_module(f"{package}.{name}")

    return names, found, names.copy
