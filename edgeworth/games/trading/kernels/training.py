"""Races of small networks in training: every miner descends from the same parameters at the pace of its power."""

import math

import numpy as np

from edgeworth.core.jit import jit, leaf
from edgeworth.core.kernels import GOLDEN, assign, fraction, stream

_BLOCK = np.uint64(0xD1B54A32D192ED03)  # keeps the lots of a block apart from the miners' streams
_MOST = 2.0**62  # steps, that they are an integer


@leaf(counted=False)
def activate(weights, inputs, row, hidden, classes, middle, out):
    """The network's class probabilities in `out`, its rectified hidden units in `middle`.

    weights: hidden rows of (features + bias), then a row of (hidden + bias) a class.
    """
    features = inputs.shape[1]
    at = 0
    for h in range(hidden):
        total = weights[at + features]
        for k in range(features):
            total += weights[at + k] * inputs[row, k]
        middle[h] = max(total, 0.0)
        at += features + 1
    most = -np.inf
    for c in range(classes):
        total = weights[at + hidden]
        for h in range(hidden):
            total += weights[at + h] * middle[h]
        out[c] = total
        most = max(most, total)
        at += hidden + 1
    total = 0.0
    for c in range(classes):
        out[c] = math.exp(out[c] - most)
        total += out[c]
    for c in range(classes):
        out[c] /= total


@leaf(counted=False)
def loss(weights, inputs, labels, hidden, classes, middle, out):
    """Mean cross-entropy over the whole data set."""
    total = 0.0
    for row in range(labels.size):
        activate(weights, inputs, row, hidden, classes, middle, out)
        total -= math.log(max(out[labels[row]], 1e-300))
    return total / labels.size


@leaf(counted=False)
def descend(weights, inputs, labels, hidden, classes, rate, steps, word, middle, out):
    """`steps` steps of stochastic gradient descent, an observation each, drawn by the stream from `word`; returns where the
    stream goes on."""
    features = inputs.shape[1]
    head = hidden * (features + 1)
    for _ in range(steps):
        row = int(fraction(word) * labels.size)
        word += GOLDEN
        activate(weights, inputs, row, hidden, classes, middle, out)
        out[labels[row]] -= 1.0
        for h in range(hidden):
            if middle[h] > 0.0:
                slope = 0.0
                for c in range(classes):
                    slope += out[c] * weights[head + c * (hidden + 1) + h]
                at = h * (features + 1)
                for k in range(features):
                    weights[at + k] -= rate * slope * inputs[row, k]
                weights[at + features] -= rate * slope
        for c in range(classes):
            at = head + c * (hidden + 1)
            for h in range(hidden):
                weights[at + h] -= rate * out[c] * middle[h]
            weights[at + hidden] -= rate * out[c]
    return word


@leaf(counted=False)
def drawn_before(lots, i, other):
    """Whether i draws a smaller lot than the other."""
    return fraction(stream(lots, i, 0)) < fraction(stream(lots, other, 0))


@jit(counted=False)
def chains(
    inputs, labels, hidden, classes, rate, pace, span, check, drop, order, seed, first, genesis, scratch, best, middle, out,
    winner, reached, times,
):  # fmt: skip
    """Chains of blocks, number `first` and on, a row of `genesis` each, which ends as the parameters of the last winner.

    pace: steps a unit of time of every miner, 0 for those who do not race; span: time of a block. drop < 0: the smallest loss
    at the end of the time wins. Otherwise the first who, looking after every `check` steps, has at most `drop` times the loss
    that the block began with; nobody (-1) where the time ends before. Of two at the same time the smaller loss wins, then a lot
    that each of them draws. order: in which they train, without effect on who wins. winner, reached, times [chains, blocks]:
    who, its loss (that of the beginning where nobody wins), and when.
    """
    for chain in range(winner.shape[0]):
        base = genesis[chain]
        for block in range(winner.shape[1]):
            start = loss(base, inputs, labels, hidden, classes, middle, out)
            who, least, when = -1, np.inf, np.inf
            lots = stream(seed + _BLOCK, first + chain, block)
            for i in order:
                if pace[i] <= 0.0:
                    continue
                assign(scratch, base)
                word = stream(stream(seed, first + chain, block), i, 1)
                steps = int(min(pace[i] * span, _MOST))
                if drop < 0.0:
                    descend(scratch, inputs, labels, hidden, classes, rate, steps, word, middle, out)
                    found = loss(scratch, inputs, labels, hidden, classes, middle, out)
                    if found < least or (found == least and drawn_before(lots, i, who)):
                        who, least, when = i, found, span
                        assign(best, scratch)
                    continue
                done = 0
                while done + check <= steps and (done + check) / pace[i] <= when:
                    word = descend(scratch, inputs, labels, hidden, classes, rate, check, word, middle, out)
                    done += check
                    found = loss(scratch, inputs, labels, hidden, classes, middle, out)
                    if found <= drop * start:
                        if done / pace[i] < when or found < least or (found == least and drawn_before(lots, i, who)):
                            who, least, when = i, found, done / pace[i]
                            assign(best, scratch)
                        break
            winner[chain, block] = who
            times[chain, block] = when
            reached[chain, block] = least if who >= 0 else start
            if who >= 0:
                assign(base, best)
