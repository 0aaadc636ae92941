"""One environment on trial in one process: its live sides, its secrets' mask, its catalogue."""

from __future__ import annotations

import hashlib
import hmac
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal

from verify.core.catalogue import Check, load_lock
from verify.core.errors import EvidenceError
from verify.core.evidence import Fingerprints
from verify.core.references import Resolver
from verify.core.secrets import Mask
from verify.core.subjects import Environment
from verify.core.verdicts import Observation, Problem
from verify.journal import Setting
from verify.recording import ROOT, hash_key, utc_now
from verify.sides import LiveSide

LOCK = ROOT / "CATALOGUE.lock"


def locked_checks() -> dict[str, Check]:
    """The checks that CATALOGUE.lock names."""
    try:
        return load_lock(LOCK.read_text(encoding="utf-8"))
    except OSError as error:
        raise EvidenceError(
            f"{LOCK.name} cannot be read: {error.strerror}; write it anew with `make catalogue`"
        ) from error


@dataclass(slots=True, kw_only=True)
class Trial:
    """The environment, where its evidence goes, and its live sides (closed by `close`)."""

    environment: Environment
    root: Path
    values: Mapping[str, str] = field(repr=False)  # the whole process environment: a shown local must not list it
    mask: Mask
    resolver: Resolver
    candidate: LiveSide
    baseline: LiveSide | None

    def setting(self, run: str, process: str, tool: Literal["pytest", "locust", "rejudge"]) -> Setting:
        """What every record of a run of this trial shares."""
        return Setting(
            environment=self.environment,
            root=self.root,
            run=run,
            process=process,
            tool=tool,
            values=self.values,
            clock=utc_now,
        )

    def fingerprints(self) -> Fingerprints:
        """Which builds answer now; None for a side that does not say or cannot be heard."""
        builds = [self.build(side) for side in (self.baseline, self.candidate)]
        return Fingerprints(
            baseline=None if isinstance(builds[0], Problem) else builds[0].value,
            candidate=None if isinstance(builds[1], Problem) else builds[1].value,
        )

    def build(self, side: LiveSide | None) -> Observation[str]:
        """The build that answers on a side now, by one request; its name where no build is declared."""
        return self.answering(side)[0]

    def answering(self, side: LiveSide | None) -> tuple[Observation[str], str]:
        """As `build`, and what speaks against its being this side: another name, or an answer that proves nothing."""
        proof = side.environment.file.identity if side else None
        if side is None or proof is None:
            told = "is not declared; say under identity: how to tell who answers"
            return Problem(source="identity", reason=told), ""
        return side.identify(proof)

    def conceal(self, text: str) -> str:
        """A keyed hash that stands for personal data: equal texts give equal hashes, and only here."""
        return "hash:" + hmac.new(hash_key(self.root), text.encode(), hashlib.sha256).hexdigest()[:12]

    def close(self) -> None:
        """Every connection is closed."""
        for side in (self.baseline, self.candidate):
            if side:
                side.close()


def on_trial(environment: Environment, *, values: Mapping[str, str], root: Path) -> Trial:
    """A trial of the environment; nothing is contacted and nothing resolved before it is asked for."""
    mask = Mask()
    resolver = Resolver(
        values, mask=mask, remedy=f"export it, or try the twin: cutover sandbox {environment.name} -- COMMAND"
    )
    return Trial(
        environment=environment,
        root=root,
        values=values,
        mask=mask,
        resolver=resolver,
        candidate=LiveSide(environment, "candidate", resolver=resolver),
        baseline=LiveSide(environment.baseline, "baseline", resolver=resolver) if environment.baseline else None,
    )


def hide_in_crashes(mask: Mask) -> None:
    """From now on the stack trace this process may end with shows no secret that the mask knows."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.stderr.write(mask("".join(traceback.format_exception(kind, error, trace))))

    sys.excepthook = hook
