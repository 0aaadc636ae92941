"""A real OpenSearch node starts, answers, keeps to itself and leaves nothing."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from sandbox.engines import opensearch
from sandbox.errors import EngineMissing, StartFailed
from sandbox.processes import keeping

pytestmark = pytest.mark.xdist_group("engines")


def ask(node, method, path, **more):
    """The node's answer."""
    return httpx.request(method, f"{node.url}{path}", timeout=60, trust_env=False, **more).raise_for_status().json()


def test_two_nodes_are_two_clusters_and_leave_nothing(tmp_path):
    """Two nodes at once answer with ids of their own, listen on loopback only, and are gone afterwards with all data."""
    with keeping() as keeper, ExitStack() as stack:

        def start(name):
            return stack.enter_context(opensearch.running(tmp_path, keeper=keeper, name=name))

        with ThreadPoolExecutor(2) as pool:
            nodes = list(pool.map(start, ["baseline", "candidate"]))
        told = [ask(node, "GET", "/") for node in nodes]
        assert [each["cluster_name"] for each in told] == [node.cluster for node in nodes]
        assert [node.cluster.partition("-")[0] for node in nodes] == ["baseline", "candidate"]
        assert len({each["cluster_uuid"] for each in told}) == 2
        assert {each["version"]["number"] for each in told} == {opensearch.VERSION}
        ask(nodes[0], "PUT", "/products/_doc/1?refresh=true", json={"a": 1})
        assert ask(nodes[0], "GET", "/products/_count")["count"] == 1
        assert "products" not in ask(nodes[1], "GET", "/_settings")
        lines = [
            line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()
        ]
        heard = [each[1].split(":") for each in lines if each[3] == "0A"]
        for node in nodes:
            assert {place for place, port in heard if int(port, 16) == node.port} <= {
                "0100007F", "0000000000000000FFFF00000100007F",
            }  # fmt: skip
    assert list(tmp_path.iterdir()) == []
    for node in nodes:
        assert not Path(f"/proc/{node.pid}").exists()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((node.host, node.port))


def test_start_that_fails_shows_the_log(tmp_path, monkeypatch):
    """A node whose Java cannot start is an error with the end of its log."""
    monkeypatch.setattr(opensearch, "_JVM", ("-XX:NoSuchOption",))
    with pytest.raises(StartFailed, match="NoSuchOption"), opensearch.running(tmp_path):
        pytest.fail("must not start")
    assert list(tmp_path.iterdir()) == []


def test_folder_without_distribution_is_named(tmp_path, monkeypatch):
    """A cache folder that holds something else is an error that says which folder to remove."""
    monkeypatch.setattr(opensearch, "_fill", lambda _: None)
    monkeypatch.setattr(opensearch, "cache_folder", lambda _: tmp_path)
    with pytest.raises(EngineMissing, match=r"holds no OpenSearch 3\.1\.0; remove it and try again"):
        opensearch.home()
