"""Equal encodings are equal values, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.core import reference
from verify.core.datasets import Column
from verify.core.showing import show
from verify.core.softening import equal_under, reader
from verify.core.values import Absent, canonical_number, encode, parse_json, regrown, tree

TEXT = st.text(st.characters(exclude_categories=())) | st.sampled_from(["", "n", "null", "1", "true", "\x01", "\x01#1"])
NUMBERS = (
    st.integers()
    | st.floats()
    | st.decimals().filter(lambda value: not value.is_snan())
    | st.sampled_from([0, -0.0, Decimal("-0"), 2**53 + 1, Decimal("12.50")])
)
SCALARS = (
    st.none() | st.booleans() | NUMBERS | TEXT | st.binary(max_size=8) | st.uuids() | st.dates() | st.times()
    | st.datetimes() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
    | st.just(Absent.ABSENT)
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
)


@given(VALUES, VALUES)
def test_encodings_are_equal_exactly_when_the_reference_says_so(one: object, other: object) -> None:
    """The fast form and the slow definition of equality agree on any two values."""
    assert (encode(one) == encode(other)) is reference.equal(one, other)
    assert reference.equal(one, one)


@given(SCALARS, SCALARS)
def test_kinds_inside_a_list_stay_apart(one: object, other: object) -> None:
    """A value inside a list is as different from another one as outside, but for absent, which needs no list."""
    assert (encode([one]) == encode([other])) is reference.equal(one, other)


@given(DOCUMENTS)
def test_a_document_survives_text(document: object) -> None:
    """Reading a document's text gives the encoding of the document, by the fast parser and the slow one."""
    text = json.dumps(document)
    assert encode(parse_json(text)) == encode(reference.read(text)) == encode(document)


@given(VALUES)
def test_taking_apart_loses_nothing(value: object) -> None:
    """A value taken apart and put together has its encoding again, and can be shown."""
    assert regrown(tree(encode(value))) == encode(value)
    assert show(encode(value))


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3), st.integers(-600, 600))
def test_a_number_has_one_spelling(number: Decimal, exponent: int) -> None:
    """However a number is written, its canonical text is the same and is worth the same."""
    written = f"{number}e{exponent}"
    canonical = canonical_number(written)
    assert canonical == canonical_number(f"{number}000E{exponent:+}") == canonical_number(canonical)
    assert Decimal(canonical) == Decimal(written)
    assert len(canonical) <= 410


@pytest.mark.parametrize("text", ["1e1000000", "-1e999999999999999", "1e-1000000", "9" * 100_000])
def test_a_huge_number_stays_small(text: str) -> None:
    """An exponent is never written out as zeros."""
    assert len(canonical_number(text)) <= max(410, len(text) + 2)
    assert canonical_number(text) != canonical_number(text + "0" if "e" not in text else text.replace("1e", "2e"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True), (1, "1"), (0, False), (None, Absent.ABSENT), (None, ""), ("", []), ([], {}), ({}, "{}"),
        ("é", "e\u0301"), ("a", "A"), ("a", "a "), (b"a", "a"), (2**53, 2**53 + 1),
        (Decimal("0.1"), Decimal("0.100000000000000005")), ([1, 2], [2, 1]), ({"a": None}, {}), ([[1]], [1]),
        (datetime(2024, 1, 1), datetime(2024, 1, 1, tzinfo=UTC)), (date(2024, 1, 1), datetime(2024, 1, 1)),
        (UUID(int=1), str(UUID(int=1))), ("12", "1\x002"), (["a,b"], ["a", "b"]), ("null", None), ("<null>", None),
    ], ids=ascii)  # fmt: skip
def test_near_misses_are_different(one: object, other: object) -> None:
    """What other tools take for equal is different here."""
    assert encode(one) != encode(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("12.50"), 12.5), (0, -0.0), (float("nan"), Decimal("NaN")), (1, 1.0), (10**20, 1e20),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}), ({1, 2}, {2, 1}),
        (datetime(2024, 1, 1, 9, tzinfo=timezone(timedelta(hours=9))), datetime(2024, 1, 1, tzinfo=UTC)),
    ], ids=ascii)  # fmt: skip
def test_the_same_value_written_otherwise_is_equal(one: object, other: object) -> None:
    """Scale, sign of zero, order of names and zone of writing are no part of a value."""
    assert encode(one) == encode(other)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', "NaN", "[Infinity]", "[1,]", "'a'", '"\n"'])
def test_what_is_not_strict_json_is_refused(text: str) -> None:
    """A name given twice, NaN and loose spellings have no value."""
    with pytest.raises(ValueError, match=r"twice|not JSON|Expecting|Invalid|Illegal"):
        parse_json(text)


def test_deep_nesting_is_refused() -> None:
    """Past 200 levels there is an error, not a crash of the stack."""
    value: list[object] = []
    for _ in range(250):
        value = [value]
    with pytest.raises(ValueError, match="200 levels"):
        encode(value)


SOFT = [
    (Column(absent="null"), "_", "n", ("absent -> null",)),
    (Column(type="timestamptz"), "t2024-01-02 03:04:05.1", "T2024-01-02 03:04:05.1+00",
     ("timestamp without zone -> instant",)),
    (Column(type="timestamptz"), "t0044-03-15 00:00:00 BC", "T0044-03-15 00:00:00+00 BC",
     ("timestamp without zone -> instant",)),
    (Column(type="timestamptz"), "t-infinity", "T-infinity", ("timestamp without zone -> instant",)),
    (Column(type="timestamp"), "s2024-01-02T03:04:05.10Z", "T2024-01-02 03:04:05.1+00", ("string -> instant",)),
    (Column(type="timestamptz"), "s2024-01-02T12:04:05+09:00", "T2024-01-02 03:04:05+00", ("string -> instant",)),
    (Column(type="timestamp"), "s2024-01-02 03:04", "t2024-01-02 03:04:00", ("string -> timestamp without zone",)),
    (Column(precision="ms"), "T2024-01-02 03:04:05.1239+00", "T2024-01-02 03:04:05.123+00", ("precision ms",)),
    (Column(precision="s"), "t2024-01-02 03:04:05.9", "t2024-01-02 03:04:05", ("precision s",)),
    (Column(type="decimal(12,2)"), "s12.50", "#12.5", ("string -> number",)),
    (Column(type="integer"), "s007", "#7", ("string -> number",)),
    (Column(type="float"), "#0.1", "#0.100000000000000005", ("number -> number",)),
    (Column(type="boolean"), "#1", "btrue", ("number -> boolean",)),
    (Column(type="text"), "#7", "s7", ("number -> string",)),
    (Column(type="uuid"), "s00000000-0000-4000-8000-00000000000A", "u00000000-0000-4000-8000-00000000000a",
     ("string -> uuid",)),
    (Column(type="bytes"), "s3q0=", "ydead", ("string -> bytes",)),
    (Column(type="date"), "s2024-02-29", "d2024-02-29", ("string -> date",)),
    (Column(type="time"), "s03:04:05", "c03:04:05", ("string -> time",)),
    (Column(type="json"), 's{"b": 1.0, "a": []}', 'm{"a":[],"b":1}', ("string -> map",)),
    (Column(tolerance=0.01), "#1", "#1.01", ("tolerance 0.01",)),
    (Column(unordered=True), "l[2,1]", "l[1,2]", ("order",)),
    (Column(case="fold"), "sÉa", "séA", ("case",)),
    (Column(trim=True), "sab  ", "sab", ("trim",)),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "one", "other", "used"), SOFT)
def test_a_rule_makes_two_values_equal_and_says_how(rule: Column, one: str, other: str, used: tuple[str, ...]) -> None:
    """Each rule works in both directions, is counted, and is needed."""
    assert equal_under(rule, one, other) == (True, used)
    assert equal_under(rule, other, one) == (True, used)
    assert equal_under(Column(), one, other) == (False, ())
    assert equal_under(rule, one, one) == (True, ())


@pytest.mark.parametrize(
    ("rule", "one", "other"),
    [
        (Column(type="timestamptz"), "s2024-01-02T03:04:05", "T2024-01-02 03:04:05+00"),
        (Column(type="timestamp"), "s2024-01-02T03:04:05", "T2024-01-02 03:04:05+00"),
        (Column(type="timestamp"), "t2024-01-02 03:04:05", "T2024-01-02 03:04:05+00"),
        (Column(type="timestamptz"), "s2024-01-02T03:04:05", "t2024-01-02 03:04:05"),
        (Column(type="timestamptz"), "t2024-01-02 12:04:05", "T2024-01-02 03:04:05+00"),
        (Column(type="timestamp"), "s2024-02-30T00:00:00Z", "T2024-03-01 00:00:00+00"),
        (Column(type="timestamp"), "s2024-01-02T03:04:05.1234567Z", "T2024-01-02 03:04:05.123456+00"),
        (Column(type="decimal(4,2)"), "s123.45", "#123.45"),
        (Column(type="decimal(4,2)"), "s1.234", "#1.234"),
        (Column(type="integer"), "s1.5", "#1.5"),
        (Column(type="uuid"), "snot-one", "u00000000-0000-4000-8000-00000000000a"),
        (Column(absent="null"), "_", "s"),
        (Column(tolerance=0.01), "#1", "#1.0100001"),
        (Column(tolerance=0.01), "s1", "#1"),
        (Column(unordered=True), "l[1,1,2]", "l[1,2,2]"),
        (Column(trim=True), "sa b", "sab"),
        (Column(type="bytes"), "s*", "y"),
    ],
)
def test_what_a_rule_cannot_read_stays_a_difference(rule: Column, one: str, other: str) -> None:
    """A zone nobody gave, a day that is none, a number that does not fit: still different."""
    assert equal_under(rule, one, other) == (False, ())


def test_an_unknown_type_is_named() -> None:
    """A misspelt type is an error that lists the types."""
    with pytest.raises(ValueError, match="timestamptz"):
        reader("datetime")


def test_what_looks_alike_is_shown_apart() -> None:
    """Composed and decomposed letters, and invisible ones, are escaped."""
    assert show(encode("é")) != show(encode("e\u0301"))
    assert show(encode("a\u200b")) == 'string "a\\u200b"'
    assert show(encode("한글")) == 'string "한글"'
    assert show(encode(time(1, 2, 3))) == "time 01:02:03"


@pytest.mark.parametrize(("encoding", "shown"), [
    ('e["a\u200b"]', 'set ["a\\u200b"]'),
    ('xpair:["sMain","#5","n","d2024-01-01"]', 'pair ["Main",5,null,date 2024-01-01]'),
    ('xpair:["sa\u200b"]', 'pair ["a\\u200b"]'),
    ('xpair:["l["]', 'pair "[\\"l[\\"]"'),
    ('xint4range:[true,false,"#1","n"]', "int4range [true,false,1,null]"),
    ("xvector:[1,2]", 'vector "[1,2]"'),
    ('xarray from [0:1]:["a\\u0001",1]', 'array from [0:1] ["a\\u0001",1]'),
    (encode({"a\ufe0f": [1, True, None, "ㅤ", b"\x01", "\ud800"]}), 'map {"a\\ufe0f":[1,true,null,"\\u3164",bytes 01,"\\ud800"]}'),
])  # fmt: skip
def test_values_within_a_value_are_shown_plainly(encoding: str, shown: str) -> None:
    """No kind's letter leaks, and what is invisible is escaped however deep it is."""
    assert show(encoding) == shown
