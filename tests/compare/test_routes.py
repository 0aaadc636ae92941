"""Pages that are there on both sides, and pages that only seem to be."""

from __future__ import annotations

import pytest

from tests.compare.answers import FAIL, PASS, SILENT, reply, says
from verify.compare.routes import compare_routes, unlike
from verify.core.verdicts import Cause


class TestRoutes:
    """A fallback page is not a route."""

    PAGE, SHELL = reply(b"<p>page", kind="text/html"), reply(b"<app>", kind="text/html")
    NONE = reply(b"no", status=404, kind="text/html")

    def routes(self, fallback, **pages):
        """The verdict on pages given as baseline's and candidate's answer."""
        sides = {f"/{path}": (says(one, "baseline"), says(two)) for path, (one, two) in pages.items()}
        return self.asked([fallback, fallback], sides)

    def asked(self, fallbacks, sides):
        """The verdict when each missing path is answered as given."""
        return compare_routes(sides, [(says(one, "baseline"), says(two)) for one, two in fallbacks])

    def test_routes_on_both_sides_pass(self):
        """Pages that differ from their side's fallback are there."""
        conclusion = self.routes((self.NONE, self.NONE), a=(self.PAGE, self.PAGE), b=(self.SHELL, self.PAGE))
        assert conclusion.verdict is PASS
        assert conclusion.receipt == "2 of 2 routes, content types, fallback 404 and 404 (2 missing paths)"
        assert self.routes((self.SHELL, self.SHELL), a=(self.PAGE, self.PAGE)).verdict is PASS

    def test_a_fallback_page_is_not_a_route(self):
        """The candidate that answers every path with its shell lacks the route, and it is named."""
        conclusion = self.routes((self.SHELL, self.SHELL), a=(self.PAGE, self.SHELL), b=(self.PAGE, self.PAGE))
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

    @pytest.mark.parametrize("statuses", [(404, 200), (410, 200), (200, 404), (404, 302), (404, 500)])
    def test_missing_paths_are_answered_with_the_same_class_of_status(self, statuses):
        """A candidate that answers everything, one that refuses what the baseline answers, and a redirect are found."""
        one, two = (reply(b"<p>gone", status=each, kind="text/html") for each in statuses)
        conclusion = self.routes((one, two), a=(self.PAGE, self.PAGE))
        assert conclusion.verdict is FAIL
        shown = [(each.path, each.baseline, each.candidate) for each in conclusion.differences]
        assert shown == [("a missing path", f"status {statuses[0]}", f"status {statuses[1]}")]

    def test_gone_is_as_good_as_not_found(self):
        """404 and 410 say the same about a path."""
        assert self.routes((self.NONE, reply(status=410)), a=(self.PAGE, self.PAGE)).verdict is PASS

    @pytest.mark.parametrize("moved", ["nonce='{}'", "at /{}", "{} s {} {} of ray"])
    def test_a_fallback_page_that_moves_is_recognised(self, moved):
        """A nonce, an echoed path and a text of more than one word do not make the shell a page."""

        def shell(word):
            return reply(f"<title>shop</title><script {moved.format(word, word, word)}>".encode(), kind="text/html")

        fallbacks = [(self.SHELL, shell("7f")), (self.SHELL, shell("x/y"))]
        sides = {"/a": (says(self.PAGE, "baseline"), says(shell("login")))}
        conclusion = self.asked(fallbacks, sides)
        assert [(each.path, each.candidate[:17]) for each in conclusion.differences] == [("/a", "the fallback page")]
        real = reply(shell("login").body.replace(b"shop", b"sign in to the shop"), kind="text/html")
        assert self.asked(fallbacks, {"/a": (says(self.PAGE, "baseline"), says(real))}).verdict is PASS

    def test_a_fallback_page_without_a_steady_word_hides_nothing(self):
        """Random bytes have nothing to recognise them by, and are no reason to call a page missing."""
        fallbacks = [(self.NONE, self.NONE), (self.NONE, self.NONE)]
        assert (
            self.asked(fallbacks, {"/a": (says(self.PAGE, "baseline"), says(reply(b"9", kind="text/html")))}).verdict
            is PASS
        )
        fallbacks = [(reply(b"1"), reply(b"2")), (reply(b"3"), reply(b"4"))]
        page = reply(b"9", kind="text/html")
        assert self.asked(fallbacks, {"/a": (says(page, "baseline"), says(page))}).verdict is PASS

    def test_a_page_of_no_bytes_is_no_page(self):
        """200 with nothing in it fails where the baseline has a page, and proves nothing where both have none."""
        empty = reply(b"", kind="text/html")
        conclusion = self.routes((self.NONE, self.NONE), a=(self.PAGE, empty))
        assert conclusion.verdict is FAIL
        assert conclusion.differences[0].candidate == "status 200 and 0 bytes"
        assert self.routes((self.NONE, self.NONE), a=(empty, empty)).cause is Cause.UNSTABLE_BASELINE

    def test_a_baseline_that_answers_missing_paths_in_several_ways_is_no_measure(self):
        """What a missing path is answered with must be known to be compared; a page that lacks still fails."""
        fallbacks = [(self.NONE, self.NONE), (self.SHELL, self.NONE)]
        sides = {"/a": (says(self.PAGE, "baseline"), says(self.PAGE))}
        assert self.asked(fallbacks, sides).cause is Cause.UNSTABLE_BASELINE
        assert self.asked(fallbacks, {"/a": (says(self.PAGE, "baseline"), says(self.NONE))}).verdict is FAIL
        assert self.asked([each[::-1] for each in fallbacks], sides).verdict is FAIL

    def test_without_a_missing_path_nothing_is_concluded(self):
        """A fallback page nobody asked for cannot be told from a route."""
        sides = {"/a": (says(self.PAGE, "baseline"), says(self.PAGE))}
        assert self.asked([], sides).cause is Cause.TOO_FEW
        assert self.asked([(self.NONE, self.NONE), (self.NONE, SILENT)], sides).cause is Cause.NO_ANSWER


@pytest.mark.parametrize(
    ("path", "beside"),
    [("/none", "/none-7f"), ("/a/none.html?q=1.5", "/a/none-7f.html?q=1.5"), ("/", "/7f"), ("/none/", "/none-7f")],
)
def test_a_missing_path_keeps_its_folder_ending_and_query(path, beside):
    """What a server decides by stays; only the name is one that nobody asked for before."""
    assert unlike(path, "7f") == beside
