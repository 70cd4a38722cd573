"""Stop, seeds, verdicts, numbers, provenance, errors: the small frozen things."""

from __future__ import annotations

import math
import pickle
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeworth import FileFormatError, MissingExtraError, Report, Stop, Verdict
from edgeworth.core import numeric, validation
from edgeworth.core.method import FEATURES, Method
from edgeworth.core.provenance import Provenance
from edgeworth.core.seeds import INSTANCES, generator
from edgeworth.core.verdict import Scope

# --- Stop ---------------------------------------------------------------------------------------------------------------


def test_a_stop_is_a_value() -> None:
    stop = Stop(seconds=1, iterations=0, stalled=1, target=-3.5, gap=0)
    assert stop == Stop(seconds=1, iterations=0, stalled=1, target=-3.5, gap=0)
    assert hash(stop) == hash(Stop(seconds=1, iterations=0, stalled=1, target=-3.5, gap=0))
    assert stop.rules == ("seconds", "iterations", "stalled", "target", "gap")
    assert Stop().rules == ()
    assert Stop(iterations=0).rules == ("iterations",)  # 0 is a rule
    with pytest.raises(FrozenInstanceError):
        stop.seconds = 2.0  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(stop)) == stop


# --- seeds --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2**100, np.int64(7), np.uint8(3)])
def test_integers_are_seeds_and_zero_is_one(seed: int) -> None:
    rng, record = generator(seed)
    assert record == int(seed)
    assert type(record) is int
    assert rng.random() == np.random.default_rng(int(seed)).random()


def test_a_fresh_seed_is_recorded_and_repeats_the_run() -> None:
    rng, record = generator(None)
    again, same = generator(record)  # type: ignore[arg-type]
    assert same == record
    assert rng.random(4).tolist() == again.random(4).tolist()
    assert generator(None)[1] != record


def test_instance_seeds_and_method_seeds_are_different_things() -> None:
    method, problem = generator(0)[0], generator(0, INSTANCES)[0]
    assert method.random(4).tolist() != problem.random(4).tolist()
    assert generator(0, INSTANCES)[0].random() == generator(0, INSTANCES)[0].random()
    assert generator(None, INSTANCES)[1] != 0


def test_seed_sequences_and_generators() -> None:
    child = np.random.SeedSequence(5, spawn_key=(2,))
    rng, record = generator(child)
    assert record == "entropy=5 spawn_key=(2,)"
    assert rng.random() == np.random.default_rng(np.random.SeedSequence(5, spawn_key=(2,))).random()
    mine = np.random.default_rng(1)
    assert generator(mine) == (mine, "generator")


# --- verdicts -----------------------------------------------------------------------------------------------------------


def test_a_report_is_true_when_all_verdicts_hold() -> None:
    good, bad = Verdict.of(True), Verdict.of(False, 0.5, 1e-9, witness=("server", 3), scope=Scope("sampled", 10, 0))
    report = Report({"feasible": good, "value": bad})
    assert Report({"feasible": good})
    assert not report
    assert report.failures == {"value": bad}
    assert list(report) == ["feasible", "value"]
    assert len(report) == 2
    assert report["value"].witness == ("server", 3)
    assert "feasible" in report
    assert str(report).splitlines() == [
        "feasible: holds, 0 within 0 (exhaustive)",
        "value: FAILS by 0.5 (tolerance 1e-09): ('server', 3) (sampled: 10, seed 0)",
    ]
    copy = pickle.loads(pickle.dumps(report))
    assert dict(copy) == dict(report)


def test_a_report_cannot_be_changed_or_empty() -> None:
    mine = {"value": Verdict.of(False)}
    report = Report(mine)
    mine["value"] = Verdict.of(True)
    assert not report
    with pytest.raises(TypeError):
        report.verdicts["value"] = Verdict.of(True)  # type: ignore[index]
    with pytest.raises(ValueError, match="at least one verdict"):
        Report({})


# --- numbers ------------------------------------------------------------------------------------------------------------


@given(value=st.floats(-1e6, 1e6), distance=st.floats(1e-3, 1e3))
def test_a_bound_on_the_wrong_side_shows_as_a_negative_gap(value: float, distance: float) -> None:
    assert numeric.relative_gap(value, value + distance, "max") > 0 > numeric.relative_gap(value, value - distance, "max")
    assert numeric.relative_gap(value, value - distance, "min") > 0 > numeric.relative_gap(value, value + distance, "min")
    assert numeric.relative_gap(value, value, "max") == 0.0


@pytest.mark.parametrize(
    ("value", "bound", "sense", "integral", "closed"),
    [
        (1.0, 1.0, "max", False, True),
        (1.0, 1.0 + 9e-10, "max", False, True),
        (1.0, 1.0 + 2e-9, "max", False, False),
        (1.0, 1.0 - 9e-10, "max", False, True),
        (1.0, 1.0 - 2e-9, "max", False, False),  # the wrong side proves nothing
        (1.0, 1.0 - 2e-9, "min", False, False),
        (1.0, 1.0 + 2e-9, "min", False, False),
        (10.0, 10.9, "max", True, True),
        (10.0, 11.0, "max", True, False),
        (10.0, 9.1, "max", True, False),
        (10.0, 9.1, "min", True, True),
        (0.0, 0.0, "max", False, True),
        (0.0, 1e-12, "max", False, False),
        (0.0, math.inf, "max", True, False),
        (0.0, math.nan, "max", True, False),
    ],
)
def test_when_a_bound_proves_an_optimum(value: float, bound: float, sense: Any, integral: bool, closed: bool) -> None:
    assert numeric.closes(value, bound, sense, integral) is closed


# --- provenance, errors, rows -------------------------------------------------------------------------------------------


def test_provenance_is_frozen_data() -> None:
    mine = {"servers": 3}
    origin = Provenance("preset", "metaverse", mine, 0)
    mine["servers"] = 4
    assert origin.to_fields() == {"source": "preset", "name": "metaverse", "parameters": {"servers": 3}, "seed": 0}
    assert pickle.loads(pickle.dumps(origin)) == origin
    with pytest.raises(TypeError):
        origin.parameters["servers"] = 5  # type: ignore[index]


def test_a_missing_extra_names_itself() -> None:
    error = MissingExtraError("method 'ppo'", "learn")
    assert str(error) == "method 'ppo' needs the extra 'learn': pip install 'edgeworth[learn]'"
    assert isinstance(error, ImportError)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert issubclass(FileFormatError, ValueError)


def _row(**changed: Any) -> Method:
    given: dict[str, Any] = {
        "name": "mine", "kind": "optimise", "function": "math:sqrt", "exact": False, "randomised": False,
        "guarantee": "none", "reference": "none",
    }  # fmt: skip
    return Method(**(given | changed))


def test_rows_resolve_on_use() -> None:
    assert _row().resolve() is math.sqrt
    assert _row().params_type() is None
    assert _row(params="fractions:Fraction").params_type().__name__ == "Fraction"  # type: ignore[union-attr]
    with pytest.raises(MissingExtraError, match="learn"):
        _row(requires=("no_such_module_anywhere", "learn")).resolve()
    with pytest.raises(ValueError, match=r"supports: must be one of start.*did you mean 'stalled'"):
        _row(supports=frozenset({"stall"}))
    assert _row(supports=frozenset(FEATURES)).supports == set(FEATURES)


# --- validation ---------------------------------------------------------------------------------------------------------


@given(value=st.one_of(st.floats(allow_nan=True), st.booleans(), st.text(max_size=3), st.none(), st.complex_numbers()))
def test_only_integers_are_integers(value: Any) -> None:
    with pytest.raises(TypeError, match="n: must be an integer"):
        validation.integer("n", value)


@given(value=st.one_of(st.booleans(), st.text(max_size=3), st.none(), st.complex_numbers(), st.lists(st.floats())))
def test_only_numbers_are_numbers(value: Any) -> None:
    with pytest.raises(TypeError, match="x: must be a real number"):
        validation.real("x", value)


@given(number=st.integers(-1000, 1000), low=st.integers(-1000, 1000), high=st.integers(-1000, 1000))
def test_ranges_are_inclusive(number: int, low: int, high: int) -> None:
    if low <= number <= high:
        assert validation.integer("n", number, minimum=low, maximum=high) == number
        assert validation.real("x", number, minimum=low, maximum=high) == number
    else:
        with pytest.raises(ValueError, match=r"n: must be at (least|most)"):
            validation.integer("n", number, minimum=low, maximum=high)
        with pytest.raises(ValueError, match=r"x: must be at (least|most)"):
            validation.real("x", number, minimum=low, maximum=high)


def test_open_ranges_exclude_their_end() -> None:
    assert validation.real("x", 1e-300, minimum=0.0, open_minimum=True) == 1e-300
    with pytest.raises(ValueError, match=r"x: must be above 0\.0; got 0"):
        validation.real("x", 0, minimum=0.0, open_minimum=True)


def test_arrays_are_copied_frozen_and_contiguous() -> None:
    mine = np.arange(6, dtype=np.int32).reshape(2, 3).T
    kept = validation.array("a", mine, np.float64, (3, 2))
    mine[:] = 0
    assert kept.tolist() == [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
    assert kept.flags.c_contiguous
    assert not kept.flags.writeable
    assert validation.array("a", [], np.int64, (None,)).dtype == np.int64


def test_long_values_are_shown_in_one_short_line() -> None:
    assert len(validation.shown("x" * 1000)) == 120
    assert "\n" not in validation.shown("a\nb" * 3)
    assert validation.shown(np.zeros((2, 3))) == "an array of shape (2, 3) and dtype float64"
    assert validation.nearest("greddy", ["greedy", "random"]) == " (did you mean 'greedy'?)"
    assert validation.nearest("zzz", ["greedy", "random"]) == ""


def test_integers_that_change_on_the_way_are_refused() -> None:
    for values, dtype in (
        (np.array([2**53 + 1]), np.float64),
        (np.array([2**63 - 1]), np.float64),
        (np.array([2**63], dtype=np.uint64), np.int64),
        (np.array([2**64 - 1], dtype=np.uint64), np.int64),
    ):
        with pytest.raises(ValueError, match="must be exactly representable as"):
            validation.array("a", values, dtype, (1,))
    assert validation.array("a", [2**53], np.float64, (1,)).tolist() == [2.0**53]
    assert validation.array("a", np.array([2**63 - 1], dtype=np.uint64), np.int64, (1,)).tolist() == [2**63 - 1]


@pytest.mark.parametrize("values", [[True, 1, 0], (0.5, np.True_), [[1, 0], [0, False]], [(1, 2), [np.False_, 3]]])
def test_truth_values_among_numbers_are_not_numbers(values: Any) -> None:
    shape = (None, None) if isinstance(values[0], list | tuple) else (None,)
    with pytest.raises(TypeError, match="a: must hold numbers, and no booleans among them"):
        validation.array("a", values, np.float64, shape)
