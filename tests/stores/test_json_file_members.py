"""The name under which a record lies in an object is a column of its own; a folder holds one file of a name."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from verify.comparing import compare_dataset
from verify.core.datasets import Dataset, Place
from verify.core.errors import StoreRefused, StoreUnreadable
from verify.core.verdicts import Conclusion, Verdict
from verify.stores.json_file import connect

Conceal = Callable[[str], str]
ROWS = [{"id": at, "n": at} for at in range(12)]


@pytest.fixture
def compared(tmp_path: Path, conceal: Conceal) -> Callable[..., Conclusion]:
    """Two documents, compared by their records' own key or another."""

    def ask(one: object, other: object, **told: object) -> Conclusion:
        stores = []
        for side, document in (("baseline", one), ("candidate", other)):
            (tmp_path / f"{side}.json").write_text(json.dumps(document))
            stores.append(connect({"path": str(tmp_path / f"{side}.json")}, source=side, protect=False))
        dataset = Dataset(**{"key": ("id",), **told}, baseline=Place(collection="$"), candidate=Place(collection="$"))
        return compare_dataset(*stores, dataset, name="x", seed=1, conceal=conceal)

    return ask


@pytest.mark.parametrize("odd", [{}, {"n": "\u0001é"}])
def test_another_name_of_a_record_is_a_difference(compared: Callable[..., Conclusion], odd: dict[str, object]) -> None:
    """The same record under another name is found, read many at once or one by one, unless it is left out."""
    one = {f"m{row['id']}": row | odd for row in ROWS}
    other = {f"x{row['id']}" if row["id"] == 7 else f"m{row['id']}": row | odd for row in ROWS}
    assert compared(one, one).verdict is Verdict.PASS
    found = compared(one, other)
    assert [(each.key, each.path) for each in found.differences] == [("id=7", "$._name")]
    assert found.remedy.startswith("if _name was drawn by each store for itself, say except: [_name]; ")
    assert compared(one, other, **{"except": ("_name",)}).verdict is Verdict.PASS
    assert compared(one, other, only=("n",)).verdict is Verdict.PASS


def test_a_name_is_told_where_the_other_side_has_none(compared: Callable[..., Conclusion]) -> None:
    """Against a list it is left out, and said, unless it stands for the key; a field of that name is a field."""
    one = {f"m{row['id']}": row for row in ROWS}
    found = compared(one, ROWS)
    assert found.verdict is Verdict.PASS
    assert "baseline: _name is not compared, because the other side has none" in found.receipt
    keyed = {str(row["id"]): {"n": row["n"]} for row in ROWS}
    found = compared(keyed, [{"id": str(row["id"]), "n": row["n"]} for row in ROWS])
    assert found.verdict is Verdict.PASS
    assert "_name" not in found.receipt
    assert "_name" not in compared(keyed, keyed).receipt
    own = {name: row | {"_name": "same"} for name, row in one.items()}
    assert compared(own, {f"x{name}": row for name, row in own.items()}).verdict is Verdict.PASS


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    """Which of them is meant nobody knows; the one that is left is read."""
    (tmp_path / "a.json").write_text("[]")
    (tmp_path / "a.ndjson").write_text('{"id": 1}\n')
    store = connect({"path": str(tmp_path)}, source="s", protect=False)
    with pytest.raises(StoreRefused, match=r"a\.json and a\.ndjson are both in the folder"):
        store.count("a")
    (tmp_path / "a.json").unlink()
    assert store.count("a") == 1


def test_bytes_behind_gzip_are_said(tmp_path: Path) -> None:
    """The file is damaged; what the library calls it helps nobody."""
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b'[{"id": 1}]') + b"zz")
    store = connect({"path": str(tmp_path / "a.json.gz")}, source="s", protect=False)
    with pytest.raises(StoreUnreadable, match="the compressed file is damaged: something that is not gzip is in it"):
        store.count("$")
