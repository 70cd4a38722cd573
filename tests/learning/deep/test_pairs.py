"""Attention between pairs: NumPy and torch alike, equivariant, blind to pairs that are closed."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from edgeworth.core.arrays import Array
from edgeworth.learning.deep.nets import net_of
from edgeworth.learning.deep.pairs import PairAttention

NET = PairAttention(features=4, width=12, heads=3, rounds=2, gain=1.0)


def weights(net: PairAttention = NET) -> list[Array]:
    """None of them 0, biases included."""
    rng = np.random.default_rng(1)
    return [each + 0.2 * rng.standard_normal(each.shape).astype(np.float32) for each in net.start(rng)]


def tables(cases: int = 3, m: int = 3, n: int = 5, seed: int = 0) -> Array:
    """Pairs of which a third is closed, and in the first case a whole row and a whole column."""
    rng = np.random.default_rng(seed)
    found = rng.standard_normal((cases, m, n, 4)).astype(np.float32)
    found[..., 0] = rng.random((cases, m, n)) < 2 / 3
    found[0, 1, :, 0] = found[0, :, 2, 0] = 0.0
    found *= found[..., :1] > 0.0
    return found


def flat(table: Array) -> Array:
    return np.concatenate([np.full((len(table), 1), table.shape[1], np.float32), table.reshape(len(table), -1)], 1)


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_numpy_and_torch_agree(rounds: int) -> None:
    net = PairAttention(features=4, width=12, heads=3, rounds=rounds, gain=1.0)
    x = flat(tables())
    one = net.numpy(weights(net), x)
    other = net.torch([torch.from_numpy(each) for each in weights(net)], torch.from_numpy(x)).numpy()
    assert one.shape == (3, 15)
    assert np.ptp(one) > 0.5
    assert np.allclose(one, other, atol=1e-5)


def test_a_round_is_what_its_formula_says() -> None:
    """Once more by loops over pairs and heads, in float64."""
    net = PairAttention(features=4, width=6, heads=2, rounds=1, gain=1.0)
    w, b, pair, bias, score, value, row, column, out = (each.astype(np.float64) for each in weights(net))
    table = tables(1).astype(np.float64)[0]
    h = np.maximum(table @ w + b, 0.0)
    is_open, expected = table[..., 0] > 0.0, np.zeros((3, 5))

    def pooled(line: list[tuple[int, int]], part: int) -> Array:
        found = np.zeros(6)
        kept = [each for each in line if is_open[each]]
        for k in range(2):
            share = np.array([np.exp(h[each] @ score[:, 2 * part + k]) for each in kept])
            for weight, each in zip(share / share.sum() if kept else share, kept, strict=True):
                found[3 * k : 3 * k + 3] += weight * (h[each] @ value[:, 6 * part + 3 * k : 6 * part + 3 * k + 3])
        return found

    for i in range(3):
        for j in range(5):
            of_row, of_column = pooled([(i, x) for x in range(5)], 0), pooled([(x, j) for x in range(3)], 1)
            fresh = h[i, j] + h[i, j] @ pair + of_row @ row + of_column @ column + bias
            expected[i, j] = float((np.maximum(fresh, 0.0) @ out)[0])
    assert np.allclose(net.numpy(weights(net), flat(tables(1))).reshape(3, 5), expected, atol=1e-4)


def test_rows_and_columns_that_change_places_take_their_logits_along() -> None:
    x, rng = tables(), np.random.default_rng(2)
    i, j = rng.permutation(3), rng.permutation(5)
    one = NET.numpy(weights(), flat(x)).reshape(3, 3, 5)
    other = NET.numpy(weights(), flat(x[:, i][:, :, j])).reshape(3, 3, 5)
    assert np.allclose(one[:, i][:, :, j], other, atol=1e-5)


def test_a_pair_feels_open_pairs_of_its_row_and_column_and_no_closed_one() -> None:
    x = tables(1)
    x[0, ..., 0] = 1.0
    x[0, 0, 1, 0] = 0.0
    net = PairAttention(features=4, width=12, heads=3, rounds=1, gain=1.0)  # more rounds carry further
    before = net.numpy(weights(net), flat(x))[0, 0]
    for pair, felt in (((0, 2), True), ((2, 0), True), ((1, 1), False), ((0, 1), False)):
        changed = x.copy()
        changed[0, pair[0], pair[1], 1:] += 1.0
        assert (abs(net.numpy(weights(net), flat(changed))[0, 0] - before) > 1e-4) == felt, pair


def test_any_size_and_its_plain_data() -> None:
    for m, n in ((1, 1), (1, 9), (7, 2)):
        assert NET.numpy(weights(), flat(tables(2, m + 2, n + 3))).shape == (2, (m + 2) * (n + 3))
    assert net_of(NET.to_fields()) == NET
    assert NET.numpy(weights(), flat(tables())[:0]).shape[0] == 0


def test_wrong_inputs_are_refused_by_name() -> None:
    x = flat(tables())
    with pytest.raises(ValueError, match="x: must tell the same number of rows, and 4 columns for every pair"):
        NET.numpy(weights(), x[:, :-1])
    x[1, 0] = 5.0
    with pytest.raises(ValueError, match="x: must tell the same number of rows"):
        NET.numpy(weights(), x)
    with pytest.raises(ValueError, match="heads: must divide the width, 12; got 5"):
        PairAttention(features=4, width=12, heads=5)
