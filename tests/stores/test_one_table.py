"""One table as both sides: two tenants in it are compared, one with itself never."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.stores.conftest import Databases
from verify.comparing import compare_dataset, count_dataset, keys_dataset
from verify.core.datasets import Dataset, Place
from verify.core.verdicts import Cause, Verdict

FILL = (
    "CREATE TABLE t (tenant text, id int, v text, PRIMARY KEY (tenant, id))",
    "INSERT INTO t SELECT tenant, id, 'v' || id FROM unnest(ARRAY['a', 'b']) tenant, generate_series(1, 100) id",
)


def asked(databases: Databases, conceal: Callable[[str], str], baseline: str, candidate: str) -> list[Verdict]:
    """Counted, keys and records of two tenants, who have the same ids."""
    dataset = Dataset(
        key=("id",), baseline=Place(where={"tenant": baseline}), candidate=Place(where={"tenant": candidate}),
        **{"except": ("tenant",)},
    )  # fmt: skip
    one, other = databases.store("baseline"), databases.store("baseline")
    found = [
        count_dataset(one, other, dataset, name="t"),
        keys_dataset(one, other, dataset, name="t", conceal=conceal),
        compare_dataset(one, other, dataset, name="t", seed=1, conceal=conceal),
    ]
    assert all(each.cause in (None, Cause.NOT_PERMITTED) for each in found)
    return [each.verdict for each in found]


def test_two_tenants_are_compared(databases: Databases, conceal: Callable[[str], str]) -> None:
    """The copy of a tenant in its own table is a copy: alike, and then with a row changed and a row lost."""
    databases.run("baseline", *FILL)
    assert asked(databases, conceal, "a", "b") == [Verdict.PASS] * 3
    databases.run("baseline", "UPDATE t SET v = 'x' WHERE tenant = 'b' AND id = 7")
    assert asked(databases, conceal, "a", "b") == [Verdict.PASS, Verdict.PASS, Verdict.FAIL]
    databases.run("baseline", "DELETE FROM t WHERE tenant = 'b' AND id = 8")
    assert asked(databases, conceal, "a", "b") == [Verdict.FAIL] * 3


@pytest.mark.parametrize("tenant", ["a", "b"])
def test_a_tenant_is_not_compared_with_itself(databases: Databases, conceal: Callable[[str], str], tenant: str) -> None:
    """However often it is said."""
    databases.run("baseline", *FILL)
    assert asked(databases, conceal, tenant, tenant) == [Verdict.INCONCLUSIVE] * 3
