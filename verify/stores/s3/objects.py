"""One object: what its headers say, and its hash, taken as it streams by."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final, Literal

from verify.core.errors import StoreRefused, StoreUnavailable, StoreUnreadable
from verify.core.values import ABSENT, encode
from verify.stores.s3._edge import s3_errors
from verify.stores.s3.listing import Entry
from verify.stores.s3.session import Client

Hash = Literal["content", "checksum", "etag-if-md5"]
Told = Mapping[str, Any]

PIECE: Final = 2**20
_MD5: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
# An object that comes slower than this is given up: a connection that drips holds a run for ever.
_SLOWEST: Final = 64 * 2**10
_PATIENCE_S: Final = 60.0
_HEADERS: Final = {
    "content_type": "ContentType", "content_encoding": "ContentEncoding", "cache_control": "CacheControl",
    "content_disposition": "ContentDisposition", "content_language": "ContentLanguage", "expires": "ExpiresString",
    "website_redirect": "WebsiteRedirectLocation",
}  # fmt: skip
LISTED: Final = frozenset({"key", "size", "version", "latest"})


def digest_name(way: Hash) -> str:
    """The column that holds the hash."""
    return "md5" if way == "etag-if-md5" else "sha256"


def column_names(way: Hash, *, versions: bool) -> tuple[str, ...]:
    """Every column of an object's record, sorted."""
    found = {"key", "size", "metadata", digest_name(way), *_HEADERS}
    return tuple(sorted(found | ({"version", "latest"} if versions else set())))


@dataclass(slots=True)
class Budget:
    """Bytes that may still be downloaded; several threads take from it."""

    source: str
    limit: int
    taken: int = 0
    lock: Lock = field(default_factory=Lock, repr=False)

    def take(self, size: int) -> None:
        """The bytes are taken. Raises StoreRefused when there are not as many."""
        with self.lock:
            self.taken += size
            if self.taken > self.limit:
                raise self.exceeded(self.taken)

    def exceeded(self, needed: int) -> StoreRefused:
        """The error for reading more than is allowed."""
        return StoreRefused(
            f"{self.source}: over budget: at least {needed:,} bytes would be downloaded, budget_bytes allows "
            f"{self.limit:,}; raise it, narrow the collection, or store SHA-256 checksums with the objects"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Objects:
    """
    How the objects of one bucket are read.

    Every method raises StoreUnreadable for an object that is not the one that was listed any more.
    """

    client: Client
    bucket: str
    source: str
    way: Hash
    budget: Budget

    def row(self, entry: Entry, names: list[str], shown: str) -> list[str]:
        """The encodings of the named columns, by as few requests as they need, and the empty map of further fields."""
        facts: dict[str, str] = {"key": encode(shown), "size": f"#{entry.size}", "version": f"#{entry.number}",
                                 "latest": encode(entry.latest)}  # fmt: skip
        with s3_errors(self.source, repr(entry.key)):
            if not LISTED.issuperset(names):
                facts |= self._facts(entry, hashed=digest_name(self.way) in names)
        return [*(facts.get(name, ABSENT) for name in names), "m{}"]

    def downloads(self, entry: Entry) -> bool:
        """Whether, as far as the listing tells, the hash costs a download."""
        if self.way == "etag-if-md5":
            return not _MD5.fullmatch(entry.etag)
        # A multi-part upload, whose ETag has a dash, has a SHA-256 of its parts' checksums only.
        return self.way == "content" or "SHA256" not in entry.algorithms or "-" in entry.etag

    def _facts(self, entry: Entry, *, hashed: bool) -> dict[str, str]:
        if hashed and self.way != "etag-if-md5" and self.downloads(entry):
            return self._read(entry)  # GET tells what HEAD tells, so one request does
        told = self.client.head_object(**self._named(entry), ChecksumMode="ENABLED")
        self._require_same(entry, told)
        stored = self._stored(entry, told) if hashed else ABSENT
        return self._read(entry) if stored is None else _described(told) | {digest_name(self.way): stored}

    def _stored(self, entry: Entry, told: Told) -> str | None:
        """The hash that the service keeps, where it is one of the whole content; None where there is none."""
        if self.way == "etag-if-md5":
            keyed = told.get("SSECustomerAlgorithm") or str(told.get("ServerSideEncryption", "")).startswith("aws:kms")
            return None if keyed or not _MD5.fullmatch(entry.etag) else f"s{entry.etag}"
        found = str(told.get("ChecksumSHA256", ""))
        if not found or told.get("ChecksumType") == "COMPOSITE" or "-" in found:
            return None
        return f"s{base64.b64decode(found).hex()}"

    def _read(self, entry: Entry) -> dict[str, str]:
        self.budget.take(entry.size)
        told = self.client.get_object(**self._named(entry), IfMatch=f'"{entry.etag}"')
        self._require_same(entry, told)
        name = digest_name(self.way)
        found = hashlib.new(name, usedforsecurity=False)
        for piece in self._pieces(entry, told):
            found.update(piece)
        return _described(told) | {name: f"s{found.hexdigest()}"}

    def opened(self, entry: Entry) -> Iterator[bytes]:
        """The content, a piece at a time, whole when the iterator ends."""
        self.budget.take(entry.size)
        with s3_errors(self.source, repr(entry.key)):
            told = self.client.get_object(**self._named(entry), IfMatch=f'"{entry.etag}"')
            self._require_same(entry, told)
            yield from self._pieces(entry, told)

    def _pieces(self, entry: Entry, told: Told) -> Iterator[bytes]:
        body, length = told["Body"], 0
        until = time.monotonic() + _PATIENCE_S + entry.size / _SLOWEST
        try:
            while piece := body.read(PIECE):
                length += len(piece)
                if time.monotonic() > until:
                    raise StoreUnavailable(f"{self.source}: {entry.key!r} comes slower than {_SLOWEST >> 10} KiB/s")
                yield piece
        finally:
            body.close()
        if length != entry.size:
            raise self._changed(entry, f"{length:,} bytes came, {entry.size:,} were listed")

    def _named(self, entry: Entry) -> dict[str, str]:
        found = {"Bucket": self.bucket, "Key": entry.key}
        return found if entry.version is None else found | {"VersionId": entry.version}

    def _require_same(self, entry: Entry, told: Told) -> None:
        size, etag = int(told.get("ContentLength", -1)), str(told.get("ETag", "")).strip('"')
        if size != entry.size or etag != entry.etag:
            if "Body" in told:
                told["Body"].close()
            raise self._changed(entry, f"{size:,} bytes and ETag {etag}, listed were {entry.size:,} and {entry.etag}")

    def _changed(self, entry: Entry, how: str) -> StoreUnreadable:
        return StoreUnreadable(f"{self.source}: {entry.key!r} was truncated or changed while it was read: {how}")


def _described(told: Told) -> dict[str, str]:
    """What the headers of an answer say; a header that is not there is absent."""
    found = {name: encode(str(told[header])) for name, header in _HEADERS.items() if told.get(header) is not None}
    return found | {"metadata": encode(dict(told.get("Metadata", {})))}
