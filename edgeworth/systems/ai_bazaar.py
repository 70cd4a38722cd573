"""The AI-Bazaar paper end to end: rounds of a price, demands, proof of learning, payments and the block's reward.

>>> found = run(consumers=4, rounds=3, seed=0)
>>> bool(found.verify()), [each.solution.price for each in found.rounds]
(True, [20.0, 20.0, 20.0])
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from edgeworth.core import validation
from edgeworth.core.arrays import Floats
from edgeworth.core.seeds import Seed, generator
from edgeworth.core.stop import Stop
from edgeworth.core.verdict import Report, Status, Verdict
from edgeworth.games import trading
from edgeworth.games.trading.model import equilibrium_of
from edgeworth.games.trading.training import READINGS, Puzzle, Training
from edgeworth.mechanisms import token_market
from edgeworth.mechanisms.consensus.payments import base_units
from edgeworth.mechanisms.token_market import Record, Transfer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BazaarRun", "Round", "run"]

PROVIDER, TREASURY, CONSUMERS = 1, 2, 3
"""Accounts: the provider's, the one that rewards come from, and the first consumer's; the others follow."""

_RULES = token_market.Rules(pool=0)
_LARGEST = 10**12  # base units that an account may begin with
_MONEY = 1_000.0  # base units


@dataclass(frozen=True, eq=False)
class Round:
    """One round of trading and mining.

    Attributes
    ----------
    number : int
        From 1.
    solution : trading.Equilibrium
        The provider's price and the consumers' equilibrium demands at it.
    winner : int
        Whose network won the race; -1 where nobody's did.
    time : float
        When, in multiples of T_train; infinite without a winner.
    loss : float
        Of the winner's network; without a winner that of the network that the round began with.
    draw : float
        Uniform in [0, 1): the block reaches everybody where it is below exp(-eps tau delta B), delta the winner's loss.
    parameters : float64 array
        The network that the next round begins with: the winner's where its block reached everybody, else the one before.
    """

    number: int
    solution: trading.Equilibrium
    winner: int
    time: float
    loss: float
    draw: float
    parameters: Floats


@dataclass(frozen=True, eq=False, repr=False)
class BazaarRun:
    """A run of AI-Bazaar, as `run` returns it.

    Attributes
    ----------
    game : trading.TradingGame
        The market of every round.
    method : str
        How the provider finds its price.
    reading : str
        Who wins the race; see `edgeworth.games.trading.training.READINGS`.
    training : Training
        What is trained.
    word : int
        The number behind all draws of the run.
    rounds : tuple of Round
    records : tuple of token_market.Record
        The ledger: in every round what each consumer pays the provider, and then the reward of the block, if there is one.
    state : token_market.State
        The accounts after it.
    """

    game: trading.TradingGame
    method: str
    reading: str
    training: Training
    word: int
    rounds: tuple[Round, ...]
    records: tuple[Record, ...]
    state: token_market.State

    @property
    def rules(self) -> token_market.Rules:
        """Of the ledger."""
        return _RULES

    @property
    def endowed(self) -> tuple[int, ...]:
        """Base units that the accounts begin with: enough for every round at the highest price and demand."""
        return _endowments(self.game, len(self.rounds))

    def measures_of(self, each: Round) -> dict[str, float]:
        """Named numbers of a round.

        ``price``, ``total_demand``; ``provider_profit``; ``consumer_profit``, the mean that the model expects;
        ``realised_profit``, the mean with the reward that was paid; ``welfare``, of provider and consumers as the model has it;
        ``paid`` for power and ``reward`` for the block, in money; ``expected_reward``, what the model says all consumers
        together expect; ``winner`` (-1 for none) and ``share``, its share of the mining power; ``block``, whether one reached
        everybody; ``loss``.
        """
        game, at = self.game, each.solution
        power = game.role_ratio * at.demands
        total = float(power.sum())
        share = power / total if total > 0.0 else power
        told = trading.measures(game, at)
        reward = _reward(game, each)
        expected = float(game.effective_reward @ share)
        served = float((at.demands * (game.service_margin - game.payment_weight * at.price)).sum())
        return {
            "price": at.price,
            "total_demand": told["total_demand"],
            "provider_profit": trading.value(game, at),
            "consumer_profit": told["consumer_profit"],
            "realised_profit": (served + reward / _MONEY) / game.consumers,
            "welfare": told["welfare"],
            "paid": sum(amount for _, to, amount in _transfers(game, each) if to == PROVIDER) / _MONEY,
            "reward": reward / _MONEY,
            "expected_reward": expected,
            "winner": float(each.winner),
            "share": float(share[each.winner]) if each.winner >= 0 else 0.0,
            "block": float(_reached(game, each)),
            "loss": each.loss,
        }

    @property
    def measures(self) -> dict[str, float]:
        """Means over rounds of their measures (without ``winner``), and the last round's loss as ``final_loss``."""
        table = [self.measures_of(each) for each in self.rounds]
        means = {name: float(np.mean([row[name] for row in table])) for name in table[0] if name != "winner"}
        return means | {"final_loss": self.rounds[-1].loss}

    def to_frame(self) -> pd.DataFrame:
        """One row a round with its measures."""
        import pandas as pd

        return pd.DataFrame([{"round": each.number} | self.measures_of(each) for each in self.rounds])

    def verify(self) -> Report:
        """Judge the run by recomputing it from its records.

        Returns
        -------
        Report
            ``rounds``: they are numbered from 1, of this game's size, roles given, with prices and demands of at least 0; the
            only verdict where they are not. ``feasible``, ``record``, ``epsilon``, ``reply``, ``ties``: of every round's price
            and demands, as `trading.verify` judges them: consumers are in equilibrium; ``leader``: the greatest regret of the
            provider, measured, for its method need not be exact. ``race``: run again from the parameters before it, every race
            has the winner, time, loss and draw that it is said to have. ``learning``: the recorded
            parameters have the recorded loss, and are those that the round must leave. ``entries``: the ledger holds the
            payments p F_i and the reward m_i (R + lambda B) of every round, in order, and nothing else. ``ledger``: replayed by
            the token market's plain rules, it leads to the recorded state, and all of its invariants hold. ``money``: all
            accounts together hold what they began with, none less than 0. Witnesses begin with the round or the entry.
        """
        odd = [(k, each.number) for k, each in enumerate(self.rounds, 1) if not _sound(self.game, each, k)]
        if odd:
            return Report({"rounds": _verdict(odd)})
        verdicts = {"rounds": _verdict(odd)} | self._replies() | self._learning()
        wanted = _entries(self.game, self.rounds)
        pairs = enumerate(zip_longest(self.records, wanted))
        verdicts["entries"] = _verdict([(k, have) for k, (have, want) in pairs if have != want])
        ledger = token_market.verify(self, every=max(1, len(self.records)))
        verdicts["ledger"] = _verdict([(name, found.witness) for name, found in ledger.failures.items()])
        cash = [0] + [self.state.account(k).free["CASH"] for k in range(1, self.state.accounts + 1)]
        gap = sum(cash) - sum(self.endowed)
        verdicts["money"] = Verdict.of(gap == 0 and min(cash) >= 0, float(abs(gap)), 0.0, (gap, min(cash)))
        return Report(verdicts)

    def _replies(self) -> dict[str, Verdict]:
        reports = [(each.number, trading.verify(self.game, each.solution)) for each in self.rounds]
        unfit = [(number, report["answer"].witness) for number, report in reports if "answer" in report]
        if unfit:
            return {"answer": _verdict(unfit)}
        verdicts = {
            name: _verdict(
                [(number, report[name].witness) for number, report in reports if name in report and not report[name]]
            )
            for name in ("feasible", "record", "epsilon", "reply", "ties")
        }
        regret = max((report["leader"].violation for _, report in reports if "leader" in report), default=0.0)
        return verdicts | {"leader": Verdict(Status.MEASURED, regret)}

    def _learning(self) -> dict[str, Verdict]:
        """Every race once more, from the recorded parameters of the round before."""
        puzzle, before = _begin(self.training, self.word)
        raced, learned = list[object](), list[object]()
        for each in self.rounds:
            _, word, draw = _draws(self.word, each.number)
            winner, loss, time, after = _race(puzzle, self.game, each.solution, before, self.reading, word)
            if (winner, loss, time, draw) != (each.winner, each.loss, each.time, each.draw):
                raced.append((each.number, winner, loss, time, draw))
            left = after if _reached(self.game, each) else before
            if each.parameters.shape != left.shape or not np.array_equal(each.parameters, left):
                learned.append((each.number, "parameters"))
            elif _reached(self.game, each) and abs(puzzle.loss(each.parameters) - each.loss) > 1e-9 * (1.0 + each.loss):
                learned.append((each.number, puzzle.loss(each.parameters)))
            before = left
        return {"race": _verdict(raced), "learning": _verdict(learned)}

    def __repr__(self) -> str:
        blocks = sum(_reached(self.game, each) for each in self.rounds)
        return f"<BazaarRun: {len(self.rounds)} rounds by {self.method}, {blocks} blocks, {len(self.records)} records>"


def run(
    *,
    preset: str = "ai-bazaar",
    consumers: int | None = None,
    rounds: int = 5,
    method: str = "exact",
    stop: Stop | None = None,
    reading: str = "smallest-loss",
    training: Training | None = None,
    seed: Seed = None,
    on_round: Callable[[int, int, Mapping[str, float]], None] | None = None,
) -> BazaarRun:
    """Run the market: a price, the consumers' answer, the race for the block, payments and the reward, round after round.

    Parameters
    ----------
    preset : str
        Of `trading.generate`: the market, the same in every round.
    consumers : int, optional
        N >= 1; by default the preset's 10.
    rounds : int
        How many, >= 1.
    method : str
        Of `edgeworth.games.trading`: how the provider finds its price.
    stop : Stop, optional
        Of that method.
    reading : {"smallest-loss", "first-below-threshold"}
        Who wins the block.
    training : Training, optional
        Data set, network and descent; see `trading.Training`.
    seed : int, SeedSequence or Generator, optional
        Of market, method, data set and races.
    on_round : callable, optional
        ``f(number, rounds, measures)`` after every round.

    Returns
    -------
    BazaarRun

    Raises
    ------
    ValueError, TypeError
        Naming the argument, the rule and the value.
    NoSolutionError
        Where the method finds no price, in its limits or at all.

    Notes
    -----
    In a round the provider sets the price that its method finds, whatever demands that method expects; the consumers play their
    equilibrium at this price and pay p F_i, in whole 1/1000 of money. Each trains with its mining power beta_i F_i, from the
    same parameters. The winner's block reaches everybody with probability exp(-eps tau delta B), delta the loss of its network,
    as section 4.2 defines delta; the market itself was solved with the delta_i that the game states. A block that does earns
    m_i (R + lambda B), and all take over its parameters; nothing is paid for one that does not. Services, electricity and what
    a tendency u_i makes of a payment are not on the ledger.

    References
    ----------
    AI-Bazaar paper, sections 3 and 4.
    """
    count = validation.integer("rounds", rounds, minimum=1)
    validation.choice("reading", reading, READINGS)
    rng, _ = generator(seed)
    game = trading.generate(preset=preset, consumers=consumers, seed=int(rng.integers(2**62)))
    word = int(rng.integers(2**62))
    endowed = _endowments(game, count)
    if max(endowed) > _LARGEST:
        validation.reject("rounds", f"times what a round may cost must be at most {_LARGEST} base units", max(endowed))
    puzzle, parameters = _begin(Training() if training is None else training, word)
    state = token_market.State.genesis(_RULES, endowed=endowed)
    made, records = list[Round](), list[Record]()
    found = BazaarRun(game, method, reading, puzzle.training, word, (), (), state)
    for number in range(1, count + 1):
        number_of_method, race, draw = _draws(word, number)
        asked = trading.solve(game, method=method, stop=stop, seed=number_of_method).require()
        strong = asked.tie_break == "strong"
        demands = trading.follower_equilibrium(game, asked.price, tie_break="strong" if strong else "weak")
        at = equilibrium_of(game, asked.price, demands, strong=strong)
        winner, loss, time, after = _race(puzzle, game, at, parameters, reading, race)
        each = Round(number, at, winner, time, loss, draw, after)
        if not _reached(game, each):
            each = replace(each, parameters=parameters)
        parameters = each.parameters
        for signer, to, amount in _transfers(game, each):
            records.append(_recorded(state, signer, to, amount))
        made.append(each)
        if on_round is not None:
            on_round(number, count, found.measures_of(each))
    return BazaarRun(game, method, reading, puzzle.training, word, tuple(made), tuple(records), state)


def _sound(game: trading.TradingGame, each: Round, number: int) -> bool:
    """Whether a round can be judged at all."""
    demands = each.solution.demands
    fits = len(demands) == game.consumers and -1 <= each.winner < game.consumers
    fits = fits and game.roles == "given" and each.solution.mining is None
    return each.number == number and fits and each.solution.price >= 0.0 and bool((demands >= 0.0).all())


def _draws(word: int, number: int) -> tuple[int, int, float]:
    """Of a round: the seed of the provider's method, the word of the race, and the draw that decides on propagation."""
    rng = np.random.default_rng(np.random.SeedSequence(word, spawn_key=(number,)))
    return int(rng.integers(2**62)), int(rng.integers(2**62)), float(rng.random())


def _begin(training: Training, word: int) -> tuple[Puzzle, Floats]:
    """The data set, and the network that the first round begins with."""
    rng = np.random.default_rng(np.random.SeedSequence(word, spawn_key=(0,)))
    puzzle = Puzzle(training, seed=rng)
    return puzzle, puzzle.genesis(1, rng)[0]


def _race(
    puzzle: Puzzle, game: trading.TradingGame, at: trading.Equilibrium, before: Floats, reading: str, word: int
) -> tuple[int, float, float, Floats]:
    """Winner, loss, time and the winner's parameters; -1 and those from before where nobody mines or wins."""
    power = game.role_ratio * at.demands
    if not power.sum() > 0.0:
        return -1, puzzle.loss(before), math.inf, before
    parameters = before[None, :].copy()
    winner, loss, time = puzzle.race(power, parameters, reading, 1, word)
    return int(winner[0, 0]), float(loss[0, 0]), float(time[0, 0]), parameters[0]


def _reached(game: trading.TradingGame, each: Round) -> bool:
    """Whether there is a block that reached everybody."""
    delay = game.propagation_factor * max(each.loss, 0.0) * game.block_size
    return each.winner >= 0 and each.draw < math.exp(-game.puzzle_constant * delay)


def _prize(game: trading.TradingGame, i: int) -> int:
    """m_i (R + lambda B) in base units."""
    return base_units(float(game.token_effect[i]) * (game.reward + game.performance_factor * game.block_size))


def _reward(game: trading.TradingGame, each: Round) -> int:
    """Base units that the block of a round earned."""
    return _prize(game, each.winner) if _reached(game, each) else 0


def _transfers(game: trading.TradingGame, each: Round) -> list[tuple[int, int, int]]:
    """Who pays whom how much in a round: p F_i for power, m_i (R + lambda B) for a block."""
    at, won = each.solution, _reward(game, each)
    paid = [(CONSUMERS + i, PROVIDER, base_units(at.price * demand)) for i, demand in enumerate(at.demands.tolist())]
    return paid + ([(TREASURY, CONSUMERS + each.winner, won)] if _reached(game, each) else [])


def _recorded(state: token_market.State, signer: int, to: int, amount: int) -> Record:
    nonce = state.nonce(signer)
    command = Transfer(to=to, asset="CASH", amount=amount)
    effect = token_market.execute(state, command, signer=signer, nonce=nonce)
    if not effect:
        raise AssertionError(effect)
    return Record(command.code, signer, nonce, tuple(command.arguments()), int(effect.refusal), effect.outputs)


def _entries(game: trading.TradingGame, rounds: tuple[Round, ...]) -> list[Record]:
    """The ledger that rounds must have."""
    nonces: dict[int, int] = {}
    found = list[Record]()
    for each in rounds:
        for signer, to, amount in _transfers(game, each):
            nonce = nonces.get(signer, 0)
            nonces[signer] = nonce + 1
            found.append(Record(Transfer.code, signer, nonce, (to, 2, amount, 0), 0, (0, 0, 0)))
    return found


def _endowments(game: trading.TradingGame, rounds: int) -> tuple[int, ...]:
    most = rounds * base_units(game.max_price * game.max_demand)
    prizes = rounds * max(_prize(game, i) for i in range(game.consumers))
    return (0, prizes, *[most] * game.consumers)


def _verdict(wrong: Sequence[object]) -> Verdict:
    return Verdict.of(not wrong, float(len(wrong)), 0.0, wrong[0] if wrong else None)
