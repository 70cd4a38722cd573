"""Malformed problems, schedules and calls: each is refused by name, with the rule and the value."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeworth.solvers import carbon_offloading as co

BASE: dict[str, Any] = {
    "arrivals": [[1.0, 2.0], [3.0, 4.0]], "harvest": [[0.0, 1e-3], [0.0, 0.0]], "gain": [[1.0, 2.0], [3.0, 4.0]],
    "carbon": [1e-4, 2e-4],
}  # fmt: skip
CHANNEL = np.random.default_rng(0).standard_normal((2, 3, 2, 2))


def _problem(**changed: Any) -> co.CarbonOffloading:
    return co.CarbonOffloading(**(BASE | changed))


def _law(**changed: Any) -> co.Law:
    given: dict[str, Any] = {
        "mean_arrival": np.ones((2, 2)), "mean_harvest": np.ones((2, 2)), "mean_gain": [1.0, 1.0], "packet": 1.0,
        "quantum": 1.0, "correlation": 0.5, "gain_shape": 4.0,
    }  # fmt: skip
    return co.Law(**(given | changed))


Case = tuple[Callable[[], Any], str]
CASES: dict[str, Case] = {
    "arrivals NaN": (lambda: _problem(arrivals=[[math.nan, 1.0]] * 2), "arrivals: must be finite everywhere; got nan"),
    "arrivals negative": (lambda: _problem(arrivals=[[1.0, -1.0]] * 2), "arrivals: must be at least 0.0 everywhere; got -1.0"),
    "arrivals vector": (lambda: _problem(arrivals=[1.0, 2.0]), "arrivals: must have shape any x any; got shape 2"),
    "arrivals texts": (lambda: _problem(arrivals=[["a", "b"]] * 2), "arrivals: must hold real numbers"),
    "arrivals booleans": (lambda: _problem(arrivals=[[True, False]] * 2), "arrivals: must hold real numbers"),
    "no user": (lambda: _problem(arrivals=np.zeros((0, 2))), "arrivals: must hold at least 1 user and 1 slot; got shape 0 x 2"),
    "no slot": (lambda: _problem(arrivals=np.zeros((2, 0))), "arrivals: must hold at least 1 user and 1 slot; got shape 2 x 0"),
    "buffer beyond floats": (lambda: _problem(buffer=10**400), "buffer: must be finite; got 1000000"),
    "gain tiny": (lambda: _problem(gain=[[1e-300, 1.0]] * 2), "gain: must be at least 1e-36 everywhere; got 1e-300"),
    "slot tiny": (lambda: _problem(slot_length=1e-300), "slot_length: must be at least 1e-36; got 1e-300"),
    "reference tiny": (lambda: _problem(carbon=[5e-324, 0.0]), "carbon_reference: must be at least 1e-36; got 5e-324"),
    "caps tiny": (
        lambda: _problem(local_power_cap=1e-300, offload_power_cap=1e-300),
        "offload_power_cap: must be at least 1e-36 where local_power_cap is 0; got 1e-300 for user 0",
    ),
    "weight tiny": (lambda: _problem(weights=[1.0, 1.0, 1.0, 1e-300]), "weights: must be 0 or at least 1e-36; got 1e-300"),
    "channel without a user": (
        lambda: _problem(receiver="mmse", channel=CHANNEL * [[[0.0], [1.0]]]),
        "channel: must leave every user a gain of at least 1e-36 in every slot; got 0.0 for user 0 in slot 0",
    ),
    "arrivals huge": (lambda: _problem(arrivals=[[1e30, 1.0]] * 2), "arrivals: must be at most 1e+18 everywhere"),
    "harvest shape": (lambda: _problem(harvest=[[0.0, 0.0]]), "harvest: must have shape 2 x 2; got shape 1 x 2"),
    "harvest negative": (lambda: _problem(harvest=[[0.0, -1e-9]] * 2), "harvest: must be at least 0.0 everywhere; got -1e-09"),
    "harvest inf": (lambda: _problem(harvest=[[0.0, math.inf]] * 2), "harvest: must be finite everywhere"),
    "gain zero": (lambda: _problem(gain=[[0.0, 1.0]] * 2), "gain: must be above 0.0 everywhere; got 0.0 at index [0, 0]"),
    "gain shape": (lambda: _problem(gain=[[1.0], [1.0]]), "gain: must have shape 2 x 2; got shape 2 x 1"),
    "carbon negative": (lambda: _problem(carbon=[1e-4, -1.0]), "carbon: must be at least 0.0 everywhere; got -1.0"),
    "carbon length": (lambda: _problem(carbon=[1e-4]), "carbon: must have shape 2; got shape 1"),
    "local cap negative": (lambda: _problem(local_power_cap=-1.0), "local_power_cap: must be at least 0.0; got -1.0"),
    "offload cap NaN": (lambda: _problem(offload_power_cap=math.nan), "offload_power_cap: must be finite; got nan"),
    "caps length": (lambda: _problem(local_power_cap=[1.0]), "local_power_cap: must have shape 2; got shape 1"),
    "no cap": (
        lambda: _problem(local_power_cap=[1.0, 0.0], offload_power_cap=[0.0, 0.0]),
        "offload_power_cap: must be at least 1e-36 where local_power_cap is 0; got 0.0 for user 1",
    ),
    "buffer zero": (lambda: _problem(buffer=0.0), "buffer: must be above 0.0; got 0.0"),
    "buffer zero of one": (lambda: _problem(buffer=[1.0, 0.0]), "buffer: must be above 0.0 everywhere; got 0.0 at index [1]"),
    "start above buffer": (
        lambda: _problem(buffer=5.0, initial_buffer=[1.0, 6.0]),
        "initial_buffer: must be at most buffer; got 6.0 above 5.0 for user 1",
    ),
    "start negative": (lambda: _problem(initial_buffer=-1.0), "initial_buffer: must be at least 0.0; got -1.0"),
    "battery negative": (lambda: _problem(battery=-1.0), "battery: must be at least 0.0; got -1.0"),
    "charge above battery": (
        lambda: _problem(initial_battery=1e-3),
        "initial_battery: must be at most battery; got 0.001 above 0.0 for user 0",
    ),
    "three weights": (lambda: _problem(weights=[1.0, 1.0, 1.0]), "weights: must have shape 4; got shape 3"),
    "weight negative": (lambda: _problem(weights=[1.0, 1.0, 1.0, -1.0]), "weights: must be at least 0.0 everywhere"),
    "scale zero": (lambda: _problem(overflow_scale=0.0), "overflow_scale: must be above 0.0; got 0.0"),
    "scale a word": (lambda: _problem(overflow_scale="dominant"), "overflow_scale: must hold real numbers"),
    "reference zero": (lambda: _problem(carbon_reference=0.0), "carbon_reference: must be above 0.0; got 0.0"),
    "slot zero": (lambda: _problem(slot_length=0.0), "slot_length: must be above 0.0; got 0.0"),
    "slot a text": (lambda: _problem(slot_length="1 ms"), "slot_length: must be a real number; got '1 ms' of type str"),
    "bandwidth negative": (lambda: _problem(bandwidth=-1.0), "bandwidth: must be above 0.0; got -1.0"),
    "capacitance zero": (lambda: _problem(switched_capacitance=0.0), "switched_capacitance: must be above 0.0"),
    "cycles inf": (lambda: _problem(cycles_per_bit=math.inf), "cycles_per_bit: must be finite; got inf"),
    "overflow unknown": (lambda: _problem(overflow="events"), "overflow: must be one of per-bit, event (did you mean"),
    "energy unknown": (lambda: _problem(energy="spent"), "energy: must be one of commanded, throttled"),
    "receiver unknown": (lambda: _problem(receiver="mrc"), "receiver: must be one of zf, mmse"),
    "mmse without channel": (lambda: _problem(receiver="mmse"), "channel: must be given for receiver 'mmse'"),
    "mmse with estimate": (
        lambda: _problem(receiver="mmse", channel=CHANNEL, estimate=CHANNEL),
        "estimate: must be None for receiver 'mmse'",
    ),
    "channel without estimate": (lambda: _problem(channel=CHANNEL), "channel: must come with the other of channel"),
    "estimate without channel": (lambda: _problem(estimate=CHANNEL), "estimate: must come with the other of channel"),
    "fewer antennas than users": (
        lambda: _problem(receiver="mmse", channel=CHANNEL[:, :1]),
        "channel: must have as many antennas as users at least, 2; got 1",
    ),
    "channel of other slots": (
        lambda: _problem(receiver="mmse", channel=CHANNEL[:1]),
        "channel: must have shape 2 x any x 2 x 2; got shape 1 x 3 x 2 x 2",
    ),
    "channel complex": (lambda: _problem(receiver="mmse", channel=CHANNEL[..., 0] + 1j), "channel: must hold real numbers"),
    "estimate of other antennas": (
        lambda: _problem(channel=CHANNEL, estimate=CHANNEL[:, :2]),
        "estimate: must have the channel's shape (2, 3, 2, 2)",
    ),
    "estimate singular": (
        lambda: _problem(channel=CHANNEL, estimate=np.ones((2, 3, 2, 2))),
        "estimate: must have users' channels that are linearly independent",
    ),
    "law a dict": (lambda: _problem(law={}), "law: must be a Law or None; got {} of type dict"),
    "law of other slots": (
        lambda: _problem(law=_law(mean_arrival=np.ones((2, 3)), mean_harvest=np.ones((2, 3)))),
        "law: must be of 2 users and 2 slots; got (2, 3)",
    ),
    "provenance a text": (lambda: _problem(provenance="here"), "provenance: must be a Provenance"),
    "law packet": (lambda: _law(packet=0.0), "packet: must be above 0.0; got 0.0"),
    "law correlation": (lambda: _law(correlation=1.5), "correlation: must be at most 1.0; got 1.5"),
    "law gain": (lambda: _law(mean_gain=[1.0, 0.0]), "mean_gain: must be above 0.0 everywhere"),
    "law harvest shape": (lambda: _law(mean_harvest=np.ones((1, 2))), "mean_harvest: must have shape 2 x 2"),
    "negative power": (lambda: co.Schedule([[-1.0]], [[0.0]]), "local_power: must be at least 0.0 everywhere; got -1.0"),
    "power NaN": (lambda: co.Schedule([[0.0]], [[math.nan]]), "offload_power: must be finite everywhere; got nan"),
    "powers of two shapes": (lambda: co.Schedule([[0.0]], [[0.0, 1.0]]), "offload_power: must have shape 1 x 1; got"),
    "schedule of another shape": (
        lambda: co.value(_problem(), co.Schedule([[0.0]], [[0.0]])),
        "schedule: must be of 2 users and 2 slots; got 1 users and 1 slots",
    ),
    "preset unknown": (lambda: co.generate(preset="cadtto"), "preset: must be one of caddto, dense"),
    "generate: fewer antennas": (
        lambda: co.generate(preset="literal", users=5),
        "antennas: must be at least the number of users, 5: zero forcing cannot separate more; got 4",
    ),
    "generate: four antennas": (lambda: co.generate(antennas=4), "antennas: must be at least the number of users, 5"),
    "generate: users 0": (lambda: co.generate(users=0), "users: must be at least 1; got 0"),
    "generate: slots a float": (lambda: co.generate(slots=10.0), "slots: must be an integer"),  # type: ignore[arg-type]
    "generate: load": (lambda: co.generate(load=-1.0), "load: must be at least 0.0; got -1.0"),
    "generate: error 1": (lambda: co.generate(csi_error=1.0), "csi_error: must be below 1; got 1.0"),
    "generate: error of mmse": (
        lambda: co.generate(receiver="mmse", csi_error=0.1),
        "csi_error: must be 0 for receiver 'mmse', which knows the channel; got 0.1",
    ),
    "generate: gamma with interference": (
        lambda: co.generate(gains="gamma", csi_error=0.1),
        "gains: must be 'matrix' where users interfere",
    ),
    "generate: gains": (lambda: co.generate(gains="exact"), "gains: must be one of matrix, gamma"),  # type: ignore[arg-type]
    "generate: large matrices": (lambda: co.generate(users=200), "gains: must be 'gamma' for more than 128 users"),
    "generate: sun at night": (lambda: co.generate(solar="sun.csv"), "solar: is not taken by preset 'caddto'; got 'sun.csv'"),
    "generate: fetch": (lambda: co.generate(fetch=True), "fetch: is not taken by preset 'caddto'; got True"),
    "generate: trace": (lambda: co.generate(intensity="grid.csv"), "intensity: must be a number for preset 'caddto'"),
    "generate: sun alone": (
        lambda: co.generate(preset="day", solar="sun.csv"),
        "solar: must be given together with intensity, the path of a trace",
    ),
    "generate: city without traces": (lambda: co.generate(preset="day", city="Berlin"), "city: is a column of a trace"),
    "generate: mmse by day": (lambda: co.generate(preset="day", receiver="mmse"), "receiver: must be 'zf', with csi_error 0"),
    "generate: fetch a text": (lambda: co.generate(preset="day", fetch="no"), "fetch: must be True or False; got 'no'"),  # type: ignore[arg-type]
    "generate: sun a number": (lambda: co.generate(preset="day", solar=1.0), "solar: must be the path of a trace; got 1.0"),  # type: ignore[arg-type]
    "generate: tiny packets": (
        lambda: co.generate(packet=1e-20),
        "packet: must leave at most 1e+18 packets a slot at this load",
    ),
    "generate: huge load": (lambda: co.generate(load=1e300), "load: must be at most 1e+18; got 1e+300"),
    "generate: huge radius": (lambda: co.generate(radius=1e300), "radius: must be at most 1000000000.0; got 1e+300"),
    "generate: radius": (lambda: co.generate(radius=5.0), "radius: must be at least 10.0; got 5.0"),
    "generate: correlation": (lambda: co.generate(correlation=-0.1), "correlation: must be at least 0.0; got -0.1"),
    "generate: start": (lambda: co.generate(initial_buffer="full"), "initial_buffer: must be one of random"),  # type: ignore[arg-type]
    "generate: scale": (lambda: co.generate(overflow_scale="mean"), "overflow_scale: must be one of dominant, mean-arrival"),  # type: ignore[arg-type]
    "tradeoff": (lambda: co.Lyapunov(0.0), "tradeoff: must be at least 1e-12; got 0.0"),
    "level": (lambda: co.Threshold(1.5), "level: must be at most 1.0; got 1.5"),
}


@pytest.mark.parametrize("case", CASES)
def test_is_refused_by_name(case: str) -> None:
    call, message = CASES[case]
    with pytest.raises((ValueError, TypeError)) as caught:
        call()
    assert str(caught.value).startswith(message), str(caught.value)


def test_a_trace_without_the_column_is_refused_by_the_argument(tmp_path: Path) -> None:
    trace = tmp_path / "sun.csv"
    trace.write_text("time,A\n0,1\n300,1\n")
    for name in ("city", "zone"):
        with pytest.raises(ValueError, match=f"{name}: must be one of A; got 'B'"):
            co.generate(preset="day", solar=trace, intensity=trace, **{name: "B"})


def test_receivers_of_collinear_channels_at_any_power() -> None:
    """Where the identity is lost in rounding: who is drowned by the other has no signal."""
    channel = 1e9 * np.repeat(np.random.default_rng(0).standard_normal((2, 3, 1, 2)), 2, axis=2)
    problem = _problem(receiver="mmse", channel=channel)
    played = co.simulate(problem, co.Schedule(np.zeros((2, 2)), np.full((2, 2), 2.0)))
    assert np.all(np.isfinite(played.sinr))
    assert np.all(played.sinr >= 0.0)


def test_more_than_forty_malformed_problems() -> None:
    assert len([name for name, (call, _) in CASES.items() if "_problem" in call.__code__.co_names]) >= 40


def test_a_problem_of_another_family_or_changed_is_refused() -> None:
    problem = _problem()
    schedule = co.Schedule(np.zeros((2, 2)), np.zeros((2, 2)))
    with pytest.raises(TypeError, match="problem: must be a CarbonOffloading"):
        co.verify(schedule, schedule)  # type: ignore[arg-type]
    assert problem.hash
    problem.arrivals.setflags(write=True)
    problem.arrivals[0, 0] = 7.0
    with pytest.raises(ValueError, match="problem: was changed after it was made"):
        co.verify(problem, schedule)
    report = co.verify(_problem(), co.Schedule(np.zeros((1, 2)), np.zeros((1, 2))))
    assert "schedule: must be of 2 users" in str(report.failures["answer"])


def test_a_result_with_a_schedule_of_another_shape_fails() -> None:
    problem = _problem()
    result = co.solve(problem, method="green-only")
    wrong = replace(result, solution=co.Schedule(np.zeros((1, 2)), np.zeros((1, 2))))
    assert "answer" in co.verify(problem, wrong).failures


def test_arrays_are_copied_and_read_only(tmp_path: Path) -> None:
    arrivals = np.array(BASE["arrivals"])
    problem = _problem(arrivals=arrivals, receiver="mmse", channel=CHANNEL)
    arrivals[0, 0] = 99.0
    assert problem.arrivals[0, 0] == 1.0
    for name, values in problem.to_payload().arrays.items():
        assert not values.flags.writeable, name
