"""The quick way of finishing a column gives what the slow and obvious way gives, for every text."""

from __future__ import annotations

import json
import struct

import psycopg
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.stores.conftest import Databases
from verify.core.values import encode, parse_json
from verify.stores.postgres.encoding import finished
from verify.stores.postgres.finishing import finish

LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)
ODD = [
    '{"a": 1.50, "b": [0.0, -2.500, 1e5]}', '{"\\u0002": 1.5}', '["\\u0003", "\\u0001x"]', '"text"', "null", "1.0", "{}", "[]",
    "[" * 200 + "]" * 200, "[" * 201 + "]" * 201, f"[{'9' * 401}]", f"[{'9' * 299}]",
    f"[0.{'0' * 401}1]", '{"z": 1, "aa": 2, "Z": 3}',
    '["\\\\u0003", ",\\"u0003\\","]', '["\\u0000"]', '{"상품": "é", "é": "𝄞"}', '["v1.5", "1e5", "3.0"]', '["\x7f\u2028"]',
]  # fmt: skip


def _finished(texts: list[str]) -> list[str]:
    return finish(pa.array(texts, pa.large_string())).to_pylist()


@settings(deadline=None)
@given(st.lists(DOCUMENTS, min_size=1, max_size=6), st.booleans(), st.booleans())
@example([{"a": -0.0, "": [1e-7, 1e300]}], True, False)
def test_documents_are_finished_alike_both_ways(values: list[object], plain: bool, sort: bool) -> None:  # noqa: FBT001
    """Whatever the document, escaped or not, sorted or not, alone or among others."""
    texts = ["B" + json.dumps(value, ensure_ascii=not plain, sort_keys=sort) for value in values]
    assert _finished(texts) == [finished(text) for text in texts]


def test_odd_documents_one_by_one_and_together() -> None:
    """Marks, depth, long numbers, escapes and scalars; beside nulls, arrays and floats of the same column."""
    texts = ["n", *(mark + text for mark in "BD" for text in ODD), 'A[1:2] ["s1", "n"]', "F2.603976239884983e16", "#1"]
    assert _finished(texts) == [finished(text) for text in texts]
    assert [_finished([text]) for text in texts] == [[finished(text)] for text in texts]
    assert _finished([]) == []
    assert _finished(["#1", "n", "sB{}"]) == ["#1", "n", "sB{}"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(DOCUMENTS, min_size=1, max_size=8))
def test_documents_from_a_server_are_what_was_put_in(databases: Databases, values: list[object]) -> None:
    """A scan of jsonb and json gives the encoding of the document itself, or of its text where JSON forbids it."""
    texts = [json.dumps(value) for value in values]
    kept = [text for text in texts if "\\u0000" not in text and not _surrogate(text)]
    databases.run("baseline", "DROP TABLE IF EXISTS t", "CREATE TABLE t (id int PRIMARY KEY, j jsonb)")
    with psycopg.connect(databases.dsn("baseline"), autocommit=True) as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO t VALUES (%s, %s)", list(enumerate(kept)))
    batches = databases.store("baseline").scan("t", key=["id"], columns=["j"])
    found = {row["0"]: row["1"] for batch in batches for row in batch.to_pylist()}
    wanted = [encode(parse_json(text)) for text in kept]
    assert found == {f"#{at}": "j" if text == "n" else text for at, text in enumerate(wanted)}


def _surrogate(text: str) -> bool:
    try:
        json.loads(text).__repr__().encode()
    except UnicodeEncodeError:
        return True
    return False


EDGES = [
    2.0**53,
    2.0**53 - 1,
    2.0**53 + 2,
    2.0**52 + 0.5,
    2.0**54,
    2.603976239884983e16,
    9007199254740993e3,
    1e16,
    5e-324,
]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats() | st.floats(2.0**51, 2.0**57) | st.integers(0, 2**52).map(
    lambda bits: struct.unpack("<d", struct.pack("<q", bits))[0]
), min_size=1, max_size=50))  # fmt: skip
@example(EDGES)
@example([-each for each in EDGES])
def test_a_float_is_what_python_writes(databases: Databases, values: list[float]) -> None:
    """The shortest text of every double, subnormal and huge, around 2^53 above all, is Python's own."""
    databases.run("baseline", "DROP TABLE IF EXISTS t", "CREATE TABLE t (id int PRIMARY KEY, v float8)")
    with (
        psycopg.connect(databases.dsn("baseline")) as connection,
        connection.cursor().copy("COPY t FROM STDIN (FORMAT binary)") as rows,
    ):
        rows.set_types(["int4", "float8"])
        for row in enumerate(values):
            rows.write_row(row)
    batches = databases.store("baseline").scan("t", key=["id"], columns=["v"])
    found = {row["0"]: row["1"] for batch in batches for row in batch.to_pylist()}
    assert found == {f"#{at}": encode(value) for at, value in enumerate(values)}


@pytest.mark.parametrize("text", ["D", "Dx", "D{"])
def test_what_is_no_json_is_kept_as_text(text: str) -> None:
    """A document that cannot be read equals only the very same text."""
    assert _finished([text]) == [f"xjson:{text[1:]}"]
