"""The checker of the token market: plain rules of its own, invariants, verdicts. Of the kernels it imports constants only."""
