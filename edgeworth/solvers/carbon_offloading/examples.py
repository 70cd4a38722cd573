"""Tiny problems that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, generate


def tiny_problems() -> tuple[CarbonOffloading, ...]:
    """Problems that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    return (
        generate(users=2, slots=12, seed=0),
        generate(users=2, slots=10, load=8e6, buffer=1e4, initial_buffer="random", energy="throttled", seed=1),  # it drops bits
        generate(preset="day", users=1, slots=24, slot_length=3600.0, battery=500.0, seed=2),
        generate(users=2, slots=6, receiver="mmse", overflow="event", seed=3),
        generate(users=2, slots=6, csi_error=0.1, seed=4),
        CarbonOffloading(
            arrivals=[[4000.0, 0.0, 3000.0], [0.0, 0.0, 0.0]],
            harvest=[[0.0, 5e-3, 1e-3], [1e-3, 0.0, 0.0]],
            gain=[[10.0, 1.0, 5.0], [2.0, 2.0, 2.0]],
            carbon=[2e-4, 0.0, 1e-4],
            local_power_cap=[2.0, 0.0],
            battery=[0.0, 1e-3],
        ),
    )
