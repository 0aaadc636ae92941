"""What the page of a decision is made of, read from where runs and decisions are kept."""

from __future__ import annotations

import inspect
import json
from datetime import datetime
from pathlib import Path

from loadtests.samples import read_samples
from loadtests.sending import SAMPLES
from reports.html import Material, Measured, Series, load_claim, measured, page, read_series
from verify.chain import Chain
from verify.core.decision import Decision, Settled
from verify.core.errors import EvidenceError
from verify.core.probing import ProbeWindow
from verify.core.subjects import Environment
from verify.discovery import asked_checks
from verify.journal import SERIES
from verify.keeping import kept, rested_on
from verify.probe_files import FOLDER, read_observations
from verify.reading import read_run


def write_page(path: Path, environment: Environment, chain: Chain, decision: Decision, folder: Path) -> None:
    """The page of the decision is in the file; `folder` is where the environment's runs are."""
    path.write_text(page(material(environment, chain, decision, folder)), encoding="utf-8")


def material(environment: Environment, chain: Chain, decision: Decision, folder: Path) -> Material:
    """What the page of a decision is made of: the chain, the samples beside the evidence, and what no PASS shows."""
    baseline = environment.baseline
    load, unmeasured = _measured(decision, folder)
    runs = sorted({each.run for each in decision.claims if each.run})
    return Material(
        decision=decision,
        links=chain.links,
        digest=chain.hashes[decision.sequence - 1],
        system=environment.system.title or environment.system.system,
        title=environment.file.title or environment.name,
        baseline=(baseline.file.title or baseline.name) if baseline else "",
        blind=_blind(decision),
        measured=load,
        unmeasured=unmeasured,
        series=(*_observed(decision, folder), *(each for run in runs for each in _drawn(folder, run))),
    )


def _measured(decision: Decision, folder: Path) -> tuple[Measured | None, str]:
    """The load run behind the decision, or why there is none to draw; neither where no load was judged."""
    claim = load_claim(decision)
    if claim is None:
        return None, ""
    try:
        paths = _samples(folder, claim)
        if not paths:
            return None, f"run {claim.run} left no samples beside its evidence"
        found = measured(read_samples(paths), claim, decision.commitments)
    except EvidenceError as error:  # the decision stands without them; the page says what it lacks
        return None, str(error).replace(f"{folder}/", "")
    return found, "" if found else f"run {claim.run} holds not one good answer"


def _samples(folder: Path, claim: Settled) -> list[Path]:
    """
    The files of samples that the claim's evidence rests on, as they were judged; of a run that bound none, those beside it.

    EvidenceError naming one that was edited since.
    """
    run = read_run(folder / "runs" / claim.run)
    seen = run.evidence.get(claim.claim, ()) if run else ()
    bound = {name: said for each in seen for name, said in each.files.items() if Path(name).match(SAMPLES)}
    return sorted(kept(folder, bound).values() if bound else (folder / "runs" / claim.run).glob(SAMPLES))


def _drawn(folder: Path, name: str) -> tuple[Series, ...]:
    """The series beside a run's evidence; EvidenceError naming one that was edited since it was drawn."""
    run = read_run(folder / "runs" / name)
    for each in rested_on([run] if run else []):
        kept(folder, {file: said for file, said in each.files.items() if file.endswith(SERIES)})
    return read_series(folder / "runs" / name)


def _observed(decision: Decision, folder: Path) -> list[Series]:
    """How both sides answered the probes that were judged; where none were, of the newest observation there was."""
    known = [each for each in read_observations(folder) if each.began.began_at <= decision.decided_at]
    judged = _probed(decision, folder)
    known = [each for each in known if not judged or each.began.observation in judged]
    found = []
    for side in ("candidate", "baseline"):
        windows = [each for each in known[-1].windows if each.side == side and each.sent] if known else []
        windows = [each for each in windows if each.at <= decision.decided_at]
        if windows:
            found.append(_availability(side, known[-1].began.began_at, windows, decision))
    return found


def _probed(decision: Decision, folder: Path) -> frozenset[str]:
    """The observations that the decision's claims of availability rest on, by name."""
    found = set()
    for claim in (each for each in decision.claims if each.claim.check == "success.availability" and each.run):
        run = read_run(folder / "runs" / claim.run)
        for seen in run.evidence.get(claim.claim, ()) if run else ():
            found |= {Path(name).parent.name for name in seen.files if name.startswith(f"{FOLDER}/")}
    return frozenset(found)


def _availability(side: str, start: datetime, windows: list[ProbeWindow], decision: Decision) -> Series:
    sent, failed = sum(len(each.sent) for each in windows), sum(len(each.failed) for each in windows)
    return Series(
        title=f"Health probes of the {side}",
        kind="timeline",
        check="success.availability",
        unit="% good",
        points=tuple(
            ((each.at - start).total_seconds(), 100 * (1 - len(each.failed) / len(each.sent))) for each in windows
        ),
        limit=_promised(decision),
        note=f"{failed:,} of {sent:,} probes failed, observed from {start:%Y-%m-%d %H:%M:%S} UTC; a gap in the line is time "
        "that nobody looked.",
    )


def _promised(decision: Decision) -> float | None:
    """The availability that the decision was made with, in per cent."""
    said = json.loads(decision.commitments.get("objective availability", "null"))
    return float(said["at_least"]) if isinstance(said, dict) and "at_least" in said else None


def _blind(decision: Decision) -> dict[str, str]:
    """What a PASS of each check of the decision does not show, from the checks themselves."""
    checks = asked_checks()
    names = sorted({each.claim.check for each in decision.claims} & set(checks))
    return {name: " ".join(inspect.cleandoc(checks[name].doc).partition("Blind to:")[2].split()) for name in names}
