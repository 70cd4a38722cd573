"""A problem family, stated once: `solve`, `verify`, public names, the command line and contract cases derive from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from edgeworth import _families
from edgeworth.core import checking, solving, validation
from edgeworth.core.checking import SECONDS
from edgeworth.core.lazy import later, resolve
from edgeworth.core.observer import Observer, ProgressLine
from edgeworth.core.problem import Model, P, S, model
from edgeworth.core.result import Result
from edgeworth.core.seeds import Seed
from edgeworth.core.solving import MethodLike
from edgeworth.core.stop import Stop
from edgeworth.core.verdict import Report

if TYPE_CHECKING:
    from edgeworth.core.source import Source

_OWN = ("FAMILY", "METHODS", "solve", "verify")


@dataclass(frozen=True, kw_only=True)
class Family(Model[P, S]):
    """What a package of a problem family states; see `core.problem.Model` for the fields that solving and checking use.

    Parameters
    ----------
    audit_model : str, optional
        ``module:NAME`` of the instance of `core.audit_model.AuditModel` that tells the auditor about the family's mechanisms.
    training : str, optional
        ``module:NAME`` of the instance of `learning.deep.learned.TrainingPlan` that says what can be trained for the family's
        problems, and how. The policies that come with the package are the files ``learned/shipped/METHOD.npz`` of the family.
    late : mapping, optional
        Public name -> room, of names beside those of method rows whose rooms are heavy to import.
    """

    audit_model: str | None = None
    training: str | None = None
    late: Mapping[str, str] = field(default_factory=dict)

    @property
    def package(self) -> str:
        """The dotted name of the package that states this family."""
        return _families.FAMILIES[self.kind]

    @property
    def sources(self) -> tuple[Source, ...]:
        """Where the command line gets the family's problems from: `SOURCES` of its module ``sources``."""
        return cast("tuple[Source, ...]", resolve(f"{self.package}.sources:SOURCES"))

    def solve(
        self,
        problem: P,
        *,
        method: MethodLike = "auto",
        stop: Stop | None = None,
        seed: Seed = None,
        start: S | None = None,
        params: object = None,
        observer: Observer | None = None,
        progress: bool = False,
        threads: int = 1,
        trace: bool = False,
    ) -> Result[S]:
        """Solve one problem by one method.

        Parameters
        ----------
        problem : the family's problem
            What is to be solved. It is not changed.
        method : str or callable
            A name of the family's ``METHODS``; "auto", which chooses by the problem; or a function of your own,
            ``f(problem)`` or ``f(problem, params, run)``, that returns a solution, the array of one, or an `edgeworth.Found`.
            Other arguments of it keep their defaults. One of the problem alone supports no more than a limit in seconds. Or a
            policy that `edgeworth.learning.deep` trained, where the family can play one; it is refused on problems of the seeds
            that it was trained on.
        stop : Stop, optional
            When to end. Without it a method ends by itself; an exact method may then run for very long.
        seed : int, SeedSequence or Generator, optional
            Of the method's randomness. The same seed gives the same answer, unless the clock cut the run.
        start : the family's solution, optional
            A feasible solution to start from.
        params : the method's parameter object, optional
            For instance ``QLearning(episodes=100)`` for the method ``q-learning``.
        observer : Observer, optional
            Receives the run's progress, and may ask it to stop.
        progress : bool
            Draw a line on stderr that says where the run stands, where stderr is a terminal. Not together with an observer,
            which may draw what it likes (`edgeworth.core.observer.ProgressLine` is such an observer).
        threads : int
            How many threads the method may use.
        trace : bool
            Keep how value and bound moved over time.

        Returns
        -------
        Result
            The solution with its value recomputed by the model, the bound if the method has one, its quality, and why the run
            stopped. An infeasible problem or a run out of time is said there; it is not an exception.

        Raises
        ------
        ValueError, TypeError
            For misuse, among it every argument that the method does not support.
        MissingExtraError
            Where the method needs a library that is not installed.

        Notes
        -----
        The quality is OPTIMAL only where a bound that `verify` can rebuild closes the gap; a method is never believed.

        Ctrl-C ends the run within half a second, and its best solution so far is returned with termination INTERRUPTED; a
        second one raises KeyboardInterrupt. A loop over calls goes on with the next call then, whose first Ctrl-C raises
        KeyboardInterrupt, as does every one in calls that follow each other within 5 seconds (in a notebook: in one cell).

        The logger ``edgeworth`` tells of the beginning and the end of every run at level INFO, and of every better value at
        level DEBUG. A run without any stop rule that lasts longer than 10 seconds says once a process, at level WARNING, how
        to bound it.
        """
        line = ProgressLine() if validation.flag("progress", progress) else None
        if line is not None and observer is not None:
            validation.reject("progress", "must be False where an observer is given", progress)
        try:
            return solving.solve(
                self,
                problem,
                method=method,
                stop=stop,
                seed=seed,
                start=start,
                params=params,
                observer=line or observer,
                threads=threads,
                trace=trace,
            )
        finally:
            if line is not None:
                line.clear()

    def verify(self, problem: P, answer: S | Result[S], *, seconds: float = SECONDS) -> Report:
        """Check a solution or a result against its problem, by code that did not produce it.

        Parameters
        ----------
        problem : the family's problem
        answer : the family's solution, or a Result
            A bare solution of a game is judged as an equilibrium. Of a result everything is judged that it states.
        seconds : float
            What the check may spend, compilation not counted. What that does not suffice for is NOT_CHECKED.

        Returns
        -------
        Report
            Named verdicts, truthy when all of them hold or are measurements. The verdicts of the family are listed in the
            docstring of its package; a result has also ``value``, ``bound`` and ``quality``. A verdict that fails holds its
            witness as data, which can be replayed.

        Raises
        ------
        TypeError
            For another type of problem or answer.
        ValueError
            For a problem that was changed after it was made, a result of another problem, and a solution that does not fit.

        Notes
        -----
        The check shares the model's formulas with the methods and nothing else. Tolerances are constants of the checker.
        """
        return checking.verify_answer(self, problem, answer, seconds)

    def exports(
        self,
    ) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
        """``__all__``, ``__getattr__`` and ``__dir__`` of the family's package.

        Public are the names that its rooms ``model`` and ``check`` list, what this class derives, the names in ``late``, and of
        every method row its function and its parameter class; the last two are imported when they are asked for.
        """
        rooms = dict(self.late)
        for row in self.methods:
            for path in (row.function, row.params):
                if path is not None and path.startswith(f"{self.package}."):
                    home, _, name = path.partition(":")
                    room = home.removeprefix(f"{self.package}.")
                    if name != room:
                        rooms[name] = room
        eager = {*_OWN, *(name for room in ("model", "check") for name in import_module(f"{self.package}.{room}").__all__)}
        names = sorted(eager | set(rooms), key=lambda name: (not name.isupper(), not name[0].isupper(), name))
        return names, later(self.package, rooms), names.copy


def family(kind: str) -> Family[Any, Any]:
    """The family of that kind, imported on use."""
    return cast("Family[Any, Any]", model(kind))
