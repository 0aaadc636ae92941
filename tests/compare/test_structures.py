"""Structures compared: columns, constraints, indexes, settings, mappings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from verify.compare.structures import Sides, compare_indexes, compare_mappings, compare_schemas
from verify.core.datasets import Expected
from verify.core.structures import Structure
from verify.core.verdicts import Cause, Verdict

TABLE = Structure(
    kind="postgres",
    columns={"id": {"type": "bigint", "nullable": False}, "name": {"type": "text", "nullable": True}},
    constraints={"t_pkey": {"kind": "primary key", "definition": "PRIMARY KEY (id)", "validated": True}},
    indexes={"t_name": {"columns": ["name"], "unique": False, "valid": True}},
    settings={"extensions": {"pgcrypto": {"version": "1.3"}}, "row_security": False},
)
NOTHING = Expected()


def schema(candidate, baseline=TABLE, expected=NOTHING):
    """The conclusion about two structures."""
    return compare_schemas(Sides(baseline=baseline, candidate=candidate), expected)


def indexes(candidate, baseline=TABLE, expected=NOTHING):
    """The conclusion about their indexes."""
    return compare_indexes(Sides(baseline=baseline, candidate=candidate), expected)


def paths(conclusion):
    """Where the differences are."""
    return [each.path for each in conclusion.differences]


def test_equal_structures_pass_with_a_receipt():
    """Alike in everything, and the receipt counts what was looked at."""
    found = schema(TABLE)
    assert found.verdict is Verdict.PASS
    assert "2 columns" in found.receipt
    assert "1 constraint;" in found.receipt


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"columns": {"id": TABLE.columns["id"]}}, "$.columns.name"),
        ({"columns": {**TABLE.columns, "more": {"type": "text"}}}, "$.columns.more"),
        ({"columns": {**TABLE.columns, "id": {"type": "integer", "nullable": False}}}, "$.columns.id.type"),
        ({"columns": {**TABLE.columns, "id": {"type": "bigint", "nullable": True}}}, "$.columns.id.nullable"),
        ({"constraints": {}}, "$.constraints.t_pkey"),
        ({"settings": {"extensions": {}, "row_security": False}}, "$.settings.extensions.pgcrypto"),
        ({"settings": {**TABLE.settings, "row_security": True}}, "$.settings.row_security.value"),
    ],
)
def test_what_is_missing_or_other_is_named(change, path):
    """Every kind of fact that differs is a FAIL that names its place."""
    found = schema(replace(TABLE, **change))
    assert found.verdict is Verdict.FAIL
    assert path in paths(found)


def test_constraint_under_another_name_is_the_same():
    """What a constraint says counts, not what it is called."""
    renamed = replace(TABLE, constraints={"another": TABLE.constraints["t_pkey"]})
    assert schema(renamed).verdict is Verdict.PASS


def test_constraint_that_was_never_validated_fails_on_both_sides_alike():
    """Rows written before it may break it, even if the baseline has the same flaw."""
    loose = replace(TABLE, constraints={"c": {"kind": "check", "definition": "CHECK (id > 0)", "validated": False}})
    found = schema(loose, baseline=loose)
    assert found.verdict is Verdict.FAIL
    assert found.differences[0].candidate == "not validated"


def test_versions_are_shown_and_not_judged():
    """Two healthy servers differ in the versions of their extensions."""
    newer = replace(TABLE, settings={"extensions": {"pgcrypto": {"version": "1.4"}}, "row_security": False})
    found = schema(newer)
    assert found.verdict is Verdict.PASS
    assert "1.3 on baseline, 1.4 on candidate (not judged)" in found.receipt


def test_advice_is_shown_and_does_not_gate():
    """A design that will hurt later is told, and nothing is held up."""
    found = schema(replace(TABLE, advice=("META#10 sorts before META#2",)))
    assert found.verdict is Verdict.PASS
    assert "advice: META#10 sorts before META#2" in found.receipt


def test_declared_columns_are_asked_for_without_a_baseline():
    """Where the baseline has no columns of its own, `expect` says what there must be."""
    expected = Expected(columns={"id": "bigint", "created_at": "timestamp with time zone"})
    found = schema(TABLE, baseline=None, expected=expected)
    assert paths(found) == ["$.columns.created_at"]
    assert found.differences[0].candidate == "none"


def test_candidate_that_tells_nothing_proves_nothing():
    """No columns at all is nothing observed."""
    found = schema(Structure(kind="postgres"), baseline=None)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)


def test_missing_index_is_named_and_an_extra_one_is_shown():
    """The candidate needs every index of the baseline; more of them that forbid nothing do no harm."""
    assert paths(indexes(replace(TABLE, indexes={}))) == ["$.indexes.t_name"]
    more = replace(TABLE, indexes={**TABLE.indexes, "extra": {"columns": ["id"], "unique": False, "valid": True}})
    found = indexes(more)
    assert found.verdict is Verdict.PASS
    assert "only on candidate: $.indexes.extra" in found.receipt


def test_index_that_is_not_valid_fails():
    """An index whose building failed exists and serves nobody."""
    broken = replace(TABLE, indexes={"t_name": {**TABLE.indexes["t_name"], "valid": False}})
    found = indexes(broken)
    assert found.verdict is Verdict.FAIL
    assert any(each.candidate == "not valid" for each in found.differences)


@pytest.mark.parametrize(("columns", "verdict"), [(("name",), Verdict.PASS), (("created_at",), Verdict.FAIL)])
def test_declared_indexes_are_asked_for(columns, verdict):
    """`expect.indexes` needs a valid index that begins with these columns."""
    assert indexes(TABLE, baseline=None, expected=Expected(indexes=(columns,))).verdict is verdict


@pytest.mark.parametrize("facts", [{"predicate": "(n > 5)"}, {"partition": "t_24"}, {"valid": False}])
def test_an_index_of_some_rows_is_not_the_one_that_was_declared(facts):
    """An index that cannot serve every row does not meet `expect.indexes`."""
    partial = replace(TABLE, indexes={"t_name": {**TABLE.indexes["t_name"], **facts}})
    found = indexes(partial, baseline=None, expected=Expected(indexes=(("name",),)))
    assert "$.indexes(name)" in paths(found)


def test_an_index_of_no_column_cannot_be_declared():
    """Any index begins with no column, so nothing would be asked for."""
    with pytest.raises(ValueError, match="at least 1 item"):
        Expected(indexes=((),))


def test_words_agree_with_their_nouns():
    """One structure is alike, several indexes are."""
    assert schema(TABLE).summary == "the structure is alike"
    assert indexes(TABLE).summary == "the indexes are alike"


def test_notes_about_both_sides_are_in_the_receipt():
    """What is known of both sides together is told with the verdict."""
    sides = Sides(baseline=TABLE, candidate=TABLE, notes=("both sides are one table",))
    assert "both sides are one table" in compare_schemas(sides, NOTHING).receipt
    assert "both sides are one table" in compare_indexes(sides, NOTHING).receipt


def test_the_first_of_a_kind_is_named_alone():
    """A trigger where there was none is one difference, not also the empty list of triggers."""
    one, other = (replace(TABLE, settings={"triggers": each}) for each in ({}, {"t": {"enabled": "origin"}}))
    assert paths(schema(other, baseline=one)) == ["$.settings.triggers.t"]


MAPPING = Structure(kind="opensearch", columns={"n": {"type": "float"}})


def test_misindexed_documents_fail():
    """A document that is found under another value than it holds is a difference, told in plain words."""
    found = compare_mappings(Sides(baseline=None, candidate=MAPPING), [("s7", "n", "#16777217.5", "_")], 500)
    assert found.verdict is Verdict.FAIL
    told = found.differences[0]
    assert (told.key, told.path) == ('_id="7"', "$.n")
    assert (told.baseline, told.candidate) == ("holds number 16777217.5", "indexed as absent")
    assert compare_mappings(Sides(baseline=None, candidate=MAPPING), [], 500).verdict is Verdict.PASS


def test_one_field_does_not_hide_another():
    """Of each field the first three are shown; the others are counted."""
    wrong = [(f"s{number}", field, "#1", "#2") for field in ("n", "a") for number in range(5)]
    found = compare_mappings(Sides(baseline=None, candidate=MAPPING), wrong, 500)
    assert paths(found) == ["$.a"] * 3 + ["$.n"] * 3
    assert found.omitted == 4
    assert found.summary == "10 differences in the mapping"
