"""Is each side who it should be?"""

from __future__ import annotations

from collections.abc import Sequence

from verify.compare.documents import parse_json
from verify.compare.json_paths import find
from verify.core.identities import Proof
from verify.core.replies import Reply
from verify.core.scalars import status_matches
from verify.core.verdicts import Answer, Conclusion, Difference, Observation, Problem, failed, passed, unheard


def said_by(reply: Reply, proof: Proof) -> str | None:
    """Who an answer says it is from; None when it does not say. Several headers that disagree are all named."""
    return _header(reply, proof.header) if proof.header else field_of(reply, proof.field or "$")


def build_of(reply: Reply, proof: Proof) -> str | None:
    """Which build an answer says it is from, as `said_by`."""
    return _header(reply, proof.build) if proof.build else None


def _header(reply: Reply, name: str) -> str | None:
    # Whoever stands on the way may add a header of its own; the first one alone would speak for all.
    return " and ".join(dict.fromkeys(reply.headers_all(name))) if reply.headers_all(name) else None


def field_of(reply: Reply, path: str) -> str | None:
    """The text at a JSONPath of a JSON answer; None when there is none."""
    try:
        document = parse_json(reply.body)
    except ValueError:
        return None
    found = find(path, document)
    value = next(iter(found.values())) if len(found) == 1 else None
    return value if isinstance(value, str) else None


def proven(heard: Observation[Reply], proof: Proof) -> Observation[str]:
    """Who answers; a Problem when nobody says, or says so in an answer outside the declared status."""
    if isinstance(heard, Problem):
        return heard
    status, name = heard.value.status, said_by(heard.value, proof)
    where = f"header {proof.header}" if proof.header else f"field {proof.field}"
    if name is None:
        return Problem(source=heard.source, reason=f"{proof.request} answered {status} without {where}")
    if not status_matches(status, proof.status):
        told = f"{proof.request} answered {status} as {name}, expected {proof.status}"
        return Problem(source=heard.source, reason=f"{told}; an error may come from anyone on the way")
    return Answer(source=heard.source, value=name)


def answering(heard: Observation[Reply], proof: Proof) -> tuple[Observation[str], str]:
    """
    Which build answers, by its name where no build is declared, and what speaks against its being this side.

    A build that is declared and not told is a Problem: the name would stand for every build alike.
    """
    named = proven(heard, proof)
    if isinstance(heard, Problem):
        return heard, ""
    name, build = said_by(heard.value, proof), build_of(heard.value, proof)
    if name is None:
        return named, ""
    told = f"{proof.request} answered {heard.value.status}"
    if proof.build and not build:
        return Problem(source=heard.source, reason=f"{told} without header {proof.build}, which tells builds apart"), ""
    other = "" if name == proof.equals else f"{told} as {name}, expected {proof.equals}; check where it leads to"
    doubt = named.reason if isinstance(named, Problem) else other
    return Answer(source=heard.source, value=build or name), doubt


def compare_identities(
    candidate: Sequence[Observation[str]],
    baseline: Sequence[Observation[str]],
    *,
    expected: str,
    other: str | None,
) -> Conclusion:
    """
    PASS when every candidate answer says `expected` and every baseline answer says `other`.

    FAIL names who answered instead, above all when the candidate's address leads to the baseline. A side
    that could not be heard is INCONCLUSIVE unless another answer is already wrong.
    """
    said = [each.value for each in candidate if isinstance(each, Answer)]
    trusted = [each.value for each in baseline if isinstance(each, Answer)]
    wrong = sorted({value for value in said if value != expected})
    strange = sorted({value for value in trusted if other is not None and value != other})
    if wrong:
        where = "the baseline answers at the candidate's address" if other in wrong else "somebody else answers"
        told = f"{where}: it says {', '.join(wrong)}, expected {expected}"
        shown = Difference(path="identity", baseline=f"expected {expected}", candidate=", ".join(sorted(set(said))))
        return failed(
            told, differences=[shown], confirmed=len(said) > 1, remedy="check the address and what it routes to"
        )
    if strange:
        told = f"the baseline's address answers as {', '.join(strange)}, expected {other}"
        return failed(told, confirmed=False, remedy="check the baseline's address")
    if problem := unheard(*candidate, *baseline):
        return problem
    return passed(
        f"the candidate says {expected}" + (f", the baseline {other}" if other else ""),
        receipt=f"{len(said)} answers of the candidate, {len(trusted)} of the baseline",
    )
