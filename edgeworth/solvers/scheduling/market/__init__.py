"""Scheduling with the token market: what devices hold, what they ask and pay, and who may choose whom for it."""
