"""A cluster that is ill, slow, half there or somebody else is an error of its own, never a smaller index."""

from __future__ import annotations

import json
import os
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from verify.core.errors import CollectionMissing, StoreRefused, StoreUnavailable, StoreUnreadable
from verify.core.secrets import Secret
from verify.stores.opensearch.exchange import Exchange, require_harmless
from verify.stores.opensearch.signing import Signed
from verify.stores.opensearch.store import OpenSearchStore

if TYPE_CHECKING:
    from tests.stores.opensearch_node import Told

pytest_plugins = ("tests.stores.opensearch_node",)

WHOLE = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
HIT = {"_index": "products", "_id": "1", "_score": None, "_source": {"sku": "a"}, "sort": [0]}


def error(kind: str, reason: str = "because") -> dict[str, Any]:
    """An error as OpenSearch writes it."""
    return {"error": {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason}, "status": 0}


def found(*hits: object, total: object = None, shards: object = None, **more: object) -> dict[str, Any]:
    """An answer to a search; `total` 1 unless told."""
    told = {"value": 1, "relation": "eq"} if total is None else total
    return {
        "took": 1,
        "timed_out": False,
        "_shards": shards or WHOLE,
        **more,
        "hits": {"total": told, "hits": list(hits)},
    }


def impatient(told: Told, pauses: list[float], **options: object) -> OpenSearchStore:
    """The fake as a store that notes its pauses and does not take them."""
    exchange = Exchange(
        source="candidate opensearch", options={"url": told.url, **options}, timeout_s=5, pause=pauses.append
    )
    return OpenSearchStore(exchange=exchange, slices=1, page=10)


def scanned(store: OpenSearchStore) -> int:
    """Documents of a whole scan."""
    return sum(len(each) for each in store.scan("products", key=["_id"], columns=["sku"]))


def test_healthy_fake_is_read(cluster: Told) -> None:
    """The fake's own answers make a scan of one document, and every request is one that changes nothing."""
    end = found()
    del end["hits"]["total"]
    cluster.say("POST /_search", found(), found(HIT), end)
    assert scanned(cluster.store()) == 1
    assert {(method, path.partition("?")[0]) for method, path, _, _ in cluster.asked} == {
        ("GET", "/"), ("GET", "/products"), ("POST", "/products/_search/point_in_time"), ("POST", "/_search"),
        ("DELETE", "/_search/point_in_time"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([found(shards={**WHOLE, "failed": 1, "successful": 0})], "0 of 1 shards answered"),
        ([found(shards={"total": 2, "successful": 1, "failed": 0})], "1 of 2 shards answered"),
        ([found(shards={"total": 2})], "how many shards failed"),
        ([found(timed_out=True)], "timed_out"), ([found(terminated_early=True)], "terminated_early"),
        ([found(total={"value": 10000, "relation": "gte"})], "exactly how many"), ([found(total=7)], "exactly how many"),
        ([found(), found(HIT, timed_out=True)], "timed_out"),
        ([found(), found(HIT, shards={**WHOLE, "failed": 1})], "shards answered"),
        ([found(), found()], "came back short"),
        ([found(), found(HIT, total={"value": 2, "relation": "eq"}), {**found(), "hits": {"hits": []}}], "came back short"),
        ([found(total={"value": 2, "relation": "eq"}), found(HIT), {**found(), "hits": {"hits": []}}], "came back short"),
        ([found(), found(HIT)], "the same page of products came twice"),
        ([found(), found({**HIT, "sort": ["x"]})], "does not say its number"),
        ([found(), found({**HIT, "sort": [0], "_source": None})], "without _source"),
        ([found(), {"took": 1}], "no documents"), ([[]], "no JSON object"), ([b"<html>Welcome"], "not JSON"),
        ([found(), json.dumps(found(HIT)).encode()[:-20]], "not JSON, or cut short"),
    ],
)  # fmt: skip
def test_answer_that_is_not_whole_is_unreadable(cluster: Told, answers: list[object], message: str) -> None:
    """Partial, broken-off, short or foreign answers to a search are errors, and the point in time is closed all the same."""
    cluster.say("POST /_search", *answers)
    with pytest.raises(StoreUnreadable, match=message):
        scanned(cluster.store())
    assert cluster.asked[-1][:2] == ("DELETE", "/_search/point_in_time")


def test_body_cut_short_is_unreadable(cluster: Told) -> None:
    """Fewer bytes than the head promises are an error."""
    cluster.say("POST /_search", found(), **{"content-length": "5000"})
    with pytest.raises(StoreUnreadable, match="cut short"):
        scanned(cluster.store())


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (401, b"Unauthorized", StoreRefused, "check the credentials"),
        (403, error("security_exception", "no permissions for [indices:data/read]"), StoreRefused, "no permissions"),
        (403, {"Message": "User is not authorized"}, StoreRefused, "not authorized"),
        (404, error("index_not_found_exception"), CollectionMissing, "no such index|there is no such index"),
        (404, b"<html>Not Found</html>", StoreUnavailable, "is this the address of an OpenSearch cluster"),
        (400, error("index_closed_exception"), StoreUnavailable, "the index is closed"),
        (400, error("illegal_argument_exception", "nonsense"), StoreRefused, "refuses the question: 400 illegal_argument"),
        (302, b"", StoreUnavailable, "302"), (500, error("no_shard_available_action_exception"), StoreUnavailable, "no_shard"),
        (200, b"<html>Sign in</html>", StoreUnreadable, "not JSON"), (200, {"nodes": {}}, StoreUnreadable, "how many shards"),
        (200, {"_shards": WHOLE}, StoreUnreadable, "gave no number"),
        (200, {"count": 1, "_shards": {**WHOLE, "failed": 1}}, StoreUnreadable, "1 of 1 shards answered"),
    ],
    ids=map(str, count()),
)  # fmt: skip
def test_what_a_refusal_means(cluster: Told, status: int, body: object, kind: type[Exception], message: str) -> None:
    """Each status and error type of the cluster, and of whatever stands before it, has one meaning."""
    cluster.say("POST /products/_count", body, status=status)
    with pytest.raises(kind, match=message):
        cluster.store().count("products")


@pytest.mark.parametrize("status", [429, 503])
def test_patience_is_asked_for_and_ends(cluster: Told, status: int) -> None:
    """A cluster that asks for patience is asked again three times, and no more."""
    pauses: list[float] = []
    cluster.say("POST /products/_count", error("rejected_execution_exception"), status=status)
    with pytest.raises(StoreUnavailable, match=r"rejected_execution.*asked 4 times"):
        impatient(cluster, pauses).count("products")
    assert pauses == [0.2, 1.0, 3.0]


def test_patience_pays(cluster: Told) -> None:
    """An answer after two refusals is the answer."""
    pauses: list[float] = []
    cluster.say("POST /products/_count", error("busy"), error("busy"), status=429)
    cluster.say("POST /products/_count", {"count": 3, "_shards": WHOLE})
    assert impatient(cluster, pauses).count("products") == 3
    assert pauses == [0.2, 1.0]


def test_memory_of_the_cluster_shrinks_the_page(cluster: Told) -> None:
    """A cluster without memory for a page is asked for half of it, down to one document."""
    cluster.say("POST /_search", found())
    cluster.say("POST /_search", error("circuit_breaking_exception"), status=429)
    pauses: list[float] = []
    with pytest.raises(StoreUnavailable, match="short of memory"):
        scanned(impatient(cluster, pauses))
    sizes = [json.loads(body)["size"] for _, path, _, body in cluster.asked if path.startswith("/_search?")]
    assert sizes == [0, 10, 5, 2, 1, 1, 1, 1]


def test_partial_point_in_time_is_unreadable(cluster: Told) -> None:
    """A point in time that lacks a shard is not read, and closed."""
    cluster.answers["POST /products/_search/point_in_time"] = []
    cluster.say("POST /products/_search/point_in_time", {"pit_id": "p", "_shards": {**WHOLE, "total": 2}})
    with pytest.raises(StoreUnreadable, match="1 of 2 shards"):
        scanned(cluster.store())
    assert cluster.asked[-1][0] == "DELETE"


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/products/_doc"), ("PUT", "/products"), ("DELETE", "/products"), ("POST", "/_bulk"), ("POST", "/_refresh"),
     ("POST", "/products/_refresh"), ("POST", "/_search/scroll"), ("POST", "/products/_delete_by_query"), ("POST", "/"),
     ("DELETE", "/_search/point_in_time/_all"), ("POST", "/*/_count"), ("HEAD", "/products")],
)  # fmt: skip
def test_nothing_but_questions_is_ever_sent(method: str, path: str) -> None:
    """A request that could change anything is refused before it leaves."""
    with pytest.raises(StoreRefused, match="it was not sent"):
        require_harmless(httpx.Request(method, f"http://127.0.0.1{path}"))


def test_password_goes_to_the_cluster_and_nowhere_else(cluster: Told) -> None:
    """User and password are sent as basic authentication and appear in no text of ours."""
    cluster.say("POST /products/_count", b"denied: fake-password-1", status=401)
    secret = Secret("${PASSWORD}", lambda: "fake-password-1")
    store = cluster.store(username="reader", password=secret)
    with pytest.raises(StoreRefused) as caught:
        store.count("products")
    assert cluster.asked[0][2]["Authorization"].startswith("Basic ")
    assert "fake-password-1" not in f"{caught.value!r} {store!r}"


def test_requests_to_the_managed_service_are_signed(cluster: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a region every request bears a signature for it, over method, path, query and body."""
    for name in [each for each in os.environ if each.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "fake-id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "fake-secret-key")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "fake-token")
    cluster.say("POST /_search", found(total={"value": 0, "relation": "eq"}))
    assert scanned(cluster.store(aws_region="eu-west-1")) == 0
    for _, _, headers, _ in cluster.asked:
        lower = {name.lower(): value for name, value in headers.items()}
        assert "fake-id/" in lower["authorization"]
        assert "/eu-west-1/es/aws4_request" in lower["authorization"]
        assert lower["x-amz-security-token"] == "fake-token"
    assert len({headers["authorization"] for _, _, headers, _ in cluster.asked if "authorization" in headers}) != 1


def test_signing_without_credentials_is_refused(cluster: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials anywhere is an error that says so; nothing is sent."""
    monkeypatch.setattr("botocore.session.Session.get_credentials", lambda _: None)
    with pytest.raises(StoreRefused, match="cannot be signed"):
        cluster.store(aws_region="eu-west-1").count("products")
    assert cluster.asked == []
    assert Signed.requires_request_body


def test_total_deadline_ends_a_trickle(cluster: Told) -> None:
    """An answer that is not whole in time is an error, though bytes keep coming."""
    ticks = iter(range(0, 10_000, 100))
    exchange = Exchange(source="s", options={"url": cluster.url}, timeout_s=50, clock=lambda: float(next(ticks)))
    with pytest.raises(StoreUnavailable, match="no whole answer within 50 s"):
        OpenSearchStore(exchange=exchange, slices=1, page=1).count("products")


def test_authority_that_cannot_be_read_is_an_error(cluster: Told, tmp_path: Any) -> None:
    """A `ca:` that is missing or no certificate, or a server without TLS, is unavailable, not a crash."""
    (tmp_path / "bad.pem").write_text("nonsense")
    for name in ("none.pem", "bad.pem"):
        with pytest.raises(StoreUnavailable):
            cluster.store(ca=str(tmp_path / name)).count("products")
    with pytest.raises(StoreUnavailable):
        cluster.store(url=cluster.url.replace("http:", "https:"), verify=False).count("products")
