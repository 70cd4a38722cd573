"""Compilation of kernels by numba, with a cache that notices every change.

numba's own cache looks only at the file a function is defined in: a jitted callee edited in another file would be served
stale. Every kernel of Edgeworth is therefore compiled by `jit`, whose cache folder carries a hash of all kernel sources.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
import numba.core.event

from edgeworth.core import kernel_cache
from edgeworth.core.compilation import counter

F = TypeVar("F", bound=Callable[..., Any])


class _Told(numba.core.event.Listener):
    """Reports numba's compiler lock, which is held while a kernel is compiled, loaded from the cache or stored there."""

    def on_start(self, event: Any) -> None:
        counter().begin()

    def on_end(self, event: Any) -> None:
        counter().end()


numba.core.event.register("numba:compiler_lock", _Told())  # type: ignore[no-untyped-call]

_PACKAGE = Path(__file__).resolve().parent.parent


def kernel_sources(package: Path = _PACKAGE) -> list[Path]:
    """The files that hold jitted functions: this one, every ``kernels*.py``, alone or in a ``kernels`` folder, and learners."""
    found = [*package.rglob("kernels*.py"), *package.rglob("kernels/*.py"), *package.rglob("learners/*.py")]
    found.append(package / "core" / "jit.py")
    return sorted(set(found))


def sources_hash(package: Path = _PACKAGE) -> str:
    """A hash over the names and contents of all kernel sources."""
    digest = hashlib.sha256()
    for path in kernel_sources(package):
        digest.update(path.relative_to(package).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


_FOLDER = kernel_cache.folder(sources_hash())


def jit(function: F | None = None, *, parallel: bool = False, counted: bool = True) -> Any:
    """``numba.njit`` with the salted cache. It releases the GIL; no fast-math: results are those of IEEE arithmetic.

    counted=False: for kernels that allocate nothing. Arrays are then passed on to callees without counting references, which
    for tuples of a dozen arrays makes small callees several times faster; numba refuses to compile an allocation in them.
    """

    def compile_(target: F) -> Any:
        options: dict[str, Any] = {"nogil": True, "parallel": parallel}
        if not counted:
            options["_nrt"] = False
        made = numba.njit(target, **options)
        if _FOLDER is not None:
            kernel_cache.keep(made, _FOLDER)
        return made

    return compile_ if function is None else compile_(function)
