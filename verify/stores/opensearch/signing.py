"""Requests signed for Amazon's managed service."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

import botocore.session
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError

SERVICE: Final = "es"


class Signed(httpx.Auth):
    """
    Signs each request (Signature Version 4) with the credentials botocore's chain finds, renewed as they expire.

    Raises NoCredentialsError where it finds none.
    """

    requires_request_body = True

    def __init__(self, region: str) -> None:
        self._region = region
        self._credentials = botocore.session.Session().get_credentials()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """The request with its signature."""
        if self._credentials is None:
            raise NoCredentialsError
        signed = AWSRequest(
            method=request.method, url=str(request.url), data=request.content,
            headers={name: request.headers[name] for name in ("content-type", "host") if name in request.headers},
        )  # fmt: skip
        SigV4Auth(self._credentials.get_frozen_credentials(), SERVICE, self._region).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        yield request
