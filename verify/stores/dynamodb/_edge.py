"""The one place where what DynamoDB, botocore and the way to them say becomes a StoreError."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from verify.core.errors import CollectionMissing, StoreError, StoreRefused, StoreUnavailable, StoreUnreadable

THROTTLED: Final = frozenset({
    "ProvisionedThroughputExceededException", "ThrottlingException", "Throttling", "RequestLimitExceeded",
    "TooManyRequestsException",
})  # fmt: skip
_REFUSALS: Final = {
    "ExpiredTokenException": "the credentials have expired",
    "ExpiredToken": "the credentials have expired",
    "UnrecognizedClientException": "the access key or session token is not known there",
    "InvalidClientTokenId": "the access key is not known there",
    "AccessDeniedException": "not permitted",
    "AccessDenied": "not permitted",
    "InvalidSignatureException": "the signature is refused: a wrong secret key, or a clock that is off",
    "SignatureDoesNotMatch": "the signature is refused: a wrong secret key",
    "IncompleteSignatureException": "the signature is refused as incomplete",
    "MissingAuthenticationTokenException": "there are no credentials in the request",
    "MissingAuthenticationToken": "there are no credentials in the request",
    "OptInRequired": "the account is not subscribed to the service",
}
_MISSING: Final = frozenset({"ResourceNotFoundException", "TableNotFoundException"})


class UnknownOperation(StoreUnreadable):
    """The server does not know the question (DynamoDB Local knows no backups)."""


def answered(source: str, *, status: int, code: str, message: str) -> StoreError:
    """The error for what the server said instead of an answer: its code, its words, and what they mean."""
    said = f"{code or f'status {status}'}{': ' if message else ''}{' '.join(message.split())[:300]}"
    if code in _REFUSALS:
        return StoreRefused(f"{source}: {_REFUSALS[code]} ({said})")
    if code in _MISSING:
        return CollectionMissing(f"{source}: there is no such table ({said})")
    if code == "UnknownOperationException":
        return UnknownOperation(f"{source}: {said}")
    if status >= 500 or code in THROTTLED:
        return StoreUnavailable(f"{source}: {said}")
    return StoreUnreadable(f"{source}: answered {status} instead of a page ({said})")


@contextmanager
def wire_errors(source: str) -> Iterator[None]:
    """Raises StoreError for what the sockets and HTTP say inside the block."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise StoreUnavailable(f"{source}: the certificate is not accepted: {error.verify_message}") from None
    except http.client.IncompleteRead as error:
        raise StoreUnreadable(f"{source}: the answer is cut short after {len(error.partial)} bytes") from None
    except http.client.HTTPException as error:
        if isinstance(error, ConnectionError):
            raise StoreUnavailable(f"{source}: the connection was closed without an answer") from None
        raise StoreUnreadable(f"{source}: not HTTP as DynamoDB speaks it: {type(error).__name__}") from None
    except TimeoutError:
        raise StoreUnavailable(f"{source}: no answer in time") from None
    except OSError as error:
        raise StoreUnavailable(f"{source}: {error.strerror or error}") from None


@contextmanager
def credential_errors(source: str) -> Iterator[None]:
    """Raises StoreRefused when botocore's chain cannot give credentials or a region."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StoreRefused(f"{source}: no credentials: {' '.join(str(error).split())}") from None
