"""Compiled loops of scheduling's methods."""
