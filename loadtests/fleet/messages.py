"""What master and workers say to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any, Final

from loadtests.pulse import Vitals
from loadtests.session import Choices

PREPARE: Final = "cutover_prepare"  # master: part, of, choices, digest of the schedule
READY: Final = "cutover_ready"  # worker: problem, empty when it is warm
SEND: Final = "cutover_send"  # master: first, last
ROWS: Final = "cutover_rows"  # worker: the next bytes of its file of samples
SENT: Final = "cutover_sent"  # worker: last, vitals
BROKEN: Final = "cutover_broken"  # both: triple, why; the abort rule ends the run for everybody
PROGRESS: Final = "cutover_progress"  # first worker: triples
END: Final = "cutover_end"  # master: no more; seal the file
ENDED: Final = "cutover_ended"  # worker: its whole file was sent
FROM_MASTER: Final = (PREPARE, SEND, BROKEN, END)
FROM_WORKER: Final = (READY, ROWS, SENT, BROKEN, PROGRESS, ENDED)
PIECE: Final = 2**20
Said = Mapping[str, Any]  # what msgpack carries: text, numbers, bytes, maps of them


def choices_said(choices: Choices) -> dict[str, Any]:
    """The choices as a message carries them."""
    return asdict(choices)


def choices_heard(said: Said) -> Choices:
    """The choices of a message."""
    return Choices(**{each.name: said[each.name] for each in fields(Choices)})


def vitals_said(vitals: Vitals) -> dict[str, Any]:
    """The vitals as a message carries them."""
    return asdict(vitals)


def vitals_heard(said: Said) -> Vitals:
    """The vitals of a message."""
    return Vitals(process=str(said["process"]), lag=float(said["lag"]), step=float(said["step"]))
