"""Small worlds for the tests of the system."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edgeworth.systems.fusion import World, generate

SMALL: dict[str, Any] = {"servers": 6, "agents": 3, "users": 70}


def small(seed: int = 0, **options: Any) -> World:
    """A world of 6 servers, 3 agents and 70 users."""
    return generate(**{**SMALL, **options}, seed=seed)


def changed(world: World, **fields: Any) -> World:
    """The same world with other fields."""
    return replace(world, **fields)
