"""What DynamoDB says that is no answer, and what becomes of it."""

from __future__ import annotations

import hmac
import ssl
from dataclasses import replace
from hashlib import sha256

import pytest

from tests.stores.dynamodb_fake import TABLE, Ask, Said, always, anonymous, item, page, refusal, serving
from verify.core.errors import CollectionMissing, StoreError, StoreRefused, StoreUnavailable, StoreUnreadable
from verify.stores.dynamodb.connection import Limits
from verify.stores.dynamodb.store import DynamoStore


def scanned(store: DynamoStore) -> list[str]:
    """The partition keys of a whole scan, sorted."""
    batches = list(store.scan("plans", key=["PK"], columns=[]))
    return sorted(key for batch in batches for key in batch.column(0).to_pylist())


BROKEN = [
    pytest.param(replace(page(1), promise=5000), StoreUnreadable, "cut short", id="truncated"),
    pytest.param(replace(page(1), checksum="1"), StoreUnreadable, "CRC-32", id="checksum"),
    pytest.param(Said(b'{"Count": 1, "Items": ['), StoreUnreadable, "not JSON", id="half JSON"),
    pytest.param(Said(b'{"Count": 0, "Items": [NaN]}'), StoreUnreadable, "not JSON", id="NaN"),
    pytest.param(Said([]), StoreUnreadable, "not a JSON object", id="a list"),
    pytest.param(Said({}), StoreUnreadable, "without Count", id="empty object"),
    pytest.param(Said(b"<html>Log in</html>", kind="text/html"), StoreUnreadable, "text/html; that is not", id="HTML"),
    pytest.param(Said({"Count": 2, "Items": [item(1)]}), StoreUnreadable, "came back short", id="short"),
    pytest.param(Said({"Count": 1, "ScannedCount": 2, "Items": [item(1)]}), StoreUnreadable, "short", id="filtered"),
    pytest.param(Said({"Count": 1, "Items": ["x"]}), StoreUnreadable, "not an object", id="no item"),
    pytest.param(Said({"Count": 1, "Items": [{"PK": "x"}]}), StoreUnreadable, "one type and its value", id="untyped"),
    pytest.param(Said({"Count": 1, "Items": [{"PK": {"X": "x"}}]}), StoreUnreadable, "type 'X' is not", id="new type"),
    pytest.param(Said({"Count": 1, "Items": [{"PK": {"N": "one"}}]}), StoreUnreadable, "not a number", id="number"),
    pytest.param(Said({"Count": 1, "Items": [{"PK": {"B": "%"}}]}), StoreUnreadable, "cannot be read", id="base64"),
    pytest.param(Said(b'{"Count":2,"Items":[{"PK":{"S":"x"}}]}'), StoreUnreadable, "came back short", id="short, terse"),
    pytest.param(Said(b'{"Count":1,"Items":[{"PK":"x"}]}'), StoreUnreadable, "type and its value", id="untyped, terse"),
    pytest.param(Said(b'{"Count":1,"Items":[{"PK":}]}'), StoreUnreadable, "not JSON", id="no value, terse"),
    pytest.param(page(1, more=1), StoreUnreadable, "goes in circles", id="repeated token"),
    pytest.param(refusal("ExpiredTokenException"), StoreRefused, "credentials have expired", id="expired"),
    pytest.param(refusal("UnrecognizedClientException"), StoreRefused, "is not known there", id="unknown key"),
    pytest.param(refusal("AccessDeniedException"), StoreRefused, r"not permitted \(AccessDenied.*because", id="denied"),
    pytest.param(refusal("InvalidSignatureException"), StoreRefused, "signature is refused", id="signature"),
    pytest.param(refusal("ResourceNotFoundException"), CollectionMissing, "no such table", id="gone"),
    pytest.param(refusal("NewException"), StoreUnreadable, "NewException", id="new error"),
    pytest.param(refusal("ThrottlingException"), StoreUnavailable, "asked 4 times", id="throttled for ever"),
    pytest.param(refusal("InternalServerError", 500), StoreUnavailable, "asked 4 times", id="broken for ever"),
    pytest.param(Said(b"<h1>Bad gateway", 502, "text/html"), StoreUnavailable, "status 502; asked 4", id="gateway"),
    pytest.param(Said(b"", 301, "text/html"), StoreUnreadable, "answered 301", id="redirect"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "kind", "words"), BROKEN)
@pytest.mark.parametrize("segments", [1, 3])
def test_no_broken_answer_is_a_result(said: Said, kind: type[StoreError], words: str, segments: int) -> None:
    """What is not a whole page becomes the error that says what it was, in a scan and in a lookup by partition."""
    with serving(always(said)) as fake:
        store = fake.store(segments=segments)
        with pytest.raises(kind, match=words):
            scanned(store)
        with pytest.raises(kind, match=words):
            list(store.lookup("plans", key=["PK"], values=[["sp1"]], columns=["PK"]))


def test_a_page_whose_end_is_not_clear() -> None:
    """An answer whose next start is not where the pages looked for it is no result: its segment might have gone on."""
    said = Said(b'{"Count":1,"Items":[{"PK":{"S":"x"}}],"LastEvaluatedKey":{"PK":{"S":"x"}},"More":[{}]}')
    with serving(always(said)) as fake, pytest.raises(StoreUnreadable, match="not clear what follows"):
        scanned(fake.store())


def test_one_segment_that_fails_fails_the_scan() -> None:
    """All segments but one end well: the scan ends with that one's error, never with what the others had."""

    def script(ask: Ask) -> Said:
        return refusal("InternalServerError", 500) if ask.question["Segment"] == 2 else page(ask.number)

    with serving(script) as fake, pytest.raises(StoreUnavailable, match="InternalServerError"):
        scanned(fake.store(segments=4))


def test_every_segment_is_asked_once() -> None:
    """Each segment is read to its end, whatever the order, and each of its pages once."""

    def script(ask: Ask) -> Said:
        segment = int(str(ask.question["Segment"]))
        start = ask.question.get("ExclusiveStartKey")
        return page(100 + segment) if start else page(segment, more=segment)

    with serving(script) as fake:
        assert scanned(fake.store(segments=5)) == sorted(f"sp{n + each}" for n in range(5) for each in (0, 100))
        scans = [asked for operation, asked in fake.asked if operation == "Scan"]
    assert sorted(int(str(each["Segment"])) for each in scans) == sorted([*range(5), *range(5)])
    assert {each["TotalSegments"] for each in scans} == {5}


def test_empty_page_that_goes_on() -> None:
    """A page without items that names a next one is no end."""
    with serving(lambda ask: [page(more=7), page(more=8), page(5)][ask.number - 1]) as fake:
        assert scanned(fake.store()) == ["sp5"]


def test_throttling_is_waited_out_and_noted() -> None:
    """A throttled question is repeated after growing waits until it is answered, and the notes say how often."""
    with serving(lambda ask: page(1) if ask.number > 3 else refusal("ThrottlingException")) as fake:
        store = fake.store()
        assert scanned(store) == ["sp1"]
        assert fake.slept == [0.05, 0.1, 0.2]
        assert "3 requests throttled and repeated" in store.notes()


def test_undone_keys_are_asked_for_again() -> None:
    """Keys a batch leaves undone are asked for again until none is left; a batch that never ends is unavailable."""
    keys = [{"PK": {"S": f"p{n}"}, "SK": {"S": "s"}} for n in range(3)]

    def script(ask: Ask) -> Said:
        left = keys[ask.number :]
        undone = {"plans": {"Keys": left, "ConsistentRead": True}} if left else {}
        return Said({"Responses": {"plans": [keys[ask.number - 1]]}, "UnprocessedKeys": undone})

    with serving(script) as fake:
        values = [[f"sp{n}", "ss"] for n in range(3)]
        found = list(fake.store().lookup("plans", key=["PK", "SK"], values=values, columns=[]))
        assert sum(batch.num_rows for batch in found) == 3
        assert [len(q["RequestItems"]["plans"]["Keys"]) for each, q in fake.asked if each == "BatchGetItem"] == [
            3,
            2,
            1,
        ]
    endless = Said({"Responses": {"plans": []}, "UnprocessedKeys": {"plans": {"Keys": keys}}})
    with serving(always(endless)) as fake, pytest.raises(StoreUnavailable, match="undone 4 times"):
        list(fake.store().lookup("plans", key=["PK", "SK"], values=values, columns=[]))


@pytest.mark.parametrize("body", [{}, {"Responses": []}, {"Responses": {"plans": [{}]}, "UnprocessedKeys": 1}])
def test_batch_that_is_none(body: object) -> None:
    """A batch without answers in it is unreadable, not a batch in which nothing was found."""
    with serving(always(Said(body))) as fake, pytest.raises(StoreUnreadable):
        list(fake.store().lookup("plans", key=["PK", "SK"], values=[["sp1", "ss"]], columns=[]))


def test_trickle_ends_at_the_deadline() -> None:
    """A server that sends a byte now and then cannot hold a question past its deadline."""
    slow = replace(page(1), promise=10**6, trickle=True)
    with serving(always(slow)) as fake, pytest.raises(StoreUnavailable, match="no answer in time"):
        scanned(fake.store(deadline_s=0.3))


def test_tls_is_spoken_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over TLS pages are read alike, and the deadline holds alike."""
    monkeypatch.setattr("ssl.create_default_context", lambda: anonymous(ssl.PROTOCOL_TLS_CLIENT))
    answers = [page(1), replace(page(1), promise=10**6, trickle=True)]
    with serving(lambda ask: answers[ask.number - 1], tls=True) as fake:
        assert scanned(fake.store(deadline_s=30.0)) == ["sp1"]
        with pytest.raises(StoreUnavailable, match="no answer in time"):
            scanned(fake.store(deadline_s=0.5))


def test_tls_that_cannot_be_trusted() -> None:
    """A server without a certificate is not asked anything."""
    with serving(always(page(1)), tls=True) as fake:
        with pytest.raises(StoreUnavailable):
            fake.store().count("plans")
        assert fake.asked == []


def test_answer_past_the_cap() -> None:
    """An answer larger than any page can be is not read to its end."""
    with serving(always(Said(b" " * 3_000_000))) as fake:
        store = fake.store()
        small = replace(store, wire=replace(store.wire, limits=Limits(largest=2**20)))
        with pytest.raises(StoreUnreadable, match="more than 1 MiB"):
            scanned(small)


def test_kept_connection_that_was_closed_is_replaced() -> None:
    """A connection the server closed between two questions is replaced without a word."""
    with serving(lambda ask: page(ask.number, more=ask.number) if ask.number < 3 else page(3)) as fake:
        store = fake.store()
        with store.wire.talking() as talk:
            for _ in range(2):
                assert talk.ask("Scan", {"TableName": "plans"})["Count"] == 1
                talk.connection._kept.sock.shutdown(2)
            assert talk.ask("Scan", {"TableName": "plans"})["Count"] == 1


def signature(headers: dict[str, str], body: bytes, secret: str) -> str:
    """The signature a server computes from what arrived (AWS Signature Version 4, by its specification)."""
    scope, names = (part.partition("=")[2] for part in headers["authorization"].split(", ")[:2])
    _, day, region, service, last = scope.split("/")
    lines = [f"{name}:{headers[name]}\n" for name in names.split(";")]
    canonical = "\n".join(["POST", "/", "", "".join(lines), names, sha256(body).hexdigest()])
    text = "\n".join(["AWS4-HMAC-SHA256", headers["x-amz-date"], scope.partition("/")[2],
                      sha256(canonical.encode()).hexdigest()])  # fmt: skip
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, last):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


def test_signature_is_the_one_a_server_computes() -> None:
    """Every question is signed so that a server finds the same signature over what arrived, body and token included."""
    with serving(always(page(1))) as fake:
        scanned(fake.store(session_token="fake-token"))
        for headers, body in zip(fake.headers, fake.bodies, strict=True):
            assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=FAKEKEY/")
            assert "/eu-central-1/dynamodb/aws4_request" in headers["authorization"]
            signed = headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
            assert {"host", "x-amz-date", "x-amz-target"} <= {*signed}
            assert headers["x-amz-security-token"] == "fake-token"
            assert headers["authorization"].rpartition("Signature=")[2] == signature(headers, body, "fake-secret")
        assert fake.asked[-1][1]["ReturnConsumedCapacity"] == "TOTAL"


def test_rate_is_kept() -> None:
    """With 10 units a second, pages of 20 units make the next question wait what they cost."""
    told = {"Count": 0, "Items": [], "ConsumedCapacity": {"TableName": "plans", "CapacityUnits": 20.0}}
    script = [Said(told | {"LastEvaluatedKey": item(n)}) for n in range(2)] + [Said(told)]
    with serving(lambda ask: script[ask.number - 1]) as fake:
        store = fake.store(max_rcu=10)
        waits: list[float] = []
        store.wire.ledger.clock = lambda: 0.0
        store.wire.ledger.sleep = waits.append
        scanned(store)
        assert waits == [2.0, 4.0]
        assert store.notes() == ("60 read capacity units used",)


@pytest.mark.parametrize("status", ["CREATING", "DELETING", None])
def test_table_that_cannot_be_read_yet(status: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that is being made or deleted is unavailable; nothing is compared with a part of it."""
    monkeypatch.setitem(TABLE["Table"], "TableStatus", status)
    with serving(always(page(1))) as fake, pytest.raises(StoreUnavailable, match="not ACTIVE"):
        fake.store().count("plans")


def test_place_names_table_and_account() -> None:
    """A table is placed by its name and id, the store by region and account."""
    with serving(always(Said({"TableNames": ["plans"]}))) as fake:
        assert fake.store().describe("plans").place == f"{TABLE['Table']['TableArn']} 1-2-3"
        assert fake.store().place() == "arn:aws:dynamodb:eu-central-1:123456789012"
        assert [each.key for each in fake.store().collections()] == [("PK", "SK")]


def test_tables_that_never_end() -> None:
    """A list of tables that names the same next page again and again is unreadable."""
    with serving(always(Said({"TableNames": ["plans"], "LastEvaluatedTableName": "plans"}))) as fake:
        with pytest.raises(StoreUnreadable, match="circles"):
            fake.store().collections()
        assert fake.store().place().startswith("arn:aws")


@pytest.mark.parametrize("attribute", ["KeySchema", "AttributeDefinitions", "TableArn"])
def test_description_that_is_none(attribute: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A description without its parts is unreadable."""
    monkeypatch.delitem(TABLE["Table"], attribute)
    with serving(always(page(1))) as fake, pytest.raises(StoreUnreadable, match="not in the form"):
        fake.store().describe("plans")


def test_recovery_and_replicas_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Point-in-time recovery, replicas, class and throughput are told as settings; permission to ask is needed."""
    more = {"Replicas": [{"RegionName": "eu-west-1", "ReplicaStatus": "ACTIVE"}],
            "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
            "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"}}  # fmt: skip
    for name, value in more.items():
        monkeypatch.setitem(TABLE["Table"], name, value)
    on = {"ContinuousBackupsDescription": {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}}
    told = {"Scan": page(), "DescribeContinuousBackups": Said(on)}
    with serving(lambda ask: told[ask.operation]) as fake:
        found = fake.store().structure("plans").settings
        assert (found["point_in_time_recovery"], found["replicas"]) == ("ENABLED", ["eu-west-1 ACTIVE"])
        assert (found["billing_mode"], found["read_capacity"]) == ("PROVISIONED", 5)
        assert found["table_class"] == "STANDARD_INFREQUENT_ACCESS"
        told["DescribeContinuousBackups"] = refusal("AccessDeniedException")
        with pytest.raises(StoreRefused):
            fake.store().structure("plans")
