"""The sentences on the platform and on its leaders as findings."""

from __future__ import annotations

import pytest

from edgeworth.core.claims import SMOKE
from edgeworth.mechanisms.consensus import claims
from edgeworth.mechanisms.consensus.evidence import overstated
from edgeworth.solvers import allocation

EXPECTED = {
    "trustless": ("holds in part", "measured"),
    "incentive-compatibility": ("does not hold", "proved"),
    "data-privacy": ("holds in part", "measured"),
    "lightweight": ("does not hold", "measured"),
    "complexity": ("does not hold", "proved"),
    "fast-decisions": ("does not hold", "measured"),
    "decentralized": ("does not hold", "measured"),
}
ROWS = {claim.id: claim for claim in (*claims.CLAIMS, *claims.MARKET_CLAIMS)}


@pytest.mark.parametrize("name", EXPECTED)
def test_what_the_papers_claim(name: str) -> None:
    found = ROWS[name].examine(SMOKE)
    assert (str(found.verdict), str(found.reason)) == EXPECTED[name], found.text
    assert found.conclusive
    assert found.numbers


def test_every_row_is_tested() -> None:
    assert set(ROWS) == set(EXPECTED)
    assert len(ROWS) == len(claims.CLAIMS) + len(claims.MARKET_CLAIMS)
    assert all(claim.quote and claim.rule.threshold for claim in ROWS.values())


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
