"""Public text formats: small texts by hand, and the public instances where they are at hand."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth import Quality
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem

TOPTW = """4 10 3 1
0 200
 0  0.00 0.00   0.00 0.00 0 0        0 50
 1  3.00 4.00   2.00 7.00 0 1 4      1 20
 2  1.00 1.00   1.50 5.00 1 2 4 8    3 30

 3  6.00 8.00   0.00 9.00 2 0        8 12
"""
SOLOMON = """TINY

VEHICLE
NUMBER     CAPACITY
  3         20

CUSTOMER
CUST NO.  XCOORD. YCOORD. DEMAND READY TIME DUE DATE SERVICE TIME

    0      0  0   0    0   50   0
    1      3  4   7    1   20   2
    2      1  1   5    3   30   1.5
"""


def _written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tiny.txt"
    path.write_text(text)
    return path


def test_a_toptw_file_by_hand(tmp_path: Path) -> None:
    problem = orienteering.read_toptw(_written(tmp_path, TOPTW), vehicles=2, rounding="trunc1")
    assert (problem.customers, problem.vehicles, problem.locations) == (3, 2, 4)
    assert problem.profit.tolist() == [[7.0, 5.0, 9.0]] * 2
    assert problem.open.tolist() == [1.0, 3.0, 8.0]
    assert problem.close.tolist() == [20.0, 30.0, 12.0]
    assert problem.service_time.tolist() == [2.0, 1.5, 0.0]
    assert problem.demand.tolist() == [0.0] * 3
    assert problem.capacity.tolist() == [np.inf] * 2
    assert (problem.earliest.tolist(), problem.latest.tolist()) == ([0.0] * 2, [50.0] * 2)
    assert problem.start.tolist() == problem.end.tolist() == [3, 3]
    assert problem.distance[3].tolist() == [5.0, 1.4, 10.0, 0.0]  # the depot is the last location here
    assert problem.coordinates is not None
    assert problem.coordinates.tolist() == [[3.0, 4.0], [1.0, 1.0], [6.0, 8.0], [0.0, 0.0]]
    assert problem.provenance.source == "file"
    assert problem.provenance.name == "tiny.txt"
    assert dict(problem.provenance.parameters) == {"vehicles": 2, "rounding": "trunc1"}
    assert problem.integral
    result = orienteering.solve(problem, method="milp")
    assert result.value == 21.0


@pytest.mark.parametrize(
    ("rounding", "distance"), [("trunc1", 1.4), ("trunc2", 1.41), ("nearest", 1.0), ("none", float(np.sqrt(2.0)))]
)
def test_the_rounding_is_the_callers(rounding: Any, distance: float, tmp_path: Path) -> None:
    path = _written(tmp_path, TOPTW)
    assert orienteering.read_toptw(path, vehicles=1, rounding=rounding).distance[3, 1] == distance
    path.write_text(SOLOMON)
    assert orienteering.read_solomon(path, rounding=rounding).distance[2, 1] == distance


def test_the_rounding_has_no_default(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="rounding"):
        orienteering.read_toptw(_written(tmp_path, TOPTW), vehicles=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="rounding"):
        orienteering.read_solomon(_written(tmp_path, SOLOMON))  # type: ignore[call-arg]


def test_a_solomon_file_by_hand(tmp_path: Path) -> None:
    path = _written(tmp_path, SOLOMON)
    problem = orienteering.read_solomon(path, rounding="trunc1")
    assert (problem.customers, problem.vehicles) == (2, 3)
    assert problem.profit.tolist() == [[7.0, 5.0]] * 3
    assert problem.demand.tolist() == [7.0, 5.0]
    assert problem.capacity.tolist() == [20.0] * 3
    assert (problem.open.tolist(), problem.close.tolist()) == ([1.0, 3.0], [20.0, 30.0])
    assert problem.service_time.tolist() == [2.0, 1.5]
    assert problem.latest.tolist() == [50.0] * 3
    free = orienteering.read_solomon(path, vehicles=1, rounding="trunc1", uncapacitated=True)
    assert (free.vehicles, free.capacity.tolist()) == (1, [np.inf])
    assert free.provenance.parameters["uncapacitated"] is True


def test_both_formats_tell_the_same_instance(tmp_path: Path) -> None:
    """The benchmark's orienteering instances are Solomon's with profit = demand and no capacity."""
    one = orienteering.read_solomon(_written(tmp_path, SOLOMON), vehicles=2, rounding="trunc1", uncapacitated=True)
    text = "".join(line for line in TOPTW.splitlines(keepends=True) if not line.startswith(" 3")).replace("10 3 1", "10 2 1")
    two = orienteering.read_toptw(_written(tmp_path, text), vehicles=2, rounding="trunc1")
    for name in ("distance", "profit", "open", "close", "service_time", "latest", "capacity"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name


def test_vehicles_may_be_none_or_many(tmp_path: Path) -> None:
    path = _written(tmp_path, TOPTW)
    assert orienteering.read_toptw(path, vehicles=0, rounding="none").vehicles == 0
    assert orienteering.read_toptw(path, vehicles=7, rounding="none").vehicles == 7


# --- public data --------------------------------------------------------------------------------------------------------


def _known(shared_data: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((shared_data / "toptw" / "best_known.csv").read_text().splitlines()))


def _public(shared_data: Path, instance: str, vehicles: int) -> OrienteeringProblem:
    path = shared_data / "toptw" / "instances" / f"{instance}.txt"
    return orienteering.read_toptw(path, vehicles=vehicles, rounding="trunc2" if instance.startswith("pr") else "trunc1")


def test_all_public_instances_are_read_and_no_heuristic_beats_a_proof(shared_data: Path) -> None:
    """Profits of the whole table; where the greedy rule beats a proved optimum something is misread."""
    rows = _known(shared_data)
    assert len(rows) == 4 * 34
    proved = 0
    for row in rows:
        if row["m"] != "1" and not row["proven_optimal"]:
            continue
        problem = _public(shared_data, row["instance"], int(row["m"]))
        assert problem.integral
        assert problem.customers in (48, 96, 100, 144, 192, 240)
        assert float(row["best_known"]) <= problem.profit[0].sum()
        result = orienteering.solve(problem, method="greedy")
        assert orienteering.verify(problem, result)
        assert result.value is not None
        assert result.value >= 0.5 * float(row["best_known"])
        if row["proven_optimal"]:
            proved += 1
            assert result.value <= float(row["proven_optimal"])
    assert proved >= 40


def test_serving_everyone_is_the_proved_optimum_of_the_200_series(shared_data: Path) -> None:
    """With four vehicles all customers of c201 and r202 can be visited; the table's proved optimum is the sum of profits."""
    for row in _known(shared_data):
        if row["m"] == "4" and row["proven_optimal"]:
            problem = _public(shared_data, row["instance"], 4)
            assert problem.profit[0].sum() == float(row["proven_optimal"]), row["instance"]


@pytest.mark.parametrize("instance", ["c101", "r101", "rc101"])
def test_public_instances_with_one_vehicle_are_proved(shared_data: Path, instance: str) -> None:
    (row,) = (row for row in _known(shared_data) if (row["instance"], row["m"]) == (instance, "1"))
    problem = _public(shared_data, instance, 1)
    result = orienteering.solve(problem, method="dp")
    assert orienteering.verify(problem, result)
    assert result.quality is Quality.OPTIMAL
    assert result.value == float(row["proven_optimal"])
