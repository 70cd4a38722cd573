"""The registry of learners: every file of `edgeworth.learning.learners` that defines a named one."""

from __future__ import annotations

import inspect
import pkgutil
import sys
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import cast

from edgeworth.core import validation
from edgeworth.learning import learners
from edgeworth.learning.learners.base import Learner


def _discovered() -> dict[str, type[Learner]]:
    """The learners by name, in alphabetical order of their files."""
    found: dict[str, type[Learner]] = {}
    for item in sorted(pkgutil.iter_modules(learners.__path__), key=lambda item: item.name):
        module = import_module(f"{learners.__name__}.{item.name}")
        for thing in vars(module).values():
            if inspect.isclass(thing) and issubclass(thing, Learner) and thing.__module__ == module.__name__ and thing.name:
                found[thing.name] = thing
    return found


LEARNERS: Mapping[str, type[Learner]] = MappingProxyType(_discovered())
"""Name -> class of every learner. The position of a name is the code by which kernels choose the rule."""

CODES: Mapping[str, int] = MappingProxyType({name: code for code, name in enumerate(LEARNERS)})
"""Name -> code of every learner."""


def module_of(learner: type[Learner]) -> ModuleType:
    """Return the module of a learner's class, which holds its rule ``update`` too."""
    return sys.modules[learner.__module__]


def is_registered(learner: object) -> bool:
    """Return whether an object is a learner of the registry."""
    return isinstance(learner, Learner) and LEARNERS.get(learner.name) is type(learner)


def learner_from(fields: Mapping[str, object]) -> Learner:
    """Return the learner that was written as plain fields, its name among them.

    Parameters
    ----------
    fields : mapping
        ``name`` and any of the parameters, as `dataclasses.asdict` gives them.

    Returns
    -------
    Learner
        The learner of that name with these parameters.

    Raises
    ------
    ValueError, TypeError
        If there is no learner of that name, or a parameter is unknown or out of range.

    Examples
    --------
    >>> learner_from({"name": "exp3", "mixing": 0.1}).mixing
    0.1
    """
    kind = LEARNERS[validation.choice("learner", fields.get("name"), list(LEARNERS))]
    return kind(**{name: cast("float", value) for name, value in fields.items() if name != "name"})
