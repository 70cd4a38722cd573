"""Learners on the instance: the MTA paper's Q-learning, kept feasible, and as it is printed."""
