"""What only a person can say: `cutover attest` asks it, and no test does."""

from __future__ import annotations

from verify.core.catalogue import check
from verify.core.selectors import attestations
from verify.core.statements import Statement, conclusion
from verify.core.verdicts import Conclusion


@check("attest.statement", over=attestations)
def judge_statement(said: Statement) -> Conclusion:
    """
    Whether a named person says that it is so.

    Blind to: whether that person is right, was asked, or is who the name says.
    """
    return conclusion(said)
