"""AWS as a source of figures and alarms: clients that can only ask, and what botocore says as our own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from verify.core.errors import AnswerMalformed, DeadlineExceeded, Unreachable
from verify.core.errors import ClientError as NotHeard

# The whole of what may leave this process, by botocore's names; all of them read.
ALLOWED: Final = frozenset({"GetMetricData", "DescribeAlarms", "ListSubscriptionsByTopic"})
_REFUSED: Final = frozenset({
    "AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "ExpiredToken", "ExpiredTokenException",
    "AuthorizationError", "InvalidClientTokenId", "SignatureDoesNotMatch",
})  # fmt: skip
_NAMES: Final = {"cloudwatch": "CloudWatch", "sns": "SNS"}


class Absent(NotHeard):
    """The service answered: there is no such thing."""


def reading_client(service: str, region: str, *, timeout: float) -> Any:
    """
    A client of that service that asks once, waits `timeout` seconds, and sends nothing outside `ALLOWED`.

    Address and credentials are those of the AWS environment (`AWS_PROFILE`, `AWS_ENDPOINT_URL`, …).
    """
    config = Config(connect_timeout=timeout, read_timeout=timeout, retries={"total_max_attempts": 1})
    with aws_errors(service):
        try:
            client = boto3.client(service, region_name=region, config=config)  # type: ignore[call-overload]
        except ValueError:  # its words quote the address, which may hold a password
            raise Unreachable(f"{_NAMES[service]}: the address in AWS_ENDPOINT_URL is none") from None
    return only_asking(client)


def only_asking(client: Any) -> Any:
    """The same client; it refuses, before anything is sent, every operation outside `ALLOWED`."""
    client.meta.events.register_first("before-call", _only_allowed)
    return client


def _only_allowed(*, model: Any, **_: object) -> None:
    if model.name not in ALLOWED:
        raise NotHeard(f"{model.name} is not an operation this suite may send; nothing was sent")


@contextmanager
def aws_errors(service: str) -> Iterator[None]:
    """Raises ClientError kinds for whatever botocore says about the service, the way to it or the credentials."""
    name = _NAMES[service]
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        if code in {"NotFound", "NotFoundException"}:
            raise Absent(f"{name}: there is no such thing ({code})") from error
        what = "these credentials may not ask" if code in _REFUSED else "refused the question"
        raise NotHeard(f"{name}: {what} ({code})") from error
    except ResponseParserError as error:
        raise AnswerMalformed(f"{name}: the answer cannot be read; is this {name}?") from error
    except BotoCoreError as error:
        kind = DeadlineExceeded if "Timeout" in type(error).__name__ else Unreachable
        raise kind(f"{name}: {type(error).__name__}") from error
