"""What is known when all tasks are known in advance: bounds, schedules that are near them, and floors."""

from edgeworth.solvers.scheduling.hindsight.program import energy_floor

__all__ = ["energy_floor"]
