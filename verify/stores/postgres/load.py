"""How busy the server is, and waiting until it is not; a measure that cannot be read counts as too busy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from verify.stores._pacing import Patience
from verify.stores.postgres.session import Connection, Session

# Who may not see the state of others still sees who holds a transaction: never fewer than are active.
_ACTIVE: Final = """
    SELECT CASE WHEN pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') THEN
        (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND state <> 'idle'
            AND state <> 'idle in transaction' AND application_name <> 'cutover')
    ELSE
        (SELECT pg_catalog.count(DISTINCT l.pid) FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
            WHERE l.locktype = 'virtualxid' AND l.pid <> pg_backend_pid()
            AND coalesce(a.application_name, '') <> 'cutover')
    END
"""
# A standby that has replayed all it received and still receives is level; else its age is its last replayed commit's.
_STANDBY: Final = """
    SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0
        WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() AND EXISTS (SELECT FROM pg_stat_wal_receiver) THEN 0
        ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8
"""
# Without pg_read_all_stats the lag of replicas is not visible; what is not visible here does not count.
_REPLICAS: Final = "SELECT coalesce(max(extract(epoch FROM replay_lag)), 0)::float8 FROM pg_stat_replication"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Above which lag (seconds) and how many active sessions reading stops, and how long it waits for better."""

    max_lag_s: float = 5.0
    max_active: int = 25
    patience_s: float = 15.0


def _number(connection: Connection, query: str) -> float | None:
    found = connection.execute(query.encode()).fetchone()
    return None if found is None or found[0] is None else float(str(found[0]))


def measured(connection: Connection) -> tuple[float | None, float | None, float | None]:
    """Seconds this server lags, seconds its replicas lag, sessions active beside ours; None for what cannot be read."""
    return _number(connection, _STANDBY), _number(connection, _REPLICAS), _number(connection, _ACTIVE)


def too_much(found: tuple[float | None, float | None, float | None], limits: Limits) -> str | None:
    """Why reading must wait, or None."""
    lag, replicas, active = found
    for what, seconds in (("the standby's lag", lag), ("the replicas' lag", replicas)):
        if seconds is None:
            return f"{what} cannot be read"
        if not seconds <= limits.max_lag_s:
            return f"{what} is {seconds:.1f} s, more than max_lag ({limits.max_lag_s:g} s)"
    if active is None:
        return "the number of active sessions cannot be read"
    if not active <= limits.max_active:
        return f"{active:.0f} sessions are active, more than max_active ({limits.max_active})"
    return None


def await_calm(session: Session, connection: Connection, limits: Limits) -> None:
    """
    The server is calm enough to be read from; pauses are counted in the session's ledger.

    Raises StoreUnavailable when it is not within `patience_s`, or when that cannot be known.
    """

    def ask() -> str | None:
        with session.transaction(connection):
            return too_much(measured(connection), limits)

    Patience(
        seconds=limits.patience_s, clock=session.clock, sleep=session.sleep,
        paused=lambda: session.ledger.count("pauses for load"),
    ).until_calm(ask, source=session.source)  # fmt: skip
