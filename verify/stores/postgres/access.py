"""Who asks, and what that role could do beyond reading."""

from __future__ import annotations

from verify.core.errors import StoreUnreadable
from verify.stores.postgres.session import Connection

_ROLE = """
    SELECT r.rolsuper, pg_has_role(current_user, c.relowner, 'USAGE'),
        ARRAY(SELECT word FROM pg_catalog.unnest('{INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) word
              WHERE has_table_privilege(c.oid, word))
    FROM pg_class c, pg_roles r WHERE c.oid = %s AND r.rolname = current_user
"""
# Functions that write with somebody else's rights; READ ONLY does not bind `BEGIN READ WRITE; SELECT f()`.
_DEFINERS = """
    SELECT n.nspname || '.' || p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.prosecdef AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        AND NOT pg_has_role(current_user, p.proowner, 'USAGE')
        AND has_schema_privilege(n.oid, 'USAGE') AND has_function_privilege(p.oid, 'EXECUTE')
    GROUP BY 1
"""
_SHOWN = 3


def access_notes(connection: Connection, oid: int) -> tuple[str, ...]:
    """What the reader of the evidence should know about the role: how it could write all the same."""
    found = connection.execute(_ROLE, [oid]).fetchone()
    superuser, owner, words = found or (False, False, [])
    notes = []
    if superuser:
        notes.append("the role is a superuser: READ ONLY does not bind it; give it a role that may only SELECT")
    elif owner:
        notes.append("the role owns the table: READ ONLY alone protects it; give it a role that may only SELECT")
    elif isinstance(words, list) and words:
        notes.append(f"the role may {', '.join(words)} here: it could write all the same; give it SELECT only")
    if names := sorted(str(name) for (name,) in connection.execute(_DEFINERS)):
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        notes.append(
            f"the role may execute SECURITY DEFINER functions ({', '.join(names[:_SHOWN])}{more}): "
            "it could write all the same; revoke EXECUTE from it and from PUBLIC"
        )
    return tuple(notes)


def server_place(connection: Connection) -> str:
    """Server (by the microsecond it started) and database: the same however the address is spelt, never empty."""
    found = connection.execute(
        "SELECT extract(epoch FROM pg_postmaster_start_time()), oid FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    if found is None:
        raise StoreUnreadable("postgres: the database is not in its own catalogue")
    return f"postgres {found[0]} {found[1]}"
