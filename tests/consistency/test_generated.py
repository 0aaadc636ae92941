"""Records nobody thought of: written into every store they compare equal, and any change of one is found at its key."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.consistency.conftest import Kept
from tests.consistency.records import COLUMNS, LABELS, Record
from tests.consistency.test_pairs import KINDS, described
from verify.comparing import compare_dataset
from verify.core import reference
from verify.core.values import Absent, Value, encode
from verify.core.verdicts import Conclusion, Verdict

# Small on purpose: each example is a collection in a real server, written, changed, and compared twice.
PROFILE = settings(
    max_examples=5, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip
# What PostgreSQL and MariaDB hold; neither has U+0000, nobody has half a surrogate pair.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
BIG = st.integers(-(2**63), 2**63 - 1)
NUMBER = st.decimals(-(10**20), 10**20, places=6, allow_nan=False)
LEAF = st.one_of(st.none(), st.booleans(), BIG, NUMBER, TEXT)
# DynamoDB has no empty name.
WORD = TEXT.filter(bool)
NESTED = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORD, inner, max_size=3), max_leaves=8
)
DAY = st.dates(date(1980, 1, 1), date(2030, 12, 31))
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "name": TEXT, "note": TEXT, "big": BIG, "price": st.decimals(-(10**9), 10**9, places=2), "live": st.booleans(),
    "amount": st.decimals(-(10**25), 10**25, places=10),
    # DynamoDB ends at 9.9E+125, and half of what a float can hold is beyond.
    "rate": st.floats(-1e120, 1e120, allow_nan=False, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-120),
    "seen": st.datetimes(datetime(1980, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC)),
    "due": st.datetimes(datetime(1980, 1, 1), datetime(2030, 12, 31)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    ),
    "born": DAY, "ref": st.uuids(), "blob": st.binary(max_size=20), "meta": st.dictionaries(WORD, NESTED, max_size=3),
    "tags": st.lists(TEXT | st.none(), max_size=3), "labels": st.sets(st.sampled_from(LABELS), min_size=1).map(frozenset),
}  # fmt: skip
assert {"sku", *VALUES} == set(COLUMNS)
ROW = st.fixed_dictionaries({name: values | st.none() for name, values in VALUES.items() if name != "note"},
                            optional={"note": VALUES["note"] | st.none()})  # fmt: skip
KEYS = st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=8), min_size=2,
                max_size=8, unique=True)  # fmt: skip


@st.composite
def collections(draw: st.DrawFn) -> list[Record]:
    """Some records under unlike keys, every column of each arbitrary or null."""
    return [{"sku": key, **draw(ROW)} for key in draw(KEYS)]


@st.composite
def mutations(draw: st.DrawFn) -> tuple[list[Record], int, str, Value]:
    """Some records, and another value for one field of one of them."""
    rows = draw(collections())
    at, name = draw(st.integers(0, len(rows) - 1)), draw(st.sampled_from(sorted(VALUES)))
    value = draw(st.one_of(VALUES[name], st.just(_near(rows[at].get(name)))))
    return rows, at, name, value


def _near(value: Value) -> Value:
    """A neighbour of the value: what a careless copy would make of it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return unicodedata.normalize("NFD", value) if not unicodedata.is_normalized("NFD", value) else value[:39] + " "
    if isinstance(value, int):
        return value ^ 1
    if isinstance(value, datetime):
        return value + timedelta(milliseconds=1)
    if isinstance(value, dict):
        return {**value, "more": None}
    if isinstance(value, list):
        return [*value, None]
    return _nearer(value)


def _nearer(value: Value) -> Value:
    if isinstance(value, Decimal):
        return value.copy_negate() if value else value
    if isinstance(value, bytes):
        return value[:19] + b"\x00"
    return value


def compared(kept: Kept, one: str, other: str, rows: list[Record], others: list[Record]) -> Conclusion:
    """These records on one store beside those on the other."""
    here, there = kept.keeper(one), kept.keeper(other)
    name = "drawn-other" if one == other else "drawn"
    dataset = described(here, there, here.write("drawn", rows), there.write(name, others))
    return compare_dataset(
        here.open("baseline"), there.open("candidate"), dataset, name="drawn", seed=5, conceal=lambda text: text
    )


def _null(kinds: tuple[str, str], value: Value) -> Value:
    """Absent is null where one of the two stores has no absent."""
    return None if value is Absent.ABSENT and {"postgres", "mysql"}.intersection(kinds) else value


def _marked() -> list[Any]:
    found = []
    for one in ("json_file", "postgres"):
        for other in KINDS:
            heavy = other in ("opensearch", "dynamodb")
            group = pytest.mark.xdist_group("consistency-search" if heavy else "consistency")
            found.append(pytest.param(one, other, marks=group, id=f"{one}-{other}"))
    return found


@pytest.mark.parametrize(("one", "other"), _marked())
@PROFILE
@given(drawn=mutations())
def test_equal_is_silent_and_any_change_is_found(
    kept: Kept, one: str, other: str, drawn: tuple[list[Record], int, str, Value]
) -> None:
    """The tool says what the slow reference says: nothing of equal records, and exactly the record that is another."""
    rows, at, name, value = drawn
    found = compared(kept, one, other, rows, rows)
    assert found.verdict is Verdict.PASS, found
    changed = [{**row, name: value} if number == at else row for number, row in enumerate(rows)]
    before = rows[at].get(name, Absent.ABSENT)
    kinds = (one, other)
    same = reference.equal(_null(kinds, before), _null(kinds, value))
    assert same is (encode(_null(kinds, before)) == encode(_null(kinds, value)))
    found = compared(kept, one, other, rows, changed)
    assert found.verdict is (Verdict.PASS if same else Verdict.FAIL), found
    told = {each.key for each in found.differences}
    roots = {each.path.removeprefix("$.").partition(".")[0].partition("[")[0] for each in found.differences}
    assert told == (set() if same else {f"sku=string {json.dumps(rows[at]['sku'])}"})
    assert roots == (set() if same else {name})
