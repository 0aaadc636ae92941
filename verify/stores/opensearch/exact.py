"""The hits of an answer with every digit they were stored with."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import orjson

from verify.core.errors import StoreUnreadable
from verify.core.values import JSON, Number, canonical_number

Hit = dict[str, Any]
_HITS: Final = '"hits":['
_SOURCE: Final = '"_source":'


def envelope(page: bytes, source: str) -> dict[str, Any]:
    """
    The answer to a search, its hits exact: a number is an int, a float that says just what was written, or a `Number`.

    OpenSearch gives `_source` as the text that was stored. orjson is fast and rounds; but where writing its result gives
    the same bytes again, nothing was rounded, dropped or named twice. Only hits for which that fails are read slowly.
    Raises StoreUnreadable for what is not JSON, is cut short, or names a field twice.
    """
    try:
        parsed: dict[str, Any] = orjson.loads(page)
    except orjson.JSONDecodeError:
        parsed, walks = _decoded(_ROUGH.decode, page, source), False  # also what orjson refuses and JSON permits
    else:
        walks = True
    hits = _held(parsed)
    if hits is None:
        raise StoreUnreadable(f"{source}: the answer has no documents; is this the address of an OpenSearch cluster?")
    if not walks or _written(parsed) != page:
        exact = _walked(hits, page, source) if walks else None
        hits[:] = _held(_decoded(JSON.decode, page, source)) or [] if exact is None else exact
    return parsed


def _held(parsed: Any) -> list[Hit] | None:
    """The list of hits, where there is one."""
    outer = parsed.get("hits") if isinstance(parsed, dict) else None
    hits = outer.get("hits") if isinstance(outer, dict) else None
    return hits if isinstance(hits, list) and all(isinstance(hit, dict) for hit in hits) else None


def _decoded(decode: Callable[[str], Any], page: bytes, source: str) -> Any:
    try:
        return decode(page.decode())
    except (ValueError, RecursionError) as error:
        raise StoreUnreadable(f"{source}: the answer is not JSON, or cut short: {_shown(error)}") from None


def _shown(error: Exception) -> str:
    """What is wrong and where, without the text around it."""
    return f"{error.msg} at {error.pos}" if isinstance(error, json.JSONDecodeError) else str(error) or "nested too deep"


def _written(value: Any) -> bytes:
    """The value as orjson writes it; empty where it is nested too deep for that."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return b""


def _walked(hits: list[Hit], page: bytes, source: str) -> list[Hit] | None:
    """Each hit, proven or read slowly, going through the text from one to the next; None where it is written otherwise."""
    text, found = page.decode(), []
    at = text.find(_HITS) + len(_HITS)
    if at < len(_HITS):
        return None
    spaced = json.JSONEncoder(ensure_ascii="\\u" in text).encode
    for hit in hits:
        length = _proven(hit, text, at, spaced)
        if length:
            found.append(hit)
            at += length + 1
            continue
        if text[at : at + 1] != "{":
            return None
        exact, end = _alone(text, at, f"{source}: document {hit.get('_id')!r}")
        found.append(exact)
        at = end + 1
    return found


def _alone(text: str, at: int, place: str) -> tuple[Hit, int]:
    """The hit that begins here, exact, and where it ends."""
    try:
        exact, end = _QUICK.raw_decode(text, at)
    except (ValueError, RecursionError):
        try:  # the careful one also reads integers of thousands of digits, and says best what is wrong
            exact, end = JSON.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            raise StoreUnreadable(f"{place}: {_shown(error)}") from None
    return exact, end


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name appears twice in one object")
    return found


def _real(text: str) -> float | Number:
    value = float(text)
    return value if repr(value) == text else Number(canonical_number(text))


def _constant(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


# For what lies around the hits, which are read again: Python refuses to make an integer of thousands of digits.
_ROUGH: Final = json.JSONDecoder(parse_int=lambda text: int(text) if len(text) < 20 else 0)
# Python's own integers are exact already; fractions become floats only where those say the same digits.
_QUICK: Final = json.JSONDecoder(object_pairs_hook=_once, parse_float=_real, parse_constant=_constant)


def _proven(hit: Hit, text: str, at: int, spaced: Callable[[Any], str]) -> int:
    """
    How long the hit is in the text, when writing it gives the very text; else 0.

    Tried are the two ways most clients write JSON: without blanks, and as Python's json does, with blanks after marks.
    """
    compact = _written(hit).decode()
    if compact and text.startswith(compact, at):
        return len(compact)
    inner = hit.get("_source")
    if not compact or not isinstance(inner, dict):
        return 0
    before, mark, _ = compact.partition(_SOURCE)
    after = compact[len(before) + len(mark) + len(orjson.dumps(inner).decode()) :]
    other = f"{before}{mark}{spaced(inner)}{after}"
    return len(other) if text.startswith(other, at) else 0
