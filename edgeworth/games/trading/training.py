"""Proof of learning: the race in which every miner trains a network with its power, and the winner issues the block.

>>> from edgeworth.games import trading
>>> game = trading.generate()
>>> table = training_race(game, trading.solve(game).solution, races=200, seed=0)
>>> first = table[table.consumer == 0].set_index("reading")
>>> first.share.round(3).tolist(), bool((first.low > first.share).all())
([0.182, 0.182], True)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats, Ints
from edgeworth.core.seeds import Seed, generator
from edgeworth.games.trading.kernels import training as kernel
from edgeworth.games.trading.model import Equilibrium, TradingGame, mining_of
from edgeworth.games.trading.race import wilson

if TYPE_CHECKING:
    import pandas as pd

READINGS = ("smallest-loss", "first-below-threshold")
"""What the paper says of who wins: the network of the smaller loss, at the end of the training time; and the first."""

_MOST = 10**9  # of every number of a puzzle
_CHUNK = 300_000  # passes of an observation through the network between two looks at the world: some 30 ms


@dataclass(frozen=True, kw_only=True)
class Training:
    """The learning puzzle: data set, network, and descent.

    Parameters
    ----------
    samples, features, classes : int
        Of the standard data set, >= 2, >= 1 and >= 2: normal clouds around normal centres, a class each. All whole numbers here
        are at most 1e9.
    hidden : int
        Rectified units of the one hidden layer, >= 1.
    rate : float
        Of stochastic gradient descent, > 0, an observation a step.
    steps : int
        That a miner of mean power makes in T_train, >= 1; all others make as many as their power says.
    check : int
        Steps between two looks at the loss, >= 1, in the reading "first-below-threshold".
    threshold : float
        In (0, 1): of the loss that the block began with, to be reached in that reading.
    patience : float
        Multiples of T_train after which such a race ends without a winner, > 0.

    Raises
    ------
    ValueError, TypeError
        If a field is out of range or of the wrong type.

    Notes
    -----
    The paper names neither network nor data set ("the same standard dataset"): all of this is ours.
    """

    samples: int = 120
    features: int = 4
    classes: int = 3
    hidden: int = 6
    rate: float = 0.02
    steps: int = 100
    check: int = 4
    threshold: float = 0.95
    patience: float = 10.0

    def __post_init__(self) -> None:
        for name, least in (("samples", 2), ("features", 1), ("classes", 2), ("hidden", 1), ("steps", 1), ("check", 1)):
            validation.integer(name, getattr(self, name), minimum=least, maximum=_MOST)
        for name in ("rate", "patience"):
            validation.real(name, getattr(self, name), minimum=0.0, open_minimum=True)
        if validation.real("threshold", self.threshold, minimum=0.0, open_minimum=True) >= 1.0:
            validation.reject("threshold", "must be below 1", self.threshold)


class Puzzle:
    """A training puzzle with its data set, which a seed draws.

    Parameters
    ----------
    training : Training
        What is trained, and how.
    seed : int, SeedSequence or Generator, optional
        Of the data set.

    Attributes
    ----------
    inputs : float64 array [samples, features]
    labels : int64 array [samples]
    """

    def __init__(self, training: Training, *, seed: Seed = None) -> None:
        if not isinstance(training, Training):
            validation.reject_type("training", "must be a Training", training)
        self.training = training
        rng = generator(seed)[0]
        self.labels: Ints = np.arange(training.samples, dtype=np.int64) % training.classes
        centres = rng.standard_normal((training.classes, training.features))
        self.inputs: Floats = centres[self.labels] + rng.standard_normal((training.samples, training.features))

    @property
    def size(self) -> int:
        """Number of parameters of the network."""
        t = self.training
        return t.hidden * (t.features + 1) + t.classes * (t.hidden + 1)

    def genesis(self, chains: int, rng: np.random.Generator) -> Floats:
        """Parameters that `chains` chains of blocks begin with, float64 [chains, size]: normal weights by fan-in, biases 0."""
        t = self.training
        first = np.zeros((chains, t.hidden, t.features + 1))
        first[:, :, :-1] = rng.standard_normal((chains, t.hidden, t.features)) * np.sqrt(2.0 / t.features)
        second = np.zeros((chains, t.classes, t.hidden + 1))
        second[:, :, :-1] = rng.standard_normal((chains, t.classes, t.hidden)) * np.sqrt(1.0 / t.hidden)
        return np.concatenate([first.reshape(chains, -1), second.reshape(chains, -1)], axis=1)

    def passes(self, miners: int, reading: str) -> int:
        """How many observations the miners together pass through their networks for a block, at most and about."""
        t = self.training
        steps = t.steps if reading == READINGS[0] else math.ceil(t.steps * t.patience)
        looks = 1 if reading == READINGS[0] else steps // t.check
        return miners * (steps + looks * t.samples)

    def loss(self, parameters: Floats) -> float:
        """Mean cross-entropy of a network on the data set, as everybody can check it."""
        t = self.training
        head = t.hidden * (t.features + 1)
        first, second = parameters[:head].reshape(t.hidden, -1), parameters[head:].reshape(t.classes, -1)
        middle = np.maximum(self.inputs @ first[:, :-1].T + first[:, -1], 0.0)
        scores = middle @ second[:, :-1].T + second[:, -1]
        scores -= scores.max(axis=1, keepdims=True)
        own = scores[np.arange(t.samples), self.labels]
        return float((np.log(np.exp(scores).sum(axis=1)) - own).mean())

    def race(
        self, power: Floats, parameters: Floats, reading: str, blocks: int, word: int, first: int = 0
    ) -> tuple[Ints, Floats, Floats]:
        """Race for `blocks` blocks, one after the other, on every chain.

        Parameters
        ----------
        power : float64 array [N]
            x >= 0, somebody's above 0.
        parameters : float64 array [chains, size]
            What the chains begin with; in their place is then what the winners left.
        reading : str
            One of `READINGS`.
        blocks : int
            Races on every chain.
        word : int
            Of the random streams, in [0, 2^63).
        first : int
            Number of the first chain, by which its stream is chosen.

        Returns
        -------
        winner : int64 array [chains, blocks]
            Who wins; -1 where the time ended before anybody did.
        loss : float64 array [chains, blocks]
            Of the winner's network, which the others take over; without a winner that of the block's beginning.
        time : float64 array [chains, blocks]
            When, in multiples of T_train; infinite without a winner.
        """
        t = self.training
        smallest = reading == READINGS[0]
        pace = t.steps * power / power[power > 0.0].mean()
        order = np.argsort(-power, kind="stable")  # who is fast first: the others need not train beyond its time
        shape = (len(parameters), blocks)
        winner, loss, time = np.empty(shape, np.int64), np.empty(shape), np.empty(shape)
        kernel.chains(
            self.inputs, self.labels, t.hidden, t.classes, t.rate, pace, 1.0 if smallest else t.patience, t.check,
            -1.0 if smallest else t.threshold, order, np.uint64(word), first, parameters, np.empty(self.size),
            np.empty(self.size), np.empty(t.hidden), np.empty(t.classes), winner, loss, time,
        )  # fmt: skip
        return winner, loss, time


def training_race(
    game: TradingGame,
    profile: Equilibrium,
    *,
    races: int = 1_000,
    blocks: int = 1,
    reading: str | None = None,
    training: Training | None = None,
    confidence: float = 0.95,
    seed: Seed = None,
) -> pd.DataFrame:
    """Train networks with the power that consumers mine with, and count who wins the block.

    Parameters
    ----------
    game : TradingGame
        The game, for the role ratios.
    profile : Equilibrium
        The consumers' demands, which make their shares of the mining power.
    races : int
        Independent chains of blocks a reading, at least 1; every chain begins with a network of its own.
    blocks : int
        Blocks of every chain, at least 1: the race for one begins with the parameters of the winner before.
    reading : str, optional
        One of `READINGS`; both without it.
    training : Training, optional
        Data set, network and descent; see `Training`.
    confidence : float
        Of the Wilson intervals, in (0, 1).
    seed : int, SeedSequence or Generator, optional
        Of data set, networks and descent.

    Returns
    -------
    pandas.DataFrame
        A row a consumer, reading and block (from 1): share alpha_i = x_i / X, which the market takes for the chance; wins, the
        share of races with a winner that it won, with the Wilson interval low..high; decided, the share of races that had a
        winner; loss, the mean of the networks after the block.

    Raises
    ------
    ValueError, TypeError
        For arguments out of range, and where nobody mines.

    Notes
    -----
    All miners descend from the same parameters on the same data set, each by observations that it draws itself; in T_train
    miner i makes ``steps x_i / mean x`` steps. Were the time to a solution memoryless, its chance would be x_i / X, as the
    paper's (1)-(2) take over from hashing. Training is not: a step builds on those before it.

    References
    ----------
    AI-Bazaar paper, section 4.2.

    Examples
    --------
    >>> from edgeworth.games import trading
    >>> game = trading.generate(preset="interior", consumers=2)
    >>> profile = trading.solve(game).solution
    >>> table = training_race(game, profile, races=300, reading="smallest-loss", seed=1)
    >>> bool(((table.low < 0.5) & (0.5 < table.high)).all())  # equal power, equal chances
    True
    """
    import pandas as pd
    from scipy.stats import norm

    if not isinstance(game, TradingGame):
        validation.reject_type("game", "must be a TradingGame", game)
    if not isinstance(profile, Equilibrium):
        validation.reject_type("profile", "must be an Equilibrium", profile)
    if len(profile.demands) != game.consumers:
        validation.reject("profile", f"must have demands of {game.consumers} consumers", len(profile.demands))
    count = validation.integer("races", races, minimum=1)
    length = validation.integer("blocks", blocks, minimum=1)
    readings = READINGS if reading is None else (validation.choice("reading", reading, READINGS),)
    level = validation.real("confidence", confidence, minimum=0.0, maximum=1.0, open_minimum=True)
    if level >= 1.0:
        validation.reject("confidence", "must be below 1", confidence)
    power = mining_of(game, profile)
    if not (power.sum() > 0.0 and power.min() >= 0.0):
        validation.reject("profile", "must hold a consumer that mines, and nobody with less than 0", profile)
    rng = generator(seed)[0]
    puzzle = Puzzle(Training() if training is None else training, seed=rng)
    begin = puzzle.genesis(count, rng)
    word = int(rng.integers(2**63))
    quantile = float(norm.ppf(0.5 + 0.5 * level))
    share = power / power.sum()
    rows = []
    for each in readings:
        chunk = max(1, _CHUNK // (length * puzzle.passes(int((power > 0.0).sum()), each)))
        parts = [
            puzzle.race(power, begin[k : k + chunk].copy(), each, length, word, first=k) for k in range(0, count, chunk)
        ]  # fmt: skip
        winner, loss = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        for block in range(length):
            won = winner[:, block]
            wins = np.bincount(won[won >= 0], minlength=len(share))
            decided = int(wins.sum())
            for i, hits in enumerate(wins.tolist()):
                low, high = wilson(hits, decided, quantile) if decided else (0.0, 1.0)
                rate = hits / decided if decided else float("nan")
                rows.append((i, each, block + 1, share[i], rate, low, high, decided / count, loss[:, block].mean()))
    columns = ["consumer", "reading", "block", "share", "wins", "low", "high", "decided", "loss"]
    return pd.DataFrame(rows, columns=columns)
