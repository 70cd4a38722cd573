"""Signatures: the vectors of RFC 8032, and what only looks like a signature."""

from __future__ import annotations

import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edgeworth.mechanisms import token_market as tm

ORDER = 2**252 + 27742317777372353535851937790883648493
FIELD = 2**255 - 19
VECTORS = [  # RFC 8032, section 7.1: TEST 1, TEST 2, TEST 3
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_vectors(secret: str, public: str, message: str, signature: str) -> None:
    pair, text = tm.KeyPair(bytes.fromhex(secret)), bytes.fromhex(message)
    assert pair.public.hex() == public
    assert pair.sign(text).hex() == signature
    assert tm.verified(pair.public, bytes.fromhex(signature), text)
    assert not tm.verified(pair.public, bytes.fromhex(signature), text + b"\0")
    assert not tm.verified(tm.KeyPair(0).public, bytes.fromhex(signature), text)


def test_s_beyond_the_order_is_refused() -> None:
    pair = tm.KeyPair(1)
    good = pair.sign(b"m")
    s = int.from_bytes(good[32:], "little")
    for k in range(1, 15):
        if s + k * ORDER < 2**256:
            assert not tm.verified(pair.public, good[:32] + (s + k * ORDER).to_bytes(32, "little"), b"m")
    for size in (0, 63, 65):
        assert not tm.verified(pair.public, (good + b"\0")[:size], b"m")


def small_order() -> list[bytes]:
    """All encodings of points of small order, with the sign bit and with y not below the field's size."""
    eighth = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    y8 = int.from_bytes(eighth, "little")
    found = (0, 1, FIELD - 1, y8, FIELD - y8, FIELD, FIELD + 1)
    return [(y + sign * 2**255).to_bytes(32, "little") for y in found for sign in (0, 1)]


@pytest.mark.parametrize("key", small_order())
def test_small_order_keys_sign_nothing(key: bytes) -> None:
    assert not tm.sound(key)
    assert not tm.verified(key, bytes(64), b"m")


def test_why_small_order_keys_are_refused() -> None:
    """Under the neutral point this one signature fits every message, and the library says so."""
    neutral = (1).to_bytes(32, "little")
    forged = neutral + bytes(32)
    for message in (b"one", b"two"):
        Ed25519PublicKey.from_public_bytes(neutral).verify(forged, message)
        assert not tm.verified(neutral, forged, message)


def test_a_key_that_is_no_point_signs_nothing() -> None:
    assert not any(tm.verified((2).to_bytes(32, "little"), bytes(64), bytes([k])) for k in range(4))
    assert not tm.sound((FIELD + 5).to_bytes(32, "little"))
    assert not tm.sound(b"short")


def test_bad_seeds() -> None:
    for seed in (-1, b"short"):
        with pytest.raises(ValueError, match="seed"):
            tm.KeyPair(seed)
    with pytest.raises(TypeError, match="seed"):
        tm.KeyPair(1.0)  # type: ignore[arg-type]
    assert tm.KeyPair().public != tm.KeyPair().public
    with pytest.raises(ValueError, match="small order"):
        tm.Authorities(bytes(32), (), (), ())


def test_without_the_extra() -> None:
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from edgeworth import MissingExtraError\n"
        "from edgeworth.mechanisms import token_market as tm\n"
        "try: tm.KeyPair(1)\n"
        "except MissingExtraError as error: assert 'edgeworth[cryptography]' in str(error), error\n"
        "else: raise SystemExit('no error')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
