"""What both sides of each twin answer while nothing is planted."""

from __future__ import annotations

import gzip
from collections.abc import Mapping

import pytest

EASYPICKS = [
    ("/api/products?limit=50", None), ("/api/products?limit=3&offset=499", None), ("/api/products/17", None),
    ("/api/auth/me", "customer"), ("/api/deliveries", "customer"), ("/api/deliveries/1", "admin"),
    ("/api/drivers", None), ("/api/drivers/3", None),
    ("/api/users", "admin"), ("/api/users/5", "admin"), ("/api/users", "customer"),
    ("/api/users", None), ("/api/products/999999", None), ("/api/products?limit=abc", None), ("/api/nowhere", None),
    ("/", None), ("/login", None), ("/nowhere", None),
]  # fmt: skip
PICKUP = [
    ("/api/products?limit=50", None), ("/api/products?limit=100&offset=4950", None), ("/api/products/17", None),
    ("/api/categories", None), ("/api/orders/42", None), ("/api/orders/43", None), ("/api/dual-write/stats", None),
    ("/api/admin/products?limit=50", "admin"), ("/api/admin/orders?status=paid&limit=50", "admin"),
    ("/api/admin/orders", None), ("/api/products/999999", None), ("/api/orders/0", None),
    ("/api/products?limit=abc", None),
    ("/", None), ("/products", None), ("/cart", None), ("/orders", None), ("/admin", None), ("/admin/products", None),
    ("/admin/orders", None), ("/nowhere", None),
]  # fmt: skip
CASES = [("easypicks", *each) for each in EASYPICKS] + [("pickup", *each) for each in PICKUP]
MARKED = [pytest.param(*each, marks=pytest.mark.xdist_group(each[0])) for each in CASES]
BOTH = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ("easypicks", "pickup")]
VOLATILE = {"served_at"}


def settled(body: object) -> object:
    """The body without what differs between any two answers."""
    return {k: v for k, v in body.items() if k not in VOLATILE} if isinstance(body, Mapping) else body


@pytest.mark.parametrize(("twin", "path", "who"), MARKED, indirect=["twin"])
def test_sides_agree(sides, path, who):
    """Both sides give the same status, type and body, apart from the time of serving."""
    headers = sides.token(who) if who else {}
    one, other = (client.get(path, headers=headers) for client in (sides.baseline, sides.candidate))
    assert one.status_code == other.status_code
    assert one.headers["content-type"] == other.headers["content-type"]
    if one.headers["content-type"] == "application/json":
        assert settled(one.json()) == settled(other.json())
    else:
        assert one.text == other.text


@pytest.mark.parametrize("twin", BOTH, indirect=True)
def test_every_answer_says_who_gave_it(sides):
    """Platform and build differ between the sides and not between answers; each request has an id of its own."""
    seen = [
        client.get(path) for client in (sides.baseline, sides.candidate) for path in ("/", "/api/products", "/api/x")
    ]
    assert len({(each.headers["x-platform"], each.headers["x-build"]) for each in seen}) == 2
    assert len({each.headers["x-request-id"] for each in seen}) == len(seen)


@pytest.mark.parametrize("twin", BOTH, indirect=True)
def test_compressed_and_plain_bodies_say_the_same(sides):
    """A list is compressed with gzip only for a caller that accepts it, and holds the same."""
    packed = sides.candidate.get("/api/products?limit=9", headers={"accept-encoding": "gzip"})
    plain = sides.candidate.get("/api/products?limit=9", headers={"accept-encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert settled(packed.json()) == settled(plain.json())
    assert gzip.decompress(gzip.compress(plain.content)) == plain.content


@pytest.mark.parametrize("twin", BOTH, indirect=True)
def test_prices_keep_two_decimals(sides):
    """A price is a JSON number with exactly two decimals on both sides."""
    for client in (sides.baseline, sides.candidate):
        text = client.get("/api/products?limit=100").text
        prices = [part.partition(",")[0] for part in text.split('"price":')[1:]]
        assert len(prices) == 100
        assert all(len(each.partition(".")[2]) == 2 for each in prices)


@pytest.mark.parametrize("twin", BOTH, indirect=True)
def test_list_tells_where_it_goes_on(sides):
    """`next` is the next offset, null on the last page, and no total is told."""
    first = sides.candidate.get("/api/products?limit=10&offset=20").json()
    past = sides.candidate.get("/api/products?limit=10&offset=1000000").json()
    assert set(first) == {"items", "next", "served_at"}
    assert first["next"] == 30
    assert (past["items"], past["next"]) == ([], None)


@pytest.mark.parametrize("twin", [pytest.param("easypicks", marks=pytest.mark.xdist_group("easypicks"))], indirect=True)
def test_token_of_one_side_is_good_on_the_other(sides):
    """A token minted by the candidate opens the baseline; a tampered one opens neither."""
    header = sides.token("customer", side=sides.candidate)
    assert sides.baseline.get("/api/auth/me", headers=header).json()["email"] == "user2@easypicks.example"
    broken = {"authorization": header["authorization"][:-2] + "xx"}
    assert [each.get("/api/auth/me", headers=broken).status_code for each in (sides.baseline, sides.candidate)] == [
        401
    ] * 2


@pytest.mark.parametrize("twin", [pytest.param("easypicks", marks=pytest.mark.xdist_group("easypicks"))], indirect=True)
def test_customer_sees_only_own_deliveries(sides):
    """The list holds several deliveries, the newest first, all of the caller; another's delivery is refused."""
    header = sides.token("customer")
    items = sides.candidate.get("/api/deliveries", headers=header).json()["items"]
    assert len(items) >= 2
    assert {each["customer_id"] for each in items} == {2}
    assert [each["id"] for each in items] == sorted((each["id"] for each in items), reverse=True)
    foreign = next(number for number in range(1, 50) if 2 + number % 199 != 2)
    assert sides.candidate.get(f"/api/deliveries/{foreign}", headers=header).status_code == 403
