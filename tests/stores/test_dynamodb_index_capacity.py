"""What a global index of a provisioned table may read and write: it stops the table's own writes where that is too little."""

from __future__ import annotations

import pytest

from tests.stores.dynamodb_local import Tables, dynamo, tables
from verify.core.datasets import Dataset, Place
from verify.core.verdicts import Verdict
from verify.describing import indexes_of

__all__ = ["dynamo", "tables"]

PROVISIONED = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}}


def _made(tables: Tables, write: int | None) -> str:
    index = {"IndexName": "by-mail", "KeySchema": [{"AttributeName": "mail", "KeyType": "HASH"}],
             "Projection": {"ProjectionType": "ALL"}}  # fmt: skip
    if write is not None:
        index["ProvisionedThroughput"] = {"ReadCapacityUnits": 5, "WriteCapacityUnits": write}
    more = PROVISIONED if write is not None else {}
    return tables.make(declared={"mail": "S"}, GlobalSecondaryIndexes=[index], **more)


@pytest.mark.parametrize(
    ("one", "other", "verdict"), [(5, 5, Verdict.PASS), (5, 1, Verdict.FAIL), (None, None, Verdict.PASS)]
)
def test_an_index_that_may_write_too_little_fails(
    tables: Tables, one: int | None, other: int | None, verdict: Verdict
) -> None:
    """Like the table's own numbers; where nothing is provisioned there are none."""
    names = [_made(tables, each) for each in (one, other)]
    dataset = Dataset(key=("PK", "SK"), baseline=Place(collection=names[0]), candidate=Place(collection=names[1]))
    found = indexes_of(tables.store(), tables.store(), dataset, name="t")
    assert found.verdict is verdict
    assert [each.path for each in found.differences] == ["$.indexes.by-mail.write_capacity"] * (verdict is Verdict.FAIL)
