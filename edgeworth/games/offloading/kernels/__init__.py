"""Kernels of the offloading game."""
