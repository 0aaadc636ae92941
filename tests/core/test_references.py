"""`${NAME}` and `${NAME:-default}`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.core.errors import UnresolvedReference
from verify.core.references import Resolver, broken_in, hashed_targets, misspelt, names_in, strings_in
from verify.core.secrets import MASK, Mask


def resolver(**values):
    """A resolver of these values."""
    return Resolver(values, mask=Mask(), remedy="export it")


def test_names_are_found_everywhere():
    """In keys, values, lists, beside each other and inside text."""
    assert names_in({"a": ["${B}x${A:-1}"], "${C}": {"d": '"${D}'}, "e": 1}) == ("A", "B", "C", "D")


@pytest.mark.parametrize("text", ["${", "${}", "${1A}", "${A", "x ${a b}", "${A:-", "${A-b}", "${A:b}"])
def test_broken_references_are_found(text):
    """What looks like a reference and is none is a mistake."""
    assert broken_in(text)
    found = misspelt("a.yaml", 3, "urls.api", text)
    assert found is not None
    assert str(found).startswith("a.yaml:3: urls.api: ")


@pytest.mark.parametrize("text", ["", "plain", "$A", "${A}", "${A:-}", "${A:-x y}", "a${A}b${B_2}"])
def test_sound_text_is_not_broken(text):
    """References, and text without any."""
    assert broken_in(text) is None
    assert misspelt("a.yaml", 1, "x", text) is None


def test_strings_have_paths():
    """Each string with the way to it."""
    assert dict(strings_in({"a": ["x", {"b": "y"}], "c": 1})) == {("a", 0): "x", ("a", 1, "b"): "y"}


def test_filling():
    """Value, default, empty default; an empty variable counts as not set."""
    found = resolver(A="1", E="")
    assert found.text("${A}-${B:-2}-${E:-3}-${F:-}") == "1-2-3-"


@pytest.mark.parametrize("ask", ["text", "secret"])
def test_missing_variables_are_all_named(ask):
    """Every name and the remedy, before anything is contacted."""
    with pytest.raises(UnresolvedReference, match=r"\$\{A\}, \$\{E\} is not set; export it"):
        getattr(resolver(E=""), ask)("${E}${A}${A}")


@pytest.mark.parametrize("template", ["ssm:/fake/path", "secretsmanager:fake#field"])
def test_references_elsewhere_are_refused_not_taken_literally(template):
    """A path is not a password."""
    with pytest.raises(UnresolvedReference, match="not resolved yet"):
        resolver().secret(template)


def test_a_secret_is_known_to_the_mask_before_it_is_used():
    """The filled value and each part of it."""
    found = resolver(USER="ann-fake", PASSWORD="fake-pw-1")
    handle = found.secret("user=${USER} password=${PASSWORD}")
    assert found.mask("fake-pw-1") == MASK
    assert found.mask("user=ann-fake password=fake-pw-1") == MASK
    assert handle.reveal() == "user=ann-fake password=fake-pw-1"
    assert "fake-pw-1" not in repr(handle)


def test_a_password_in_an_address_is_masked():
    """Addresses may be seen; what stands before the @ may not."""
    found = resolver(URL="https://ann:fake-pw-1@api.test/")
    found.text("${URL}")
    assert "fake-pw-1" not in found.mask("could not reach https://ann:fake-pw-1@api.test/, fake-pw-1")


def test_equal_targets_hash_equal_and_others_do_not():
    """Keyed, so that a hash says nothing elsewhere."""
    names = ("A", "B", "UNSET")
    one = hashed_targets(names, {"A": "x", "B": "x"}, key=b"k")
    assert one == hashed_targets(names, {"A": "x", "B": "x", "C": "y"}, key=b"k")
    assert one["A"] != one["B"]
    assert one["A"] != hashed_targets(names, {"A": "x2"}, key=b"k")["A"]
    assert one["A"] != hashed_targets(names, {"A": "x"}, key=b"other")["A"]
    assert "x" not in one["A"].strip("0123456789abcdef")
    assert "UNSET" not in one


def test_what_a_run_left_to_its_default_is_a_target_too():
    """A run without the variable asked the default; with the variable set later that is another place."""
    asked = hashed_targets(("URL",), {}, key=b"k", unset=True)
    assert set(asked) == {"URL"}
    assert asked["URL"] != hashed_targets(("URL",), {"URL": "https://other.test"}, key=b"k")["URL"]


@given(st.text(), st.dictionaries(st.sampled_from(["A", "B"]), st.text(min_size=1)))
def test_text_without_references_is_itself(text, values):
    """Nothing but references is filled in, and values are not filled in again."""
    if "${" not in text and not text.startswith(("ssm:", "secretsmanager:")):
        assert resolver(**values).text(text) == text
    assert resolver(A="${B}", B="2").text("${A}") == "${B}"
