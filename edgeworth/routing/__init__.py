"""Routing problems: who visits whom, in which order, by when."""
