"""What a search finds is what the documents say, or the difference is told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.stores.opensearch.indexed import stored
from verify.stores.opensearch.kinds import KINDS, nanoseconds

if TYPE_CHECKING:
    from tests.stores.opensearch_node import Indices

pytest_plugins = ("tests.stores.opensearch_node",)
pytestmark = pytest.mark.xdist_group("opensearch")

SOUND = [
    ({"type": "long"}, "9007199254740993"), ({"type": "long"}, '"5"'), ({"type": "long"}, "[3,1,1]"), ({"type": "long"}, "null"),
    ({"type": "unsigned_long"}, "18446744073709551615"), ({"type": "double"}, "0.1"), ({"type": "double"}, "1e300"),
    ({"type": "float"}, "0.1"), ({"type": "float"}, "12.50"), ({"type": "float"}, "16777216"), ({"type": "float"}, "1464895104"),
    ({"type": "half_float"}, "0.5"), ({"type": "boolean"}, '[true,"false",""]'), ({"type": "keyword"}, '["b","a","a",""]'),
    ({"type": "keyword"}, "1.50"), ({"type": "keyword"}, "true"), ({"type": "keyword", "normalizer": "lowercase"}, '"ABC"'),
    ({"type": "keyword", "null_value": "none"}, "null"), ({"type": "ip"}, '["::1","10.0.0.1","2001:0db8::0001"]'),
    ({"type": "date"}, '"2026-01-02T03:04:05.678+02:00"'), ({"type": "date"}, "1767323045678"), ({"type": "date"}, '"2026"'),
    ({"type": "date"}, '"1969-12-31T23:59:59.999Z"'), ({"type": "date", "format": "epoch_second"}, "1767323045"),
    ({"type": "date", "format": "dd/MM/uuuu"}, '"02/01/2026"'), ({"type": "date_nanos"}, '"2026-01-02T03:04:05.123456789Z"'),
    ({"type": "text", "fields": {"raw": {"type": "keyword", "ignore_above": 3}}}, '"long text"'),
    ({"type": "keyword", "doc_values": False}, '"x"'), ({"type": "object", "enabled": False}, '{"x":1.5}'),
    ({"properties": {"w": {"type": "long"}}}, '[{"w":2},{"w":1}]'),
    ({"type": "nested", "properties": {"w": {"type": "long"}}}, '{"w":1}'),
]  # fmt: skip
LOST = [
    ({"type": "float"}, "1464895109", "v", "#1464895109", "#1464895104"),
    ({"type": "float"}, "16777217", "v", "#16777217", "#16777216"),
    ({"type": "double"}, "9007199254740993", "v", "#9007199254740993", "#9007199254740992"),
    ({"type": "half_float"}, "2049", "v", "#2049", "#2048"), ({"type": "long"}, "5.7", "v", "#5.7", "#5"),
    ({"type": "double"}, "0.1000000000000000055", "v", "#0.1000000000000000055", "#0.1"),
    ({"type": "keyword", "ignore_above": 3}, '["abc","abcd"]', "v", "sabcd", "_"),
    ({"type": "long", "ignore_malformed": True}, '"many"', "v", "smany", "_"),
    ({"type": "date", "ignore_malformed": True}, '"yesterday"', "v", "syesterday", "_"),
    ({"type": "date", "ignore_malformed": True}, '["2026-01-01","soon"]', "v", "ssoon", "_"),
    ({"type": "text", "fields": {"n": {"type": "long", "ignore_malformed": True}}}, '"x"', "v.n", "sx", "_"),
    ({"properties": {"w": {"type": "float"}}}, '{"w":16777217}', "v.w", "#16777217", "#16777216"),
]  # fmt: skip
LOWER = {"analysis": {"normalizer": {"lowercase": {"type": "custom", "filter": ["lowercase"]}}}}


@pytest.mark.parametrize(("rules", "value"), SOUND)
def test_values_the_index_holds_are_not_told(indices: Indices, rules: dict[str, Any], value: str) -> None:
    """A value that is indexed as what it is, or as its type promises, is no finding."""
    name = indices.make({"1": f'{{"v":{value}}}', "2": "{}"}, mapping={"properties": {"v": rules}}, **LOWER)
    assert indices.store().misindexed(name, sample=10, seed=1) == (2, ())


@pytest.mark.parametrize(("rules", "value", "path", "held", "found"), LOST)
def test_values_the_index_lost_are_told(
    indices: Indices, rules: dict[str, Any], value: str, path: str, held: str, found: str
) -> None:
    """A value that was rounded, cut or dropped on its way into the index is told with document, path and both values."""
    name = indices.make({"1": f'{{"v":{value}}}', "2": "{}"}, mapping={"properties": {"v": rules}})
    looked, findings = indices.store().misindexed(name, sample=10, seed=1)
    assert looked == 2
    assert [finding[:2] for finding in findings] == [("s1", path)]
    assert findings[0][3] == found
    assert held in (findings[0][2], f"s{findings[0][2][1:]}") or held[1:] in findings[0][2]


def test_sample_is_seeded_and_bounded(indices: Indices) -> None:
    """The same seed looks at the same documents, another at others, never at more than asked, however many fields there are."""
    properties = {f"f{at:03}": {"type": "float"} for at in range(150)}
    documents = {f"{at}": f'{{"f000":{16777217 + 2 * at},"f149":0.5}}' for at in range(300)}
    name = indices.make(documents, mapping={"properties": properties}, shards=2)
    store = indices.store()
    first = store.misindexed(name, sample=20, seed=7)
    assert first == store.misindexed(name, sample=20, seed=7)
    assert first != store.misindexed(name, sample=20, seed=8)
    assert first[0] == len(first[1]) == 20
    assert {finding[1] for finding in first[1]} == {"f000"}
    assert store.misindexed(name, sample=20_000, seed=7)[0] == 300


def test_values_are_found_through_lists_and_dotted_names() -> None:
    """A path leads through lists of objects and through names that hold dots."""
    document = {"a.b": 1, "a": [{"b": [2, [3]]}, {"b": None}, 5], "c": {"a.b": 4}}
    assert list(stored(document, ("a", "b"))) == [2, 3, None, 1]
    assert list(stored(document, ("c", "a", "b"))) == [4]


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.timezones()))
def test_instants_are_read_to_the_nanosecond(moment: datetime) -> None:
    """ISO 8601 in any zone gives the nanoseconds since 1970."""
    offset = moment.utcoffset()
    if offset is None or offset.total_seconds() % 60:
        return
    passed = moment - datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    assert (
        nanoseconds(moment.isoformat()) == (passed.days * 86_400 + passed.seconds) * 10**9 + passed.microseconds * 1000
    )


def test_scaled_values_and_unreadable_dates() -> None:
    """A scaled float is compared by value; what is no date has no nanoseconds."""
    kind = KINDS["scaled_float"]
    assert kind.stored(12.34, {}) == kind.indexed(12.34) == "#12.34"
    assert kind.stored(12.345, {}) != kind.indexed(12.35)
    assert [nanoseconds(each) for each in ("", "2026-13-01", "x", "2026-01-01T25:00", "20260101")] == [None] * 5
    assert KINDS["ip"].stored("nonsense", {}) == "snonsense"
