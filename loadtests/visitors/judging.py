"""What visitors met on the candidate, held against what they met on the baseline. Knows no Socket.IO."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.pulse import Vitals
from loadtests.samples import Samples
from loadtests.schedule import AGAIN, ARMS, BASELINE, CANDIDATE
from loadtests.soundness import LAG, STEP
from loadtests.visitors.delays import judge_delays
from loadtests.visitors.ledger import UNPLANNED, UNREACHABLE
from loadtests.visitors.plan import ACK, CONNECT, FANOUT, KINDS
from verify.core.catalogue import check
from verify.core.realtime import Realtime
from verify.core.selectors import realtime
from verify.core.verdicts import Cause, Conclusion, Difference, failed, inconclusive

Truths = NDArray[np.bool_]
Whole = NDArray[np.int64]
SHOWN: Final = {"connect": "connections", "ack": "acknowledgements", "fanout": "messages of a room"}


LATE: Final = 0.025
ASIDE: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """
    What was planned and what came of it.

    `expected` are the rows of each kind that an arm must have after `rounds` rounds. `aborted` says why the abort rule
    ended it, `stopped` why somebody else did; both empty when nobody did. In `samples`, `request` is the kind
    (0 connect, 1 ack, 2 fanout), `triple` the round (for a connection the visitor), `pair` the visitor who connected,
    asked or heard.
    """

    samples: Samples
    expected: Mapping[int, int]
    rounds: int
    vitals: tuple[Vitals, ...]
    seed: int
    aborted: str = ""
    stopped: str = ""


@check("load.realtime", over=realtime)
def judge_realtime(visits: Visits, spec: Realtime) -> Conclusion:
    """
    Whether visitors who stay connected by Socket.IO are served by the candidate as by the baseline.

    Every visitor connects, by the declared transport, and stays; every event is acknowledged; every visitor of a room
    hears each of its messages once, and nobody else does. One exception on the candidate is FAIL when the baseline had
    none; when it had any, nothing is concluded. Quantiles of planned -> done are then held against `limits`.

    Blind to: a reconnect after a failure or a deploy; order of messages; rooms that visitors of both sides share; more
    visitors than came, and what takes longer than the run to break; content of messages; other events and namespaces.
    """
    if fault := _incomplete(visits) or _unequal(visits):
        return fault
    found = Counter(_wrongs(visits.samples))
    # A late generator makes nobody lose a message: the baseline's arms, between the candidate's, would lose some, too.
    if wrong := _unstable(found, visits) or _worse(found, visits, spec):
        return wrong
    if visits.aborted or visits.stopped:
        return inconclusive(Cause.INTERRUPTED, visits.aborted or visits.stopped, receipt=met(visits))
    if fault := _unsaid(visits, spec) or _unwell(visits):
        return fault
    kept, said = _on_time(visits.samples)
    return judge_delays(kept, spec.limits, seed=visits.seed, receipt=met(visits) + said)


def met(visits: Visits) -> str:
    """How many visitors connected, were acknowledged and heard, for receipts."""
    said = []
    for arm, name in enumerate(ARMS):
        good = (visits.samples.arm == arm) & (visits.samples.error == "")
        counts = [int((good & (visits.samples.request == kind)).sum()) for kind in range(len(KINDS))]
        said.append(f"{name} {counts[0]:,} visitors, {counts[1]:,} acknowledged, {counts[2]:,} heard")
    return f"{'; '.join(said)}; {visits.rounds} rounds"


def _wrongs(samples: Samples) -> Iterator[tuple[int, int, str]]:
    """Arm, kind and class of every row that is no plain success."""
    for index in np.flatnonzero(samples.error != ""):
        yield int(samples.arm[index]), int(samples.request[index]), str(samples.error[index])


def _parts(samples: Samples) -> tuple[tuple[Truths, str], tuple[Truths, str]]:
    """Rows of connections and of rounds; `triple` numbers the visitors in the first, the rounds in the second."""
    connecting = samples.request == CONNECT
    return (connecting, "connections"), (~connecting, "rounds")


def _late(samples: Samples, rows: Truths) -> Whole:
    """The rounds (of connections: the visitors) in which a send was late in any arm."""
    return np.unique(samples.triple[rows & ~(samples.started - samples.scheduled < LATE)])


def _on_time(samples: Samples) -> tuple[Samples, str]:
    """
    The samples without the rounds in which this process was late, of all arms, and how many those are.

    Nobody's answer decides it: how late a send was is known before it is sent. What was lost in them counts all the same.
    """
    keep, said = np.ones(samples.count, dtype=np.bool_), []
    for rows, noun in _parts(samples):
        late = _late(samples, rows)
        keep &= ~(rows & np.isin(samples.triple, late))
        said += [f"{len(late)} {noun} set aside, the generator was late"] if len(late) else []
    columns = (
        "triple",
        "arm",
        "pair",
        "request",
        "scheduled",
        "started",
        "sent",
        "first",
        "done",
        "status",
        "reconnects",
    )
    kept = {name: getattr(samples, name)[keep] for name in (*columns, "error")}
    return replace(samples, opening=None, bytes=None, **kept), "".join(f"; {each}" for each in said)


def _incomplete(visits: Visits) -> Conclusion | None:
    """Nothing was sent, or a file is cut short."""
    samples = visits.samples
    if not samples.count or not visits.expected.get(CONNECT):
        cause = Cause.INTERRUPTED if visits.stopped else Cause.TOO_FEW
        return inconclusive(cause, f"0 visitors came{': ' + visits.stopped if visits.stopped else ''}")
    if samples.unsealed and not visits.stopped:
        return inconclusive(Cause.INTERRUPTED, f"{samples.unsealed[0]} has no end", remedy="run again")
    return None


def _unwell(visits: Visits) -> Conclusion | None:
    """A generator that was late, starved or whose clock was set."""
    faults = [f"the generator was starved: its loop woke {each.lag * 1000:.1f} ms late at p99 (limit {LAG * 1000:.0f} ms)"
              for each in visits.vitals if not each.lag < LAG]  # fmt: skip
    faults += [f"the clock was set by {each.step:.1f} s" for each in visits.vitals if not each.step < STEP]
    if not visits.vitals:
        faults.append("nothing is known of the generator while it sent")
    for rows, noun in _parts(visits.samples):
        late, whole = _late(visits.samples, rows), np.unique(visits.samples.triple[rows])
        if len(late) > ASIDE * len(whole):
            faults.append(
                f"the generator was over {LATE * 1000:.0f} ms late in {len(late)} of {len(whole)} {noun} (limit 20 %)"
            )
    if not faults:
        return None
    remedy = "run where nothing else does, or with fewer visitors, a lower rate: or a longer ramp:"
    return inconclusive(Cause.TOO_NOISY, faults[0], receipt=met(visits), remedy=remedy)


def _unsaid(visits: Visits, spec: Realtime) -> Conclusion | None:
    """What is declared and was never to be seen: acknowledgements nobody asked for, messages that nobody else could hear."""
    asked = ((ACK, spec.ack), (FANOUT, spec.fanout))
    missing = [SHOWN[KINDS[kind]] for kind, declared in asked if declared and not visits.expected.get(kind)]
    if not missing:
        return None
    remedy = "declare more visitors: or fewer rooms: a visitor alone in a room hears nobody"
    return inconclusive(Cause.TOO_FEW, f"0 {missing[0]} were to be seen", receipt=met(visits), remedy=remedy)


def _unequal(visits: Visits) -> Conclusion | None:
    """Arms that have not as many rows as planned; after an early end the counts differ by nature."""
    if visits.stopped or visits.aborted:
        return None
    samples = visits.samples
    planned = ~np.isin(samples.error, UNPLANNED)
    for kind, expected in sorted(visits.expected.items()):
        counts = [int((planned & (samples.arm == arm) & (samples.request == kind)).sum()) for arm in range(len(ARMS))]
        if any(count != expected for count in counts):
            told = ", ".join(f"{name} {count:,}" for name, count in zip(ARMS, counts, strict=True))
            return inconclusive(Cause.TOO_NOISY, f"{SHOWN[KINDS[kind]]}: {told}; planned {expected:,} each")
    return None


def _unstable(found: Mapping[tuple[int, int, str], int], visits: Visits) -> Conclusion | None:
    """The baseline itself does not serve its visitors: nothing can be asked of the candidate."""
    mine = {key: count for key, count in found.items() if key[0] in {BASELINE, AGAIN}}
    if not mine:
        return None
    if _unheard(mine, visits, (BASELINE, AGAIN)):
        return inconclusive(Cause.NO_ANSWER, "nobody answered on the baseline: no visitor connected")
    return inconclusive(
        Cause.UNSTABLE_BASELINE, f"on the baseline itself: {'; '.join(_lines(mine))}", receipt=met(visits),
        remedy="mend the baseline, or declare what it does (transports, to_sender, timeout)",
    )  # fmt: skip


def _worse(found: Mapping[tuple[int, int, str], int], visits: Visits, spec: Realtime) -> Conclusion | None:
    """What the candidate did to its visitors and the baseline did not."""
    mine = {key: count for key, count in found.items() if key[0] == CANDIDATE}
    if not mine:
        return None
    if _unheard(mine, visits, (CANDIDATE,)):
        return inconclusive(Cause.NO_ANSWER, "nobody answered on the candidate: no visitor connected")
    differences = [
        Difference(path=f"{SHOWN[KINDS[kind]]}: {error}", baseline="0", candidate=f"{count:,}{_of(visits, kind)}")
        for (_, kind, error), count in sorted(mine.items())
    ]
    said = f"on the candidate, and never on the baseline: {'; '.join(_lines(mine))}"
    tail = f"; {visits.aborted}" if visits.aborted else ""
    return failed(f"{said}{tail} ({spec.transport})", differences=differences, receipt=met(visits))


def _unheard(mine: Mapping[tuple[int, int, str], int], visits: Visits, arms: Sequence[int]) -> bool:
    """True when no visitor of the arms reached a server that answered."""
    silent = sum(count for (_, kind, error), count in mine.items() if kind == CONNECT and error == UNREACHABLE)
    came = np.isin(visits.samples.arm, arms) & (visits.samples.request == CONNECT)
    return silent == int(came.sum()) > 0


def _of(visits: Visits, kind: int) -> str:
    return f" of {visits.expected.get(kind, 0):,}" if not visits.aborted and not visits.stopped else ""


def _lines(found: Mapping[tuple[int, int, str], int]) -> list[str]:
    """Each kind and class once, both baseline arms together."""
    told: Counter[tuple[int, str]] = Counter()
    for (_, kind, error), count in found.items():
        told[kind, error] += count
    return [f"{count:,} {SHOWN[KINDS[kind]]} {error}" for (kind, error), count in sorted(told.items())]
