"""Samples on disk."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from loadtests.samples import Row, SampleFile, read_samples
from verify.core.errors import EvidenceError


def row(pair: int, *, error: str = "") -> Row:
    """One answered request."""
    return Row(0, 0, 1, pair, 0, pair * 0.1, pair * 0.1, pair * 0.1, math.nan, pair * 0.1 + 0.01, 5, 200, 0, error, 0)


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    """Rows come back in order of scheduling with their values, and a closed file is sealed."""
    file = SampleFile(tmp_path / "a.arrows", about={"seed": "1"})
    for pair in (2, 0, 1):
        file.append(row(pair, error="timeout" if pair == 1 else ""))
        file.flush()
    file.close()
    samples = read_samples([tmp_path / "a.arrows"])
    assert samples.pair.tolist() == [0, 1, 2]
    assert samples.error.tolist() == ["", "timeout", ""]
    assert math.isnan(samples.first[0])
    assert samples.unsealed == ()


def test_a_file_that_was_never_closed_keeps_what_was_flushed(tmp_path: Path) -> None:
    """Flushed rows survive, unflushed ones do not, and the file is named as unsealed."""
    file = SampleFile(tmp_path / "a.arrows", about={})
    file.append(row(0))
    file.flush()
    file.append(row(1))
    samples = read_samples([tmp_path / "a.arrows"])
    file.close()
    assert (samples.count, samples.unsealed) == (1, ("a.arrows",))


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_a_file_cut_short_is_unsealed(tmp_path: Path, part: float) -> None:
    """However much of the tail is lost, the file is read as far as it goes and never counts as whole."""
    file = SampleFile(tmp_path / "a.arrows", about={})
    for pair in range(10):
        file.append(row(pair))
        file.flush()
    file.close()
    data = (tmp_path / "a.arrows").read_bytes()
    (tmp_path / "cut.arrows").write_bytes(data[: int(len(data) * part)])
    samples = read_samples([tmp_path / "cut.arrows"])
    assert samples.unsealed == ("cut.arrows",)
    assert samples.count < 10


def test_what_is_answered_after_the_seal_is_left_out(tmp_path: Path) -> None:
    """A run that is given up closes its file under requests that are still open: it stays whole."""
    file = SampleFile(tmp_path / "a.arrows", about={})
    file.append(row(1))
    file.close()
    file.append(row(2))
    file.flush()
    file.close()
    samples = read_samples([file.path])
    assert (samples.pair.tolist(), samples.unsealed) == ([1], ())


def test_two_workers_files_are_one_run(tmp_path: Path) -> None:
    """Rows of several files are merged."""
    for name in ("a", "b"):
        file = SampleFile(tmp_path / f"{name}.arrows", about={"worker": name})
        file.append(row(0))
        file.close()
    assert read_samples(tmp_path.glob("*.arrows")).count == 2


def test_no_file_and_an_empty_run_hold_nothing(tmp_path: Path) -> None:
    """Without files there are no samples; a sealed file without rows is whole."""
    assert read_samples([]).count == 0
    SampleFile(tmp_path / "a.arrows", about={}).close()
    assert (read_samples([tmp_path / "a.arrows"]).count, read_samples([tmp_path / "a.arrows"]).unsealed) == (0, ())


def test_another_file_is_refused(tmp_path: Path) -> None:
    """Text is not taken for samples."""
    (tmp_path / "a.arrows").write_text("not samples")
    with pytest.raises(EvidenceError, match="not a file of samples"):
        read_samples([tmp_path / "a.arrows"])
