"""Policies that plan with what is known of an episode in advance."""
