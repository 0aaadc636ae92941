"""Answers made up for comparisons, and the comparison of three of them."""

from __future__ import annotations

import json

from verify.compare.responses import ReplyRules, compare_replies
from verify.core.replies import Reply
from verify.core.verdicts import Answer, Cause, Problem, Verdict

PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE
BASES = {"baseline_url": "https://api.railway.example", "candidate_url": "https://api.lightsail.example/"}


def reply(body=b"", status=200, kind="application/json", **headers):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    pairs = [("content-type", kind)] if kind else []
    return Reply(status=status, body=data, headers=(*pairs, *((k.replace("_", "-"), v) for k, v in headers.items())))


def says(value, side="candidate"):
    return value if isinstance(value, Problem) else Answer(source=side, value=value)


def judge(baseline, candidate, again=None, compare=compare_replies, **rules):
    return compare(
        says(baseline, "baseline"),
        says(candidate),
        says(baseline if again is None else again, "baseline again"),
        rules=ReplyRules(**(BASES | rules)),
    )


SILENT = Problem(source="x", reason="timed out")
TOO_BIG = Problem(source="x", reason="too big", cause=Cause.OVER_BUDGET)
