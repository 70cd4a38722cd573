"""Compiled parts of the environments: random streams, the drawing of episodes, and their play."""
