"""The rows of a method table that are learners: one for each learner of the registry that applies to the game."""

from __future__ import annotations

from edgeworth.core.method import Method
from edgeworth.learning.play import names
from edgeworth.learning.registry import LEARNERS


def learner_rows(room: str, *, supports: frozenset[str], guarantee: str | None = None, observable: bool = True) -> list[Method]:
    """Return one method row for each learner that applies to a game.

    Parameters
    ----------
    room : str
        Module path of the game, e.g. "edgeworth.games.trading". Its module ``learned`` holds the class ``Play`` and the method
        functions, as `edgeworth.learning.play.functions` makes them.
    supports : frozenset of str
        What the methods support; see `Method`.
    guarantee : str, optional
        The rows' guarantee; by default that of each learner.
    observable : bool
        Whether players observe the others' actions in this game.

    Returns
    -------
    list of Method
        In the order of the registry.
    """
    return [
        Method(
            name=name,
            kind="optimise",
            function=f"{room}.learned:{name.replace('-', '_')}",
            params=f"{room}.learned:Play",
            exact=False,
            randomised=True,
            kernels=True,
            supports=supports,
            guarantee=guarantee or LEARNERS[name].guarantee,
            reference=LEARNERS[name].reference,
        )
        for name in names(observable=observable)
    ]
