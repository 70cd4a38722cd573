"""Equilibria by enumeration, linear programming and complementary pivoting, and optimal commitments."""

from edgeworth.games.normal_form.exact.commitment import stackelberg
from edgeworth.games.normal_form.exact.equilibria import LemkeHowson, lemke_howson, mixed_equilibria, pure, zero_sum

__all__ = ["LemkeHowson", "lemke_howson", "mixed_equilibria", "pure", "stackelberg", "zero_sum"]
