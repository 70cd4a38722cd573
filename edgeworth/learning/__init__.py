"""Tabular learners that know no domain: Q-learning, WoLF-PHC, PGA-APP, GIGA-WoLF, minimax-Q and EXP3.

A learner is a frozen dataclass of its parameters; `LEARNERS` lists all of them by name. `Play` says who learns, and for how
long, in a game's learning methods. `Session` lets learners play a repeated or Markov game that is given as arrays;
`Population` packs learners and their tables so that a kernel of another domain can drive the same update rules. `deep` trains
policies by gradients.

>>> import numpy as np
>>> from edgeworth.learning import MarkovGame, Session
>>> pennies = np.array([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]])
>>> session = Session(MarkovGame.repeated(pennies), [WolfPhc(rate=0.1, win=0.0005, lose=0.002, explore=0.05)] * 2, seed=0)
>>> session.advance(200_000)
>>> bool(abs(session.average_policy(0)[0, 0] - 0.5) < 0.05)
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from edgeworth.core.lazy import later
from edgeworth.learning.learners.base import Learner
from edgeworth.learning.play import Play
from edgeworth.learning.population import Population
from edgeworth.learning.registry import LEARNERS

if TYPE_CHECKING:  # for editors; at run time every learner of the registry is a name of this package
    from edgeworth.learning.learners.exp3 import Exp3 as Exp3
    from edgeworth.learning.learners.giga_wolf import GigaWolf as GigaWolf
    from edgeworth.learning.learners.minimax_q import MinimaxQ as MinimaxQ
    from edgeworth.learning.learners.pga_app import PgaApp as PgaApp
    from edgeworth.learning.learners.q_learning import QLearning as QLearning
    from edgeworth.learning.learners.wolf_phc import WolfPhc as WolfPhc
    from edgeworth.learning.markov import MarkovGame as MarkovGame
    from edgeworth.learning.markov import Session as Session

_CLASSES = {learner.__name__: learner for learner in LEARNERS.values()}
globals().update(_CLASSES)

__all__ = ["LEARNERS", "Learner", "MarkovGame", "Play", "Population", "Session", *_CLASSES, "deep"]

_later = later(__name__, {"MarkovGame": "markov", "Session": "markov"})


def __getattr__(name: str) -> Any:
    return import_module(f"{__name__}.deep") if name == "deep" else _later(name)


def __dir__() -> list[str]:
    return __all__.copy()
