"""No secret leaves."""

from __future__ import annotations

import base64
import json
import pickle
import traceback
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.core.secrets import MASK, Mask, Secret

FAKE = "fake-pa$$ w0rd/+é"


def test_a_handle_shows_its_name_alone():
    """repr, str, format, pickling and its attributes do not hold the value."""
    handle = Secret("${DSN}", lambda: FAKE)
    for text in (repr(handle), str(handle), f"{handle}", f"{handle!r:>40}", repr([handle]), repr({"a": handle})):
        assert FAKE not in text
        assert "${DSN}" in text
    assert FAKE not in repr([getattr(handle, name) for name in dir(handle) if not name.startswith("__")])
    assert handle.reveal() == FAKE
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(handle)


def test_a_traceback_shows_its_name_alone():
    """An exception that carries the handle, and every local of its frames, stays clean."""
    handle = Secret("${DSN}", lambda: FAKE)
    try:
        raise RuntimeError(f"could not use {handle}")
    except RuntimeError as error:
        text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert FAKE not in text.replace(f"FAKE = {FAKE!r}", "")


SPELLINGS = {
    "plain": str,
    "percent": lambda text: quote(text, safe=""),
    "percent, lower case": lambda text: (
        quote(text, safe="").replace("%2F", "%2f").replace("%2B", "%2b").replace("%C3%A9", "%c3%a9")
    ),
    "path": quote,
    "form": quote_plus,
    "json": json.dumps,
    "json, raw": lambda text: json.dumps(text, ensure_ascii=False),
    "repr": repr,
    "bytes": lambda text: repr(text.encode()),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64, url": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("value", [FAKE, "fake'quote\"both\\", "ÿÿþ>>>???", "fake\nline"])
def test_the_mask_knows_spellings(spelling, value):
    """However it was encoded on the way, it is not in the text."""
    spelt = SPELLINGS[spelling](value)
    masked = Mask([value])(f"before {spelt} after")
    assert spelt.strip("'\"") not in masked
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert MASK in masked


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ann:fake-pw-1@db.test:5432/shop",
        "mysql://ann:fake%2Dpw%2D1@db.test/shop",
        "host=db.test user=ann password=fake-pw-1 dbname=shop",
        "host=db.test password='fake-pw-1' user=ann",
        "postgresql://db.test/shop?user=ann&password=fake-pw-1&x=1",
    ],
)
def test_the_password_inside_an_address_is_masked_alone(address):
    """A driver's message may quote the password without the address."""
    mask = Mask([address])
    assert "fake-pw-1" not in mask('authentication of "ann" failed with fake-pw-1')


def test_basic_credentials_are_masked():
    """`Authorization: Basic` holds name and password in one base64 word."""
    basic = base64.b64encode(b"ann:fake-pw-1").decode()
    assert basic not in Mask(["https://ann:fake-pw-1@api.test/"])(f"Authorization: Basic {basic}")


def test_short_values_are_left():
    """Masking three letters would mask everything."""
    assert Mask(["abc", ""])("abc") == "abc"


def test_masking_twice_changes_nothing():
    """The mask is not itself masked, even when a secret is spelt like it."""
    mask = Mask(["secret", "cret"])
    once = mask("a secret b")
    assert once == f"a {MASK} b"
    assert mask(once) == once


@given(st.text(min_size=4), st.text(max_size=20), st.text(max_size=20))
def test_no_secret_survives(value, before, after):
    """Whatever stands around it."""
    masked = Mask([value])(before + value + after)
    assert value not in masked.replace(MASK, "\x00") or value in MASK
    assert MASK in masked


@given(
    st.lists(st.text(alphabet="abcx", min_size=4, max_size=8), min_size=1, max_size=4),
    st.text(alphabet="abcx", max_size=40),
)
def test_no_known_value_is_left_whole(values, text):
    """Values that overlap leave none of them whole."""
    masked = Mask(values)(text)
    assert not any(value in part for value in values for part in masked.split(MASK))
