"""The rules of double auctions, one row each."""

from __future__ import annotations

from edgeworth.core.method import Method

_ROOM = "edgeworth.mechanisms.double_auction"
_FUSION = "FUSION paper, section IV-C3, Algorithm 2"


def _rule(name: str, params: str, guarantee: str, reference: str, exact: bool = False) -> Method:
    return Method(
        name=name,
        kind="mechanism",
        function=f"{_ROOM}.rules:solve_{name.replace('-', '_')}",
        params=f"{_ROOM}.rules:{params}",
        exact=exact,
        randomised=False,
        guarantee=guarantee,
        reference=reference,
    )


METHODS: tuple[Method, ...] = (
    _rule("mcafee", "Classic", "truthful, rational, balanced; unit markets", "McAfee, J. Econ. Theory 56 (1992)"),
    _rule("trade-reduction", "Classic", "truthful, rational, balanced; unit markets", "McAfee, J. Econ. Theory 56 (1992)"),
    _rule(
        "sbba",
        "Classic",
        "truthful, rational, no surplus and no deficit; unit markets",
        "Segal-Halevi, Hassidim and Aumann, SBBA, SAGT 2016",
    ),
    _rule(
        "vcg",
        "Classic",
        "efficient, truthful, rational; runs a deficit",
        "Vickrey (1961), Clarke (1971), Groves (1973)",
        exact=True,
    ),
    _rule(
        "k-double-auction",
        "KDoubleAuction",
        "rational, balanced; not truthful; unit markets",
        "Chatterjee and Samuelson (1983)",
    ),
    _rule("off-aic2", "OffAic2", "rational against the ask; neither truthful nor balanced in any reading tried", _FUSION),
    _rule("off-aic2-myerson", "OffAic2", "none: its allocation is not always monotone", f"{_FUSION}; Myerson (1981)"),
    _rule("pay-as-report", "OffAic2", "balanced; not truthful", f"{_FUSION}, as its figure 3 describes"),
    _rule("pivot-reduction", "Classic", "rational, balanced; not truthful where demands differ", "ours, after McAfee (1992)"),
    _rule("posted-procurement", "Posted", "truthful, rational, balanced; needs a history of bids", "ours"),
    _rule("rank-procurement", "RankPosted", "truthful, rational, balanced; no prior", "ours"),
    Method(
        name="optimum",
        kind="optimise",
        function=f"{_ROOM}.exact:optimum",
        exact=True,
        randomised=False,
        guarantee="greatest welfare when proved; no mechanism",
        reference="dynamic programming over sets; HiGHS; column generation of routing.orienteering",
    ),
)
