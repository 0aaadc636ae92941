"""The copies that Pickup's move begins with."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = [pytest.mark.xdist_group("pickup"), pytest.mark.parametrize("twin", ["pickup"], indirect=True)]


def test_json_copy_is_the_document(twin):
    """The copy begins as the file did: with every product and every order."""
    copy, live = (Path(twin.variables[name]).read_bytes() for name in ("PICKUP_JSON_BACKUP", "PICKUP_JSON_FILE"))
    assert copy[:-2] == live[: len(copy) - 2]


def test_dump_says_of_which_database_it_is(twin):
    """The dump is plain text, whole, and creates the database it was made of."""
    text = Path(twin.variables["PICKUP_POSTGRES_DUMP"]).read_text()
    assert "CREATE DATABASE pickup " in text
    assert "COPY public.orders (" in text
    assert "PostgreSQL database dump complete" in text[-400:]


def test_dump_does_not_hold_a_password(twin):
    """Neither the dump nor the log beside it says how the server is reached."""
    password = twin.variables["PICKUP_POSTGRES_DSN"].partition("://")[2].partition(":")[2].partition("@")[0]
    folder = Path(twin.variables["PICKUP_POSTGRES_DUMP"]).parent
    assert password.startswith("fake-")
    assert all(password not in (folder / name).read_text() for name in ("pickup.sql", "pickup.log"))
