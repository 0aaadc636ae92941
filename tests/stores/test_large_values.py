"""A value of many megabytes in one record is compared as any other is, and shown as far as it can be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stores.conftest import Databases
from verify.comparing import compare_dataset
from verify.core.datasets import Dataset, Place
from verify.core.verdicts import Conclusion, Verdict
from verify.stores.json_file import connect as json_file
from verify.stores.protocol import Store

Conceal = Callable[[str], str]
LARGE = "aé" * 10_000_000
OTHER = LARGE[:-7] + "Z" + LARGE[-6:]
DATASET = Dataset(key=("id",), baseline=Place(collection="$"), candidate=Place(collection="$"))
TABLES = DATASET.model_copy(update={"baseline": Place(), "candidate": Place()})
LENGTH = f"… ({len(LARGE) + len('string ') + 2:,} characters)"


def _file(folder: Path, side: str, text: str) -> Store:
    rows = [{"id": number, "body": text if number == 3 else "small"} for number in range(10)]
    path = folder / f"{side}.json"
    path.write_text(json.dumps(rows, ensure_ascii=False))
    return json_file({"path": str(path)}, source=f"{side} file", protect=False)


def _compare(one: Store, other: Store, conceal: Conceal, dataset: Dataset = DATASET) -> Conclusion:
    return compare_dataset(one, other, dataset, name="pages", seed=3, conceal=conceal)


def _told(found: Conclusion) -> list[tuple[str, str, bool]]:
    return [(each.key, each.path, each.baseline.endswith(LENGTH)) for each in found.differences]


def test_equal_texts_of_many_megabytes_pass(tmp_path: Path, conceal: Conceal) -> None:
    """Nothing of them is shortened before it is compared."""
    found = _compare(_file(tmp_path, "baseline", LARGE), _file(tmp_path, "candidate", LARGE), conceal)
    assert found.verdict is Verdict.PASS, found.summary


@pytest.mark.parametrize("key", [("id",), ()])
def test_one_character_among_many_megabytes_is_found(tmp_path: Path, conceal: Conceal, key: tuple[str, ...]) -> None:
    """With its key and place, in a line that can be read; without a key the records are told by what they hold."""
    dataset = DATASET.model_copy(update={"key": key})
    found = _compare(_file(tmp_path, "baseline", LARGE), _file(tmp_path, "candidate", OTHER), conceal, dataset)
    assert found.verdict is Verdict.FAIL, found.summary
    assert all(len(str(each)) < 2_000 for each in found.differences)
    if key:
        assert _told(found) == [("id=3", "$.body", True)]
        assert {each.detail for each in found.differences} == {f"first differs at character {len(OTHER) - 6:,}"}


def test_a_large_text_in_a_table_is_found(databases: Databases, conceal: Conceal) -> None:
    """The same between two tables, where one column is compared."""
    databases.run("both", "CREATE TABLE pages (id bigint PRIMARY KEY, body text)")
    databases.run("baseline", "INSERT INTO pages VALUES (1, 'small'), (3, repeat('aé', 10000000))")
    databases.run("candidate", "INSERT INTO pages VALUES (1, 'small'), (3, repeat('aé', 9999999) || 'aZ')")
    found = _compare(databases.store("baseline"), databases.store("candidate"), conceal, TABLES)
    assert found.verdict is Verdict.FAIL, found.summary
    assert _told(found) == [("id=3", "$.body", True)]


def test_a_personal_text_of_many_megabytes_is_concealed_as_it_is(tmp_path: Path, conceal: Conceal) -> None:
    """The hash that stands for it is the hash of the whole value."""
    sides = _file(tmp_path, "baseline", LARGE), _file(tmp_path, "candidate", OTHER)
    found = compare_dataset(*sides, DATASET, name="pages", seed=3, conceal=conceal, personal=("body",))
    assert {each.baseline for each in found.differences} == {f"string [concealed {len(LARGE) + 1}]"}
