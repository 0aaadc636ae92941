"""A field that only some records of one side have is told where it is, with both values."""

from __future__ import annotations

import pytest

from tests.consistency.conftest import Kept
from tests.consistency.records import KEY, ROWS, records
from tests.consistency.test_pairs import described
from verify.comparing import compare_dataset
from verify.core.verdicts import SHOWN_DIFFERENCES, Conclusion, Verdict

# Who has the field, and who has not; a table has columns, and no record of it has a field of its own.
SIDES = [("json_file", "json_file"), ("dynamodb", "json_file"), ("json_file", "dynamodb"), ("opensearch", "dynamodb"),
         ("json_file", "postgres"), ("dynamodb", "postgres"), ("s3", "mysql")]  # fmt: skip
HEAVY = {"opensearch", "dynamodb"}
NAMES = [f"K-{at:03}" for at in range(ROWS)]


def _group(one: str, other: str) -> object:
    group = "consistency-search" if HEAVY & {one, other} else "consistency"
    return pytest.param(one, other, marks=pytest.mark.xdist_group(group), id=f"{one}-{other}")


def compared(kept: Kept, having: str, lacking: str, among: list[str], *, baseline: bool) -> Conclusion:
    """The data set on both, those records of the store `having` with a field more; it is the baseline, or not."""
    name = f"alone-{len(among)}-{among[0] if among else ''}".lower()
    if (having, name) not in kept.written:
        rows = [{**each, "x": 7} if each[KEY] in among else each for each in records()]
        kept.written[having, name] = kept.keeper(having).write(name, rows)
    places = [(kept.keeper(having), kept.written[having, name]), (kept.keeper(lacking), kept.collection(lacking))]
    (one, here), (other, there) = places if baseline else places[::-1]
    dataset = described(one, other, here, there)
    return compare_dataset(one.open("baseline"), other.open("candidate"), dataset, name="items", seed=3, conceal=str)


@pytest.mark.parametrize("baseline", [True, False], ids=["on-baseline", "on-candidate"])
@pytest.mark.parametrize(("having", "lacking"), [_group(*each) for each in SIDES])
def test_a_field_of_one_record_alone_is_told_there(kept: Kept, having: str, lacking: str, *, baseline: bool) -> None:
    """Key, path and both values, whichever stores they are and whichever side has it."""
    found = compared(kept, having, lacking, ["K-041"], baseline=baseline)
    assert found.verdict is Verdict.FAIL
    values = ("number 7", "absent") if baseline else ("absent", "number 7")
    assert [(each.key, each.path, each.baseline, each.candidate) for each in found.differences] == [
        ('sku=string "K-041"', "$.x", *values)
    ]
    assert "1 with other values" in found.summary


@pytest.mark.parametrize(("having", "lacking"), [_group(*each) for each in SIDES])
def test_a_field_of_nearly_all_records_is_told_there(kept: Kept, having: str, lacking: str) -> None:
    """As many as are shown of anything, and the others counted."""
    found = compared(kept, having, lacking, NAMES[1:], baseline=True)
    assert [(each.key, each.path) for each in found.differences] == [
        (f'sku=string "{name}"', "$.x") for name in NAMES[1 : SHOWN_DIFFERENCES + 1]
    ]
    assert found.omitted == ROWS - 1 - SHOWN_DIFFERENCES
    assert f"{ROWS - 1} with other values" in found.summary


@pytest.mark.parametrize(("having", "lacking"), [_group(*each) for each in SIDES if each[0] in ("json_file", "s3")])
def test_a_field_of_every_record_is_told_once(kept: Kept, having: str, lacking: str) -> None:
    """Where the store knows it as a field: sixty times the same would hide what else differs."""
    found = compared(kept, having, lacking, NAMES, baseline=True)
    assert found.verdict is Verdict.FAIL
    assert [(each.key, each.path, each.baseline) for each in found.differences] == [("", "$.x", "column")]
