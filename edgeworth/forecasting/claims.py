"""What the FUSION paper claims of its forecasts: section VI-B with Tables II to IV, and appendix B, a row each.

``claim_table(CLAIMS, SHORT)`` of `edgeworth.core.claims` tests them; ``CLAIMS[0].examine()`` tests one. The tests are in
`edgeworth.forecasting.evidence`. A budget's ``seeds`` is how many networks of each kind are trained (extra "learn"), its
``instances`` how many passes that takes at most; from 100 instances on 100.

>>> from edgeworth.core.claims import SMOKE
>>> next(claim for claim in CLAIMS if claim.id == "table-iii-size").examine(SMOKE).verdict.value
'holds in part'
"""

from __future__ import annotations

from edgeworth.core.claims import Claim, Rule
from edgeworth.forecasting import evidence

SEEDS = 5
_SYNTHETIC = (
    "series that `series.synthetic` draws with its defaults, 1,440 steps, a series and a network of each kind a seed; history"
    " 48, horizon 10; the last 30% are the test part; test inputs corrupted as `Corruption` has it by default, gaps filled by"
    " the last value"
)
_FEEDERS = (
    "feeders MT_005 and MT_145, 1,000 hours of 2012, a network of each kind a seed and feeder; history 48, horizon 10; the last"
    " 30% are the test part; test inputs corrupted as `Corruption` has it by default, gaps filled by the last value"
)

CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="table-ii-clean",
        source="section VI-B1, Table II",
        quote="On clean data, LSTM attains the lowest MSE (0.119)",
        statement="on clean inputs the LSTM's mean squared error is below both others'",
        scope=_SYNTHETIC,
        rule=Rule(
            "paired intervals, over seeds, of the logarithm of the LSTM's MSE over each other's",
            "holds where both lie below 0, in part where neither lies above 0 and one lies below",
            seeds=SEEDS,
        ),
        test=evidence.lstm_lowest,
    ),
    Claim(
        id="table-ii-slightly",
        source="section VI-B1, Table II",
        quote="whereas Transformer and Pro-LNN yield slightly larger errors (0.467 and 0.459, respectively)",
        statement="the two errors of Table II that are called slightly larger are at most half as large again as the LSTM's",
        scope="the three numbers of the table's column",
        rule=Rule("larger error over the LSTM's", "holds where both are at most 1.5"),
        test=evidence.slightly,
    ),
    Claim(
        id="table-ii-surge",
        source="section VI-B1, Table II",
        quote="LSTM error surges to 0.983 (a relative increase of +726.3%), while the errors of Transformer and Pro-LNN"
        " only grow to 0.781 and 0.762",
        statement="under corruption the LSTM's MSE grows by a larger factor than both others'",
        scope=_SYNTHETIC,
        rule=Rule(
            "paired intervals, over seeds, of the logarithm of the LSTM's corrupt over clean MSE, over each other's",
            "holds where both lie above 0, in part where neither lies below 0 and one lies above",
            seeds=SEEDS,
        ),
        test=evidence.lstm_surges,
    ),
    Claim(
        id="table-ii-trade-off",
        source="section VI-B1",
        quote="Pro-LNN offers a more favorable trade-off between robustness and cost than an over-parameterized LSTM on highly"
        " non-stationary and noisy sequences",
        statement="with fewer parameters, Pro-LNN's MSE on corrupted inputs is below the LSTM's",
        scope=_SYNTHETIC,
        rule=Rule(
            "paired interval, over seeds, of the logarithm of Pro-LNN's corrupt MSE over the LSTM's",
            "holds where it lies below 0, does not where it lies above 0, and in part between",
            seeds=SEEDS,
        ),
        test=evidence.trade_off,
    ),
    Claim(
        id="table-iii-size",
        source="section VI-B2, Table III",
        quote="roughly 4-6 fewer parameters and 4-9 smaller model size than the two benchmark methods",
        statement="the architectures have the printed numbers of parameters, which give the factors of both",
        scope="the three networks at one feature, history 48 and horizon 10; sizes are four bytes a parameter",
        rule=Rule(
            "parameters, and their ratios rounded to integers", "holds where both ratios are as said, in part where one is"
        ),
        test=evidence.sizes,
    ),
    Claim(
        id="table-iii-accuracy",
        source="section VI-B2, Table III",
        quote="Pro-LNN achieves comparable prediction accuracy to LSTM and Transformer, while being much more compact",
        statement="Pro-LNN's RMSE is at most 10.1% above the LSTM's, as in the table, and not above the Transformer's by more",
        scope=_FEEDERS,
        rule=Rule(
            "paired intervals, over seeds, of the logarithm of Pro-LNN's RMSE over each other's, mean of the two feeders",
            "holds where both lie below log 1.101, does not where one lies above, and in part between",
            seeds=SEEDS,
        ),
        test=evidence.comparable,
    ),
    Claim(
        id="table-iv-degradation",
        source="section VI-B2, Table IV",
        quote="Pro-LNN exhibits the smallest performance degradation among all models",
        statement="under corruption Pro-LNN's MSE increases by less than both others'",
        scope=_FEEDERS,
        rule=Rule(
            "paired intervals, over seeds, of the difference of the increases of MSE, each over the feeder's variance, mean of"
            " the two feeders",
            "holds where both lie below 0, in part where neither lies above 0 and one lies below",
            seeds=SEEDS,
        ),
        test=evidence.smallest_degradation,
    ),
    Claim(
        id="unfused-latency",
        source="section VI-B2",
        quote="its measured per-inference latency is somewhat higher than that of the LSTM and Transformer baselines [...] an"
        " engineering artifact of the reference implementation rather than a structural limitation",
        statement="as a loop of torch operations Pro-LNN takes longer than both others in torch, and a fused loop takes less"
        " than torch's LSTM",
        scope="one window of 48 steps, one thread, medians of processor time",
        rule=Rule("processor time over that of torch's LSTM and Transformer", "holds where both parts do, in part where one"),
        test=evidence.latency,
    ),
    Claim(
        id="irregular-sampling",
        source="section IV-C1, appendix B",
        quote="rely on exponential-style state updates with neuron-wise time constants, making them naturally suited for"
        " irregular sampling",
        statement="where 30% of the inputs are missing, Pro-LNN that skips them and is told the time between observations errs"
        " less than Pro-LNN that is fed the last value",
        scope="a series of `series.synthetic` a seed, and both feeders; no noise, no bursts; one network, trained on complete"
        " windows as in the paper, is given both",
        rule=Rule(
            "paired interval, over seeds, of the logarithm of the one MSE over the other, mean of the three series",
            "holds where it lies below 0, does not where it lies above 0, and in part between",
            seeds=SEEDS,
        ),
        test=evidence.irregular,
    ),
    Claim(
        id="irregular-sampling-trained",
        source="section IV-C1, appendix B",
        quote="This exponential-style integration naturally adapts memory decay and information injection under irregular or"
        " noisy trajectories",
        statement="the same of two networks, one trained on windows with 30% of the steps missing and told the time, the other"
        " trained on such windows with the last value filled in",
        scope="as of irregular-sampling",
        rule=Rule(
            "paired interval, over seeds, of the logarithm of the one MSE over the other, mean of the three series",
            "holds where it lies below 0, does not where it lies above 0, and in part between",
            seeds=SEEDS,
        ),
        test=evidence.irregular_trained,
    ),
    Claim(
        id="consistency",
        source="section IV-C1, appendix B (25)",
        quote="To further improve stability for long horizons, we optionally add a multi-step consistency objective",
        statement="training with the term lowers the MSE of the second half of the horizon",
        scope="feeders MT_005 and MT_145, weight .5, three rolls",
        rule=Rule(
            "paired interval, over seeds, of the logarithm of MSE with the term over without it, mean of the feeders",
            "holds where it lies below 0, does not where it lies above 0, and in part between",
            seeds=SEEDS,
        ),
        test=evidence.consistency,
    ),
)
"""The paper's claims in its order."""
