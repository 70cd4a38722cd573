"""The finite game: problem, profile, payoffs, regrets, best responses, generators, Gambit's file format."""

from edgeworth.games.normal_form.model.commitment import (
    commitment_bound,
    commitment_bounds as commitment_bounds,
    commitment_stake as commitment_stake,
    constant_sum as constant_sum,
)
from edgeworth.games.normal_form.model.correlated import (
    CorrelatedEquilibrium,
    correlated_bound,
    correlated_gains,
    exact_objective as exact_objective,
    exact_outcomes as exact_outcomes,
)
from edgeworth.games.normal_form.model.dominance import Dominated, Elimination, exact_rows as exact_rows
from edgeworth.games.normal_form.model.equilibria import Equilibria, Mixed as Mixed
from edgeworth.games.normal_form.model.functions import (
    Deviation,
    best_responses,
    deviation_payoffs,
    measures,
    objective_table as objective_table,
    payoffs,
    pure_equilibria,
    regret,
    regrets,
    stakes,
    value,
    worst_deviation,
)
from edgeworth.games.normal_form.model.nfg import read_nfg, write_nfg
from edgeworth.games.normal_form.model.presets import PRESETS, generate
from edgeworth.games.normal_form.model.problem import Floats as Floats, Ints as Ints, NormalFormGame, Profile
from edgeworth.games.normal_form.model.profiles import ProfileLike as ProfileLike, violations
from edgeworth.games.normal_form.model.quantal import quantal_residual
from edgeworth.games.normal_form.model.rational import (
    exact_deviations as exact_deviations,
    exact_profile as exact_profile,
    exact_regrets as exact_regrets,
    exact_table as exact_table,
)

__all__ = [
    "PRESETS",
    "CorrelatedEquilibrium",
    "Deviation",
    "Dominated",
    "Elimination",
    "Equilibria",
    "NormalFormGame",
    "Profile",
    "best_responses",
    "commitment_bound",
    "correlated_bound",
    "correlated_gains",
    "deviation_payoffs",
    "generate",
    "measures",
    "payoffs",
    "pure_equilibria",
    "quantal_residual",
    "read_nfg",
    "regret",
    "regrets",
    "stakes",
    "value",
    "violations",
    "worst_deviation",
    "write_nfg",
]
