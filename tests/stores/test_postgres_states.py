"""Whatever the data makes the server say is an error of the store, and no crash."""

from __future__ import annotations

import pytest

from tests.stores.conftest import Databases
from verify.core.errors import StoreError, StoreUnavailable, StoreUnreadable

RAISE = """CREATE FUNCTION boom(code text) RETURNS int LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = code; END $$"""
DEEP = "CREATE FUNCTION deep(i int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN deep(i + 1); END $$"
GONE = "CREATE FUNCTION gone() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN nowhere(1); END $$"
MADE = [
    ("MATERIALIZED VIEW v AS SELECT 1 AS id WITH NO DATA", "has not been populated"),
    ("VIEW v AS SELECT (SELECT i FROM generate_series(1, 2) i) AS id", "more than one row"),
    ("VIEW v AS SELECT deep(1) AS id", "stack depth"),
    ("VIEW v AS SELECT gone() AS id", "nowhere"),
]


@pytest.mark.parametrize("ask", ["scan", "digest"])
@pytest.mark.parametrize(("view", "said"), MADE)
def test_a_view_that_cannot_be_read_is_unreadable(databases: Databases, view: str, said: str, ask: str) -> None:
    """Not filled, two rows for one, endless, or broken inside a function: told in the server's words."""
    databases.run("baseline", DEEP, GONE, f"CREATE {view}")
    store = databases.store("baseline")
    with pytest.raises(StoreUnreadable, match=said):
        list(store.scan("v", key=["id"], columns=[])) if ask == "scan" else store.digest("v", columns=["id"], seed=1)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("0A000", StoreUnreadable), ("20000", StoreUnreadable), ("21000", StoreUnreadable), ("2F005", StoreUnreadable),
        ("38000", StoreUnreadable), ("39004", StoreUnreadable), ("54001", StoreUnreadable), ("55000", StoreUnreadable),
        ("55006", StoreUnavailable), ("58P02", StoreUnreadable), ("72000", StoreUnavailable), ("HV000", StoreUnreadable),
        ("HV00N", StoreUnavailable), ("ZZ999", StoreUnreadable),
    ],
)  # fmt: skip
def test_every_state_of_a_reading_is_an_error_of_the_store(
    databases: Databases, code: str, kind: type[StoreError]
) -> None:
    """By what the server says it is."""
    databases.run("baseline", RAISE, f"CREATE VIEW v AS SELECT boom('{code}') AS id")
    with pytest.raises(kind, match="as asked"):
        list(databases.store("baseline").scan("v", key=["id"], columns=[]))
