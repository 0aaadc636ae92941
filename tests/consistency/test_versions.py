"""PostgreSQL 16 against PostgreSQL 18: a migration between two major versions, by fingerprint and by value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sandbox.engines import postgres
from tests.consistency.keepers_sql import PostgresKeeper
from tests.consistency.records import CHANGES, ROWS, Record, records, together
from tests.consistency.test_pairs import described, named
from verify.comparing import compare_dataset, count_dataset, keys_dataset
from verify.core.verdicts import Conclusion, Verdict
from verify.stores.postgres import PostgresStore
from verify.stores.protocol import Digest

pytestmark = pytest.mark.xdist_group("consistency")
WAYS = ("in place", "by value", "hashed otherwise")
# A row has every column, so null and absent are one. What `test_pairs.py` asks of each class is asked of some here.
CLASSES = tuple(name for name in CHANGES if name != "null-for-absent")
ALONE = (
    "last-digit-of-a-big-integer", "a-cent", "last-bit-of-a-float", "false-for-null", "a-trailing-blank", "unicode-form",
    "a-microsecond", "a-byte", "a-nested-number-as-text", "order-of-a-list", "a-missing-record", "an-extra-record",
)  # fmt: skip


@dataclass(frozen=True)
class Versions:
    """Both servers, and what each of them was told to hold."""

    here: PostgresKeeper
    there: PostgresKeeper
    written: set[tuple[int, str]] = field(default_factory=set)

    def hold(self, side: int, name: str, rows: Sequence[Record]) -> str:
        """The table, written once."""
        if (side, name) not in self.written:
            (self.here, self.there)[side].write(name, rows)
            self.written.add((side, name))
        return name


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Versions]:
    """The data set on 16; 18 is empty."""
    with ExitStack() as stack:
        keepers = []
        for major in (16, 18):
            server = stack.enter_context(postgres.running(tmp_path_factory.mktemp(f"major-{major}"), major=major))
            assert server.version == postgres.PINNED[major]
            keepers.append(PostgresKeeper(dsn=server.dsn))
        found = Versions(*keepers)
        found.hold(0, "original", records())
        yield found


class Otherwise(PostgresStore):
    """A server whose hash functions give other values, as they may from one major version to the next."""

    def digest(self, collection: str, *, columns: Sequence[str], seed: int) -> Digest:
        """The fingerprint another hash would give, and the dialect that tells."""
        found = PostgresStore.digest(self, collection, columns=columns, seed=seed + 1)
        return replace(found, dialect=f"another {found.dialect}")


def compared(versions: Versions, table: str, way: str) -> Conclusion:
    """The data set on 16 beside this table of 18."""
    one, other = versions.here.open("baseline"), versions.there.open("candidate")
    assert isinstance(other, PostgresStore)
    if way == "hashed otherwise":
        other = Otherwise(other.session, other.pace)
    dataset = described(versions.here, versions.there, "original", table)
    dataset = dataset.model_copy(update={"exact": way == "by value"})
    return compare_dataset(one, other, dataset, name="items", seed=3, conceal=lambda text: text)


@pytest.mark.parametrize("way", WAYS)
def test_equal_data_on_two_versions_passes(versions: Versions, way: str) -> None:
    """Whether hashes agree or not, 16 and 18 hold the same."""
    found = compared(versions, versions.hold(1, "again", records()), way)
    assert found.verdict is Verdict.PASS, found
    assert str(found.receipt).startswith(f"{ROWS} rows on each side, "), found.receipt
    assert "0 skipped" in str(found.receipt)
    assert ("by value" in str(found.receipt)) is (way != "in place"), found.receipt


def test_counts_and_keys_of_two_versions_agree(versions: Versions) -> None:
    """The other two questions about records pass as well."""
    sides = versions.here.open("baseline"), versions.there.open("candidate")
    dataset = described(versions.here, versions.there, "original", versions.hold(1, "again", records()))
    asked: dict[str, Any] = {"name": "items"}
    assert count_dataset(*sides, dataset, **asked).verdict is Verdict.PASS
    assert keys_dataset(*sides, dataset, **asked, conceal=lambda text: text).verdict is Verdict.PASS


@pytest.mark.parametrize("change", ALONE)
def test_one_change_between_two_versions_is_found(versions: Versions, change: str) -> None:
    """The one record and path are named, and no other, by whichever way."""
    table = versions.hold(1, change, CHANGES[change].applied())
    for way in ("in place", "hashed otherwise"):
        found = compared(versions, table, way)
        assert found.verdict is Verdict.FAIL, (way, found)
        assert named(found) == CHANGES[change].found, (way, found)
        assert found.omitted == 0


@pytest.mark.parametrize("way", WAYS)
def test_every_change_at_once_between_two_versions(versions: Versions, way: str) -> None:
    """All classes together: each record and place, and no other."""
    rows, expected = together(CLASSES)
    found = compared(versions, versions.hold(1, "all", rows), way)
    assert found.verdict is Verdict.FAIL, found
    assert named(found) == expected, found
