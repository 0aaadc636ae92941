"""Addresses that nobody may ask are known in every dress."""

from __future__ import annotations

import pytest

from verify.clients._addresses import is_refused


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "febf::1", "fd00:ec2::254", "::ffff:169.254.1.1",
     "::ffff:a9fe:a9fe", "2002:a9fe:a9fe::1", "64:ff9b::169.254.169.254", "::169.254.169.254"],
)  # fmt: skip
def test_link_local_and_metadata_addresses_are_refused(address):
    """Plain, mapped, translated and tunnelled spellings are refused."""
    assert is_refused(address)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "8.8.8.8", "::1", "fd00:ec2::253", "fec0::1", "2001:db8::1"]
)
def test_ordinary_addresses_are_not_refused(address):
    """Loopback, private and public addresses may be asked."""
    assert not is_refused(address)
