"""How a database sorts and folds is more than the two names that all versions have for it."""

from __future__ import annotations

import psycopg
import pytest

from sandbox.engines import postgres
from verify.core.datasets import Dataset
from verify.core.verdicts import Verdict
from verify.describing import schema_of
from verify.stores.postgres import connect

MADE = "TEMPLATE template0 LOCALE_PROVIDER builtin LOCALE 'C' ENCODING 'UTF8' BUILTIN_LOCALE"


def test_the_locale_of_a_provider_counts(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Collation and character type are C on both, and only one of them knows the capital of é."""
    with postgres.running(tmp_path_factory.mktemp("postgres-18"), major=18) as server:
        stores, capitals = {}, {}
        for name, locale in (("one", "C"), ("same", "C"), ("other", "C.UTF-8")):
            dsn = f"{server.dsn.rsplit('/', 1)[0]}/{name}"
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name} {MADE} '{locale}'".encode())
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute("CREATE TABLE t (id int PRIMARY KEY, v text)")
                capitals[name] = connection.execute("SELECT upper('é')").fetchone()
            stores[name] = connect({"dsn": dsn}, source=name, protect=False)
        assert capitals["one"] == capitals["same"] != capitals["other"]
        found = {name: schema_of(stores["one"], stores[name], Dataset(key=("id",)), name="t") for name in stores}
        assert found["same"].verdict is Verdict.PASS
        assert [str(each) for each in found["other"].differences] == [
            "$.settings.collation.locale: baseline C, candidate C.UTF-8"
        ]
