"""Places as they are printed: written out, told apart on paper, and personal all the same."""

from __future__ import annotations

import pytest

from tests.compare.answers import judge, reply
from verify.compare.coverage import Coverage
from verify.compare.explaining import Privacy, differences, visible
from verify.compare.json_paths import show_key
from verify.core.values import encode

NFC, NFD, HALF = "\u00e9", "e\u0301", "\ud800"


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("price", ".price"), (NFC, f".{NFC}"), ("two words", "['two words']"), (NFD, r"['e\u0301']"),
        (HALF, r"['\ud800']"), ("\u3164", r"['\u3164']"), ("it's", r"['it\'s']"), (3, "[3]"),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_step_is_escaped_as_a_value_is(key, shown):
    """What cannot be written, or looks like something else, is escaped."""
    assert show_key(key) == shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("$", "$"), ("$.price", "$.price"), ("$.two words", "$.two words"), (f"$.{NFC}", f"$.{NFC}"),
        (f"$.{NFD}", r"$['e\u0301']"), (f"$.{HALF}", r"$['\ud800']"),
    ],
    ids=ascii,
)  # fmt: skip
def test_a_column_is_escaped_only_where_it_must(path, shown):
    """Names that everybody can read stay as they are written in descriptions."""
    assert visible(path) == shown


def test_a_difference_names_its_place_in_print():
    """In a column, inside of one, and in an answer's body."""
    for name in (NFD, HALF):
        shown = show_key(name)
        assert differences("", f"$.{name}", "#1", "#2", Privacy())[0].path == f"${shown}"
        one, two = encode({name: 1}), encode({name: 2})
        assert differences("", "$.a", one, two, Privacy())[0].path == f"$.a{shown}"
        assert judge(reply({name: 1}), reply({name: 2})).differences[0].path == f"${shown}"


def test_columns_that_are_left_out_are_named_in_print():
    """The receipt of a PASS can be written, and tells look-alikes apart."""
    found = Coverage(key=("id",), compared=(), excepted=(NFD, HALF, NFC, "two words"), rest=False)
    assert found.words == rf"1 of 5 columns (except: $['e\u0301'], $['\ud800'], {NFC}, two words)"


@pytest.mark.parametrize("name", [NFD, HALF, "a\tb", "\U000e0100", "it's", 'say "x"', "a\\b", "plain"], ids=ascii)
def test_an_escaped_place_is_personal_all_the_same(name):
    """What is printed otherwise is concealed as before: as a column, inside of one and at any depth."""
    for pattern, path in ((name, f"$.{name}"), (f"$.a{show_key(name)}", "$.a"), (f"$..{name}", "$.a")):
        value = "secret" if pattern == name else {name: "secret"}
        other = "other" if pattern == name else {name: "other"}
        hidden = Privacy(personal=[pattern], conceal=lambda _: "hash")
        assert "secret" not in differences("", path, encode(value), encode(other), hidden)[0].baseline
