"""Defects of Database-api's objects."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sandbox.faults.database_api import FILE_VALUES, FILES, NONE, OBJECT_OF_DOCUMENT, defect
from sandbox.faults.fault import StoreChange
from sandbox.systems.database_api.objects import Client, client
from sandbox.web.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One object: what is stored under its key."""

    key: str
    body: bytes
    type: str
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """The candidate's bucket."""

    at: Client
    name: str

    def keys(self, numbers: Collection[int] | None) -> list[str]:
        """The keys below the prefixes of these documents, of all for None, sorted."""
        pages = self.at.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix="documents/")
        found = sorted(each["Key"] for page in pages for each in page.get("Contents", ()))
        return [key for key in found if numbers is None or int(key.split("/")[1]) in numbers]

    def held(self, key: str) -> Held:
        """What lies under the key."""
        answer = self.at.get_object(Bucket=self.name, Key=key)
        with answer["Body"] as body:
            return Held(key=key, body=body.read(), type=answer["ContentType"], metadata=answer["Metadata"])

    def put(self, each: Held) -> None:
        """The object is there, in the place of what was."""
        self.at.put_object(
            Bucket=self.name, Key=each.key, Body=each.body, ContentType=each.type, Metadata=each.metadata
        )

    def delete(self, key: str) -> None:
        """Nothing lies under the key."""
        self.at.delete_object(Bucket=self.name, Key=key)


@contextmanager
def bucket(settings: Settings) -> Iterator[Bucket]:
    """The candidate's bucket, for a block."""
    with client(settings.places) as at:
        yield Bucket(at=at, name=settings.places["bucket"])


def changed(numbers: Collection[int] | None, change: Callable[[Held], Sequence[Held]]) -> StoreChange:
    """
    In the place of each object of these documents (of all, for None) are those that `change` makes of it.

    Healing removes whatever lies under the documents' prefixes, and puts back what was there.
    """

    def plant(settings: Settings) -> list[Held]:
        with bucket(settings) as store:
            before = [store.held(key) for key in store.keys(numbers)]
            for each in reversed(before):
                store.delete(each.key)
                for after in change(each):
                    store.put(after)
        return before

    def heal(settings: Settings, before: object) -> None:
        with bucket(settings) as store:
            for key in store.keys(numbers):
                store.delete(key)
            for each in before if isinstance(before, list) else []:
                store.put(each)

    return StoreChange(plant=plant, heal=heal)


def gone(numbers: Collection[int] | None = None) -> StoreChange:
    """The objects of these documents, or of all, are not there."""
    return changed(numbers, lambda _: ())


def _flipped(each: Held) -> Sequence[Held]:
    return [replace(each, body=bytes([each.body[0] ^ 1]) + each.body[1:])]


def _renamed(each: Held) -> Sequence[Held]:
    name = unicodedata.normalize("NFD", each.key)
    return [replace(each, key=name if name != each.key else f"{each.key}%20")]


FAULTS = (
    defect("object-lost", "a document's object is missing", gone((42,)), FILES | OBJECT_OF_DOCUMENT),
    defect("object-extra", "there is an object that no document names",
           changed((43,), lambda each: [each, replace(each, key=f"{each.key}.tmp")]), FILES | OBJECT_OF_DOCUMENT),
    defect("object-renamed", "an object lies under another form of its name", changed((44,), _renamed),
           {claim: verdict for claim, verdict in (FILES | OBJECT_OF_DOCUMENT).items() if ".count " not in claim}),
    defect("object-truncated", "the second half of an object is missing",
           changed((45,), lambda each: [replace(each, body=each.body[: len(each.body) // 2])]), FILE_VALUES),
    defect("object-byte", "one bit of an object is another; its size is the same", changed((46,), _flipped), FILE_VALUES),
    defect("object-empty", "an object has no bytes", changed((47,), lambda each: [replace(each, body=b"")]), FILE_VALUES),
    defect("object-type", "every object was uploaded as a stream of bytes",
           changed(None, lambda each: [replace(each, type="binary/octet-stream")]), FILE_VALUES),
    defect("object-metadata-lost", "an object came without its metadata",
           changed((48,), lambda each: [replace(each, metadata={})]), FILE_VALUES),
    defect("bucket-unfilled", "the synchronisation read another bucket; nothing arrived", gone(), FILES | OBJECT_OF_DOCUMENT),
    # This is no difference.
    defect("objects-uploaded-again", "all objects were uploaded once more, the last one first",
           changed(None, lambda each: [each]), NONE),
)  # fmt: skip
