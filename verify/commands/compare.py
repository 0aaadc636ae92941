"""`cutover compare`: one dataset, with what is going on shown while it goes on."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from types import FrameType
from typing import IO, Final, NoReturn

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from verify.commands.options import env_option, environment_named, json_option, root_of, unusable_is_30
from verify.core.catalogue import Claim
from verify.core.errors import CutoverError
from verify.core.secrets import Mask
from verify.core.selectors import datasets, stored_objects
from verify.core.subjects import Environment, Subject
from verify.core.verdicts import Conclusion, Verdict
from verify.datasets import Compared, LiveDatasets
from verify.messages import told, writable
from verify.trial import Trial, hide_in_crashes, on_trial

_EXIT: Final = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.INCONCLUSIVE: 3}
INTERRUPTED: Final = 130
_STOPPING: Final = "stopping after what is being read just now; Ctrl-C again ends at once"


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
        self.began = time.monotonic()
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

    @property
    def seconds(self) -> float:
        """How long it has taken until now."""
        return time.monotonic() - self.began

    def phase(self, name: str) -> None:
        """A part of the comparison begins."""
        if self._stopped.is_set():
            raise Stopped
        self.at = name
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


def _progress() -> Progress | None:
    """Rows, percent (where the whole is known), rows a second and the time that is left; None off a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        return None
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), MofNCompleteColumn(), _Rate(),
        TimeRemainingColumn(), console=console, transient=True,
    )  # fmt: skip


@contextmanager
def _following(dataset: str, *, as_json: bool) -> Iterator[Follower]:
    """A follower for the block; the first Ctrl-C stops it in order, the second at once."""
    progress = None if as_json else _progress()
    follower = Follower(progress)

    def interrupted(_signal: int, _frame: FrameType | None) -> None:
        if follower.stopped:
            _end_at_once(_unfinished(follower, dataset, as_json=as_json), shown=progress is not None, room=room)
        follower.stop()
        if progress:
            progress.console.print(_STOPPING)
        else:
            _write(sys.stderr, f"{_STOPPING}\n")

    with _room() as room, ExitStack() as stack:
        stack.callback(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, interrupted))
        if progress:
            stack.enter_context(progress)
        yield follower


@contextmanager
def _room() -> Iterator[str]:
    """A folder of its own for all that is spilled, so that whoever ends at once can take it away."""
    with tempfile.TemporaryDirectory(prefix="cutover-") as room:
        before, tempfile.tempdir = tempfile.tempdir, room
        try:
            yield room
        finally:
            tempfile.tempdir = before


def _write(stream: IO[str], text: str) -> None:
    """The text is said, past whatever the interrupted program was just writing; nobody may listen any more."""
    with suppress(OSError, ValueError):
        os.write(stream.fileno(), text.encode())


def _end_at_once(words: str, *, shown: bool, room: str) -> NoReturn:
    """The process has ended, whatever its threads wait for; what it spilled is gone, the terminal has its cursor back."""
    if shown:
        _write(sys.stderr, "\r\x1b[2K\x1b[?25h")
    _write(sys.stdout, f"{words}\n")
    shutil.rmtree(room, ignore_errors=True)
    os._exit(INTERRUPTED)


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

    Exit code 0 PASS, 1 FAIL, 3 INCONCLUSIVE, 130 not finished (Ctrl-C), 30 unusable input, 70 a defect of cutover.

    \b
      cutover compare --env lightsail --dataset products
      cutover compare --env lightsail --dataset products --json
    """
    with _following(dataset, as_json=as_json) as follower:
        try:
            environment = environment_named(name)
            subject = _subject(environment, dataset)
            trial = on_trial(environment, values=os.environ, root=root_of(None))
            conclusion = _compared(trial, subject, follower, seed=seed)
        except Stopped:
            conclusion = None
    if conclusion is None:
        click.echo(_unfinished(follower, dataset, as_json=as_json))
        sys.exit(INTERRUPTED)
    _say(
        _claim(environment, subject),
        conclusion,
        follower,
        again=shlex.quote(f"--env={name}"),
        mask=trial.mask,
        as_json=as_json,
    )
    sys.exit(_EXIT[conclusion.verdict])


def _compared(trial: Trial, subject: Subject[Compared], follower: Follower, *, seed: int) -> Conclusion:
    """What the comparison concludes; no message and no stack trace it may end with shows a secret."""
    hide_in_crashes(trial.mask)
    try:
        with LiveDatasets(trial, seed=seed, watch=follower) as live:
            return live.compare(subject)
    except CutoverError as error:
        raise CutoverError(trial.mask(str(error))) from None
    finally:
        trial.close()


def _claim(environment: Environment, subject: Subject[Compared]) -> Claim:
    """The claim of the check that asks the same."""
    whole = subject.id in {each.id for each in stored_objects(environment)}
    return Claim(environment.id, f"consistency.{'objects' if whole else 'records'}", subject.id)


def _unfinished(follower: Follower, dataset: str, *, as_json: bool) -> str:
    """How far it came, and that this says nothing."""
    rows, seconds = {side: follower.rows[side] for side in ("baseline", "candidate")}, follower.seconds
    if as_json:
        document = {"dataset": dataset, "finished": False, "verdict": None, "at": follower.at,
                    "seconds": round(seconds, 3), "rows_read": rows}  # fmt: skip
        return json.dumps(document, ensure_ascii=False)
    return (
        f"not finished: stopped after {seconds:.1f} s while {follower.at}; {rows['baseline']:,} rows of baseline and "
        f"{rows['candidate']:,} of candidate were read; nothing is concluded about {dataset}"
    )


def _say(
    claim: Claim, found: Conclusion, follower: Follower, *, again: str, mask: Mask, as_json: bool
) -> None:  # fmt: skip
    seconds = follower.seconds
    if not as_json:
        rate = sum(follower.rows.values()) / seconds if seconds else 0.0
        click.echo(mask(told(claim, found, f"cutover compare {again} --dataset {_name(claim)}")))
        click.echo(f"  took: {seconds:.1f} s, {rate:,.0f} rows/s of both sides read by value; no evidence was written")
        return
    document = {
        "dataset": _name(claim), "environment": claim.environment, "claim": str(claim), "finished": True,
        "verdict": found.verdict.name,
        "cause": found.cause.value if found.cause else None, "summary": found.summary, "receipt": found.receipt,
        "differences": [asdict(each) for each in found.differences], "omitted": found.omitted,
        "normalised": dict(found.normalised), "seconds": round(seconds, 3), "rows_read": dict(follower.rows),
    }  # fmt: skip
    click.echo(mask(writable(json.dumps(document, indent=1, ensure_ascii=False))))


def _name(claim: Claim) -> str:
    return claim.subject.partition("/")[2]
