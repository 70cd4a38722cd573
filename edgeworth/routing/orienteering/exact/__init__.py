"""Exact methods of orienteering."""
