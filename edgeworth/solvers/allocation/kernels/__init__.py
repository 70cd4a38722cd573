"""Numba loops over the sparse problem: no policy, no validation. Arrays are named as in `AllocationProblem`; ``choice`` holds,
for every task, the index of its chosen pair, or -1."""
