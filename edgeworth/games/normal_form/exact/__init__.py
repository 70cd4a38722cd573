"""Equilibria of several kinds, optimal commitments, and the elimination of dominated strategies."""

from edgeworth.games.normal_form.exact.commitment import optimal_commitment
from edgeworth.games.normal_form.exact.correlated import correlated_equilibrium
from edgeworth.games.normal_form.exact.dominance import eliminate_dominated
from edgeworth.games.normal_form.exact.equilibria import (
    LemkeHowson,
    enumerate_pure_equilibria,
    lemke_howson,
    minimax_linear_program,
)
from edgeworth.games.normal_form.exact.extreme import enumerate_vertices, mixed_equilibria

__all__ = [
    "LemkeHowson",
    "correlated_equilibrium",
    "eliminate_dominated",
    "enumerate_pure_equilibria",
    "enumerate_vertices",
    "lemke_howson",
    "minimax_linear_program",
    "mixed_equilibria",
    "optimal_commitment",
]
