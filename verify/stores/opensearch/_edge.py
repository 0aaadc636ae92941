"""The one place where what httpx, botocore and OpenSearch itself say becomes a StoreError."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import orjson
from botocore.exceptions import BotoCoreError

from verify.core.errors import CollectionMissing, StoreError, StoreRefused, StoreUnavailable, StoreUnreadable

_TOLD: Final[dict[str, tuple[type[StoreError], str]]] = {
    "index_not_found_exception": (CollectionMissing, "there is no such index or alias"),
    "index_closed_exception": (StoreUnavailable, "the index is closed; open it"),
    "search_context_missing_exception": (StoreUnreadable, "the point in time was lost while it was read; ask again"),
    "security_exception": (StoreRefused, "not permitted"),
    "circuit_breaking_exception": (StoreUnavailable, "the cluster is short of memory; lower page:, or ask later"),
}
_LONGEST: Final = 300


class TooLarge(Exception):
    """An answer would pass the cap, or the cluster's memory; a smaller page may do."""


@contextmanager
def wire_errors(source: str) -> Iterator[None]:
    """Raises StoreError for what goes wrong between us and the cluster; the address is left out, it may hold a password."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise StoreUnavailable(f"{source}: no answer in time ({type(error).__name__})") from None
    except httpx.RemoteProtocolError as error:
        raise StoreUnreadable(f"{source}: the answer is cut short or is not HTTP: {error}") from None
    except (httpx.TransportError, ssl.SSLError) as error:
        raise StoreUnavailable(f"{source}: {error or type(error).__name__}") from None
    except (httpx.InvalidURL, UnicodeError):
        raise StoreUnavailable(f"{source}: url: is not an address; write https://host:port") from None
    except BotoCoreError as error:
        raise StoreRefused(f"{source}: the request cannot be signed: {error}") from None
    except OSError as error:
        raise StoreUnavailable(f"{source}: {error.strerror or error}") from None


def _reason(body: bytes) -> tuple[str, str] | None:
    """Type and reason of an OpenSearch error; None when the body is none, as a proxy's page is."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    error = told.get("error", told) if isinstance(told, dict) else None
    if isinstance(error, str):
        return "", error
    if not isinstance(error, dict):
        return None
    roots = error.get("root_cause") or [error]
    root = roots[0] if isinstance(roots[0], dict) else error
    reason = root.get("reason") or root.get("Message") or root.get("message")
    return (str(root.get("type", "")), str(reason)) if reason else None


def refusal(source: str, status: int, body: bytes) -> StoreError:
    """What a status other than 200 means for the reader."""
    found = _reason(body)
    kind, reason = found or ("", "")
    shown = f"{status} {kind}: {reason}"[:_LONGEST] if found else f"{status} without a reason OpenSearch would give"
    if status in (401, 403):
        return StoreRefused(f"{source}: {shown}; check the credentials and what they permit")
    if kind in _TOLD:
        error, remedy = _TOLD[kind]
        return error(f"{source}: {remedy} ({shown})")
    if status == 429 or status >= 500:
        return StoreUnavailable(f"{source}: {shown}")
    if found and 400 <= status < 500:
        return StoreRefused(f"{source}: the cluster refuses the question: {shown}")
    return StoreUnavailable(f"{source}: {shown}; is this the address of an OpenSearch cluster?")
