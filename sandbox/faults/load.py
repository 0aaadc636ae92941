"""Defects that only many requests show."""

from __future__ import annotations

from typing import Final

from sandbox.faults.fault import BOTH, EASYPICKS, FAIL, PICKUP, ROLL_BACK, ErrorShare, Fault, InTurn, Slowdown

INTERNAL: Final = {"error": "internal", "message": "something went wrong"}

FAULTS = (
    Fault(
        name="status-500", kind="load", systems=BOTH, stay=ROLL_BACK, claims={"success.error_rate mix/api": FAIL},
        summary="one in a hundred API requests, logins aside, is answered with 500",
        how=ErrorShare(share=0.01, status=500, body=INTERNAL),
    ),
    Fault(
        name="status-200-empty", kind="load", systems=BOTH, stay=ROLL_BACK, claims={"success.error_rate mix/api": FAIL},
        summary="one in a hundred API requests, logins aside, is answered with 200 and an empty body",
        how=ErrorShare(share=0.01, status=200, body=""),
    ),
    Fault(
        name="latency-20-percent", kind="load", systems=frozenset({EASYPICKS}), claims={"load.latency mix/api": FAIL},
        summary="every API request takes 1.2 times as long", how=Slowdown(factor=1.2),
    ),
    Fault(
        name="one-endpoint-slow", kind="load", systems=frozenset({EASYPICKS}), claims={"load.latency mix/api": FAIL},
        long=True,  # a class is judged from 40 triples on
        # Six requests in twenty-one: all quantiles of the mix stay within their limits, its p50 moves by a twentieth.
        summary="the list of products takes 1.25 times as long, which the quantiles of the mix hide",
        how=Slowdown(factor=1.25, endpoints=frozenset({"list_products"})),
    ),
    Fault(
        name="tail-x5", kind="load", systems=BOTH, claims={"load.latency mix/api": FAIL},
        summary="one in fifty API requests takes five times as long", how=Slowdown(factor=5.0, share=0.02),
    ),
    Fault(
        name="one-at-a-time", kind="load", systems=frozenset({PICKUP}),
        # It ends near 80 requests/s: under what the canary needs, and under the rate of the load run, whose waiting it shows.
        claims={"load.headroom headroom/candidate": FAIL, "load.latency mix/api": FAIL},
        summary="a lock lets API requests through one by one, each after 11 ms", how=InTurn(seconds=0.011),
    ),
)  # fmt: skip
