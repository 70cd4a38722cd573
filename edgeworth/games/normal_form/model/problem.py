"""The problem and solution types of finite games."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from edgeworth.core import names, validation
from edgeworth.core.arrays import Array, OptionalArray, optional
from edgeworth.core.faces import Column, ShownSolution
from edgeworth.core.numeric import Sense
from edgeworth.core.payload import Payload
from edgeworth.core.problem import ProblemData
from edgeworth.core.provenance import Provenance

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_PAYOFF = 2.0**1000
"""Beyond, differences and means of payoffs might overflow."""
WELFARE = "welfare"
"""The objective that is the sum of all players' expected payoffs."""
EXACT_INTEGERS = 2**53
"""Numerators and denominators stay below: their float64 quotient is then correctly rounded."""


@dataclass(frozen=True, eq=False, repr=False)
class NormalFormGame(ProblemData):
    """A finite game in normal form: players i = 0..n-1 choose pure strategies a_i at once and receive u_i(a_0, ..., a_(n-1)).

    Parameters
    ----------
    payoffs : array_like
        u, float64 [players, |A_0|, ..., |A_(n-1)|], in any units, larger is better. At least one player, and one strategy each.
        Those of one or two players may be a list of a Series or DataFrame a player, whose labels become the strategies' names;
        the same labels in another order are brought into the order of the first.
    players : tuple of str
        Their names; by default "1", "2", ...
    strategies : tuple of tuple of str
        Names per player, distinct within a player; by default "1", "2", ...
    title : str
        A text that files keep.
    numerators, denominators : array_like, optional
        int64 of the same shape, |.| <= 2^53, denominators >= 1; kept reduced. Where given, payoffs are the fractions exactly,
        ``payoffs`` their nearest float64, and exact verification uses the fractions; where not, the floats are exact as they
        stand. `from_fractions` builds both.
    objective : str
        Whose payoff the value of a profile is: "welfare", the sum of all players' expected payoffs, or a player's name. It
        decides what is compared, and which of several pure equilibria is returned; equilibria do not depend on it. Where all
        payoffs sum to one constant the welfare says nothing: name a player.
    provenance : Provenance
        Where the game comes from.

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value, for wrong shapes, NaN, infinities, sizes above 2^1000 and duplicate names.

    Notes
    -----
    ``sense`` is "max": larger values are better. Arrays are copied and read-only.

    Examples
    --------
    >>> game = NormalFormGame([[[3.0, 0.0], [5.0, 1.0]], [[3.0, 5.0], [0.0, 1.0]]], players=("row", "column"))
    >>> game.shape, game.strategies[1]
    ((2, 2), ('1', '2'))
    """

    sizes: ClassVar[tuple[str, ...]] = ("shape",)

    kind: ClassVar[str] = "normal-form"
    sense: ClassVar[Sense] = "max"
    integral: ClassVar[bool] = False
    offset: ClassVar[float] = 0.0

    payoffs: Floats
    players: tuple[str, ...] = ()
    strategies: tuple[tuple[str, ...], ...] = ()
    title: str = ""
    numerators: OptionalArray[Ints | None] = optional()
    denominators: OptionalArray[Ints | None] = optional()
    objective: str = WELFARE
    provenance: Provenance = field(default_factory=lambda: Provenance("arrays"))

    def __post_init__(self) -> None:
        def store(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        payoffs, labels = _unlabelled(self.payoffs, self.strategies)
        store("payoffs", payoffs)
        store("strategies", labels)
        try:
            shape = np.shape(self.payoffs)
        except ValueError as error:
            text = validation.shown(self.payoffs)
            raise ValueError(f"payoffs: must be a rectangular array of numbers; got {text}") from error
        if len(shape) < 2 or shape[0] != len(shape) - 1 or 0 in shape:
            validation.reject("payoffs", "must have shape players x strategies of each player, none of them 0", shape)
        most = LARGEST_PAYOFF
        store("payoffs", validation.array("payoffs", self.payoffs, np.float64, shape, minimum=-most, maximum=most))
        store("players", _names("players", self.players, len(shape) - 1))
        given: Any = self.strategies or ((),) * len(self.players)
        if isinstance(given, str) or not hasattr(given, "__len__") or len(given) != len(self.players):
            validation.reject("strategies", f"must list names for each of {len(self.players)} players", given)
        named = tuple(_names(f"strategies[{i}]", each, shape[i + 1]) for i, each in enumerate(given))
        store("strategies", named)
        if not isinstance(self.title, str):
            validation.reject_type("title", "must be text", self.title)
        validation.choice("objective", self.objective, [WELFARE, *self.players])
        if (self.numerators is None) != (self.denominators is None):
            validation.reject("denominators", "must be given together with numerators", self.denominators)
        if self.numerators is not None:
            top = validation.array(
                "numerators", self.numerators, np.int64, shape, minimum=-EXACT_INTEGERS, maximum=EXACT_INTEGERS
            )
            low = validation.array("denominators", self.denominators, np.int64, shape, minimum=1, maximum=EXACT_INTEGERS)
            if not np.array_equal(top / low, self.payoffs):
                validation.reject("payoffs", "must be the nearest float64 of numerators / denominators", self.payoffs)
            common = np.gcd(top, low)  # reduced, so that equal games have equal hashes
            for name, part in (("numerators", top // common), ("denominators", low // common)):
                part.setflags(write=False)
                store(name, part)

    @classmethod
    def from_fractions(
        cls,
        payoffs: Any,
        *,
        players: Sequence[str] = (),
        strategies: Sequence[Sequence[str]] = (),
        title: str = "",
        objective: str = WELFARE,
        provenance: Provenance | None = None,
    ) -> NormalFormGame:
        """From nested sequences of `fractions.Fraction`, integers or text such as "1/3", shaped like ``payoffs``.

        Raises ValueError where a numerator or denominator exceeds 2^53, and as the class does.
        """
        validation.refuse_labels_and_masks("payoffs", payoffs)
        raw = np.asarray(payoffs, dtype=object)
        exact = [_fraction("payoffs", entry) for entry in raw.ravel()]
        top = np.array([entry.numerator for entry in exact], dtype=object).reshape(raw.shape)
        low = np.array([entry.denominator for entry in exact], dtype=object).reshape(raw.shape)
        if any(abs(entry.numerator) > EXACT_INTEGERS or entry.denominator > EXACT_INTEGERS for entry in exact):
            validation.reject("payoffs", "must have numerators and denominators of at most 2**53", payoffs)
        numerators, denominators = top.astype(np.int64), low.astype(np.int64)
        return cls(
            payoffs=numerators / denominators,
            players=tuple(players),
            strategies=tuple(tuple(names) for names in strategies),
            title=title,
            numerators=numerators,
            denominators=denominators,
            objective=objective,
            provenance=provenance or Provenance("arrays"),
        )

    @property
    def objective_player(self) -> int | None:
        """The number of the player whose payoff is the value; None for the welfare."""
        return None if self.objective == WELFARE else self.players.index(self.objective)

    @property
    def player_names(self) -> tuple[str, ...]:
        """The names of the players, as `edgeworth.core.names` reads them."""
        return self.players

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of pure strategies of each player."""
        return self.payoffs.shape[1:]

    @cached_property
    def magnitude(self) -> Floats:
        """The largest |payoff| of each player over all outcomes, float64 [players]. No regret is held against it."""
        result = np.abs(self.payoffs).reshape(len(self.players), -1).max(axis=1)
        result.setflags(write=False)
        return np.asarray(result)

    @cached_property
    def flat(self) -> tuple[Floats, Ints]:
        """The payoffs player by player, the last player's strategy fastest, and the numbers of strategies, for kernels."""
        sizes = np.array(self.shape, dtype=np.int64)
        sizes.setflags(write=False)
        return self.payoffs.reshape(-1), sizes

    def exact(self, player: int, outcome: tuple[int, ...]) -> Fraction:
        """The payoff of a player at a pure outcome as an exact fraction."""
        where = (player, *outcome)
        if self.numerators is None or self.denominators is None:
            return Fraction(float(self.payoffs[where]))
        return Fraction(int(self.numerators[where]), int(self.denominators[where]))

    # --- files ----------------------------------------------------------------------------------------------------------

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        content: dict[str, object] = {
            "players": list(self.players),
            "strategies": [list(names) for names in self.strategies],
            "title": self.title,
            "objective": self.objective,
            "provenance": self.provenance.to_fields(),
        }
        arrays: dict[str, Array] = {"payoffs": self.payoffs}
        if self.numerators is not None and self.denominators is not None:
            arrays |= {"numerators": self.numerators, "denominators": self.denominators}
        return Payload(content, arrays)

    @classmethod
    def from_payload(cls, payload: Payload) -> NormalFormGame:
        """The inverse of `to_payload`; validates like the constructor."""
        origin = Provenance.from_fields(payload.field("provenance"))
        return cls(
            payoffs=payload.array("payoffs"),
            players=tuple(payload.field("players")),
            strategies=tuple(tuple(names) for names in payload.field("strategies")),
            title=payload.field("title"),
            objective=payload.field("objective"),
            numerators=payload.arrays.get("numerators"),
            denominators=payload.arrays.get("denominators"),
            provenance=origin,
        )


@dataclass(frozen=True, eq=False, repr=False)
class Profile(ShownSolution):
    """A mixed strategy for every player.

    Parameters
    ----------
    probabilities : sequence of array_like
        One float64 vector a player, copied and read-only; entries must be finite. Whether they are probabilities of a game's
        strategies is for `violations` to say; regrets and payoffs are those of feasible profiles only.

    Examples
    --------
    >>> Profile([[0.5, 0.5], [1.0, 0.0, 0.0]]).support
    ((0, 1), (0,))
    """

    columns: ClassVar[tuple[Column, ...]] = (
        Column("player", "number of the player", axis="player"),
        Column("strategy", "number of the strategy"),
        Column("probability", "1"),
    )

    probabilities: tuple[Floats, ...]

    def __init__(self, probabilities: Sequence[ArrayLike]) -> None:
        if isinstance(probabilities, str | Mapping) or not hasattr(probabilities, "__len__"):
            validation.reject_type("probabilities", "must be a sequence of vectors, one a player", probabilities)
        kept = tuple(
            validation.array(f"probabilities[{i}]", vector, np.float64, (None,)) for i, vector in enumerate(probabilities)
        )
        object.__setattr__(self, "probabilities", kept)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.probabilities,)

    def __len__(self) -> int:
        return len(self.probabilities)

    def __getitem__(self, player: int) -> Floats:
        return self.probabilities[player]

    def __iter__(self) -> Iterator[Floats]:
        return iter(self.probabilities)

    @classmethod
    def pure(cls, game: NormalFormGame, strategies: Sequence[int]) -> Profile:
        """The profile in which every player chooses one strategy, given by its number from 0."""
        if len(strategies) != len(game.shape):
            validation.reject("strategies", f"must name a strategy for each of {len(game.shape)} players", strategies)
        vectors = []
        for i, (chosen, n) in enumerate(zip(strategies, game.shape, strict=True)):
            vector = np.zeros(n)
            vector[validation.integer(f"strategies[{i}]", chosen, minimum=0, maximum=n - 1)] = 1.0
            vectors.append(vector)
        return cls(vectors)

    @cached_property
    def flat(self) -> Floats:
        """The probabilities of all players in one vector, read-only, for kernels."""
        result = np.concatenate(self.probabilities) if self.probabilities else np.zeros(0)
        result.setflags(write=False)
        return result

    @property
    def support(self) -> tuple[tuple[int, ...], ...]:
        """The strategies of positive probability, per player."""
        return tuple(tuple(np.flatnonzero(vector > 0.0).tolist()) for vector in self.probabilities)

    def _content(self) -> dict[str, object]:
        counts = [len(vector) for vector in self]
        return {
            "player": np.repeat(np.arange(len(counts)), counts),
            "strategy": np.concatenate([np.zeros(0, dtype=np.int64), *map(np.arange, counts)]),
            "probability": np.concatenate([np.zeros(0), *self]),
        }

    def to_payload(self) -> Payload:
        """As plain fields and arrays."""
        return Payload({"players": len(self)}, {str(i): vector for i, vector in enumerate(self.probabilities)})

    @classmethod
    def from_payload(cls, payload: Payload) -> Profile:
        """The inverse of `to_payload`."""
        return cls([payload.array(str(i)) for i in range(payload.field("players"))])


_SIDES = ("row", "column")


def _unlabelled(payoffs: Any, strategies: Any) -> tuple[Any, Any]:
    """Payoffs of one or two players as arrays where they are Series or DataFrames, and the names of their strategies."""
    listed = payoffs if isinstance(payoffs, list | tuple) else []
    if len(listed) > len(_SIDES) or not any(map(validation.is_labelled, listed)):
        return payoffs, strategies
    if strategies and len(strategies) != len(listed):
        return payoffs, strategies
    axes: names.Axes = _SIDES[: len(listed)]
    stated = {f"{axis}_names": given or None for axis, given in zip(axes, strategies or ((),) * len(axes), strict=True)}
    aligned, found = names.align({f"payoffs[{i}]": (each, axes) for i, each in enumerate(listed)}, stated)
    return list(aligned.values()), tuple(found[f"{axis}_names"] or () for axis in axes)


def _names(argument: str, given: Any, count: int) -> tuple[str, ...]:
    if isinstance(given, str) or not hasattr(given, "__len__"):
        validation.reject_type(argument, "must be a sequence of names", given)
    if not len(given):
        return tuple(str(k + 1) for k in range(count))
    if len(given) != count:
        validation.reject(argument, f"must hold {count} names", given)
    for name in given:
        if not isinstance(name, str):
            validation.reject_type(argument, "must hold text", name)
    if len(set(given)) != len(given):
        validation.reject(argument, "must be distinct", given)
    return tuple(given)


def require_game(game: object) -> None:
    """TypeError for anything but a `NormalFormGame`."""
    if not isinstance(game, NormalFormGame):
        validation.reject_type("game", "must be a NormalFormGame", game)


def numbered(names: Sequence[str]) -> tuple[str, ...]:
    """Distinct names: every repetition of a name gets the next number that makes it new, from 2, as in "a", "a (2)", "a (3)".

    A name that occurs once stays as it is, the empty one too; the second empty one is "(2)".
    """
    taken, found = set(names), dict.fromkeys(names, 1)
    result, seen = [], set[str]()
    for name in names:
        text = name
        while text in seen or (text != name and text in taken):
            found[name] += 1
            text = f"{name} ({found[name]})".lstrip()
        seen.add(text)
        result.append(text)
    return tuple(result)


def _fraction(argument: str, value: Any) -> Fraction:
    if isinstance(value, bool | float) or not isinstance(value, int | Fraction | str | np.integer):
        validation.reject_type(argument, "must hold fractions, integers or text such as '1/3'", value)
    try:
        return Fraction(int(value) if isinstance(value, np.integer) else value)
    except (ValueError, ZeroDivisionError) as error:
        raise ValueError(f"{argument}: must hold fractions; got {validation.shown(value)}") from error
