"""Files of our own: what is written comes back, and what is damaged is noticed."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import edgeworth
from edgeworth import FileFormatError, Stop
from edgeworth.core import payload
from edgeworth.core.method import Found
from edgeworth.core.result import BoundEvidence, Certificate, Result, Stats, Termination, Trace
from edgeworth.solvers import allocation
from edgeworth.solvers.allocation import AllocationProblem, Assignment
from edgeworth.testing import allocation_problems
from edgeworth.testing.contracts import same_answer

ENDINGS = ("json", "npz")


@given(problem=allocation_problems(), ending=st.sampled_from(ENDINGS))
def test_problems_come_back_to_the_last_bit(
    problem: AllocationProblem, ending: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / f"problem.{ending}"
    problem.save(path)
    copy = edgeworth.load(path)
    assert isinstance(copy, AllocationProblem)
    assert copy.hash == problem.hash
    assert copy.provenance == problem.provenance
    assert (copy.system is None) == (problem.system is None)
    for name, values in problem.to_payload().arrays.items():
        there = copy.to_payload().arrays[name]
        assert there.dtype == values.dtype
        assert np.array_equal(there, values)


def _result(problem: AllocationProblem, **changed: Any) -> Result[Assignment]:
    return replace(allocation.solve(problem, method="lp"), **changed)


@pytest.mark.parametrize("ending", ENDINGS)
def test_results_come_back_with_trace_certificate_and_notes(tmp_path: Path, ending: str) -> None:
    problem = allocation.generate(servers=3, tasks=6, seed=0)
    nan = math.nan
    result = _result(
        problem,
        certificate=Certificate("capacity-multipliers", {"u": np.array([0.1, 0.2, 1 / 3])}),
        trace=Trace(np.array([0.0, 1 / 3, 2.0]), np.array([0, 1, 7]), np.array([nan, 1.5, 2.5]), np.array([9.0, nan, -0.0])),
        stats=Stats(1 / 3, 7, 8, 9),
        seed=2**100,
        notes=("first", "zweitens: ä"),
        bound_evidence=BoundEvidence.RECOMPUTED,
        termination=Termination.STALLED,
    )
    path = tmp_path / f"result.{ending}"
    result.save(path)
    copy = edgeworth.load(path)
    assert same_answer(result, copy)
    assert (copy.stats, copy.seed, copy.notes, copy.version) == (result.stats, 2**100, result.notes, result.version)
    assert copy.trace is not None
    assert result.trace is not None
    for name in ("seconds", "iterations", "value", "bound"):
        one, two = getattr(result.trace, name), getattr(copy.trace, name)
        assert one.dtype == two.dtype
        assert np.array_equal(one, two, equal_nan=name != "iterations")
    assert copy.certificate is not None
    assert copy.certificate.arrays["u"].tolist() == [0.1, 0.2, 1 / 3]


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_empty_trace_and_a_result_with_nothing(tmp_path: Path, ending: str) -> None:
    problem = AllocationProblem.from_matrices([[1.0]], [[2.0]], [1.0], must_serve=[True])
    result = allocation.solve(problem, method="greedy")
    result = replace(result, trace=Trace(*(np.zeros(0, dtype=t) for t in (float, np.int64, float, float))))
    assert result.solution is None
    path = tmp_path / f"result.{ending}"
    result.save(path)
    copy = edgeworth.load(path)
    assert copy.solution is None
    assert copy.trace.value.shape == (0,)
    assert same_answer(result, copy)


@pytest.mark.parametrize("ending", ENDINGS)
def test_parameters_come_back_as_their_own_type(tmp_path: Path, ending: str) -> None:
    problem = allocation.generate(servers=2, tasks=3, seed=0)
    params = allocation.QLearning(episodes=7, epsilon=0.25)
    result = allocation.solve(problem, method="q-learning", params=params, seed=0)
    result.save(tmp_path / f"r.{ending}")
    assert edgeworth.load(tmp_path / f"r.{ending}").params == params


@dataclass(frozen=True)
class _Mine:
    speed: float = 2.0


def _mine(problem: AllocationProblem, params: Any, run: Any) -> Found[Assignment]:
    return Found(Assignment(np.full(problem.tasks, -1)), Termination.CONVERGED)


def test_parameters_of_a_users_method_come_back_as_fields(tmp_path: Path) -> None:
    problem = allocation.generate(servers=2, tasks=3, seed=0)
    allocation.solve(problem, method=_mine, params=_Mine()).save(tmp_path / "r.json")
    assert edgeworth.load(tmp_path / "r.json").params == {"speed": 2.0}
    with pytest.raises(TypeError, match="params: must be a dataclass to be saved"):
        allocation.solve(problem, method=_mine, params=object()).save(tmp_path / "s.json")


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_parameters_may_be_numbers_of_numpy(tmp_path: Path, ending: str) -> None:
    problem = allocation.generate(tasks=4, servers=2, seed=0)
    params = allocation.QLearning(episodes=np.int64(5))  # type: ignore[arg-type]
    result = allocation.solve(problem, method="q-learning", params=params, seed=0)
    result.save(tmp_path / f"r.{ending}")
    copy = edgeworth.load(tmp_path / f"r.{ending}")
    assert copy == result
    assert type(copy.params.episodes) is int


def test_a_loaded_problem_solves_as_the_saved_one(tmp_path: Path) -> None:
    problem = allocation.generate(preset="hotspot", servers=4, tasks=12, seed=1)
    problem.save(tmp_path / "p.npz")
    one, two = (allocation.solve(p, method="random", seed=3) for p in (problem, edgeworth.load(tmp_path / "p.npz")))
    assert same_answer(one, two)


# --- damage -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def problem() -> AllocationProblem:
    return AllocationProblem.from_matrices([[1.0, 2.0], [0.5, 3.0]], [[1.0, 1.0], [2.0, 1.0]], [1.0, 2.0])


def _loads_as(path: Path, digest: str) -> bool:
    """True: noticed, or harmless. False: something else was read. Any other exception fails the test."""
    try:
        return bool(edgeworth.load(path).hash == digest)
    except FileFormatError as error:
        return path.name in str(error)


def test_truncation_at_any_byte_is_noticed(problem: AllocationProblem, tmp_path: Path) -> None:
    for ending in ENDINGS:
        path = tmp_path / f"p.{ending}"
        problem.save(path)
        whole = path.read_bytes()
        for length in range(0, len(whole), 7):
            path.write_bytes(whole[:length])
            with pytest.raises(FileFormatError, match=path.name):
                edgeworth.load(path)


def test_a_flipped_byte_is_noticed_or_harmless(problem: AllocationProblem, tmp_path: Path) -> None:
    for ending, step in (("json", 2), ("npz", 5)):
        path = tmp_path / f"p.{ending}"
        problem.save(path)
        whole = bytearray(path.read_bytes())
        for k in range(0, len(whole), step):
            for flip in (0x01, 0xFF):
                damaged = whole.copy()
                damaged[k] ^= flip
                path.write_bytes(damaged)
                assert _loads_as(path, problem.hash), (ending, k, flip)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 10**30), st.floats(allow_nan=False), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
    max_leaves=4,
)


def _places(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(place for key, inner in items for place in _places(inner, (*path, key)))][0 if path else 1 :]


def _with(tree: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = tree.copy()
    copy[place[0]] = _with(tree[place[0]], place[1:], value)
    return copy


@given(data=st.data())
@settings(max_examples=300)
def test_anything_anywhere_in_a_json_problem_is_noticed_or_harmless(
    data: st.DataObject, problem: AllocationProblem, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    problem.save(path)
    tree = json.loads(path.read_text())
    place = data.draw(st.sampled_from(_places(tree)))
    path.write_text(json.dumps(_with(tree, place, data.draw(JSON)), allow_nan=True))
    assert _loads_as(path, problem.hash)


@given(data=st.data())
@settings(max_examples=300)
def test_anything_anywhere_in_a_json_result_is_noticed_or_a_result(
    data: st.DataObject, problem: AllocationProblem, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Results carry no hash of their own; what loads must at least be a result that `verify` can judge."""
    path = tmp_path_factory.getbasetemp() / "any.json"
    allocation.solve(problem, method="lp").save(path)
    tree = json.loads(path.read_text())
    place = data.draw(st.sampled_from(_places(tree)))
    path.write_text(json.dumps(_with(tree, place, data.draw(JSON)), allow_nan=True))
    said = f"{path.name} answer:"
    try:
        result = edgeworth.load(path)
        assert isinstance(result, Result)
        said = "answer:"
        allocation.verify(problem, result)
    except FileFormatError as error:
        said = str(error)
    except ValueError as error:  # a result of another problem, or an assignment of another length
        said = f"{path.name} {error}"
    assert path.name in said or said == "answer:"


@pytest.mark.parametrize(
    ("place", "value", "fragment"),
    [
        (("format",), "edgewort", "not an edgeworth file"),
        (("schema",), 2, "schema 2 is later than 1, the last one this version reads; upgrade edgeworth"),
        (("schema",), 0, "no valid schema number: 0"),
        (("schema",), "1", "no valid schema number: '1'"),
        (("schema",), True, "no valid schema number: True"),
        (("kind",), "alocation", "unknown problem kind 'alocation'"),
        (("kind",), ["allocation"], "not a valid edgeworth file"),
        (("content",), "instance", "unknown content 'instance'"),
        (("hash",), "0" * 32, "does not match its hash"),
        (("arrays", "value", "data", 0), 1.25, "does not match its hash"),
        (("arrays", "value", "data", 0), "1.0", "the array 'value' holds something else than its dtype"),
        (("arrays", "value", "data", 0), True, "the array 'value' holds something else than its dtype"),
        (("arrays", "value", "data", 0), None, "the array 'value' holds something else than its dtype"),
        (("arrays", "value", "data", 0), 10**400, "not a valid edgeworth file"),
        (("arrays", "value", "data", 0), math.nan, "holds NaN, which is not a number"),
        (("arrays", "value", "data", 0), -math.inf, "holds -Infinity, which is not a number"),
        (("arrays", "value", "data"), [1.0], "the array 'value' has 1 entries"),
        (("arrays", "value", "shape"), [2, 2], "value: must have shape 4; got shape 2 x 2"),
        (("arrays", "value", "dtype"), "<f4", "unknown dtype '<f4'"),
        (("arrays", "value", "dtype"), "|O", "unknown dtype '|O'"),
        (("arrays", "server", "data", 0), 0.5, "the array 'server' holds something else than its dtype"),
        (("arrays", "server", "data", 0), 7, "server: must be at most 1 everywhere; got 7 at index [0]"),
        (("arrays", "server", "data", 0), 10**30, "not a valid edgeworth file"),
        (("arrays", "must_serve", "data", 0), 0, "the array 'must_serve' holds something else than its dtype"),
        (("arrays",), [], "not a valid edgeworth file"),
        (("arrays",), {}, "the array 'indptr' is missing"),
        (("fields",), {}, "the field 'provenance' is missing"),
        (("fields", "sense"), "maximum", "sense: must be one of max, min"),
        (("fields", "offset"), "0", "offset: must be a real number"),
        (("fields", "provenance"), 5, "not a valid edgeworth file"),
    ],
)
def test_a_damaged_json_problem_says_what_is_wrong(
    problem: AllocationProblem, tmp_path: Path, place: tuple[Any, ...], value: Any, fragment: str
) -> None:
    path = tmp_path / "p.json"
    problem.save(path)
    path.write_text(json.dumps(_with(json.loads(path.read_text()), place, value)))
    with pytest.raises(FileFormatError) as caught:
        edgeworth.load(path)
    assert fragment in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("place", "value", "fragment"),
    [
        (("quality",), "great", "got 'great'"),
        (("termination",), "bored", "got 'bored'"),
        (("value",), "5", "value: must be a real number"),
        (("bound",), True, "bound: must be a real number"),
        (("sense",), "maximum", "sense: must be one of max, min"),
        (("stats", "iterations"), 1.5, "iterations: must be an integer"),
        (("stats", "seconds"), -1.0, "seconds: must be at least 0.0"),
        (("stats",), {"minutes": 1}, "minutes"),
        (("method",), 7, "method: must be text"),
        (("params",), {"episods": 3}, "not a valid edgeworth file"),
        (("solution",), 5, "not a valid edgeworth file"),
        (("trace",), 99, "the trace's arrays differ in length"),
    ],
)
def test_a_damaged_json_result_says_what_is_wrong(
    problem: AllocationProblem, tmp_path: Path, place: tuple[Any, ...], value: Any, fragment: str
) -> None:
    path = tmp_path / "r.json"
    allocation.solve(problem, method="q-learning", stop=Stop(iterations=3), trace=True, seed=0).save(path)
    path.write_text(json.dumps(_with(json.loads(path.read_text()), ("fields", *place), value)))
    if place == ("solution",):
        assert isinstance(edgeworth.load(path), Result)  # an assignment has no plain fields: nothing was lost
        return
    with pytest.raises(FileFormatError) as caught:
        edgeworth.load(path)
    assert fragment in str(caught.value)


def _rewritten(path: Path, **changed: Any) -> None:
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays |= changed
    np.savez(path, **{name: values for name, values in arrays.items() if values is not None})


@pytest.mark.parametrize(
    ("changed", "fragment"),
    [
        ({"value": None}, "the array 'value' is missing"),
        ({"__edgeworth__": None}, "not an edgeworth file"),
        ({"value": np.array([1.0, 0.5, 2.0, np.nan])}, "the array 'value' holds NaN or infinities"),
        ({"value": np.array(["a", "b", "c", "d"])}, "unknown dtype '<U1'"),
        ({"value": np.zeros(3)}, "value: must have shape 4; got shape 3"),
        ({"value": np.zeros(4)}, "does not match its hash"),
        ({"server": np.array([0.0, 1.0, 0.0, 1.0])}, "server: must hold integers"),
    ],
)
def test_a_damaged_npz_says_what_is_wrong(
    problem: AllocationProblem, tmp_path: Path, changed: dict[str, Any], fragment: str
) -> None:
    path = tmp_path / "p.npz"
    problem.save(path)
    _rewritten(path, **changed)
    with pytest.raises(FileFormatError) as caught:
        edgeworth.load(path)
    assert fragment in str(caught.value)


def test_pickles_in_npz_are_never_opened(problem: AllocationProblem, tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    problem.save(path)
    _rewritten(path, value=np.array([1.0, None, 2.0, 3.0], dtype=object))
    with pytest.raises(FileFormatError):
        edgeworth.load(path)


def test_other_paths(problem: AllocationProblem, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        edgeworth.load(tmp_path / "absent.json")
    with pytest.raises(IsADirectoryError):
        edgeworth.load(_folder(tmp_path / "folder.json"))
    with pytest.raises(ValueError, match=r"path: must be one of \.json, \.npz .*got '\.jsn'"):
        problem.save(tmp_path / "p.jsn")
    with pytest.raises(ValueError, match=r"path: must be one of \.json, \.npz; got ''"):
        edgeworth.load(tmp_path / "p")


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_the_fingerprint_sees_names_shapes_types_and_every_bit() -> None:
    base = payload.fingerprint("a", {"x": 1}, {"v": np.array([1.0, 2.0])})
    others = [
        payload.fingerprint("b", {"x": 1}, {"v": np.array([1.0, 2.0])}),
        payload.fingerprint("a", {"x": 2}, {"v": np.array([1.0, 2.0])}),
        payload.fingerprint("a", {"x": 1}, {"w": np.array([1.0, 2.0])}),
        payload.fingerprint("a", {"x": 1}, {"v": np.array([[1.0, 2.0]])}),
        payload.fingerprint("a", {"x": 1}, {"v": np.array([1.0, np.nextafter(2.0, 3.0)])}),
        payload.fingerprint("a", {"x": 1}, {"v": np.array([1, 2])}),
    ]
    assert len({base, *others}) == 7
    assert base == payload.fingerprint("a", {"x": 1}, {"v": np.array([1.0, 2.0], dtype=">f8")})
    assert base == payload.fingerprint("a", {"x": 1}, {"v": np.array([1.0, 9.0, 2.0])[::2]})
