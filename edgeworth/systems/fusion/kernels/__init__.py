"""Compiled loops of the system: the best tour of one agent, for the bound and once more for its checker."""
