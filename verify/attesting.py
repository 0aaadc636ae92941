"""A decision as an in-toto Test Result statement, for policies that read those."""

from __future__ import annotations

import json
from typing import Final

from verify.core.decision import Action, Decision, Settled
from verify.core.verdicts import Verdict

STATEMENT: Final = "https://in-toto.io/Statement/v1"
TEST_RESULT: Final = "https://in-toto.io/attestation/test-result/v0.1"


def statement(decision: Decision, *, name: str, sha256: str) -> str:
    """
    The statement about the decision's file in JSON.

    PASSED only for ADVANCE without an override. `passedTests` holds the required claims that PASS and nothing
    else; whatever is not proven is in `failedTests`, also what is waived or was never asked, because policies
    accept warned tests.
    """
    required = [each for each in decision.claims if each.required]
    good = decision.action is Action.ADVANCE and not decision.overridden_by
    predicate = {
        "result": "PASSED" if good else "FAILED",
        "configuration": [{"name": "configuration", "digest": {"sha256": decision.configuration}}],
        "passedTests": [_name(each) for each in required if each.verdict is Verdict.PASS],
        "warnedTests": [],
        "failedTests": [_name(each) for each in decision.claims if _open(each)],
    }
    said = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": sha256}}],
        "predicateType": TEST_RESULT,
        "predicate": predicate,
    }
    return json.dumps(said, indent=1) + "\n"


def _open(each: Settled) -> bool:
    return each.verdict is not Verdict.PASS and (each.required or each.verdict is Verdict.FAIL)


def _name(each: Settled) -> str:
    return f"{each.claim.environment}: {each.claim}"
