"""Optimisation problems of edge computing."""
