"""All equilibria of a two-player game, degenerate ones included: pairs of vertices of the best-response polytopes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from edgeworth.core import validation
from edgeworth.core.method import Found
from edgeworth.core.result import Termination
from edgeworth.core.run import Run, interruptible
from edgeworth.core.stop import Stop
from edgeworth.games.normal_form.exact.scaling import own_run, refused
from edgeworth.games.normal_form.exact.vertices import vertices
from edgeworth.games.normal_form.model import Equilibria, Mixed, NormalFormGame, Profile, exact_table, value

_ASK = 0.02  # seconds between two looks at the clock
_CELLS = 4_000_000  # of pairs looked at in one block

Ask = Callable[[int], bool]


def mixed_equilibria(game: NormalFormGame, *, stop: Stop | None = None) -> Equilibria:
    """All equilibria of a two-player game, pure and mixed, degenerate games included, in exact arithmetic.

    Parameters
    ----------
    game : NormalFormGame
        A game of two players.
    stop : Stop, optional
        A limit in ``seconds``. Without one the enumeration runs to its end, exponentially long in the worst case.

    Returns
    -------
    Equilibria
        Every extreme equilibrium and the maximal Nash subsets that they span; ``complete`` says whether the run came to its
        end. `verify_equilibria` checks it.

    Raises
    ------
    ValueError
        For other numbers of players, and for rules other than ``seconds``.

    Notes
    -----
    With payoffs lifted above 0, player 0's strategies are the points of P = {x >= 0, B' x <= 1} other than 0, scaled, and
    player 1's those of Q = {y >= 0, A y <= 1}. A pair of vertices is an equilibrium where each pure strategy of either player
    is unplayed or a best response, that is where the tight constraints of both cover all strategies. The vertices of both
    polytopes are enumerated by lexicographic pivots on integers; payoffs mean the game's fractions, or its floats as they
    stand. A polytope in d dimensions with f facets has at most O(f^(d/2)) vertices: 12 strategies each make up to 25,000.

    References
    ----------
    Mangasarian, Equilibrium points of bimatrix games, J. SIAM 12 (1964). Avis, Rosenberg, Savani and von Stengel, Economic
    Theory 42 (2010).

    Examples
    --------
    >>> game = NormalFormGame([[[1.0, 1.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]])
    >>> found = mixed_equilibria(game)
    >>> print(found)
    all 2 extreme equilibria; maximal Nash subsets: 1, components: 1
    >>> [tuple(map(str, strategy)) for strategy in found.strategies[0]]
    [('1', '0'), ('0', '1')]
    """
    run = own_run(game, stop)
    if len(game.shape) != 2:
        validation.reject("game", "must have two players", game.shape)
    with interruptible(run):
        return _enumerated(game, run)


def enumerate_vertices(game: NormalFormGame, params: None, run: Run[Profile]) -> Found[Profile]:
    """The equilibrium of highest value among all equilibria of a two-player game, pure and mixed.

    Parameters
    ----------
    game : NormalFormGame
        A game of two players; others are refused.
    params : None
        The method has no parameters.
    run : Run
        Clock of the run.

    Returns
    -------
    Found
        The extreme equilibrium of the highest value, as the game's objective names it. ``iterations`` counts vertices of both
        polytopes. A run that is cut returns no solution.

    Notes
    -----
    `mixed_equilibria` says how. No equilibrium at all has a higher value: on each maximal Nash subset the value is linear in
    either player's mixture of extreme strategies, so that a pair of these attains its maximum.

    References
    ----------
    Mangasarian, J. SIAM 12 (1964). Avis, Rosenberg, Savani and von Stengel, Economic Theory 42 (2010).
    """
    if len(game.shape) != 2:
        return refused("the method needs a two-player game")
    ending = run.tick(0)
    if ending is not None:
        return Found(None, ending)
    listed = _enumerated(game, run)
    if not listed.complete:
        return Found(None, listed.termination, iterations=listed.vertices, notes=(str(listed),))
    best = max(listed, key=lambda profile: value(game, profile))
    return Found(best, Termination.PROVED, iterations=listed.vertices, notes=(str(listed),))


def _enumerated(game: NormalFormGame, run: Run[Profile]) -> Equilibria:
    n, m = game.shape
    ended: list[Termination] = []
    spent, next_look = 0, 0.0

    def ask(steps: int) -> bool:
        nonlocal next_look
        if run.elapsed >= next_look or run.interrupted:
            reason = run.tick(spent + steps)
            ended.extend([] if reason is None else [reason])
            next_look = run.elapsed + _ASK
        return bool(ended)

    columns = list(map(list, zip(*_positive(exact_table(game, 1)), strict=True)))
    first, whole = vertices(columns, ask)
    spent += len(first)
    second, also = vertices(_positive(exact_table(game, 0)), ask) if whole else ({}, False)
    spent += len(second)
    if whole and also:
        ours = {bits: point for bits, point in first.items() if any(point)}
        # variables of the second polytope are labels n.., its rows labels 0..n-1
        theirs = {(bits >> m) | ((bits & ((1 << m) - 1)) << n): point for bits, point in second.items() if any(point)}
        pairs = _complementary(list(ours), list(theirs), n + m, ask)
        if pairs is not None:
            listed = _listed(list(ours.values()), list(theirs.values()), pairs)
            graph = _subsets(listed.pairs, ask)
            if graph is not None:
                return replace(listed, subsets=graph[0], components=graph[1], vertices=spent)
    return Equilibria(((), ()), (), (), (), ended[0], spent)


def _positive(table: list[list[Fraction]]) -> list[list[int]]:
    """Payoffs moved and scaled to integers, the least of them 1."""
    low = min(map(min, table))
    unit = math.lcm(*(entry.denominator for row in table for entry in row))
    whole = [[int((entry - low) * unit) for entry in row] for row in table]
    common = math.gcd(*(entry for row in whole for entry in row)) or 1
    return [[entry // common + 1 for entry in row] for row in whole]


def _complementary(ours: list[int], theirs: list[int], labels: int, ask: Ask) -> list[tuple[int, int]] | None:
    """The pairs whose tight constraints cover all labels; None when asked to end."""
    # how many labels neither has: a product of the missing ones, small whole numbers
    missing = [
        np.array([[not bits >> k & 1 for k in range(labels)] for bits in side], dtype=np.float32) for side in (ours, theirs)
    ]
    block = max(1, _CELLS // max(len(theirs), 1))
    found: list[tuple[int, int]] = []
    for begin in range(0, len(ours), block):
        both: NDArray[np.float32] = missing[0][begin : begin + block] @ missing[1].T
        found += [(begin + k, h) for k, h in np.argwhere(both == 0.0).tolist()]
        if ask(0):
            return None
    return found


def _listed(first: list[list[int]], second: list[list[int]], pairs: list[tuple[int, int]]) -> Equilibria:
    """Only the vertices that occur, in order, as fractions."""
    strategies: list[tuple[Mixed, ...]] = []
    numbers: list[dict[int, int]] = []
    for side, points in enumerate((first, second)):
        mixed = {k: tuple(Fraction(x, sum(points[k])) for x in points[k]) for k in {pair[side] for pair in pairs}}
        order = sorted(mixed, key=lambda k: mixed[k], reverse=True)
        strategies.append(tuple(mixed[k] for k in order))
        numbers.append({k: place for place, k in enumerate(order)})
    renamed = tuple(sorted((numbers[0][k], numbers[1][h]) for k, h in pairs))
    return Equilibria((strategies[0], strategies[1]), renamed, (), (), Termination.PROVED)


Subset = tuple[tuple[int, ...], tuple[int, ...]]


def _subsets(pairs: tuple[tuple[int, int], ...], ask: Ask) -> tuple[tuple[Subset, ...], tuple[tuple[int, ...], ...]] | None:
    """The maximal bicliques of the graph of these edges, component by component; None when asked to end."""
    replies: dict[int, int] = {}  # of each strategy of player 0 the ones that form an edge with it, as bits
    for k, h in pairs:
        replies[k] = replies.get(k, 0) | 1 << h
    subsets: list[Subset] = []
    components: list[tuple[int, ...]] = []
    left = dict(replies)
    while left:
        _, reach = left.popitem()
        group = {reach}
        while joined := [k for k, bits in left.items() if bits & reach]:
            for k in joined:
                group.add(left[k])
                reach |= left.pop(k)
        closed: set[int] = set()  # a maximal V is what all of some U have in common
        for bits in group:
            common = {bits}
            for other in closed:  # may be as many as 2 to the number of strategies
                common.add(bits & other)
                if ask(0):
                    return None
            closed |= common
        closed.discard(0)
        begin = len(subsets)
        for bits in sorted(closed):
            subsets.append((tuple(k for k in replies if replies[k] & bits == bits), _numbers(bits)))
            if ask(0):
                return None
        components.append(tuple(range(begin, len(subsets))))
    return tuple(subsets), tuple(components)


def _numbers(bits: int) -> tuple[int, ...]:
    return tuple(k for k in range(bits.bit_length()) if bits >> k & 1)
