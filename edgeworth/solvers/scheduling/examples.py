"""Tiny episodes that between them reach what the family's methods and its checker can meet."""

from __future__ import annotations

from edgeworth.solvers.scheduling.model import Episode, generate


def tiny_problems() -> tuple[Episode, ...]:
    """Episodes that every method of the family deals with in milliseconds; see `core.family.Family.examples`."""
    return (
        generate(devices=3, horizon=8.0, seed=0),
        generate(preset="shared-channel", devices=2, horizon=6.0, order="edf", late="skip", mask="slack", seed=1),
        generate(
            preset="saturated", devices=2, horizon=30.0, channel="link", late="finish", mask="off", return_share=0.5, seed=2
        ),
        generate(devices=2, horizon=6.0, rate=0.5, epoch=0.0, gossip=1.0, seed=3),  # an epoch at every arrival
        generate(devices=1, horizon=8.0, seed=4),
        generate(devices=2, horizon=5.0, rate=0.0, seed=5),  # no tasks
        Episode(  # the first device dies at work, two tasks arrive at once, and one fits into no device's deadline
            capacity=[2.0, 2.5],
            battery=[12.0, 4500.0],
            battery_floor=[1.2, 450.0],
            active_power=[6.0, 7.0],
            idle_power=[0.6, 0.7],
            arrival=[0.0, 1.0, 1.0, 2.0],
            source=[0, 0, 1, 1],
            work=[8.0, 3.0, 5.0, 60.0],
            data=[2.0, 0.0, 2.5, 3.0],
            horizon=4.0,
        ),
    )
