"""The folder where engines are kept once they were fetched, filled by one process at a time and never half."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.accounts import Account, reachable
from sandbox.errors import EngineMissing

VARIABLE = "CUTOVER_CACHE"
_SHARED = Path("/var/cache/cutover")


def require_supported(engine: str) -> None:
    """The platform is Linux on x86-64; EngineMissing otherwise."""
    if sys.platform != "linux" or platform.machine() not in {"x86_64", "AMD64"}:
        raise EngineMissing(f"{engine}: no pinned binaries for {sys.platform} on {platform.machine()}; "
                            f"install {engine} so that it is on PATH, or use Linux x86-64")  # fmt: skip


def _usable(folder: Path, account: Account | None) -> bool:
    """Whether the folder exists now, is ours and can be entered by the account."""
    if not reachable(folder, account):
        return False
    try:
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    except OSError:
        return False
    status = folder.lstat()
    ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
    return ours and os.access(folder, os.W_OK) and reachable(folder, account)


def cache_folder(account: Account | None) -> Path:
    """The cache folder, made if need be.

    CUTOVER_CACHE when set, else the user's cache folder; where root's own folder is closed to the account that
    servers run as, a shared one, else one in the temp folder. EngineMissing when none can be used.
    """
    named = os.environ.get(VARIABLE)
    if named:
        folder = Path(named).expanduser().absolute()
        if not _usable(folder, account):
            who = f"user {account.name}" if account else "you"
            raise EngineMissing(f"{VARIABLE}={folder}: not a folder of yours that {who} can enter; name another")
        return folder
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    choices = [home / "cutover", _SHARED, Path(tempfile.gettempdir()) / f"cutover-cache-{os.geteuid()}"]
    for folder in choices:
        if _usable(folder, account):
            return folder
    raise EngineMissing(f"no cache folder can be used of {', '.join(map(str, choices))}; set {VARIABLE}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _open_to_all(folder: Path) -> None:
    """Files under the folder can be read, and run where their owner can, by every user: servers run as another one."""
    for each in (folder, *folder.rglob("*")):
        if not each.is_symlink():
            mode = stat.S_IMODE(each.stat().st_mode)
            runs = each.is_dir() or bool(mode & 0o100)
            each.chmod(mode | (0o755 if runs else 0o644))


def unpacked(cache: Path, name: str, fill: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache, complete: filled once by `fill` in a temporary folder that is then renamed."""
    place = cache / name
    if place.is_dir():
        return place
    with _locked(cache / f".{name}.lock"):
        if place.is_dir():
            return place
        staging = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=cache))
        try:
            fill(staging)
            _open_to_all(staging)
            staging.rename(place)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return place


def require_digest(file: Path, expected: str) -> None:
    """The file's SHA-256 is the expected one (hex); else the file is removed and EngineMissing names both."""
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != expected:
        file.unlink()
        raise EngineMissing(f"{file.name}: SHA-256 is {found}, pinned is {expected}; the file was removed; "
                            "try again, and if it stays so do not trust the source")  # fmt: skip
