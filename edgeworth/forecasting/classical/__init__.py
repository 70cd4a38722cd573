"""Forecasts without networks, which nothing should be reported without."""
