"""Key patterns: every physical key fits in one way or is told, and two keys never become one."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.compare.patterns import KeyPattern, key_pattern, template_of

NASTY = st.text(st.sampled_from(list("#{}ab.*+?()[]|\\^$\n\0 한😀-")), max_size=6)


def read(pattern: KeyPattern, *rows: tuple[str, ...]) -> list[tuple[str | None, ...]]:
    """The logical keys of physical ones, None where they fit not."""
    columns = {name: pa.array([row[at] for row in rows], pa.large_string()) for at, name in enumerate(pattern.fields)}
    found = pattern.read(columns)
    return list(zip(*(found[name].to_pylist() for name in pattern.key), strict=True))


def one(text: str, *values: str, key: tuple[str, ...] = ("id",)) -> list[tuple[str | None, ...]]:
    """The keys that a pattern of one field reads."""
    return read(key_pattern(key, {"PK": text}), *((value,) for value in values))


def test_a_prefix_is_taken_off_and_anything_else_is_unknown() -> None:
    """Only keys that begin so fit, whole; nothing is guessed."""
    found = one("PLAN#{id}", "sPLAN#7", "sPLAN#", "splan#7", "sXPLAN#7", "sPLAN7", "#7", "n", "_", 'S"PLAN#\\ud800"')
    assert found == [("s7",), ("s",), *[(None,)] * 7]


def test_a_value_may_hold_what_does_not_follow_it() -> None:
    """The last placeholder takes the rest, with hashes, braces, newlines, NUL and other scripts in it."""
    texts = ["a#b", "{x}", "a\nb", "a\0b", "상품😀", ".*", " "]
    assert one("PLAN#{id}", *(f"sPLAN#{text}" for text in texts)) == [(f"s{text}",) for text in texts]


def test_a_placeholder_holds_not_the_literal_behind_it() -> None:
    """Where a key could be read in two ways only the first literal counts, or the key is unknown."""
    key = ("a", "b")
    assert one("{a}#{b}", "sx#y#z", "s#", "sx", key=key) == [("sx", "sy#z"), ("s", "s"), (None, None)]
    assert one("{id}#META", "sx#META", "sx#META#META", "s#META") == [("sx",), (None,), ("s",)]
    assert one("{a}#{b}#END", "sx#y#END", "sx#y#z#END", "sx#END", key=key) == [
        ("sx", "sy"),
        ("sx", "sy#z"),
        (None, None),
    ]
    assert one("{a}##{b}", "sa###b", key=key) == [("sa", "s#b")]


def test_literals_are_no_regular_expressions() -> None:
    """Every character of a pattern means itself."""
    for literal in (".*", "a|b", "(x)", "\\d", "^$", "[한]", "😀+", "\n", "\0", "a.b"):
        text = literal + "{id}" + literal
        assert one(text, f"s{literal}7{literal}", "sab7ab", "s77") == [("s7",), (None,), (None,)]
    assert one("{{{id}}}", "s{7}", "s7") == [("s7",), (None,)]


def test_one_placeholder_alone_passes_any_kind() -> None:
    """Numbers and bytes are keys too; nothing is cut from them."""
    assert one("{id}", "#7", "y00ff", "s", "n", "u00") == [("#7",), ("y00ff",), ("s",), ("n",), ("u00",)]


def test_a_name_that_stands_twice_must_agree() -> None:
    """Two fields that say one name must say the same, or the key is unknown."""
    pattern = key_pattern(("id",), {"PK": "PLAN#{id}", "SK": "META#{id}"})
    assert read(pattern, ("sPLAN#1", "sMETA#1"), ("sPLAN#1", "sMETA#2"), ("sPLAN#1", "sX")) == [
        ("s1",),
        (None,),
        (None,),
    ]
    assert one("{id}/{id}", "sa/a", "sa/b") == [("sa",), (None,)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{a}{b}", "nothing between"), ("x{}", "no name"), ("x{a", "without its partner"), ("a}", "without its partner"),
        ("{c}", "no name of the key"), ("{a}", "no field has {b}"), ("META", "no field has {a}, {b}"),
    ],
)  # fmt: skip
def test_a_pattern_that_cannot_be_undone_is_refused(text: str, told: str) -> None:
    """The field and the reason are named before anything is read."""
    with pytest.raises(ValueError, match=told.replace("{", r"\{").replace("}", r"\}")):
        key_pattern(("a", "b"), {"PK": text})


def test_no_rows_give_no_keys() -> None:
    """An empty batch is read like any other."""
    assert one("PLAN#{id}#{id}") == []


@settings(max_examples=300, deadline=None)
@given(literals=st.tuples(NASTY, NASTY.filter(bool), NASTY), texts=st.lists(NASTY, max_size=5),
       values=st.lists(st.tuples(NASTY, NASTY), max_size=5))  # fmt: skip
def test_what_is_read_writes_the_same_key(
    literals: tuple[str, str, str], texts: list[str], values: list[tuple[str, str]]
) -> None:
    """A key that fits is made again from its values, so no two keys share one; a plain reference agrees."""
    first, middle, last = literals
    double = [each.replace("{", "{{").replace("}", "}}") for each in literals]
    text = double[0] + "{a}" + double[1] + "{b}" + double[2]
    assert template_of(text).literals == literals
    given_ = [f"{first}{a}{middle}{b}{last}" for a, b in values] + texts
    found = one(text, *(f"s{each}" for each in given_), key=("a", "b"))
    assert found == [_slowly(each, first, middle, last) for each in given_]
    for each, (a, b) in zip(given_, found, strict=True):
        if a is not None and b is not None:
            assert f"{first}{a[1:]}{middle}{b[1:]}{last}" == each


def _slowly(text: str, first: str, middle: str, last: str) -> tuple[str | None, str | None]:
    inner = text[len(first) : len(text) - len(last)] if len(text) >= len(first) + len(last) else ""
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return None, None
    a, found, b = inner.partition(middle)
    return (f"s{a}", f"s{b}") if found and not (last and last in b) else (None, None)
