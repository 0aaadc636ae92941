"""Every type of MariaDB comes out as the encoding of the value somebody put in."""

from __future__ import annotations

import struct
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stores.mariadb import MariaDatabases, maria, maria_server, scanned
from verify.core.errors import StoreUnreadable
from verify.core.values import encode

__all__ = ["maria", "maria_server"]
BIG = Decimal("12345678901234567890123456789012345.123456789012345678901234567890")
CASES: list[tuple[str, str, object]] = [
    ("tinyint(1)", "1", 1), ("boolean", "FALSE", 0), ("tinyint", "-128", -128), ("smallint", "32767", 32767),
    ("mediumint", "-8388608", -8388608), ("int", "-2147483648", -2147483648), ("int unsigned", "4294967295", 2**32 - 1),
    ("bigint", "-9223372036854775808", -(2**63)), ("bigint unsigned", "18446744073709551615", 2**64 - 1),
    ("int(8) zerofill", "42", 42), ("decimal(8,2) zerofill", "1.50", Decimal("1.5")), ("int zerofill", "0", 0),
    ("decimal(12,2)", "-1.50", Decimal("-1.5")), ("decimal(12,2)", "-0.00", 0), ("decimal(12,2)", "100.00", 100),
    ("decimal(5,5)", ".00010", Decimal("0.0001")), ("decimal(10,0)", "1000", 1000), ("decimal(65,30)", str(BIG), BIG),
    ("double", "0.1", 0.1), ("double", "-0e0", 0), ("double", "5e-324", 5e-324), ("double", "1e300", 1e300),
    ("double", "1.7976931348623157e308", 1.7976931348623157e308), ("double", "0.30000000000000004", 0.1 + 0.2),
    ("double", "2.6039762398849832e16", 2.6039762398849832e16), ("double(10,2)", "100.5", 100.5),
    ("double", "1e15", 1e15), ("double", "123456789012345", 123456789012345), ("double", "1e-5", 1e-5),
    ("float", "0.1", 0.1), ("float", "16777215", 16777215), ("float", "123456.79", 123456.79), ("float", "-0e0", 0),
    ("float", "3.4028235e38", 3.4028235e38), ("float", "1e-45", 1e-45), ("float(10,3)", "1.125", 1.125),
    ("char(4)", "'ab'", "ab"), ("varchar(20)", "'a  '", "a  "), ("varchar(20)", "''", ""), ("text", "'n'", "n"),
    ("text", "'_'", "_"), ("text", "'Dx'", "Dx"), ("varchar(20)", r"'\\\"''\n,\r\t\0%'", "\\\"'\n,\r\t\0%"),
    ("varchar(20)", "'한글😀é'", "한글😀é"), ("longtext", "REPEAT('한\"',70000)", '한"' * 70000),
    ("varchar(20) character set latin1", "'é€ß'", "é€ß"), ("varchar(20) character set utf8mb3", "'한'", "한"),
    ("varchar(20) character set ucs2", "'한'", "한"), ("varchar(20) character set euckr", "'한'", "한"),
    ("char(9) character set sjis", "'日本'", "日本"), ("text character set ascii", "'plain'", "plain"),
    ("varchar(9) collate utf8mb4_general_ci", "'Ab '", "Ab "),
    ("binary(3)", "'a'", b"a\0\0"), ("varbinary(9)", "X'00ff'", b"\0\xff"), ("blob", "''", b""),
    ("longblob", "REPEAT(X'ff',70000)", b"\xff" * 70000), ("date", "'2024-02-29'", date(2024, 2, 29)),
    ("date", "'9999-12-31'", date(9999, 12, 31)), ("datetime", "'2024-01-02 03:04:05'", datetime(2024, 1, 2, 3, 4, 5)),
    ("datetime(6)", "'2024-01-02 03:04:05.120000'", datetime(2024, 1, 2, 3, 4, 5, 120000)),
    ("datetime(3)", "'2024-01-02 00:00:00'", datetime(2024, 1, 2)), ("time", "'23:59:59'", time(23, 59, 59)),
    ("timestamp(6) null", "'2024-01-02 03:04:05.000001'", datetime(2024, 1, 2, 3, 4, 5, 1, UTC)),
    ("timestamp null", "'1970-01-01 00:00:01'", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)),
    ("time(6)", "'00:00:00.500000'", time(0, 0, 0, 500000)), ("time(2)", "'00:00:00'", time(0)),
    ("year", "1999", 1999), ("year", "0", 0), ("bit(1)", "1", 1), ("bit(64)", "18446744073709551615", 2**64 - 1),
    ("enum('a','b''c','한')", "'한'", "한"), ("enum('a','b''c')", "'b''c'", "b'c"),
    ("set('x','y','한')", "'한,x'", {"x", "한"}), ("set('x','y')", "''", frozenset()),
    ("uuid", "'00000000-0000-4000-8000-0000000000AB'", UUID(int=0x400080000000000000AB)),
    ("json", """'{"b": 1.0, "a": [null, "x", true]}'""", {"a": [None, "x", True], "b": 1}), ("json", "'{}'", {}),
    ("json", "'1e400'", Decimal("1e400")), ("json", "'12345678901234567890.10'", Decimal("12345678901234567890.1")),
    ("json", "'\"t\"'", "t"), ("json", "'[]'", []),
]  # fmt: skip
ODD = [
    ("date", "'0000-00-00'", "xdate:0000-00-00"), ("date", "'2024-00-10'", "xdate:2024-00-10"),
    ("datetime(2)", "'0000-00-00'", "xdatetime:0000-00-00 00:00:00"), ("date", "'0000-05-05'", "xdate:0000-05-05"),
    ("timestamp null", "'0000-00-00'", "xtimestamp:0000-00-00 00:00:00"), ("time", "'-00:00:01'", "xtime:-00:00:01"),
    ("time(1)", "'838:59:59.9'", "xtime:838:59:59.9"), ("time", "'24:00:00'", "xtime:24:00:00"), ("json", "'null'", "j"),
    ("time(1)", "'100:00:00.5'", "xtime:100:00:00.5"), ("time", "'-100:00:00'", "xtime:-100:00:00"),
    ("inet6", "'::1'", "xinet6:::1"), ("inet4", "'1.2.3.4'", "xinet4:1.2.3.4"),
    ("json", """'{"a": 1, "a": 2}'""", 'xjson:{"a": 1, "a": 2}'), ("enum('a')", "'none'", "s"),
    ("point", "POINT(1, 2)", "xgeometry:000000000101000000000000000000f03f0000000000000040"),
]  # fmt: skip


def _put(maria: MariaDatabases, *cells: tuple[str, str]) -> list[str]:
    """One row with these types and literals, scanned back; the first cell of the answer is the key's."""
    columns = ", ".join(f"c{at} {kind}" for at, (kind, _) in enumerate(cells))
    maria.run(
        "baseline", "SET sql_mode = ''", f"CREATE OR REPLACE TABLE t (id int PRIMARY KEY, {columns}) CHARSET utf8mb4",
        f"INSERT INTO t VALUES (1, {', '.join(text for _, text in cells)})",  # noqa: S608
    )  # fmt: skip
    with_mode = maria.store("baseline")
    return scanned(with_mode, "t", "id", *(f"c{at}" for at in range(len(cells))))[0][1:]


def test_every_type_is_written_as_python_would(maria: MariaDatabases) -> None:
    """One row with a column for each case equals the encodings of the exact values."""
    found = _put(maria, *((kind, text) for kind, text, _ in CASES if "70000" not in text))
    wanted = [(kind, text, encode(value)) for kind, text, value in CASES if "70000" not in text]
    told = [(kind, text, cell) for (kind, text, _), cell in zip(wanted, found, strict=True)]
    assert [pair for pair in zip(told, wanted, strict=True) if pair[0] != pair[1]] == []
    for kind, text, value in CASES:
        if "70000" in text:
            assert _put(maria, (kind, text)) == [encode(value)]


def test_what_python_has_no_value_for_keeps_its_own_kind(maria: MariaDatabases) -> None:
    """A zero date is no null, a duration no time of day, a document with a name twice only itself."""
    found = _put(maria, *((kind, text) for kind, text, _ in ODD))
    assert [(case, cell) for case, cell in zip(ODD, found, strict=True) if case[2] != cell] == []


def test_null_is_null_in_every_type(maria: MariaDatabases) -> None:
    """No type turns NULL into something else."""
    kinds = sorted({kind for kind, *_ in (*CASES, *ODD)})
    assert _put(maria, *((kind, "NULL") for kind in kinds)) == ["n"] * len(kinds)


finite = st.floats(allow_nan=False, allow_infinity=False)
moments = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31))
instants = st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 31), timezones=st.just(UTC))
letters = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
rows = st.tuples(
    st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**64 - 1), finite,
    st.floats(width=32, allow_nan=False, allow_infinity=False), st.decimals(-(10**20), 10**20, places=10), letters,
    st.binary(max_size=40), moments, instants,
    st.dates(), st.times(), st.booleans(),
)  # fmt: skip
TABLE = """CREATE OR REPLACE TABLE t (at int PRIMARY KEY, a bigint, b bigint unsigned, c double, d float, e decimal(40,10),
    f text, g blob, h datetime(6), i timestamp(6) NULL, j date, k time(6), l tinyint(1)) CHARSET utf8mb4"""


def _single(value: float) -> str:
    """The shortest digits that read back as the same 32-bit float."""
    packed = struct.pack("f", value)
    return next(text for digits in range(1, 10) if struct.pack("f", float(text := f"{value:.{digits}g}")) == packed)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(rows, min_size=1, max_size=60))
def test_any_row_comes_back_as_it_was_put(maria: MariaDatabases, drawn: list[tuple[object, ...]]) -> None:
    """Whatever typed values are inserted, the scan gives their encodings."""
    maria.run("baseline", TABLE)
    sent = [(at, *row[:2], repr(row[2]), repr(row[3]), *row[4:8], row[8].replace(tzinfo=None), *row[9:])
            for at, row in enumerate(drawn)]  # fmt: skip
    with maria.connection("baseline") as connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        cursor.executemany(f"INSERT INTO t VALUES ({', '.join(['%s'] * 13)})", sent)  # noqa: S608
    wanted = [
        [
            encode(at),
            *map(encode, row[:3]),
            encode(float(_single(row[3]))),
            *map(encode, row[4:11]),
            encode(int(row[11])),
        ]
        for at, row in enumerate(drawn)
    ]
    assert scanned(maria.store("baseline"), "t", "at", *"abcdefghijkl") == sorted(wanted)


def test_many_columns_with_odd_names_come_in_the_order_asked(maria: MariaDatabases) -> None:
    """Case, Hangul, spaces and backticks in names are kept; 130 columns are no limit."""
    names = [*(f"c{at}" for at in range(130)), "Mixed Case", "이름", "a`b", "select"]
    told = ", ".join(f"`{name.replace('`', '``')}` int DEFAULT {at}" for at, name in enumerate(names))
    maria.run(
        "baseline",
        f"CREATE TABLE `주문.Odd``t` (id int PRIMARY KEY, {told})",
        "INSERT INTO `주문.Odd``t` (id) VALUES (7)",
    )
    table = "`주문.Odd``t`"
    store = maria.store("baseline")
    assert scanned(store, table, "id", *reversed(names)) == [["#7", *(f"#{at}" for at in reversed(range(len(names))))]]
    assert {column.name for column in store.describe(table).columns} == {"id", *names}
    assert scanned(store, f"baseline.{table}", "id", "no such column", "이름") == [["#7", "_", "#131"]]
    assert [each.name for each in store.collections()] == [table]


def test_bytes_decide_and_no_collation(maria: MariaDatabases) -> None:
    """Trailing blanks, case and combining letters are never folded."""
    texts = ["a", "a ", "A", "á", "a\u0301", "ａ"]
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v varchar(9) COLLATE utf8mb4_general_ci)")
    maria.insert("baseline", "t", list(enumerate(texts)))
    assert [row[1] for row in scanned(maria.store("baseline"), "t", "id", "v")] == [f"s{text}" for text in texts]


def test_letters_that_are_none_are_an_error(maria: MariaDatabases) -> None:
    """Bytes that no letter has stop the scan; they are not replaced by a question mark."""
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v varchar(20) CHARACTER SET euckr)")
    with maria.connection("baseline") as connection, connection.cursor() as cursor:
        cursor.execute("SET sql_mode = ''")
        cursor.execute("INSERT INTO t VALUES (1, X'C9A1')")
        cursor.execute("SELECT HEX(v), HEX(CONVERT(v USING utf8mb4)) FROM t")
        assert cursor.fetchone() == ("C9A1", "3F"), "the server itself would put a question mark there"
    with pytest.raises(StoreUnreadable, match=r"baseline mysql: a row .* letters that are none"):
        scanned(maria.store("baseline"), "t", "id", "v")


def test_half_a_letter_is_an_error(maria: MariaDatabases) -> None:
    """The server keeps a lone surrogate as if it were a letter; no UTF-8 text can hold it."""
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v varchar(20)) CHARSET utf8mb4",
              "INSERT INTO t VALUES (1, X'EDA080')")  # fmt: skip
    with pytest.raises(StoreUnreadable, match="cannot be read as text"):
        scanned(maria.store("baseline"), "t", "id", "v")


@pytest.mark.parametrize("size", [240, 245, 250, 260, 65530, 65540, 4_000_000, 16_777_210, 16_777_215, 20_000_000])
def test_rows_of_every_length_come_whole(maria: MariaDatabases, size: int) -> None:
    """The lengths at which the protocol changes how it says them, up to a row in several packets."""
    maria.run(
        "baseline",
        "CREATE TABLE t (id int PRIMARY KEY, v longtext) CHARSET ascii",
        "SET GLOBAL max_allowed_packet = 67108864",
    )
    maria.run("baseline", "INSERT INTO t VALUES (1, 'before')", "INSERT INTO t VALUES (3, 'after')")
    maria.run("baseline", f"INSERT INTO t VALUES (2, REPEAT('x', {size}))", "SET GLOBAL max_allowed_packet = 33554432")  # noqa: S608
    try:
        found = [row[1] for row in scanned(maria.store("baseline"), "t", "id", "v")]
    finally:
        maria.run("baseline", "SET GLOBAL max_allowed_packet = 16777216")
    assert [len(text) for text in found] == [7, size + 1, 6]
    assert set(found[1]) == {"s", "x"}


def test_a_row_too_long_for_a_packet_is_an_error_and_not_null(maria: MariaDatabases) -> None:
    """The server answers NULL where the text would pass max_allowed_packet; that is no value."""
    maria.run("baseline", "CREATE TABLE t (id int PRIMARY KEY, v longblob)",
              "INSERT INTO t SELECT 1, REPEAT('x', 10000000)")  # fmt: skip
    with pytest.raises(StoreUnreadable, match="max_allowed_packet"):
        scanned(maria.store("baseline"), "t", "id", "v")
