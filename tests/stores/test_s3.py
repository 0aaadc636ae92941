"""A bucket is listed to its end and read whole, or nothing is said about it."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stores.moto_server import BUCKET, Buckets, buckets, endpoints
from verify.comparing import compare_dataset, count_dataset
from verify.core.datasets import Dataset, Place
from verify.core.errors import CollectionMissing, StoreError, StoreRefused, StoreUnavailable, StoreUnreadable
from verify.core.secrets import Secret
from verify.core.verdicts import Conclusion, Verdict
from verify.stores.json_file import connect as json_file
from verify.stores.protocol import Located, Lookup, Store, Structures
from verify.stores.registry import kinds, problems
from verify.stores.s3 import documents

__all__ = ["buckets", "endpoints"]

pytestmark = pytest.mark.xdist_group("moto")
Conceal = Callable[[str], str]
ODD = ["a b+c%20&=.txt", "상품/한글.png", "e\u0301", "\u00e9", "dir/", "zero", "//x", "..", "a'\"<>.txt", "😀"]


def _rows(store: Store, *names: str, collection: str = "$", key: str = "key") -> list[tuple[str, ...]]:
    batches = store.scan(collection, key=[key], columns=names)
    return [tuple(row.values())[:-1] for batch in batches for row in batch.to_pylist()]


def _compare(buckets: Buckets, conceal: Conceal, **options: object) -> Conclusion:
    one, other = buckets.store("baseline", **options), buckets.store("candidate", **options)
    return compare_dataset(one, other, Dataset(key=("key",), collection="$"), name="files", seed=1, conceal=conceal)


def _sha(body: bytes) -> str:
    return f"s{hashlib.sha256(body).hexdigest()}"


def test_an_object_is_its_content_and_what_it_is_served_with(buckets: Buckets) -> None:
    """Key, size, hash, type, metadata and the headers that browsers see; what was not set is absent."""
    buckets.put("baseline", "a", b"hello", ContentType="text/plain", Metadata={"Owner": "me"}, CacheControl="no-cache",
                ContentEncoding="br", ContentDisposition="attachment")  # fmt: skip
    names = ("size", "sha256", "content_type", "metadata", "cache_control", "content_encoding", "content_disposition")
    store = buckets.store("baseline")
    expected = ("sa", "#5", _sha(b"hello"), "stext/plain", 'm{"owner":"me"}', "sno-cache", "sbr", "sattachment")
    assert _rows(store, *names) == [expected]
    assert _rows(store, "expires", "website_redirect") == [("sa", "_", "_")]
    assert {*names, "key"} <= {column.name for column in store.describe("$").columns}


@pytest.mark.parametrize("way", ["content", "checksum", "etag-if-md5"])
def test_odd_keys_are_themselves(buckets: Buckets, way: str) -> None:
    """Blanks, plus signs, percent signs, Korean, composed and decomposed letters, folders and nothing at all."""
    for key in ODD:
        buckets.put("baseline", key, b"" if key in ("dir/", "zero") else key.encode())
    store = buckets.store("baseline", hash=way)
    name, made = ("md5", hashlib.md5) if way == "etag-if-md5" else ("sha256", hashlib.sha256)
    expected = {(f"s{key}", f"s{made(b'' if key in ('dir/', 'zero') else key.encode()).hexdigest()}") for key in ODD}
    assert set(_rows(store, name)) == expected
    assert store.count("$") == len(ODD)
    asked = store.lookup("$", key=["key"], values=[[f"s{key}"] for key in [*ODD, "none", "zer"]], columns=["size"])
    assert {row["0"] for batch in asked for row in batch.to_pylist()} == {f"s{key}" for key in ODD}


def test_prefixes_narrow_and_the_stores_own_is_not_shown(buckets: Buckets) -> None:
    """`prefix` is where the store begins; the collection is the beginning of the keys in it."""
    for key in ("old/users/1", "old/products/1", "users/1"):
        buckets.put("baseline", key)
    store = buckets.store("baseline", prefix="old/")
    assert [row[0] for row in _rows(store)] == ["sproducts/1", "susers/1"]
    assert [row[0] for row in _rows(store, collection="users/")] == ["susers/1"]
    assert [buckets.store("baseline").count(each) for each in ("$", "*", "", "users/", "none/")] == [3, 3, 3, 1, 0]


def test_a_listing_of_several_pages_is_followed_to_its_end(buckets: Buckets) -> None:
    """A thousand keys are one page; what is on the second counts as well."""
    client = buckets.client("baseline")
    for number in range(1_003):
        client.put_object(Bucket=BUCKET, Key=f"{number:05}")
    client.close()
    assert buckets.store("baseline").count("$") == 1_003
    assert len(_rows(buckets.store("baseline"), "size")) == 1_003
    client = buckets.client("baseline")
    client.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": f"{number:05}"} for number in range(1_000)]})
    client.close()


def test_equal_buckets_pass_and_every_difference_is_found(buckets: Buckets, conceal: Conceal) -> None:
    """Content of the same size, type, metadata, a lost and an added object."""
    for number in range(20):
        buckets.put("both", f"files/{number}", b"body", Metadata={"n": str(number)})
    found = _compare(buckets, conceal)
    assert found.verdict is Verdict.PASS, found
    assert "20" in found.receipt
    one, other = buckets.store("baseline"), buckets.store("candidate")
    assert count_dataset(one, other, Dataset(key=("key",), collection="$"), name="f").verdict is Verdict.PASS
    for change in ({"body": b"bodY"}, {"ContentType": "x/y"}, {"Metadata": {"n": "8"}}, {"CacheControl": "no-store"}):
        buckets.put("candidate", "files/7", **{"body": b"body", "Metadata": {"n": "7"}, **change})
        assert _compare(buckets, conceal).verdict is Verdict.FAIL, change
    buckets.put("candidate", "files/7", b"body", Metadata={"n": "7"})
    buckets.put("candidate", "more")
    assert _compare(buckets, conceal).verdict is Verdict.FAIL


def test_a_multi_part_upload_equals_the_same_bytes_in_one(buckets: Buckets, conceal: Conceal) -> None:
    """Its ETag is no MD5 and its checksum one of checksums; the content decides, whichever way it is known."""
    body = bytes(5 * 2**20) + b"tail"
    buckets.put("baseline", "big", body, ChecksumAlgorithm="SHA256")
    client = buckets.client("candidate")
    upload = client.create_multipart_upload(Bucket=BUCKET, Key="big", ChecksumAlgorithm="SHA256")["UploadId"]
    parts = []
    for number, part in enumerate((body[: 5 * 2**20], body[5 * 2**20 :]), 1):
        made = client.upload_part(Bucket=BUCKET, Key="big", UploadId=upload, PartNumber=number, Body=part)
        parts.append({"ETag": made["ETag"], "PartNumber": number})
    client.complete_multipart_upload(Bucket=BUCKET, Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    assert "-2" in client.head_object(Bucket=BUCKET, Key="big")["ETag"]
    client.close()
    for way in ("content", "checksum", "etag-if-md5"):
        found = _compare(buckets, conceal, hash=way)
        assert found.verdict is Verdict.PASS, (way, found)


def test_an_etag_of_an_encrypted_object_is_no_md5(buckets: Buckets) -> None:
    """Under a KMS key the ETag may look like an MD5 and is none; the content is read."""
    buckets.put("baseline", "a", b"secret", ServerSideEncryption="aws:kms")
    store = buckets.store("baseline", hash="etag-if-md5")
    assert _rows(store, "md5") == [("sa", f"s{hashlib.md5(b'secret', usedforsecurity=False).hexdigest()}")]
    assert "etag-if-md5" in store.describe("$").notes[0]
    with pytest.raises(StoreRefused, match="over budget"):
        _rows(buckets.store("baseline", hash="etag-if-md5", budget_bytes=5), "md5")


def test_a_budget_is_kept_before_the_first_download(buckets: Buckets) -> None:
    """What the listing adds up to is refused whole; stored checksums cost nothing."""
    buckets.put("baseline", "a", b"x" * 600)
    buckets.put("baseline", "b", b"x" * 600, ChecksumAlgorithm="SHA256")
    with pytest.raises(StoreRefused, match=r"over budget.*1,200 bytes.*1,000"):
        _rows(buckets.store("baseline", hash="content", budget_bytes=1_000), "sha256")
    assert len(_rows(buckets.store("baseline", budget_bytes=1_000), "sha256")) == 2
    assert len(_rows(buckets.store("baseline", hash="content", budget_bytes=1), "size", "content_type")) == 2
    with pytest.raises(StoreRefused, match="over budget"):
        buckets.store("baseline", contents="json", budget_bytes=1_000).count("$")


def test_versions_are_records_and_delete_markers_are_none(buckets: Buckets) -> None:
    """A deleted object still has its versions, none of them the latest; without versions it is gone."""
    client = buckets.client("baseline")
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"22", b"333"):
        client.put_object(Bucket=BUCKET, Key="a", Body=body)
    client.put_object(Bucket=BUCKET, Key="b", Body=b"1")
    client.delete_object(Bucket=BUCKET, Key="b")
    client.close()
    store = buckets.store("baseline", versions=True)
    assert store.describe("$").unique == (frozenset({"key", "version"}),)
    assert sorted(_rows(store, "version", "size", "latest", "sha256")) == [
        ("sa", "#1", "#1", "bfalse", _sha(b"1")), ("sa", "#2", "#2", "bfalse", _sha(b"22")),
        ("sa", "#3", "#3", "btrue", _sha(b"333")), ("sb", "#1", "#1", "bfalse", _sha(b"1")),
    ]  # fmt: skip
    assert _rows(buckets.store("baseline"), "size") == [("sa", "#3")]
    asked = store.lookup("$", key=["key", "version"], values=[["sa", "#2"]], columns=["size"])
    assert [row["2"] for batch in asked for row in batch.to_pylist()] == ["#2"]
    assert store.structure("$").settings["versioning"] == "Enabled"


def test_the_bucket_itself_is_described(buckets: Buckets) -> None:
    """Versioning, encryption, public access and lifecycle, as the service says them."""
    client = buckets.client("baseline")
    client.put_bucket_encryption(
        Bucket=BUCKET, ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})  # fmt: skip
    client.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    client.close()
    one, other = (buckets.store(side).structure("$").settings for side in ("baseline", "candidate"))
    assert one["encryption"] == "AES256"
    assert one["public access block"]["BlockPublicAcls"] is True
    assert other == {"versioning": "never", "encryption": "none", "public access block": "none", "lifecycle": False}


def test_two_services_are_two_places_and_one_is_one(buckets: Buckets, conceal: Conceal) -> None:
    """Buckets of one name on two servers differ; localhost and 127.0.0.1 are the same."""
    one, other = buckets.store("baseline"), buckets.store("candidate")
    again = buckets.store("baseline", endpoint=buckets.endpoints["baseline"].url.replace("127.0.0.1", "localhost"))
    assert one.place() == again.place() != other.place()
    found = compare_dataset(one, again, Dataset(key=("key",)), name="$", seed=1, conceal=conceal)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert all(isinstance(one, each) for each in (Located, Lookup, Structures))


def test_documents_equal_the_file_they_came_from(buckets: Buckets, tmp_path: Path, conceal: Conceal) -> None:
    """Objects, arrays and lines, compressed or not, give the records of one JSON file."""
    records = [{"id": number, "v": {"price": number / 4, "name": f"상품 {number}"}} for number in range(40)]
    (tmp_path / "all.json").write_text(json.dumps(records))
    buckets.put("candidate", "d/one.json", json.dumps(records[0]).encode())
    buckets.put("candidate", "d/some.json", b"\xef\xbb\xbf" + json.dumps(records[1:10]).encode())
    lines = ["\n".join(json.dumps(each) for each in records[at : at + 15]).encode() + b"\n" for at in (10, 25)]
    buckets.put("candidate", "d/lines.ndjson", lines[0])
    buckets.put("candidate", "d/packed.jsonl.gz", gzip.compress(lines[1][:300]) + gzip.compress(lines[1][300:]))
    buckets.put("candidate", "d/", b"")
    file = json_file({"path": str(tmp_path / "all.json")}, source="baseline file", protect=False)
    store = buckets.store("candidate", contents="json")
    dataset = Dataset(**{"key": ("id",), "baseline": Place(collection="$"), "candidate": Place(collection="d/"),
                         "except": ("_key",)})  # fmt: skip
    found = compare_dataset(file, store, dataset, name="d", seed=1, conceal=conceal)
    assert found.verdict is Verdict.PASS, found
    assert store.count("d/") == 40
    assert [each.name for each in store.describe("d/").columns] == ["_key", "id", "v"]
    asked = store.lookup("d/", key=["id"], values=[["#0"], ["#99"]], columns=["_key"])
    assert [row["1"] for batch in asked for row in batch.to_pylist()] == ["sd/one.json"]


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("a.json", b""), ("a.json", b'{"id": 1'), ("a.json", b'{"id": 1, "id": 2}'), ("a.json", b"7"), ("a.json", b"[[1]]"),
        ("a.json", b'{"id": NaN}'), ("a.json", b"\xff"), ("a.json", b'{"_key": 1}'), ("a.ndjson", b'{"id": 1}\n{"id"'),
        ("a.ndjson", b"[{}]\n"), ("a.json", b"[" * 100_000), ("a.json.gz", gzip.compress(b'{"id": 1}')[:-6]),
        ("a.json", b"\x1f\x8bnot gzip"), ("a.json", b'{"id": ' + b"[" * 300 + b"]" * 300 + b"}"),
    ],
    ids=range(14),
)  # fmt: skip
def test_a_document_that_is_not_whole_is_unreadable(buckets: Buckets, key: str, body: bytes) -> None:
    """Cut short, doubled, malformed or no record: never fewer records."""
    buckets.put("baseline", key, body)
    with pytest.raises(StoreUnreadable, match="a\\."):
        _rows(buckets.store("baseline", contents="json"), key="id")


def test_a_giant_document_is_refused(buckets: Buckets, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the cap it is an error, not memory, also when it only grows as it is unpacked."""
    monkeypatch.setattr(documents, "LARGEST", 1_000)
    buckets.put("baseline", "a.json", gzip.compress(b'{"id": "' + b"x" * 5_000_000 + b'"}'))
    with pytest.raises(StoreUnreadable, match="more than"):
        buckets.store("baseline", contents="json").count("$")


def test_only_reading_leaves_this_process(buckets: Buckets) -> None:
    """Writing is refused before it is sent, by its name and by its method."""
    session = buckets.store("baseline").session
    with session.reading() as client:
        for ask in (client.put_object, client.delete_object):
            with pytest.raises(StoreRefused, match="nothing was sent"):
                ask(Bucket=BUCKET, Key="a")
        client.meta.events.unregister("before-call.s3", session._only_allowed)
        with pytest.raises(StoreRefused, match="nothing was sent"):
            client.put_object(Bucket=BUCKET, Key="a")
        with pytest.raises(StoreRefused, match="nothing was sent"):
            client.delete_object(Bucket=BUCKET, Key="a")
    assert buckets.store("baseline").count("$") == 0


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"bucket": "none"}, CollectionMissing), ({"bucket": "No Bucket!"}, StoreError),
        ({"endpoint": "http://127.0.0.1:1"}, StoreUnavailable), ({"endpoint": "not an address"}, StoreUnavailable),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_a_store_error(
    buckets: Buckets, options: dict[str, str], error: type[Exception]
) -> None:
    """No such bucket, nobody there, no address."""
    store = buckets.store("baseline", **options)
    for ask in (lambda: store.describe("$"), lambda: store.count("$"), lambda: _rows(store, "size")):
        with pytest.raises(error, match="baseline s3"):
            ask()


def test_options_are_checked_and_secrets_stay_handles(buckets: Buckets) -> None:
    """Half a pair of keys is a mistake; no secret is in the store's text."""
    assert "s3" in kinds()
    assert problems("s3", {"bucket": "b", "access_key": "${A}", "secret_key": "${S}", "budget_bytes": "10 MiB"}) == []
    for wrong in ({}, {"bucket": "b", "access_key": "a"}, {"bucket": "b", "session_token": "t"}, {"bucket": "b", "x": 1},
                  {"bucket": "b", "hash": "crc"}, {"bucket": "b", "contents": "json", "versions": True}):  # fmt: skip
        assert problems("s3", wrong), wrong
    store = buckets.store("baseline", secret_key=Secret("KEY", lambda: "fake-secret-key"))
    assert store.count("$") == 0
    assert "fake-secret-key" not in repr(store)
