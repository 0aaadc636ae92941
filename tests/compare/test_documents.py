"""Documents are equal exactly when their values are, and every softening is declared and counted."""

from __future__ import annotations

import json
import sys
import time
from decimal import Decimal

import pytest

from verify.compare.documents import DocumentRules, differences, parse_json

ABSENT = "absent"


def compared(baseline, candidate, **rules):
    return differences(baseline, candidate, DocumentRules(**rules))


def found(baseline, candidate, **rules):
    return [(each.path, each.baseline, each.candidate) for each in compared(baseline, candidate, **rules).differences]


class TestParse:
    """JSON text is read exactly or refused with a reason."""

    def test_numbers_are_exact(self):
        """Digits that a float would lose are kept, at any size."""
        text = b"[0.100000000000000005, 12.50, 1e400, 9007199254740993, " + b"9" * 10_000 + b", -0]"
        first, second, third, fourth, fifth, sixth = parse_json(text)
        assert first == Decimal("0.100000000000000005")
        assert str(second) == "12.50"
        assert third == Decimal("1e400")
        assert fourth == 9007199254740993
        assert fifth == Decimal("9" * 10_000)
        assert sixth == 0

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (b'{"a": 1, "b": {"x": 1, "x": 1}}', 'key "x" appears twice'),
            (b'{"a": 1, "\\u0061": 2}', 'key "a" appears twice'),
            (b"[NaN]", "NaN is not JSON"),
            (b"[Infinity]", "Infinity is not JSON"),
            (b"-Infinity", "Infinity is not JSON"),
            (b'"\xff"', "not UTF-8: byte 0xff at offset 1"),
            (b'"\xed\xa0\x80"', "not UTF-8"),
            (b"\xef\xbb\xbf{}", "byte order mark"),
            (json.dumps({"a": 1}).encode("utf-16"), "not UTF-8"),
            (b"", "the body is empty"),
            (b"{} x", "Extra data at line 1 column 4"),
            (b'{"a": }', "line 1 column 7"),
            (b"01", "Extra data"),
            (b'"tab\there"', "Invalid control character"),
            (b"1e99999999999999999999", "outside what can be held exactly"),
            (b"[" * 201 + b"]" * 201, "deeper than 200"),
            (b'{"a":' * 201 + b"1" + b"}" * 201, "deeper than 200"),
            (b"[" * 5_000_000, "deeper than 200"),
            (b'["\\"[", ' * 300 + b"1" + b"]" * 300, "deeper than 200"),
        ],
        ids=lambda value: f"{repr(value)[:40]} {len(value)}",
    )  # fmt: skip
    def test_what_is_not_json_is_refused_with_its_reason(self, text, reason):
        """Every refusal is a ValueError that says what and where."""
        with pytest.raises(ValueError, match=reason):
            parse_json(text)

    def test_the_depth_limit_is_exact_and_ignores_text(self):
        """Two hundred levels are read, and brackets inside strings are no levels."""
        assert parse_json(b"[" * 200 + b"]" * 200)
        assert parse_json(json.dumps(["[[{" * 300, '\\"[' * 300, "\\", '"[']).encode())[1] == '\\"[' * 300

    def test_a_high_recursion_limit_does_not_crash_the_parser(self):
        """Depth is judged before the parser recurses, whatever the interpreter allows."""
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(10**6)
        try:
            with pytest.raises(ValueError, match="deeper than 200"):
                parse_json(b"[" * 1_000_000 + b"]" * 1_000_000)
        finally:
            sys.setrecursionlimit(before)


@pytest.mark.parametrize(
    ("baseline", "candidate", "shown"),
    [
        (1, True, ("number 1", "bool true")),
        (1, "1", ("number 1", 'string "1"')),
        (0, False, ("number 0", "bool false")),
        (0, None, ("number 0", "null")),
        ("", None, ('string ""', "null")),
        ([], {}, ("list []", "map {}")),
        ([], None, ("list []", "null")),
        ([2], 2, ("list [2]", "number 2")),
        ("é", "e\u0301", ('string "é"', 'string "e\\u0301"')),
        (Decimal("12.5"), "12.5", ("number 12.5", 'string "12.5"')),
        (9007199254740992, 9007199254740993, ("number 9007199254740992", "number 9007199254740993")),
        (Decimal("0.1"), Decimal("0.10000000000000001"), ("number 0.1", "number 0.10000000000000001")),
    ],
)
def test_kinds_never_mix(baseline, candidate, shown):
    """Values of different kinds, or of one kind and different value, differ; both are shown with their kind."""
    assert found({"x": baseline}, {"x": candidate}) == [("$.x", *shown)]


@pytest.mark.parametrize(
    ("baseline", "candidate"),
    [("12.50", "12.5"), ("-0", "0"), ("-0.0", "0"), ("1e2", "100"), ("100", "1.00E+2"), ("2", "2.0"), ("0e5", "0")],
)
def test_numbers_compare_by_value(baseline, candidate):
    """Two ways to write one number are one number."""
    assert found(parse_json(baseline.encode()), parse_json(candidate.encode())) == []


def test_absent_is_not_null_and_paths_are_jsonpath():
    """A missing member is shown as absent; odd names are quoted."""
    baseline = {"a": None, "two words": {"it's": 1}, "list": [1, 2]}
    candidate = {"two words": {"it's": 2}, "list": [1], "더": 1}
    assert found(baseline, candidate) == [
        ("$.a", "null", ABSENT),
        ("$.list[1]", "number 2", ABSENT),
        ("$['two words']['it\\'s']", "number 1", "number 2"),
        ("$.더", ABSENT, "number 1"),
    ]


def test_deepdiff_explains_what_is_already_proven():
    """Elements of a multiset without counterpart are explained side by side; equality is never DeepDiff's."""
    one, two = [{"id": 1, "name": "a" * 10}], [{"id": 1, "name": "b"}]
    first, second = compared(one, two, unordered={"$": None}).differences
    assert "root['name']" in first.detail
    assert second.detail == ""
    long_one, long_two = "x" * 300 + "1" + "y" * 300, "x" * 300 + "2" + "y" * 300
    assert "first differs at character 300" in compared(long_one, long_two).differences[0].detail
    assert "-b" in compared("a\nb", "a\nc").differences[0].detail


def test_differences_are_capped_and_counted():
    """A thousand are collected, all are counted, each value is shown in at most 200 characters."""
    result = compared(list(range(5_000)), ["x" * 1_000] * 5_000)
    assert (len(result.differences), result.found, result.omitted) == (1_000, 5_000, 4_000)
    assert max(len(each.candidate) for each in result.differences) == 200


def test_a_pattern_that_is_none_is_named():
    """A wrong rule is an error, never ignored."""
    with pytest.raises(ValueError, match=r"'items\.id' is not a JSONPath"):
        compared({}, {}, volatile={"items.id": "any"})


def test_unprintable_text_is_shown_escaped():
    """Escape sequences and lone surrogates cannot reach a terminal or break an encoder."""
    result = compared(parse_json(b'"\\u001b[31m\\ud800\\u202e"'), "x").differences[0]
    assert result.baseline.isprintable()
    assert result.baseline.encode()
    assert compared({"\ud800": 1}, {}).differences[0].path.encode()


def test_ten_megabytes_take_seconds():
    """A large document under several rules, reordered, is compared in a few seconds."""
    items = [
        {"id": n, "name": f"p{n}", "price": n / 4, "tags": ["a", str(n)], "at": f"2024-01-01T00:00:{n % 60:02}Z"}
        for n in range(100_000)
    ]
    baseline = parse_json(json.dumps(items).encode())
    candidate = parse_json(json.dumps(items[::-1]).replace("2024-", "2025-").encode())
    rules = {"unordered": {"$": "id"}, "volatile": {"$..at": "timestamp", "$..x": "uuid"}, "personal": ("$..email",)}
    began = time.process_time()
    result = compared(baseline, candidate, **rules)
    assert result.found == 0
    assert result.compared == 600_000
    assert time.process_time() - began < 15
