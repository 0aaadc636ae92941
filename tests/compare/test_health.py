"""Up, down, flapping, or a login page."""

from __future__ import annotations

import pytest

from tests.compare.answers import FAIL, PASS, SILENT, TOO_BIG, reply, says
from verify.compare.health import HealthRules, judge_health
from verify.core.verdicts import Cause, Problem


class TestHealth:
    """Being up is the question, so silence is an answer."""

    UP = reply({"status": "ok", "checks": {"db": "up"}})
    RULES = HealthRules(body={"$.status": "ok", "$.checks.db": "up"})

    def health(self, *asks, **rules):
        """The verdict on a window of asks."""
        return judge_health([says(each) for each in asks], rules=HealthRules(**rules) if rules else self.RULES)

    def test_enough_healthy_answers_pass(self):
        """The threshold in a row passes, fewer are too few."""
        assert self.health(self.UP, self.UP).verdict is PASS
        assert self.health(self.UP).cause is Cause.TOO_FEW
        assert self.health().cause is Cause.TOO_FEW

    @pytest.mark.parametrize(
        ("answer", "reason"),
        [
            (SILENT, "timed out"),
            (TOO_BIG, "too big"),
            (reply({}, status=503), "status 503, expected 200-299"),
            (reply({"status": "down", "checks": {"db": "up"}}), '$.status is string "down", expected string "ok"'),
            (reply({"status": "ok", "checks": {}}), "$.checks.db matches 0 values"),
            (reply(b"<html>"), "is not JSON"),
            (reply(b""), "is not JSON"),
        ],
    )
    def test_each_unhealthy_answer_fails(self, answer, reason):
        """Silence, status, markers and bodies fail, confirmed after the threshold."""
        conclusion = self.health(answer, answer)
        assert conclusion.verdict is FAIL
        assert conclusion.confirmed
        assert reason in conclusion.summary
        once = self.health(answer)
        assert once.verdict is FAIL
        assert not once.confirmed

    def test_markers_are_typed(self):
        """true is not 1, and 1.5 is 1.50."""
        assert self.health(reply({"a": 1}), reply({"a": 1}), body={"$.a": True}).verdict is FAIL
        assert self.health(reply(b'{"a": 1.50}'), reply(b'{"a": 1.5}'), body={"$.a": 1.5}).verdict is PASS

    def test_a_mixture_is_flapping(self):
        """Good and bad answers in one window fail, and are confirmed only when enough were bad in a row."""
        conclusion = self.health(self.UP, SILENT, self.UP)
        assert conclusion.verdict is FAIL
        assert conclusion.summary.startswith("flapping: 1 of 3")
        assert not conclusion.confirmed
        assert self.health(self.UP, SILENT, SILENT).confirmed

    def test_a_redirect_is_never_healthy(self):
        """Not even when the declared range includes it; the message says where it leads."""
        moved = reply(status=302, location="/users/sign-in?next=/health")
        conclusion = self.health(moved, moved, expected="200-399")
        assert conclusion.verdict is FAIL
        assert "/users/sign-in" in conclusion.summary
        assert "although the declared range 200-399" in conclusion.summary

    def test_an_address_that_may_not_be_asked_is_inconclusive(self):
        """A host that is not declared says nothing about the candidate's health."""
        undeclared = Problem(source="candidate", reason="not declared", cause=Cause.NOT_PERMITTED)
        assert self.health(self.UP, undeclared).cause is Cause.NOT_PERMITTED
