"""Where compiled kernels are kept between processes, and a cache in which every damage is a miss.

numba's own cache raises on a truncated file, and would run what a flipped bit made of a kernel. Here every file begins with
the check sum of the rest; what does not match is compiled anew and written again. What cannot be written (a full disk, a
folder deleted or read-only meanwhile) costs the time of the compilation, nothing else.
"""

from __future__ import annotations

import hashlib
import io
import logging
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
from numba.core import caching as _caching

from edgeworth.core.files import cache_folder

caching: Any = _caching  # numba says little about its types
config: Any = numba.config  # its attributes are made at run time, so their types are not known
logger = logging.getLogger(__name__)


def folder(salt: str) -> str | None:
    """Below NUMBA_CACHE_DIR where that is set, else below the user's cache folder; None where nothing can be written."""
    cache = cache_folder()
    base = Path(config.CACHE_DIR) if config.CACHE_DIR else None if cache is None else cache / "edgeworth" / "numba"
    if base is None:
        logger.warning("kernels are compiled anew in every process: there is no home folder to keep them in")
        return None
    found = base.absolute() / salt
    try:
        found.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=found).close()
    except OSError as error:
        logger.warning("kernels are compiled anew in every process: the cache folder %s cannot be written (%s)", found, error)
        return None
    return str(found)


def keep(dispatcher: Any, where: str) -> None:
    """Let a dispatcher of numba keep what it compiles in a folder; where that is impossible, it keeps nothing."""
    names = {"CACHE_DIR": where, "CACHE_LOCATOR_CLASSES": ""}  # read once, below; restored so that nobody else's cache moves
    before = {name: getattr(config, name, "") for name in names}
    for name, value in names.items():
        setattr(config, name, value)
    try:
        dispatcher._cache = _Cache(dispatcher.py_func)
    except (OSError, RuntimeError) as error:
        logger.warning("the kernel %s is compiled anew in every process: %s", dispatcher.py_func.__name__, error)
    finally:
        for name, value in before.items():
            setattr(config, name, value)


class _Implementation(caching.CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (caching.UserProvidedCacheLocator,)  # never numba's other places, which no hash of the sources salts


class _File(caching.IndexDataCacheFile):  # type: ignore[misc]
    """numba's index and data files, each behind its check sum."""

    @contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[io.BytesIO]:
        content = io.BytesIO()
        yield content
        with super()._open_for_write(filepath) as file:
            file.write(hashlib.sha256(content.getvalue()).digest() + content.getvalue())

    def _load_index(self) -> dict[Any, str]:
        content = _sound(self._index_path)
        if content is None:
            return {}
        file = io.BytesIO(content)
        if pickle.load(file) != self._version:
            return {}
        stamp, overloads = pickle.loads(file.read())
        found: dict[Any, str] = overloads if stamp == self._source_stamp else {}
        return found

    def _load_data(self, name: str) -> Any:
        content = _sound(self._data_path(name))
        if content is None:
            raise FileNotFoundError(name)  # which numba takes for a miss
        return pickle.loads(content)


class _Cache(caching.FunctionCache):  # type: ignore[misc]
    _impl_class = _Implementation

    def __init__(self, py_func: Any) -> None:
        super().__init__(py_func)
        self._cache_file = _File(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self._impl.locator.get_source_stamp(),
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # an intact file of other versions of the libraries: whatever it does, it is a miss
            logger.info("a kept kernel is of no use: %r", error)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            logger.info("a kernel could not be kept: %s", error)


def _sound(path: str) -> bytes | None:
    """The content of a file behind its check sum; None where there is none, or where it does not match."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        return None
    return data[32:] if hashlib.sha256(data[32:]).digest() == data[:32] else None
