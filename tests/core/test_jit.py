"""The compilation cache must never serve a kernel whose callee was edited in another file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from edgeworth.core import jit, kernel_cache, kernels

CALLEE = "from edgeworth.core.jit import jit\n\n\n@jit\ndef leaf(x):\n    return x + {constant}\n"
CALLER = """from edgeworth.core.jit import jit
from edgeworth.one.kernels import leaf


@jit
def root(x):
    return 10 * leaf(x)
"""


def _package(folder: Path, constant: int) -> Path:
    package = folder / "edgeworth"
    for room in ("core", "one", "two/kernels"):
        (package / room).mkdir(parents=True, exist_ok=True)
    for room in ("", "core", "one", "two", "two/kernels"):
        (package / room / "__init__.py").touch()
    assert jit.__file__ is not None
    for module in Path(jit.__file__).parent.glob("*.py"):
        shutil.copy(module, package / "core" / module.name)
    (package / "one" / "kernels.py").write_text(CALLEE.format(constant=constant))
    (package / "two" / "kernels" / "deep.py").write_text(CALLER)
    return package


def _answer(folder: Path) -> int:
    environment = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "cache")}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    code = "from edgeworth.two.kernels.deep import root; import sys; sys.stdout.write(str(root(1)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True, cwd=folder, env=environment
    )
    return int(done.stdout)


def test_an_edited_callee_is_noticed_across_files(tmp_path: Path) -> None:
    _package(tmp_path, 1)
    assert _answer(tmp_path) == 20
    folders = set((tmp_path / "cache").iterdir())
    assert len(folders) == 1
    caller = tmp_path / "edgeworth" / "two" / "kernels" / "deep.py"
    before = caller.stat().st_mtime_ns
    _package(tmp_path, 5)
    os.utime(caller, ns=(before, before))  # for numba's own cache the caller did not change
    assert _answer(tmp_path) == 60
    assert len(set((tmp_path / "cache").iterdir())) == 2
    _package(tmp_path, 1)
    assert _answer(tmp_path) == 20
    assert folders < set((tmp_path / "cache").iterdir())  # the old folder serves again


def test_the_hash_sees_every_kernel_and_nothing_else(tmp_path: Path) -> None:
    package = _package(tmp_path, 1)
    first = jit.sources_hash(package)
    names = {path.relative_to(package).as_posix() for path in jit.kernel_sources(package)}
    assert names == {"core/jit.py", "core/kernels.py", "one/kernels.py", "two/kernels/__init__.py", "two/kernels/deep.py"}
    (package / "one" / "model.py").write_text("x = 1\n")
    assert jit.sources_hash(package) == first
    (package / "one" / "kernels.py").write_text(CALLEE.format(constant=2))
    second = jit.sources_hash(package)
    (package / "one" / "kernels_more.py").touch()
    third = jit.sources_hash(package)
    (package / "one" / "kernels_more.py").rename(package / "one" / "kernels_other.py")
    assert len({first, second, third, jit.sources_hash(package)}) == 4


def test_all_jitted_files_of_the_package_are_hashed() -> None:
    package = Path(jit.__file__).resolve().parent.parent
    hashed = set(jit.kernel_sources())
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if any(mark in text for mark in ("\n@jit", "\n@leaf", "numba.njit")):
            assert path in hashed, path


def test_a_cache_that_cannot_be_written_is_said_and_survived(tmp_path: Path) -> None:
    _package(tmp_path, 3)
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert _answer(tmp_path) == 40


def test_numba_keeps_its_own_settings() -> None:
    import numba

    before = numba.config.CACHE_DIR

    @jit.jit
    def same(x):  # type: ignore[no-untyped-def]
        return x

    assert before == numba.config.CACHE_DIR
    assert same(3) == 3
    assert same.py_func(3) == 3


@pytest.mark.parametrize("counted", [False, True])
def test_both_forms_of_the_decorator(counted: bool) -> None:
    def double(x):  # type: ignore[no-untyped-def]
        return 2 * x

    made = jit.jit(double) if counted else jit.jit(counted=False)(double)
    assert made.py_func is double
    assert made(4) == 8


@jit.leaf
def _either(values, at, second):  # type: ignore[no-untyped-def]
    return values[at + 1] if second else values[at]


@jit.jit
def _several(values, at):  # type: ignore[no-untyped-def]
    return _either(values, 0, True) + _either(values, at, False) + _either(values, 1, second=False)


def test_constants_make_no_new_signature() -> None:
    assert _several(np.array([1.0, 10.0, 100.0]), 2) == 120.0
    assert len(_several.signatures) == 1
    assert len(_either.signatures) <= 1  # 0 where `_several` came whole from the cache


def test_a_leaf_is_for_kernels() -> None:
    with pytest.raises(TypeError, match="_either: only kernels call it"):
        _either(np.ones(2), 0, True)
    assert _either.py_func(np.ones(2), 0, True) == 1.0


class _Both(NamedTuple):
    grid: Any
    size: int
    count: Any


def test_arrays_of_any_flags_make_one_signature() -> None:
    @jit.jit
    def corner(given):  # type: ignore[no-untyped-def]
        return given.grid[0, 1] + given.size + given.count[0]

    grid, count = np.arange(6.0).reshape(2, 3), np.arange(4)
    frozen = grid.copy()
    frozen.flags.writeable = False
    for shape in (grid, frozen, np.asfortranarray(grid), np.repeat(grid, 2, axis=1)[:, ::2]):
        passed = jit.read_only(_Both(shape, 10, count[::-1]))
        assert type(passed) is _Both
        assert corner(passed) == 14.0
        assert not passed.grid.flags.writeable
    assert len(corner.signatures) == 1
    assert grid.flags.writeable
    assert count.flags.writeable


@jit.jit
def _order(values):  # type: ignore[no-untyped-def]
    return kernels.ranked(values)


@pytest.mark.parametrize("count", [0, 1, 2, 15, 16, 17, 33, 500])
def test_ranked_is_a_stable_sort(count: int) -> None:
    values = np.random.default_rng(count).integers(-5, 5, count).astype(float)
    values[: count // 3] = np.inf * (-1) ** count
    assert _order(values).tolist() == np.argsort(values, kind="stable").tolist()


# --- a cache that was damaged, or went away ----------------------------------------------------------------------------------

DAMAGES = {
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "zeros, as after a power cut": lambda content: bytes(len(content)),
    "a flipped bit in the middle": lambda content: _flipped(content, len(content) // 2),
    "a flipped bit at the end": lambda content: _flipped(content, len(content) - 1),
    "of another program": lambda content: b"\x80\x05hello",
}


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :]


def _triple(x):  # type: ignore[no-untyped-def]
    return 3 * x


def _made(folder: Path) -> Any:
    """A dispatcher as another process would make it."""
    import numba

    made = numba.njit(_triple)
    kernel_cache.keep(made, str(folder))
    return made


@pytest.mark.parametrize("name", DAMAGES)
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_every_damage_of_a_kept_kernel_is_a_miss(name: str, suffix: str, tmp_path: Path) -> None:
    assert _made(tmp_path)(2) == 6
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".nbi", ".nbc"}
    for path in kept:
        if path.suffix == suffix:
            path.write_bytes(DAMAGES[name](path.read_bytes()))
    damaged = _made(tmp_path)
    assert damaged(2) == 6
    assert sum(damaged.stats.cache_hits.values()) == 0
    mended = _made(tmp_path)
    assert mended(2) == 6
    assert sum(mended.stats.cache_hits.values()) == 1


def test_a_folder_that_went_away_is_made_again_and_one_that_is_a_file_now_is_survived(tmp_path: Path) -> None:
    made, again = _made(tmp_path / "cache"), _made(tmp_path / "cache")
    shutil.rmtree(tmp_path / "cache")
    assert made(2) == 6
    shutil.rmtree(tmp_path / "cache")
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert again(2) == 6
    assert _made(tmp_path / "cache")(2) == 6


def test_no_home_and_an_empty_cache_variable_stop_nothing(tmp_path: Path) -> None:
    _package(tmp_path, 1)
    nobody = "import pathlib\ndef home(): raise RuntimeError('no home')\npathlib.Path.home = home\n"
    code = "import sys; from edgeworth.two.kernels.deep import root; sys.stdout.write(str(root(1)))"
    assert _run(tmp_path, nobody + code, NUMBA_CACHE_DIR="", XDG_CACHE_HOME="") == "20"
    assert not (tmp_path / "edgeworth" / "numba").exists()


def _run(folder: Path, code: str, **variables: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "cache"), **variables}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, cwd=folder, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
