"""Who wrote a link of the chain: Ed25519 signatures over DSSE's pre-authentication encoding."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import (  # type: ignore[attr-defined]  # it exports them without saying so
    CryptoSigner,
    Key,
    Signature,
    SSlibKey,
)

from verify.core.errors import EvidenceError

SigningKey: TypeAlias = CryptoSigner
VerifyingKey: TypeAlias = Key
LINK: Final = "application/vnd.cutover.link+json"
HEAD: Final = "application/vnd.cutover.head+json"
IN_TOTO: Final = "application/vnd.in-toto+json"
_MAKE: Final = "make one with `openssl genpkey -algorithm ed25519 -out key.pem`"
_SUFFIX: Final = re.compile(rb',\n "signature": \{"keyid": "([0-9a-f]{64})", "sig": "([0-9a-f]{128})"\}\n\}\n\Z')


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """What was signed, byte by byte, and by which key; an empty key id where nobody did."""

    payload: bytes
    keyid: str = ""
    sig: str = ""


def private_key(path: Path) -> SigningKey:
    """The signer of an Ed25519 private key in PEM; EvidenceError when the file holds none."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError) as error:
        raise EvidenceError(f"{path}: not a private key in PEM without a password; {_MAKE}") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise EvidenceError(f"{path}: not an Ed25519 key; {_MAKE}")
    return CryptoSigner(key)


def public_key(path: Path) -> VerifyingKey:
    """The Ed25519 public key of a PEM file; EvidenceError when the file holds none."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except ValueError as error:
        raise EvidenceError(f"{path}: not a public key in PEM; `openssl pkey -in key.pem -pubout` prints it") from error
    if not isinstance(key, Ed25519PublicKey):
        raise EvidenceError(f"{path}: not an Ed25519 key")
    found: VerifyingKey = SSlibKey.from_crypto(key)
    return found


def signed(payload: bytes, signer: SigningKey | None) -> bytes:
    """The text of a link with its signature as the last field; as it was where nobody signs."""
    if signer is None:
        return payload
    found = Envelope(payload, LINK, {}).sign(signer)
    field = f',\n "signature": {{"keyid": "{found.keyid}", "sig": "{found.signature}"}}\n}}\n'
    return payload.removesuffix(b"\n}\n") + field.encode()


def taken_apart(text: bytes) -> Signed:
    """The bytes that were signed, and the signature, of a link's text."""
    found = _SUFFIX.search(text)
    if found is None:
        return Signed(payload=text)
    return Signed(payload=text[: found.start()] + b"\n}\n", keyid=found[1].decode(), sig=found[2].decode())


def verified(link: Signed, keys: Sequence[VerifyingKey]) -> bool:
    """True when one of the keys signed exactly these bytes."""
    return bool(link.keyid) and _holds(
        Envelope(link.payload, LINK, {link.keyid: Signature(link.keyid, link.sig)}), keys
    )


def _holds(envelope: Envelope, keys: Sequence[VerifyingKey]) -> bool:
    try:
        envelope.verify(list(keys), 1)
    except (VerificationError, ValueError):
        return False
    return True


def enveloped(payload: bytes, kind: str, signer: SigningKey) -> str:
    """A DSSE envelope in JSON around the payload."""
    envelope = Envelope(payload, kind, {})
    envelope.sign(signer)
    return _dumped(envelope).decode()


def _dumped(envelope: Envelope) -> bytes:
    return (json.dumps(envelope.to_dict(), indent=1) + "\n").encode()


def opened(text: bytes, kind: str, keys: Sequence[VerifyingKey], *, place: str) -> bytes:
    """The payload of an envelope that one of the keys signed; EvidenceError for anything else."""
    try:
        envelope = Envelope.from_dict(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(f"{place}: not a DSSE envelope") from error
    if envelope.payload_type != kind or not _holds(envelope, keys) or _dumped(envelope) != text:
        raise EvidenceError(f"{place}: not signed by a key that was given")
    payload: bytes = envelope.payload
    return payload
