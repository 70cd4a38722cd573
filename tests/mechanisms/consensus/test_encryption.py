"""Results are sealed for one user."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeworth.mechanisms.consensus import Sealed, UnreadableError, UserKey, seal

pytest.importorskip("cryptography")

KEY, OTHER = UserKey.generate(), UserKey.generate()


@settings(max_examples=20)
@given(st.binary(max_size=500))
def test_what_is_sealed_is_opened(result: bytes) -> None:
    sealed = seal(result, KEY.public)
    assert KEY.unseal(sealed) == result
    assert result not in sealed.text or len(result) < 4
    assert sealed.size == 256 + 12 + len(result) + 16


def test_nobody_else_opens_it_and_no_change_goes_unnoticed() -> None:
    sealed = seal(b"a result", KEY.public)
    assert sealed.digest != seal(b"a result", KEY.public).digest
    with pytest.raises(UnreadableError):
        OTHER.unseal(sealed)
    for name in ("key", "nonce", "text"):
        changed = bytearray(getattr(sealed, name))
        changed[0] ^= 1
        bad = replace(sealed, **{name: bytes(changed)})
        assert bad.digest != sealed.digest
        with pytest.raises(UnreadableError):
            KEY.unseal(bad)


def test_a_key_without_its_text_is_not_taken_for_a_result() -> None:
    sealed = seal(b"a result", KEY.public)
    for bad in (Sealed(sealed.key), replace(sealed, text=b""), replace(sealed, nonce=b"")):
        with pytest.raises(UnreadableError):
            KEY.unseal(bad)
    literal = seal(bytes(32), KEY.public, literal=True)
    with pytest.raises(UnreadableError):
        KEY.unseal(replace(sealed, key=literal.key))


def test_the_literal_form_holds_short_results() -> None:
    assert KEY.unseal(seal(b"x" * 190, KEY.public, literal=True)) == b"x" * 190
    with pytest.raises(ValueError, match="result: must have at most 190 bytes"):
        seal(b"x" * 191, KEY.public, literal=True)


def test_parts_are_kept_apart_in_the_digest() -> None:
    assert Sealed(b"ab", b"c").digest != Sealed(b"a", b"bc").digest


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PRIVATE KEY-----", KEY.public])
def test_what_is_no_key_is_refused(pem: bytes) -> None:
    with pytest.raises(ValueError, match="pem: must hold"):
        UserKey(pem)
    with pytest.raises(ValueError, match="public: must be a public key"):
        seal(b"", pem[:20])


def test_types_are_refused() -> None:
    with pytest.raises(TypeError, match="pem: "):
        UserKey("key")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="result: "):
        seal("text", KEY.public)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="bits: "):
        UserKey.generate(1024)
