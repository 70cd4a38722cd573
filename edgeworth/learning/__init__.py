"""Tabular learners that know no domain: Q-learning, WoLF-PHC, PGA-APP, GIGA-WoLF, minimax-Q and EXP3.

A learner is a frozen dataclass of its parameters. `Session` lets learners play a repeated or Markov game that is given as
arrays; `Population` packs learners and their tables so that a kernel of another domain can drive the same update rules.

>>> import numpy as np
>>> pennies = np.array([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]])
>>> session = Session(MarkovGame.repeated(pennies), [WolfPhc(rate=0.1, win=0.0005, lose=0.002, explore=0.05)] * 2, seed=0)
>>> session.advance(200_000)
>>> bool(abs(session.average_policy(0)[0, 0] - 0.5) < 0.05)
True
"""

from edgeworth.learning.learners import Exp3, GigaWolf, Learner, MinimaxQ, PgaApp, QLearning, WolfPhc
from edgeworth.learning.markov import MarkovGame, Session
from edgeworth.learning.population import Population

__all__ = [
    "Exp3",
    "GigaWolf",
    "Learner",
    "MarkovGame",
    "MinimaxQ",
    "PgaApp",
    "Population",
    "QLearning",
    "Session",
    "WolfPhc",
]


def __dir__() -> list[str]:
    return __all__.copy()
