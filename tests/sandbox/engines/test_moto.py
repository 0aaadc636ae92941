"""Two stand-ins of AWS run at once, keep apart, and leave nothing."""

from __future__ import annotations

import socket
from pathlib import Path

import boto3
import pytest

from sandbox.engines import moto
from sandbox.engines.moto import Endpoint

pytestmark = pytest.mark.xdist_group("engines")


def _buckets(at: Endpoint, make: str = "") -> list[str]:
    client = boto3.client("s3", endpoint_url=at.url, region_name=at.region, aws_access_key_id=at.access_key,
                          aws_secret_access_key=at.secret_key)  # fmt: skip
    if make:
        client.create_bucket(Bucket=make)
    found = [each["Name"] for each in client.list_buckets()["Buckets"]]
    client.close()
    return found


def test_two_servers_know_nothing_of_each_other_and_leave_nothing(tmp_path: Path) -> None:
    """What one holds the other does not; afterwards ports and folders are gone."""
    with moto.running(tmp_path) as one, moto.running(tmp_path) as other:
        assert _buckets(one, make="here") == ["here"]
        assert _buckets(other) == []
        assert one.secret_key not in repr(one)
    assert list(tmp_path.iterdir()) == []
    for each in (one, other):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", each.port))


def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    """Nobody outside of this machine can reach it."""
    with moto.running(tmp_path) as server:
        lines = [line for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
        sockets = [line.split() for line in lines]
        listening = [fields[1].split(":") for fields in sockets if fields[3] == "0A"]
        assert {address for address, port in listening if int(port, 16) == server.port} == {"0100007F"}
