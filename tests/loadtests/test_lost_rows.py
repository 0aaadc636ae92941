"""Rows that could not be written: the file never counts as whole."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from loadtests.samples import SampleFile, read_samples
from tests.loadtests.test_samples import row


class Full:
    """A writer whose disk is full for one batch."""

    def __init__(self, writer: Any) -> None:
        self._writer, self.fails = writer, True

    def write_batch(self, batch: Any, **more: Any) -> None:
        """Fails once, as with ENOSPC."""
        if self.fails:
            self.fails = False
            raise OSError(errno.ENOSPC, "No space left on device")
        self._writer.write_batch(batch, **more)

    def close(self) -> None:
        """The real end."""
        self._writer.close()


def test_a_disk_that_was_full_for_a_moment_leaves_no_whole_file(tmp_path: Path) -> None:
    """One row of a hundred is lost while nobody looks; the seal counts it, and the run proves nothing."""
    file = SampleFile(tmp_path / "a.arrows", about={})
    file._writer = Full(file._writer)
    file.append(row(0))
    with pytest.raises(OSError, match="No space left"):
        file.flush()
    for pair in range(1, 100):
        file.append(row(pair))
    file.close()
    samples = read_samples([tmp_path / "a.arrows"])
    assert (samples.count, samples.unsealed) == (99, ("a.arrows",))
