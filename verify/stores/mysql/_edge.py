"""The one place where what PyMySQL raises becomes a StoreError."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pyarrow as pa
import pymysql

from verify.core.errors import CollectionMissing, StoreError, StoreRefused, StoreUnavailable, StoreUnreadable

_REFUSED: Final = {1044, 1045, 1130, 1142, 1143, 1227, 1251, 1345, 1370, 1449, 1698, 1862, 2049, 2059, 3118, 4151}
_MISSING: Final = {1046, 1049, 1051, 1054, 1109, 1146}
_UNAVAILABLE: Final = {
    1021, 1037, 1038, 1040, 1041, 1053, 1129, 1152, 1158, 1159, 1160, 1161, 1193, 1203, 1205, 1213, 1226, 1231, 1238, 1290,
    1317, 1412, 1836, 1927, 1969, 2002, 2003, 2005, 2006, 2012, 2013, 2014, 2026, 2055, 3024, 3169, 4031,
}  # fmt: skip
_UNREADABLE: Final = {
    1023, 1030, 1034, 1035, 1105, 1153, 1194, 1195, 1241, 1264, 1267, 1292, 1300, 1301, 1356, 1365, 1366, 1406,
    1690, 1712, 1815, 1877, 1932, 1977, 2027, 3140, 3141, 3854, 4025,
}  # fmt: skip
_KINDS: Final[dict[int, type[StoreError]]] = {
    **dict.fromkeys(_REFUSED, StoreRefused), **dict.fromkeys(_MISSING, CollectionMissing),
    **dict.fromkeys(_UNAVAILABLE, StoreUnavailable), **dict.fromkeys(_UNREADABLE, StoreUnreadable),
}  # fmt: skip


def _kind_of(error: pymysql.Error) -> type[StoreError] | None:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else None
    if code is not None and code in _KINDS:
        return _KINDS[code]
    if isinstance(error, pymysql.ProgrammingError):
        return None
    if isinstance(error, pymysql.InterfaceError | pymysql.OperationalError | pymysql.InternalError):
        return StoreUnavailable
    return StoreUnreadable if isinstance(error, pymysql.DataError) else None


@contextmanager
def mysql_errors(source: str) -> Iterator[None]:
    """
    Raises StoreError for whatever PyMySQL says about the server inside the block.

    A statement the server cannot parse is our defect and passes through.
    """
    try:
        yield
    except pymysql.Error as error:
        kind = _kind_of(error)
        if kind is None:
            raise
        reason = " ".join(" ".join(map(str, error.args)).split()) or type(error).__name__
        raise kind(f"{source}: {reason}") from None
    except pa.ArrowInvalid as error:
        raise StoreUnreadable(f"{source}: the rows cannot be read as text: {error}") from None
    except UnicodeDecodeError as error:
        raise StoreUnreadable(f"{source}: the server's answer is not UTF-8: {error.reason}") from None
    except (OSError, EOFError) as error:
        reason = "the certificate" if isinstance(error, ssl.SSLError) else "the connection"
        raise StoreUnavailable(f"{source}: {reason}: {error}") from None
