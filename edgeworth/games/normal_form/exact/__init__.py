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
from edgeworth.games.normal_form.exact.quantal import QuantalResponse, quantal_response, trace_logit

__all__ = [
    "LemkeHowson",
    "QuantalResponse",
    "correlated_equilibrium",
    "eliminate_dominated",
    "enumerate_pure_equilibria",
    "enumerate_vertices",
    "lemke_howson",
    "minimax_linear_program",
    "mixed_equilibria",
    "optimal_commitment",
    "quantal_response",
    "trace_logit",
]
