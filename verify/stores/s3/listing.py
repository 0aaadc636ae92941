"""What a bucket says it holds: every page to the end, and proof that it was the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

from verify.core.errors import StoreUnreadable
from verify.stores.s3.session import Client

_EMPTY_PAGES: Final = 1_000
# The one kind of bucket that is not listed in the order of its keys.
_UNORDERED: Final = "--x-s3"
Page = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    One object as the listing has it; `algorithms` are those of its stored checksums.

    `version` is its version's id, `number` counts the versions of the key from 1, the oldest; both only where
    versions were listed, as is `latest`.
    """

    key: str
    size: int
    etag: str
    algorithms: tuple[str, ...] = ()
    version: str | None = None
    number: int = 1
    latest: bool = True

    @property
    def is_folder(self) -> bool:
        """Whether this is the mark that consoles leave for an empty folder."""
        return self.size == 0 and self.key.endswith("/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """
    How one bucket is listed.

    Every method raises StoreUnreadable for a list that cannot be followed to its end: truncated without a way
    on, a token that comes again, pages that go backwards, a key outside the prefix, a page that holds fewer objects
    than it says.
    """

    client: Client
    bucket: str
    source: str

    @property
    def ordered(self) -> bool:
        """Whether keys come in the order of their bytes."""
        return not self.bucket.endswith(_UNORDERED)

    def objects(self, prefix: str, *, page: int = 1_000) -> Iterator[Entry]:
        """Every object whose key begins with `prefix`, in the order of the service."""
        asked = {"Bucket": self.bucket, "Prefix": prefix, "MaxKeys": page}
        pages = self._pages("list_objects_v2", asked, {"ContinuationToken": "NextContinuationToken"})
        yield from self._in_order((_entry(each) for found in pages for each in found.get("Contents", ())), prefix)

    def versions(self, prefix: str) -> Iterator[Entry]:
        """Every version of every object, newest first; delete markers are none, they only end being the latest."""
        asked = {"Bucket": self.bucket, "Prefix": prefix}
        markers = {"KeyMarker": "NextKeyMarker", "VersionIdMarker": "NextVersionIdMarker"}
        pages = self._pages("list_object_versions", asked, markers)
        entries = self._in_order((_entry(each) for found in pages for each in found.get("Versions", ())), prefix)
        for _, group in groupby(entries, key=attrgetter("key")):
            held = list(group)
            for at, each in enumerate(held):
                yield replace(each, number=len(held) - at)

    def _pages(self, operation: str, asked: dict[str, Any], markers: Mapping[str, str]) -> Iterator[Page]:
        seen: set[tuple[str, ...]] = set()
        empty = 0
        while True:
            found: Page = getattr(self.client, operation)(**asked)
            self._require_whole(found)
            yield found
            if not found.get("IsTruncated"):
                return
            on = {name: found[told] for name, told in markers.items() if found.get(told)}
            token = tuple(on.values())
            empty = 0 if found.get("Contents") or found.get("Versions") else empty + 1
            self._goes_on(token, seen, empty)
            seen.add(token)
            asked = {name: each for name, each in asked.items() if name not in markers} | on

    def _require_whole(self, found: Page) -> None:
        """A page of objects says how many it holds; one of versions does not."""
        promised, came = found.get("KeyCount"), len(found.get("Contents", ()))
        if promised is not None and int(promised) != came:
            raise self._broken(f"is short: a page promises {int(promised):,} objects and names {came:,}")

    def _goes_on(self, token: tuple[str, ...], seen: set[tuple[str, ...]], empty: int) -> None:
        if not token:
            raise self._broken("says that it goes on and does not say where")
        if token in seen:
            raise self._broken("gave the same continuation token twice; it would never end")
        if empty > _EMPTY_PAGES:
            raise self._broken(f"goes on after {_EMPTY_PAGES:,} pages without an object")

    def _in_order(self, entries: Iterable[Entry], prefix: str) -> Iterator[Entry]:
        last = b""
        identity: tuple[str, str | None] | None = None
        for each in entries:
            place = each.key.encode(errors="surrogatepass")
            if not each.key.startswith(prefix):
                raise self._broken(f"holds {each.key!r}, which does not begin with {prefix!r}")
            if identity == (each.key, each.version) or (self.ordered and place < last):
                raise self._broken(f"goes backwards at {each.key!r}; pages were repeated or mixed")
            last, identity = place, (each.key, each.version)
            yield each

    def _broken(self, what: str) -> StoreUnreadable:
        return StoreUnreadable(f"{self.source}: the listing of {self.bucket} {what}")


def _entry(told: Mapping[str, Any]) -> Entry:
    return Entry(
        key=told["Key"],
        size=int(told["Size"]),
        etag=str(told.get("ETag", "")).strip('"'),
        algorithms=tuple(told.get("ChecksumAlgorithm", ())),
        version=told.get("VersionId"),
        latest=bool(told.get("IsLatest", True)),
    )
