"""Pages that are there on both sides, and pages that only seem to be."""

from __future__ import annotations

import pytest

from tests.compare.answers import FAIL, PASS, SILENT, reply, says
from verify.compare.routes import compare_routes
from verify.core.verdicts import Cause


class TestRoutes:
    """A fallback page is not a route."""

    PAGE, SHELL = reply(b"<p>page", kind="text/html"), reply(b"<app>", kind="text/html")
    NONE = reply(b"no", status=404, kind="text/html")

    def routes(self, fallback, **pages):
        """The verdict on pages given as baseline's and candidate's answer."""
        sides = {f"/{path}": (says(one, "baseline"), says(two)) for path, (one, two) in pages.items()}
        return compare_routes(sides, (says(fallback[0], "baseline"), says(fallback[1])))

    def test_routes_on_both_sides_pass(self):
        """Pages that differ from their side's fallback are there."""
        conclusion = self.routes((self.NONE, self.SHELL), a=(self.PAGE, self.PAGE), b=(self.SHELL, self.PAGE))
        assert conclusion.verdict is PASS
        assert conclusion.receipt.startswith("2 of 2 routes")

    def test_a_fallback_page_is_not_a_route(self):
        """The candidate that answers every path with its shell lacks the route, and it is named."""
        conclusion = self.routes((self.NONE, self.SHELL), a=(self.PAGE, self.SHELL), b=(self.PAGE, self.PAGE))
        assert conclusion.verdict is FAIL
        assert [each.path for each in conclusion.differences] == ["/a"]
        assert "fallback page" in conclusion.differences[0].candidate

    @pytest.mark.parametrize("status", [301, 404, 500])
    def test_a_route_answers_2xx(self, status):
        """A redirect or an error in place of a page is a missing route."""
        other = reply(b"<p>page", status=status, kind="text/html")
        assert self.routes((self.NONE, self.NONE), a=(self.PAGE, other)).verdict is FAIL

    def test_another_content_type_fails(self):
        """A page served as download is not the page."""
        other = reply(b"<p>page", kind="application/octet-stream")
        conclusion = self.routes((self.NONE, self.NONE), a=(self.PAGE, other))
        assert conclusion.verdict is FAIL
        assert conclusion.differences[0].path == "/a content-type"

    def test_a_missing_route_fails_although_another_was_not_heard(self):
        """Silence elsewhere does not soften what was seen."""
        conclusion = self.routes((self.NONE, self.NONE), a=(self.PAGE, SILENT), b=(self.PAGE, self.NONE))
        assert conclusion.verdict is FAIL

    @pytest.mark.parametrize(
        ("fallback", "page", "cause"),
        [
            ((NONE, NONE), (NONE, NONE), Cause.UNSTABLE_BASELINE),
            ((SHELL, SHELL), (SHELL, PAGE), Cause.UNSTABLE_BASELINE),
            ((NONE, NONE), (PAGE, SILENT), Cause.NO_ANSWER),
            ((NONE, NONE), (SILENT, PAGE), Cause.NO_ANSWER),
            ((SILENT, NONE), (PAGE, PAGE), Cause.NO_ANSWER),
        ],
    )
    def test_what_cannot_be_judged_is_inconclusive(self, fallback, page, cause):
        """A wrong manifest and silence are not the candidate's fault."""
        assert self.routes(fallback, a=page).cause is cause

    def test_no_routes_prove_nothing(self):
        """An empty manifest is too few."""
        assert self.routes((self.NONE, self.NONE)).cause is Cause.TOO_FEW
