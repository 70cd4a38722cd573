"""Files: written whole or not at all, and read within a budget.

Everything that Edgeworth writes goes through `replacing`; every text that it reads through `read_text`.
"""

from __future__ import annotations

import codecs
import errno
import gzip
import io
import os
import secrets
import shutil
import stat
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path
from typing import BinaryIO, NoReturn

from edgeworth.core.errors import FileFormatError

TEXT_LIMIT = 2**26
"""Most bytes of a text (64 MiB, after decompression) that a reader takes unless its argument ``limit`` says otherwise."""
ARRAY_LIMIT = 2**28
"""Most bytes of arrays (256 MiB) that a reader makes at the word of a file, unless its argument ``limit`` says otherwise."""

_PIECE = 2**20  # bytes read at once, so that a limit holds while a file unpacks
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_OPEN_FILES = "/proc/self/fd"


def wrong(path: str | PathLike[str], line: int | None, rule: str) -> NoReturn:
    """Raise the `FileFormatError` that names file, line and rule."""
    raise FileFormatError(f"{os.fspath(path)}: {rule}" if line is None else f"{os.fspath(path)}: line {line}: {rule}")


# --- writing ------------------------------------------------------------------------------------------------------------------


@contextmanager
def _named_errors(path: str | PathLike[str]) -> Iterator[None]:
    """Of a disk that is full the system does not say for which file."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = os.fspath(path)
        raise


@contextmanager
def replacing(path: str | PathLike[str]) -> Iterator[BinaryIO]:
    """A binary file that takes the place of ``path`` when the block has ended well; otherwise nothing has happened.

    The content goes to a temporary file in the same folder, is forced to the disk and takes the name in one step: a full
    disk, a killed process or a power cut leave the old file as it was, and a reader sees the old or the new content, never a
    part. On Linux the temporary file has no name until it is complete, so that not even a killed process leaves a
    part of it behind.

    An existing file keeps its permission bits and (where the system allows it) its owner; a file that must not be written
    is refused as `open` refuses it. A symbolic link stays, its target is replaced; other hard links keep the old content.
    What is no regular file (a pipe, /dev/stdout) is written in place.
    """
    with _named_errors(path), _written(path) as file:
        yield file


@contextmanager
def _written(path: str | PathLike[str]) -> Iterator[BinaryIO]:
    """`replacing`; errors may have no name."""
    target, old = _target(path)
    if old is not None and not stat.S_ISREG(old.st_mode):
        with open(target, "wb") as file:
            yield file
        return
    folder = os.path.dirname(target)
    descriptor, name = _temporary(folder, path)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            if old is not None and os.name == "posix":
                with suppress(OSError):
                    os.fchown(file.fileno(), old.st_uid, old.st_gid)
                os.fchmod(file.fileno(), stat.S_IMODE(old.st_mode))
            os.fsync(file.fileno())
            if name is None:
                name = _named(file, folder, path)
        os.replace(name, target)
        name = None
    finally:
        if name is not None:
            with suppress(OSError):
                os.unlink(name)
    _sync_folder(folder)


def write_text(path: str | PathLike[str], text: str) -> None:
    """Write a text in UTF-8, as `replacing` does. ValueError for lone surrogates, before the disk is touched."""
    content = text.encode("utf-8")
    with replacing(path) as file:
        file.write(content)


def check_writable(path: str | PathLike[str]) -> None:
    """Raise the OSError that `replacing` would raise, without writing: better known before an hour of computing than after."""
    target, old = _target(path)
    if old is None or stat.S_ISREG(old.st_mode):
        descriptor, name = _temporary(os.path.dirname(target), path)
        os.close(descriptor)
        if name is not None:
            os.unlink(name)


def _target(path: str | PathLike[str]) -> tuple[str, os.stat_result | None]:
    """Where the content is to go, links resolved, and what is there now."""
    target = os.path.realpath(path)
    try:
        old = os.stat(target)
    except FileNotFoundError:
        return target, None
    if stat.S_ISDIR(old.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    return target, old


def _temporary(folder: str, path: str | PathLike[str]) -> tuple[int, str | None]:
    """A descriptor of a new file in the folder, and its name (None: it has none yet). The mode is that of a new file."""
    flag = getattr(os, "O_TMPFILE", 0)
    if flag and os.path.isdir(_OPEN_FILES):
        with suppress(OSError):  # some file systems cannot
            return os.open(folder, os.O_RDWR | os.O_CLOEXEC | flag, 0o666), None
    name = os.path.join(folder, f".edgeworth-{secrets.token_hex(8)}.tmp")
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        return os.open(name, flags, 0o666), name
    except OSError as error:  # the user knows the path, not our name
        raise type(error)(error.errno, error.strerror, os.fspath(path)) from error


def _named(file: BinaryIO, folder: str, path: str | PathLike[str]) -> str:
    """Give a file without a name one."""
    name = os.path.join(folder, f".edgeworth-{secrets.token_hex(8)}.tmp")
    directory = os.open(folder, os.O_RDONLY)
    try:
        # Given a folder, `os.link` follows the link of an open file to the file itself.
        os.link(f"{_OPEN_FILES}/{file.fileno()}", name, src_dir_fd=directory, follow_symlinks=True)
        return name
    except OSError:
        pass
    finally:
        os.close(directory)
    mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy)
            copy.flush()
            os.fchmod(copy.fileno(), mode)
            os.fsync(copy.fileno())
    except BaseException:
        os.unlink(name)
        raise
    return name


def _sync_folder(folder: str) -> None:
    with suppress(OSError):  # not every system opens folders
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


# --- reading ------------------------------------------------------------------------------------------------------------------


def budget(limit: int | None, default: int) -> int:
    """The argument ``limit`` of a reader: a number of bytes, or None for the default."""
    if limit is None:
        return default
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise TypeError(f"limit: must be a number of bytes or None; got {limit!r} of type {type(limit).__name__}")
    if limit < 0:
        raise ValueError(f"limit: must be at least 0; got {limit}")
    return limit


def read_bytes(path: str | PathLike[str], *, limit: int) -> bytes:
    """The content of a file, decompressed where it is a gzip file; `FileFormatError` where it exceeds the limit."""
    with open(path, "rb") as file:
        data = _up_to(path, file, limit)
    if data[:2] != b"\x1f\x8b":
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            return _up_to(path, packed, limit)
    except (OSError, EOFError, zlib.error) as error:
        raise FileFormatError(f"{os.fspath(path)}: a damaged gzip file: {error}") from error


def _up_to(path: str | PathLike[str], file: BinaryIO | gzip.GzipFile, limit: int) -> bytes:
    data = bytearray()
    while piece := file.read(_PIECE):
        data += piece
        if len(data) > limit:
            wrong(path, None, f"holds more than {limit} bytes (the argument limit raises this)")
    return bytes(data)


def read_text(path: str | PathLike[str], *, limit: int | None = None) -> str:
    """The text of a file: UTF-8, or what its byte order mark says (UTF-8, UTF-16); compressed by gzip or not; any line ends.

    limit: most bytes, default `TEXT_LIMIT`. Raises FileNotFoundError and its kind, and `FileFormatError` naming the file,
    and the line where it is no text.
    """
    data = read_bytes(path, limit=budget(limit, TEXT_LIMIT))
    mark, codec = next(((mark, codec) for mark, codec in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, len(mark) + error.start) + 1
        raise FileFormatError(f"{os.fspath(path)}: line {line}: not a text file in UTF-8: {error.reason}") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def cache_folder() -> Path | None:
    """The user's cache folder as the system has it, not yet made; None where the user has no home.

    XDG_CACHE_HOME (on Windows LOCALAPPDATA) counts when it is an absolute path; empty or relative it is as good as unset.
    """
    windows = os.name == "nt"
    named = os.environ.get("LOCALAPPDATA" if windows else "XDG_CACHE_HOME", "")
    if os.path.isabs(named):
        return Path(named)
    try:
        home = Path.home()
    except RuntimeError:  # no HOME, and no entry in the list of users
        return None
    if not home.is_absolute():
        return None
    return home / "AppData" / "Local" if windows else home / ".cache"


def spare_folder() -> Path:
    """A new folder among the system's temporary files, for what has no other place."""
    return Path(tempfile.mkdtemp(prefix="edgeworth-"))
