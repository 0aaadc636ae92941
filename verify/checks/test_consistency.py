"""Do both sides hold the same records, in the same shape, and do they hang together?"""

from __future__ import annotations

from verify.core.asking import Datasets, Judge
from verify.core.catalogue import check
from verify.core.datasets import Backup, Dataset, Discovery, Reference, Shared
from verify.core.selectors import (
    backups,
    dual_written,
    indexed,
    keyed,
    mapped,
    numbered,
    recorded,
    references,
    shared_stores,
    stored_objects,
    structured,
)
from verify.core.selectors import datasets as every_dataset
from verify.core.subjects import Subject


@check("consistency.count", over=every_dataset)
def test_counts_agree(subject: Subject[Dataset | Discovery], datasets: Datasets, judge: Judge) -> None:
    """
    Both sides hold the same number of records, and at least `minimum`.

    Blind to: one record lost and another doubled; see consistency.records.
    """
    judge(datasets.count(subject))


@check("consistency.records", over=recorded)
def test_records_agree(subject: Subject[Dataset | Discovery], datasets: Datasets, judge: Judge) -> None:
    """
    Every record is on both sides once, and every compared column holds the same value.

    With `recheck` what differs is read again until it agrees or has differed for too long.
    Blind to: columns under `except` or not among `only`, records that `where` leaves out, softened values (all
    counted in the evidence), what the other side's store has none of (a document's `_id`, a member's `_name`, a
    column that a dump does not hold: all noted), whether a view reads the baseline's own table, and writes after the
    reading.
    """
    judge(datasets.compare(subject))


@check("consistency.keys", over=keyed)
def test_keys_agree(subject: Subject[Dataset], datasets: Datasets, judge: Judge) -> None:
    """
    Every key fits its side's pattern, no two become one, and each exists on both sides.

    Blind to: everything but the key; see consistency.records.
    """
    judge(datasets.keys(subject))


@check("consistency.schema", over=structured)
def test_schemas_agree(subject: Subject[Dataset | Discovery], datasets: Datasets, judge: Judge) -> None:
    """
    Both collections have the same columns, constraints and settings, every constraint is validated, and `expect` holds.

    Blind to: versions of extensions and collations (shown, not judged), grants and owners, bodies of functions (which
    triggers, rules, defaults, checks, indexes and policies call), definitions of views that it reads from, settings and
    publications of the database, comments and statistics, the order of columns, how they are stored and compressed, and
    defaults that only a partition has.
    """
    judge(datasets.schema(subject))


@check("consistency.sequences", over=numbered)
def test_sequences_are_ahead(subject: Subject[Dataset | Discovery], datasets: Datasets, judge: Judge) -> None:
    """
    Each sequence, identity or auto-increment of the candidate can give a next number, beyond what its column holds.

    And each column that is fed on the baseline is fed on the candidate. One that cycles does not begin again on numbers
    that its column holds. Where a column holds texts made with its numbers, the sequence is not behind the baseline's.
    Blind to: numbers that an application makes itself, sequences that nothing ties to a column, how soon one that
    still has numbers runs out, and numbers that only the baseline's sequence has given.
    """
    judge(datasets.sequences(subject))


@check("consistency.indexes", over=indexed)
def test_indexes_exist(subject: Subject[Dataset | Discovery], datasets: Datasets, judge: Judge) -> None:
    """
    The candidate has every index of the baseline and every one that `expect` names, each valid, its partitions' own too.

    And it has no unique one of its own, which would refuse records that the baseline takes.

    Blind to: whether a query uses it, how bloated or damaged it is, bodies of functions it is made with, and options
    of the server that keep it from being used.
    """
    judge(datasets.indexes(subject))


@check("consistency.mapping", over=mapped)
def test_mapping_agrees(subject: Subject[Dataset | Discovery], datasets: Datasets, judge: Judge) -> None:
    """
    The search index maps, analyses and is called as the baseline's, and a sample is indexed as what it holds.

    Blind to: documents outside the sample, fields that keep no value in the index, and how hits are ranked.
    """
    judge(datasets.mapping(subject))


@check("consistency.objects", over=stored_objects)
def test_objects_agree(subject: Subject[Dataset], datasets: Datasets, judge: Judge) -> None:
    """
    Every object is on both sides with the same key, size, content hash, type and metadata.

    Blind to: access rules, storage classes, encryption, retention, tags, older versions and settings of the bucket.
    """
    judge(datasets.compare(subject))


@check("consistency.references", over=references)
def test_references_resolve(subject: Subject[Reference], datasets: Datasets, judge: Judge) -> None:
    """
    Every record that is named exists and, with `both`, every record on the other end is named.

    Blind to: what was written between reading the one end and the other.
    """
    judge(datasets.reference(subject))


@check("consistency.dual_write", over=dual_written)
def test_writes_reach_both_sides(subject: Subject[Dataset], datasets: Datasets, judge: Judge) -> None:
    """
    Both stores hold every key at the same version, and the application's own statistics say what is expected.

    Blind to: an update that does not touch the version column; see consistency.records.
    """
    judge(datasets.dual_write(subject))


@check("consistency.backup", over=backups)
def test_backup_is_equal(subject: Subject[Backup], datasets: Datasets, judge: Judge) -> None:
    """
    The backup can be read to its end, is of the right database, and holds what its dataset holds.

    Blind to: whether it can be restored in time, and where it is kept.
    """
    judge(datasets.backup(subject))


@check("consistency.same_store", over=shared_stores)
def test_shared_store_is_one(subject: Subject[Shared], datasets: Datasets, judge: Judge) -> None:
    """
    Where the description says that both sides share a store, both addresses lead to the same server and database.

    Blind to: a proxy that answers for another server, and replicas that answer under one name.
    """
    judge(datasets.same_store(subject))
