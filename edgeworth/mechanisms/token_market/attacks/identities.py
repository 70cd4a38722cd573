"""Attacks on identities, attestations and credit: 1, 2, 3 and 11 of the table."""

from __future__ import annotations

from edgeworth.mechanisms.token_market.attacks.scene import ATTACKER, BUYER, Outcome, Scene, attestation
from edgeworth.mechanisms.token_market.commands import Borrow, Burn, Mint, Order, Pledge
from edgeworth.mechanisms.token_market.fields import Judged
from edgeworth.mechanisms.token_market.kernels.layout import CASH_UNIT, CREDIT, TERM, TOKEN

FAKES = 100
"""The paper's own number (section V-A)."""
FURTHER = 5
"""Identities that borrow where one has defaulted."""
PERIOD = 5_000
"""Milliseconds between two attestations."""
PERIODS = 12
"""Periods of minting that a device misses after its default."""


def sybil(scene: Scene) -> Outcome:
    """100 accounts without hardware take what an identity gets for nothing: grants and credit."""
    buyer_bid = scene.lowest("CTK")[1] - 1
    if not scene.backed:
        scene.must(BUYER, Order("bid", "CTK", buyer_bid, 20 * TOKEN))
    scene.begin(ATTACKER)
    fakes = [scene.entrant() for _ in range(FAKES)]
    scene.fake.update(fakes)
    borrowed = 0
    lent = CREDIT * (CASH_UNIT if scene.backed else TOKEN)
    for who in fakes:
        scene.do(who, Pledge(who.to_bytes(32, "little")))
        borrowed += bool(scene.do(who, Borrow(lent)))
        scene.do(who, Mint("CTK", TOKEN))
    sold = scene.do(fakes[0], Order("ask", "CTK", buyer_bid, 20 * TOKEN, issuer=scene.issuer(fakes[0]), tif="ioc"))
    held = sum(scene.state.account(who).free["CTK"] for who in fakes) + sold.outputs[1]
    everything = scene.state.minted["CTK"] - scene.state.burned["CTK"]
    share = FAKES / (FAKES + len(scene.devices)) if not scene.backed else 0.0
    text = (
        f"{FAKES} accounts without hardware hold {held / TOKEN:,.0f} CTK ({share:.0%} of all grants, {held / everything:.0%} of"
        f" all CTK), {borrowed} of them borrowed {CREDIT} {'of cash' if scene.backed else 'PTK'};"
        f" {sold.outputs[2] / CASH_UNIT:,.2f} of cash for what was sold at once"
    )
    numbers = {"share_of_grants": share, "share_of_tokens": held / everything, "borrowed": float(borrowed)}
    return scene.outcome("sybil", text, numbers=numbers)


def forged_attestation(scene: Scene) -> Outcome:
    """An attestation is invented, or old, or another device's, or without oracles; or the reserve is exceeded."""
    who, victim = scene.join(), scene.devices[0]
    scene.begin(who)
    ctk, ptk = scene.battery[who]
    lies = dict.fromkeys(range(scene.rules.oracles), (10 * ctk, 10 * ptk))
    invented = attestation(who, 2, 10 * ctk, 10 * ptk, lies)
    tries = {
        "no signature of the attestation key": scene.refusal(who, invented, Judged(valid=False)),
        "readings that no oracle signed": scene.refusal(who, invented, Judged(each=(False,) * len(lies))),
        "the last period's attestation": scene.refusal(who, scene.shown(who, 1)),
        "another device's attestation": scene.refusal(who, scene.shown(who, 2, key=victim)),
        "minting beyond the reserve": scene.refusal(who, Mint("CTK", 1)),
    }
    text = "; ".join(f"{name}: {answer}" for name, answer in tries.items())
    refused = float(sum(answer != "ACCEPTED" for answer in tries.values()))
    return scene.outcome("forged-attestation", text, numbers={"tries": float(len(tries)), "refused": refused})


def oracle_lies(scene: Scene, name: str, *, liars: int, honest_key: bool) -> Outcome:
    """Oracles say ten times the truth of the attacker's device, which then mints, and a tenth of it of an honest device.

    Parameters
    ----------
    scene : Scene
        A market before the attack.
    name : str
        Of the outcome.
    liars : int
        How many of the oracles lie. The attacker's device shows the least quorum with all of them in it, the honest device
        what all oracles sign.
    honest_key : bool
        Whether the attestation key in the attacker's device signs the truth. The keys of honest devices do.

    Notes
    -----
    A reserve is the lower median of the readings shown, and no more than the attestation key signed. Of q readings with f too
    high the median is honest while f <= q // 2; of n with f too low while f <= (n - 1) // 2. A device that knows which readings
    are too low, and shows the best quorum, withstands f <= n - q // 2 - 1.
    """
    own, victim, quorum = scene.join(), scene.devices[0], scene.rules.quorum
    scene.begin(own)
    true = scene.battery[own]
    high = (10 * true[0], 10 * true[1])
    shown = dict.fromkeys(range(liars), high) | dict.fromkeys(range(liars, max(quorum, liars)), true)
    ctk, ptk, _ = scene.must(own, attestation(own, 2, *(true if honest_key else high), shown))
    issued = scene.state.account(own).issued
    for asset, reserve in (("CTK", ctk), ("PTK", ptk)):
        scene.must(own, Mint(asset, reserve - issued[asset]))
    unbacked = ctk - true[0]
    if unbacked > 0 and scene.backed:  # sold, since a claim on oneself is worth nothing
        scene.fake.add(own)
        scene.must(own, Order("ask", "CTK", scene.asks[own]["CTK"], unbacked, issuer=own))
        scene.must(BUYER, Order("bid", "CTK", scene.asks[own]["CTK"], unbacked, issuer=own, tif="ioc"))
    real = scene.battery[victim]
    told = dict.fromkeys(range(scene.rules.oracles), real) | dict.fromkeys(range(liars), (real[0] // 10, real[1] // 10))
    left = scene.must(victim, attestation(victim, 2, *real, told))
    missing = scene.value(victim, max(real[0] - left[0], 0), max(real[1] - left[1], 0))
    scene.works[victim] = -missing
    text = (
        f"{liars} of {scene.rules.oracles} oracles lie, a quorum is {quorum}, the attacker's attestation key"
        f" {'does not' if honest_key else 'does too'}: its reserve is {ctk / true[0]:.3g} of the truth, an honest device's"
        f" {left[0] / real[0]:.3g}"
    )
    honest = 0 if scene.backed else scene.value(own, true[0], 0)  # the idle time of the period, which it may mint
    return scene.outcome(name, text, cost=honest, numbers={"high": ctk / true[0], "low": left[0] / real[0]})


def oracle_minority(scene: Scene) -> Outcome:
    """The largest minority of all oracles lies; attestation keys do not."""
    return oracle_lies(scene, "oracle-minority", liars=(scene.rules.oracles - 1) // 2, honest_key=True)


def oracle_majority(scene: Scene) -> Outcome:
    """One oracle more."""
    return oracle_lies(scene, "oracle-majority", liars=(scene.rules.oracles + 1) // 2, honest_key=True)


def silence(scene: Scene, name: str, silent: int) -> Outcome:
    """Oracles do not sign what an honest device shows, which then may not mint in this period.

    Parameters
    ----------
    scene : Scene
        A market before the attack.
    name : str
        Of the outcome.
    silent : int
        How many oracles.
    """
    victim = scene.devices[0]
    scene.begin()
    real = scene.battery[victim]
    shown = attestation(victim, 2, *real, dict.fromkeys(range(silent, scene.rules.oracles), real))
    answer = scene.refusal(victim, shown)
    if answer != "ACCEPTED":
        scene.works[victim] = -scene.value(victim, real[0], 0)
    text = f"{silent} of {scene.rules.oracles} oracles sign nothing, a quorum is {scene.rules.quorum}: {answer}"
    return scene.outcome(name, text)


def oracle_silence(scene: Scene) -> Outcome:
    """One oracle more than a quorum can do without, which is a minority."""
    return silence(scene, "oracle-silence", scene.rules.oracles - scene.rules.quorum + 1)


def broken_key(scene: Scene) -> Outcome:
    """Beyond the adversary: the attestation key lies too, and half of a quorum, rounded down."""
    return oracle_lies(scene, "broken-key", liars=scene.rules.quorum // 2, honest_key=False)


def broken_key_and_quorum(scene: Scene) -> Outcome:
    """One oracle more: a majority of the quorum that the device picks, which is a minority of all oracles."""
    return oracle_lies(scene, "broken-key-and-quorum", liars=scene.rules.quorum // 2 + 1, honest_key=False)


def _credit(scene: Scene, name: str, periods: int) -> Outcome:
    """A device defaults and borrows again under other identities; an honest twin of it does not."""
    own, twin = scene.join(), scene.join()
    scene.battery[twin], scene.asks[twin] = scene.battery[own], scene.asks[own]
    further = [scene.entrant() for _ in range(FURTHER)]
    scene.fake.update(further)
    lent = CREDIT * (CASH_UNIT if scene.backed else TOKEN)
    for who in (own, twin) if scene.backed else ():  # old stock is out of the comparison
        scene.must(who, Burn("CTK", scene.state.account(who).free["CTK"]))
    scene.begin(own, *further)
    borrowers = [own, *further] if scene.backed else further  # free hashes do not risk the device's right to mint
    loans = 0
    for who in borrowers:
        scene.do(who, Pledge(who.to_bytes(32, "little")))
        loans += bool(scene.do(who, Borrow(lent)))
    scene.wait(TERM + 1)
    earned = {own: 0, twin: 0}
    for period in range(2, 2 + periods):
        scene.wait(PERIOD)
        for who in (own, twin):
            earned[who] += _sell_a_period(scene, who, period)
    frozen = sum(scene.state.account(who).frozen for who in borrowers)
    unit = "of cash" if scene.backed else "PTK"
    text = (
        f"{loans} of {len(borrowers)} identities borrow {CREDIT} {unit}, {frozen} of them are frozen when it is due; in"
        f" {periods} periods the device sells minted CTK for {earned[own] / CASH_UNIT:.2f} of cash, its honest twin for"
        f" {earned[twin] / CASH_UNIT:.2f}"
    )
    changes = scene.changes()
    numbers = {"loans": float(loans), "frozen": float(frozen)}
    return scene.outcome(name, text, cost=int(changes[twin] / TOKEN), numbers=numbers)


def _sell_a_period(scene: Scene, who: int, period: int) -> int:
    """Attest, mint half of a period's idle time, sell it to the buyer, who has work done for it. Returns the cash.

    The work costs the device nothing: time in which it idles cannot be kept.
    """
    amount, price = scene.battery[who][0] // 2, scene.asks[who]["CTK"] if scene.backed else scene.price["CTK"] - 1
    scene.must(who, scene.shown(who, period))
    if not scene.do(who, Mint("CTK", amount)):
        return 0
    scene.must(BUYER, Order("bid", "CTK", price, amount, issuer=scene.issuer(who)))
    cash = scene.must(who, Order("ask", "CTK", price, amount, issuer=scene.issuer(who), tif="ioc"))[2]
    if scene.backed:
        scene.must(BUYER, Burn("CTK", amount, issuer=who))
        scene.works[BUYER] = scene.works.get(BUYER, 0) + scene.value(who, amount, 0)
    return cash


def credit_default(scene: Scene) -> Outcome:
    """The device stays in the market."""
    return _credit(scene, "credit-default", PERIODS)


def credit_exit(scene: Scene) -> Outcome:
    """The device leaves it for good when it has borrowed."""
    return _credit(scene, "credit-exit", 0)
