"""References between datasets, matched by value."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verify.compare.explaining import Privacy
from verify.compare.relations import End, compare_references, relate
from verify.core.verdicts import Cause, Verdict


def end(dataset, rows, *, key=("id",), columns=("ref",), minimum=1):
    """An end whose rows are tuples of key and columns."""
    width = len(key) + len(columns)

    def scan():
        for at in range(0, len(rows), 2):
            some = rows[at : at + 2]
            arrays = [pa.array([row[place] for row in some], pa.large_string()) for place in range(width)]
            yield pa.RecordBatch.from_arrays(arrays, names=[str(place) for place in range(width)])

    return End(dataset=dataset, key=key, columns=columns, scan=scan, minimum=minimum)


def judged(naming, named, *, both=False):
    """The conclusion about both ends."""
    from_, to = end("documents", naming), end("files", named)
    found = relate(from_, to, both=both)
    return compare_references(found, from_, to, also="", privacy=Privacy())


FILES = [("#1", "sa.pdf"), ("#2", "sb.pdf")]


def test_every_reference_resolves():
    """Each named record exists; null and absent name nobody and are counted."""
    found = judged([("#1", "sa.pdf"), ("#2", "sb.pdf"), ("#3", "n"), ("#4", "_")], FILES, both=True)
    assert found.verdict is Verdict.PASS
    assert "4 documents (2 name nobody), 2 files" in found.receipt


def test_partly_null_names_nobody():
    """As foreign keys have it (MATCH SIMPLE); a record with a null is named by nobody either."""
    both = {"columns": ("tenant", "ref")}
    from_ = end("lines", [("#1", "sa", "n"), ("#2", "_", "#1"), ("#3", "sa", "#1")], **both)
    to = end("orders", [("#1", "sa", "#1"), ("#2", "sa", "n")], **both)
    found = compare_references(relate(from_, to, both=False), from_, to, also="", privacy=Privacy())
    assert found.verdict is Verdict.PASS
    assert "2 name nobody" in found.receipt
    assert relate(from_, to, both=True).unnamed == (("sa", "n"),)


@pytest.mark.parametrize("less", ["documents", "files"])
def test_fewer_records_than_the_minimum_prove_nothing(less):
    """Either end below the minimum of its dataset; what names nothing is a FAIL all the same."""
    few = {"documents": 1, "files": 1, less: 3}
    rows = {"documents": [("#1", "sa.pdf"), ("#2", "sb.pdf")], "files": FILES}
    from_, to = (end(name, rows[name], minimum=few[name]) for name in rows)
    found = compare_references(relate(from_, to, both=False), from_, to, also="", privacy=Privacy())
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)
    assert f"2 {less} were read, fewer than its minimum 3" in found.summary
    lost = end("files", FILES[:1], minimum=3)
    assert compare_references(relate(from_, lost, both=False), from_, lost, also="",
                              privacy=Privacy()).verdict is Verdict.FAIL  # fmt: skip


def test_orphan_is_named_with_its_key():
    """A record that names something that is not there is told with key and value."""
    found = judged([("#1", "sa.pdf"), ("#2", "sgone.pdf")], FILES)
    assert found.verdict is Verdict.FAIL
    assert found.differences[0].key == "documents id=number 2"
    assert 'ref=string "gone.pdf"' in found.differences[0].baseline


def test_unnamed_record_is_an_orphan_only_when_asked():
    """`both` looks from the other end, too."""
    naming = [("#1", "sa.pdf")]
    assert judged(naming, FILES).verdict is Verdict.PASS
    found = judged(naming, FILES, both=True)
    assert found.verdict is Verdict.FAIL
    assert 'files ref=string "b.pdf"' in found.differences[0].key


def test_kinds_do_not_meet():
    """The number 1 does not name the record "1"."""
    assert judged([("#1", "#1")], [("#9", "s1")]).verdict is Verdict.FAIL


def test_nothing_named_proves_nothing():
    """Where nobody names anybody there was nothing to resolve."""
    found = judged([("#1", "n")], FILES)
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.TOO_FEW)


def test_more_orphans_than_shown_are_counted():
    """Fifty are shown, the rest is a number."""
    found = judged([(f"#{n}", f"sgone{n}") for n in range(120)], FILES)
    assert len(found.differences) == 50
    assert found.omitted == 70


@settings(max_examples=40, deadline=None)
@given(
    naming=st.lists(st.sampled_from(["sa", "sb", "sc", "n", "#1"]), max_size=12),
    named=st.lists(st.sampled_from(["sa", "sb", "s1", "#1"]), max_size=6),
)
def test_agrees_with_sets(naming, named):
    """The same orphans as plain sets find."""
    from_ = end("documents", [(f"#{at}", value) for at, value in enumerate(naming)])
    to = end("files", [(f"#{at}", value) for at, value in enumerate(named)])
    found = relate(from_, to, both=True)
    assert found.orphan_count == sum(1 for each in naming if each != "n" and each not in named)
    assert found.unnamed_count == sum(1 for each in named if each not in naming)
