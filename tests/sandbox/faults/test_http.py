"""Each HTTP fault changes what it says in the candidate, nothing in the baseline, and nothing once it is healed."""

from __future__ import annotations

import re
import zlib

import httpx
import pytest

from sandbox.errors import UnknownFault
from sandbox.faults import faults_of
from sandbox.systems.twin import CONTROL

BOTH = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ("easypicks", "pickup")]
HEALTH = {"easypicks": "/health", "pickup": "/healthz"}
LISTS = {"easypicks": "/api/deliveries?limit=5", "pickup": "/api/admin/orders?limit=5"}
CUT = {"easypicks": "/api/users", "pickup": "/api/categories"}
ROUTE = {"easypicks": "/login", "pickup": "/cart"}

pytestmark = pytest.mark.parametrize("twin", BOTH, indirect=True)


@pytest.fixture
def paths(twin):
    """Every path that some HTTP fault concerns."""
    system = twin.system
    return [HEALTH[system], LISTS[system], CUT[system], ROUTE[system], "/", "/nowhere",
            "/api/products?limit=5", "/api/products/17", "/api/products/999999"]  # fmt: skip


def heard(client, path, headers):
    """What a caller can tell of an answer: status, who answers, the body without the time, or why it cannot be read."""
    try:
        answer = client.get(path, headers={**headers, "accept-encoding": "gzip"})
        is_json = answer.headers["content-type"] == "application/json"
        body = {k: v for k, v in answer.json().items() if k != "served_at"} if is_json else answer.text
    except (httpx.DecodingError, ValueError):  # half a body may be bad gzip, bad text or bad JSON
        return "unreadable"
    return answer.status_code, answer.headers["x-platform"], answer.headers["x-build"], body


def all_heard(sides, paths):
    """What is heard from both sides, by path."""
    header = sides.token("customer" if sides.twin.system == "easypicks" else "admin")
    admin = sides.token("admin")
    return [
        {path: heard(client, path, admin if path == "/api/users" else header) for path in paths}
        for client in (sides.baseline, sides.candidate)
    ]


def changed(before, after):
    """The paths whose answers differ."""
    return {path for path in before if before[path] != after[path]}


def test_each_fault_changes_its_answers_only_and_heals(sides, paths, planted):
    """While a fault is planted, exactly its paths differ, only at the candidate; afterwards none does."""
    system = sides.twin.system
    expected = {
        "field-dropped": {"/api/products?limit=5"}, "number-as-string": {"/api/products/17"},
        "array-reordered": {LISTS[system]}, "wrong-target": set(paths), "health-down": {HEALTH[system]},
        "health-login-page": {HEALTH[system]}, "route-missing": {ROUTE[system]}, "truncated-gzip": {CUT[system]},
        "route-shell": {ROUTE[system], "/nowhere"}, "error-page": {"/api/products/999999"},
    }  # fmt: skip
    assert set(expected) == {each.name for each in faults_of(system) if each.kind == "http"}
    baseline, candidate = all_heard(sides, paths)
    for name, concerned in expected.items():
        with planted(sides.twin, name):
            baseline_now, candidate_now = all_heard(sides, paths)
        assert (name, changed(baseline, baseline_now)) == (name, set())
        assert (name, changed(candidate, candidate_now)) == (name, concerned)
    assert all_heard(sides, paths) == [baseline, candidate]


def test_field_and_type_and_order(sides, planted):
    """A dropped field is absent, a price is text with the same digits, and a list is the reverse of what it was."""
    header = sides.token("customer" if sides.twin.system == "easypicks" else "admin")
    path = LISTS[sides.twin.system]
    order = [each["id"] for each in sides.candidate.get(path, headers=header).json()["items"]]
    price = sides.baseline.get("/api/products/17").text.partition('"price":')[2].partition(",")[0]
    with (
        planted(sides.twin, "field-dropped"),
        planted(sides.twin, "number-as-string"),
        planted(sides.twin, "array-reordered"),
    ):
        products = sides.candidate.get("/api/products").json()["items"]
        assert not any("stock" in each for each in products)
        assert sides.candidate.get("/api/products/17").json()["price"] == price
        items = sides.candidate.get(path, headers=header).json()["items"]
        assert [each["id"] for each in items] == order[::-1]


def test_health_faults(sides, planted):
    """Down is a 503, a login page is a redirect there, and the wrong target is the baseline in header and body."""
    path, key = HEALTH[sides.twin.system], {"easypicks": "platform", "pickup": "backend"}[sides.twin.system]
    with planted(sides.twin, "health-down"):
        assert sides.candidate.get(path).status_code == 503
    with planted(sides.twin, "health-login-page"):
        answer = sides.candidate.get(path)
        assert (answer.status_code, answer.headers["location"]) == (302, "/login")
    with planted(sides.twin, "wrong-target"):
        one, other = sides.baseline.get(path), sides.candidate.get(path)
        assert one.json()[key] == other.json()[key] == one.headers["x-platform"] == other.headers["x-platform"]
        assert one.headers["x-build"] == other.headers["x-build"]


def test_cut_body_has_a_matching_length_and_no_end(sides, planted):
    """The cut body is as long as its Content-Length says, and gzip's end is missing."""
    path = CUT[sides.twin.system]
    headers = {**sides.token("admin"), "accept-encoding": "gzip"}
    with planted(sides.twin, "truncated-gzip"), sides.candidate.stream("GET", path, headers=headers) as answer:
        raw = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
        assert len(raw) == int(answer.headers["content-length"])
    unpacking = zlib.decompressobj(31)
    assert unpacking.decompress(raw)
    assert not unpacking.eof


def test_missing_route_is_the_fallback_page(sides, planted):
    """The page that is gone answers 200 with what any unknown path answers."""
    route = ROUTE[sides.twin.system]
    assert sides.candidate.get(route).text != sides.candidate.get("/nowhere").text
    with planted(sides.twin, "route-missing"):
        assert sides.candidate.get(route).text == sides.candidate.get("/nowhere").text
        assert sides.candidate.get(route).status_code == 200


def test_the_shell_is_another_one_in_every_answer(sides, planted):
    """The page that is gone and a path that never was answer with one shell, whose nonce moves."""
    route = ROUTE[sides.twin.system]
    with planted(sides.twin, "route-shell"):
        shells = {sides.candidate.get(path).text for path in (route, route, "/nowhere")}
    assert len(shells) == 3
    plain = sides.candidate.get("/nowhere").text
    assert {re.sub(r'<script nonce="\w+"></script>', "", each) for each in shells} == {plain}


def test_control_port_tells_and_refuses(twin, planted):
    """The control port lists what is known and planted, takes a fault twice, and answers 404 to an unknown one."""
    url = f"{twin.variables[CONTROL]}/faults"
    with planted(twin, "health-down"):
        twin.plant("health-down")
        told = httpx.get(url, trust_env=False).json()
        assert told["planted"] == ["health-down"]
        assert told["known"] == [each.name for each in faults_of(twin.system)]
    assert httpx.get(url, trust_env=False).json()["planted"] == []
    with pytest.raises(UnknownFault, match="has no fault 'nothing'"):
        twin.plant("nothing")
