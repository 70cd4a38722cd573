"""Policies: what a device does in a slot, from the past and the present, and from what is expected."""
