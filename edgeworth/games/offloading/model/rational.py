"""The game in exact arithmetic: every float stands for the fraction that it is, nothing is rounded, and ties are ties."""

from __future__ import annotations

from fractions import Fraction

from edgeworth.games.offloading.model.game import OffloadingGame, Which


class Rational:
    """Utilities, potentials and welfare as fractions. Loads are arguments: whoever walks along a path keeps them, exactly.

    A pair is an index of the game's arrays, -1 local execution; a load is that with the user's own weight inside, and is not
    looked at for local execution.
    """

    def __init__(self, game: OffloadingGame) -> None:
        self.game = game
        self.weight = [Fraction(w) for w in game.weight.tolist()]
        self.rate = [Fraction(f) for f in game.rate.tolist()]
        self._kinked = not game.linear

    def utility(self, i: int, p: int, load: Fraction, *, payments: bool = True) -> Fraction:
        """What user i earns at pair p."""
        game = self.game
        if p < 0:
            return Fraction(float(game.local_utility[i]))
        k = int(game.provider[p])
        tau = Fraction(float(game.deadline[i]))
        late = Fraction(float(game.transfer[p])) + self._work(i) / self.weight[i] * load / self.rate[k] - tau
        if self._kinked and not game.human[i]:
            late = max(late, Fraction(0))
            if game.regime == "floored":
                late = min(late, tau)
        worth = Fraction(float(game.gain[p])) - Fraction(float(game.sensitivity[i])) * late
        return worth - Fraction(float(game.price[p])) if payments else worth

    def rise(self, which: Which, i: int, old: int, old_load: Fraction, new: int, new_load: Fraction) -> Fraction | None:
        """How much the potential changes when user i goes from pair old to pair new; None where it does not depend on i
        (the weighted one, of congestion-insensitive users)."""
        insensitive = self._sense(i) * self._work(i) == 0
        if which == "weighted" and insensitive:
            return None
        parts = [self._part(which, i, p, load) for p, load in ((new, new_load), (old, old_load))]
        return parts[0] - parts[1]

    def cost(self, k: int, i: int) -> Fraction:
        """What user i costs provider k."""
        return Fraction(float(self.game.cost_rate[k])) * self._work(i) / self.rate[k]

    def _part(self, which: Which, i: int, p: int, load: Fraction) -> Fraction:
        """User i's part of the potential at pair p: what is lost when i leaves for a place that is worth 0."""
        game, w = self.game, self.weight[i]
        base = Fraction(float(game.local_utility[i]))
        if p >= 0:
            late = Fraction(float(game.transfer[p])) - Fraction(float(game.deadline[i]))
            base = Fraction(float(game.gain[p])) - self._sense(i) * late
            if which == "weighted":
                base -= Fraction(float(game.price[p]))
        if which == "weighted":
            base *= w * w / (self._sense(i) * self._work(i))
            return base if p < 0 else base - w * load / self.rate[int(game.provider[p])]
        if p < 0:
            return base
        k = int(game.provider[p])
        return base - (load * load - (load - w) ** 2) / (2 * self.rate[k]) - self.cost(k, i)

    def _work(self, i: int) -> Fraction:
        return Fraction(float(self.game.workload[i]))

    def _sense(self, i: int) -> Fraction:
        return Fraction(float(self.game.sensitivity[i]))


def exact_welfare(game: OffloadingGame, choice: list[int]) -> Fraction:
    """The welfare of a choice of pairs, nothing rounded. O(users) fractions: for games that are not large.

    Parameters
    ----------
    game : OffloadingGame
        The game.
    choice : sequence of int
        Indices of pairs, one a user, -1 local.

    Returns
    -------
    Fraction
    """
    exact = Rational(game)
    load = [Fraction(0)] * game.providers
    for i, p in enumerate(choice):
        if p >= 0:
            load[int(game.provider[p])] += exact.weight[i]
    total = Fraction(0)
    for i, p in enumerate(choice):
        k = int(game.provider[p]) if p >= 0 else -1
        total += exact.utility(i, p, load[k] if p >= 0 else Fraction(0), payments=False)
        if p >= 0:
            total -= exact.cost(k, i)
    return total
