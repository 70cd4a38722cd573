"""The finite game: problem, profile, payoffs, regrets, best responses, generators, Gambit's file format."""

from edgeworth.games.normal_form.model.functions import (
    Deviation,
    ProfileLike as ProfileLike,
    best_responses,
    commitment_bound,
    commitment_bounds as commitment_bounds,
    commitment_stake as commitment_stake,
    constant_sum as constant_sum,
    deviation_payoffs,
    exact_deviations as exact_deviations,
    exact_profile as exact_profile,
    exact_regrets as exact_regrets,
    exact_table as exact_table,
    measures,
    objective_table as objective_table,
    payoffs,
    pure_equilibria,
    regret,
    regrets,
    stakes,
    value,
    violations,
    worst_deviation,
)
from edgeworth.games.normal_form.model.nfg import read_nfg, write_nfg
from edgeworth.games.normal_form.model.presets import PRESETS, generate
from edgeworth.games.normal_form.model.problem import Floats as Floats, Ints as Ints, NormalFormGame, Profile

__all__ = [
    "PRESETS",
    "Deviation",
    "NormalFormGame",
    "Profile",
    "best_responses",
    "commitment_bound",
    "deviation_payoffs",
    "generate",
    "measures",
    "payoffs",
    "pure_equilibria",
    "read_nfg",
    "regret",
    "regrets",
    "stakes",
    "value",
    "violations",
    "worst_deviation",
    "write_nfg",
]
