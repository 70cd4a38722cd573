"""Compiled loops of the token market."""
