"""Compiled: the simulator, and what a device collects at prices (`prices`).

Devices evolve alone between epochs (`device`), and meet at them (`epoch`, `rules`).
"""
