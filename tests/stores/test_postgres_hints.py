"""Few rows that differ are found by hints, which prove nothing; what they do not explain is looked for as if there were none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from tests.stores.conftest import SIDES, Databases
from verify.comparing import compare_dataset
from verify.core.datasets import Dataset
from verify.core.errors import StoreUnavailable
from verify.core.verdicts import Cause, Conclusion, Verdict
from verify.stores.postgres import PostgresStore
from verify.stores.postgres.chunks import Pace
from verify.stores.protocol import Cut, Hinting

CUT = Cut(bits=4, shift=8)
COLUMNS = ("a", "at", "d", "n", "o", "p", "u", "v", "w")


def _filled(databases: Databases) -> None:
    databases.run(
        "both", "CREATE DOMAIN paper AS jsonb",
        "CREATE TABLE t (id bigint PRIMARY KEY, a int[], at timestamptz, d interval, n numeric(12,2), o bigint, p paper,"
        " u uuid, v text, w char(4))",
        "INSERT INTO t SELECT i, ARRAY[i, 2], '2024-01-01Z'::timestamptz + i * interval '1 s', i * interval '1 h', i / 4.0,"
        " i, jsonb_build_object('lines', i), md5(i::text)::uuid, 'v' || i, 'w' FROM generate_series(1, 3000) i",
    )  # fmt: skip


def _compare(databases: Databases, **options: object) -> Conclusion:
    one, other = (databases.store(side) for side in SIDES)
    dataset = Dataset.model_validate({"key": ("id",), **options})
    return compare_dataset(one, other, dataset, name="t", seed=5, conceal=lambda _: "hidden")


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What `buckets` was asked for: None is a pass over all of them."""
    asked: list[object] = []
    plain = PostgresStore.buckets
    monkeypatch.setattr(
        PostgresStore, "buckets", lambda self, *a, **k: asked.append(k.get("among")) or plain(self, *a, **k)
    )
    return asked


def _hinting(monkeypatch: pytest.MonkeyPatch, changed: Callable[[Mapping[int, int]], Mapping[int, int]]) -> None:
    plain = PostgresStore.hints
    monkeypatch.setattr(PostgresStore, "hints", lambda self, *a, **k: changed(plain(self, *a, **k)))


@pytest.mark.parametrize("change", [
    "v = 'other'", "n = n + 0.01", "p = '{}'", "a = '{}'", "u = NULL", "w = ''", "d = '1 min'", "at = at + interval '1 us'",
])  # fmt: skip
def test_the_hint_of_a_changed_row_is_the_only_one_that_differs(databases: Databases, change: str) -> None:
    """Whatever the type, one changed value moves the hint of one range, on two servers and read in parts alike."""
    _filled(databases)
    databases.run("candidate", f"UPDATE t SET {change} WHERE id = 1000")  # noqa: S608
    one, other = (databases.store(side) for side in SIDES)
    assert isinstance(one, Hinting)
    stores = (one, other, replace(other, pace=Pace()))
    here, there, parted = (each.hints("t", key=["id"], columns=COLUMNS, cut=CUT) for each in stores)
    assert sorted(here) == list(range(12))
    assert [at for at in here if here[at] != there[at]] == [3]
    assert there == parted


def test_hints_are_for_ranges(databases: Databases) -> None:
    """Of keys cut by hash the named rows could not be found by the index."""
    _filled(databases)
    with pytest.raises(ValueError, match="ranges"):
        databases.store("baseline").hints("t", key=["id"], columns=["v"], cut=Cut(bits=4))


def test_few_rows_are_found_without_fingerprints_of_all_parts(databases: Databases, passes: list[object]) -> None:
    """A change, a row lost and a row more: only the parts that hints name are fingerprinted, and then read."""
    _filled(databases)
    databases.run("candidate", "UPDATE t SET v = '' WHERE id = 9", "DELETE FROM t WHERE id = 2999",
                  "INSERT INTO t (id) VALUES (0)")  # fmt: skip
    found = _compare(databases)
    assert found.summary == "3,000 rows on each side: 1 only on baseline; 1 only on candidate; 1 with other values"
    assert "2 of 6 parts had other fingerprints" in str(found.receipt)
    assert passes == [[0, 5]] * 2


@pytest.mark.parametrize("blind", ["n = -n", "o = 4294967296 + 2001", "p = '{\"lines\": 2000.0}'"])
@pytest.mark.parametrize("seen", ["", "UPDATE t SET v = '' WHERE id = 9"])
def test_what_hints_do_not_see_is_found_all_the_same(
    databases: Databases, passes: list[object], blind: str, seen: str
) -> None:
    """A row with another sign, folded number or spelling of a number, alone or beside one that is hinted at, is never lost."""
    _filled(databases)
    databases.run("candidate", f"UPDATE t SET {blind} WHERE id = 2000", *filter(None, [seen]))  # noqa: S608
    found, plain = _compare(databases), _compare(databases, exact=True)
    assert (found.verdict, found.summary, found.differences) == (plain.verdict, plain.summary, plain.differences)
    differs = blind.startswith(("n", "o")) + bool(seen)
    assert found.verdict is (Verdict.FAIL if differs else Verdict.PASS)
    assert None in passes


@pytest.mark.parametrize("lie", ["none", "all", "one more", "another", "beyond"])
def test_hints_that_lie_hide_nothing(databases: Databases, monkeypatch: pytest.MonkeyPatch, lie: str) -> None:
    """Whatever parts they name, too many, none, or others, the same rows are told."""
    _filled(databases)
    databases.run("candidate", "UPDATE t SET v = '' WHERE id IN (9, 2999)")
    lies = {
        "none": {},
        "all": dict.fromkeys(range(6), 1),
        "one more": {0: 1, 4: 1, 5: 1},
        "another": {3: 1},
        "beyond": {9: 1},
    }
    # One side is told the lie, and the other has no hints at all, or the true ones beside it.
    told = iter((lies[lie], {}))
    _hinting(monkeypatch, lambda hints: {**(hints if lie == "one more" else {}), **next(told)})
    found = _compare(databases)
    assert found.summary == "3,000 rows on each side: 2 with other values"
    assert [each.key for each in found.differences] == ["id=9", "id=2999"]


def test_a_row_that_changes_while_hints_are_asked_is_found(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, passes: list[object]
) -> None:
    """What was fingerprinted before is not what the hints speak of, so they explain nothing."""
    _filled(databases)
    databases.run("candidate", "UPDATE t SET v = '' WHERE id = 9")
    _hinting(monkeypatch, lambda hints: databases.run("candidate", "UPDATE t SET v = '' WHERE id = 10") or hints)
    assert _compare(databases).summary == "3,000 rows on each side: 2 with other values"
    assert None in passes


def test_where_writes_are_expected_no_hint_is_asked_for(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `recheck` they would explain nothing most of the time."""
    _filled(databases)
    databases.run("candidate", "UPDATE t SET v = '' WHERE id = 9")
    monkeypatch.delattr(PostgresStore, "hints")
    found = _compare(databases, recheck={"within": "1ms", "every": "1ms"})
    assert found.summary == "3,000 rows on each side: 1 with other values"


def test_a_side_that_falls_silent_while_hints_are_asked_is_inconclusive(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not being able to ask is no difference, and no equality either."""
    _filled(databases)
    databases.run("candidate", "UPDATE t SET v = '' WHERE id = 9")

    def silent(hints: Mapping[int, int]) -> Mapping[int, int]:
        raise StoreUnavailable("the server went away")

    _hinting(monkeypatch, silent)
    found = _compare(databases)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)
