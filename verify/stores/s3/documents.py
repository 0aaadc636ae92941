"""Objects whose content is JSON: one document, an array of them, or one on each line; gzip or not."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from verify.core.errors import StoreUnreadable
from verify.core.values import DEEPEST, Value, parse_json

KEY: Final = "_key"
# One document, or one line, has to be held in memory whole.
LARGEST: Final = 64 * 2**20
_LINES: Final = (".ndjson", ".jsonl")
_GZIP: Final = b"\x1f\x8b"
_GZIP_BITS: Final = 31
_INFLATED: Final = 2**20
_MARK: Final = b"\xef\xbb\xbf"
Record = Mapping[str, Value]


def records(key: str, shown: str, pieces: Iterable[bytes], source: str) -> Iterator[Record]:
    """
    Every record of one object, with the object's key as `_key`.

    Raises StoreUnreadable for what is not JSON, is cut short, names a field twice, is no record, or has a
    document or line of more than 64 MiB.
    """
    place = f"{source}: {key!r}"
    lines = key.removesuffix(".gz").endswith(_LINES)
    texts = _split(_inflated(pieces, place), place) if lines else _whole(_inflated(pieces, place), place)
    found = False
    for number, raw in enumerate(texts):
        where = f"{place} (line {number + 1})" if lines else place
        if lines and not raw.strip():
            continue
        found = True
        for record in _held(_parsed(raw, where), where, many=not lines):
            yield _keyed(record, shown, where)
    if not found:
        raise StoreUnreadable(f"{place}: the object is empty; one without records is written []")


def _inflated(pieces: Iterable[bytes], place: str) -> Iterator[bytes]:
    """The content, unpacked where it starts as gzip does; every member must come to its end."""
    stream = iter(pieces)
    head = b""
    for piece in stream:
        head += piece
        if len(head) >= len(_GZIP):
            break
    if not head.startswith(_GZIP):
        yield head
        yield from stream
        return
    yield from _gunzipped(_chained(head, stream), place)


def _chained(head: bytes, stream: Iterable[bytes]) -> Iterator[bytes]:
    yield head
    yield from stream


def _gunzipped(stream: Iterable[bytes], place: str) -> Iterator[bytes]:
    member = zlib.decompressobj(_GZIP_BITS)
    rest = b""
    try:
        for piece in stream:
            rest += piece
            while rest:
                if member.eof:
                    member = zlib.decompressobj(_GZIP_BITS)
                yield member.decompress(rest, _INFLATED)
                rest = member.unused_data if member.eof else member.unconsumed_tail
    except zlib.error as error:
        raise StoreUnreadable(f"{place}: the compressed object is damaged: {error}") from None
    # What zlib still holds inside comes out only when it is asked.
    while not member.eof and (more := member.decompress(b"", _INFLATED)):
        yield more
    if not member.eof:
        raise StoreUnreadable(f"{place}: the compressed object is cut short")


def _whole(pieces: Iterable[bytes], place: str) -> Iterator[bytes]:
    found = bytearray()
    for piece in pieces:
        found += piece
        _require_small(len(found), place)
    yield bytes(found)


def _split(pieces: Iterable[bytes], place: str) -> Iterator[bytes]:
    """The lines; a last one may do without its newline."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n") if b"\n" in piece else (rest + piece,)
        yield from lines
        _require_small(len(rest), place)
    if rest:
        yield rest


def _require_small(size: int, place: str) -> None:
    if size > LARGEST:
        raise StoreUnreadable(
            f"{place}: one document of more than {LARGEST >> 20} MiB; write one record a line (.ndjson)"
        )


def _parsed(raw: bytes, where: str) -> Value:
    try:
        return parse_json(raw.removeprefix(_MARK).decode("utf-8"))
    except UnicodeDecodeError as error:
        raise StoreUnreadable(f"{where}: not UTF-8: {error.reason}") from None
    except RecursionError:
        raise StoreUnreadable(f"{where}: nested deeper than {DEEPEST} levels") from None
    except ValueError as error:
        raise StoreUnreadable(f"{where}: not JSON: {error}") from None


def _held(document: Value, where: str, *, many: bool) -> Iterator[Record]:
    if isinstance(document, list) and many:
        for each in document:
            yield from _held(each, where, many=False)
    elif isinstance(document, Mapping):
        yield document
    else:
        raise StoreUnreadable(f"{where}: a record that is not an object")


def _keyed(record: Record, shown: str, where: str) -> Record:
    if KEY in record:
        raise StoreUnreadable(f"{where}: a record has a field {KEY}, which stands for the object's key here")
    return {**record, KEY: shown}
