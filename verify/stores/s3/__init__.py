"""S3 and what speaks like it (MinIO): a record is an object, or a JSON document in one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from verify.core.scalars import Flag, Size
from verify.core.secrets import Secret
from verify.stores.registry import described
from verify.stores.s3.session import Session
from verify.stores.s3.store import S3Store


class Options(BaseModel):
    """
    Which bucket, below which prefix, and how its content is known.

    Without keys botocore's own chain finds them (environment, profile, role). Every text of the address may be a
    `${…}` reference; such a value reaches only the driver.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bucket: str
    prefix: str | None = None
    region: str | None = None
    endpoint: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    session_token: str | None = None
    contents: Literal["objects", "json"] = "objects"
    hash: Literal["content", "checksum", "etag-if-md5"] = "checksum"
    budget_bytes: Size = Field(default=10 * 2**30)
    versions: Flag = False

    @model_validator(mode="after")
    def _whole(self) -> Options:
        if (self.access_key is None) is not (self.secret_key is None):
            raise ValueError("access_key: and secret_key: belong together")
        if self.session_token is not None and self.access_key is None:
            raise ValueError("session_token: needs access_key: and secret_key:")
        if self.versions and self.contents == "json":
            raise ValueError("versions: is for contents: objects")
        return self


def connect(options: Mapping[str, Secret | JsonValue], *, source: str, protect: bool) -> S3Store:
    """A store with a client of its own for each question; `protect` changes nothing: four connections, 10 GiB."""
    del protect
    read = described(Options, options)
    return S3Store(
        session=Session(source=source, options=options),
        contents=read.contents,
        hash=read.hash,
        budget_bytes=read.budget_bytes,
        versions=read.versions,
    )


__all__ = ["Options", "connect"]
