"""What a bucket is, beside its objects; a question that was denied is told, not guessed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError
from pydantic import JsonValue

from verify.core.errors import StoreRefused, StoreUnavailable
from verify.stores.s3._edge import s3_errors
from verify.stores.s3.session import Client

Told = Mapping[str, Any]
# How S3 says that a bucket has no such configuration, and nothing else.
_NOT_SET: Final = frozenset({
    "ServerSideEncryptionConfigurationNotFoundError", "NoSuchPublicAccessBlockConfiguration",
    "NoSuchLifecycleConfiguration",
})  # fmt: skip
_NOT_KNOWN: Final = frozenset({"NotImplemented", "MethodNotAllowed", "XNotImplemented"})


def _versioning(told: Told) -> JsonValue:
    return str(told.get("Status", "never"))


def _encryption(told: Told) -> JsonValue:
    rules = told.get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    found = {rule.get("ApplyServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "none") for rule in rules}
    return ", ".join(sorted(found)) or "none"


def _public(told: Told) -> JsonValue:
    found = told.get("PublicAccessBlockConfiguration", {})
    return {name: bool(found[name]) for name in sorted(found)}


def _lifecycle(told: Told) -> JsonValue:
    return any(rule.get("Status") == "Enabled" for rule in told.get("Rules", ()))


_QUESTIONS: Final[tuple[tuple[str, str, Callable[[Told], JsonValue], JsonValue], ...]] = (
    ("versioning", "get_bucket_versioning", _versioning, "never"),
    ("encryption", "get_bucket_encryption", _encryption, "none"),
    ("public access block", "get_public_access_block", _public, "none"),
    ("lifecycle", "get_bucket_lifecycle_configuration", _lifecycle, False),
)


def settings(client: Client, bucket: str, source: str) -> tuple[dict[str, JsonValue], tuple[str, ...]]:
    """The settings that could be asked, by name, and one sentence for each that could not."""
    found: dict[str, JsonValue] = {}
    advice: list[str] = []
    for name, operation, read, unset in _QUESTIONS:
        try:
            with s3_errors(source, name):
                found[name] = _asked(client, operation, bucket, read, unset)
        except StoreRefused as error:
            advice.append(f"{name} was not compared: {error}")
        except StoreUnavailable as error:
            if not any(word in str(error) for word in _NOT_KNOWN):
                raise
            advice.append(f"{name} was not compared: {error}")
    return found, tuple(advice)


def _asked(
    client: Client, operation: str, bucket: str, read: Callable[[Told], JsonValue], unset: JsonValue
) -> JsonValue:
    try:
        return read(getattr(client, operation)(Bucket=bucket))
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOT_SET:
            return unset
        raise
