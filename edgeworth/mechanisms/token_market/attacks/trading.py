"""Attacks in the order book: 4, 5, 10, 13 and 14 of the table."""

from __future__ import annotations

from edgeworth.mechanisms.token_market.attacks.observed import observed
from edgeworth.mechanisms.token_market.attacks.scene import ATTACKER, BUYER, COLLUDER, CTK_PRICE, Outcome, Scene
from edgeworth.mechanisms.token_market.commands import Cancel, Order, Transfer
from edgeworth.mechanisms.token_market.kernels.layout import ASK, CASH_UNIT, CTK, GTC, LOT, MAX_PRICE, ORDER, TOKEN
from edgeworth.mechanisms.token_market.rules import cost

ROUNDS = 40
"""Trades between two colluders."""
FACTOR = 100
"""By which prices are pumped."""
BOUND = 2 * CTK_PRICE
"""Above this, work bought costs more than a busy device's own."""
PIECES = 1_000
LATER = "What policies decide on such readings is measured when there are trained ones"


def wash_trading(scene: Scene) -> Outcome:
    """Two accounts sell the same tokens to each other, below every honest ask: a higher price would meet that first."""
    own = scene.join()
    scene.must(own, Order("ask", "CTK", BOUND + 1, LOT, issuer=scene.issuer(own)))  # it is seen before it attacks
    before = observed(scene.state, scene.records)
    scene.begin(own, COLLUDER)
    amount, price = 5 * TOKEN, scene.lowest("CTK")[1] // 2
    for _ in range(ROUNDS):
        scene.must(COLLUDER, Order("bid", "CTK", price, amount, issuer=scene.issuer(own)))
        scene.must(own, Order("ask", "CTK", price, amount, issuer=scene.issuer(own), tif="ioc"))
        scene.must(COLLUDER, Transfer(own, "CTK", amount, issuer=scene.issuer(own)))
    after = observed(scene.state, scene.records)
    text = (
        f"{ROUNDS} trades with oneself at no cost: the last price seen goes from {before.last} to {after.last}, the volume from"
        f" {before.volume / TOKEN:g} to {after.volume / TOKEN:g} CTK; the lowest ask stays at {after.best}, and the median of"
        f" the asks of staked issuers at {after.median}. {LATER}"
    )
    return scene.outcome("wash-trading", text, numbers=before.shift(after))


def pump_and_dump(scene: Scene) -> Outcome:
    """Buy all CTK that are asked, ask a hundred times the price, and wait for a requester.

    The literal economy's requester needs tokens whatever they cost, since a scheduling action carries no price; the backed
    one's bids no more than its own work would cost it.
    """
    before = observed(scene.state, scene.records)
    scene.begin(ATTACKER)
    bought = 0
    for who in scene.devices:
        amount = scene.battery[who][0] // 2
        bid = Order("bid", "CTK", BOUND, amount, issuer=scene.issuer(who), tif="ioc")
        bought += scene.must(ATTACKER, bid)[1]
    price = min(FACTOR * scene.price["CTK"], MAX_PRICE)
    asked = scene.refusal(ATTACKER, Order("ask", "CTK", price, bought, issuer=ATTACKER if scene.backed else 0))
    after = observed(scene.state, scene.records)
    amount = scene.task(scene.devices[0])[0]
    limit = BOUND if scene.backed else min(scene.state.account(BUYER).free["CASH"] * TOKEN // amount, MAX_PRICE)
    issuer = ATTACKER if scene.backed else 0
    _, got, paid = scene.must(BUYER, Order("bid", "CTK", limit, amount, issuer=issuer, tif="ioc"))
    text = (
        f"{bought / TOKEN:.1f} CTK bought up; asked at {FACTOR} times the price: {asked}; the buyer pays"
        f" {paid / CASH_UNIT:.2f} of cash for {got / TOKEN:.2f} of {amount / TOKEN:.2f} CTK; the lowest ask seen goes from"
        f" {before.best} to {after.best}. {LATER}"
    )
    return scene.outcome("pump-and-dump", text, numbers=before.shift(after))


def front_running(scene: Scene) -> Outcome:
    """A peer sees a purchase coming, buys before it, and asks what the next seller asks, less one.

    The literal requester buys at the market, the backed one up to the ask that it saw.
    """
    first, second = sorted(scene.devices, key=lambda who: scene.asks[who]["CTK"])[:2]
    amount = scene.battery[first][0] // 2 - TOKEN  # what the cheapest still asks
    seen = scene.asks[first]["CTK"]
    scene.begin(ATTACKER)
    got = scene.must(ATTACKER, Order("bid", "CTK", seen, amount, issuer=scene.issuer(first), tif="ioc"))[1]
    again = Order("ask", "CTK", max(scene.asks[second]["CTK"] - 1, seen), got, issuer=scene.issuer(first))
    asked = scene.refusal(ATTACKER, again)
    limit = seen if scene.backed else min(scene.state.account(BUYER).free["CASH"] * TOKEN // amount, MAX_PRICE)
    _, bought, paid = scene.must(BUYER, Order("bid", "CTK", limit, amount, issuer=scene.issuer(first), tif="ioc"))
    text = (
        f"the attacker buys {got / TOKEN:.2f} CTK at {seen} and asks {again.price}: {asked}; the buyer, up to {limit}, pays"
        f" {paid / CASH_UNIT:.3f} of cash for {bought / TOKEN:.2f} CTK"
    )
    return scene.outcome("front-running", text)


def loose_limit(scene: Scene) -> Outcome:
    """A supplier sees a purchase coming that would pay a tenth more, and asks that."""
    first = scene.lowest("CTK")[0]
    seen, amount = scene.asks[first]["CTK"], scene.battery[first][0] // 2 - TOKEN
    limit = seen + seen // 10
    scene.begin(first)
    resting = next(row for row in scene.records if row.code == ORDER and row.signer == first and row.arguments[1] == CTK)
    scene.must(first, Cancel(resting.outputs[0]))
    scene.must(first, Order("ask", "CTK", limit, amount, issuer=scene.issuer(first)))
    _, bought, paid = scene.must(BUYER, Order("bid", "CTK", limit, amount, issuer=scene.issuer(first), tif="ioc"))
    text = f"seen at {seen}, {bought / TOKEN:.2f} CTK cost {paid / CASH_UNIT:.3f} of cash, within the limit of {limit}"
    return scene.outcome("loose-limit", text, cost=amount * seen // TOKEN if scene.backed else 0)


def griefing(scene: Scene) -> Outcome:
    """Orders of one base unit, then as many of the smallest lot as the ledger takes, and cancelling and placing them again."""
    own = scene.join()
    scene.begin(own, COLLUDER)
    issuer = scene.issuer(own)
    dust = scene.numbers(ORDER, own, scene.state.nonce(own), [ASK, CTK, BOUND, 1, issuer, GTC]).refusal.name
    placed = []
    answer = "ACCEPTED"
    while answer == "ACCEPTED":
        effect = scene.do(own, Order("ask", "CTK", BOUND, LOT, issuer=issuer))
        answer = effect.refusal.name
        placed += [effect.outputs[0]] if effect else []
    for number in placed:
        scene.must(own, Cancel(number))
        scene.must(own, Order("ask", "CTK", BOUND, LOT, issuer=issuer))
    first, price = scene.lowest("CTK")
    bid = Order("bid", "CTK", price, TOKEN, issuer=scene.issuer(first), tif="fok")
    served = scene.refusal(BUYER, bid)
    text = (
        f"an order of one base unit: {dust}; {len(placed)} orders of the smallest lot, then {answer}; after a storm of"
        f" cancellations the buyer's purchase at the lowest ask: {served}"
    )
    return scene.outcome("griefing", text, numbers={"orders": float(len(placed))})


def split(scene: Scene, name: str, pieces: int) -> Outcome:
    """Sell a lot at a time into a resting bid, and beside that buy a lot at a time, so that every price is rounded.

    Parameters
    ----------
    scene : Scene
        A market before the attack.
    name : str
        Of the outcome, which is the seller's: the buyer only loses.
    pieces : int
        At most as many as the cheapest device asks lots.
    """
    own, first = scene.join(), scene.lowest("CTK")[0]
    price, amount = scene.asks[first]["CTK"], pieces * LOT
    bid = Order("bid", "CTK", price, LOT, issuer=scene.issuer(first), tif="ioc")
    paid = sum(scene.must(ATTACKER, bid)[2] for _ in range(pieces))
    scene.begin(own)
    resting = scene.asks[own]["CTK"] if scene.backed else price - 1
    scene.must(BUYER, Order("bid", "CTK", resting, amount, issuer=scene.issuer(own)))
    ask = Order("ask", "CTK", resting, LOT, issuer=scene.issuer(own), tif="ioc")
    sales = [scene.must(own, ask) for _ in range(pieces)]
    got, sold = sum(cash for *_, cash in sales), sum(amount for _, amount, _ in sales)
    text = (
        f"a seller in {pieces} pieces gets {got / CASH_UNIT:.3f} of cash for {sold / TOKEN:g} CTK, at once"
        f" {cost(sold, resting) / CASH_UNIT:.3f}; a buyer in {pieces} pieces pays {paid / CASH_UNIT:.3f}, at once"
        f" {cost(amount, price) / CASH_UNIT:.3f}"
    )
    numbers = {"bought": paid / CASH_UNIT, "bought at once": cost(amount, price) / CASH_UNIT}
    numbers |= {"sold": got / CASH_UNIT, "sold at once": cost(sold, resting) / CASH_UNIT}
    return scene.outcome(name, text, cost=cost(sold, resting) if scene.backed else 0, numbers=numbers)


def rounding(scene: Scene) -> Outcome:
    """A thousand pieces."""
    return split(scene, "rounding", PIECES)
