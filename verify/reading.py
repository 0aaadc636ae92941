"""Evidence and decisions read back, and refused when they were touched."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from verify.chain import read_links
from verify.core.catalogue import Claim
from verify.core.decision import Decision
from verify.core.errors import EvidenceError
from verify.core.evidence import (
    Evidence,
    Fingerprints,
    Observed,
    Record,
    Run,
    RunFinished,
    RunStarted,
    Sealed,
    Selected,
    load_record,
)
from verify.folders import files_in, folders_in
from verify.recording import FIRST

INTERNAL_ERROR: Final = 3  # pytest's ExitCode.INTERNAL_ERROR


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is said twice")
    return found


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise EvidenceError(f"{path}: cannot be read: {error.strerror}") from error


def linked_lines(path: Path, *, size: int | None = None) -> Iterator[tuple[str, object]]:
    """
    Each line's place (`file:line`) and record, in order; a last line cut short by a crash is left out.

    With `size` the file is read as it was when it held so many bytes.
    Raises EvidenceError naming file and line when a line is not what was written.
    """
    previous = FIRST
    for number, line in enumerate(_bytes(path)[:size].splitlines(keepends=True), start=1):
        place = f"{path}:{number}"
        if not line.endswith(b"\n"):
            break
        try:
            document = json.loads(line, object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:
            raise EvidenceError(f"{place}: not what was written: {error}") from error
        if not isinstance(document, dict) or document.get("previous") != previous:
            raise EvidenceError(f"{place}: does not follow the line before it; the file was edited, reordered or cut")
        body = line.rpartition(b',"sha256":"')[0]
        if document.get("sha256") != hashlib.sha256(body).hexdigest():
            raise EvidenceError(f"{place}: not what was written; the line was edited")
        yield place, document.get("record")
        previous = hashlib.sha256(line).hexdigest()


def read_records(path: Path) -> list[Record]:
    """
    The records of one file, in order; a last line cut short by a crash is left out.

    Raises EvidenceError naming file and line when a line is not what was written.
    """
    return [load_record(record, place=place) for place, record in linked_lines(path)]


def read_run(folder: Path) -> Run | None:
    """
    The run of one folder, merged over its files; None for a folder without any.

    Files that never got their first line make a blind run: it was there, and nobody knows what it would have asked.
    """
    files = [records for path in files_in(folder, ".jsonl") if (records := read_records(path))]
    if not files:
        return _blind(folder)
    heads = [_head(records, folder) for records in files]
    if len({head.environment for head in heads}) > 1:
        raise EvidenceError(f"{folder}: holds files of several environments")
    finished = [each[-1] for each in files if isinstance(each[-1], RunFinished)]
    selections = [each for records in files for each in records if isinstance(each, Selected)]
    first = min(heads, key=lambda head: head.started_at)
    complete = len(finished) == len(files) == len(files_in(folder, ".jsonl"))
    crashed = any(each.exit_status == INTERNAL_ERROR for each in finished)
    claims, left = _chosen(selections, divided=any(head.shard for head in heads))
    lasts = {each.fingerprints for each in finished} | {head.fingerprints for head in heads}
    return Run(
        id=folder.name,
        tool=first.tool,
        environment=first.environment,
        started_at=first.started_at,
        finished=complete and bool(selections) and not crashed and _all_shards(heads),
        started_as=first.fingerprints,
        finished_as=lasts.pop() if len(lasts) == 1 else replace(first.fingerprints, candidate="changed during the run"),
        claims=claims,
        deselected=left,
        evidence=_evidence(files, folder),
        sealed=_sealed(files),
        rejudges=first.rejudges,
        suite=" and ".join(sorted({head.revision for head in heads if head.revision})),
    )


def _chosen(selections: Sequence[Selected], *, divided: bool) -> tuple[frozenset[Claim], frozenset[Claim]]:
    """What was set out to be asked, and what was left out; what one part of a divided run leaves out another may ask."""
    claims = frozenset(claim for each in selections for claim in each.claims)
    left = frozenset(claim for each in selections for claim in each.deselected)
    return claims, left - claims if divided else left


def _all_shards(heads: Sequence[RunStarted]) -> bool:
    """True when every part of a divided run is there; a run that was not divided is its one part."""
    parts = {head.shard for head in heads}
    whole = {part.partition("/")[2] for part in parts}
    if parts == {""} or len(whole) != 1:
        return parts == {""}
    (count,) = whole
    return parts == {f"{number}/{count}" for number in range(1, int(count) + 1)}


def _blind(folder: Path) -> Run | None:
    """A run of which nothing was written but its file; None when there is not even that."""
    found = files_in(folder, ".jsonl")
    if not found:
        return None
    made = datetime.fromtimestamp(min(path.stat().st_mtime for path in found), UTC)
    return Run(
        id=folder.name, tool="unknown", environment="", started_at=made,
        finished=False, started_as=Fingerprints(), finished_as=Fingerprints(), claims=frozenset(),
        deselected=frozenset(), evidence={}, sealed={},
    )  # fmt: skip


def _head(records: Sequence[Record], folder: Path) -> RunStarted:
    head = records[0]
    if not isinstance(head, RunStarted) or head.run != folder.name or records.count(head) != 1:
        raise EvidenceError(
            f"{folder}: the first record is not the start of run {folder.name}; the file belongs elsewhere"
        )
    return head


def _evidence(files: Sequence[Sequence[Record]], folder: Path) -> dict[Claim, tuple[Evidence, ...]]:
    found: defaultdict[Claim, list[Evidence]] = defaultdict(list)
    for each in (record for records in files for record in records):
        if isinstance(each, Observed):
            if each.evidence.run != folder.name:
                raise EvidenceError(f"{folder}: holds evidence of run {each.evidence.run}")
            found[each.evidence.claim].append(each.evidence)
    return {claim: tuple(evidence) for claim, evidence in found.items()}


def _sealed(files: Sequence[Sequence[Record]]) -> dict[Claim, bool]:
    found: dict[Claim, bool] = {}
    for each in (record for records in files for record in records):
        if isinstance(each, Sealed):
            found[each.claim] = found.get(each.claim, True) and each.clean
    return found


def read_runs(home: Path, *, environment: str) -> list[Run]:
    """Every run below the folder, oldest first; EvidenceError when one is unreadable or of another environment."""
    runs = [run for folder in folders_in(home / "runs") if (run := read_run(folder))]
    for run in runs:
        if not run.blind and run.environment != environment:
            raise EvidenceError(f"{home}/runs/{run.id}: evidence of {run.environment}, not of {environment}")
    return sorted(runs, key=lambda run: (run.started_at, run.id))


def on_disk(home: Path) -> dict[str, bytes]:
    """Every evidence file's content by its name below the folder."""
    found = [path for folder in folders_in(home / "runs") for path in files_in(folder, ".jsonl")]
    return {path.relative_to(home).as_posix(): _bytes(path) for path in found}


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over every evidence file's name and content."""
    total = hashlib.sha256()
    for name, content in files.items():
        total.update(f"{name} {hashlib.sha256(content).hexdigest()}\n".encode())
    return total.hexdigest()


def evidence_digest(home: Path) -> str:
    """SHA-256 over every evidence file's name and content, as they are now."""
    return digest_of(on_disk(home))


def read_chain(home: Path) -> tuple[list[Decision], str]:
    """The decisions in order, without what else stands between them, and the SHA-256 of the last link."""
    chain = read_links(home)
    return [link for link in chain.links if isinstance(link, Decision)], chain.head
