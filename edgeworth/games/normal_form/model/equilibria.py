"""A list of equilibria of a two-player game, in fractions, with the sets that they span."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from edgeworth.core.result import Termination
from edgeworth.games.normal_form.model.problem import Floats, Profile

Mixed = tuple[Fraction, ...]
"""A mixed strategy in fractions."""


@dataclass(frozen=True)
class Equilibria:
    """Extreme equilibria of a two-player game and the sets of equilibria that they span.

    It counts, lists and indexes its equilibria as `Profile` in floats; `exact` gives one in fractions.

    Attributes
    ----------
    strategies : pair of tuples of mixed strategies
        The strategies of either player that occur, in fractions, those first that put more weight on earlier strategies.
    pairs : tuple of (int, int)
        The extreme equilibria, as numbers of strategies of players 0 and 1.
    subsets : tuple of (tuple of int, tuple of int)
        The maximal Nash subsets, (U, V): any mixture of the strategies U of player 0 with any mixture of the strategies V of
        player 1 is an equilibrium, and no strategy can be added to U or V.
    components : tuple of tuple of int
        The connected components of the set of equilibria, as numbers of subsets.
    termination : Termination
        PROVED: every extreme equilibrium is listed, and the subsets together hold every equilibrium of the game. Otherwise the
        run was cut for this reason, and nothing is listed.
    vertices : int
        How many vertices of both polytopes were met.

    Notes
    -----
    An equilibrium (x, y) is extreme where x is a vertex of player 0's best-response polytope and y one of player 1's. The set
    of equilibria is the union of the products conv(U) x conv(V) over the maximal Nash subsets, which are the maximal cliques
    of the bipartite graph whose edges are the extreme equilibria.

    References
    ----------
    Avis, Rosenberg, Savani and von Stengel, Enumeration of Nash equilibria for two-player games, Economic Theory 42 (2010).
    """

    strategies: tuple[tuple[Mixed, ...], tuple[Mixed, ...]]
    pairs: tuple[tuple[int, int], ...]
    subsets: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    components: tuple[tuple[int, ...], ...]
    termination: Termination
    vertices: int = 0

    @property
    def complete(self) -> bool:
        """Whether every equilibrium of the game is listed, or is in a subset that is."""
        return self.termination is Termination.PROVED

    def exact(self, number: int) -> tuple[Mixed, Mixed]:
        """An equilibrium in fractions."""
        k, h = self.pairs[number]
        return self.strategies[0][k], self.strategies[1][h]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, number: int) -> Profile:
        return Profile([_floats(vector) for vector in self.exact(number)])

    def __iter__(self) -> Iterator[Profile]:
        return (self[k] for k in range(len(self)))

    def __str__(self) -> str:
        if not self.complete:
            return f"cut ({self.termination}): no equilibrium is listed"
        sizes = (len(self), len(self.subsets), len(self.components))
        return f"all {sizes[0]} extreme equilibria; maximal Nash subsets: {sizes[1]}, components: {sizes[2]}"


def _floats(vector: Mixed) -> Floats:
    """The nearest floats, divided by their sum where that is not 1."""
    near = np.array([float(p) for p in vector])
    return np.asarray(near / near.sum())
