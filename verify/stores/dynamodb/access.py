"""Where DynamoDB is and who asks: region, endpoint and credentials, found when the first question is asked."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from pydantic import JsonValue

from verify.core.errors import StoreRefused, StoreUnavailable
from verify.core.secrets import Secret
from verify.stores._edge import given, revealed
from verify.stores.dynamodb._edge import credential_errors

_KEYS = {"access_key": "access_key", "secret_key": "secret_key", "token": "session_token"}
_TYPE = "application/x-amz-json-1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One endpoint (`https://host[:port]`) and the credentials for it, which botocore renews where they can be."""

    endpoint: str
    region: str
    credentials: Credentials = field(repr=False)
    source: str

    def signed(self, operation: str, body: bytes) -> dict[str, str]:
        """The headers of a POST of `body` to the endpoint, signed (AWS Signature Version 4)."""
        headers = {"Content-Type": _TYPE, "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        request = AWSRequest(method="POST", url=f"{self.endpoint}/", data=body, headers=headers)
        with credential_errors(self.source):
            SigV4Auth(self.credentials, "dynamodb", self.region).add_auth(request)
        return dict(request.headers.items())


class Access:
    """The way to a `Signer`; secrets stay handles until botocore's argument list."""

    def __init__(self, *, source: str, options: Mapping[str, Secret | JsonValue]) -> None:
        self._source = source
        self._options = options
        self._lock = threading.Lock()
        self._signer: Signer | None = None

    def signer(self) -> Signer:
        """The one signer of this store. Raises StoreRefused without credentials, StoreUnavailable without a place."""
        with self._lock:
            if self._signer is None:
                self._signer = self._found()
            return self._signer

    def _found(self) -> Signer:
        with credential_errors(self._source):
            session = botocore.session.Session()
            for word, value in given(self._options, {"profile": "profile"}).items():
                session.set_config_variable(word, value)
            region = self._region(session)
            credentials = self._credentials(session)
            return Signer(endpoint=self._endpoint(session, region), region=region, credentials=credentials,
                          source=self._source)  # fmt: skip

    def _region(self, session: botocore.session.Session) -> str:
        named = self._options.get("region")
        found = revealed(named) if named is not None else session.get_config_variable("region")
        if not found:
            raise StoreUnavailable(f"{self._source}: no region; write region: or set it in the profile")
        return str(found)

    def _credentials(self, session: botocore.session.Session) -> Credentials:
        if self._options.get("access_key") is not None:
            return Credentials(**given(self._options, _KEYS))
        found = session.get_credentials()
        if found is None:
            raise StoreRefused(f"{self._source}: no credentials; write access_key: and secret_key:, or a profile:")
        return found

    def _endpoint(self, session: botocore.session.Session, region: str) -> str:
        named = self._options.get("endpoint")
        if named is None:
            found = session.get_component("endpoint_resolver").construct_endpoint("dynamodb", region)
            if not found:
                raise StoreUnavailable(f"{self._source}: {region!r} is no region with DynamoDB")
            return f"https://{found['hostname']}"
        return _checked(revealed(named), self._source)


def _checked(address: str, source: str) -> str:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.username or parts.path.strip("/") or parts.query:
        raise StoreUnavailable(f"{source}: the endpoint is not one; write https://host or http://host:port")
    return f"{parts.scheme}://{parts.netloc}"
