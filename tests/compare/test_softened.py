"""Whole columns softened: the same values and counts as one value at a time, only faster."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.compare.softened import softened_array
from verify.core.datasets import Column
from verify.core.softening import equal_under, soften
from verify.core.values import Absent, encode

TYPES = ["integer", "decimal", "decimal(5,2)", "decimal(12, 2)", "decimal(2,5)", "decimal(900,1)", "decimal(3,0)",
         "float", "boolean", "text", "timestamp", "timestamptz", "date", "time", "uuid", "inet", "bytes", "json"]  # fmt: skip

ODD = [
    "2024-01-02T03:04:05.123Z", "2024-01-02T03:04:05+00:00", "2024-01-02 03:04:05+09:00", "2024-02-29T00:00:00Z",
    "2023-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2024-04-31T00:00:00Z", "2024-12-31T23:59:59.999999-14:59",
    "2024-01-02T03:04:05", "2024-01-02T03:04", "2024-01-02T03:04Z", "2024-01-02T03:04:05.1234567Z",
    "2024-01-02T03:04:05.123000000z", "2024-01-02T03:04:05,5 +0900", "2024-01-02T03:04:05\v+09", "2024-01-02T24:00:00Z",
    "2024-01-02T03:04:60Z", "0001-01-01T00:00:00+09:00", "9999-12-31T23:00:00-09:00", "0000-01-01", "0001-01-01",
    "2024-01-02T03:04:05.100000", "2024-01-02T03:04:05.000Z", "2024-01-02T03:04:05Z\n", "2024-01-02T03:04:05+24:00",
    "2024-01-02T03:04:05+09:75", "2024-01-02", "2024-02-30", "2023-02-29", "٢٠٢٤-01-02", "03:04", "03:04:05", "03:04:05.120",
    "03:04:05.000", "24:00:00", "03:04:05.1234567", "0", "-0", "-0.00", "+1", "007", "1.", ".5", "1.50", "100", "100.0",
    "-12.340", "1e3", "1E-400", "1e999999", "1e9999999", "12.5", "٣", "1" * 401, "0." + "0" * 401 + "1", "0." + "0" * 450,
    "99.999", "100000", "0.1000000000000000055", "123456789012345678", "nan", "NaN", "inf", "Infinity", "true", "false",
    "TRUE", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11\n", "\\x00FF", "\\x00 ff",
    "\\x0", "\\xzz", "AAEC", "AAE=", "AA", "", " ", "  a ", "\x1ca\x85", "\u3000각\u2028", "\ufeffa", "STRASSE", "Straße", "İ",
    "ǅ", '{"a": 1.0}', "[1, 2", "null", "\x01", "a\0b", "한글😀", "\ud800",
    "10.0.0.1", "10.0.0.1/32", "10.0.0.1/8", "10.0.0.1/33", "010.0.0.1", "10.0.0.256", "10.0.0.1/255.0.0.0", "1.2.3", "1.2.3.4\n",
    "::1", "0:0:0:0:0:0:0:1", "2001:DB8::1/64", "::ffff:1.2.3.4", "fe80::1%eth0", "1.2.3.4/032", "1.2.3.4/", "1::2::3",
]  # fmt: skip

ENCODED = st.recursive(
    st.one_of(
        st.sampled_from(ODD), st.text(max_size=6), st.none(), st.booleans(), st.just(Absent.ABSENT), st.integers(),
        st.floats(), st.decimals(), st.binary(max_size=4), st.uuids(), st.dates(), st.times(), st.datetimes(),
        st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))]), min_value=datetime(2, 1, 1),
                     max_value=datetime(9998, 1, 1)),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def _encoded(value: object) -> str:
    try:
        return encode(value)  # type: ignore[arg-type]
    except ValueError:
        return "#nan"  # a signalling NaN of Python is no value of any store


ENCODINGS = st.one_of(
    ENCODED.map(_encoded),
    st.sampled_from([f"s{text}" for text in ODD if text != "\ud800"]),
    st.datetimes().map(lambda moment: f"s{moment.isoformat()}Z"),
    st.datetimes().map(lambda moment: f"s{moment.isoformat(sep=' ')}"),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(lambda number: f"s{number}"),
    st.integers().map(lambda number: f"s{number}"),
    st.sampled_from([
        "j", "n", "_", "xinet:10.0.0.1", "xinet:10.0.0.1/32", "xinet:10.0.0.1/8", "xinet:::1/128", "xinet4:10.0.0.1",
        "xinet6:::1", "xinet6:::ffff:10.0.0.1", "xinet5:10.0.0.1", "xinet", "xinetnum:1.2.3.4", "y" + "0a" * 16, "y" + "0a" * 15,
        "xmoney:12", "xa", "C03:04:05.120+09", "Tinfinity", "t-infinity",
        "T10000-01-01 00:00:00.500+00", "T0044-03-15 00:00:00.10+00 BC", "c03:04:05.1.2", "T.", "T.5", "t1.000", "e[1,2]",
        "#1", "#0", "#nan", "#-inf", "#1e500", "#0.1000000000000000055", "iP1Y", "l[2,1]", "l[]", "m{}",
    ]),
)  # fmt: skip

RULES = st.builds(
    Column,
    type=st.none() | st.sampled_from(TYPES),
    absent=st.sampled_from([None, "null"]),
    precision=st.sampled_from([None, "s", "ms", "us"]),
    tolerance=st.sampled_from([None, 0.5]),
    unordered=st.booleans(),
    case=st.sampled_from([None, "fold"]),
    trim=st.booleans(),
)


def slowly(rule: Column, values: list[str]) -> tuple[list[str], Counter[str]]:
    """The reference: one value at a time."""
    found = [soften(rule, value) for value in values]
    return [value for value, _ in found], Counter(word for _, used in found for word in used)


@settings(max_examples=400, deadline=None)
@given(rule=RULES, values=st.lists(ENCODINGS, max_size=12))
def test_a_column_is_softened_as_each_of_its_values_is(rule: Column, values: list[str]) -> None:
    """Any rule on any encodings: the same result and the same counts as value by value."""
    array, used = softened_array(rule, pa.array(values, pa.large_string()))
    assert (array.to_pylist(), used) == slowly(rule, values)


@pytest.mark.parametrize("name", TYPES)
@pytest.mark.parametrize("precision", [None, "s", "ms"])
def test_every_odd_text_is_read_alike(name: str, precision: str | None) -> None:
    """Every text that is known to be tricky, under every type, alone and in company."""
    rule = Column(type=name, precision=precision)  # type: ignore[arg-type]
    values = [_encoded(text) for text in ODD] + [
        "j",
        "_",
        "n",
        "btrue",
        "xinet:1",
        "xinet:2",
        "u00",
        "xinet4:1.2.3.4",
        "y" + "9f" * 16,
        "#1",
        "#0.25",
    ]
    array, used = softened_array(rule, pa.array(values, pa.large_string()))
    assert (array.to_pylist(), used) == slowly(rule, values)
    for value in values:
        array, used = softened_array(rule, pa.array([value], pa.large_string()))
        assert (array.to_pylist(), used) == slowly(rule, [value]), value


@pytest.mark.parametrize(
    "text", ["QR==", "QUJ=", "QQ", "QQ=", "QQ===", "Q Q==", "QQ==\n", " QQ==", "Q-==", "QQ==é", "\\x4 1", "\\x 41"]
)
def test_bytes_are_read_from_the_one_way_to_write_them(text: str) -> None:
    """Bits that stand for nothing, blanks and missing padding make another text, which is no bytes."""
    rule = Column(type="bytes")
    assert softened_array(rule, pa.array([f"s{text}", "sQQ=="], pa.large_string()))[0].to_pylist() == [
        f"s{text}",
        "y41",
    ]
    assert not equal_under(rule, f"s{text}", "y41")[0]


def test_nothing_to_change_gives_the_same_array() -> None:
    """A column that the rule leaves alone is not even copied."""
    moments = pa.array([encode(datetime(2024, 1, 2, tzinfo=UTC)), "n", "_"], pa.large_string())
    assert softened_array(Column(type="timestamptz", precision="ms"), moments)[0] is moments
    others = pa.array([encode(date(2024, 1, 2)), encode(time(1)), encode(UUID(int=1)), encode(Decimal("1.5"))],
                      pa.large_string())  # fmt: skip
    for name in ("date", "time", "uuid", "decimal", "integer", "bytes", "json", "boolean"):
        assert softened_array(Column(type=name), others)[0] is others
    assert softened_array(Column(), pa.array([], pa.large_string()))[0].to_pylist() == []


@pytest.mark.parametrize("precision", ["s", "ms", "us"])
def test_every_fraction_is_cut_alike(precision: str) -> None:
    """Zeros inside a fraction stay and zeros at its end go, whatever follows."""
    digits = [f"{number:0{width}}" for width in range(1, 5) for number in range(0, 10**width, 1 if width < 4 else 7)]
    values = [f"T2024-01-02 03:04:05.{each}+00" for each in digits] + [f"c03:04:05.{each}" for each in digits]
    rule = Column(precision=precision)  # type: ignore[arg-type]
    array, used = softened_array(rule, pa.array(values, pa.large_string()))
    assert (array.to_pylist(), used) == slowly(rule, values)


def test_a_type_that_is_none_is_refused() -> None:
    """A misspelt type must not leave a column unread in silence."""
    with pytest.raises(ValueError, match="'timestmp' is not a type"):
        softened_array(Column(type="timestmp"), pa.array(["s1"], pa.large_string()))


def test_short_strings_of_another_arrow_type_are_taken() -> None:
    """A store that gives strings with 32-bit offsets is read all the same."""
    array, used = softened_array(Column(type="integer"), pa.array(["s1", "#2"], pa.string()))
    assert array.to_pylist() == ["#1", "#2"]
    assert used == {"string -> number": 1}
