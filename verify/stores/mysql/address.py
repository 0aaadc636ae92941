"""Where a server is and who asks, as PyMySQL's arguments."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import TypedDict
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import JsonValue

from verify.core.errors import StoreUnavailable
from verify.core.secrets import Secret
from verify.stores._edge import given

_SCHEMES = {"mysql", "mariadb"}
_TRUE = {"true": True, "1": True, "on": True, "false": False, "0": False, "off": False}
_UNREADABLE = (
    "the address cannot be read; write mysql://user:password@host:port/database, percent-encode odd letters,"
    " and after ? only ssl=true and ssl_ca=FILE"
)


class Arguments(TypedDict, total=False):
    """What differs from one server to the next."""

    host: str
    port: int
    user: str
    password: bytes
    database: str
    ssl: ssl.SSLContext
    ssl_disabled: bool


def arguments(options: Mapping[str, Secret | JsonValue], source: str) -> Arguments:
    """
    The driver's arguments, secrets revealed; call it only in the argument list of the driver.

    Raises StoreUnavailable for an address that cannot be read; its words are left out, they hold the password.
    """
    words = ("dsn", "host", "port", "user", "password", "database", "ssl", "ssl_ca")
    try:
        return _arguments(_spread(given(options, {word: word for word in words})))
    except (ValueError, KeyError):
        raise StoreUnavailable(f"{source}: {_UNREADABLE}") from None
    except OSError as error:
        raise StoreUnavailable(f"{source}: ssl_ca cannot be read: {error.strerror or error}") from None


def _spread(told: dict[str, str]) -> dict[str, str]:
    """The parts of `dsn`, or what was given in parts."""
    if "dsn" not in told:
        return told
    address = urlsplit(told.pop("dsn"))
    query = dict(parse_qsl(address.query, keep_blank_values=True, strict_parsing=bool(address.query)))
    if address.scheme not in _SCHEMES or not address.hostname or query.keys() - {"ssl", "ssl_ca"}:
        raise ValueError("no address")
    parts = {
        "host": address.hostname,
        "port": str(address.port or ""),
        "user": unquote(address.username or ""),
        "password": unquote(address.password or ""),
        "database": unquote(address.path.removeprefix("/")),
    }
    return {name: text for name, text in {**parts, **query, **told}.items() if text}


def _arguments(told: dict[str, str]) -> Arguments:
    found = Arguments(host=told["host"], port=int(told.get("port", "3306")), user=told.get("user", ""))
    found["password"] = told.get("password", "").encode()
    if "database" in told:
        found["database"] = told["database"]
    if _TRUE[told.get("ssl", "true" if "ssl_ca" in told else "false").lower()]:
        # Encrypted means verified: without the name and the chain nobody knows who answers.
        found["ssl"] = ssl.create_default_context(cafile=told.get("ssl_ca"))
    else:
        found["ssl_disabled"] = True
    return found
