"""Learning curves as figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PolyCollection

from edgeworth.core.style import new_axes
from edgeworth.learning import deep


def curve(*rewards: float) -> pd.DataFrame:
    return pd.DataFrame({"steps": 100 * np.arange(1, len(rewards) + 1), "reward": rewards})


def test_mean_band_and_lines() -> None:
    own = new_axes(4.0, 3.0)
    ax = deep.plot_training([curve(-3.0, -1.0), curve(-5.0, -2.0)], hindsight=0.5, causal=0.75, ax=own)
    assert ax is own
    mean, hindsight, causal = ax.get_lines()
    assert mean.get_xdata().tolist() == [100.0, 200.0]  # type: ignore[union-attr]
    assert mean.get_ydata().tolist() == [4.0, 1.5]  # type: ignore[union-attr]
    assert [set(line.get_ydata()) for line in (hindsight, causal)] == [{0.5}, {0.75}]  # type: ignore[arg-type]
    (band,) = [each for each in ax.collections if isinstance(each, PolyCollection)]
    corners = {tuple(point) for point in band.get_paths()[0].vertices.tolist()}  # type: ignore[union-attr]
    assert {(100.0, 3.0), (100.0, 5.0), (200.0, 1.0), (200.0, 2.0)} <= corners
    texts = [text.get_text() for text in ax.get_legend().get_texts()]  # type: ignore[union-attr]
    assert texts == ["training (2 seeds)", "hindsight", "best causal policy"]


def test_one_curve_has_no_band_and_groups_have_labels() -> None:
    ax = deep.plot_training(curve(-3.0, -1.0))
    assert len(ax.get_lines()) == 1
    assert not ax.collections
    ax = deep.plot_training({"ppo": [curve(-3.0)], "td3": [curve(-2.0), curve(-4.0)]})
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["ppo", "td3 (2 seeds)"]  # type: ignore[union-attr]


def test_wrong_curves_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="curves: must hold at least one table"):
        deep.plot_training([])
    with pytest.raises(ValueError, match="curves: must hold at least one table"):
        deep.plot_training({"ppo": []})
    with pytest.raises(TypeError, match="curves: must hold tables"):
        deep.plot_training([3])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="curves: must have the columns reward"):
        deep.plot_training(curve(1.0).drop(columns="reward"))
    with pytest.raises(ValueError, match="curves: must have the same steps for all seeds of a group; got 'training'"):
        deep.plot_training([curve(1.0), curve(1.0, 2.0)])
    with pytest.raises(ValueError, match="hindsight: must be"):
        deep.plot_training(curve(1.0), hindsight=float("nan"))
