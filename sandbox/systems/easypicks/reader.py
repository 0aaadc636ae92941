"""A user of EasyPicks' server that may only read, and a second database beside the one in use."""

from __future__ import annotations

DATABASE = "easypicks"
READER = "easypicks_reader"
REHEARSAL = "easypicks_rehearsal"


def only_reading(password: str) -> tuple[str, ...]:
    """The statements that make both; the password is letters, digits and hyphens."""
    user = f"'{READER}'@'127.0.0.1'"
    grants = (f"GRANT SELECT ON `{database}`.* TO {user}" for database in (DATABASE, REHEARSAL))
    return (f"CREATE DATABASE `{REHEARSAL}`", f"CREATE USER {user} IDENTIFIED BY '{password}'", *grants)
