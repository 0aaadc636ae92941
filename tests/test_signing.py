"""Signatures over links, and envelopes around statements."""

from __future__ import annotations

import base64
import json
import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from verify.core.errors import EvidenceError
from verify.signing import IN_TOTO, enveloped, opened, private_key, public_key, signed, taken_apart, verified

PAYLOAD = b'{\n "environment": "shop/target",\n "step": "10"\n}\n'


def keys_in(folder, name, key=None):
    """A private and a public key file."""
    key = key or ed25519.Ed25519PrivateKey.generate()
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture(scope="module")
def ann(tmp_path_factory):
    """Ann's keys."""
    return keys_in(tmp_path_factory.mktemp("keys"), "ann")


@pytest.fixture(scope="module")
def bob(tmp_path_factory):
    """Bob's keys."""
    return keys_in(tmp_path_factory.mktemp("keys"), "bob")


def test_a_signed_link_is_still_plain_json(ann):
    """With the signature as one more field."""
    text = signed(PAYLOAD, private_key(ann[0]))
    said = json.loads(text)
    assert said.pop("signature")["keyid"] == public_key(ann[1]).keyid
    assert said == json.loads(PAYLOAD)
    assert signed(PAYLOAD, None) == PAYLOAD


def test_a_signature_holds_for_its_key_alone(ann, bob):
    """Another key, another byte, no signature: not verified."""
    link = taken_apart(signed(PAYLOAD, private_key(ann[0])))
    assert link.payload == PAYLOAD
    assert verified(link, [public_key(bob[1]), public_key(ann[1])])
    assert not verified(link, [public_key(bob[1])])
    other = taken_apart(signed(PAYLOAD, private_key(ann[0])).replace(b'"10"', b'"70"'))
    assert not verified(other, [public_key(ann[1])])
    assert not verified(taken_apart(PAYLOAD), [public_key(ann[1])])


def test_the_signature_is_over_the_encoding_of_dsse(ann):
    """Anybody can check it with the key alone: DSSEv1, type, payload."""
    link = taken_apart(signed(PAYLOAD, private_key(ann[0])))
    kind = b"application/vnd.cutover.link+json"
    encoded = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(PAYLOAD), PAYLOAD)
    key = public_key(ann[1])
    ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"])).verify(
        bytes.fromhex(link.sig), encoded
    )


def test_an_envelope_is_opened_by_its_key_alone(ann, bob):
    """Another key, another type, another byte, another spelling of the same: refused, with the place."""
    text = enveloped(PAYLOAD, IN_TOTO, private_key(ann[0])).encode()
    assert opened(text, IN_TOTO, [public_key(ann[1])], place="x") == PAYLOAD
    assert base64.b64decode(json.loads(text)["payload"]) == PAYLOAD
    for bad, kind, keys in (
        (text, IN_TOTO, [public_key(bob[1])]),
        (text, "application/json", [public_key(ann[1])]),
        (text.replace(b"\n", b" ", 1), IN_TOTO, [public_key(ann[1])]),
        (b"{}", IN_TOTO, [public_key(ann[1])]),
        (b"\xff", IN_TOTO, [public_key(ann[1])]),
        (b"[]", IN_TOTO, [public_key(ann[1])]),
    ):
        with pytest.raises(EvidenceError, match=r"^place: "):
            opened(bad, kind, keys, place="place")


@pytest.mark.parametrize(
    "text",
    [b"", b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", b"\xff"],
    ids=["empty", "hollow", "bytes"],
)
def test_what_is_no_key(tmp_path, text):
    """Said in words, with what to do."""
    path = tmp_path / "key.pem"
    path.write_bytes(text)
    with pytest.raises(EvidenceError, match="openssl genpkey"):
        private_key(path)
    with pytest.raises(EvidenceError, match="pubout"):
        public_key(path)


def test_another_kind_of_key_is_refused(tmp_path):
    """One kind of key keeps verification simple."""
    private, public = keys_in(tmp_path, "curve", ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(EvidenceError, match="not an Ed25519 key"):
        private_key(private)
    with pytest.raises(EvidenceError, match="not an Ed25519 key"):
        public_key(public)


def test_keys_as_openssl_makes_them(tmp_path):
    """The commands that the messages name."""
    private, public = tmp_path / "key.pem", tmp_path / "key.pub"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
    assert verified(taken_apart(signed(PAYLOAD, private_key(private))), [public_key(public)])
