"""A table of wrong calls and files: each raises the right error, which names the argument, the rule and the value."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth import FileFormatError, Stop
from edgeworth.routing import orienteering
from edgeworth.routing.orienteering import OrienteeringProblem, Route, RoutePlan, plan

LINE = [[10.0, 0.0], [20.0, 0.0], [0.0, 0.0]]


def _line(**changed: Any) -> OrienteeringProblem:
    given: dict[str, Any] = {"profit": [5.0, 3.0], "depot": "last", "latest": 100.0, "rounding": "none"}
    return OrienteeringProblem.from_coordinates(LINE, **(given | changed))


def _matrix(**changed: Any) -> OrienteeringProblem:
    given: dict[str, Any] = {"distance": [[0.0, 1.0], [1.0, 0.0]], "profit": [1.0], "depot": "last", "latest": 9.0}
    return OrienteeringProblem.from_matrices(**(given | changed))


def _route(**changed: Any) -> Route:
    given: dict[str, Any] = {"stops": [0], "arrival": [1.0], "start": [1.0], "leave": [1.0], "load": [0.0], "end_time": 2.0}
    return Route(**(given | changed))


def _solve(**given: Any) -> Any:
    return orienteering.solve(_line(), **given)


def _generate(**given: Any) -> Any:
    return orienteering.generate(**given)


Case = tuple[Callable[[], Any], type[Exception], str]
CALLS: dict[str, Case] = {
    # distances
    "distance not square": (
        lambda: _matrix(distance=[[0.0, 1.0]]),
        ValueError,
        "distance: must be square; got an array of shape (1, 2)",
    ),
    "distance negative": (
        lambda: _matrix(distance=[[0.0, -1.0], [1.0, 0.0]]),
        ValueError,
        "distance: must be at least 0.0 everywhere; got -1.0 at index [0, 1]",
    ),
    "distance NaN": (
        lambda: _matrix(distance=[[0.0, math.nan], [1.0, 0.0]]),
        ValueError,
        "distance: must be finite everywhere; got nan at index [0, 1]",
    ),
    "distance infinite": (
        lambda: _matrix(distance=[[0.0, 1.0], [math.inf, 0.0]]),
        ValueError,
        "distance: must be finite everywhere; got inf at index [1, 0]",
    ),
    "distance to itself": (
        lambda: _matrix(distance=[[0.0, 1.0], [1.0, 2.0]]),
        ValueError,
        "distance: must be 0 from a location to itself; got 2.0 at index [1, 1]",
    ),
    "distance of texts": (lambda: _matrix(distance=[["0", "1"]] * 2), TypeError, "distance: must hold real numbers"),
    "distance ragged": (lambda: _matrix(distance=[[0.0], [1.0, 0.0]]), ValueError, "distance: must be a rectangular array"),
    "distance without a depot": (
        lambda: _matrix(profit=[1.0, 1.0]),
        ValueError,
        "depot: must leave a row of the matrix for each of 2 customers; got 2 rows, 1 of them depots",
    ),
    "travel_time of another shape": (
        lambda: _matrix(travel_time=np.zeros((3, 3))),
        ValueError,
        "travel_time: must have shape 2 x 2; got shape 3 x 3",
    ),
    "travel_time negative": (
        lambda: _matrix(travel_time=[[0.0, 1.0], [-3.0, 0.0]]),
        ValueError,
        "travel_time: must be at least 0.0 everywhere; got -3.0 at index [1, 0]",
    ),
    # coordinates
    "rounding misspelt": (
        lambda: _line(rounding="trunc"),
        ValueError,
        "rounding: must be one of trunc1, trunc2, nearest, none (did you mean 'trunc2'?); got 'trunc'",
    ),
    "rounding a number": (
        lambda: _line(rounding=1),
        TypeError,
        "rounding: must be one of trunc1, trunc2, nearest, none; got 1",
    ),
    "coordinates in space": (
        lambda: OrienteeringProblem.from_coordinates([[0, 0, 0]], [], depot="last", latest=1.0, rounding="none"),
        ValueError,
        "coordinates: must have shape any x 2; got shape 1 x 3",
    ),
    "coordinates NaN": (
        lambda: OrienteeringProblem.from_coordinates([[0, math.nan]], [], depot="last", latest=1.0, rounding="none"),
        ValueError,
        "coordinates: must be finite everywhere; got nan at index [0, 1]",
    ),
    "coordinates of others": (
        lambda: _matrix(coordinates=[[0.0, 0.0]]),
        ValueError,
        "coordinates: must have shape 2 x 2; got shape 1 x 2",
    ),
    # customers
    "profit NaN": (
        lambda: _line(profit=[1.0, math.nan]),
        ValueError,
        "profit: must be finite everywhere; got nan at index [1]",
    ),
    "profit a number": (lambda: _line(profit=5.0), ValueError, "profit: must have shape"),
    "profit by two of three vehicles": (
        lambda: _line(profit=[[1.0, 2.0]] * 2, vehicles=3),
        ValueError,
        "profit: must have shape 3 x any; got shape 2 x 2",
    ),
    "profit of booleans": (lambda: _line(profit=[True, False]), TypeError, "profit: must hold real numbers, not dtype bool"),
    "demand negative": (
        lambda: _line(demand=[0.0, -1.0]),
        ValueError,
        "demand: must be at least 0.0 everywhere; got -1.0 at index [1]",
    ),
    "demand too short": (lambda: _line(demand=[1.0]), ValueError, "demand: must have shape 2; got shape 1"),
    "demand infinite": (lambda: _line(demand=math.inf), ValueError, "demand: must be finite everywhere; got inf"),
    "demand a boolean": (lambda: _line(demand=True), TypeError, "demand: must hold real numbers, not dtype bool"),
    "window closed before it opens": (
        lambda: _line(open=[0.0, 5.0], close=[9.0, 4.0]),
        ValueError,
        "close: must be at least open; got 4.0 below 5.0 for customer 1",
    ),
    "open infinite": (lambda: _line(open=-math.inf), ValueError, "open: must be finite everywhere; got -inf"),
    "close NaN": (lambda: _line(close=[math.nan, 1.0]), ValueError, "close: must be finite everywhere; got nan at index [0]"),
    "close a text": (lambda: _line(close="late"), TypeError, "close: must hold real numbers"),
    "service_time negative": (lambda: _line(service_time=-1.0), ValueError, "service_time: must be at least 0.0 everywhere"),
    "service_cost negative": (lambda: _line(service_cost=-1.0), ValueError, "service_cost: must be at least 0.0 everywhere"),
    # vehicles
    "vehicles negative": (lambda: _line(vehicles=-1), ValueError, "vehicles: must be at least 0; got -1"),
    "vehicles a float": (lambda: _line(vehicles=2.0), TypeError, "vehicles: must be an integer; got 2.0 of type float"),
    "vehicles a boolean": (lambda: _line(vehicles=True), TypeError, "vehicles: must be an integer; got True of type bool"),
    "start at a customer": (
        lambda: _line(start=[1]),
        ValueError,
        "depot: must leave a row of the matrix for each of 2 customers",
    ),
    "start and end at a customer": (
        lambda: _line(depot=None, start=[1], end=[2]),
        ValueError,
        "start: must be at least 2 everywhere; got 1 at index [0]",
    ),
    "no depot": (lambda: _line(depot=None), ValueError, 'depot: must say which row is the depot ("first", "last", a position'),
    "no depot, but a start": (lambda: _line(depot=None, start=[2]), ValueError, "depot: must say which row is the depot"),
    "depot beyond": (lambda: _line(depot=3), ValueError, "depot: must be at most 2; got 3"),
    "depot from behind": (lambda: _line(depot=-1), ValueError, "depot: must be at least 0; got -1"),
    "depot a float": (lambda: _line(depot=2.0), TypeError, "depot: must be an integer; got 2.0"),
    "another location than the first one is named first": (
        lambda: _line(depot="first", location_names=["a", "first", "b"]),
        ValueError,
        "depot: must be a position where another row than the first one is named so; got 'first'",
    ),
    "depot misspelt": (lambda: _line(depot="frist"), ValueError, "depot: must be one of first, last (did you mean 'first'?)"),
    "end nowhere": (lambda: _line(end=[3]), ValueError, "end: must be at most 2 everywhere; got 3 at index [0]"),
    "start a float": (lambda: _line(start=[2.0]), TypeError, "start: must hold integers, not dtype float64"),
    "speed 0": (lambda: _line(speed=0.0), ValueError, "speed: must be above 0.0 everywhere; got 0.0 at index [0]"),
    "speed infinite": (lambda: _line(speed=math.inf), ValueError, "speed: must be finite everywhere; got inf"),
    "capacity negative": (lambda: _line(capacity=-1.0), ValueError, "capacity: must be at least 0.0 everywhere; got -1.0"),
    "capacity NaN": (lambda: _line(capacity=math.nan), ValueError, "capacity: must be finite everywhere; got nan"),
    "capacity minus infinity": (lambda: _line(capacity=-math.inf), ValueError, "capacity: must be finite everywhere; got -inf"),
    "capacity of None": (lambda: _line(capacity=[None]), TypeError, "capacity: must hold real numbers"),
    "cost_per_distance negative": (
        lambda: _line(cost_per_distance=-0.5),
        ValueError,
        "cost_per_distance: must be at least 0.0 everywhere; got -0.5",
    ),
    "cost_per_time NaN": (lambda: _line(cost_per_time=math.nan), ValueError, "cost_per_time: must be finite everywhere"),
    "latest before earliest": (
        lambda: _line(latest=[9.0, 3.0], earliest=[0.0, 4.0]),
        ValueError,
        "latest: must be at least earliest; got 3.0 below 4.0 for vehicle 1",
    ),
    "latest infinite": (lambda: _line(latest=math.inf), ValueError, "latest: must be finite everywhere; got inf"),
    "latest a boolean": (lambda: _line(latest=True), TypeError, "latest: must hold real numbers, not dtype bool"),
    "latest missing": (lambda: OrienteeringProblem.from_matrices([[0.0]], []), TypeError, "latest"),
    "an unknown argument": (lambda: _line(servicetime=1.0), TypeError, "servicetime"),
    # names
    "names a text": (
        lambda: _line(location_names="abc"),
        TypeError,
        "location_names: must be a sequence of texts; got 'abc' of type str",
    ),
    "names of numbers": (lambda: _line(location_names=[1, 2, 3]), TypeError, "location_names: must be a sequence of texts"),
    "names too few": (lambda: _line(location_names=["a", "b"]), ValueError, "location_names: must hold 3 names; got 2"),
    "names twice": (lambda: _line(location_names=["a", "b", "a"]), ValueError, "location_names: must differ; got 'a'"),
    # plans
    "sequences too few": (
        lambda: plan(_line(vehicles=2), [[0]]),
        ValueError,
        "sequences: must hold one for each of 2 vehicles; got 1",
    ),
    "a customer beyond": (
        lambda: plan(_line(), [[2]]),
        ValueError,
        "sequences: must be at most 1 everywhere; got 2 at index [0]",
    ),
    "a negative customer": (lambda: plan(_line(), [[-1]]), ValueError, "sequences: must be at least 0 everywhere; got -1"),
    "a customer a float": (lambda: plan(_line(), [[0.0]]), TypeError, "sequences: must hold integers, not dtype float64"),
    "a flat plan": (lambda: plan(_line(vehicles=2), [0, 1]), ValueError, "sequences: must have shape any; got shape scalar"),
    "routes not routes": (lambda: RoutePlan(([0],)), TypeError, "routes: must hold Route objects; got [0] of type list"),
    "routes one route": (lambda: RoutePlan(_route()), TypeError, "routes: must be a sequence of Route"),
    "arrivals too few": (lambda: _route(arrival=[]), ValueError, "arrival: must have shape 1; got shape 0"),
    "arrivals NaN": (lambda: _route(arrival=[math.nan]), ValueError, "arrival: must be finite everywhere; got nan"),
    "end_time infinite": (lambda: _route(end_time=math.inf), ValueError, "end_time: must be finite; got inf"),
    "stops of booleans": (lambda: _route(stops=[True]), TypeError, "stops: must hold integers, not dtype bool"),
    "value of another fleet": (
        lambda: orienteering.value(_line(vehicles=2), plan(_line(), [[0]])),
        ValueError,
        "solution: must hold a route for each of 2 vehicles; got 1",
    ),
    "measures of another fleet": (
        lambda: orienteering.measures(_line(vehicles=2), plan(_line(), [[0]])),
        ValueError,
        "solution: must hold a route for each of 2 vehicles; got 1",
    ),
    "value of a double visit": (
        lambda: orienteering.value(_line(), plan(_line(), [[0, 0]])),
        ValueError,
        "solution: must visit a customer once; got 0 more often",
    ),
    # generate
    "preset misspelt": (
        lambda: _generate(preset="fuson"),
        ValueError,
        "preset: must be one of fusion, random (did you mean 'fusion'?); got 'fuson'",
    ),
    "customers negative": (lambda: _generate(customers=-1), ValueError, "customers: must be at least 0; got -1"),
    "customers a float": (lambda: _generate(customers=3.0), TypeError, "customers: must be an integer; got 3.0 of type float"),
    "generated vehicles negative": (lambda: _generate(vehicles=-1), ValueError, "vehicles: must be at least 0; got -1"),
    "seed negative": (lambda: _generate(seed=-1), ValueError, "seed: must be at least 0; got -1"),
    "an unknown size": (lambda: _generate(servers=3), TypeError, "servers"),
    # solve
    "no problem": (
        lambda: orienteering.solve("p"),
        TypeError,
        "problem: must be of type OrienteeringProblem; got 'p' of type str",
    ),
    "method misspelt": (lambda: _solve(method="greddy"), ValueError, "(did you mean 'greedy'?); got 'greddy'"),
    "params a dict": (
        lambda: _solve(method="dp", params={"labels": 3}),
        TypeError,
        "params: must be of type DynamicProgramming",
    ),
    "params where none": (
        lambda: _solve(method="greedy", params=orienteering.DynamicProgramming()),
        ValueError,
        "params: method 'greedy' takes none",
    ),
    "start unsupported": (
        lambda: _solve(method="greedy", start=plan(_line(), [[0]])),
        ValueError,
        "start: not supported by method 'greedy'",
    ),
    "start infeasible": (
        lambda: orienteering.solve(_line(latest=30.0), method="column-generation", start=plan(_line(latest=30.0), [[1]])),
        ValueError,
        "start: must be feasible; got vehicle 0 returns at 40.0, the latest is 30.0",
    ),
    "start of another type": (
        lambda: _solve(method="column-generation", start=[[0]]),
        TypeError,
        "start: must be of type RoutePlan; got [[0]] of type list",
    ),
    "a rule that milp does not hear": (
        lambda: _solve(method="milp", stop=Stop(target=1.0)),
        ValueError,
        "target: not supported by method 'milp'",
    ),
    "an unknown option": (lambda: _solve(methods="greedy"), TypeError, "methods"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_call_says_what_is_wrong(name: str) -> None:
    call, error, fragment = CALLS[name]
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert fragment in str(caught.value)


# --- files --------------------------------------------------------------------------------------------------------------


def _toptw(**given: Any) -> Callable[[Path], Any]:
    return lambda path: orienteering.read_toptw(path, **({"vehicles": 1, "rounding": "none"} | given))


def _solomon(**given: Any) -> Callable[[Path], Any]:
    return lambda path: orienteering.read_solomon(path, **({"rounding": "none"} | given))


HEAD = "4 10 1 1\n0 200\n"
DEPOT = "0 0 0 0 0 0 0 0 50\n"
ONE = "1 3 4 2 7 0 1 4 1 20\n"
FLEET = "T\nVEHICLE\nNUMBER CAPACITY\n3 20\n"
TABLE = "CUSTOMER\nCUST X Y DEMAND READY DUE SERVICE\n"
FILES: dict[str, tuple[str, Callable[[Path], Any], type[Exception], str]] = {
    "empty": ("", _toptw(), FileFormatError, "truncated: 0 lines"),
    "one line": ("4 10 1 1\n", _toptw(), FileFormatError, "truncated: 1 lines"),
    "first line too short": ("4 10 1\n0 200\n", _toptw(), FileFormatError, "line 1 must hold the four numbers k v N t; got 3"),
    "a count with a point": (
        "4 10 1.0 1\n0 200\n",
        _toptw(),
        FileFormatError,
        "line 1 must hold a number >= 0 without point here; got '1.0'",
    ),
    "a line missing": (HEAD + DEPOT, _toptw(), FileFormatError, "1 customers and the depot take 2 lines; got 1"),
    "a line too many": (HEAD + DEPOT + ONE + ONE, _toptw(), FileFormatError, "line 5 is too many: 1 customers"),
    "a line too short": (
        HEAD + DEPOT + "1 3 4 2 7 0\n",
        _toptw(),
        FileFormatError,
        "line 4 must hold at least 9 numbers; got 6",
    ),
    "a list too long": (
        HEAD + DEPOT + "1 3 4 2 7 0 1 4 5 1 20\n",
        _toptw(),
        FileFormatError,
        "line 4 must hold 10 numbers, 1 of them the list; got 11",
    ),
    "another vertex": (
        HEAD + DEPOT + ONE.replace("1", "2", 1),
        _toptw(),
        FileFormatError,
        "line 4 must be that of vertex 1; got '2'",
    ),
    "a word": (HEAD + DEPOT + ONE.replace("3", "x", 1), _toptw(), FileFormatError, "line 4 must hold finite numbers; got 'x'"),
    "not a number": (HEAD + DEPOT + ONE.replace("3", "nan", 1), _toptw(), FileFormatError, "line 4 must hold finite numbers"),
    "infinity": (HEAD + DEPOT + ONE.replace("20", "inf", 1), _toptw(), FileFormatError, "line 4 must hold finite numbers"),
    "a window closed before it opens": (
        HEAD + DEPOT + ONE.replace("1 20", "21 20", 1),
        _toptw(),
        FileFormatError,
        "close: must be at least open; got 20.0 below 21.0 for customer 0",
    ),
    "a negative service": (
        HEAD + DEPOT + ONE.replace("2", "-2", 1),
        _toptw(),
        FileFormatError,
        "service_time: must be at least 0.0",
    ),
    "toptw vehicles negative": (HEAD + DEPOT + ONE, _toptw(vehicles=-1), ValueError, "vehicles: must be at least 0; got -1"),
    "toptw vehicles None": (HEAD + DEPOT + ONE, _toptw(vehicles=None), TypeError, "vehicles: must be an integer; got None"),
    "toptw rounding misspelt": (HEAD + DEPOT + ONE, _toptw(rounding="trunk1"), ValueError, "did you mean 'trunc1'?"),
    "solomon empty": ("", _solomon(), FileFormatError, "has no section VEHICLE"),
    "solomon without customers": (FLEET, _solomon(), FileFormatError, "has no section CUSTOMER"),
    "solomon without a depot": (FLEET + TABLE, _solomon(), FileFormatError, "has no depot"),
    "solomon sections turned": (
        TABLE + "0 0 0 0 0 50 0\n" + FLEET,
        _solomon(),
        FileFormatError,
        "has no section CUSTOMER",
    ),
    "solomon a line too short": (
        FLEET + TABLE + "0 0 0 0 0 50\n",
        _solomon(),
        FileFormatError,
        "line 7 must hold 7 numbers; got 6",
    ),
    "solomon another customer": (
        FLEET + TABLE + "1 0 0 0 0 50 0\n",
        _solomon(),
        FileFormatError,
        "line 7 must be that of customer 0; got '1'",
    ),
    "solomon a word": (
        FLEET + TABLE + "0 0 0 0 0 late 0\n",
        _solomon(),
        FileFormatError,
        "line 7 must hold finite numbers; got 'late'",
    ),
    "solomon negative demand": (
        FLEET + TABLE + "0 0 0 0 0 50 0\n1 3 4 -7 1 20 2\n",
        _solomon(),
        FileFormatError,
        "demand: must be at least 0.0 everywhere; got -7.0",
    ),
    "solomon negative capacity": (
        FLEET.replace("20", "-20") + TABLE + "0 0 0 0 0 50 0\n",
        _solomon(),
        FileFormatError,
        "capacity: must be at least 0.0 everywhere; got -20.0",
    ),
    "solomon a flag that is a number": (
        FLEET + TABLE + "0 0 0 0 0 50 0\n",
        _solomon(uncapacitated=1),
        TypeError,
        "uncapacitated: must be True or False; got 1",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_file_says_what_is_wrong(name: str, tmp_path: Path) -> None:
    text, read, error, fragment = FILES[name]
    path = tmp_path / "file.txt"
    path.write_text(text)
    with pytest.raises(error) as caught:
        read(path)
    assert type(caught.value) is error
    assert fragment in str(caught.value)
    if error is FileFormatError:
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("read", [_toptw(), _solomon()])
def test_absent_files_are_file_not_found(read: Callable[[Path], Any], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent")


@pytest.mark.parametrize("read", [_toptw(), _solomon()])
def test_binary_files_are_file_format_errors(read: Callable[[Path], Any], tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(bytes(range(256)) * 4)
    with pytest.raises(FileFormatError):
        read(path)


def test_a_problem_file_whose_arrays_disagree_is_refused(tmp_path: Path) -> None:
    """What is read from a file is validated like what is given by hand."""
    import json

    import edgeworth

    path = tmp_path / "p.json"
    _line().save(path)
    text = json.dumps(json.loads(path.read_text()))
    assert "unbounded" in text
    path.write_text(text.replace('"unbounded"', '"unlimited"'))
    with pytest.raises(FileFormatError, match="unbounded"):
        edgeworth.load(path)


def test_replace_validates_again() -> None:
    with pytest.raises(ValueError, match=r"close: must be at least open; got -1\.0 below 0\.0 for customer 0"):
        replace(_line(), close=np.array([-1.0, 5.0]))
