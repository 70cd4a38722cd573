"""Public names whose imports are heavy, resolved on first use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def later(package: str, rooms: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package: public name -> the room of the package that defines it, imported when asked for."""

    def resolve(name: str) -> Any:
        if name not in rooms:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{rooms[name]}"), name)

    return resolve
