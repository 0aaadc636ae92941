"""Defects of how Pickup's tables are made, of its copies and of its statistics: planted, and undone exactly."""

from __future__ import annotations

import contextlib
from pathlib import Path

import httpx
import psycopg
import pytest

from sandbox.faults import faults_of
from sandbox.faults.fault import AnswerChange, StoreChange
from sandbox.routing import tell_router

pytestmark = [pytest.mark.xdist_group("pickup"), pytest.mark.parametrize("twin", ["pickup"], indirect=True)]
CHANGES = [each.name for each in faults_of("pickup") if isinstance(each.how, StoreChange)]
ANSWERS = ["stats-complain", "dual-write-off"]
MADE = """
    SELECT (SELECT string_agg(concat_ws(' ', attrelid::regclass, attname, atttypid::regtype, atttypmod, attnotnull, attidentity),
                              '|' ORDER BY attrelid, attnum) FROM pg_attribute
            WHERE attrelid IN ('products'::regclass, 'orders'::regclass) AND attnum > 0 AND NOT attisdropped),
           (SELECT string_agg(concat_ws(' ', indexdef, indisvalid), '|' ORDER BY indexdef)
            FROM pg_indexes JOIN pg_index ON indexrelid = indexname::regclass WHERE schemaname = 'public'),
           (SELECT concat_ws(' ', last_value, is_called) FROM products_id_seq),
           (SELECT concat_ws(' ', last_value, is_called) FROM orders_id_seq),
           (SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM products AS t),
           (SELECT md5(string_agg(t::text, '|' ORDER BY id)) FROM orders AS t)
"""


def everything(twin):
    """How the tables are made, what they hold, the copies, and what the router does with visitors."""
    with psycopg.connect(twin.variables["PICKUP_POSTGRES_DSN"], autocommit=True) as connection:
        try:
            told = connection.execute(MADE).fetchone()
        except psycopg.errors.UndefinedTable:  # a sequence went with the identity of its column
            told = None
    files = [Path(twin.variables[name]) for name in ("PICKUP_JSON_BACKUP", "PICKUP_POSTGRES_DUMP")]
    routed = tell_router(Path(twin.variables["PICKUP_ROUTER"]), {})
    return told, [each.read_bytes() if each.exists() else None for each in files], routed


@pytest.mark.parametrize("name", CHANGES)
def test_plant_alters_something_and_heal_undoes_it(twin, planted, name):
    """While planted something is another thing; afterwards everything is exactly as before."""
    before = everything(twin)
    with planted(twin, name):
        during = everything(twin)
    assert during != before
    assert everything(twin) == before


@pytest.mark.parametrize("name", CHANGES)
def test_api_answers_again_after_healing(twin, sides, planted, name):
    """Statements prepared for an altered table do not outlive it: the next request is answered as before."""
    paths = ("/api/products/17", "/api/orders/42")
    before = [sides.candidate.get(path).json() for path in paths]
    with planted(twin, name):
        for path in paths:
            # A handler that fails ends its connection, sometimes before all of the answer is out.
            with contextlib.suppress(httpx.TransportError):
                sides.candidate.get(path)
    assert [sides.candidate.get(path).json() for path in paths] == before


@pytest.mark.parametrize("name", ANSWERS)
def test_statistics_say_something_else_on_the_candidate_only(twin, sides, planted, name):
    """The candidate's statistics differ in one field while planted; the baseline's stay as they were."""
    how = next(each.how for each in faults_of("pickup") if each.name == name)
    assert isinstance(how, AnswerChange)
    with planted(twin, name):
        one, other = (client.get("/api/dual-write/stats").json() for client in (sides.baseline, sides.candidate))
    assert [field for field in one if one[field] != other[field]] == [
        {"stats-complain": "success_rate", "dual-write-off": "enabled"}[name]
    ]


def test_rounded_totals_are_exact_again(twin, sides, planted):
    """Totals that went through a short float are the same decimals after healing."""
    before = sides.candidate.get("/api/orders/4999").json()["total"]
    with planted(twin, "float-for-decimal"):
        assert isinstance(sides.candidate.get("/api/orders/4999").json()["total"], float)
    assert sides.candidate.get("/api/orders/4999").json()["total"] == before
