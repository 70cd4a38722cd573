"""Kernels of the tabular learners: rows of a flat memory, one update rule each, the loop over a Markov game."""
