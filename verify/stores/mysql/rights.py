"""What the role that asks was granted, because the catalogue leaves out without a word what it may not see."""

from __future__ import annotations

import re
from typing import Final

from verify.stores.mysql.session import Asking

_NAME: Final = r"\*|`(?:[^`]|``)*`"
_GRANT: Final = re.compile(rf"GRANT (?P<words>.+?) ON (?:TABLE )?(?P<space>{_NAME})\.(?P<table>{_NAME}) TO ", re.DOTALL)
_OF_COLUMNS: Final = re.compile(r"[A-Z ]+\([^)]*\)")


def may(asking: Asking, privilege: str, schema: str, table: str | None = None) -> bool:
    """Whether the role holds the privilege on the table, or without one on all that the database holds."""
    for row in _grants(asking):
        found = _GRANT.match(str(row[0]))
        if found and _covers(found["space"], schema) and (found["table"] == "*" or _bare(found["table"]) == table):
            words = {each.strip() for each in _OF_COLUMNS.sub("", found["words"]).split(",")}
            if words & {privilege, "ALL PRIVILEGES"}:
                return True
    return False


def _grants(asking: Asking) -> list[tuple[object, ...]]:
    """One line for each grant; MySQL shows what comes by a role only where the role is named."""
    if asking.server.mariadb:
        return asking.rows("SHOW GRANTS")
    roles = str(asking.rows("SELECT CURRENT_ROLE()")[0][0])
    return asking.rows("SHOW GRANTS" + ("" if roles == "NONE" else f" FOR CURRENT_USER() USING {roles}"))


def _bare(name: str) -> str:
    return name[1:-1].replace("``", "`")


def _covers(space: str, schema: str) -> bool:
    """The database of a grant is a pattern of LIKE, whose signs a backslash makes plain letters."""
    if space == "*":
        return True
    signs = {"%": ".*", "_": "."}
    pieces = [signs.get(each) or re.escape(each[-1]) for each in re.findall(r"\\.|.", _bare(space), re.DOTALL)]
    return bool(re.fullmatch("".join(pieces), schema, re.DOTALL))
