"""Numba loops of orienteering: plans and local search, the colony, labels. No policy, no validation."""
