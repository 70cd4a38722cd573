"""Prints what methods of a family compile, or load, beyond what preparing them did: ``python -m tests.prepared KIND``."""

from __future__ import annotations

import sys
from typing import Any

from numba.core.dispatcher import Dispatcher

from edgeworth import Stop
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


def main(kind: str) -> None:
    """One line a method and problem that compiled more."""
    fam = family(kind)
    cases = known(kind)
    for row in fam.methods:
        if row.requires is not None:
            continue
        for each in dispatchers().values():
            each._reset_overloads()
        prepare(fam, row)
        ready = signatures()
        if not row.kernels and ready:
            sys.stdout.write(f"{row.name}: has kernels\n")
        for name, problem in cases.items():
            stop = canned(row, problem).stop
            result = fam.solve(problem, method=row.name, stop=stop, seed=1)
            for kernel, signature in sorted(signatures() - ready):
                sys.stdout.write(f"{row.name}: solving {name}: {kernel} {signature[:200]}\n")
            ready |= signatures()
            del result
        for problem in fam.examples():
            fam.verify(problem, fam.solve(problem, method=row.name, stop=Stop(seconds=1.0), seed=0))
        ready = signatures()
        for name, problem in cases.items():
            fam.verify(problem, fam.solve(problem, method=row.name, stop=canned(row, problem).stop, seed=1))
            for kernel, signature in sorted(signatures() - ready):
                sys.stdout.write(f"{row.name}: checking {name}: {kernel} {signature[:200]}\n")
            ready |= signatures()


if __name__ == "__main__":
    main(sys.argv[1])
