"""Forecasting of demand."""
