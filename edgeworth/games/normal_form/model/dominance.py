"""Iterated elimination of dominated strategies: what was deleted and why, and why nothing more is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from edgeworth.core.result import Termination
from edgeworth.games.normal_form.model.correlated import exact_outcomes
from edgeworth.games.normal_form.model.equilibria import Mixed
from edgeworth.games.normal_form.model.problem import NormalFormGame

Kept = tuple[tuple[int, ...], ...]
"""The strategies of every player that are left, by their numbers in the game."""


@dataclass(frozen=True)
class Dominated:
    """A strategy that was deleted.

    Attributes
    ----------
    round : int
        In which round, from 0.
    player, strategy : int
        Whose, and which one, by its number in the whole game.
    mixture : tuple of Fraction
        What dominates it: a mixed strategy over all strategies of the player, 0 on those deleted in earlier rounds.
    """

    round: int
    player: int
    strategy: int
    mixture: Mixed


@dataclass(frozen=True)
class Elimination:
    """What iterated elimination deleted, and what is left.

    Attributes
    ----------
    steps : tuple of Dominated
        In order: rounds, players, strategies.
    kept : tuple of tuple of int
        The strategies that are left, a tuple a player.
    beliefs : tuple, of a tuple a player, of a belief a strategy that is left
        Beliefs about the others against which the strategy is a best response in the game left, which proves that no mixture
        dominates it: fractions of sum 1 over the others' outcomes left, the last player's strategy fastest; where weak
        dominance counts, none of them 0. Empty for elimination by pure strategies, which comparisons alone decide, and where
        the run was cut.
    by : {"mixed", "pure"}
        What may dominate.
    weak : bool
        Whether weakly dominated strategies are deleted.
    termination : Termination
        PROVED where nothing left is dominated; otherwise the run was cut after the last full round.
    """

    steps: tuple[Dominated, ...]
    kept: Kept
    beliefs: tuple[tuple[Mixed, ...], ...]
    by: str
    weak: bool
    termination: Termination

    @property
    def complete(self) -> bool:
        """Whether nothing left is dominated."""
        return self.termination is Termination.PROVED

    def reduced(self, game: NormalFormGame) -> NormalFormGame:
        """The game of the strategies that are left, with their names, which its provenance lists as ``kept``."""
        where = np.ix_(range(len(self.kept)), *self.kept)
        names = tuple(tuple(game.strategies[i][a] for a in left) for i, left in enumerate(self.kept))
        exact = game.numerators is not None and game.denominators is not None
        origin = game.provenance
        parameters = {**origin.parameters, "kept": [list(each) for each in names]}
        return replace(
            game,
            provenance=replace(origin, parameters=parameters),
            payoffs=game.payoffs[where],
            strategies=names,
            numerators=game.numerators[where] if exact and game.numerators is not None else None,
            denominators=game.denominators[where] if exact and game.denominators is not None else None,
        )

    def __str__(self) -> str:
        rounds = len({step.round for step in self.steps})
        left = " x ".join(str(len(each)) for each in self.kept)
        end = "" if self.complete else f"; cut ({self.termination})"
        return f"strategies deleted: {len(self.steps)}, rounds: {rounds}, left: {left}{end}"


def exact_rows(game: NormalFormGame, player: int, kept: Kept) -> list[list[Fraction]]:
    """What each strategy left earns a player at each of the others' outcomes left, in fractions.

    Parameters
    ----------
    game : NormalFormGame
        The game.
    player : int
        The player, from 0.
    kept : tuple of tuple of int
        The strategies that are left.

    Returns
    -------
    list of list of Fraction
        A row a strategy of the player; columns: the others' outcomes, the last player's strategy fastest.
    """
    table = np.empty(int(np.prod(game.shape)), dtype=object)
    table[:] = exact_outcomes(game, player)
    left = np.moveaxis(table.reshape(game.shape)[np.ix_(*kept)], player, 0)
    rows: list[list[Fraction]] = left.reshape(len(kept[player]), -1).tolist()
    return rows
