"""The unprivileged user that servers run as when the caller is root, and what that user can reach."""

from __future__ import annotations

import os
import pwd
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxError

_NAMES = ("nobody", "daemon")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user by name and by numbers."""

    name: str
    uid: int
    gid: int


def unprivileged() -> Account | None:
    """The account servers must run as, or None when the caller is no root and simply runs them itself."""
    if os.geteuid() != 0:
        return None
    for name in _NAMES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=found.pw_uid, gid=found.pw_gid)
    raise SandboxError(f"database servers refuse to run as root, and none of the users {', '.join(_NAMES)} exists; "
                       "run as an ordinary user")  # fmt: skip


def _may(status: os.stat_result, account: Account, right: int) -> bool:
    """Whether mode bits grant the right (4 read, 1 enter); access lists are not read."""
    if status.st_uid == account.uid:
        return bool(stat.S_IMODE(status.st_mode) >> 6 & right)
    if status.st_gid == account.gid:
        return bool(stat.S_IMODE(status.st_mode) >> 3 & right)
    return bool(stat.S_IMODE(status.st_mode) & right)


def reachable(path: Path, account: Account | None) -> bool:
    """Whether the account can enter every existing folder on the way to `path`, and `path` itself if it is one."""
    if account is None:
        return True
    resolved = path.resolve()
    existing = [each for each in (resolved, *resolved.parents) if each.exists()]
    return all(_may(each.stat(), account, 1) for each in existing if each.is_dir())


def private_folder(near: Path, account: Account | None) -> Path:
    """A new folder, mode 0700, owned by the account: inside `near` where it can get there, else in the temp folder.

    Its path stays short enough for a Unix socket (a limit of 107 bytes).
    """
    near = near.resolve()
    fits = len(str(near)) <= 60 and near.is_dir() and reachable(near, account)
    made = Path(tempfile.mkdtemp(prefix="cutover-", dir=near if fits else None))
    if account is not None:
        os.chown(made, account.uid, account.gid)
    return made
