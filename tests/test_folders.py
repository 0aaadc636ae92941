"""Folders of evidence: one that cannot be listed is never an empty one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from verify.core.errors import EvidenceError
from verify.folders import files_in, folders_in


def test_what_a_folder_holds(tmp_path):
    """Folders and files apart, sorted, without hidden ones and those of other names; nothing where there is no folder."""
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}.jsonl").write_text("")
    for name in ("notes.txt", "._a.jsonl"):
        (tmp_path / name).write_text("")
    (tmp_path / "c").symlink_to(tmp_path / "a")
    assert [each.name for each in folders_in(tmp_path)] == ["a", "b", "c"]
    assert [each.name for each in files_in(tmp_path, ".jsonl")] == ["a.jsonl", "b.jsonl"]
    assert folders_in(tmp_path / "nowhere") == files_in(tmp_path / "nowhere", ".jsonl") == []


def test_a_folder_that_may_not_be_listed_is_told(tmp_path, monkeypatch):
    """Whoever runs the tests may list everything, so the refusal is played."""

    def refused(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refused)
    for ask in (folders_in, lambda place: files_in(place, ".jsonl")):
        with pytest.raises(EvidenceError, match="cannot be listed: Permission denied; nobody knows what it holds"):
            ask(tmp_path)


def test_a_place_that_is_no_folder_is_told(tmp_path):
    """A file, or a link whose end is gone, in the place of the folder."""
    (tmp_path / "runs").write_text("")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    with pytest.raises(EvidenceError, match="runs: cannot be listed: Not a directory"):
        folders_in(tmp_path / "runs")
    with pytest.raises(EvidenceError, match="gone: leads nowhere"):
        folders_in(tmp_path / "gone")


def test_links_that_lead_nowhere_are_told(tmp_path):
    """A run on a disk that is no longer there is no run that never was."""
    (tmp_path / "r1").symlink_to(tmp_path / "nowhere")
    with pytest.raises(EvidenceError, match="r1: cannot be read: No such file"):
        folders_in(tmp_path)
    (tmp_path / "r1").unlink()
    (tmp_path / "r1").symlink_to("r1")
    with pytest.raises(EvidenceError, match="r1: cannot be read: Too many levels"):
        folders_in(tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_told(tmp_path, make):
    """Reading a pipe would wait for ever."""
    make(tmp_path / "main.jsonl")
    with pytest.raises(EvidenceError, match=r"main\.jsonl: is no file"):
        files_in(tmp_path, ".jsonl")
