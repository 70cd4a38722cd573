"""Figures of claims: what is drawn is what the rows say."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from edgeworth.core.claim_figures import curves, intervals
from edgeworth.core.claims import Row

ROWS: list[Row] = [{"n": n, "share": n * k, "prices": bool(k)} for k in (0, 1) for n in (2, 4)]


def test_a_curve_for_every_combination() -> None:
    ax = curves([*ROWS, {"other": 1.0}], "n", "share", ["prices"])(Figure().add_subplot())
    assert [line.get_xydata().tolist() for line in ax.lines] == [[[2, 0], [4, 0]], [[2, 2], [4, 4]]]  # type: ignore[union-attr]
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["prices False", "prices True"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("n", "share")
    assert curves(ROWS, "n", "share")(Figure().add_subplot()).get_legend() is None


def test_intervals_beside_zero_and_of_other_units() -> None:
    near: list[Row] = [{"what": "a", "low": -1.0, "high": 3.0}, {"what": "b", "low": 0.0, "high": 0.0}]
    far: list[Row] = [*near, {"what": "$c$", "low": -500.0, "high": 1000.0}]
    for rows, middles, label in (
        (near, [1.0, 0.0], "95% interval"),
        (far, [1.0 / 3.0, 0.0, 0.25], "95% interval, over its end that is farther from 0"),
    ):
        draw = intervals([*rows, {"low": float("nan"), "high": 1.0}, {"what": "none"}])
        assert draw is not None
        ax = draw(Figure().add_subplot())
        assert [float(x) for x in ax.lines[-1].get_xdata()] == pytest.approx(middles)  # type: ignore[union-attr]
        assert ax.get_xlabel() == label
    assert [text.get_text() for text in ax.get_yticklabels()] == ["1. a", "2. b", r"3. \$c\$"]
    assert intervals(near[:1]) is None
    assert intervals(ROWS) is None
