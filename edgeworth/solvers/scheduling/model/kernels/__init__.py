"""Compiled: the simulator. Devices evolve alone between epochs (`device`), and meet at them (`epoch`, `rules`). `prices`: a bound."""
