"""`cutover compare`: one dataset, with what is going on shown while it goes on."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import FrameType
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from verify.commands.options import env_option, environment_named, json_option, root_of, unusable_is_30
from verify.core.catalogue import Claim
from verify.core.errors import CutoverError
from verify.core.secrets import Mask
from verify.core.selectors import datasets
from verify.core.subjects import Environment, Subject
from verify.core.verdicts import Conclusion, Verdict
from verify.datasets import Compared, LiveDatasets
from verify.messages import told
from verify.trial import on_trial

_EXIT: Final = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3}
INTERRUPTED: Final = 130


class Stopped(Exception):
    """Ctrl-C was pressed while records were read."""


class _Rate(ProgressColumn):
    """Rows a second."""

    def render(self, task: Task) -> Text:
        """`12,345 rows/s`, or nothing before the first rows."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f} rows/s" if speed else "", style="cyan")


class Follower:
    """Counts what is read on each side, shows it on a terminal, and stops the reading after Ctrl-C."""

    def __init__(self, progress: Progress | None) -> None:
        self.rows: Counter[str] = Counter()
        self.at = "beginning"
        self._progress = progress
        self._tasks = (
            {side: progress.add_task(side, total=None) for side in ("baseline", "candidate")} if progress else {}
        )
        self._stopped = threading.Event()

    def stop(self) -> None:
        """The next batch that is read ends the comparison."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether Ctrl-C was pressed."""
        return self._stopped.is_set()

    def phase(self, name: str) -> None:
        """A part of the comparison begins."""
        self.at = name
        if self._stopped.is_set():
            raise Stopped
        for side, task in self._tasks.items():
            if self._progress:
                self._progress.update(task, description=f"{side}, {name}")

    def expected(self, side: str, rows: int) -> None:
        """About so many rows of a side will be read."""
        if self._progress:
            self._progress.update(self._tasks[side], total=rows)

    def read(self, side: str, rows: int) -> None:
        """So many more rows of a side were read."""
        if self._stopped.is_set():
            raise Stopped
        self.rows[side] += rows
        if self._progress:
            self._progress.advance(self._tasks[side], rows)


@contextmanager
def _following(*, shown: bool) -> Iterator[Follower]:
    """A follower for the block; the first Ctrl-C stops it in order, the second at once."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    progress = Progress(*columns, console=console, transient=True) if shown and console.is_terminal else None
    follower = Follower(progress)

    def interrupted(_signal: int, _frame: FrameType | None) -> None:
        if follower.stopped:
            os._exit(INTERRUPTED)
        follower.stop()

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        if progress:
            with progress:
                yield follower
        else:
            yield follower
    finally:
        signal.signal(signal.SIGINT, before)


def _subject(environment: Environment, name: str) -> Subject[Compared]:
    found = {each.name: each for each in datasets(environment)}
    if name not in found:
        known = ", ".join(sorted(found)) or "none: it has no baseline, or shares all its data with it"
        raise CutoverError(f"{environment.id} compares no dataset {name!r}; datasets: {known}")
    return found[name]


@click.command("compare")
@env_option
@click.option("--dataset", required=True, metavar="NAME", help="The dataset of system.yaml (or of `discover`).")
@click.option("--seed", default=1, show_default=True, help="What fingerprints and samples are drawn from.")
@json_option
@unusable_is_30
def compare_command(name: str, dataset: str, seed: int, as_json: bool) -> None:  # noqa: FBT001 - click gives it
    """
    Compare one dataset now, with live progress. Writes no evidence: pytest does.

    Exit code 0 PASS, 1 FAIL, 3 INCONCLUSIVE, 130 not finished (Ctrl-C), 30 unusable input.

    \b
      cutover compare --env lightsail --dataset products
      cutover compare --env lightsail --dataset products --json
    """
    environment = environment_named(name)
    subject = _subject(environment, dataset)
    trial = on_trial(environment, values=os.environ, root=root_of(None))
    started = time.monotonic()
    with _following(shown=not as_json) as follower:
        try:
            with LiveDatasets(trial, seed=seed, watch=follower) as live:
                conclusion = live.compare(subject)
        except Stopped:
            _unfinished(follower, dataset, time.monotonic() - started, as_json=as_json)
            sys.exit(INTERRUPTED)
        finally:
            trial.close()
    claim = Claim(environment.id, "consistency.records", subject.id)
    _say(claim, conclusion, follower, time.monotonic() - started, mask=trial.mask, as_json=as_json)
    sys.exit(_EXIT[conclusion.verdict])


def _unfinished(follower: Follower, dataset: str, seconds: float, *, as_json: bool) -> None:
    rows = {side: follower.rows[side] for side in ("baseline", "candidate")}
    if as_json:
        click.echo(
            json.dumps({"dataset": dataset, "finished": False, "verdict": None, "rows_read": rows, "at": follower.at})
        )
        return
    click.echo(
        f"not finished: stopped after {seconds:.1f} s while {follower.at}; {rows['baseline']:,} rows of baseline and "
        f"{rows['candidate']:,} of candidate were read; nothing is concluded about {dataset}"
    )


def _say(claim: Claim, found: Conclusion, follower: Follower, seconds: float, *, mask: Mask, as_json: bool) -> None:
    if not as_json:
        rate = sum(follower.rows.values()) / seconds if seconds else 0.0
        click.echo(mask(told(claim, found, f"cutover compare --env {claim.environment} --dataset {_name(claim)}")))
        click.echo(f"  took: {seconds:.1f} s, {rate:,.0f} rows/s of both sides read by value; no evidence was written")
        return
    document = {
        "dataset": _name(claim), "finished": True, "verdict": found.verdict.name,
        "cause": found.cause.value if found.cause else None, "summary": found.summary, "receipt": found.receipt,
        "differences": [asdict(each) for each in found.differences], "omitted": found.omitted,
        "normalised": dict(found.normalised), "seconds": round(seconds, 3), "rows_read": dict(follower.rows),
    }  # fmt: skip
    click.echo(mask(json.dumps(document, indent=1, ensure_ascii=False)))


def _name(claim: Claim) -> str:
    return claim.subject.partition("/")[2]
