"""Policies that were trained: how they are played on a problem."""
