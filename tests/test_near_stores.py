"""Which stores count as serving users."""

from __future__ import annotations

import pytest

from verify.core.secrets import Secret
from verify.opening import _is_near

NEAR = [
    {"path": "data.json"},
    {"dsn": "postgresql://u@127.0.0.1:5432/db"},
    {"dsn": "host=localhost dbname=db"},
    {"dsn": "postgresql:///db?host=/var/run/postgresql"},
    {"host": "::1", "database": "db"},
    {"dsn": Secret("${DSN}", lambda: "postgresql://u@localhost/db")},
]
FAR = [
    {"dsn": "postgresql://u@db.example.com/db"},
    {"dsn": "host=db.example.com dbname=db"},
    {"dsn": "hostaddr=192.0.2.7 host=localhost"},
    {"dsn": "postgresql:///db?host=db.example.com"},
    {"host": "db.example.com", "database": "db"},
    {"dsn": Secret("${DSN}", lambda: "postgresql://u@db.example.com/db")},
]


@pytest.mark.parametrize("options", NEAR, ids=str)
def test_a_file_or_a_loopback_host_is_near(options):
    """What lives on this machine need not be protected by default."""
    assert _is_near(options)


@pytest.mark.parametrize("options", FAR, ids=str)
def test_any_other_host_is_protected(options):
    """However the host is written, one that is not loopback counts as serving users."""
    assert not _is_near(options)
