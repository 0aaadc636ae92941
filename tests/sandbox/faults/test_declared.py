"""What the faults say about themselves."""

from __future__ import annotations

import pytest

from sandbox.errors import UnknownFault
from sandbox.faults import fault, faults_of, known_faults
from sandbox.faults.fault import RowChange
from sandbox.systems import known_systems

# Pickup's plan allows twice the baseline's response time, so a fifth more is no defect there.
TOO_SMALL = {"latency-20-percent"}


def test_every_fault_declares_what_it_causes():
    """Each has a kind, a summary, two decisions, and claims in each of its systems unless it is no difference."""
    for each in known_faults():
        assert each.kind in {"http", "data", "load", "success", "observe"}
        assert each.summary
        assert each.systems <= set(known_systems())
        for system in each.systems:
            claims = each.claims_of(system)
            assert {each.advance, each.stay} <= ({"HOLD", "ROLL_BACK"} if claims else {"ADVANCE"})
            assert set(claims.values()) <= {"FAIL", "INCONCLUSIVE"}
            assert all(len(claim.split(" ")) == 2 and "." in claim and "/" in claim for claim in claims)


def test_faults_are_all_there():
    """The systems have the planted defects they are meant to have."""
    http = {"field-dropped", "number-as-string", "array-reordered", "wrong-target", "health-down", "health-login-page",
            "route-missing", "truncated-gzip", "error-page"}  # fmt: skip
    load = {"status-500", "status-200-empty", "latency-20-percent", "tail-x5"}
    data = {"row-lost", "row-extra", "row-doubled", "last-digit", "null-as-empty", "absent-as-null", "sub-millisecond",
            "unicode-form", "swapped-columns", "write-one-side"}  # fmt: skip
    assert {each.name for each in faults_of("easypicks")} >= http | load
    assert {each.name for each in faults_of("pickup")} >= (http | load | data | {"one-at-a-time"}) - TOO_SMALL


def test_faults_of_the_moves_are_all_there():
    """What goes wrong in a move of stores is planted, and so is what only looks as if it did."""
    moves = {"index-empty", "bucket-unfilled", "dump-half-loaded", "writes-after-dump", "clean-up-too-eager"}
    rows = {"document-lost", "document-extra", "document-doubled", "score-last-digit", "content-null-as-empty",
            "title-trailing-space", "title-decomposed", "created-sub-millisecond", "times-zone-shifted", "titles-swapped",
            "views-through-float", "tags-reordered", "attribute-value", "event-lost", "event-once"}  # fmt: skip
    tables = {"user-sequence-behind", "constraint-not-valid", "constraint-lost", "index-lost", "index-invalid",
              "extension-lost", "row-security-on", "column-widened", "default-lost", "table-extra", "table-lost"}  # fmt: skip
    objects = {"object-lost", "object-extra", "object-truncated", "object-byte", "object-empty", "object-type",
               "object-metadata-lost"}  # fmt: skip
    search = {"document-not-indexed", "deleted-still-indexed", "indexed-stale", "mapping-rounds", "alias-at-old-index"}
    none = {"score-scale", "header-key-order", "attributes-rebuilt", "rows-elsewhere", "rows-clustered",
            "objects-uploaded-again", "index-rebuilt"}  # fmt: skip
    found = faults_of("database-api")
    assert {each.name for each in found} >= moves | rows | tables | objects | search | none
    assert {each.name for each in found if not each.claims} >= none
    keys = {"wrong-table", "old-key-left", "half-rolled-back", "key-collision", "set-as-list", "number-rounded"}
    assert {each.name for each in faults_of("algoitny")} >= keys


def test_data_faults_stay_away_from_sampled_rows_and_each_other():
    """Every row they touch has an id above 3,000, and no two faults touch the same row."""
    rows = [(each.how.table, key) for each in known_faults() if isinstance(each.how, RowChange) for key in each.how.ids]
    assert all(key > 3000 for _, key in rows)
    assert len(set(rows)) == len(rows)


def test_unknown_fault_lists_the_known_ones():
    """A wrong name is answered with the right ones."""
    with pytest.raises(UnknownFault, match=r"easypicks has no fault 'row-lost'; it has .*wrong-target"):
        fault("row-lost", "easypicks")
