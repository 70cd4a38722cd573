"""Compiled loops of carbon-aware offloading."""
