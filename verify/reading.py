"""Evidence and decisions read back, and refused when they were touched."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from verify.core.catalogue import Claim
from verify.core.decision import Decision, dump_decision, load_decision
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


def read_records(path: Path) -> list[Record]:
    """
    The records of one file, in order; a last line cut short by a crash is left out.

    Raises EvidenceError naming file and line when a line is not what was written.
    """
    records: list[Record] = []
    previous = FIRST
    for number, line in enumerate(_bytes(path).splitlines(keepends=True), start=1):
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
        records.append(load_record(document.get("record"), place=place))
        previous = hashlib.sha256(line).hexdigest()
    return records


def read_run(folder: Path) -> Run | None:
    """
    The run of one folder, merged over its files; None for a folder without any.

    Files that never got their first line make a blind run: it was there, and nobody knows what it would have asked.
    """
    files = [records for path in sorted(folder.glob("*.jsonl")) if (records := read_records(path))]
    if not files:
        return _blind(folder)
    heads = [_head(records, folder) for records in files]
    if len({head.environment for head in heads}) > 1:
        raise EvidenceError(f"{folder}: holds files of several environments")
    ends = [each[-1] for each in files]
    finished = [each for each in ends if isinstance(each, RunFinished)]
    selections = [each for records in files for each in records if isinstance(each, Selected)]
    first = min(heads, key=lambda head: head.started_at)
    complete = len(finished) == len(files) == len(list(folder.glob("*.jsonl")))
    crashed = any(each.exit_status == INTERNAL_ERROR for each in finished)
    lasts = {each.fingerprints for each in finished} | {head.fingerprints for head in heads}
    return Run(
        id=folder.name,
        tool=first.tool,
        environment=first.environment,
        started_at=first.started_at,
        finished=complete and bool(selections) and not crashed,
        started_as=first.fingerprints,
        finished_as=lasts.pop() if len(lasts) == 1 else replace(first.fingerprints, candidate="changed during the run"),
        claims=frozenset(claim for each in selections for claim in each.claims),
        deselected=frozenset(claim for each in selections for claim in each.deselected),
        evidence=_evidence(files, folder),
        sealed=_sealed(files),
    )


def _blind(folder: Path) -> Run | None:
    """A run of which nothing was written but its file; None when there is not even that."""
    found = sorted(folder.glob("*.jsonl"))
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
    runs = [run for folder in sorted(home.glob("runs/*")) if folder.is_dir() and (run := read_run(folder))]
    for run in runs:
        if not run.blind and run.environment != environment:
            raise EvidenceError(f"{home}/runs/{run.id}: evidence of {run.environment}, not of {environment}")
    return sorted(runs, key=lambda run: (run.started_at, run.id))


def evidence_digest(home: Path) -> str:
    """SHA-256 over every evidence file's name and content."""
    total = hashlib.sha256()
    for path in sorted(home.glob("runs/*/*.jsonl")):
        total.update(f"{path.relative_to(home)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def read_chain(home: Path) -> tuple[list[Decision], str]:
    """The decisions in order and the SHA-256 of the last; EvidenceError when a link does not hold."""
    chain: list[Decision] = []
    previous = FIRST
    for number, path in enumerate(sorted(home.glob("decisions/*.json")), start=1):
        text = _bytes(path)
        decision = load_decision(text.decode("utf-8", errors="replace"), place=str(path))
        if chain and decision.environment != chain[-1].environment:
            raise EvidenceError(f"{path}: a decision of {decision.environment} among those of {chain[-1].environment}")
        if decision.sequence != number or decision.previous != previous or path.name != _link_name(number, text):
            raise EvidenceError(f"{path}: does not follow the decision before it; one was edited, removed or reordered")
        chain.append(decision)
        previous = hashlib.sha256(text).hexdigest()
    return chain, previous


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """One gate at a time works on this environment's chain."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _link_name(sequence: int, text: bytes) -> str:
    """Sequence and the start of the content's SHA-256, so that an edit of the last link shows too."""
    return f"{sequence:06d}-{hashlib.sha256(text).hexdigest()[:16]}.json"


def append_decision(home: Path, decision: Decision, *, chain: Sequence[Decision], head: str) -> tuple[Decision, Path]:
    """The decision as the chain's new last link, whole on disk. The caller holds the lock since it read the chain."""
    linked = replace(decision, sequence=len(chain) + 1, previous=head)
    folder = home / "decisions"
    text = dump_decision(linked).encode()
    path = folder / _link_name(linked.sequence, text)
    draft = folder / ".draft"  # the lock is held, so a draft that is there was left by a crash
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise EvidenceError(f"{path}: the decision could not be written: {error.strerror}") from error
    return linked, path
