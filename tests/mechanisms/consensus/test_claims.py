"""A plain second check of a number behind the claims on the platform."""

from __future__ import annotations

import pytest

from edgeworth.mechanisms.consensus.evidence import overstated
from edgeworth.solvers import allocation


def test_the_server_that_overstates_its_cycles_gains_by_a_plain_account() -> None:
    """What it is paid by its report, less the energy of what it truly does; no fee where it is the source."""
    problem = allocation.generate(preset="metaverse-code", seed=2)
    gain, i, factor, outcome = overstated(problem)
    system = problem.system
    assert system is not None

    def utility(server: list[int], times: float) -> float:
        total = 0.0
        for j, who in enumerate(server):
            price, cycles = float(system.unit_price[j]), float(system.data_size[j] * system.cycles_per_unit[i])
            passed = system.source[j] != who
            if who == i:
                energy = float(system.energy_coefficient[i] * cycles * system.frequency[i] ** 2)
                total += price * cycles * times * (1.0 - system.fee_share * passed) - energy
            elif who >= 0 and system.source[j] == i:
                paid = price * float(system.data_size[j] * system.cycles_per_unit[who])
                seconds = float(system.data_size[j] / system.rates()[i])
                total += system.fee_share * paid - float(system.transmit_power[i]) * seconds
        return total

    honest = allocation.solve(problem, method="regret-greedy").require().server.tolist()
    assert gain == pytest.approx(utility(outcome.assignment.server.tolist(), factor) - utility(honest, 1.0), rel=1e-9)
    assert gain > 0.0
