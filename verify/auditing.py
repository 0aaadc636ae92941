"""Whether the record is what was written: every line, every link, every file a decision rests on, every signature."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from verify.chain import HEAD_FILE, Chain, read_links
from verify.core.decision import Decision
from verify.core.errors import EvidenceError
from verify.core.evidence import Run
from verify.core.links import Link
from verify.keeping import kept, missing, rested_on
from verify.reading import on_disk, read_runs
from verify.recording import FIRST
from verify.signing import HEAD, VerifyingKey, opened, verified

_OLDER: Final = "Only a head kept elsewhere finds an old copy of everything."
_UNCHECKED: Final = "Signed, and no signature was checked: give --key to find edits, and a chain cut at its end."
_UNSIGNED: Final = "Unsigned: this finds accidents and edits, not somebody who rewrites every file."


def witnessed(chain: Sequence[Link]) -> dict[str, str]:
    """Every evidence file that a decision of the chain has seen, as the last of them saw it: size and SHA-256."""
    found: dict[str, str] = {}
    for link in chain:
        if isinstance(link, Decision):
            found |= link.evidence_files
    return found


def news(files: Mapping[str, bytes], chain: Sequence[Link]) -> dict[str, str]:
    """Size and SHA-256 of what no decision of the chain has seen, or saw otherwise."""
    seen = witnessed(chain)
    now = {name: f"{len(content)} {hashlib.sha256(content).hexdigest()}" for name, content in files.items()}
    return {name: said for name, said in now.items() if seen.get(name) != said}


def untouched(home: Path, files: Mapping[str, bytes], chain: Sequence[Link]) -> None:
    """An EvidenceError where a file that a decision rests on is gone, was cut, or begins otherwise than it did."""
    for name, said in witnessed(chain).items():
        size, _, expected = said.partition(" ")
        content = files.get(name)
        if content is None:
            raise EvidenceError(f"{home / name}: was there at an earlier decision and is gone; restore it")
        if hashlib.sha256(content[: int(size)]).hexdigest() != expected:
            raise EvidenceError(f"{home / name}: is not what an earlier decision saw; it was edited, cut or exchanged")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """What was found whole, in sentences for a person."""

    decisions: int
    runs: int
    head: str
    signed: str
    files: int = 0
    gone: tuple[str, ...] = ()

    def lines(self, environment: str) -> list[str]:
        """The audit as text."""
        return [
            f"{environment}: {self.decisions} decisions follow each other, {self.runs} runs are as they were written",
            *(
                [f"{self.files} files that evidence rests on begin as they did when they were judged"]
                if self.files
                else []
            ),
            *(f"not kept, so that nobody can judge it anew: {each}" for each in self.gone),
            f"head: {self.head}",
            self.signed,
        ]


def audit(
    home: Path, *, environment: str, noted: str | None, keys: Sequence[VerifyingKey], strict: bool = False
) -> Audit:
    """
    What holds. EvidenceError names the file that does not.

    `noted` is a head kept elsewhere, which the chain must still contain; with `keys` every link since the first
    signed one must be signed by one of them, and the signed head must be part of the chain. Files that evidence rests
    on must begin as they did; one that is gone is told, and an EvidenceError when `strict`.
    """
    runs = read_runs(home, environment=environment)
    chain = read_links(home)
    if not chain.links and not runs:
        raise EvidenceError(f"{home}: neither a decision nor a run is on record there; nothing was audited")
    if chain.links and chain.links[0].environment != environment:
        raise EvidenceError(f"{home}: holds decisions of {chain.links[0].environment}, not of {environment}")
    untouched(home, on_disk(home), chain.links)
    if noted and noted not in {chain.head, *(link.previous for link in chain.links)}:
        raise EvidenceError(f"{home}: the chain does not contain {noted}; it was cut or rewritten since that was noted")
    said = _UNCHECKED if any(each.keyid for each in chain.signatures) else _UNSIGNED
    words = vouched(home, chain, keys) if keys else said
    files, gone = _rested(home, runs)
    if gone and strict:
        raise EvidenceError(f"{home}: evidence rests on {len(gone)} files that are not kept: {'; '.join(gone)}")
    return Audit(decisions=len(chain.links), runs=len(runs), head=chain.head, signed=words, files=files, gone=gone)


def _rested(home: Path, runs: Sequence[Run]) -> tuple[int, tuple[str, ...]]:
    """How many files that evidence rests on are as they were, and which are gone."""
    bound = {(name, said) for each in rested_on(runs) for name, said in each.files.items()}
    for name, said in sorted(bound):  # one file may be bound at several lengths
        kept(home, {name: said})
    gone = missing(home, dict(sorted(bound)))
    return len(dict(bound)) - len(gone), gone


def vouched(home: Path, chain: Chain, keys: Sequence[VerifyingKey]) -> str:
    """What the signatures say, in a sentence; EvidenceError where one is missing, wrong, or speaks of a longer chain."""
    first = next((at for at, each in enumerate(chain.signatures) if each.keyid), None)
    if first is None:
        raise EvidenceError(f"{home / 'decisions'}: no decision is signed")
    for link, each in zip(chain.links[first:], chain.signatures[first:], strict=True):
        if not verified(each, keys):
            flaw = "is not signed by a key that was given" if each.keyid else "is not signed, although one before it is"
            raise EvidenceError(f"{home / 'decisions'}: decision {link.sequence} {flaw}")
    _headed(home / "decisions" / HEAD_FILE, chain, keys)
    before = f"; {first} before that are bound by it" if first else ""
    return f"Signed: decision {first + 1} to {len(chain.links)}{before}. {_OLDER}"


def _headed(path: Path, chain: Chain, keys: Sequence[VerifyingKey]) -> None:
    """An EvidenceError when the signed head is missing or no part of the chain."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise EvidenceError(
            f"{path}: cannot be read: {error.strerror}; the signed head belongs to the chain"
        ) from error
    said = json.loads(opened(text, HEAD, keys, place=str(path)))
    at = int(said["sequence"])
    if (
        said["environment"] != chain.links[0].environment
        or not 0 <= at <= len(chain.hashes)
        or (FIRST, *chain.hashes)[at] != said["sha256"]
    ):
        raise EvidenceError(
            f"{path}: signed for decision {at}, which the chain does not contain; it was cut or rewritten"
        )
    if at < len(chain.hashes) - 1:
        raise EvidenceError(
            f"{path}: signed for decision {at} of {len(chain.hashes)}; it was exchanged for an older one"
        )
