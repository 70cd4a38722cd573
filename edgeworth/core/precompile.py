"""The kernels of whole families, compiled in advance into the cache that every later process reads."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from edgeworth import _families
from edgeworth.core import validation
from edgeworth.core.compilation import counter
from edgeworth.core.errors import MissingExtraError
from edgeworth.core.family import family
from edgeworth.core.prepare import canned

logger = logging.getLogger(__name__)

_CHECK = 10.0  # seconds for the check of an example's result
_SERVE = "from edgeworth.core.precompile import serve; serve()"


@dataclass(frozen=True)
class Prepared:
    """What `compile_kernels` did for one method.

    Parameters
    ----------
    family, method : str
    kernels : int
        Signatures of kernels that were compiled; 0 where all of them were in the cache, or the method has none.
    seconds : float
        How long it took, with the runs on the examples and their checks.
    note : str
        Why the method could not be prepared; empty where it was.
    """

    family: str
    method: str
    kernels: int
    seconds: float
    note: str = ""


def compile_kernels(
    *families: str, processes: int | None = None, on_method: Callable[[Prepared], None] | None = None
) -> tuple[Prepared, ...]:
    """Compile the kernels of families, those of their checks included, into the cache that every later process reads.

    Nobody has to call this: a method compiles what it needs before its first run. It moves the wait to a time of one's own,
    into the image of a container for instance.

    Parameters
    ----------
    *families : str
        Kinds of problems, as in ``edgeworth methods``; all of them by default.
    processes : int, optional
        How many families are compiled at once, each in another process; one a processor by default. 1 compiles in this process.
    on_method : callable, optional
        Is handed what was done for each method, as soon as it is done.

    Returns
    -------
    tuple of Prepared
        One entry a method that has kernels.

    Raises
    ------
    ValueError
        For a family that there is not.

    Examples
    --------
    >>> from edgeworth import compile_kernels
    >>> compile_kernels("procurement")  # closed formulas: nothing to compile
    ()
    """
    for kind in families:
        validation.choice("families", kind, list(_families.FAMILIES))
    report = on_method or (lambda done: None)
    rows = [(kind, row.name) for kind in families or _families.FAMILIES for row in family(kind).methods if row.kernels]
    kinds = list(dict.fromkeys(kind for kind, _ in rows))
    if processes is None:
        processes = os.cpu_count() or 1
    if min(validation.integer("processes", processes, minimum=1), len(kinds)) <= 1:
        done = []
        for kind, name in rows:
            done.append(_compile(kind, name))
            report(done[-1])
        return tuple(done)
    found = {(each.family, each.method): each for each in _in_processes(kinds, processes, report)}
    return tuple(found.get(key, Prepared(*key, 0, 0.0, "the process that compiled it died")) for key in rows)


def _compile(kind: str, name: str) -> Prepared:
    """One method and the checks of its results on all examples."""
    fam = family(kind)
    began, account, note = time.perf_counter(), counter(), ""
    before = account.kernels
    try:
        for problem in fam.examples():
            result = fam.solve(problem, method=name, stop=canned(fam.method(name), problem).stop, seed=0)
            fam.verify(problem, result, seconds=_CHECK)
            if fam.warm is not None and result.solution is not None:
                fam.warm(problem, result.solution)
    except MissingExtraError as error:
        note = str(error)
    except Exception as error:
        logger.debug("%s %s: could not be compiled", kind, name, exc_info=True)
        note = f"{type(error).__name__}: {error}"
    return Prepared(kind, name, account.kernels - before, time.perf_counter() - began, note)


def kept() -> tuple[str | None, int]:
    """The folder where compiled kernels are kept, None where none can be written, and how many bytes it holds."""
    from edgeworth.core import jit, kernel_cache

    folder = kernel_cache.folder(jit.sources_hash())
    return folder, 0 if folder is None else sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


def _in_processes(kinds: list[str], processes: int, report: Callable[[Prepared], None]) -> list[Prepared]:
    """So many kinds at once, each in another process, since in one process numba compiles one kernel at a time.

    A process takes one kind after another: what kinds share, the core's kernels and numba's own functions, it compiles once.
    What a process that died did not come to is missing; the next kind gets a new process.
    """
    done: list[Prepared] = []
    running: list[subprocess.Popen[str]] = []
    waiting = deque(kinds)
    lock = threading.Lock()

    def answered(process: subprocess.Popen[str], kind: str) -> bool:
        """Whether the process did not die before the end of its answer."""
        if process.stdin is None or not _told(process.stdin.fileno(), kind):
            return False
        for line in process.stdout or ():
            if not line.strip():
                return True
            each = Prepared(**json.loads(line))
            with lock:
                done.append(each)
                report(each)
        return False

    def compile_some() -> None:
        while waiting:
            with _server() as process:  # which ends when its standard input does
                running.append(process)
                with suppress(IndexError):  # nothing waits any more
                    while answered(process, waiting.popleft()):
                        pass

    pool = ThreadPoolExecutor(processes)
    try:
        for each in [pool.submit(compile_some) for _ in range(min(processes, len(kinds)))]:
            each.result()
    finally:  # after Ctrl-C too
        waiting.clear()
        pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            process.kill()
    return done


def _server() -> subprocess.Popen[str]:
    """A process that runs `serve`."""
    path = os.pathsep.join(each for each in sys.path if each)
    return subprocess.Popen(
        [sys.executable, "-c", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )


def _told(file: int, kind: str) -> bool:
    try:
        os.write(file, f"{kind}\n".encode())
    except OSError:  # nobody reads any more
        return False
    return True


def serve() -> None:
    """Compile the families named on the standard input, a line each; a line of JSON a method, and an empty one a family."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(2, sys.stdout.fileno())  # whatever a method prints is no answer

    def answer(done: Prepared) -> None:
        answers.write(json.dumps(asdict(done)) + "\n")
        answers.flush()

    for kind in sys.stdin:
        compile_kernels(kind.strip(), processes=1, on_method=answer)
        answers.write("\n")
        answers.flush()
