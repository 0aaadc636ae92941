"""Defects that only visitors who stay connected meet."""

from __future__ import annotations

from sandbox.faults.fault import DISPATCH, FAIL, Fault, LiveChange

_CLAIMS = {"load.realtime realtime/visitors": FAIL}

FAULTS = (
    Fault(
        name="no-shared-adapter", kind="load", systems=frozenset({DISPATCH}), claims=_CLAIMS,
        summary="a message to a room reaches only visitors of the sender's instance",
        how=LiveChange(instances_apart=True),
    ),
    Fault(
        name="slow-acknowledgements", kind="load", systems=frozenset({DISPATCH}), claims=_CLAIMS,
        summary="every Socket.IO event takes five times as long", how=LiveChange(ack_factor=5.0),
    ),
    Fault(
        name="no-websocket-upgrade", kind="load", systems=frozenset({DISPATCH}), claims=_CLAIMS,
        summary="the upgrade from polling to WebSocket is refused, and visitors silently keep polling",
        how=LiveChange(no_upgrade=True),
    ),
)  # fmt: skip
