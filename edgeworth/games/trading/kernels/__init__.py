"""Compiled loops of the trading methods."""
