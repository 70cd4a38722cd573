"""Files under attack: failed and concurrent saves, hostile sizes, texts that are no texts, folders that are not there."""

from __future__ import annotations

import ast
import gzip
import json
import os
import signal
import stat
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgeworth
from edgeworth import FileFormatError
from edgeworth.core import archive, files, words
from edgeworth.datasets import read_eua
from edgeworth.games import normal_form
from edgeworth.routing import orienteering
from edgeworth.solvers import allocation

posix = pytest.mark.skipif(os.name != "posix", reason="permission bits and signals are those of POSIX")


# --- saves --------------------------------------------------------------------------------------------------------------------


def _fails(path: Path) -> None:
    with files.replacing(path) as file:
        file.write(b"half of it")
        raise ZeroDivisionError


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    path.write_text("old")
    for there in (path, tmp_path / "new.json"):
        with pytest.raises(ZeroDivisionError):
            _fails(there)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["old.json"]


@pytest.mark.parametrize("nameless", [True, False])
def test_a_write_replaces_in_one_step(nameless: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if not nameless:  # as on file systems and systems that have no files without names
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    path = tmp_path / "file.txt"
    for text in ("first", "second"):
        with files.replacing(path) as file:
            file.write(text.encode())
            assert not path.exists() or path.read_text() != text
            assert len(os.listdir(tmp_path)) == (text == "second") + (not nameless or not hasattr(os, "O_TMPFILE"))
        assert path.read_text() == text
    assert os.listdir(tmp_path) == ["file.txt"]


def test_a_file_without_a_name_that_cannot_be_linked_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr(os, "link", refused)
    files.write_text(tmp_path / "file.txt", "content")
    assert (tmp_path / "file.txt").read_text() == "content"
    assert os.listdir(tmp_path) == ["file.txt"]


@posix
def test_modes_links_and_refusals_are_those_of_open(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        path = tmp_path / "file.txt"
        files.write_text(path, "new")
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    finally:
        os.umask(mask)
    path.chmod(0o604)
    link = tmp_path / "link.txt"
    link.symlink_to("file.txt")
    files.write_text(link, "through the link")
    assert link.is_symlink()
    assert path.read_text() == "through the link"
    assert stat.S_IMODE(path.stat().st_mode) == 0o604
    dangling = tmp_path / "dangling"
    dangling.symlink_to("target.txt")
    files.write_text(dangling, "made")
    assert (tmp_path / "target.txt").read_text() == "made"
    with pytest.raises(IsADirectoryError):
        files.write_text(tmp_path, "x")
    with pytest.raises(FileNotFoundError) as caught:
        files.write_text(tmp_path / "none" / "x.txt", "x")
    assert caught.value.filename == str(tmp_path / "none" / "x.txt")
    files.write_text(os.devnull, "in place")
    with pytest.raises(UnicodeEncodeError):
        files.write_text(path, "\ud800")
    assert path.read_text() == "through the link"


@posix
@pytest.mark.skipif(hasattr(os, "geteuid") and os.geteuid() == 0, reason="root may write everywhere")
def test_what_must_not_be_written_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    path.write_text("old")
    path.chmod(0o400)
    with pytest.raises(PermissionError):
        files.check_writable(path)
    with pytest.raises(PermissionError):
        files.write_text(path, "new")
    assert path.read_text() == "old"


def test_checking_writes_nothing(tmp_path: Path) -> None:
    files.check_writable(tmp_path / "file.txt")
    assert os.listdir(tmp_path) == []
    for path in (tmp_path, tmp_path / "none" / "file.txt"):
        with pytest.raises(OSError):  # noqa: PT011  # a folder, and a folder that is not there
            files.check_writable(path)


FULL = """
import resource, signal, sys
import numpy as np
from edgeworth.games import normal_form
from edgeworth.solvers import allocation
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
folder = sys.argv[1]
games = [normal_form.NormalFormGame(np.random.default_rng(0).random((2, n, n))) for n in (2, 60)]
problems = [allocation.generate(servers=2, tasks=tasks, seed=0) for tasks in (3, 3000)]
writers = {"p.json": lambda k, path: problems[k].save(path), "p.npz": lambda k, path: problems[k].save(path),
           "g.nfg": lambda k, path: normal_form.write_nfg(games[k], path)}
for name, write in writers.items():
    write(0, f"{folder}/{name}")
old = {name: open(f"{folder}/{name}", "rb").read() for name in writers}
resource.setrlimit(resource.RLIMIT_FSIZE, (8000, 8000))  # the disk is full
for name, write in writers.items():
    try:
        write(1, f"{folder}/{name}")
    except OSError:
        print(name, open(f"{folder}/{name}", "rb").read() == old[name])
"""


@posix
def test_a_full_disk_costs_the_new_file_only(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["p.json", "True", "p.npz", "True", "g.nfg", "True"]
    assert sorted(os.listdir(tmp_path)) == ["g.nfg", "p.json", "p.npz"]


WRITER = """
import sys
from edgeworth.core.files import write_text
n = 0
print("ready", flush=True)
while True:
    n += 1
    write_text(sys.argv[1], (sys.argv[2] + str(n % 10)) * 200_000)
"""


@posix
def test_two_writers_never_tear_a_reader_and_a_killed_one_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    files.write_text(path, "a0" * 200_000)
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, path, letter], stdout=subprocess.PIPE, text=True) for letter in "ab"
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None
            writer.stdout.readline()
        seen = set()
        end = time.monotonic() + 1.5
        reads = 0
        while time.monotonic() < end:
            text = path.read_text()
            assert len(text) == 400_000
            assert text == text[:2] * 200_000
            seen.add(text[:2])
            reads += 1
        assert {word[0] for word in seen} == {"a", "b"}
        assert reads > 50
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
            writer.wait()
            assert writer.stdout is not None
            writer.stdout.close()
    text = path.read_text()
    assert text == text[:2] * 200_000
    if sys.platform == "linux":
        # Between the name and the replacement lies one system call.
        assert len(os.listdir(tmp_path)) <= 2


# --- texts --------------------------------------------------------------------------------------------------------------------

GAP = "2 3\n4 3 5\n2 6 1\n1 1 1\n1 1 1\n2 2\n"
KNAPSACK = "1 2\n3\n2 5\n2 4\n"
TOPTW = "4 10 1 1\n0 200\n0 0 0 0 0 0 0 0 50\n1 3 4 2 7 0 1 4 1 20\n"
SOLOMON = "T\nVEHICLE\nNUMBER CAPACITY\n3 20\nCUSTOMER\nhead\n0 0 0 0 0 50 0\n1 3 4 7 1 20 2\n"
NFG = 'NFG 1 R "" { "a" "b" } { 2 2 }\n1 0 3 5 2 5 0 1\n'
EUA = "LATITUDE,LONGITUDE\n-37.81,144.97\n-37.82,144.96\n"


def _problem_text() -> str:
    problem = allocation.generate(servers=2, tasks=3, seed=0)
    header = {"format": "edgeworth", "schema": 1, "content": "problem", "kind": "allocation", "hash": problem.hash}
    payload = problem.to_payload()
    arrays = {
        name: {"dtype": values.dtype.str, "shape": list(values.shape), "data": values.ravel().tolist()}
        for name, values in payload.arrays.items()
    }
    return json.dumps(header | {"fields": payload.fields, "arrays": arrays})


def _cities(path: Path, **given: Any) -> Any:
    return read_eua(path, path, **given).sites.tobytes()


READERS: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "gap": ("x.txt", GAP, lambda path, **given: allocation.read_gap(path, sense="min", **given).hash),
    "knapsack": ("x.txt", KNAPSACK, lambda path, **given: allocation.read_multiple_knapsack(path, **given).hash),
    "toptw": ("x.txt", TOPTW, lambda path, **given: orienteering.read_toptw(path, vehicles=2, rounding="none", **given).hash),
    "solomon": ("x.txt", SOLOMON, lambda path, **given: orienteering.read_solomon(path, rounding="none", **given).hash),
    "nfg": ("x.nfg", NFG, lambda path, **given: normal_form.read_nfg(path, **given).hash),
    "eua": ("x.csv", EUA, _cities),
    "json": ("x.json", _problem_text(), lambda path, **given: edgeworth.load(path, **given).hash),
}
reader = pytest.mark.parametrize("name", READERS)


@reader
def test_every_text_reader_takes_marks_line_ends_and_gzip(name: str, tmp_path: Path) -> None:
    file, text, read = READERS[name]
    path = tmp_path / file
    path.write_bytes(text.encode())
    expected = read(path)
    for content in (
        text.encode("utf-8-sig"),
        text.encode("utf-16"),
        b"\xfe\xff" + text.encode("utf-16-be"),
        text.replace("\n", "\r\n").encode(),
        text.replace("\n", "\r").encode(),
        gzip.compress(text.encode()),
        gzip.compress(text.encode("utf-8-sig")) + gzip.compress(b"\n"),
    ):
        path.write_bytes(content)
        assert read(path) == expected


def test_a_compressed_problem_may_say_so_in_its_name(tmp_path: Path) -> None:
    path = tmp_path / "p.json.gz"
    path.write_bytes(gzip.compress(_problem_text().encode()))
    assert edgeworth.load(path).hash == allocation.generate(servers=2, tasks=3, seed=0).hash


@reader
def test_what_is_no_text_names_file_and_line(name: str, tmp_path: Path) -> None:
    file, text, read = READERS[name]
    path = tmp_path / file
    for content, fragment in (
        (text.encode() + b"\nCaf\xe9\n", f"line {text.count(chr(10)) + 2}: not a text file in UTF-8"),
        (gzip.compress(text.encode())[:-9], "a damaged gzip file"),
        (gzip.compress(text.encode()) + b"rubbish", "a damaged gzip file"),
    ):
        path.write_bytes(content)
        with pytest.raises(FileFormatError) as caught:
            read(path)
        assert str(caught.value).startswith(str(path))
        assert fragment in str(caught.value)


@reader
def test_the_limit_is_on_the_text_as_it_unpacks_and_can_be_raised(name: str, tmp_path: Path) -> None:
    file, text, read = READERS[name]
    path = tmp_path / file
    padded = text + " " * 100_000
    for content in (padded.encode(), gzip.compress(padded.encode())):
        path.write_bytes(content)
        with pytest.raises(FileFormatError, match="holds more than 50000 bytes"):
            read(path, limit=50_000)
        read(path, limit=200_000)
    path.write_bytes(gzip.compress(bytes(files.TEXT_LIMIT + 1)))  # 65 kB that unpack to 64 MiB and a byte
    with pytest.raises(FileFormatError, match="holds more than"):
        read(path)


@pytest.mark.parametrize(("word", "number"), [("3", 3.0), ("+3.", 3.0), (".5", 0.5), ("-1e-3", -0.001), ("1E2", 100.0)])
def test_what_is_a_number(word: str, number: float) -> None:
    assert words.real(word) == number


OTHERS = (
    "3_0",
    "\u0663",
    "nan",
    "inf",
    "-Infinity",
    "1e999",
    "0x10",
    "",
    "1e",
    ".",
    "+",
    "1" * 500,
    "1\u00a0",
    "\u22121",
    "1,5",
)


@pytest.mark.parametrize("word", OTHERS)
def test_what_is_no_number(word: str) -> None:
    assert words.real(word) is None


@pytest.mark.parametrize(("word", "number"), [("0", 0), ("12", 12), ("1e5", None), ("1.0", None), ("-1", None), ("+1", None)])
def test_what_is_a_count(word: str, number: int | None) -> None:
    assert words.count(word) == number
    assert words.count("\u0663") is words.count("3_0") is words.count("9" * 20) is None


@reader
def test_numbers_of_python_are_not_numbers_of_files(name: str, tmp_path: Path) -> None:
    file, text, read = READERS[name]
    if name == "json":
        pytest.skip("JSON has its own numbers")
    first = {"gap": "4", "knapsack": "5", "toptw": "3", "solomon": "4", "nfg": "3", "eua": "144.97"}[name]
    for word in ("3_0", "\u0663", "nan", "inf", "1e999", "0x1", "1" * 5000, "\x1b[31m"):
        at = text.rindex(first) if name != "toptw" else text.index("3 4")
        path = tmp_path / file
        path.write_text(text[:at] + word + text[at + len(first) :], encoding="utf-8")
        with pytest.raises(FileFormatError, match=r"line \d+") as caught:
            read(path)
        assert len(str(caught.value)) < 400 + len(str(path))


@pytest.mark.parametrize("name", ["gap", "knapsack", "toptw"])
def test_counts_are_written_as_counts(name: str, tmp_path: Path) -> None:
    file, text, read = READERS[name]
    number = {"gap": "2 3", "knapsack": "1 2", "toptw": "10 1"}[name]
    for wrong in ("1e0", "2.0", "1_0", "-1", "99999999999999999999"):
        path = tmp_path / file
        path.write_text(text.replace(number, f"{number[:-1]}{wrong}", 1))
        with pytest.raises(FileFormatError, match=r"line \d"):
            read(path)


# --- hostile sizes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["1000000000 0.5 0.5 1 1 0", "5 0.5 0", "1e308 1e308 3", "3", "0 0", "2 0.5 7 7", "1 0 0 0", "2 -1 -1"]
)
def test_a_gap_file_that_goes_in_circles(text: str, tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text(text)
    with pytest.raises(FileFormatError, match="line 1: "):
        allocation.read_gap(path, sense="max", index=0)


def test_a_gap_collection_of_many_small_instances_is_read_in_linear_time(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("100000\n" + "1 1 2 1 3\n" * 100_000)
    began = time.perf_counter()
    assert allocation.read_gap(path, sense="max", index=99_999).tasks == 1
    assert time.perf_counter() - began < 5.0


HUGE: dict[str, tuple[str, str, str]] = {
    "knapsack": (
        "knapsack",
        "20000 20000\n" + "1 " * 60_000,
        "20000 x 20000 pairs take 38400000000 bytes, more than 268435456",
    ),
    "solomon vehicles": ("solomon", SOLOMON.replace("3 20", "999999999999 20"), "999999999999 vehicles take"),
    "toptw customers": ("toptw", TOPTW.replace("10 1 1", "10 999999999 1"), "999999999 customers"),
    "nfg players": (
        "nfg",
        f'NFG 1 R "" {{ {" ".join(f"{chr(34)}{k}{chr(34)}" for k in range(40))} }} {{ {"9 " * 40} }} 1',
        "too many",
    ),
    "nfg product": ("nfg", f'NFG 1 R "" {{ {chr(34)}a{chr(34)} }} {{ 999999999 }} 1', "too many for a table"),
    "json depth": ("json", "[" * 100_000, "x.json: "),
    "json objects": ("json", "[" + "[]," * 2_100_000 + "[]]", "lists, objects and texts"),
    "json number": ("json", _problem_text().replace("0", "0" + "1" * 5000, 1), "x.json: "),
}


@pytest.mark.parametrize("name", HUGE)
def test_a_short_text_cannot_ask_for_a_large_table(name: str, tmp_path: Path) -> None:
    which, text, fragment = HUGE[name]
    path = tmp_path / READERS[which][0]
    path.write_text(text)
    began = time.perf_counter()
    with pytest.raises(FileFormatError) as caught:
        READERS[which][2](path)
    assert time.perf_counter() - began < 5.0
    assert fragment in str(caught.value)


def test_a_larger_limit_reads_what_a_smaller_one_refuses(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("300 300\n" + "9 " * 300 + "1 2 " * 300)
    with pytest.raises(FileFormatError, match="300 x 300 pairs take 8640000 bytes, more than 1000000"):
        allocation.read_multiple_knapsack(path, limit=1_000_000)
    assert allocation.read_multiple_knapsack(path, limit=10_000_000).pairs == 90_000


@reader
def test_the_limit_is_a_number_of_bytes(name: str, tmp_path: Path) -> None:
    file, text, read = READERS[name]
    path = tmp_path / file
    path.write_text(text)
    for limit, error in ((-1, ValueError), (1e6, TypeError), (True, TypeError), ("1MB", TypeError)):
        with pytest.raises(error, match="limit: must be"):
            read(path, limit=limit)


# --- archives -----------------------------------------------------------------------------------------------------------------


def _npz(path: Path, **arrays: Any) -> None:
    np.savez_compressed(path, **arrays)


def _member(path: Path, header: bytes, body: bytes, name: str = "value.npy", compression: int = zipfile.ZIP_DEFLATED) -> None:
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + body
    with zipfile.ZipFile(path, "w", compression) as packed:
        packed.writestr(name, content)


def _header(descr: str = "<f8", shape: str = "(2,)", order: str = "False") -> bytes:
    return f"{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()


def test_arrays_come_back(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    there = {
        "floats": np.arange(6.0).reshape(2, 3),
        "columns": np.asfortranarray(np.arange(6).reshape(2, 3)), "none": np.zeros((0, 3)),
        "scalar": np.array(2.5), "flags": np.array([True, False]), "big": np.arange(3, dtype=">i4"),
    }  # fmt: skip
    for write in (np.savez, np.savez_compressed):
        write(path, **there)
        back = archive.read_arrays(path)
        assert set(back) == set(there)
        for name, values in there.items():
            assert (back[name].dtype, back[name].shape) == (values.dtype, values.shape)
            assert np.array_equal(back[name], values)
    assert set(archive.read_arrays(path, only=("flags", "absent"))) == {"flags"}


def test_a_bomb_is_refused_by_its_table_of_contents(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed, packed.open("value.npy", "w") as member:
        member.write(
            b"\x93NUMPY\x01\x00" + struct.pack("<H", len(_header("<f8", "(40000000,)"))) + _header("<f8", "(40000000,)")
        )
        for _ in range(320):
            member.write(bytes(1_000_000))
    assert path.stat().st_size < 500_000
    for read in (allocation.read_npz, edgeworth.load):
        with pytest.raises(FileFormatError, match=r"unpacks to 3200000\d\d bytes, more than 268435456"):
            read(path)


@pytest.mark.parametrize(
    ("header", "body", "fragment"),
    [
        (_header(shape="(1000000000000,)"), bytes(16), "takes 8000000000000 bytes; got 16"),
        (_header(shape="(0, 99999999999999999)"), b"", "takes 0 bytes; got 0"),
        (_header(shape="(2, -1)"), bytes(16), "names no dtype or no shape"),
        (_header(descr="|O"), bytes(16), "unknown dtype '|O'"),
        (_header(descr="<U4"), bytes(32), "unknown dtype"),
        (_header(descr="<f16"), bytes(16), "takes 32 bytes"),
        (_header(descr="<z9"), bytes(16), "a damaged npz file"),
        (b"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2,), }\n", bytes(16), "names no dtype"),
        (b"(" * 3000, bytes(16), "names no dtype"),
        (b"x" * 9999, bytes(16), "has a header of 9999 bytes"),
    ],
)  # fmt: skip
def test_a_header_that_lies_is_refused_before_an_array_is_made(
    header: bytes, body: bytes, fragment: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.npz"
    _member(path, header, body)
    with pytest.raises(FileFormatError) as caught:
        allocation.read_npz(path)
    assert fragment in str(caught.value)
    assert str(path) in str(caught.value)


def test_other_damage_of_archives(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    for compression in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        _member(path, _header(), bytes(16), compression=compression)
        with pytest.raises(FileFormatError, match="compressed in another way"):
            allocation.read_npz(path)
    with zipfile.ZipFile(path, "w") as packed:
        for k in range(archive.MEMBERS + 1):
            packed.writestr(str(k), b"")
    with pytest.raises(FileFormatError, match="1001 members"):
        allocation.read_npz(path)
    with zipfile.ZipFile(path, "w") as packed:
        for k in range(5000):
            packed.writestr("long" * 20 + str(k), b"")
    with pytest.raises(FileFormatError, match="table of contents"):
        allocation.read_npz(path)
    for content in (b"", b"PK\x05\x06", b"PK\x05\x06" + bytes(18), b"hello" * 100, b"PK\x03\x04" * 50):
        path.write_bytes(content)
        with pytest.raises(FileFormatError, match=r"x\.npz"):
            allocation.read_npz(path)


def test_a_flipped_bit_in_an_array_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, value=np.arange(100.0))
    content = bytearray(path.read_bytes())
    content[content.index(np.float64(50.0).tobytes()) + 6] ^= 1
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="CRC"):
        archive.read_arrays(path)


# --- folders that are not there -----------------------------------------------------------------------------------------------


def test_the_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.name == "nt":
        pytest.skip("XDG_CACHE_HOME is a variable of POSIX systems")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert files.cache_folder() == tmp_path
    monkeypatch.setenv("HOME", "/home/somebody")
    for unset in ("", "relative/folder"):
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
        assert files.cache_folder() == Path("/home/somebody/.cache")

    def nobody() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", nobody)
    assert files.cache_folder() is None
    assert files.spare_folder().is_dir()


def test_files_are_opened_in_one_place() -> None:
    """What is read goes through a budget, what is written through `replacing`; rows of a sweep are appended, each whole."""
    package = Path(files.__file__).resolve().parent.parent
    free = {"core/files.py", "core/archive.py", "core/jit.py", "core/kernel_cache.py", "experiments/rows.py", "cli/output.py"}
    free |= {"experiments/pool.py", "experiments/worker.py"}  # what a worker printed, and channels that are no files of users
    free |= {"experiments/study/identity.py"}  # a policy's file, written a moment before
    for path in sorted(package.rglob("*.py")):
        if path.relative_to(package).as_posix() in free:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                of = getattr(node.func, "value", None)
                owner = getattr(of, "id", getattr(of, "attr", ""))
                whole = of is not None and owner not in ("files", "packed", "Ledger", "Study")  # databases, which SQLite opens
                assert name not in ("loadtxt", "genfromtxt", "savez", "savetxt", "read_csv", "read_bytes", "write_bytes"), path
                assert not (whole and name in ("read_text", "write_text", "open")), f"{path}: line {node.lineno}"
                assert not (name == "open" and of is None), f"{path}: line {node.lineno}"


def test_a_text_file_is_not_left_open(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"\xff")
    with pytest.raises(FileFormatError):
        files.read_text(path)
    path.unlink()
