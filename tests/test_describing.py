"""What stores say their collections are made of, compared; what nobody compared never passes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.stored import Documents, Memory, Tables, raising
from tests.structures import PLAIN, TABLE, Placed, asked, tables
from verify.core.datasets import Column, Dataset, Expected, Place
from verify.core.errors import StoreUnavailable
from verify.core.structures import SequenceState, Structure
from verify.core.verdicts import Cause, Verdict
from verify.describing import indexes_of, mapping_of, schema_of, sequences_of


@pytest.mark.parametrize("question", [schema_of, indexes_of])
def test_equal_structures_pass(question):
    """Two tables made alike are alike."""
    assert asked(question, tables("baseline"), tables("candidate")).verdict is Verdict.PASS


def test_a_table_that_became_a_view_is_a_difference():
    """Another kind of collection in the same kind of store is compared, not set aside."""
    view = replace(TABLE, kind="view")
    found = asked(schema_of, tables("baseline"), tables("candidate", view))
    assert found.verdict is Verdict.FAIL
    assert [(each.path, each.baseline, each.candidate) for each in found.differences] == [("$.kind", "table", "view")]


def test_a_view_has_lost_the_indexes_of_its_table():
    """The indexes of a table are asked of the view that stands in for it."""
    bare = Structure(kind="view", columns=TABLE.columns)
    assert asked(indexes_of, tables("baseline"), tables("candidate", bare)).verdict is Verdict.FAIL


@pytest.mark.parametrize("question", [schema_of, indexes_of])
@pytest.mark.parametrize(
    "baseline",
    [tables("baseline", replace(TABLE, kind="index"), Documents), Memory("baseline file")],
    ids=["another kind", "a file"],
)
def test_sides_of_different_kinds_prove_nothing_without_expect(question, baseline):
    """Where there is nothing to compare with, nothing passes."""
    found = asked(question, baseline, tables("candidate"))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NOT_PERMITTED)
    assert "expect" in found.remedy


@pytest.mark.parametrize("question", [schema_of, indexes_of])
def test_two_flavours_of_one_server_are_not_compared_word_by_word(question):
    """MySQL and MariaDB describe the same column differently; that alone is neither a difference nor a proof."""
    one, other = (tables(side, replace(TABLE, kind=side)) for side in ("mysql", "mariadb"))
    assert asked(question, one, other).cause is Cause.NOT_PERMITTED


@pytest.mark.parametrize(
    ("question", "met", "unmet"),
    [
        (schema_of, Expected(columns={"id": "bigint"}), Expected(columns={"id": "integer"})),
        (indexes_of, Expected(indexes=(("id",),)), Expected(indexes=(("name",),))),
    ],
)
def test_expect_is_judged_on_the_candidate_alone(question, met, unmet):
    """Whatever the baseline is, what the description expects is there or it is not."""
    baseline, candidate = Memory("baseline file"), tables("candidate")
    assert asked(question, baseline, candidate, Dataset(key=("id",), expect=met)).verdict is Verdict.PASS
    assert asked(question, baseline, candidate, Dataset(key=("id",), expect=unmet)).verdict is Verdict.FAIL


@pytest.mark.parametrize("question", [schema_of, indexes_of])
def test_expect_on_a_store_without_structures_is_not_met(question):
    """A file cannot say what it is made of, so nothing is concluded."""
    dataset = Dataset(key=("id",), expect=Expected(columns={"id": "bigint"}, indexes=(("id",),)))
    found = asked(question, tables("baseline"), Memory("candidate file"), dataset)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)
    assert "candidate file" in found.summary


def test_a_structure_with_nothing_in_it_proves_nothing():
    """Two collections without a column are nothing observed."""
    empty = Structure(kind="table")
    found = asked(schema_of, tables("baseline", empty), tables("candidate", empty))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)


def test_no_index_on_either_side_is_alike():
    """A table without indexes is a table like any other, once both sides said so."""
    bare = replace(TABLE, indexes={})
    assert asked(indexes_of, tables("baseline", bare), tables("candidate", bare)).verdict is Verdict.PASS


@pytest.mark.parametrize("side", ["baseline", "candidate"])
@pytest.mark.parametrize("question", [schema_of, indexes_of])
def test_a_side_that_cannot_be_asked_is_no_difference(question, side):
    """Could not ask is not a wrong answer, and the side is named."""
    sides = {name: tables(name) for name in ("baseline", "candidate")}
    sides[side].before = raising("structure", StoreUnavailable(f"{side} store: connection refused"))
    found = asked(question, sides["baseline"], sides["candidate"])
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)
    assert f"{side} store did not answer: connection refused" in found.summary


def test_each_side_is_asked_about_its_own_collection():
    """What a side calls the collection is what it is asked about."""
    dataset = Dataset(key=("id",), collection="t", candidate=Place(collection="moved"))
    candidate = Tables("candidate store", made={"moved": TABLE}, holds={"moved": ()})
    assert schema_of(tables("baseline"), candidate, dataset, name="x").verdict is Verdict.PASS


@pytest.mark.parametrize("question", [schema_of, indexes_of])
def test_one_table_is_not_compared_with_itself(question):
    """Two addresses of one table prove nothing; two tables do, and so do stores that cannot tell."""
    found = asked(question, tables("baseline", kind=Placed), tables("candidate", kind=Placed))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NOT_PERMITTED)
    assert "one and the same collection" in found.summary
    for at in ("there", ""):
        other = tables("candidate", kind=Placed, at=at)
        assert asked(question, tables("baseline", kind=Placed), other).verdict is Verdict.PASS
    nowhere = [tables(side, kind=Placed, at="") for side in ("baseline", "candidate")]
    assert asked(question, *nowhere).verdict is Verdict.PASS


@pytest.mark.parametrize("question", [schema_of, indexes_of])
@pytest.mark.parametrize("moved", [Place(key={"id": "A#{id}"}), Place(where={"id": {"at_least": 1}})])
def test_records_that_move_inside_a_table_leave_it_as_it_is(question, moved):
    """Where the description tells two sets of records of one table apart, the table is like itself, and that is said."""
    dataset = Dataset(key=("id",), baseline=moved)
    found = asked(question, tables("baseline", kind=Placed), tables("candidate", kind=Placed), dataset)
    assert found.verdict is Verdict.PASS
    assert "both sides are one table" in found.receipt


def test_a_collection_that_cannot_be_placed_is_not_heard():
    """Whether both are one table must be known before anything is compared."""
    broken = tables("candidate", before=raising("describe", StoreUnavailable("candidate store: gone")))
    assert asked(schema_of, tables("baseline"), broken).cause is Cause.NO_ANSWER


AHEAD = SequenceState(name="s", column="id", next=8, increment=1, highest=7)


def numbered(side, *states):
    """A side whose collection is fed by these."""
    return Tables(f"{side} store", numbers={"t": states})


def test_sequences_ahead_pass_and_behind_fail():
    """The next number must be free."""
    assert sequences_of(numbered("candidate", AHEAD), PLAIN, name="t").verdict is Verdict.PASS
    assert sequences_of(numbered("candidate", replace(AHEAD, next=7)), PLAIN, name="t").verdict is Verdict.FAIL


def test_a_sequence_that_was_lost_on_the_way_is_a_difference():
    """A column that the baseline fills itself and the candidate leaves empty cannot take a new record."""
    found = sequences_of(numbered("candidate"), PLAIN, name="t", baseline=numbered("baseline", AHEAD))
    assert found.verdict is Verdict.FAIL
    assert found.differences[0].path == "$.id"


def test_a_sequence_the_column_no_longer_asks_is_lost():
    """Ownership alone gives no number to a new record; on the baseline it promises none."""
    owned = replace(AHEAD, feeds=False)
    lost = sequences_of(numbered("candidate", owned), PLAIN, name="t", baseline=numbered("baseline", AHEAD))
    assert lost.verdict is Verdict.FAIL
    kept = sequences_of(numbered("candidate", owned), PLAIN, name="t", baseline=numbered("baseline", owned))
    assert kept.verdict is Verdict.PASS


def test_a_column_fed_by_another_kind_of_store_must_be_fed():
    """The baseline's kind does not matter: what it fills itself the candidate must fill."""
    baseline = Documents("baseline store", numbers={"t": (AHEAD,)})
    assert sequences_of(numbered("candidate"), PLAIN, name="t", baseline=baseline).verdict is Verdict.FAIL
    assert sequences_of(numbered("candidate"), PLAIN, name="t", baseline=Memory("file")).verdict is Verdict.PASS


def test_a_fed_column_may_have_another_name():
    """The candidate's name for the column is the one that must be fed."""
    dataset = Dataset(key=("id",), columns={"id": Column(candidate="number")})
    candidate = numbered("candidate", replace(AHEAD, column="number"))
    assert sequences_of(candidate, dataset, name="t", baseline=numbered("baseline", AHEAD)).verdict is Verdict.PASS


def test_a_store_without_sequences_is_not_heard():
    """A file that is asked for its sequences says nothing, and that is not a PASS."""
    found = sequences_of(Memory("candidate file"), PLAIN, name="t")
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)


class Search(Documents):
    """A search index in memory."""

    found: tuple[int, tuple[tuple[str, str, str, str], ...]] = (3, ())

    def misindexed(self, collection, *, sample, seed):
        """What the test says about its documents."""
        assert (collection, sample > 0, seed) == ("t", True, 1)
        self.before("misindexed")
        return self.found


MAPPED = Structure(kind="index", columns={"title": {"type": "text"}})


def searched(found, baseline=None, structure=MAPPED, **said):
    """The conclusion about an index whose documents were looked at with this outcome."""
    candidate = Search("candidate index", made={"t": structure}, holds={"t": ()})
    candidate.found = found
    return mapping_of(baseline or Memory("baseline file"), candidate, PLAIN, name="t", seed=1, **said)


def test_an_index_is_proven_by_its_documents():
    """Documents that are indexed as what they hold pass; one that is not fails; none proves nothing."""
    assert searched((3, ())).verdict is Verdict.PASS
    assert searched((3, (("s1", "title", "sa", "sb"),))).verdict is Verdict.FAIL
    assert searched((0, ())).cause is Cause.TOO_FEW


def test_a_mapping_with_nothing_in_it_proves_nothing():
    """An index that tells of no field has nothing to compare."""
    assert searched((3, ()), structure=Structure(kind="index")).cause is Cause.TOO_FEW


def test_mappings_of_two_indexes_are_compared():
    """Where both are indexes, another type of a field is a difference."""
    other = Search(
        "baseline index", holds={"t": ()}, made={"t": replace(MAPPED, columns={"title": {"type": "keyword"}})}
    )
    assert searched((3, ()), baseline=other).verdict is Verdict.FAIL


def test_an_index_that_may_be_empty_is_compared_by_its_mapping():
    """Alike or not; where there is no other mapping, or nothing in it, nothing was compared."""
    alike, other = (
        Search("baseline index", holds={"t": ()}, made={"t": replace(MAPPED, columns={"title": {"type": each}})})
        for each in ("text", "keyword")
    )
    assert searched((0, ()), baseline=alike, may_be_empty=True).verdict is Verdict.PASS
    assert searched((0, ()), baseline=other, may_be_empty=True).verdict is Verdict.FAIL
    assert searched((0, ()), baseline=alike).cause is Cause.TOO_FEW
    assert searched((0, ()), may_be_empty=True).cause is Cause.TOO_FEW
    assert (
        searched((0, ()), baseline=alike, structure=Structure(kind="index"), may_be_empty=True).verdict is Verdict.FAIL
    )


def test_a_table_has_no_mapping():
    """A store that is no index cannot be asked what it indexes."""
    assert mapping_of(tables("baseline"), tables("candidate"), PLAIN, name="t", seed=1).cause is Cause.NO_ANSWER
