"""What S3 answers in bad hours becomes the right StoreError; a listing that lies is not believed."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ConnectTimeoutError, NoCredentialsError, ReadTimeoutError, SSLError
from botocore.response import StreamingBody
from botocore.stub import Stubber

from verify.core.errors import CollectionMissing, StoreRefused, StoreUnavailable, StoreUnreadable
from verify.stores.s3 import connect
from verify.stores.s3._edge import s3_errors
from verify.stores.s3.session import Session
from verify.stores.s3.store import S3Store

Stubbed = Callable[..., S3Store]
ETAG = '"5d41402abc4b2a76b9719d911017c592"'


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> Stubbed:
    """A store whose service answers what the test wrote down, in this order, and asks nobody."""
    client = botocore.session.Session().create_client("s3", region_name="us-east-1", aws_access_key_id="FAKE",
                                                      aws_secret_access_key="fake")  # fmt: skip
    stub = Stubber(client)
    stub.activate()

    @contextmanager
    def reading(self: Session) -> Iterator[Any]:
        with s3_errors(self.source):
            yield client

    def store(*answers: tuple[str, Mapping[str, Any] | tuple[str, int]], **options: object) -> S3Store:
        for operation, answer in answers:
            if isinstance(answer, tuple):
                stub.add_client_error(operation, answer[0], "told so", answer[1])
            else:
                stub.add_response(operation, dict(answer))
        return connect({"bucket": "b", **options}, source="candidate s3", protect=False)

    monkeypatch.setattr(Session, "reading", reading)
    return store


def _page(*keys: str, size: int = 5, **more: object) -> tuple[str, dict[str, Any]]:
    contents = [{"Key": key, "Size": size, "ETag": ETAG} for key in keys]
    return "list_objects_v2", {"Contents": contents, "IsTruncated": "NextContinuationToken" in more, **more}


def _body(content: bytes, *, promised: int | None = None, etag: str = ETAG) -> tuple[str, dict[str, Any]]:
    length = len(content) if promised is None else promised
    return "get_object", {"Body": StreamingBody(io.BytesIO(content), length), "ContentLength": length, "ETag": etag}


def _scanned(store: S3Store) -> list[tuple[str, ...]]:
    batches = store.scan("$", key=["key"], columns=["sha256"])
    return [tuple(row.values()) for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("AccessDenied", 403, StoreRefused), ("ExpiredToken", 400, StoreRefused), ("InvalidAccessKeyId", 403, StoreRefused),
        ("SignatureDoesNotMatch", 403, StoreRefused), ("RequestTimeTooSkewed", 403, StoreRefused),
        ("PermanentRedirect", 301, StoreRefused), ("NoSuchBucket", 404, CollectionMissing),
        ("SlowDown", 503, StoreUnavailable), ("ThrottlingException", 400, StoreUnavailable),
        ("InternalError", 500, StoreUnavailable), ("ServiceUnavailable", 503, StoreUnavailable),
        ("RequestTimeout", 400, StoreUnavailable),
    ],
)  # fmt: skip
def test_what_the_service_says_is_told_apart(stubbed: Stubbed, code: str, status: int, error: type[Exception]) -> None:
    """Denied, expired, throttled, down and missing, each with the service's own word."""
    store = stubbed(("list_objects_v2", (code, status)))
    with pytest.raises(error, match=code):
        store.count("$")


@pytest.mark.parametrize(
    ("raised", "error"),
    [
        (NoCredentialsError(), StoreRefused), (ConnectTimeoutError(endpoint_url="x"), StoreUnavailable),
        (ReadTimeoutError(endpoint_url="x"), StoreUnavailable), (SSLError(endpoint_url="x", error="e"), StoreUnavailable),
    ],
)  # fmt: skip
def test_the_way_to_the_service_is_told_apart(raised: Exception, error: type[Exception]) -> None:
    """No credentials at all is a refusal, a time-out or a broken connection is not."""
    with pytest.raises(error, match="candidate s3"), s3_errors("candidate s3"):
        raise raised


def test_an_object_denied_or_gone_in_the_middle_stops_the_reading(stubbed: Stubbed) -> None:
    """One object that cannot be read is not one object less."""
    for code, status, error in (("AccessDenied", 403, StoreRefused), ("NoSuchKey", 404, StoreUnreadable),
                                ("PreconditionFailed", 412, StoreUnreadable),
                                ("InvalidObjectState", 403, StoreUnreadable)):  # fmt: skip
        store = stubbed(_page("a"), _page("a"), ("get_object", (code, status)))
        with pytest.raises(error, match="'a'"):
            _scanned(store)


def test_empty_pages_are_followed(stubbed: Stubbed) -> None:
    """A page without objects that goes on is not the end."""
    pages = (
        _page(NextContinuationToken="one"),
        _page("a", NextContinuationToken="two"),
        _page(),
    )
    assert stubbed(*pages).count("$") == 1


@pytest.mark.parametrize(
    ("pages", "words"),
    [
        ([_page("a", NextContinuationToken="one"), _page("b", NextContinuationToken="one")], "same continuation token"),
        ([_page("a", IsTruncated=True)], "does not say where"),
        ([_page("b", NextContinuationToken="one"), _page("a")], "backwards"),
        ([_page("a", NextContinuationToken="one"), _page("a")], "backwards"),
        ([_page("other/a")], "does not begin"),
    ],
    ids=["repeated", "no-token", "backwards", "twice", "prefix"],
)  # fmt: skip
def test_a_listing_that_cannot_be_followed_is_unreadable(stubbed: Stubbed, pages: list[Any], words: str) -> None:
    """Never a part of the bucket taken for the whole."""
    prefix = "p/" if words == "does not begin" else None
    store = stubbed(*pages, **({"prefix": prefix} if prefix else {}))
    with pytest.raises(StoreUnreadable, match=words):
        store.count("$")


@pytest.mark.parametrize(
    "answer",
    [
        _body(b"hel"), _body(b"hel", promised=5), _body(b"hello!"), _body(b"hello", etag='"0"'),
        ("get_object", {"Body": StreamingBody(io.BytesIO(b"hello"), None), "ETag": ETAG}),
    ],
    ids=["short", "cut", "long", "another", "no-length"],
)  # fmt: skip
def test_an_object_that_is_not_the_one_listed_is_unreadable(stubbed: Stubbed, answer: Any) -> None:
    """Shorter, cut short, longer, replaced, or without a length to hold it to."""
    with pytest.raises(StoreUnreadable, match="truncated or changed"):
        _scanned(stubbed(_page("a"), _page("a"), answer))


def test_a_denied_setting_is_told_and_not_guessed(stubbed: Stubbed) -> None:
    """What could be asked is a setting; what was denied or is unknown there is advice."""
    found = stubbed(
        _page(), ("get_bucket_versioning", {}), ("get_bucket_encryption", ("AccessDenied", 403)),
        ("get_public_access_block", ("NotImplemented", 501)),
        ("get_bucket_lifecycle_configuration", ("NoSuchLifecycleConfiguration", 404)),
    ).structure("$")  # fmt: skip
    assert found.settings == {"versioning": "never", "lifecycle": False}
    assert [each.split(" was ")[0] for each in found.advice] == ["encryption", "public access block"]


def test_a_service_that_throttles_throughout_says_nothing_about_settings(stubbed: Stubbed) -> None:
    """Throttled is not denied."""
    with pytest.raises(StoreUnavailable, match="SlowDown"):
        stubbed(_page(), ("get_bucket_versioning", ("SlowDown", 503))).structure("$")
