"""Naive second implementations: plain loops that import nothing of the package."""
