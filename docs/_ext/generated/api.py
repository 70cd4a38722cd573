"""The reference: every public name of every public package, once. A name that a package lends from another is a link there."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Sized
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from types import ModuleType

from edgeworth._families import FAMILIES

from .text import plain, table

PACKAGES = (
    "edgeworth",
    *FAMILIES.values(),
    "edgeworth.mechanisms.auditing",
    "edgeworth.mechanisms.token_market",
    "edgeworth.mechanisms.consensus",
    "edgeworth.learning",
    "edgeworth.learning.deep",
    "edgeworth.forecasting",
    "edgeworth.experiments",
    "edgeworth.datasets",
    "edgeworth.systems.ai_bazaar",
    "edgeworth.systems.best",
    "edgeworth.systems.fusion",
    "edgeworth.systems.metaverse",
    "edgeworth.testing",
)
_FEW = 100  # characters of a constant that are shown


def slug(home: str) -> str:
    """The name of a package's page."""
    return home.removeprefix("edgeworth.").replace(".", "-").replace("_", "-")


@cache
def names(home: str) -> tuple[str, ...]:
    """The public names of a package or a module."""
    module = import_module(home)
    listed = getattr(module, "__all__", None)
    if listed is None:  # a module: what it defines
        listed = [name for name, thing in vars(module).items() if getattr(thing, "__module__", None) == home]
    return tuple(sorted(name for name in listed if not name.startswith("_")))


@cache
def homes() -> dict[str, str]:
    """Where every public class and function is documented; only what several packages offer is elsewhere than it stands."""
    first: dict[int, str] = {}
    found: dict[str, str] = {}
    for home in PACKAGES:
        module = import_module(home)
        for name in names(home):
            thing = getattr(module, name)
            if inspect.isclass(thing) or inspect.isfunction(thing):
                found[f"{home}.{name}"] = first.setdefault(id(thing), f"{home}.{name}")
    return found


def package(home: str) -> str:
    """The reference of a package."""
    module = import_module(home)
    functions, classes, constants, lent = [], [], [], []
    for name in names(home):
        thing, whole = getattr(module, name), f"{home}.{name}"
        if homes().get(whole, whole) != whole:
            lent.append(f"{{py:obj}}`{name} <{homes()[whole]}>`")
        elif inspect.isclass(thing):
            inside = ["   :undoc-members:"] if issubclass(thing, Exception) else []
            classes += [f".. autoclass:: {whole}", *inside, ""]
        elif inspect.isroutine(thing):
            functions += [f".. autofunction:: {whole}{_signature(thing)}", ""]
        elif isinstance(thing, ModuleType):
            functions += [f".. py:module:: {thing.__name__}", "", f"   {_first_line(thing)}", ""]
        else:
            constants.append((f"`{name}`", _value(thing), plain(described(home, name))))
    parts = [_rst(home, _about(module))]
    kinds = [kind for kind, where in FAMILIES.items() if where == home]
    parts += [
        f"What it computes: [{kind}](../../explanation/{kind}.md); its [methods](../../methods.md#{kind})." for kind in kinds
    ]
    for title, found in (("Functions", functions), ("Classes", classes)):
        if found:
            parts.append(f"## {title}\n\n{_rst(home, chr(10).join(found))}")
    if constants:
        parts.append("## Constants\n\n" + table(("name", "value", "what it is"), constants))
    if lent:
        parts.append("## Documented elsewhere\n\n" + ", ".join(lent) + ".")
    return "\n\n".join(parts) + "\n"


def packages() -> str:
    """A table of the packages and what each is for."""
    rows = [(f"[`{home}`]({slug(home)}.md)", plain(_first_line(import_module(home)))) for home in PACKAGES]
    return table(("package", "what it is"), rows)


def _signature(thing: object) -> str:
    """Of a family's method that its package offers as a function, which autodoc cannot read; empty for others."""
    if not inspect.ismethod(thing):
        return ""
    told = inspect.signature(thing)
    bare = [item.replace(annotation=inspect.Parameter.empty) for item in told.parameters.values()]
    return str(inspect.Signature(bare))


def _rst(home: str, text: str) -> str:
    return f"```{{eval-rst}}\n.. py:currentmodule:: {home}\n\n{text}\n```"


def _about(module: ModuleType) -> str:
    return inspect.getdoc(module) or ""


def _first_line(module: ModuleType) -> str:
    return _about(module).partition("\n")[0]


def _value(thing: object) -> str:
    shown = repr(thing)
    if len(shown) <= _FEW and "<" not in shown:
        return f"`{shown}`"
    return f"`{type(thing).__name__}` of {len(thing)}" if isinstance(thing, Sized) else f"`{type(thing).__name__}`"


def described(home: str, name: str) -> str:
    """The text that follows the definition of a constant, in whichever file of the package it stands; empty where none does."""
    if name in _SHARED:
        return _SHARED[name]
    return _texts(home).get(name, "")


_SHARED = {  # what every family has
    "FAMILY": "The family, stated once: types, methods, functions and sources.",
    "METHODS": "The rows of the method table.",
    "PRESETS": "The names that `generate` takes as `preset`.",
    "PLAYS": "How each learner plays: its parameters.",
}


@cache
def _texts(home: str) -> dict[str, str]:
    start = Path(import_module(home).__file__ or "")
    files = sorted(start.parent.rglob("*.py")) if start.name == "__init__.py" else [start]
    found: dict[str, str] = {}
    for path in [*files, *sorted(Path(import_module("edgeworth.core").__path__[0]).glob("*.py"))]:
        body = ast.parse(path.read_text(encoding="utf-8")).body
        for node, text in pairwise(body):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
            if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str):
                for target in targets:
                    if isinstance(target, ast.Name):
                        found.setdefault(target.id, inspect.cleandoc(text.value.value))
    return found
