"""Databases that are damaged, foreign, held, full or elsewhere: refused or survived, by name."""

from __future__ import annotations

import json
import os
import platform
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from edgeworth import FileFormatError, Study, compare
from edgeworth.experiments.study import lock, migration, store
from tests.experiments.study.planted import METHODS, Planted, asked, plant, problems, same


def begun(path: Path, done: bool = True) -> Study:
    study = Study(path, problems(2), METHODS)
    return study if not done else _ran(study)


def _ran(study: Study) -> Study:
    study.run(engine="serial")
    return study


# --- what is no study --------------------------------------------------------------------------------------------------------


def _text(path: Path) -> None:
    path.write_text("problem,method,value\n" * 500)


def _foreign(path: Path) -> None:
    asked(path, "CREATE TABLE log(seq INTEGER)")


def _tables_missing(path: Path) -> None:
    begun(path, done=False)
    asked(path, "DROP TABLE row")


def _trigger(path: Path) -> None:
    begun(path)
    asked(path, "CREATE TRIGGER sly AFTER INSERT ON row BEGIN DELETE FROM row; END")


def _pragma(text: str) -> Callable[[Path], None]:
    def made(path: Path) -> None:
        begun(path)
        asked(path, f"PRAGMA {text}")

    return made


def _cut(share: float) -> Callable[[Path], None]:
    def made(path: Path) -> None:
        begun(path)
        os.truncate(path, int(path.stat().st_size * share) // 4096 * 4096 + 100)

    return made


def _scribbled(first: int) -> Callable[[Path], None]:
    def made(path: Path) -> None:
        begun(path)
        with path.open("r+b") as file:
            file.seek(first)
            file.write(b"\xa5" * (path.stat().st_size - first))

    return made


@pytest.mark.parametrize(
    ("made", "match"),
    [
        (lambda path: path.write_bytes(b""), "holds no study"),
        (_text, "is no study, or damaged: file is not a database"),
        (_foreign, "is no study of Edgeworth"),
        (_pragma("application_id=7"), "is no study of Edgeworth"),
        (_tables_missing, "must have the tables of a study and no others; look at row"),
        (_trigger, "must have the tables of a study and no others; look at sly"),
        (_pragma("user_version=2"), "schema 2 is later than 1, the last one known; upgrade edgeworth"),
        (_pragma("user_version=0"), "has schema 0; this version reads schema 1"),
        (_cut(0.5), "is no study, or damaged: database disk image is malformed"),
        (_cut(0.0), "is no study, or damaged"),
        (_scribbled(0), "is no study, or damaged: file is not a database"),
        (_scribbled(8192), "damaged"),
    ],
)
def test_what_is_no_study_is_refused_by_name(made: Callable[[Path], None], match: str, tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    made(path)
    with pytest.raises(FileFormatError, match=match) as caught:
        Study.open(path).comparison()
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("made", "error", "match"),
    [
        (lambda path: None, FileNotFoundError, "no such study"),
        (lambda path: path.mkdir(), IsADirectoryError, "s.db"),
        (lambda path: os.mkfifo(path), OSError, "must be a regular file"),
        (lambda path: path.symlink_to("nowhere/else"), FileNotFoundError, "no such study"),
    ],
)
def test_paths_that_hold_no_file(made: Callable[[Path], None], error: type[Exception], match: str, tmp_path: Path) -> None:
    made(tmp_path / "s.db")
    with pytest.raises(error, match=match):
        Study.open(tmp_path / "s.db")
    with pytest.raises(FileNotFoundError, match="its folder does not exist"):
        Study(tmp_path / "none" / "s.db", problems(1), METHODS)


def test_a_study_has_one_name(tmp_path: Path) -> None:
    begun(tmp_path / "s.db")
    (tmp_path / "link.db").symlink_to("s.db")
    assert Study.open(tmp_path / "link.db").status().done == 4  # it leads to the one name
    os.link(tmp_path / "s.db", tmp_path / "other.db")
    with pytest.raises(OSError, match="must have one name only; this file has 2"):
        Study.open(tmp_path / "s.db")


def test_what_was_half_made_when_its_maker_was_killed_is_made(tmp_path: Path) -> None:
    for name, statements in (("empty", []), ("header", ["PRAGMA journal_mode=WAL"])):
        path = tmp_path / name
        path.touch()
        for each in statements:
            asked(path, each)
        assert begun(path).status().done == 4


# --- what was changed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ("UPDATE row SET columns = replace(columns, '\"verified\": true', '\"verified\": false')", "does not match its digest"),
        ("UPDATE row SET seconds = seconds / 2", "does not match its digest"),
        ("UPDATE row SET verdicts = '{}'", "does not match its digest"),
        ("UPDATE attempt SET outcome = 'failed'", "its attempt ended otherwise"),
        ("UPDATE task SET seed = 5 WHERE seed IS NOT NULL", "belongs to another task"),
        ("UPDATE setting SET params = '{}' WHERE method = 'greedy'", "setting .* is another one"),
        ("UPDATE task SET setting = (SELECT hash FROM setting WHERE hash <> task.setting)", "does not match its digest"),
        ("UPDATE label SET setting = 'none' WHERE name = 'greedy'", "label belongs to no setting"),
        ("UPDATE meta SET value = '\"min\"' WHERE key = 'sense'", "kind, sense or threads are not those of its runs"),
        ("UPDATE meta SET value = '\"trading\"' WHERE key = 'kind'", "kind, sense or threads are not those of its runs"),
        ("UPDATE meta SET value = '2' WHERE key = 'threads'", "kind, sense or threads are not those of its runs"),
        ("UPDATE meta SET value = 'worst' WHERE key = 'sense'", "sense cannot be worst"),
        ("UPDATE meta SET value = '[]' WHERE key = 'environments'", "environments cannot be \\[\\]"),
        ("UPDATE meta SET value = '[1.5]' WHERE key = 'seeds'", "seeds cannot be"),
        ("DELETE FROM meta WHERE key = 'seeds'", "seeds is missing"),
        ("DELETE FROM problem", "belongs to no problem"),
    ],
)
def test_a_changed_row_is_named(change: str, match: str, tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    begun(path)
    asked(path, change)
    with pytest.raises(FileFormatError, match=match) as caught:
        Study.open(path).comparison()
    assert str(path) in str(caught.value)


def test_a_lost_or_doubled_page_never_changes_the_table(tmp_path: Path) -> None:
    Study(tmp_path / "s.db", problems(2), METHODS, seeds=range(20)).run(engine="serial")
    whole, wanted, named = (tmp_path / "s.db").read_bytes(), Study.open(tmp_path / "s.db").comparison(), 0
    for start in range(4096, len(whole), 4096):
        path = tmp_path / "damaged.db"
        path.write_bytes(whole[:start] + whole[start - 4096 : start] + whole[start + 4096 :])
        try:
            same(Study.open(path).comparison(), wanted)
        except FileFormatError:
            named += 1
    assert named > 10


def test_a_file_that_became_another_study_is_named(tmp_path: Path) -> None:
    study = begun(tmp_path / "s.db")
    (tmp_path / "s.db").unlink()
    Study(tmp_path / "s.db", problems(1, first=7), METHODS)
    with pytest.raises(FileFormatError, match="it is another study now"):
        study.comparison()


def test_a_label_of_nothing_is_not_run(tmp_path: Path) -> None:
    study = begun(tmp_path / "s.db", done=False)
    asked(tmp_path / "s.db", "UPDATE label SET setting = 'none' WHERE name = 'greedy'")
    with pytest.raises(FileFormatError, match="the label 'greedy' stands for nothing"):
        study.run(engine="serial")
    for change in ("DELETE FROM label WHERE name = 'greedy'", "DELETE FROM setting WHERE method = 'greedy'"):
        asked(tmp_path / "s.db", change)
    with pytest.raises(FileFormatError, match=r"setting .* is missing"):
        Study(tmp_path / "s.db", problems(3), ["random"])
    asked(tmp_path / "s.db", "INSERT INTO meta VALUES ('lock', '{}')")
    with pytest.raises(FileFormatError, match="lock cannot be"):
        study.status()


def test_a_changed_problem_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    study = begun(path, done=False)
    digests = [digest for (digest,) in asked(path, "SELECT hash FROM problem ORDER BY place")]
    (payload,) = asked(path, "SELECT payload FROM problem WHERE hash = ?", digests[1])[0]
    asked(path, "UPDATE problem SET payload = ? WHERE hash = ?", payload, digests[0])
    with pytest.raises(FileFormatError, match=f"problem {digests[0][:12]}: is another one"):
        study.run(engine="serial")
    asked(path, "UPDATE problem SET payload = ? WHERE hash = ?", payload[:200], digests[0])
    with pytest.raises(FileFormatError, match=f"problem {digests[0][:12]}"):
        study.run(engine="serial")


# --- who may write -----------------------------------------------------------------------------------------------------------


@contextmanager
def nobody() -> Iterator[None]:
    """Without root's rights, where the tests have them."""
    if os.geteuid():
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.mark.skipif(os.name != "posix", reason="permission bits are those of POSIX")
def test_a_file_that_must_not_be_written_is_read(tmp_path: Path) -> None:
    shelf = Path("/tmp") / f"edgeworth-study-{os.getpid()}"  # the folders of pytest are the user's own
    shelf.mkdir()
    try:
        begun(shelf / "s.db")
        (shelf / "s.db").chmod(0o444)
        shelf.chmod(0o555)
        with nobody():
            study = Study.open(shelf / "s.db")
            assert study.status().done == 4
            assert len(study.comparison().rows) == 4
            with pytest.raises(PermissionError, match="must not be written"):
                study.run(engine="serial")
        (shelf / "s.db").chmod(0o666)
        with nobody(), pytest.raises(PermissionError, match="its folder must not be written"):
            study.run(engine="serial")
        (shelf / "s.db").chmod(0o200)
        with nobody(), pytest.raises(PermissionError, match="must not be read"):
            Study.open(shelf / "s.db")
    finally:
        shelf.chmod(0o755)
        shutil.rmtree(shelf)


def test_a_full_disk_ends_the_run_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.db"
    study = Study(path, problems(1), ["random"], seeds=range(60))
    pages = asked(path, "PRAGMA page_count")[0][0] + 3
    write_ahead = store.StudyFile._write_ahead

    def full(file: store.StudyFile) -> None:
        write_ahead(file)
        file.db.execute(f"PRAGMA max_page_count={pages}")

    told: list[int] = []
    with monkeypatch.context() as patched:
        patched.setattr(store.StudyFile, "_write_ahead", full)
        with pytest.raises(OSError, match="the disk is full; what was acknowledged is kept") as caught:
            study.run(engine="serial", on_run=lambda done, *_: told.append(done))
    assert caught.value.filename == str(path)
    assert 0 < len(told) == study.status().done < 60
    assert study.run(engine="serial").done == 60  # also where the lock could not be taken away
    same(study.comparison(), compare(problems(1), ["random"], seeds=range(60)))


@pytest.mark.parametrize("kind", ["nfs4", "fuse.sshfs", "fuse.glusterfs"])
def test_network_file_systems_are_refused(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nhost:/home {tmp_path} {kind} rw 0 0\n")
    monkeypatch.setattr(store, "_MOUNTS", str(mounts))
    with pytest.raises(OSError, match=f"is on a network file system \\({kind}\\)"):
        Study(tmp_path / "s.db", problems(1), METHODS)
    assert not (tmp_path / "s.db").exists()


def test_a_place_without_a_write_ahead_log_is_refused(tmp_path: Path) -> None:
    begun(tmp_path / "s.db", done=False)
    with closing(sqlite3.connect(tmp_path / "s.db", isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=DELETE")
        db.execute("BEGIN EXCLUSIVE")  # by another program
        with pytest.raises(BlockingIOError, match="another program holds this study"):
            _impatient(lambda: Study.open(tmp_path / "s.db").status())


def _impatient(call: Callable[[], object]) -> None:
    busy, store.BUSY = store.BUSY, 0.1
    try:
        call()
    finally:
        store.BUSY = busy


# --- two openers -------------------------------------------------------------------------------------------------------------


def held_by(path: Path, **who: Any) -> None:
    me = {"host": platform.node(), "pid": os.getpid(), "began": 0, "token": "t", "beat": time.time()}
    asked(path, "INSERT OR REPLACE INTO meta VALUES ('lock', ?)", json.dumps(me | who))


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def test_a_living_process_keeps_its_study(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    path = tmp_path / "s.db"
    study = begun(path, done=False)
    sleeper.send_signal(signal.SIGSTOP)  # it does nothing, and lives
    held_by(path, pid=sleeper.pid, beat=0.0)
    who = f"process {sleeper.pid} on {platform.node()} writes to this study; reading is free"
    for call in (lambda: study.run(), lambda: begun(path), lambda: study.retry(failed=True)):
        with pytest.raises(BlockingIOError, match=who):
            call()
    assert study.status().writer == f"process {sleeper.pid} on {platform.node()}"
    assert len(study.comparison().rows) == 0
    held_by(path, pid=sleeper.pid, began=1)  # its number was another process's before
    assert study.run(engine="serial").done == 4
    held_by(path, pid=sleeper.pid)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert study.retry(failed=True) == 0  # not yet waited for, but dead
    assert study.status().writer is None


def test_another_host_is_waited_for_a_minute(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    study = begun(path, done=False)
    held_by(path, host="elsewhere", beat=time.time() - 50)
    with pytest.raises(BlockingIOError, match="on elsewhere writes to this study"):
        study.run()
    for beat in (time.time() - 61, time.time() + 3_600):  # silent, or by a clock that was set back since
        held_by(path, host="elsewhere", beat=beat)
        assert study.run(engine="serial").done == 4


def test_who_lost_the_study_writes_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.db"
    plant(monkeypatch, Planted(lambda task, attempt: held_by(path, host="elsewhere") if task.seed is not None else None))
    with pytest.raises(BlockingIOError, match=r"was taken over by process \d+ on elsewhere"):
        begun(path, done=False).run()
    assert Study.open(path).status().done == 1
    assert len(asked(path, "SELECT * FROM meta WHERE key = 'lock'")) == 1  # the other one's


def test_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, beats = tmp_path / "s.db", set[float]()
    monkeypatch.setattr(lock, "BEAT", 0.02)

    def looks(task: Any, attempt: int) -> None:
        ends = time.monotonic() + 60.0
        while len(beats) < 3 and time.monotonic() < ends:
            beats.add(json.loads(asked(path, "SELECT value FROM meta WHERE key = 'lock'")[0][0])["beat"])

    plant(monkeypatch, Planted(looks))
    begun(path, done=False).run()
    assert len(beats) == 3


# --- schemas -----------------------------------------------------------------------------------------------------------------


def test_an_older_schema_is_migrated_on_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "s.db"
    wanted = begun(path).comparison()
    asked(path, "ALTER TABLE setting RENAME COLUMN stop TO rule")
    asked(path, "PRAGMA user_version=0")
    with pytest.raises(FileFormatError, match="has schema 0"):
        begun(path)

    def fails(db: sqlite3.Connection) -> None:
        db.execute("ALTER TABLE setting RENAME COLUMN rule TO stop")
        raise ZeroDivisionError

    monkeypatch.setitem(migration.STEPS, 0, fails)
    with pytest.raises(ZeroDivisionError):
        begun(path)
    assert asked(path, "PRAGMA user_version") == [(0,)]
    assert len(asked(path, "SELECT rule FROM setting")) == 2  # as it was

    monkeypatch.setitem(migration.STEPS, 0, lambda db: db.execute("ALTER TABLE setting RENAME COLUMN rule TO stop"))
    with pytest.raises(FileFormatError, match="has schema 0"):
        Study.open(path)  # who reads changes nothing
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=WAL")
        other.execute("BEGIN")
        other.execute("SELECT * FROM meta").fetchall()
        monkeypatch.setattr(migration, "BUSY", 0.1)
        with pytest.raises(BlockingIOError, match="another program holds this study"):
            begun(path)
    same(begun(path).comparison(), wanted)
    assert asked(path, "PRAGMA user_version") == [(1,)]
    assert not Path(f"{path}.migrating").exists()
