"""Results for one user's eyes: RSA-OAEP around a symmetric key, or the paper's plain RSA for short results."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from edgeworth.core import validation
from edgeworth.core.errors import MissingExtraError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_BITS = (2048, 3072, 4096)
_KEY = 32  # bytes of a symmetric key
_NONCE = 12


class UnreadableError(ValueError):
    """A sealed result cannot be opened: it is for somebody else, or was changed."""


@dataclass(frozen=True)
class Sealed:
    """A result as it is broadcast.

    Attributes
    ----------
    key : bytes
        The symmetric key under the user's public key; in the literal form the result itself.
    nonce, text : bytes
        Of the authenticated symmetric cipher; empty in the literal form.
    """

    key: bytes
    nonce: bytes = b""
    text: bytes = b""

    @property
    def digest(self) -> str:
        """SHA-256 of all of it, hexadecimal: what goes on the chain."""
        parts = (self.key, self.nonce, self.text)
        return hashlib.sha256(b"".join(len(part).to_bytes(8, "big") + part for part in parts)).hexdigest()

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.key) + len(self.nonce) + len(self.text)


@dataclass(frozen=True)
class UserKey:
    """A user's RSA pair for one round.

    Parameters
    ----------
    pem : bytes
        The private key, PKCS#8 without a password, as `generate` makes it.

    Raises
    ------
    ValueError
        For bytes that hold no RSA key of 2,048 bits or more.
    MissingExtraError
        Without the extra ``cryptography``.

    Examples
    --------
    >>> key = UserKey.generate()
    >>> sealed = seal(b"a result", key.public)
    >>> key.unseal(sealed)
    b'a result'
    """

    pem: bytes

    def __post_init__(self) -> None:
        if not isinstance(self.pem, bytes):
            validation.reject_type("pem", "must be bytes", self.pem)
        _ = self._private

    @classmethod
    def generate(cls, bits: int = 2048) -> UserKey:
        """A fresh pair from the operating system's randomness; ``bits``: 2048, 3072 or 4096."""
        _, rsa, serialization, _, _ = _library()
        if bits not in _BITS:
            validation.reject("bits", f"must be one of {_BITS}", bits)
        made = rsa.generate_private_key(public_exponent=65537, key_size=bits)
        plain = serialization.NoEncryption()
        return cls(made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))

    @property
    def public(self) -> bytes:
        """The public key, DER."""
        _, _, serialization, _, _ = _library()
        encoded: bytes = self._private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return encoded

    def unseal(self, sealed: Sealed) -> bytes:
        """The result.

        Raises
        ------
        UnreadableError
            Where it was sealed for somebody else or changed since.
        """
        oaep, _, _, gcm, invalid = _library()
        literal = not sealed.text and not sealed.nonce
        try:
            key = self._private.decrypt(sealed.key, oaep(literal))
            if literal:
                return key
            return bytes(gcm(key).decrypt(sealed.nonce, sealed.text, None))
        except (ValueError, invalid) as error:
            raise UnreadableError(f"sealed: must be for this key and unchanged; {type(error).__name__}") from None

    @cached_property
    def _private(self) -> RSAPrivateKey:
        _, rsa, serialization, _, _ = _library()
        try:
            key = serialization.load_pem_private_key(self.pem, password=None)
        except (ValueError, TypeError) as error:
            raise ValueError(f"pem: must hold a private key; {error}") from None
        if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _BITS[0]:
            validation.reject("pem", f"must hold an RSA key of at least {_BITS[0]} bits", type(key).__name__)
        private: RSAPrivateKey = key
        return private


def seal(result: bytes, public: bytes, *, literal: bool = False) -> Sealed:
    """Seal a result for the holder of a public key.

    Parameters
    ----------
    result : bytes
        Any length; in the literal form at most what RSA-OAEP holds, 190 bytes under a key of 2,048 bits.
    public : bytes
        A public RSA key, DER.
    literal : bool
        The result itself under RSA, as the paper says, instead of a fresh 256-bit key for AES-GCM.

    Returns
    -------
    Sealed
        Another one at every call: the key, the nonce and the padding are random.

    Raises
    ------
    ValueError, TypeError
        For a key that is none, and for a result that is too long.

    Notes
    -----
    Only results are sealed. Requests, prices, sources and assignments stay in the open: the paper's "data privacy" is that of
    results, and that raw data do not go on the chain.

    References
    ----------
    MTA paper, section II-B, step 6; RFC 8017 (OAEP with SHA-256); NIST SP 800-38D (GCM).
    """
    oaep, rsa, serialization, gcm, _ = _library()
    if not isinstance(result, bytes):
        validation.reject_type("result", "must be bytes", result)
    try:
        key: RSAPublicKey = serialization.load_der_public_key(public)
    except (ValueError, TypeError) as error:
        raise ValueError(f"public: must be a public key in DER; {error}") from None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < _BITS[0]:
        validation.reject("public", f"must be an RSA key of at least {_BITS[0]} bits", type(key).__name__)
    if literal:
        most = key.key_size // 8 - 66  # two digests of 32 bytes, and two
        if len(result) > most:
            validation.reject("result", f"must have at most {most} bytes in the literal form", len(result))
        return Sealed(key.encrypt(result, oaep(literal)))
    fresh, nonce = os.urandom(_KEY), os.urandom(_NONCE)
    return Sealed(key.encrypt(fresh, oaep(literal)), nonce, gcm(fresh).encrypt(nonce, result, None))


def _library() -> Any:
    """OAEP's padding, another for keys than for results, ``rsa``, ``serialization``, AES-GCM, and what it raises."""
    try:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ImportError as error:
        raise MissingExtraError("sealed results", "cryptography") from error

    def oaep(literal: bool) -> padding.OAEP:
        label = None if literal else b"key"
        return padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=label)

    return oaep, rsa, serialization, AESGCM, InvalidTag
