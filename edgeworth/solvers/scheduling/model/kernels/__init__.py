"""Compiled loops of scheduling's model."""
