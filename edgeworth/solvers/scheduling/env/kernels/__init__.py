"""Compiled: many copies of an episode, stepped and observed."""
