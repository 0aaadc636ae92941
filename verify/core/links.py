"""What stands in the chain beside decisions: where traffic really is, who broke the glass, who joined midway."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from verify.core.decision import Decision, dump_decision, load_decision
from verify.core.errors import EvidenceError
from verify.core.evidence import SCHEMA_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """
    Somebody says where traffic really is: `to` percent on the candidate, since `decided_at`.

    Decisions about steps of a higher percentage are void from here on. It permits nothing.
    """

    type: Literal["moved"] = "moved"
    schema_version: int = SCHEMA_VERSION
    sequence: int = 1
    environment: str
    to: float
    reason: str
    by: str
    decided_at: AwareDatetime
    previous: str = ""
    revision: str | None = None
    suite_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopted:
    """
    Somebody attests that traffic was in `step` before the gate was asked for the first time, with this build.

    `typed` is true where that build was given on the command line, so that nobody was asked.
    """

    type: Literal["adopted"] = "adopted"
    schema_version: int = SCHEMA_VERSION
    sequence: int = 1
    environment: str
    step: str
    percent: float | None
    attested_by: str
    reason: str
    candidate: str | None
    decided_at: AwareDatetime
    previous: str = ""
    revision: str | None = None
    suite_version: str = ""
    typed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Two or more persons answer for moving to `step`, or staying there, without proof, until `expires_at`."""

    type: Literal["override"] = "override"
    schema_version: int = SCHEMA_VERSION
    sequence: int = 1
    environment: str
    step: str
    reason: str
    approvers: tuple[str, ...]
    expires_at: AwareDatetime
    decided_at: AwareDatetime
    previous: str = ""
    revision: str | None = None
    suite_version: str = ""


Link: TypeAlias = Decision | Moved | Adopted | Override
_OTHERS: Final[Mapping[str, TypeAdapter[Moved | Adopted | Override]]] = {
    "moved": TypeAdapter(Moved),
    "adopted": TypeAdapter(Adopted),
    "override": TypeAdapter(Override),
}


def dump_link(link: Link) -> str:
    """The link as JSON text, keys in declared order, one line a field."""
    if isinstance(link, Decision):
        return dump_decision(link)
    return _OTHERS[link.type].dump_json(link, indent=1).decode() + "\n"


def load_link(text: str, *, place: str) -> Link:
    """The link the text stands for; EvidenceError naming `place` when it is none. Without a type it is a decision."""
    kind = _kind(text, place)
    if kind is None:
        return load_decision(text, place=place)
    if kind not in _OTHERS:
        raise EvidenceError(f"{place}: not a link of the chain (type {kind!r}; known: {', '.join(_OTHERS)})")
    try:
        link = _OTHERS[kind].validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        raise EvidenceError(f"{place}: {kind} is not valid: {first['loc']}: {first['msg']}") from error
    if link.schema_version != SCHEMA_VERSION:
        raise EvidenceError(f"{place}: schema version {link.schema_version}; this suite reads {SCHEMA_VERSION}")
    return link


def _kind(text: str, place: str) -> str | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EvidenceError(f"{place}: not a link of the chain: {error}") from error
    kind = document.get("type") if isinstance(document, dict) else None
    return str(kind) if kind is not None else None
