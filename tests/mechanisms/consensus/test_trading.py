"""Batches of a token market: what replicas take, what they refuse by name, and what a leader gains by its place."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from edgeworth.mechanisms import consensus, token_market
from edgeworth.mechanisms.consensus.batches import Asked, batch_order
from edgeworth.mechanisms.consensus.gains import gains_of
from edgeworth.mechanisms.consensus.messages import digest_of
from edgeworth.mechanisms.consensus.trading import Trading
from edgeworth.mechanisms.token_market import Order, PlainMarket, Tick, Transfer
from tests.mechanisms.consensus.planted import ComparesNoStates
from tests.oracles.consensus import agreement_of, batch_of


def batches(run: consensus.Run) -> list[tuple[bytes, list[bytes], str]]:
    """Of every block that the first correct replica executed: its digest, the bytes of its commands, and the state it names."""
    found = []
    for each in run.chains[run.correct[0]]:
        content = json.loads(each.block)["content"]
        found.append((each.digest, [bytes.fromhex(data) for data, _ in content["commands"]], content["state"]))
    return found


# --- the machine --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ordering", consensus.ORDERINGS)
def test_replicas_agree_on_a_market_and_a_plain_one_says_the_same(ordering: str) -> None:
    machine = Trading(ordering=ordering, seed=4)
    run = consensus.simulate(blocks=6, machine=machine, seed=4)
    assert consensus.verify(run)
    start = machine.reached(b"")
    assert start is not None
    plain = PlainMarket(start.state.rules, endowed=[10_000_000])
    for each in machine.opening:
        assert plain.step(each.command.code, each.signer, each.nonce, each.command.arguments())[0] == 0
    assert token_market.summary(plain) == token_market.summary(start.state)
    traded = 0
    for digest, commands, state in batches(run):
        for data in commands:
            command, signer, nonce = token_market.decode(data)
            result, outputs = plain.step(command.code, signer, nonce, command.arguments())
            traded += result == 0 and outputs[1] > 0
        reached = machine.reached(digest)
        assert reached is not None
        assert token_market.summary(plain) == token_market.summary(reached.state)
        assert state == reached.state.digest().hex()
        assert not token_market.violations(reached.state)
    assert traded > 5


def test_the_order_of_a_batch_is_that_of_its_definition() -> None:
    machine = Trading(ordering="batch", seed=2)
    run = consensus.simulate(blocks=5, machine=machine, faults="front-running-leader", seed=2)
    basis, several = machine.reached(b""), 0
    for height, (digest, commands, _) in enumerate(batches(run), 1):
        assert basis is not None
        assert commands == batch_of(commands[::-1], basis.digest, height)
        several += commands != sorted(commands)
        basis = machine.reached(digest)
    assert several


@pytest.mark.parametrize("seed", range(12))
def test_an_account_has_its_nonces_in_order_wherever_hashes_put_it(seed: int) -> None:
    rng, signers = np.random.default_rng(seed), Trading(traders=1, commands=1).signers
    asked = [
        signers.ask(Tick(1 + i), signer, nonce, 1) for i, (signer, nonce) in enumerate(rng.integers(0, 4, (9, 2)).tolist())
    ]
    asked = list({(each.signer, each.nonce): each for each in asked}.values())
    basis = rng.bytes(32)
    found = batch_order([asked[i] for i in rng.permutation(len(asked))], basis, 3)
    assert found == batch_order(asked, basis, 3)
    assert [each.data for each in found] == batch_of([each.data for each in asked], basis, 3)
    for signer in range(4):
        nonces = [each.nonce for each in found if each.signer == signer]
        assert nonces == sorted(nonces)


def test_more_commands_of_an_account_win_it_no_better_place() -> None:
    """Two of a leader's commands stand before a client's a third of the time, and no oftener with 30 others behind them."""
    signers, rng = Trading().signers, np.random.default_rng(0)
    ahead = {2: 0, 32: 0}
    for _ in range(400):
        basis, victim = rng.bytes(32), signers.ask(Tick(1), 9, 0, 1)
        own = [signers.ask(Tick(1), 1, nonce, 1) for nonce in range(32)]
        for count in ahead:
            found = batch_order([victim, *own[:count]], basis, 1)
            ahead[count] += found.index(victim) > found.index(own[1])
    assert ahead[32] == ahead[2]
    assert 100 < ahead[2] < 170


def test_correct_replicas_agree_and_go_on_with_a_market() -> None:
    names = list(consensus.NETWORKS)
    for seed in range(20):
        machine = Trading(ordering=consensus.ORDERINGS[seed % 2], complete=seed % 4 == 3, seed=seed)
        faults = ("mixed",) * (seed % 3)
        run = consensus.simulate(
            replicas=7, blocks=6, machine=machine, faults=faults, network=names[seed % 5], checkpoint=2, window=4, seed=seed
        )
        assert consensus.verify(run), (seed, str(run))
        assert agreement_of([run.chains[i] for i in run.correct]) is None
        assert machine.profit(run) == (0.0, 0.0), "nobody uses the leaders' accounts"


def test_a_market_by_name_goes_the_same_way_again() -> None:
    given: dict[str, Any] = {
        "machine": "token-market",
        "blocks": 4,
        "faults": "equivocating-leader",
        "network": "lossy",
        "seed": 3,
    }
    one, two = (consensus.simulate(**given) for _ in range(2))
    assert one.same(two)
    assert one.same(consensus.replay(one))
    assert consensus.verify(one, again=True)
    assert one.machine is not two.machine


def test_states_of_forks_are_kept_apart() -> None:
    machine = Trading(seed=0)
    ends = []
    for variant in range(4):
        block = machine.propose(1, b"", 0, 0, variant)
        assert machine.refusal(1, b"", block) == ""
        following = machine.propose(2, digest_of(block), 0, 0)
        assert machine.refusal(2, digest_of(block), following) == ""
        ends.append(consensus.Block.decode(following).content["state"])
    assert len(set(ends)) > 1
    assert "does not follow" in machine.refusal(2, digest_of(machine.propose(1, b"", 0, 0, 9)), following)


def test_what_was_left_out_is_asked_for_again() -> None:
    machine = Trading(seed=5)
    block = with_commands(machine, list(machine.requests(b""))[1:])
    assert machine.refusal(1, b"", block) == ""
    first, again = machine.requests(b"")[0], machine.requests(digest_of(block))[0]
    assert (first.command, first.signer, first.nonce) == (again.command, again.signer, again.nonce)
    assert first.tag != again.tag
    stale = with_commands(machine, [first], previous=digest_of(block), height=2)
    assert f"account {first.signer} did not ask for it in block 2" in machine.refusal(2, digest_of(block), stale)


# --- blocks that are refused --------------------------------------------------------------------------------------------------

M = Trading(own=2, seed=7)
ASKED = list(M.requests(b""))
OWN = M.signers.ask(Order("bid", "CTK", 1, 1_000), 1, 0, 1)


def with_commands(machine: Trading, asked: list[Asked], previous: bytes = b"", height: int = 1, **content: Any) -> bytes:
    """A block of these commands with the state to which they lead, whatever the rules say."""
    before = machine.reached(previous)
    assert before is not None
    after = before.state.copy()
    for each in asked:
        token_market.execute(after, each.command, signer=each.signer, nonce=each.nonce)
    commands = [[each.data.hex(), each.tag.hex()] for each in asked]
    fields = {"commands": commands, "state": after.digest().hex(), "variant": 0} | content
    return consensus.Block(height, previous, 0, 0, machine.name, fields).encode()


def entry(data: object, tag: object = "") -> dict[str, Any]:
    """A block whose second command is that."""
    return {"commands": [[ASKED[0].data.hex(), ASKED[0].tag.hex()], [data, tag]]}


FIRST = ASKED[0]
TICK, GIFT = M.signers.ask(Tick(5), 3, 0, 1), M.signers.ask(Transfer(1, "CASH", 1), FIRST.signer, FIRST.nonce, 1)
STRANGER = M.signers.ask(Order("bid", "CTK", 1, 1_000), 99, 0, 1)
OTHERS = M.signers.ask(Order("bid", "CTK", 7, 1_000), FIRST.signer, FIRST.nonce, 1)._replace(tag=FIRST.tag)
LATER = M.signers.ask(FIRST.command, FIRST.signer, FIRST.nonce, 2)
AHEAD, AGAIN = (M.signers.ask(Order("bid", "CTK", 2, 1_000), 1, nonce, 1) for nonce in (1, 0))

BAD: list[tuple[bytes, str]] = [
    (with_commands(M, ASKED, more=1), "content: must have the fields"),
    (with_commands(M, ASKED, variant=True), "content: variant must be"),
    (with_commands(M, ASKED, variant=-1), "content: variant must be"),
    (with_commands(M, ASKED, commands={}), "content: commands must be a list"),
    (with_commands(M, ASKED, state=3), "content: state must be a digest"),
    (with_commands(M, ASKED, state="0" * 64), "content: state must be "),
    (with_commands(M, ASKED, state=with_commands(M, ASKED).hex()), "content: state must be "),
    (with_commands(M, ASKED, commands=["ab"]), "command 1: must be a command and an authenticator"),
    (with_commands(M, ASKED, commands=[["ab"]]), "command 1: must be a command and an authenticator"),
    (with_commands(M, ASKED, **entry(1)), "command 2: must be a command and an authenticator"),
    (with_commands(M, ASKED, **entry("xy")), "command 2: non-hexadecimal"),
    (with_commands(M, ASKED, **entry(FIRST.data.hex().upper(), FIRST.tag.hex())), "command 2: must be written in lower-case"),
    (with_commands(M, ASKED, **entry("")), "command 2: tag: must have 1 bytes"),
    (with_commands(M, ASKED, **entry("ff" + FIRST.data.hex()[2:])), "command 2: tag: must be from 1"),
    (with_commands(M, ASKED, **entry(FIRST.data.hex()[:-2])), "command 2: "),
    (with_commands(M, ASKED, **entry(FIRST.data.hex() + "00")), "command 2: command: must end after"),
    (with_commands(M, [TICK]), "command 1: must be an Order or a Cancel; got Tick"),
    (with_commands(M, [GIFT]), "command 1: must be an Order or a Cancel; got Transfer"),
    (with_commands(M, [*ASKED, STRANGER]), "command 9: signer must be an account from 1 to 18; got 99"),
    (with_commands(M, [OTHERS]), f"command 1: account {FIRST.signer} did not ask for it"),
    (with_commands(M, [LATER]), f"command 1: account {FIRST.signer} did not ask for it in block 1"),
    (with_commands(M, [FIRST._replace(tag=b"")]), f"command 1: account {FIRST.signer} did not ask for it"),
    (with_commands(M, [*ASKED, ASKED[3]]), "command 9: is in the block already"),
    (with_commands(M, []), "none of the 8 commands that were asked for"),
    (with_commands(M, [OWN]), "none of the 8 commands that were asked for"),
    (with_commands(M, [AHEAD, *ASKED]), "command 1: must have the nonce that is its signer's next; GAP"),
    (with_commands(M, [OWN, AGAIN, *ASKED]), "command 2: must have the nonce that is its signer's next; REPLAY"),
    (with_commands(M, ASKED, height=2), "the block has number 2, not 1"),
    (consensus.Counting(0).propose(1, b"", 0, 0), "the block is about 'counting'"),
    (b"", "block: must be JSON"),
]


@pytest.mark.parametrize(("block", "text"), BAD, ids=range(len(BAD)))
def test_malformed_batches_are_refused_by_name(block: bytes, text: str) -> None:
    assert M.refusal(1, b"", block).startswith(text)
    assert M.reached(digest_of(block)) is None


def test_what_a_leader_may_do_with_a_batch() -> None:
    """Any order, own commands, and absences, where no rule forbids them; one rule each."""
    assert M.refusal(1, b"", with_commands(M, [OWN, AHEAD, *ASKED[::-1]])) == ""
    assert M.refusal(1, b"", with_commands(M, ASKED[1:])) == ""
    ordered, complete = Trading(own=2, ordering="batch", seed=7), Trading(own=2, complete=True, seed=7)
    start = M.reached(b"")
    assert start is not None
    right = batch_order([OWN, AHEAD, *ASKED], start.digest, 1)
    assert ordered.refusal(1, b"", with_commands(ordered, right)) == ""
    wrong = [right[1], right[0], *right[2:]]
    assert "by the order of the batch" in ordered.refusal(1, b"", with_commands(ordered, wrong))
    assert complete.refusal(1, b"", with_commands(complete, ASKED)) == ""
    short = with_commands(complete, [*ASKED[:4], *ASKED[5:]])
    assert f"account {ASKED[4].signer} that was asked for is not in the block" in complete.refusal(1, b"", short)


def test_after_a_block_that_nobody_knows_there_is_nothing_to_say() -> None:
    machine = Trading(seed=1)
    assert machine.requests(b"x") == ()
    block = machine.propose(5, b"x", 0, 0)
    assert machine.refusal(5, b"x", block) == "the state after the block before it is not known"
    assert machine.serve(block, "front-run") == block
    assert machine.spoil(block, "lazy") == block
    known = machine.propose(1, b"", 0, 0)
    assert "not known" in machine.refusal(4, b"", replace(consensus.Block.decode(known), height=4).encode())


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"traders": 0}, "traders: "),
        ({"commands": 17}, "commands: "),
        ({"commands": 1.0}, "commands: "),
        ({"own": -1}, "own: "),
        ({"ordering": "fifo"}, "ordering: "),
        ({"complete": 1}, "complete: "),
        ({"seed": -1}, "seed: "),
    ],
    ids=str,
)
def test_markets_out_of_range_are_refused(given: dict[str, Any], text: str) -> None:
    with pytest.raises((ValueError, TypeError), match=text):
        Trading(**given)


@pytest.mark.parametrize(("faults", "text"), [("wrong-allocation", "content: state must be"), ("lazy-leader", "none of the")])
def test_a_lying_or_lazy_leader_of_a_market_is_voted_out(faults: str, text: str) -> None:
    run = consensus.simulate(blocks=3, machine=Trading(seed=1), faults=faults, seed=0)
    assert consensus.verify(run)
    assert run.view_changes == 1
    assert run.refusals[0].reason.startswith(text)


def test_replicas_that_compare_no_states_are_noticed() -> None:
    """Their own machine finds nothing; a right one does, and so does who only plays the commands."""
    machine = ComparesNoStates(seed=1)
    run = consensus.simulate(blocks=3, machine=machine, faults="wrong-allocation", seed=0)
    assert consensus.verify(run)
    assert not consensus.verify(replace(run, machine=Trading(seed=1)))["validity"]
    start = machine.reached(b"")
    assert start is not None
    state = start.state.copy()
    _, commands, named = batches(run)[0]
    for data in commands:
        command, signer, nonce = token_market.decode(data)
        token_market.execute(state, command, signer=signer, nonce=nonce)
    assert state.digest().hex() != named


# --- leaders that serve themselves --------------------------------------------------------------------------------------------


def test_a_leader_that_front_runs_gains_what_clients_lose() -> None:
    machine = Trading(seed=3)
    run = consensus.simulate(blocks=4, machine=machine, faults="front-running-leader", faulty=1, seed=3)
    report = consensus.verify(run, again=True)
    assert report, "replicas have nothing to object, and the run goes the same way again"
    assert run.view_changes == 0 == len(run.refusals)
    assert machine.profit(run).cash > 0.0
    first, last = machine.reached(b""), machine.reached(run.chains[1][-1].digest)
    assert first is not None
    assert last is not None
    for asset in ("CTK", "PTK", "CASH"):
        one, other = (
            sum(each.state.account(i).free[asset] + each.state.account(i).locked[asset] for i in range(1, 18))
            for each in (first, last)
        )
        assert one == other, "what the leader has more, the clients have less"
    ahead = 0
    for _, commands, _ in batches(run):
        decoded = [token_market.decode(data) for data in commands]
        own = [place for place, (_, signer, _) in enumerate(decoded) if signer == 1]
        ahead += own == [0, 1]
    assert ahead > 0, "a purchase and a resale before everybody"


def test_a_leader_gains_least_where_all_is_in_and_hashes_order_it() -> None:
    table = consensus.leader_gain(seeds=10).set_index(["attack", "rule"])
    front, cut = (table.loc[attack] for attack in ("front-running-leader", "censoring-leader"))
    assert front.low["leader's order"] > 0.0
    assert front.gain["batch order"] < front.gain["leader's order"]
    assert front.gain["batch order"] > 0.0, "its own orders sometimes come first, and it sees when"
    most = pytest.approx(front.gain["leader's order"], rel=0.05)
    assert cut.gain["leader's order"] == most, "who orders as it likes need leave hardly anything out"
    assert cut.gain["batch order"] > front.gain["batch order"]
    assert cut.voted_out["batch order, complete"] > 0.0 == cut.voted_out["batch order"]
    assert (table.voted_out.drop(("censoring-leader", "batch order, complete")) == 0.0).all()


def test_more_accounts_come_first_more_often() -> None:
    one, several = (gains_of("front-running-leader", "batch order", range(10), 2, own, 4)[0] for own in (1, 4))
    assert several.sum() > one.sum() > 0.0


def test_a_leader_without_accounts_gains_nothing_and_profits_need_a_known_end() -> None:
    machine = Trading(own=0, seed=1)
    run = consensus.simulate(blocks=2, machine=machine, faults="censoring-leader", seed=1)
    assert consensus.verify(run)
    assert machine.profit(run).total == 0.0
    with pytest.raises(ValueError, match="run: must end after a block that this machine accepted"):
        Trading(seed=2).profit(run)


@pytest.mark.parametrize("faults", ["front-running-leader", "censoring-leader"])
def test_where_there_is_no_market_there_is_nothing_to_gain(faults: str) -> None:
    run, honest = (consensus.simulate(blocks=3, faults=each, seed=0) for each in (faults, None))
    assert consensus.verify(run)
    assert [each.digest for each in run.chains[1]] == [each.digest for each in honest.chains[1]]


@pytest.mark.parametrize(
    "given", [{"seeds": 0}, {"blocks": 0}, {"own": 0}, {"replicas": 3}, {"first": -1}, {"seeds": 1.0}], ids=str
)
def test_measures_out_of_range_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError), match=f"{next(iter(given))}: "):
        consensus.leader_gain(**given)
