"""A table of wrong calls and files: each raises the right error, which names the argument, the rule and the value."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth import FileFormatError, Observer, Stop
from edgeworth.core.family import family
from edgeworth.core.provenance import Provenance
from edgeworth.datasets import City, read_eua
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment, MecSystem

matrices = AllocationProblem.from_matrices
pairs = AllocationProblem.from_pairs


def _problem(**changed: Any) -> AllocationProblem:
    return replace(matrices([[1.0, 2.0], [3.0, 4.0]], [[1.0, 1.0]] * 2, [2.0, 2.0]), **changed)


def _pairs(**changed: Any) -> AllocationProblem:
    given: dict[str, Any] = {
        "task": [0, 1], "server": [0, 0], "value": [1.0, 1.0], "weight": [1.0, 1.0], "capacity": [1.0], "tasks": 2
    }  # fmt: skip
    return pairs(**(given | changed))


def _system(**changed: Any) -> MecSystem:
    system = allocation.generate(servers=2, tasks=3, seed=0).system
    assert system is not None
    return replace(system, **changed)


def _solve(**given: Any) -> Any:
    return allocation.solve(_problem(), **given)


def _generate(**given: Any) -> Any:
    return allocation.generate(**given)


class _Speed:
    pass


Case = tuple[Callable[[], Any], type[Exception], str]
CALLS: dict[str, Case] = {
    # matrices
    "value NaN": (
        lambda: matrices([[math.nan]], [[1.0]], [1.0]),
        ValueError,
        "value: must be finite everywhere; got nan at index [0, 0]",
    ),
    "value inf": (
        lambda: matrices([[1.0, -math.inf]], [[1.0, 1.0]], [1.0]),
        ValueError,
        "value: must be finite everywhere; got -inf at index [0, 1]",
    ),
    "weight NaN": (lambda: matrices([[1.0]], [[math.nan]], [1.0]), ValueError, "weight: must be finite everywhere; got nan"),
    "weight negative": (
        lambda: matrices([[1.0]], [[-0.5]], [1.0]),
        ValueError,
        "weight: must be at least 0.0 everywhere; got -0.5 at index [0, 0]",
    ),
    "capacity negative": (
        lambda: matrices([[1.0]], [[1.0]], [-1.0]),
        ValueError,
        "capacity: must be at least 0.0 everywhere; got -1.0 at index [0]",
    ),
    "capacity inf": (
        lambda: matrices([[1.0]], [[1.0]], [math.inf]),
        ValueError,
        "capacity: must be finite everywhere; got inf",
    ),
    "capacity a scalar": (
        lambda: matrices([[1.0]], [[1.0]], 1.0),
        ValueError,
        "capacity: must have shape any; got shape scalar",
    ),
    "value ragged": (
        lambda: matrices([[1.0, 2.0], [3.0]], [[1.0, 1.0]] * 2, [1.0, 1.0]),
        ValueError,
        "value: must be a rectangular array of numbers; got [[1.0, 2.0], [3.0]]",
    ),
    "value transposed": (
        lambda: matrices(np.ones((3, 2)), np.ones((3, 2)), [1.0, 1.0]),
        ValueError,
        "value: must have shape 2 x any; got shape 3 x 2",
    ),
    "weight of another shape": (
        lambda: matrices(np.ones((2, 3)), np.ones((2, 2)), [1.0, 1.0]),
        ValueError,
        "weight: must have shape 2 x 3; got shape 2 x 2",
    ),
    "value flat": (lambda: matrices([1.0, 2.0], [[1.0]], [1.0]), ValueError, "value: must have shape 1 x any; got shape 2"),
    "value of strings": (
        lambda: matrices([["1.0"]], [[1.0]], [1.0]),
        TypeError,
        "value: must hold real numbers, not dtype <U3",
    ),
    "value of booleans": (
        lambda: matrices([[True]], [[1.0]], [1.0]),
        TypeError,
        "value: must hold real numbers, not dtype bool",
    ),
    "value of None": (lambda: matrices([[None]], [[1.0]], [1.0]), TypeError, "value: must hold real numbers, not dtype object"),
    "value complex": (
        lambda: matrices([[1j]], [[1.0]], [1.0]),
        TypeError,
        "value: must hold real numbers, not dtype complex128",
    ),
    "value huge integer": (
        lambda: matrices([[2**53 + 1]], [[1.0]], [1.0]),
        ValueError,
        "value: must be exactly representable as float64",
    ),
    "eligible of integers": (
        lambda: matrices([[1.0]], [[1.0]], [1.0], [[1]]),
        TypeError,
        "eligible: must hold booleans, not dtype int64",
    ),
    "eligible of another shape": (
        lambda: matrices([[1.0]], [[1.0]], [1.0], [[True, True]]),
        ValueError,
        "eligible: must have shape 1 x 1; got shape 1 x 2",
    ),
    "must_serve of integers": (
        lambda: matrices([[1.0]], [[1.0]], [1.0], must_serve=[1]),
        TypeError,
        "must_serve: must hold booleans",
    ),
    "must_serve too long": (
        lambda: matrices([[1.0]], [[1.0]], [1.0], must_serve=[True, True]),
        ValueError,
        "must_serve: must have shape 1; got shape 2",
    ),
    "sense misspelt": (
        lambda: matrices([[1.0]], [[1.0]], [1.0], sense="maks"),
        ValueError,
        "sense: must be one of max, min (did you mean 'max'?); got 'maks'",
    ),
    "sense a number": (
        lambda: matrices([[1.0]], [[1.0]], [1.0], sense=1),
        TypeError,
        "sense: must be one of max, min; got 1 of type int",
    ),
    "offset NaN": (lambda: matrices([[1.0]], [[1.0]], [1.0], offset=math.nan), ValueError, "offset: must be finite; got nan"),
    "offset a string": (
        lambda: matrices([[1.0]], [[1.0]], [1.0], offset="0"),
        TypeError,
        "offset: must be a real number; got '0' of type str",
    ),
    "offset a boolean": (
        lambda: matrices([[1.0]], [[1.0]], [1.0], offset=True),
        TypeError,
        "offset: must be a real number; got True of type bool",
    ),
    # pairs
    "task a float": (lambda: _pairs(task=[0.0, 1.0]), TypeError, "task: must hold integers, not dtype float64"),
    "task beyond": (lambda: _pairs(task=[0, 2]), ValueError, "task: must be at most 1 everywhere; got 2 at index [1]"),
    "task negative": (lambda: _pairs(task=[0, -1]), ValueError, "task: must be at least 0 everywhere; got -1 at index [1]"),
    "server a boolean": (lambda: _pairs(server=[True, False]), TypeError, "server: must hold integers, not dtype bool"),
    "server beyond": (lambda: _pairs(server=[0, 1]), ValueError, "server: must be at most 0 everywhere; got 1"),
    "server shorter": (lambda: _pairs(server=[0]), ValueError, "server: must have shape 2; got shape 1"),
    "pair twice": (lambda: _pairs(task=[1, 1]), ValueError, "server: must name a pair once; got server 0 twice for task 1"),
    "tasks negative": (lambda: _pairs(tasks=-1), ValueError, "tasks: must be at least 0; got -1"),
    "tasks a float": (lambda: _pairs(tasks=2.0), TypeError, "tasks: must be an integer; got 2.0 of type float"),
    "tasks a boolean": (lambda: _pairs(tasks=True), TypeError, "tasks: must be an integer; got True of type bool"),
    "a pair without servers": (lambda: _pairs(capacity=[]), ValueError, "server: must be at most -1 everywhere; got 0"),
    # the class itself
    "indptr empty": (lambda: _problem(indptr=[]), ValueError, "indptr: must begin with 0 and never decrease"),
    "indptr not from 0": (lambda: _problem(indptr=[1, 2, 4]), ValueError, "indptr: must begin with 0 and never decrease"),
    "indptr falling": (lambda: _problem(indptr=[0, 3, 2]), ValueError, "indptr: must begin with 0 and never decrease"),
    "indptr too short": (lambda: _problem(indptr=[0, 2, 3]), ValueError, "server: must have shape 3; got shape 4"),
    "indptr of floats": (lambda: _problem(indptr=[0.0, 2.0, 4.0]), TypeError, "indptr: must hold integers"),
    "pairs unsorted": (
        lambda: _problem(server=[1, 0, 0, 1]),
        ValueError,
        "server: must increase strictly within a task (sorted, no duplicate pair); got 0 after 1 for task 0",
    ),
    "pairs double": (
        lambda: _problem(server=[0, 1, 1, 1]),
        ValueError,
        "server: must increase strictly within a task (sorted, no duplicate pair); got 1 after 1 for task 1",
    ),
    "a heavy pair": (
        lambda: _problem(weight=[1.0, 1.0, 2.5, 1.0]),
        ValueError,
        "weight: every stored pair must fit its server alone; got 2.5 for task 1 at server 0 of capacity 2.0",
    ),
    "a system of another size": (
        lambda: _problem(system=_system()),
        ValueError,
        "system: must have 2 servers and 2 tasks; got (2, 3)",
    ),
    # assignments
    "assignment of floats": (lambda: Assignment([0.0, 1.0]), TypeError, "server: must hold integers, not dtype float64"),
    "assignment below -1": (
        lambda: Assignment([0, -2]),
        ValueError,
        "server: must be at least -1 everywhere; got -2 at index [1]",
    ),
    "assignment a matrix": (lambda: Assignment([[0, 1]]), ValueError, "server: must have shape any; got shape 1 x 2"),
    "value of another length": (
        lambda: allocation.value(_problem(), Assignment([0])),
        ValueError,
        "assignment: must name a server for each of 2 tasks; got 1",
    ),
    "value beyond the servers": (
        lambda: allocation.value(_problem(), Assignment([0, 2])),
        ValueError,
        "assignment: servers must be below 2; got 2",
    ),
    "utilities without fields": (
        lambda: allocation.server_utilities(_problem(), Assignment([0, 0])),
        ValueError,
        "problem: must be built from a MecSystem",
    ),
    # raw fields
    "system frequency 0": (
        lambda: _system(frequency=[0.0, 1.0]),
        ValueError,
        "frequency: must be above 0.0 everywhere; got 0.0 at index [0]",
    ),
    "system data negative": (
        lambda: _system(data_size=[1.0, -1.0, 1.0]),
        ValueError,
        "data_size: must be at least 0.0 everywhere; got -1.0 at index [1]",
    ),
    "system deadline NaN": (
        lambda: _system(deadline=[1.0, math.nan, 1.0]),
        ValueError,
        "deadline: must be finite everywhere; got nan at index [1]",
    ),
    "system source beyond": (
        lambda: _system(source=[0, 1, 2]),
        ValueError,
        "source: must be at most 1 everywhere; got 2 at index [2]",
    ),
    "system source floats": (lambda: _system(source=[0.0, 1.0, 1.0]), TypeError, "source: must hold integers"),
    "system fee above 1": (lambda: _system(fee_share=1.5), ValueError, "fee_share: must be at most 1.0; got 1.5"),
    "system noise 0": (lambda: _system(noise=0), ValueError, "noise: must be above 0.0; got 0"),
    "system gain short": (lambda: _system(gain=[1.0]), ValueError, "gain: must have shape 2; got shape 1"),
    "system task without server": (
        lambda: AllocationProblem.from_system(_system(), task=[0]),
        ValueError,
        "server: must be given together with task; got None",
    ),
    # solve
    "no problem": (lambda: allocation.solve("p"), TypeError, "problem: must be of type AllocationProblem; got 'p' of type str"),
    "method misspelt": (lambda: _solve(method="greddy"), ValueError, "(did you mean 'greedy'?); got 'greddy'"),
    "method a number": (
        lambda: _solve(method=3),
        TypeError,
        "method: must be a method's name or a callable; got 3 of type int",
    ),
    "method None": (lambda: _solve(method=None), TypeError, "method: must be a method's name or a callable"),
    "method that returns nothing": (
        lambda: _solve(method=lambda p, q, r: None),
        TypeError,
        "must return a Found or, where it is a user's own, a solution (Assignment); got None",
    ),
    "seed negative": (lambda: _solve(method="random", seed=-1), ValueError, "seed: must be at least 0; got -1"),
    "seed a float": (lambda: _solve(method="random", seed=0.0), TypeError, "seed: must be an integer"),
    "seed a boolean": (lambda: _solve(method="random", seed=True), TypeError, "seed: must be an integer"),
    "seed a string": (lambda: _solve(method="random", seed="0"), TypeError, "seed: must be an integer"),
    "stop a number": (lambda: _solve(stop=10), TypeError, "stop: must be a Stop or None; got 10 of type int"),
    "stop of a wrong rule": (
        lambda: _solve(method="greedy", stop=Stop(iterations=3)),
        ValueError,
        "iterations: not supported by method 'greedy' (it supports none of them)",
    ),
    "start unsupported": (
        lambda: _solve(method="greedy", start=Assignment([0, 0])),
        ValueError,
        "start: not supported by method 'greedy'",
    ),
    "start of another type": (
        lambda: _solve(method="highs", start=[0, 0]),
        TypeError,
        "start: must be of type Assignment; got [0, 0] of type list",
    ),
    "start infeasible": (
        lambda: allocation.solve(_problem(must_serve=[True, False]), method="highs", start=Assignment([-1, 0])),
        ValueError,
        "start: must be feasible; got task 0 must be served and is not",
    ),
    "threads 0": (lambda: _solve(threads=0), ValueError, "threads: must be at least 1; got 0"),
    "threads a float": (lambda: _solve(threads=1.0), TypeError, "threads: must be an integer; got 1.0 of type float"),
    "threads a boolean": (lambda: _solve(threads=True), TypeError, "threads: must be an integer"),
    "trace a number": (lambda: _solve(trace=1), TypeError, "trace: must be True or False; got 1 of type int"),
    "observer a function": (lambda: _solve(observer=print), TypeError, "observer: must be an Observer"),
    "observer a class": (lambda: _solve(observer=Observer), TypeError, "observer: must be an Observer"),
    "params a dict": (
        lambda: _solve(method="q-learning", params={"episodes": 3}),
        TypeError,
        "params: must be of type QLearning for method 'q-learning'; got {'episodes': 3} of type dict",
    ),
    "params of another method": (
        lambda: _solve(method="q-learning", params=allocation.RegretGreedy()),
        TypeError,
        "params: must be of type QLearning",
    ),
    "params where none": (lambda: _solve(method="greedy", params=_Speed()), ValueError, "params: method 'greedy' takes none"),
    "an unknown option": (lambda: _solve(methods="greedy"), TypeError, "methods"),
    # params
    "params misspelt": (lambda: allocation.QLearning(episods=3), TypeError, "episods"),
    "episodes 0": (lambda: allocation.QLearning(episodes=0), ValueError, "episodes: must be at least 1; got 0"),
    "episodes a float": (lambda: allocation.QLearning(episodes=5.0), TypeError, "episodes: must be an integer; got 5.0"),
    "rate above 1": (lambda: allocation.QLearning(rate=1.5), ValueError, "rate: must be at most 1.0; got 1.5"),
    "epsilon NaN": (lambda: allocation.QLearning(epsilon=math.nan), ValueError, "epsilon: must be finite; got nan"),
    "forgets a number": (lambda: allocation.Algorithm2(forgets=1), TypeError, "forgets: must be True or False; got 1"),
    "load misspelt": (lambda: allocation.Algorithm2(load="cycle"), ValueError, "(did you mean 'cycles'?); got 'cycle'"),
    "availability unknown": (lambda: allocation.Algorithm2(availability="test"), ValueError, "availability: must be one of"),
    "keeps_capacity a text": (
        lambda: allocation.RewardGreedy(keeps_capacity="no"),
        TypeError,
        "keeps_capacity: must be True or False; got 'no'",
    ),
    "rewards without fields": (
        lambda: allocation.reward_table(allocation.AllocationProblem.from_matrices([[1.0]], [[1.0]], [1.0])),
        ValueError,
        "problem: must be built from a MecSystem to have the paper's rewards",
    ),
    "desirability misspelt": (lambda: allocation.RegretGreedy("densty"), ValueError, "(did you mean 'density'?); got 'densty'"),
    # stop
    "seconds negative": (lambda: Stop(seconds=-1), ValueError, "seconds: must be at least 0.0; got -1"),
    "seconds NaN": (lambda: Stop(seconds=math.nan), ValueError, "seconds: must be finite; got nan"),
    "seconds inf": (lambda: Stop(seconds=math.inf), ValueError, "seconds: must be finite; got inf"),
    "seconds a string": (lambda: Stop(seconds="10"), TypeError, "seconds: must be a real number; got '10' of type str"),
    "iterations a float": (lambda: Stop(iterations=1.0), TypeError, "iterations: must be an integer; got 1.0 of type float"),
    "iterations a boolean": (lambda: Stop(iterations=True), TypeError, "iterations: must be an integer; got True of type bool"),
    "iterations negative": (lambda: Stop(iterations=-1), ValueError, "iterations: must be at least 0; got -1"),
    "stalled 0": (lambda: Stop(stalled=0), ValueError, "stalled: must be at least 1; got 0"),
    "target inf": (lambda: Stop(target=math.inf), ValueError, "target: must be finite; got inf"),
    "gap negative": (lambda: Stop(gap=-1e-9), ValueError, "gap: must be at least 0.0; got -1e-09"),
    "stop misspelt": (lambda: Stop(second=1), TypeError, "second"),
    # generate
    "preset misspelt": (lambda: _generate(preset="hotspt"), ValueError, "(did you mean 'hotspot'?); got 'hotspt'"),
    "servers 0": (lambda: _generate(servers=0), ValueError, "servers: must be at least 1; got 0"),
    "servers a float": (lambda: _generate(servers=3.0), TypeError, "servers: must be an integer; got 3.0 of type float"),
    "tasks a string": (lambda: _generate(tasks="50"), TypeError, "tasks: must be an integer; got '50' of type str"),
    "tasks below 1": (lambda: _generate(tasks=-5), ValueError, "tasks: must be at least 1; got -5"),
    "hot not of metaverse": (
        lambda: _generate(preset="metaverse", hot=2),
        ValueError,
        "hot: is not taken by preset 'metaverse'; got 2",
    ),
    "hot above the servers": (
        lambda: _generate(preset="hotspot", servers=3, hot=4),
        ValueError,
        "hot: must be at most 3; got 4",
    ),
    "hot 0": (lambda: _generate(preset="hotspot", hot=0), ValueError, "hot: must be at least 1; got 0"),
    "servers of melbourne": (
        lambda: _generate(preset="melbourne", servers=3),
        ValueError,
        "servers: is not taken by preset 'melbourne'; got 3",
    ),
    "melbourne without files": (
        lambda: _generate(preset="melbourne"),
        ValueError,
        "sites: of preset 'melbourne' must be given together with users",
    ),
    "melbourne with one file": (
        lambda: _generate(preset="melbourne", sites="a.csv"),
        ValueError,
        "sites: of preset 'melbourne' must be given together with users",
    ),
    "melbourne both ways": (
        lambda: _generate(preset="melbourne", sites="a", users="b", fetch=True),
        ValueError,
        "sites: of preset 'melbourne'",
    ),
    "generate with seed -1": (lambda: _generate(seed=-1), ValueError, "seed: must be at least 0; got -1"),
    # others
    "kind misspelt": (lambda: family("alocation"), ValueError, "(did you mean 'allocation'?); got 'alocation'"),
    "city of triples": (
        lambda: City(np.zeros((2, 3)), np.zeros((1, 2))),
        ValueError,
        "sites: must have shape any x 2; got shape 2 x 3",
    ),
    "provenance misspelt": (lambda: Provenance("preset", sed=3), TypeError, "sed"),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_call_says_what_is_wrong(name: str) -> None:
    call, error, fragment = CALLS[name]
    with pytest.raises(error) as caught:
        call()
    assert type(caught.value) is error
    assert fragment in str(caught.value)


# --- files --------------------------------------------------------------------------------------------------------------

SITES = "SITE_ID,LATITUDE,LONGITUDE\n1,-37.81,144.97\n2,-37.82,144.96\n"
USERS = "Latitude,Longitude\n-37.815,144.965\n"


def _gap(**given: Any) -> Callable[[Path], Any]:
    return lambda path: allocation.read_gap(path, **({"sense": "min"} | given))


def _eua(other: str, *, first: bool) -> Callable[[Path], Any]:
    def read(path: Path) -> Any:
        second = path.with_name("other.csv")
        second.write_text(other)
        return read_eua(path, second) if first else read_eua(second, path)

    return read


FILES: dict[str, tuple[str, Callable[[Path], Any], type[Exception], str]] = {
    "gap empty": ("", _gap(), FileFormatError, "truncated: 0 numbers"),
    "gap one number": ("5", _gap(), FileFormatError, "truncated: 1 numbers"),
    "gap truncated": ("1 2 3 4 1 1", _gap(), FileFormatError, "6 numbers"),
    "gap too long": ("1 2 3 4 1 1 5 5", _gap(), FileFormatError, "8 numbers"),
    "gap with words": (
        "1 2 three 4 1 1 5",
        _gap(),
        FileFormatError,
        "line 1: must hold finite numbers; got 'three'",
    ),
    "gap with NaN": ("1 2 nan 4 1 1 5", _gap(), FileFormatError, "line 1: must hold finite numbers; got 'nan'"),
    "gap with inf": ("1 2 1e999 4 1 1 5", _gap(), FileFormatError, "must hold finite numbers; got '1e999'"),
    "gap of half an agent": ("1.5 2 3 4 1 1 5", _gap(), FileFormatError, "7 numbers"),
    "gap without jobs": ("3 0 1 1 1", _gap(), FileFormatError, "5 numbers"),
    "gap of a negative size": ("-1 2 3 4", _gap(), FileFormatError, "4 numbers"),
    "gap of a huge count": ("999999999 2.5 3 4", _gap(), FileFormatError, "4 numbers"),
    "gap of a negative weight": (
        "1 2 3 4 1 -1 5",
        _gap(),
        FileFormatError,
        "weight: must be at least 0.0 everywhere; got -1.0",
    ),
    "gap of a negative capacity": ("1 2 3 4 1 1 -5", _gap(), FileFormatError, "capacity: must be at least 0.0 everywhere"),
    "gap in a wrong sense": ("1 2 3 4 1 1 5", _gap(sense="least"), ValueError, "sense: must be one of max, min"),
    "gap one with index": ("1 2 3 4 1 1 5", _gap(index=0), ValueError, "index: is for collections"),
    "gap many without index": ("2 1 1 3 1 5 1 1 4 1 6", _gap(), ValueError, "index: must choose from 0 to 1 among"),
    "gap index beyond": ("2 1 1 3 1 5 1 1 4 1 6", _gap(index=2), ValueError, "index: must be at most 1; got 2"),
    "gap index a float": ("2 1 1 3 1 5 1 1 4 1 6", _gap(index=1.0), TypeError, "index: must be an integer; got 1.0"),
    "gap many truncated": ("2 1 1 3 1 5 1 1 4 1", _gap(index=0), FileFormatError, "10 numbers"),
    "knapsack empty": (
        "",
        allocation.read_multiple_knapsack,
        FileFormatError,
        "must begin with the numbers of knapsacks and items",
    ),
    "knapsack truncated": (
        "1 2 5 1 1 2",
        allocation.read_multiple_knapsack,
        FileFormatError,
        "1 knapsacks and 2 items take 7 numbers; got 6",
    ),
    "knapsack negative": ("1 1 5 -1 1", allocation.read_multiple_knapsack, FileFormatError, "weight: must be at least 0.0"),
    "npz that is text": ("hello", allocation.read_npz, FileFormatError, "file.txt"),
    "npz empty": ("", allocation.read_npz, FileFormatError, "file.txt"),
    "eua empty": ("", _eua(USERS, first=True), FileFormatError, "needs a column latitude; got columns none"),
    "eua without column": (
        "LATITUDE,LON\n1,2\n",
        _eua(USERS, first=True),
        FileFormatError,
        "needs a column longitude; got columns latitude, lon",
    ),
    "eua without rows": ("Latitude,Longitude\n", _eua(SITES, first=False), FileFormatError, "holds no positions"),
    "eua bad latitude": (
        "Latitude,Longitude\n91,144\n",
        _eua(SITES, first=False),
        FileFormatError,
        "line 2: not a position: the latitude must be -90 to 90; got '91'",
    ),
    "eua NaN": (
        "Latitude,Longitude\n-37,144\nnan,144\n",
        _eua(SITES, first=False),
        FileFormatError,
        "line 3: not a position: the latitude",
    ),
    "eua word": ("Latitude,Longitude\nnorth,144\n", _eua(SITES, first=False), FileFormatError, "line 2: not a position"),
    "eua short row": ("Latitude,Longitude\n-37\n", _eua(SITES, first=False), FileFormatError, "line 2: not a position"),
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


READERS: tuple[Callable[[Path], Any], ...] = (
    _gap(), allocation.read_multiple_knapsack, allocation.read_npz, lambda path: read_eua(path, path)
)  # fmt: skip


@pytest.mark.parametrize("read", READERS)
def test_absent_files_are_file_not_found(read: Callable[[Path], Any], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "absent")


def _arrays(**changed: Any) -> dict[str, Any]:
    given = {"value": np.ones((2, 3)), "weight": np.ones((2, 3)), "capacity": np.ones(2)} | changed
    return {name: values for name, values in given.items() if values is not None}


@pytest.mark.parametrize(
    ("arrays", "fragment"),
    [
        (_arrays(value=None), "the array 'value' is missing"),
        (_arrays(weight=None), "the array 'weight' is missing"),
        (_arrays(capacity=None), "the array 'capacity' is missing"),
        (_arrays(weight=np.ones((3, 2))), "weight: must have shape 2 x 3; got shape 3 x 2"),
        (_arrays(value=np.full((2, 3), np.nan)), "value: must be finite everywhere"),
        (_arrays(eligible=np.ones((2, 3))), "eligible: must hold booleans"),
        (_arrays(value=np.full((2, 3), "1")), "the array 'value' has an unknown dtype '<U1'"),
        (_arrays(value=np.full((2, 3), None)), "the array 'value' has an unknown dtype '|O'"),
    ],
)
def test_a_wrong_npz_instance_says_what_is_wrong(arrays: dict[str, Any], fragment: str, tmp_path: Path) -> None:
    path = tmp_path / "instance.npz"
    np.savez(path, **arrays)
    with pytest.raises(FileFormatError) as caught:
        allocation.read_npz(path)
    assert fragment in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_damaged_npz_instance_never_raises_anything_else(tmp_path: Path) -> None:
    path = tmp_path / "instance.npz"
    np.savez_compressed(path, **_arrays())
    whole = bytearray(path.read_bytes())
    noticed = 0
    for k in range(0, len(whole), 2):
        for damaged in (whole[:k], whole[:k] + bytes([whole[k] ^ 0xFF]) + whole[k + 1 :]):
            path.write_bytes(damaged)
            try:
                allocation.read_npz(path)
            except FileFormatError:
                noticed += 1
    assert noticed > len(whole) / 2


def test_the_table_is_long_enough() -> None:
    assert len(CALLS) + len(FILES) >= 40
