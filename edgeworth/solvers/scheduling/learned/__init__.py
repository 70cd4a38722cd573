"""Policies that were trained: how they are played on a problem, how they are trained, and those that come with the package."""
