"""The one place where what drivers raise becomes a StoreError."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import psycopg
import pyarrow as pa
from pydantic import JsonValue

from verify.core.errors import CollectionMissing, StoreError, StoreRefused, StoreUnavailable, StoreUnreadable
from verify.core.secrets import Secret

_BY_STATE: Final[dict[str, type[StoreError]]] = {
    "42P01": CollectionMissing, "42703": CollectionMissing, "3F000": CollectionMissing, "3D000": CollectionMissing,
    "42501": StoreRefused, "28000": StoreRefused, "28P01": StoreRefused,
    # A function of theirs is called like one of the server's, so that the server cannot choose.
    "42725": StoreUnreadable,
    "55P03": StoreUnavailable, "55006": StoreUnavailable, "HV00N": StoreUnavailable,
}  # fmt: skip
_BY_CLASS: Final[dict[str, type[StoreError]]] = {
    "08": StoreUnavailable, "25": StoreUnavailable, "40": StoreUnavailable, "53": StoreUnavailable,
    "57": StoreUnavailable, "72": StoreUnavailable,
    **dict.fromkeys(("0A", "20", "21", "22", "2F", "38", "39", "54", "55", "58", "HV", "P0", "XX"), StoreUnreadable),
}  # fmt: skip
# A refused log-in carries no SQLSTATE in libpq, only its words; a server in another language reads as unavailable.
_REFUSALS: Final = ("authentication", "password", "pg_hba.conf", "permission denied", "not permitted to log in")


def _kind_of(error: psycopg.Error) -> type[StoreError] | None:
    if error.sqlstate:
        known = _BY_STATE.get(error.sqlstate) or _BY_CLASS.get(error.sqlstate[:2])
        # What has a context was said inside a function of theirs: our own statement the server could read.
        return known or (StoreUnreadable if error.diag.context else None)
    text = str(error)
    if any(word in text for word in _REFUSALS) or ('role "' in text and "does not exist" in text):
        return StoreRefused
    if 'database "' in text and "does not exist" in text:
        return CollectionMissing
    return StoreUnavailable if isinstance(error, psycopg.OperationalError) else None


@contextmanager
def postgres_errors(source: str) -> Iterator[None]:
    """
    Raises StoreError for whatever psycopg says about the server inside the block.

    A statement the server cannot parse is our defect and passes through.
    """
    try:
        yield
    except psycopg.Error as error:
        kind = _kind_of(error)
        if kind is None:
            raise
        # What the server quotes of the statement (LINE 1: …) is ours and helps nobody.
        reason = " ".join((error.diag.message_primary or str(error)).split()) or type(error).__name__
        raise kind(f"{source}: {reason}") from None
    except pa.ArrowInvalid as error:
        raise StoreUnreadable(f"{source}: the rows cannot be read as text: {error}") from None


@contextmanager
def address_errors(source: str) -> Iterator[None]:
    """Raises StoreUnavailable for an address psycopg cannot read; its words are left out, they quote the password."""
    try:
        yield
    except (psycopg.ProgrammingError, UnicodeError):
        raise StoreUnavailable(f"{source}: the address (dsn) is not one libpq can read; write postgresql://…") from None


@contextmanager
def file_errors(source: str) -> Iterator[None]:
    """Raises StoreError for what the file system, gzip or the decoder says inside the block."""
    try:
        yield
    except FileNotFoundError as error:
        raise CollectionMissing(f"{source}: there is no file {error.filename}") from None
    except (PermissionError, IsADirectoryError) as error:
        raise StoreRefused(f"{source}: {error.strerror}: {error.filename}") from None
    except EOFError:
        raise StoreUnreadable(f"{source}: the compressed file is cut short") from None
    except UnicodeDecodeError as error:
        raise StoreUnreadable(f"{source}: not UTF-8: {error.reason}") from None
    except gzip.BadGzipFile:
        raise StoreUnreadable(
            f"{source}: the compressed file is damaged: something that is not gzip is in it"
        ) from None
    except zlib.error as error:
        raise StoreUnreadable(f"{source}: the compressed file is damaged: {error}") from None
    except OSError as error:
        raise StoreUnreadable(f"{source}: {error.strerror or error}") from None


def revealed(value: Secret | JsonValue) -> str:
    """The text of an option; call it only in the argument list of a driver."""
    return value.reveal() if isinstance(value, Secret) else str(value)


def given(options: Mapping[str, Secret | JsonValue], words: Mapping[str, str]) -> dict[str, str]:
    """The options that are set, revealed, under the driver's words; call it only in the argument list of a driver."""
    return {word: revealed(options[name]) for word, name in words.items() if options.get(name) is not None}
