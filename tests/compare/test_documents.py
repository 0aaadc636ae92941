"""Documents are equal exactly when their values are, and every softening is declared and counted."""

from __future__ import annotations

import copy
import json
import sys
import time
from decimal import Decimal
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonpath_rfc9535 import find as reference_find

from verify.compare.documents import DocumentRules, differences, parse_json
from verify.compare.json_paths import find
from verify.compare.volatile import form

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
        ("é", "e\u0301", ('string "é"', 'string "e\u0301"')),
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


class TestVolatile:
    """A volatile value must still be of its kind and in the same form."""

    def test_equal_kinds_are_excused_and_counted(self):
        """Two timestamps differ without a difference, and the evidence says how often."""
        one = {"items": [{"at": "2024-01-01T00:00:00Z"}, {"at": "2024-01-02T00:00:00Z"}], "at": 1}
        two = {"items": [{"at": "2025-01-01T00:00:00.5Z"}, {"at": "2024-01-02T00:00:00Z"}], "at": 1}
        result = compared(one, two, volatile={"$..at": "timestamp"})
        assert result.found == 0
        assert result.normalised == {"$..at volatile timestamp": 1}

    @pytest.mark.parametrize(
        ("baseline", "candidate"),
        [
            ("2024-01-01T00:00:00Z", "soon"),
            ("2024-01-01T00:00:00Z", "2024-13-01T00:00:00Z"),
            ("2024-01-01T00:00:00Z", "2024-01-01T00:00:00"),
            ("2024-01-01T00:00:00Z", "2024-01-01 00:00:00Z"),
            ("2024-01-01T00:00:00Z", 1704067200),
            (1704067200, 1704067200000),
            ("2024-01-01T00:00:00Z", None),
            ("2024-01-01T00:00:00Z", ""),
            (True, 1704067200),
        ],
    )
    def test_a_value_of_another_form_is_a_difference(self, baseline, candidate):
        """A rule cannot hide a change of format, zone, unit or kind."""
        assert len(found({"at": baseline}, {"at": candidate}, volatile={"$.at": "timestamp"})) == 1
        assert len(found({"at": candidate}, {"at": baseline}, volatile={"$.at": "timestamp"})) == 1

    def test_a_path_on_one_side_only_is_a_difference(self):
        """Even the rule for anything needs both values."""
        assert found({"at": "x"}, {}, volatile={"$..at": "any"}) == [("$.at", 'string "x"', ABSENT)]
        assert found({"at": {"deep": 1}}, {"at": [2]}, volatile={"$..at": "any"}) == []

    @pytest.mark.parametrize(
        ("value", "rule", "is_form"),
        [
            ("6f9619ff-8b86-d011-b42d-00c04fc964ff", "uuid", True),
            ("6f9619ff8b86d011b42d00c04fc964ff", "uuid", True),
            ("6f9619ff-8b86-d011-b42d-00c04fc964f", "uuid", False),
            ("Tue, 15 Nov 1994 08:12:31 GMT", "timestamp", True),
            ("2024-02-30T00:00:00Z", "timestamp", False),
            ("2024-02-28T00:00:00.123456789+09:00", "timestamp", True),
            ("20240228", "timestamp", False),
            (5, "timestamp", False),
            (5, "number", True),
            (True, "number", False),
            ("5", "number", False),
            ("5", "string", True),
            (None, "string", False),
            (None, "any", True),
        ],
    )
    def test_values_are_parsed_not_guessed(self, value, rule, is_form):
        """Only what really is a timestamp, UUID, number or string has that form."""
        assert (form(value, rule) is not None) is is_form


class TestLists:
    """Order counts unless it is declared not to."""

    def test_order_counts_by_default(self):
        """A reordered list differs at each place."""
        assert [path for path, *_ in found([1, 2, 3], [1, 3, 2])] == ["$[1]", "$[2]"]

    def test_a_multiset_ignores_order_and_nothing_else(self):
        """The same elements in another order are equal; each lost, added or doubled one is found."""
        rules = {"unordered": {"$.tags": None}}
        result = compared({"tags": ["a", "b", "b"]}, {"tags": ["b", "a", "b"]}, **rules)
        assert result.found == 0
        assert result.normalised == {"$.tags unordered": 1}
        assert found({"tags": ["a", "b", "b"]}, {"tags": ["b", "a", "a"]}, **rules) == [
            ("$.tags[2]", 'string "b"', ABSENT),
            ("$.tags[2]", ABSENT, 'string "a"'),
        ]
        assert compared({"tags": [1, 2]}, {"tags": [1, 2]}, **rules).normalised == {}

    @pytest.mark.parametrize("pair", [(1, True), (1, "1"), (None, "null"), ([], {}), ("[]", []), (0, False)])
    def test_kinds_never_mix_in_a_multiset(self, pair):
        """Elements of different kinds have different encodings."""
        assert compared([pair[0]], [pair[1]], unordered={"$": None}).found == 2

    def test_numbers_meet_by_value_in_a_multiset(self):
        """12.50 and 12.5 are one element."""
        assert found([Decimal("12.50"), 100], [Decimal("1e2"), Decimal("12.5")], unordered={"$": None}) == []

    def test_volatile_members_do_not_keep_elements_apart(self):
        """Elements that differ only in what moves meet, and the moves are counted."""
        one = [{"n": 1, "at": "2024-01-01T00:00:00Z"}, {"n": 2, "at": "2024-01-01T00:00:00Z"}]
        two = [{"n": 2, "at": "2025-01-01T00:00:00Z"}, {"n": 1, "at": "2025-01-01T00:00:00Z"}]
        result = compared(one, two, unordered={"$": None}, volatile={"$..at": "timestamp"})
        assert result.found == 0
        assert result.normalised == {"$ unordered": 1, "$..at volatile timestamp": 2}

    def test_inner_multisets_and_tolerances_work_inside_a_multiset(self):
        """Nested unordered lists and near numbers do not keep elements apart."""
        one = [{"p": Decimal("1.00"), "t": [1, 2]}, {"p": Decimal("2.00"), "t": [1, 2]}]
        two = [{"p": Decimal("2.01"), "t": [2, 1]}, {"p": Decimal("1.01"), "t": [2, 1]}]
        rules = {"unordered": {"$": None, "$[*].t": None}, "tolerance": {"$[*].p": 0.01}}
        assert found(one, two, **rules) == []
        assert [path for path, *_ in found(one, [two[0], {"p": Decimal("1.02"), "t": [2, 1]}], **rules)] == ["$[0].p"]

    def test_a_key_brings_elements_together(self):
        """Missing, extra and changed elements are told apart and named by their key."""
        one = {"items": [{"id": 1, "p": 5}, {"id": 2, "p": 6}, {"id": 3, "p": 7}]}
        two = {"items": [{"id": 3, "p": 7}, {"id": 2, "p": 9}, {"id": 4, "p": 1}]}
        result = compared(one, two, unordered={"$.items": "id"})
        assert [(each.key, each.path, each.baseline[:8], each.candidate[:8]) for each in result.differences] == [
            ("id=number 1", "$.items[0]", 'map {"id', ABSENT),
            ("id=number 2", "$.items[1].p", "number 6", "number 9"),
            ("id=number 4", "$.items[2]", ABSENT, 'map {"id'),
        ]

    def test_keys_of_different_kinds_do_not_meet(self):
        """1 and "1" identify different elements."""
        assert compared([{"id": 1}], [{"id": "1"}], unordered={"$": "id"}).found == 2

    def test_doubled_and_missing_keys_lose_nothing(self):
        """Elements with one key twice, or none, are still all compared."""
        one = [{"id": 1, "v": 1}, {"id": 1, "v": 2}, {"v": 3}, 7]
        assert found(one, [7, {"v": 3}, {"id": 1, "v": 2}, {"id": 1, "v": 1}], unordered={"$": "id"}) == []
        assert compared(one, one[1:], unordered={"$": "id"}).found == 1
        assert compared(one, [*one, {"id": 1, "v": 2}], unordered={"$": "id"}).found == 1


class TestTolerance:
    """Near numbers are excused exactly up to the limit."""

    @pytest.mark.parametrize(
        ("baseline", "candidate", "equal"),
        [
            ("0.3", "0.4", True),
            ("0.3", "0.41", False),
            ("0.3", "0.4000000000000000000000000000000000000000001", False),
            ("1e999999", "1", False),
            ("1e999999999", "2e999999999", False),
        ],
    )
    def test_the_limit_is_exact(self, baseline, candidate, equal):
        """No rounding decides, and what cannot be computed exactly is a difference."""
        result = compared(parse_json(baseline.encode()), parse_json(candidate.encode()), tolerance={"$": 0.1})
        assert (result.found == 0) is equal
        assert result.normalised == ({"$ tolerance 0.1": 1} if equal else {})

    def test_only_numbers_are_near(self):
        """A text is never near a number, and a negative limit is refused."""
        assert compared(1, "1", tolerance={"$": 5}).found == 1
        with pytest.raises(ValueError, match="not negative"):
            compared(1, 2, tolerance={"$": -1})
        with pytest.raises(ValueError, match="not negative"):
            compared(1, 2, tolerance={"$": float("nan")})


class TestPersonal:
    """Personal data never shows."""

    ONE: ClassVar = {"user": {"email": "ann@home.example", "n": 1}, "list": [{"email": "bob@home.example"}], "x": 1}
    TWO: ClassVar = {"user": {"email": "eve@home.example", "n": 2}, "list": [], "x": {"email": "zoe@home.example"}}

    def test_values_keys_and_details_are_concealed(self):
        """Neither a value, a container that holds it, nor an explanation lets it through."""
        for rules in ({}, {"unordered": {"$.list": "email"}}, {"unordered": {"$.list": None}}):
            result = compared(self.ONE, self.TWO, personal=("$..email",), conceal=lambda text: f"h{len(text)}", **rules)
            shown = " ".join(map(str, result.differences))
            assert result.found == 4
            assert "@" not in shown
            assert "string keyed hash h16" in shown
            assert '{"email": "keyed hash h16"}' in shown

    def test_everything_below_a_personal_path_is_concealed(self):
        """A personal container conceals what it holds, and without a key nothing is shown at all."""
        result = compared({"who": {"a": ["Ann"]}}, {"who": {"a": ["Eve"]}}, personal=("$.who",))
        assert [(each.baseline, each.candidate) for each in result.differences] == [
            ("string keyed hash withheld", "string keyed hash withheld")
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


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
NAMES = st.sampled_from(["a", "b", "id", "two words"]) | st.text(max_size=3)
DOCUMENTS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=15
)


def places(document, path="$"):
    """Every scalar place as (container, key, path)."""
    keys = list(document) if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else []
    for key in keys:
        here = next(iter(find(singular(key), document)))[1:]
        if isinstance(document[key], (dict, list)):
            yield from places(document[key], path + here)
        else:
            yield document, key, path + here


def singular(key):
    return f"$[{key}]" if isinstance(key, int) else f"$[{json.dumps(key)}]"


def rescaled(document):
    """The same document with every order of members reversed and every number written otherwise."""
    if isinstance(document, dict):
        return {name: rescaled(document[name]) for name in reversed(document)}
    if isinstance(document, list):
        return [rescaled(each) for each in document]
    if isinstance(document, (int, Decimal)) and not isinstance(document, bool):
        sign, digits, exponent = Decimal(document).as_tuple()
        return Decimal((sign, (*digits, 0, 0), exponent - 2))
    return document


@settings(max_examples=150, deadline=None)
@given(DOCUMENTS)
def test_another_spelling_is_no_difference(document):
    """Reordered members and rescaled numbers are silent, in order and as multisets."""
    assert found(document, rescaled(document)) == []
    assert found(document, rescaled(document), unordered={"$..*": None, "$": None}) == []


@settings(max_examples=200, deadline=None)
@given(DOCUMENTS, SCALARS, st.data())
def test_one_changed_value_is_found_where_it_is(document, value, data):
    """A value changed anywhere is the one difference, at its path."""
    spots = list(places(document))
    if not spots:
        return
    index = data.draw(st.integers(0, len(spots) - 1))
    other = copy.deepcopy(document)
    container, key, path = list(places(other))[index]
    before = container[key]
    same_kind = isinstance(before, bool) == isinstance(value, bool)
    container[key] = value
    expected = [] if same_kind and before == value and (before is None) == (value is None) else [path]
    assert [each for each, *_ in found(document, other)] == expected
    assert bool(found(document, other, unordered={"$..*": None, "$": None})) is bool(expected)


PATTERNS = ["$", "$.a", "$..a", "$.*", "$..*", "$[0]", "$[-1]", "$..[1]", "$[0:2]", "$..[::2]", "$..['a','b']",
            "$.a..b", "$..*..a", "$[?@.a]", "$..[?@ == null]", "$..[?@.id == 1].a", "$['two words']"]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=40, deadline=None)
@given(document=DOCUMENTS)
def test_patterns_select_what_the_reference_selects(pattern, document):
    """The automaton agrees with the RFC 9535 library on every document."""
    assert len({node.location for node in reference_find(pattern, document)}) == len(find(pattern, document))
    assert sorted(map(repr, find(pattern, document).values())) == sorted(
        repr(value) for value in {node.location: node.value for node in reference_find(pattern, document)}.values()
    )
