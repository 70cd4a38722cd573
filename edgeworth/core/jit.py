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
import numpy as np
from numba.core import types
from numba.core.registry import CPUDispatcher

from edgeworth.core import kernel_cache
from edgeworth.core.arrays import Array
from edgeworth.core.compilation import counter

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R", bound="tuple[Any, ...]")

_plain: Any = types.unliteral  # numba's types of types are incomplete


class _Told(numba.core.event.Listener):
    """Reports numba's compiler lock, which is held while a kernel is compiled, loaded from the cache or stored there."""

    def on_start(self, event: Any) -> None:
        counter().begin()

    def on_end(self, event: Any) -> None:
        counter().end()


class _Compiled(numba.core.event.Listener):
    """Reports every signature that is compiled because the cache does not hold it."""

    def on_start(self, event: Any) -> None:
        pass

    def on_end(self, event: Any) -> None:
        counter().compiled()


numba.core.event.register("numba:compiler_lock", _Told())  # type: ignore[no-untyped-call]
numba.core.event.register("numba:compile", _Compiled())  # type: ignore[no-untyped-call]

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


class _Dispatcher(CPUDispatcher):
    """numba's, but for constants among the arguments of a call from another kernel.

    numba compiles a callee anew for every literal integer or truth value it is called with. Here a constant is a number like
    any other; LLVM still sees it wherever it inlines the callee.
    """

    def get_call_template(self, args: Any, kws: Any) -> Any:
        plain = tuple(_plain(each) for each in args)
        return super().get_call_template(plain, {name: _plain(each) for name, each in kws.items()})


class _Leaf(_Dispatcher):
    def __call__(self, *args: Any) -> Any:
        raise TypeError(f"{self.py_func.__name__}: only kernels call it; py_func is the function that was compiled")


def jit(function: F | None = None, *, counted: bool = True) -> Any:
    """``numba.njit`` with the salted cache. It releases the GIL; no fast-math: results are those of IEEE arithmetic.

    counted=False: for kernels that allocate nothing. Arrays are then passed on to callees without counting references, which
    for tuples of a dozen arrays makes small callees several times faster; numba refuses to compile an allocation in them.
    """
    return _compiled(function, _Dispatcher, counted)


def leaf(function: F | None = None, *, counted: bool = True) -> Any:
    """`jit` for functions that only kernels call: numba makes no wrapper for calls from Python, which for tuples of a dozen
    arrays takes longer to compile than the function itself."""
    return _compiled(function, _Leaf, counted, no_cpython_wrapper=True)


def _compiled(function: F | None, dispatcher: type[_Dispatcher], counted: bool, **options: Any) -> Any:
    options |= {"nogil": True, "no_cfunc_wrapper": True}
    if not counted:
        options["_nrt"] = False

    def compile_(target: F) -> Any:
        made = numba.njit(target, **options)
        made.__class__ = dispatcher
        if _FOLDER is not None:
            kernel_cache.keep(made, _FOLDER)
        return made

    return compile_ if function is None else compile_(function)


def read_only(record: R) -> R:
    """The same named tuple with every array in C order and read-only, copied only where its order is another.

    numba compiles a kernel anew for arrays of another order and for arrays that may be written to, so what a kernel only reads
    passes through here: the flags that a user's or a model's arrays happen to have then make no difference.
    """
    return type(record)(*(_read_only(each) if isinstance(each, np.ndarray) else each for each in record))


def _read_only(array: Array) -> Array:
    view = np.ascontiguousarray(array).reshape(array.shape).view()
    view.flags.writeable = False
    return view
