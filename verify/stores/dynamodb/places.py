"""Which DynamoDB answers, however its address is spelt."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from verify.stores.dynamodb._edge import wire_errors
from verify.stores.dynamodb.table import table_of
from verify.stores.dynamodb.wire import Talk

_LOCAL = "ddblocal"


def place_of(talk: Talk, table: str | None) -> str:
    """
    `arn:aws:dynamodb:region:account` as the first table says it.

    DynamoDB Local gives every server the same account, so there, and where there is no table, the server's address
    counts as well.
    """
    prefix = table_of(talk, table).arn.rpartition(":")[0] if table is not None else f"dynamodb {talk.signer.region}"
    if table is not None and _LOCAL not in prefix.split(":"):
        return prefix
    return f"{prefix} at {_address(talk)}"


def _address(talk: Talk) -> str:
    at = urlsplit(talk.signer.endpoint)
    if at.hostname is None or at.hostname.endswith(".amazonaws.com"):
        return at.hostname or talk.signer.endpoint
    port = at.port or (443 if at.scheme == "https" else 80)
    with wire_errors(talk.source):
        found = socket.getaddrinfo(at.hostname, port, type=socket.SOCK_STREAM)
    return min(f"{each[4][0]} port {port}" for each in found if len(found) == 1 or each[0] == socket.AF_INET)
