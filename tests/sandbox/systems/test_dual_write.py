"""Orders that Pickup takes reach both of its stores."""

from __future__ import annotations

import psycopg
import pytest

pytestmark = pytest.mark.xdist_group("pickup")

ORDER = {
    "customer_name": "김민준", "email": "cutover-test@example.com", "phone": "010-0000-0000",
    "shipping": {"address": "서울"}, "items": [{"product_id": 17, "quantity": 2}],
}  # fmt: skip


@pytest.mark.parametrize("twin", ["pickup"], indirect=True)
@pytest.mark.parametrize("taker", ["baseline", "candidate"])
def test_order_reaches_both_stores(sides, taker):
    """An order taken by either side is read from both, and the statistics count it."""
    before = sides.baseline.get("/api/dual-write/stats").json()
    made = getattr(sides, taker).post("/api/orders", json=ORDER)
    assert made.status_code == 201
    for client in (sides.baseline, sides.candidate):
        assert client.get(f"/api/orders/{made.json()['id']}").json() == made.json()
    after = sides.candidate.get("/api/dual-write/stats").json()
    assert after == {name: before[name] + 1 for name in ("attempted", "json", "postgres")} | {
        "enabled": True,
        "success_rate": 100.0,
    }


@pytest.mark.parametrize("twin", ["pickup"], indirect=True)
@pytest.mark.parametrize("flaw", [{"items": []}, {"email": ""}, {"items": [{"product_id": 10**6, "quantity": 1}]}])
def test_incomplete_order_is_refused(sides, flaw):
    """An order that lacks something is refused with 400 by both sides and written nowhere."""
    answers = [each.post("/api/orders", json={**ORDER, **flaw}) for each in (sides.baseline, sides.candidate)]
    assert [each.status_code for each in answers] == [400, 400]


@pytest.mark.parametrize("twin", ["pickup"], indirect=True)
def test_given_dsn_cannot_write(twin):
    """The role whose address the suite gets may read and nothing else."""
    with psycopg.connect(twin.variables["PICKUP_POSTGRES_DSN"]) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM orders WHERE id = 1")
        connection.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE TEMPORARY TABLE t (a int)")
