"""What a declared rule softens, and what it must not."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pytest

from verify.compare.documents import DocumentRules, differences, parse_json
from verify.compare.volatile import form

ABSENT = "absent"


def compared(baseline, candidate, **rules):
    return differences(baseline, candidate, DocumentRules(**rules))


def found(baseline, candidate, **rules):
    return [(each.path, each.baseline, each.candidate) for each in compared(baseline, candidate, **rules).differences]


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
