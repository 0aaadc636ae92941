"""Who answers, and whether an answer proves it."""

from __future__ import annotations

import pytest

from tests.compare.answers import FAIL, INCONCLUSIVE, PASS, SILENT, says
from verify.compare.identity import answering, build_of, compare_identities, proven
from verify.core.identities import Proof
from verify.core.replies import Reply
from verify.visiting import Faces

PROOF = Proof(request="GET /who", header="x-side", equals="neu", build="x-build")


def answer(*names, status=200, builds=()):
    """An answer with these values of the proof's headers."""
    headers = (*(("x-side", each) for each in names), *(("x-build", each) for each in builds))
    return Reply(status=status, headers=headers)


def judged(*answers, proof=PROOF):
    """What follows when the candidate answers so."""
    return compare_identities([proven(says(each), proof) for each in answers], [], expected="neu", other="alt")


def test_the_candidate_says_so():
    """Once or twice the same is one word, also in a redirect."""
    assert judged(answer("neu"), answer("neu", "neu", status=302)).verdict is PASS


@pytest.mark.parametrize("names", [("neu", "alt"), ("alt", "neu")])
def test_two_names_in_one_answer_are_both_told(names):
    """The first one alone would speak for whoever stands behind it."""
    found = judged(answer("neu"), answer(*names))
    assert found.verdict is FAIL
    assert " and ".join(names) in found.summary


@pytest.mark.parametrize("status", [404, 503])
def test_an_error_proves_nothing_unless_it_is_declared(status):
    """Whoever stands on the way may answer errors; a proof may say that its request is refused."""
    found = judged(answer("neu", status=status))
    assert found.verdict is INCONCLUSIVE
    assert f"answered {status} as neu, expected 200-399" in found.summary
    assert judged(answer("neu", status=status), proof=PROOF.model_copy(update={"status": str(status)})).verdict is PASS


@pytest.mark.parametrize("heard", [SILENT, answer()])
def test_who_does_not_say_is_not_known(heard):
    """Silence and an answer without the header are no wrong name."""
    assert judged(heard).verdict is INCONCLUSIVE


def test_two_builds_are_no_build_known_before():
    """A second header makes another build of it, and none stays none."""
    assert build_of(answer(builds=("1", "2")), PROOF) == "1 and 2"
    assert build_of(answer(builds=("1", "1")), PROOF) == "1"
    assert build_of(answer(), PROOF) is None


def test_a_declared_build_that_is_not_told_is_not_known():
    """The name would stand for every build alike, and evidence would outlive a deployment."""
    build, _ = answering(says(answer("neu", builds=("1",))), PROOF)
    assert build == says("1")
    for builds in ((), ("",)):
        build, _ = answering(says(answer("neu", builds=builds)), PROOF)
        assert "without header x-build" in build.reason
    build, _ = answering(says(answer("neu")), PROOF.model_copy(update={"build": None}))
    assert build == says("neu")


@pytest.mark.parametrize(
    ("heard", "doubt"),
    [
        (answer("neu", builds=("1",)), ""),
        (answer("alt", builds=("1",)), "GET /who answered 200 as alt, expected neu"),
        (answer("neu", status=503, builds=("1",)), "GET /who answered 503 as neu, expected 200-399"),
    ],
)
def test_a_build_may_be_told_by_somebody_else(heard, doubt):
    """Both sides may run one build; who answers is asked beside it."""
    build, said = answering(says(heard), PROOF)
    assert build == says("1")
    assert said.startswith(doubt)
    assert bool(said) is bool(doubt)


def test_a_visitor_who_meets_both_met_nobody_known():
    """An answer with two names counts for neither side."""
    faces = Faces(proof=PROOF, candidate="neu", baseline="alt")
    assert [faces.is_candidate(answer(each)) for each in ("neu", "alt")] == [True, False]
    assert faces.is_candidate(answer("neu", "alt")) == "answered 200 by neu and alt"
