"""The one place where what botocore raises becomes a StoreError."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from verify.core.errors import CollectionMissing, StoreError, StoreRefused, StoreUnavailable, StoreUnreadable

_CHANGED: Final = "; it changed or was removed while it was read; ask again when nobody writes it"
_BY_CODE: Final[dict[str, type[StoreError]]] = {
    "NoSuchBucket": CollectionMissing, "InvalidBucketName": CollectionMissing,
    "NoSuchKey": StoreUnreadable, "NoSuchVersion": StoreUnreadable, "PreconditionFailed": StoreUnreadable,
    "InvalidObjectState": StoreUnreadable,
    "SlowDown": StoreUnavailable, "RequestTimeout": StoreUnavailable, "RequestLimitExceeded": StoreUnavailable,
    "Throttling": StoreUnavailable, "ThrottlingException": StoreUnavailable, "BandwidthLimitExceeded": StoreUnavailable,
    "TooManyRequests": StoreUnavailable,
}  # fmt: skip
_REMEDIES: Final = {
    "NoSuchKey": _CHANGED, "NoSuchVersion": _CHANGED, "PreconditionFailed": _CHANGED, "404": _CHANGED, "412": _CHANGED,
    "InvalidObjectState": "; the object is archived: restore it first",
    "PermanentRedirect": "; the bucket is in another region: correct region:",
    "AuthorizationHeaderMalformed": "; the bucket is in another region: correct region:",
    "ExpiredToken": "; the credentials have expired: get fresh ones",
    "RequestTimeTooSkewed": "; the clock of this machine is wrong",
}  # fmt: skip
_REFUSED: Final = (
    aws.NoCredentialsError, aws.PartialCredentialsError, aws.CredentialRetrievalError, aws.ProfileNotFound,
    aws.TokenRetrievalError, aws.SSOError, aws.NoRegionError, aws.ParamValidationError, aws.NoAuthTokenError,
    aws.ConfigParseError, aws.ConfigNotFound,
)  # fmt: skip
_BROKEN: Final = (aws.IncompleteReadError, aws.ResponseStreamingError, aws.FlexibleChecksumError)


def _kind_of(code: str, status: int) -> type[StoreError]:
    known = _BY_CODE.get(code)
    if known is not None:
        return known
    if status >= 500 or status == 429:
        return StoreUnavailable
    # HEAD has no body, so the status stands for the code. What is left of the 4xx is a refusal: denied, expired, skewed.
    return StoreUnreadable if status in (404, 412) else StoreRefused


def _translated(error: aws.ClientError) -> tuple[type[StoreError], str]:
    told = error.response.get("Error", {})
    code, message = str(told.get("Code", "")), str(told.get("Message", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    words = f"{error.operation_name}: {code} {message}".rstrip() + _REMEDIES.get(code, "")
    return _kind_of(code, status or _numbered(code)), words


def _numbered(code: str) -> int:
    return int(code) if code.isascii() and code.isdigit() else 0


@contextmanager
def s3_errors(source: str, what: str = "") -> Iterator[None]:
    """Raises StoreError for whatever botocore says about the service, the way to it or the credentials."""
    place = f"{source}: {what}: " if what else f"{source}: "
    try:
        yield
    except aws.ClientError as error:
        kind, words = _translated(error)
        raise kind(f"{place}{words}") from None
    except _REFUSED as error:
        raise StoreRefused(f"{place}{error}") from None
    except _BROKEN as error:
        raise StoreUnreadable(f"{place}the object was truncated or changed while it was read: {error}") from None
    except ResponseParserError:
        raise StoreUnreadable(
            f"{place}the answer is not what S3 answers; is endpoint: that of an S3 service?"
        ) from None
    except aws.BotoCoreError as error:  # connections, time-outs, proxies, TLS
        raise StoreUnavailable(f"{place}{error}") from None
