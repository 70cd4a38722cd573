"""Hypothesis strategies for problems and solutions, one module a family."""
