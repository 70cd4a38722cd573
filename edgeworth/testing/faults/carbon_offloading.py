"""Faults of results of carbon-aware offloading."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeworth.core.numeric import relative_gap
from edgeworth.core.result import BoundEvidence, Certificate, Quality, Result
from edgeworth.solvers.carbon_offloading.model import CarbonOffloading, Schedule, value
from edgeworth.solvers.carbon_offloading.model.prices import dual_bound
from edgeworth.testing.faults.base import SHIFT, Fault, fitting_quality


def _scheduled(problem: CarbonOffloading, result: Result[Schedule], schedule: Schedule) -> Result[Schedule]:
    """The result with another schedule and nothing else that could be wrong."""
    bare = {"bound": None, "bound_evidence": None, "certificate": None, "quality": Quality.FEASIBLE}
    return replace(result, solution=schedule, value=value(problem, schedule), **bare)  # type: ignore[arg-type]


def too_much_local(problem: CarbonOffloading, result: Result[Schedule]) -> Result[Schedule] | None:
    """One processor is driven above its cap, by 1e-6 of it (1e-6 W where that is 0)."""
    if result.solution is None:
        return None
    power = np.array(result.solution.local_power)
    power[0, -1] = problem.local_power_cap[0] * (1.0 + SHIFT) or SHIFT
    return _scheduled(problem, result, Schedule(power, result.solution.offload_power))


def too_much_offload(problem: CarbonOffloading, result: Result[Schedule]) -> Result[Schedule] | None:
    """One transmitter is driven above its cap, by 1e-6 of it (1e-6 W where that is 0)."""
    if result.solution is None:
        return None
    power = np.array(result.solution.offload_power)
    power[-1, 0] = problem.offload_power_cap[-1] * (1.0 + SHIFT) or SHIFT
    return _scheduled(problem, result, Schedule(result.solution.local_power, power))


def value_without_carbon(problem: CarbonOffloading, result: Result[Schedule]) -> Result[Schedule] | None:
    """The value leaves out what the grid's carbon costs."""
    if result.solution is None or result.value is None:
        return None
    wrong = value(replace(problem, carbon=np.zeros(problem.slots)), result.solution)
    if not result.value - wrong > SHIFT * result.value:
        return None
    return replace(result, value=wrong, bound=None, bound_evidence=None, certificate=None, quality=Quality.FEASIBLE)


def _prices(result: Result[Schedule]) -> Certificate | None:
    proved = result.bound is not None and result.bound_evidence is BoundEvidence.RECOMPUTED
    certificate = result.certificate
    return certificate if proved and certificate is not None and certificate.kind == "prices" else None


def forged_prices(problem: CarbonOffloading, result: Result[Schedule]) -> Result[Schedule] | None:
    """The prices are halved; the bound is left as it was."""
    certificate = _prices(result)
    if certificate is None or result.bound is None:
        return None
    arrays = {name: 0.5 * np.asarray(values) for name, values in certificate.arrays.items()}
    weaker = dual_bound(problem, arrays["arrival_price"], arrays["service_price"], arrays.get("energy_price"))
    if not relative_gap(result.bound, weaker, "min") > SHIFT:
        return None
    return replace(result, certificate=Certificate("prices", arrays))


def foreign_bound(problem: CarbonOffloading, result: Result[Schedule]) -> Result[Schedule] | None:
    """The prices are the problem's, the bound is what they prove where every slot has more arrivals."""
    certificate = _prices(result)
    if certificate is None or result.bound is None:
        return None
    arrays = certificate.arrays
    other = replace(problem, arrivals=problem.arrivals + 100.0)
    wrong = dual_bound(other, arrays["arrival_price"], arrays["service_price"], arrays.get("energy_price"))
    if not relative_gap(wrong, result.bound, "min") > SHIFT:
        return None
    return replace(result, bound=wrong, quality=fitting_quality(problem, result, wrong))


FAULTS: tuple[Fault, ...] = (
    Fault("too much local power", "local-power", too_much_local),
    Fault("too much offload power", "offload-power", too_much_offload),
    Fault("value without carbon", "value", value_without_carbon),
    Fault("forged prices", "bound", forged_prices),
    Fault("foreign bound", "bound", foreign_bound),
)
"""Faults of results of carbon-aware offloading."""
