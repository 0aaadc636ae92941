"""Answers agree, differ, or cannot be judged; never the first by default."""

from __future__ import annotations

import gzip

import pytest

from tests.compare.answers import FAIL, INCONCLUSIVE, PASS, SILENT, TOO_BIG, judge, reply
from verify.compare.documents import DocumentRules
from verify.compare.headers import own_location
from verify.compare.responses import compare_errors
from verify.core.replies import Reply
from verify.core.verdicts import Cause


class TestEqual:
    """What agrees passes with a receipt."""

    def test_the_receipt_says_what_was_compared(self):
        """Status, bytes, values, headers and counted rules stand in the receipt."""
        one = reply({"items": [{"id": 1, "at": "2024-01-01T00:00:00Z"}], "n": 1.50}, etag="a")
        two = reply({"n": 1.5, "items": [{"at": "2024-01-02T00:00:00Z", "id": 1}]}, etag="b")
        rules = DocumentRules(volatile={"$..at": "timestamp"})
        conclusion = judge(one, two, document=rules, headers=("content-type", "allow"))
        assert conclusion.verdict is PASS
        assert conclusion.receipt == (
            f"status 200, {len(two.body)} bytes, 3 values, 1 of 2 headers present; "
            "equal after: 1 × $..at volatile timestamp"
        )
        assert conclusion.normalised == {"$..at volatile timestamp": 1}

    @pytest.mark.parametrize(
        ("one", "two"),
        [
            ("application/json; charset=utf-8", "Application/JSON;charset=UTF-8"),
            ('text/html; charset="utf-8"', "text/html;charset=utf-8"),
            ("text/plain; b=1; a=2", "text/plain; a=2; b=1"),
        ],
    )
    def test_spellings_of_a_content_type_are_equal(self, one, two):
        """Case, quotes, blanks and order of parameters mean nothing."""
        assert judge(reply(b"{}", kind=one), reply(b"{}", kind=two)).verdict is PASS

    def test_an_empty_answer_without_json_is_compared(self):
        """A 204 has no body on either side, and HEAD never has one."""
        assert judge(reply(status=204, kind=""), reply(status=204, kind="")).verdict is PASS
        assert judge(reply(), reply(), method="HEAD").verdict is PASS

    def test_own_addresses_in_a_location_are_equal(self):
        """Each side may redirect to itself."""
        one = reply(status=302, location="https://api.railway.example/login?next=%2F")
        two = reply(status=302, location="https://API.lightsail.example:443/login?next=%2F")
        assert judge(one, two, expected="302", headers=("location",)).verdict is PASS

    @pytest.mark.parametrize(
        ("name", "one", "two"),
        [
            ("cache-control", "no-cache, max-age=0", 'Max-Age="0",No-Cache'),
            ("allow", "GET, HEAD", "HEAD,GET"),
            ("vary", "Accept-Encoding, origin", "origin,accept-encoding"),
        ],
    )
    def test_spellings_of_a_list_are_equal(self, name, one, two):
        """Case where it says nothing, order and blanks of sets mean nothing."""
        headers = ({name.replace("-", "_"): each} for each in (one, two))
        assert judge(*(reply(b"{}", **each) for each in headers), headers=(name,)).verdict is PASS

    @pytest.mark.parametrize(
        "kind",
        [
            "text/plain; charset*=utf-8''utf-8",
            "text/plain; charset=undefined",
            'text/plain;=;"',
            "text/plain; charset=\0",
        ],
    )
    def test_an_odd_content_type_is_compared_as_it_is_written(self, kind):
        """No spelling stops the comparison: alike passes, and a body that cannot be decoded differs by its bytes."""
        assert judge(reply(b"x", kind=kind), reply(b"x", kind=kind)).verdict is PASS
        assert judge(reply(b"x", kind=kind), reply(b"y", kind=kind)).verdict is FAIL
        assert judge(reply(b"x", kind=kind), reply(b"x", kind="text/plain")).verdict is FAIL

    def test_a_long_odd_content_type_is_read_at_once(self):
        """A hostile header costs no more than its length."""
        kind = "text/plain; a" + " " * 60_000 + '"'
        assert judge(reply(b"x", kind=kind), reply(b"x", kind=kind)).verdict is PASS


class TestDifferent:
    """What differs fails and is named."""

    @pytest.mark.parametrize(
        ("one", "two", "place"),
        [
            (reply({"a": 1}), reply({"a": "1"}), "$.a"),
            (reply({"a": 1}), reply({"a": 1}, status=201), "status"),
            (reply({"a": 1}), reply({"a": 1}, status=500), "status"),
            (reply({"a": 1}), reply(b"<html>"), "$"),
            (reply({"a": 1}), reply(b""), "$"),
            (reply({"a": 1}), reply(b'{"a": 1, "a": 1}'), "$"),
            (reply({"a": 1}), reply({"a": 1}, kind="text/html"), "header content-type"),
            (reply({"a": 1}), reply({"a": 1}, kind=""), "header content-type"),
            (reply({"a": 1}), reply({"a": 1}, kind="application/json; charset=latin-1"), "header content-type"),
            (reply(b"", kind="text/plain"), reply(b" ", kind="text/plain"), "body line 1 column 1"),
            (reply(b"a\nb", kind="text/plain"), reply(b"a\nc", kind="text/plain"), "body line 2 column 1"),
            (reply(b"a\nb\n", kind="text/plain"), reply(b"a\nb", kind="text/plain"), "body line 2 column 2"),
            (reply(b"\x00", kind="image/png"), reply(b"\x01", kind="image/png"), "body"),
            (reply(b"\xff", kind="text/plain"), reply(b"\xfe", kind="text/plain"), "body"),
        ],
    )
    def test_each_difference_fails_at_its_place(self, one, two, place):
        """Status, header, value, text and bytes are each found."""
        conclusion = judge(one, two)
        assert conclusion.verdict is FAIL
        assert place in [each.path for each in conclusion.differences]
        assert conclusion.differences[0].path in conclusion.summary

    def test_a_header_on_one_side_only_is_a_difference(self):
        """Absent is not empty."""
        one, two = reply(b"{}", allow=""), reply(b"{}")
        difference = judge(one, two, headers=("Allow",)).differences[0]
        assert (difference.path, difference.baseline, difference.candidate) == ("header allow", '""', "absent")

    @pytest.mark.parametrize("name", ["set-cookie", "location"])
    def test_lines_that_a_comma_does_not_join_are_counted(self, name):
        """Two cookies are not one whose text has a comma (RFC 9110 5.3); of other headers they are the same."""

        def lines(header, *values):
            pairs = (("content-type", "application/json"), *((header, each) for each in values))
            return Reply(status=200, body=b"{}", headers=pairs)

        values = ("a=1; Path=/", "b=2")
        conclusion = judge(lines(name, *values), lines(name, ", ".join(values)), headers=(name,))
        assert conclusion.verdict is FAIL
        found = conclusion.differences[0]
        assert (found.baseline, found.candidate) == ('"a=1; Path=/" and "b=2"', '"a=1; Path=/, b=2"')
        assert judge(lines("link", *values), lines("link", ", ".join(values)), headers=("link",)).verdict is PASS

    @pytest.mark.parametrize(
        ("name", "one", "two"),
        [
            ("cache-control", "max-age=0", "max-age=1"),
            ("cache-control", 'private="a, b"', "private=a, b"),
            ("allow", "GET", "get"),
            ("allow", "GET, PUT", "GET"),
            ("vary", "*", "origin"),
            ("x-own", "a, b", "b, a"),
        ],
    )
    def test_lists_that_say_something_else_differ(self, name, one, two):
        """Another member, a method in another case, and the order of a header nobody knows."""
        headers = ({name.replace("-", "_"): each} for each in (one, two))
        assert judge(*(reply(b"{}", **each) for each in headers), headers=(name,)).verdict is FAIL

    def test_a_redirect_back_to_the_baseline_is_a_difference(self):
        """The candidate that still points at the baseline's host is found."""
        one = two = reply(status=302, location="https://api.railway.example/login")
        conclusion = judge(one, two, expected="302", headers=("location",))
        assert conclusion.verdict is FAIL
        assert "{base}/login" in conclusion.differences[0].baseline

    def test_binary_bodies_show_length_and_digest(self):
        """Two binary bodies are told apart without showing them."""
        one, two = reply(gzip.compress(b"a", mtime=0), kind="application/zip"), reply(b"zip", kind="application/zip")
        assert "3 bytes, SHA-256 " in judge(one, two).differences[0].candidate

    def test_a_text_with_an_address_is_concealed(self):
        """A mail address beside the difference does not show."""
        one = reply(b"Dear ann@home.example, 1", kind="text/plain")
        two = reply(b"Dear ann@home.example, 2", kind="text/plain")
        assert "@" not in str(judge(one, two).differences[0])
        assert "withheld" in str(judge(one, two).differences[0])

    def test_many_differences_are_counted(self):
        """Shown are fifty, counted are all."""
        conclusion = judge(reply(list(range(3000))), reply([-1] * 3000))
        assert len(conclusion.differences) == 50
        assert conclusion.omitted == 2950
        assert conclusion.summary.startswith("3,000 differences")


class TestNotJudged:
    """What could not be heard or trusted is inconclusive, whatever the candidate says."""

    @pytest.mark.parametrize(
        ("baseline", "candidate", "again", "cause"),
        [
            (SILENT, reply(b"{}"), reply(b"{}"), Cause.NO_ANSWER),
            (TOO_BIG, reply(b"{}"), reply(b"{}"), Cause.NO_ANSWER),
            (reply(b"{}"), reply(b"{}"), SILENT, Cause.NO_ANSWER),
            (reply(b"{}"), SILENT, reply(b"{}"), Cause.NO_ANSWER),
            (reply(b"{}"), TOO_BIG, reply(b"{}"), Cause.OVER_BUDGET),
            (SILENT, TOO_BIG, SILENT, Cause.NO_ANSWER),
            (reply(b"{}", status=500), reply(b"{}", status=500), None, Cause.UNSTABLE_BASELINE),
            (reply(b"{}"), reply(b"{}"), reply(b"{}", status=503), Cause.UNSTABLE_BASELINE),
            (reply(b"<html>"), reply(b"<html>"), None, Cause.UNSTABLE_BASELINE),
            (reply(b"{}"), reply(b"{}"), reply(b"{"), Cause.UNSTABLE_BASELINE),
            (reply(b""), reply(b""), None, Cause.TOO_FEW),
            (reply(b"[1]"), reply(b"[2]"), reply(b"[3]"), Cause.UNSTABLE_BASELINE),
        ],
    )
    def test_the_cause_is_named(self, baseline, candidate, again, cause):
        """Silence, an ill baseline and an empty promise each have their cause."""
        conclusion = judge(baseline, candidate, again)
        assert (conclusion.verdict, conclusion.cause) == (INCONCLUSIVE, cause)

    def test_named_headers_that_nobody_sends_prove_nothing(self):
        """Asked for by the request itself they are a slip of the pen; the system's own are optional everywhere."""
        one = reply(b"{}", allow="GET")
        conclusion = judge(one, one, headers=("x-nope",), headers_named=True)
        assert (conclusion.verdict, conclusion.cause) == (INCONCLUSIVE, Cause.TOO_FEW)
        assert "neither side sends x-nope" in conclusion.summary
        for named in ({"headers": ("x-nope",)}, {"headers": ("x-nope", "allow"), "headers_named": True}):
            assert judge(one, one, **named).verdict is PASS
        assert judge(one, one, headers=(), headers_named=True).verdict is PASS
        assert judge(one, reply(b"[]"), headers=("x-nope",), headers_named=True).verdict is FAIL

    def test_the_baseline_that_answers_an_error_is_named(self):
        """The message has both numbers."""
        told = judge(reply(b"{}", status=500), reply(b"{}")).summary
        assert told == "the baseline itself answers 500, expected 200-299"

    def test_what_moves_is_listed_with_the_rule_that_covers_it(self):
        """A clock, an identifier and an order that move are proposed as rules, without indexes."""
        one = {"items": [{"at": "2024-01-01T00:00:00Z"}, {"at": "2024-01-01T00:00:00Z"}], "n": 1, "ok": True}
        two = {"items": [{"at": "2024-01-01T00:00:01Z"}, {"at": "2024-01-01T00:00:02Z"}], "n": 2, "ok": False}
        conclusion = judge(reply(one), reply(one), reply(two))
        assert conclusion.summary == "the baseline differs from itself when asked twice: $.items[*].at, $.n, $.ok"
        assert conclusion.remedy == (
            "if these move by nature, declare volatile: {$.items[*].at: timestamp}, volatile: {$.n: number}"
        )
        assert len(conclusion.differences) == 4

    def test_moving_headers_make_the_baseline_unstable(self):
        """A header that matters and moves is noise too."""
        one, two = reply(b"{}", allow="GET"), reply(b"{}", allow="POST")
        assert judge(one, one, two, headers=("allow",)).cause is Cause.UNSTABLE_BASELINE


class TestErrors:
    """Both sides must refuse alike."""

    REFUSED = reply({"error": "not found"}, status=404)

    def test_equal_refusals_pass(self):
        """The same 404 with the same body passes."""
        assert judge(self.REFUSED, self.REFUSED, compare=compare_errors, expected="404").verdict is PASS

    def test_a_success_with_an_error_in_its_body_fails(self):
        """200 with an error is no refusal, and is said plainly."""
        conclusion = judge(self.REFUSED, reply({"error": "not found"}), compare=compare_errors, expected="404")
        assert conclusion.verdict is FAIL
        assert "answers 200 with an error in its body" in conclusion.summary

    @pytest.mark.parametrize("expected", ["404", "200-499"])
    def test_a_baseline_that_does_not_refuse_cannot_be_a_measure(self, expected):
        """A probe the baseline grants proves nothing, also when its range allows it."""
        granted = reply({"a": 1})
        conclusion = judge(granted, granted, compare=compare_errors, expected=expected)
        assert conclusion.cause is Cause.UNSTABLE_BASELINE

    @pytest.mark.parametrize("status", [200, 302, 401, 500])
    def test_another_status_fails(self, status):
        """Each other status of the candidate fails, inside a wide range too."""
        other = reply({"error": "not found"}, status=status)
        assert judge(self.REFUSED, other, compare=compare_errors, expected="200-599").verdict is FAIL

    def test_silence_is_no_refusal(self):
        """A candidate that does not answer has not refused."""
        assert judge(self.REFUSED, SILENT, compare=compare_errors, expected="404").verdict is INCONCLUSIVE


@pytest.mark.parametrize(
    ("location", "base", "shown"),
    [
        ("https://h/a?b#c", "https://h", "{base}/a?b#c"),
        ("https://h:443/a", "https://H/", "{base}/a"),
        ("https://h/v1/a", "https://h/v1", "{base}/a"),
        ("https://h/v10/a", "https://h/v1", "{origin}/v10/a"),
        ("https://h/v1", "https://h/v1/", "{base}"),
        ("http://h/a", "https://h", "http://h/a"),
        ("https://h.evil/a", "https://h", "https://h.evil/a"),
        ("/a", "https://h", "/a"),
        ("https://[::1", "https://h", "https://[::1"),
        ("https://h/a", "", "https://h/a"),
    ],
)
def test_only_the_own_address_becomes_a_marker(location, base, shown):
    """Another scheme, host or prefix stays visible."""
    assert own_location(location, base) == shown
