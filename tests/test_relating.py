"""References between datasets as stores hold them: what names nothing, what names nobody, what nobody looked at."""

from __future__ import annotations

import pytest

from tests.stored import Memory, raising
from verify.compare.explaining import Privacy
from verify.core.datasets import Column, Dataset, Place, Reference
from verify.core.errors import StoreUnavailable
from verify.core.verdicts import Cause, Verdict
from verify.relating import Relation, reference_of

DOCUMENTS = [{"id": 1, "file": "a"}, {"id": 2, "file": "b"}, {"id": 3, "file": "a"}]
FILES = [{"key": "a"}, {"key": "b"}]
DATASETS = {"documents": Dataset(key=("id",)), "files": Dataset(key=("key",))}


def asked(documents=DOCUMENTS, files=FILES, *, spec=("documents.file", "files.key"), both=False, datasets=DATASETS,
          baseline=None, before=lambda _: None, personal=()):  # fmt: skip
    """The conclusion about candidate's documents and files; the baseline's are all right unless given."""
    sides = {
        "candidate": Memory("candidate s", {"documents": documents, "files": files}, before=before),
        "baseline": baseline or Memory("baseline s", {"documents": DOCUMENTS, "files": FILES}),
    }
    reference = Reference.model_validate({"from": spec[0], "to": spec[1], "both": both})
    relation = Relation(spec=reference, datasets=datasets, store_of=lambda role, _: sides[role])
    privacy = Privacy(personal=personal, conceal=lambda _: "hash:x")
    return reference_of(relation, role="candidate", has_baseline=True, privacy=privacy)


@pytest.mark.parametrize("both", [False, True])
def test_what_is_named_exists(both):
    """Every document names a file that is there, from either end."""
    found = asked(both=both)
    assert found.verdict is Verdict.PASS
    assert "3 documents (0 name nobody), 2 files" in found.receipt


def test_a_name_that_leads_nowhere_is_told_with_its_record_and_the_baseline():
    """The record, what it names, and whether the baseline has the same trouble."""
    found = asked([*DOCUMENTS, {"id": 4, "file": "gone"}])
    assert found.verdict is Verdict.FAIL
    assert found.differences[0].key == "documents id=number 4"
    assert "baseline: 0 name nothing" in found.receipt


def test_null_and_absent_name_nobody():
    """They are counted, and nothing is looked up for them."""
    found = asked([*DOCUMENTS, {"id": 4, "file": None}, {"id": 5}])
    assert found.verdict is Verdict.PASS
    assert "2 name nobody" in found.receipt


@pytest.mark.parametrize("documents", [[], [{"id": 1, "file": None}]], ids=["empty", "nobody names"])
def test_where_nobody_names_nothing_is_proven(documents):
    """No name was looked up."""
    found = asked(documents)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)


def test_a_misspelt_naming_column_is_named():
    """A column that no record has is not a column in which everybody names nobody."""
    found = asked(spec=("documents.flie", "files.key"))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "no record has documents.flie" in found.summary


def test_a_misspelt_named_column_is_named():
    """What is looked for in a column that does not exist is not found, and the column is the first thing said."""
    found = asked(spec=("documents.file", "files.kye"))
    assert found.verdict is Verdict.FAIL
    assert found.summary.startswith("no record has files.kye")


def test_a_column_that_neither_end_has_does_not_pair_everything():
    """Absent equals absent, so the other column alone would decide."""
    found = asked(spec=("documents.file,tenant", "files.key,tenant"))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "no record has documents.tenant" in found.summary
    assert "no record has files.tenant" in found.summary


def test_a_column_lost_on_the_candidate_proves_nothing():
    """The baseline's documents name files, the candidate's have no such column."""
    found = asked([{"id": 1}, {"id": 2}])
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "documents.file" in found.summary


def test_a_list_is_not_one_of_its_items():
    """A list of names is no name; it is told rather than taken for found."""
    assert asked([{"id": 1, "file": ["a"]}]).verdict is Verdict.FAIL


def test_pairs_name_pairs():
    """Both columns must fit together, not each for itself."""
    spec, files = ("documents.file,tenant", "files.key,tenant"), [{"key": "a", "tenant": 1}, {"key": "b", "tenant": 2}]
    assert asked([{"id": 1, "file": "a", "tenant": 1}], files, spec=spec).verdict is Verdict.PASS
    assert asked([{"id": 1, "file": "a", "tenant": 2}], files, spec=spec).verdict is Verdict.FAIL


def test_a_part_of_the_key_may_name():
    """A column of the key is read like any other."""
    datasets = {"documents": Dataset(key=("id", "file")), "files": DATASETS["files"]}
    assert asked(datasets=datasets).verdict is Verdict.PASS
    assert asked([{"id": 1, "file": "gone"}], datasets=datasets).verdict is Verdict.FAIL


def test_records_without_a_key_name_too():
    """A dataset without a key has names all the same."""
    datasets = {"documents": Dataset(key=()), "files": DATASETS["files"]}
    assert asked(datasets=datasets).verdict is Verdict.PASS
    assert asked([{"file": "gone"}], datasets=datasets).verdict is Verdict.FAIL


def test_an_unnamed_record_is_told_when_asked():
    """`both` looks from the other end, too."""
    found = asked(files=[*FILES, {"key": "c"}], both=True)
    assert found.verdict is Verdict.FAIL
    assert 'files key=string "c"' in found.differences[0].key


def test_other_names_rules_and_filters_hold():
    """A reference is between datasets, not between what the stores happen to call things."""
    documents = Dataset(
        key=("id",), candidate=Place(where={"live": True}), columns={"file": Column(candidate="$.meta.name", trim=True)}
    )
    rows = [{"id": 1, "live": True, "meta": {"name": " a"}}, {"id": 2, "live": False, "meta": {"name": "gone"}}]
    found = asked(rows, datasets={**DATASETS, "documents": documents})
    assert found.verdict is Verdict.PASS
    assert "1 documents" in found.receipt


def test_a_naming_record_with_a_key_nobody_planned_is_not_passed_over():
    """What such a record names was not looked up, so the rest proves nothing."""
    documents = Dataset(key=("id",), candidate=Place(key={"PK": "D#{id}"}), columns={"id": Column(type="integer")})
    rows = [{"PK": "D#1", "file": "a"}, {"PK": "OLD-2", "file": "gone"}]
    found = asked(rows, datasets={**DATASETS, "documents": documents})
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "1 key fits no pattern in documents, or more" in found.summary


@pytest.mark.parametrize("files", [FILES, [{"key": "b"}]], ids=["resolved", "orphans"])
def test_an_end_that_cannot_be_read_is_no_orphan(files):
    """Could not ask is not a wrong answer."""
    found = asked(files=files, before=raising("scan", StoreUnavailable("candidate s: refused")))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)
    assert "candidate s: refused" in found.summary


def test_a_baseline_that_cannot_be_asked_changes_nothing():
    """The candidate's orphans are a FAIL whatever the baseline says."""
    silent = Memory("baseline s", before=raising("scan", StoreUnavailable("baseline s: refused")))
    found = asked([{"id": 1, "file": "gone"}], baseline=silent)
    assert found.verdict is Verdict.FAIL
    assert "the baseline could not be asked: baseline s: refused" in found.receipt


def test_personal_names_are_not_shown():
    """A personal column stands as a keyed hash, in the key and in the value."""
    found = asked([{"id": 1, "file": "kim@shop.example"}], personal={"file", "key"})
    assert found.verdict is Verdict.FAIL
    assert "kim@shop.example" not in str(found)
