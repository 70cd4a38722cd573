"""Prints what methods of a family compile, or load, beyond what preparing them did: ``python -m tests.prepared KIND [all]``.

Each method meets a fifth of the contract suite's problems, another one than the next method; with ``all``, all of them.
"""

from __future__ import annotations

import sys
from typing import Any

from numba.core.dispatcher import Dispatcher

from edgeworth.core.family import family
from edgeworth.core.prepare import canned, prepare
from tests.cases import known


def dispatchers() -> dict[str, Any]:
    """All of Edgeworth's and of quantecon's, by name."""
    found = {}
    for module in list(sys.modules.values()):
        if (getattr(module, "__name__", "") or "").partition(".")[0] in ("edgeworth", "quantecon"):
            for each in vars(module).values():
                if isinstance(each, Dispatcher):
                    found[f"{each.py_func.__module__}.{each.py_func.__name__}"] = each
    return found


def signatures() -> set[tuple[str, str]]:
    """Every signature that has been compiled or loaded."""
    return {(name, str(each)) for name, found in dispatchers().items() for each in found.signatures}


def main(kind: str, share: int) -> None:
    """One line a method and problem that compiled more; one problem in so many is tried."""
    fam = family(kind)
    cases = list(known(kind).items())
    for k, row in enumerate(each for each in fam.methods if each.requires is None):
        for each in dispatchers().values():
            each._reset_overloads()
        prepare(fam, row)
        ready = signatures()
        if not row.kernels and ready:
            sys.stdout.write(f"{row.name}: has kernels\n")
        results = []
        for name, problem in cases[k % share :: share]:
            results.append((name, problem, fam.solve(problem, method=row.name, stop=canned(row, problem).stop, seed=1)))
            ready = more(ready, f"{row.name}: solving {name}")
        for problem in fam.examples():
            fam.verify(problem, fam.solve(problem, method=row.name, stop=canned(row, problem).stop, seed=0))
        ready = signatures()
        for name, problem, result in results:
            fam.verify(problem, result)
            ready = more(ready, f"{row.name}: checking {name}")


def more(ready: set[tuple[str, str]], where: str) -> set[tuple[str, str]]:
    """What there is now; said of what was not ready."""
    now = signatures()
    for kernel, signature in sorted(now - ready):
        sys.stdout.write(f"{where}: {kernel} {signature[:200]}\n")
    return now


if __name__ == "__main__":
    main(sys.argv[1], 1 if "all" in sys.argv else 5)
