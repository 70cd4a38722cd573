"""Ed25519 signatures in the place of ideal authenticators."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from edgeworth.mechanisms import consensus
from edgeworth.mechanisms.consensus.messages import commit_statement


@pytest.mark.parametrize("faults", ["forged", "equivocating-leader"])
def test_a_run_with_signatures_is_as_sound_as_any(faults: str) -> None:
    run = consensus.simulate(replicas=4, blocks=2, faults=faults, authenticators="ed25519", checkpoint=2, seed=1)
    assert consensus.verify(run, again=True)
    ideal = consensus.simulate(replicas=4, blocks=2, faults=faults, checkpoint=2, seed=1)
    assert [each.digest for each in run.chains[1]] == [each.digest for each in ideal.chains[1]]
    assert run.sent == ideal.sent
    assert run.bytes >= ideal.bytes + 48 * run.messages, "every message has one signature, 48 bytes longer"
    assert (
        consensus.simulate(
            replicas=4, blocks=2, faults=faults, authenticators=consensus.SignedAuthenticators(run.key), checkpoint=2, seed=1
        ).chains
        == run.chains
    )


def test_a_forged_tag_is_refused() -> None:
    run = consensus.simulate(replicas=4, blocks=2, authenticators="ed25519", seed=2)
    keys = consensus.SignedAuthenticators(run.key)
    block = run.chains[0][1]
    statement = commit_statement(block.view, block.sequence, block.digest)
    signer, tag = next(iter(block.tags.items()))
    assert keys.valid(signer, statement, tag)
    for wrong in (b"", bytes(64), tag[:-1], bytes([tag[0] ^ 1]) + tag[1:], keys.sign((signer + 1) % 4, statement)):
        assert not keys.valid(signer, statement, wrong)
    assert not keys.valid(signer, commit_statement(block.view + 1, block.sequence, block.digest), tag)
    assert not consensus.SignedAuthenticators(run.key + 1).valid(signer, statement, tag)
    assert len({keys.public(i) for i in range(4)}) == 4
    spoilt = block._replace(tags=dict.fromkeys(block.tags, tag))
    forged = replace(run, chains=((run.chains[0][0], spoilt), *run.chains[1:]))
    assert [name for name, verdict in consensus.verify(forged).items() if not verdict] == ["certificates"]
    assert not consensus.verify(replace(run, authenticators="ideal"))["certificates"]


def test_without_the_extra() -> None:
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from edgeworth import MissingExtraError\n"
        "from edgeworth.mechanisms import consensus\n"
        "assert consensus.verify(consensus.simulate(blocks=1, seed=0))\n"
        "try: consensus.simulate(blocks=1, authenticators='ed25519', seed=0)\n"
        "except MissingExtraError as error: assert 'edgeworth[cryptography]' in str(error), error\n"
        "else: raise SystemExit('no error')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
