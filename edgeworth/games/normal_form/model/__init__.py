"""The finite game: problem, profile, payoffs, regrets, best responses, generators, Gambit's file format."""

from edgeworth.games.normal_form.model.functions import (
    Deviation,
    ProfileLike,
    Violation,
    best_responses,
    commitment_bound,
    constant_sum,
    deviation_payoffs,
    measures,
    payoffs,
    pure_equilibria,
    regret,
    regrets,
    value,
    violations,
    worst_deviation,
)
from edgeworth.games.normal_form.model.nfg import read_nfg, write_nfg
from edgeworth.games.normal_form.model.presets import PRESETS, generate
from edgeworth.games.normal_form.model.problem import Floats, Ints, NormalFormGame, Profile

__all__ = [
    "PRESETS",
    "Deviation",
    "Floats",
    "Ints",
    "NormalFormGame",
    "Profile",
    "ProfileLike",
    "Violation",
    "best_responses",
    "commitment_bound",
    "constant_sum",
    "deviation_payoffs",
    "generate",
    "measures",
    "payoffs",
    "pure_equilibria",
    "read_nfg",
    "regret",
    "regrets",
    "value",
    "violations",
    "worst_deviation",
    "write_nfg",
]
