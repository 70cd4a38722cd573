"""Policies: which device the source of a task hands it to, from what is known at the epoch."""
