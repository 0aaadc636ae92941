"""Do both sides hold the same records?"""

from __future__ import annotations

from verify.core.asking import Datasets, Judge
from verify.core.catalogue import check
from verify.core.model import Dataset
from verify.core.subjects import Subject
from verify.core.subjects import datasets as every_dataset


@check("consistency.count", over=every_dataset)
def test_counts_agree(subject: Subject[Dataset], datasets: Datasets, judge: Judge) -> None:
    """
    Both sides hold the same number of records, and at least `minimum`.

    Blind to: one record lost and another doubled; see consistency.records.
    """
    judge(datasets.count(subject.spec, subject.name))


@check("consistency.records", over=every_dataset)
def test_records_agree(subject: Subject[Dataset], datasets: Datasets, judge: Judge) -> None:
    """
    Every record is on both sides once, and every compared column holds the same value.

    Blind to: columns under `except`, softened values (counted in the evidence), and writes after the reading.
    """
    judge(datasets.compare(subject.spec, subject.name))
