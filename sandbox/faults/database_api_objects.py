"""Defects of Database-api's objects."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sandbox.faults.database_api import FILE_VALUES, FILES, NONE, OBJECT_OF_DOCUMENT, defect
from sandbox.faults.fault import StoreChange
from sandbox.systems.database_api.objects import client
from sandbox.web.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One object: what is stored under its key."""

    key: str
    body: bytes
    type: str
    metadata: Mapping[str, str]


def keys(settings: Settings, prefix: str = "documents/") -> list[str]:
    """The keys that begin so, sorted."""
    pages = client(settings.places).get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=settings.places["bucket"], Prefix=prefix)
    return sorted(each["Key"] for page in found for each in page.get("Contents", ()))


def held(settings: Settings, wanted: Sequence[str]) -> list[Held]:
    """What lies under these keys."""
    at, bucket = client(settings.places), settings.places["bucket"]
    answers = {key: at.get_object(Bucket=bucket, Key=key) for key in wanted}
    return [
        Held(key=key, body=each["Body"].read(), type=each["ContentType"], metadata=each["Metadata"])
        for key, each in answers.items()
    ]


def put(settings: Settings, objects: Sequence[Held]) -> None:
    """The objects are there, in the place of what was."""
    at, bucket = client(settings.places), settings.places["bucket"]
    for each in objects:
        at.put_object(Bucket=bucket, Key=each.key, Body=each.body, ContentType=each.type, Metadata=each.metadata)


def delete(settings: Settings, unwanted: Sequence[str]) -> None:
    """Nothing lies under these keys."""
    at, bucket = client(settings.places), settings.places["bucket"]
    for key in unwanted:
        at.delete_object(Bucket=bucket, Key=key)


def changed(numbers: Sequence[int] | None, change: Callable[[Held], Sequence[Held]]) -> StoreChange:
    """
    In the place of each object of these documents (of all, for None) are those that `change` makes of it.

    Healing removes whatever lies under the documents' prefixes, and puts back what was there.
    """
    prefixes = ["documents/"] if numbers is None else [f"documents/{number}/" for number in numbers]

    def plant(settings: Settings) -> list[Held]:
        before = held(settings, [key for prefix in prefixes for key in keys(settings, prefix)])
        delete(settings, [each.key for each in before])
        put(settings, [after for each in reversed(before) for after in change(each)])
        return before

    def heal(settings: Settings, before: object) -> None:
        delete(settings, [key for prefix in prefixes for key in keys(settings, prefix)])
        put(settings, before if isinstance(before, list) else [])

    return StoreChange(plant=plant, heal=heal)


def gone(numbers: Sequence[int] | None = None) -> StoreChange:
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
