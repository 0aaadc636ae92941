"""Places inside values are told so that no two are called alike, and personal ones are found however they are written."""

from __future__ import annotations

import pytest

from verify.compare.explaining import Privacy, explained
from verify.core.values import encode


def test_a_member_with_a_dot_is_another_place_than_a_member_inside() -> None:
    """`{"a.b": 1}` and `{"a": {"b": 1}}` hold their values in two places, and an accepted one excuses no other."""
    one, other = encode({"a.b": 1, "a": {"b": 1}, "": 1}), encode({"a.b": 2, "a": {"b": 2}, "": 2})
    assert [place for place, _, _ in explained("$.v", one, other)] == ["$.v.a.b", "$.v['']", "$.v['a.b']"]


@pytest.mark.parametrize(
    ("pattern", "path", "personal"),
    [
        ("$.v['e.mail']", "$.v['e.mail']", True), ("$..email", "$.v['a.b'].email", True), ("$..a", "$.v['a.b']", False),
        ("$.v['two words']", "$.v['two words'][0]", True), ("$.v.two words", "$.v['two words']", True),
        ("$..two words", "$.v['two words']", True), ("$.v.a", "$.v.ab", False), ("v", "$.v[3].x", True),
        ("a.b", "$.a.b", True), ("$.v['it\\'s']", "$.v['it\\'s']", True),
    ],
)  # fmt: skip
def test_a_personal_place_is_concealed(pattern: str, path: str, *, personal: bool) -> None:
    """A path is compared with what is personal step by step."""
    privacy = Privacy(personal=(pattern,), conceal=lambda _: "hidden")
    assert ("hidden" in privacy.shown(path, encode("secret"))) is personal
