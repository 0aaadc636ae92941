"""Names become addresses here, once, and addresses nobody may ask are refused."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
from typing import Final, TypeAlias

from verify.core.errors import DeadlineExceeded, HostNotDeclared

IpAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Found: TypeAlias = tuple[int, tuple[str | int | bytes, ...]]

# Link-local ranges hold the metadata services of every large cloud; fd00:ec2::254 is the one AWS put elsewhere.
_REFUSED: Final = tuple(
    ipaddress.ip_network(each) for each in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::254/128", "fd20:ce::254/128")
)
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


def _inner(address: IpAddress) -> IpAddress:
    """The IPv4 address inside an IPv6 one (mapped, 6to4, NAT64, compatible), or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inside = address.ipv4_mapped or address.sixtofour
    if inside is None and (address in _NAT64 or 0xFFFF < int(address) < 2**32):
        inside = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return inside or address


def is_refused(address: str) -> bool:
    """True when the address, in whatever form, lies in a link-local or metadata range."""
    inner = _inner(ipaddress.ip_address(address))
    return any(inner.version == network.version and inner in network for network in _REFUSED)


def _names_itself(host: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(host) == ipaddress.ip_address(address)
    except ValueError:
        return False


def vet(host: str, found: list[Found]) -> None:
    """
    Returns when every address may be contacted.

    A link-local or metadata address is allowed only when the description writes exactly that address, so
    neither a name, nor a number such as 2852039166, nor an IPv4 address dressed as IPv6 leads there.
    Raises HostNotDeclared.
    """
    for _, place in found:
        address = str(place[0])
        plain = _inner(ipaddress.ip_address(address)) == ipaddress.ip_address(address)
        if is_refused(address) and not (plain and _names_itself(host, address)):
            raise HostNotDeclared(
                f"{host} resolves to {address}, a link-local or metadata address; it was not contacted; "
                "write the address itself in the description if it is meant"
            )


def resolve(host: str, port: int, within: float) -> list[Found]:
    """
    The addresses of a name, in the system's order.

    `within` is seconds. The system's resolver cannot be interrupted, so it runs in a thread that is left
    behind when time is up. Raises DeadlineExceeded, socket.gaierror, UnicodeError.
    """
    answers: queue.SimpleQueue[list[Found] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put([(row[0], row[4]) for row in rows])
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, daemon=True, name=f"resolve {host}").start()
    try:
        answer = answers.get(timeout=within)
    except queue.Empty:
        raise DeadlineExceeded(f"the deadline passed while {host} was being resolved") from None
    if isinstance(answer, Exception):
        raise answer
    return answer
