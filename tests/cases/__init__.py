"""What the contract suite needs of a family beyond its examples, one module of the kind's name each (hyphens as underscores).

A family without a module here has its examples alone, and no brute force.

CASES: name -> problem, degenerate ones among them. STRATEGY: a Hypothesis strategy of small problems. optimum(problem): brute
force, a pair whose first entry is the best value, or None where nothing is feasible; absent where no enumeration finds it.
UNBOUNDED (optional): names of methods whose value may be beyond it, because they leave an equilibrium that the optimum
presupposes.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from hypothesis import strategies as st

from edgeworth.core.family import family


def home(kind: str) -> ModuleType | None:
    """The family's module, None where it has none."""
    name = f"{__name__}.{kind.replace('-', '_')}"
    return import_module(name) if find_spec(name) else None


def known(kind: str) -> dict[str, Any]:
    """Name -> problem: the family's examples, and the cases of its module."""
    module = home(kind)
    cases = {f"example {k}": problem for k, problem in enumerate(family(kind).examples())}
    return cases if module is None else cases | module.CASES


def drawn(kind: str) -> Any:
    """A strategy of small problems: that of the family's module, else its examples."""
    module = home(kind)
    return st.sampled_from(family(kind).examples()) if module is None else module.STRATEGY
