"""A learner as a method of a game: who learns, for how long, and the defaults of each row of a method table."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import TypeAlias, TypeVar

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.run import Run
from edgeworth.learning.learners.base import Learner
from edgeworth.learning.registry import LEARNERS, is_registered, learner_from

G = TypeVar("G")
S = TypeVar("S")
Y = TypeVar("Y", bound="Play")
MethodFunction: TypeAlias = Callable[[G, Y, Run[S]], Found[S]]
"""A method function ``f(game, params, run)``."""


@dataclass(frozen=True, kw_only=True)
class Play:
    """Parameters of a learning method: the learner that every player is, and the number of rounds.

    The games extend it by what their play needs besides: ``normal_form.Play``, ``trading.Play``, ``offloading.Play``.

    Parameters
    ----------
    learner : Learner, optional
        The learner. None stands for the learner of the method row, with that game's defaults.
    rounds : int, optional
        Number of rounds to play, at least 0. None stands for the default of the method row.

    Raises
    ------
    ValueError, TypeError
        If a field is out of range or of the wrong type.

    Notes
    -----
    A mapping of a learner's name and parameters, which is how files hold it, is accepted in place of a learner.

    Examples
    --------
    >>> from edgeworth.learning import WolfPhc
    >>> Play(learner=WolfPhc(explore=0.1), rounds=1000).rounds
    1000
    """

    learner: Learner | None = None
    rounds: int | None = None

    def __post_init__(self) -> None:
        self._check_learner("learner")
        if self.rounds is not None:
            validation.integer("rounds", self.rounds, minimum=0)

    def required(self) -> tuple[Learner, int]:
        """Return learner and rounds.

        Raises
        ------
        ValueError
            If one of them is None.
        """
        if self.learner is None or self.rounds is None:
            validation.reject("learner" if self.learner is None else "rounds", "must be given", None)
        return self.learner, self.rounds

    def completed(self: Y, row: Y) -> Y:
        """Return the play with every None replaced by what the method row says.

        Parameters
        ----------
        row : Play
            The complete play of the method row.

        Returns
        -------
        Play
            Of the same class.

        Raises
        ------
        ValueError
            If the learner is not of the row's kind.

        Examples
        --------
        >>> from edgeworth.learning import Exp3
        >>> Play(rounds=5).completed(Play(learner=Exp3(), rounds=1000))
        Play(learner=Exp3(explore=0.0, explore_decay=0.0, mixing=0.05, low=0.0, high=1.0), rounds=5)
        """
        kind = type(row.learner)
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Learner) and type(value) is not kind:
                validation.reject(item.name, f"must be of type {kind.__name__} for this method", value)
        missing = {item.name: getattr(row, item.name) for item in fields(self) if getattr(self, item.name) is None}
        return replace(self, **missing)

    def _check_learner(self, name: str) -> None:
        """Validate the field `name` as a learner or None; a learner as a file holds it becomes one."""
        value = getattr(self, name)
        if isinstance(value, Mapping):
            object.__setattr__(self, name, learner_from(value))
        elif value is not None and not is_registered(value):
            validation.reject_type(name, "must be a learner or None", value)


def plays(default: Y, tuned: Iterable[Y] = (), *, observable: bool = True) -> dict[str, Y]:
    """Return the complete play of each learner that applies to a game: name -> play.

    Parameters
    ----------
    default : Play
        The play of a learner that is not tuned; its own defaults are then the learner's.
    tuned : iterable of Play
        Plays with a learner whose defaults differ in this game. What they leave None is taken from `default`.
    observable : bool
        Whether players observe the others' actions in this game. Learners that need it apply only then.

    Returns
    -------
    dict of str to Play
        In the order of the registry.
    """
    own = {play.learner.name: play for play in tuned if play.learner is not None}
    found = {}
    for name in names(observable=observable):
        whole = replace(default, learner=LEARNERS[name]())
        found[name] = own[name].completed(whole) if name in own else whole
    return found


def names(*, observable: bool = True) -> list[str]:
    """Return the names of the learners that apply to a game, in the order of the registry; see `plays`."""
    return [name for name, learner in LEARNERS.items() if observable or not learner.observes_opponents]


def functions(play: MethodFunction[G, Y, S], rows: Mapping[str, Y]) -> dict[str, MethodFunction[G, Y, S]]:
    """Return a method function ``f(game, params, run)`` for each row: name as an identifier -> function.

    Parameters
    ----------
    play : callable
        The function ``play(game, params, run)`` that lets a complete play's learners play.
    rows : mapping of str to Play
        The complete play of each row, as `plays` makes them.

    Returns
    -------
    dict of str to callable
        E.g. ``wolf_phc``; each completes its parameters by its row and documents its learner.
    """
    return {name.replace("-", "_"): _function(play, name, row) for name, row in rows.items()}


def _function(play: MethodFunction[G, Y, S], name: str, row: Y) -> MethodFunction[G, Y, S]:
    def learned(game: G, params: Y, run: Run[S]) -> Found[S]:
        whole = params.completed(row)
        return replace(play(game, whole, run), params=whole)

    title = LEARNERS[name].title
    learned.__name__ = learned.__qualname__ = name.replace("-", "_")
    learned.__module__ = play.__module__
    about = inspect.getdoc(play)  # its last section is References
    learned.__doc__ = f"{title} for every player.\n\n{about}\n{LEARNERS[name].reference}."
    return learned
