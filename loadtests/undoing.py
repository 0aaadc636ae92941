"""Writing requests under load: what they create is noted as soon as it is known, and removed when the run is over."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from loadtests.connections import Exchange
from loadtests.target import PlannedRequest
from verify.core.scalars import status_matches
from verify.recording import utc_now
from verify.removing import Cleaned, remove, remove_earlier
from verify.trial import Trial
from verify.writings import WriteJournal, new_journal, read_journal, removal_of


class Cleaning:
    """
    The journal of one run after the other; `renewed` gives a trial that signs in anew, for after a long run.

    `tell` hears what was left by earlier runs.
    """

    def __init__(self, renewed: Callable[[], Trial], *, tell: Callable[[str], None]) -> None:
        self._renewed = renewed
        self._tell = tell
        self._journal: WriteJournal | None = None

    def begin(self) -> WriteJournal:
        """What earlier runs left is removed as far as possible; a journal for this run is open."""
        self.end()
        trial = self._renewed()
        try:
            for each in remove_earlier(trial):
                if each.made or each.unknown:
                    self._tell(trial.mask(f"an earlier run was cut off: {each.words}"))
            self._journal = new_journal(trial.root, trial.environment, utc_now())
        finally:
            trial.close()
        return self._journal

    def end(self) -> Cleaned | None:
        """What this run created is removed, and what became of it; None when none is under way."""
        journal, self._journal = self._journal, None
        if journal is None:
            return None
        trial = self._renewed()
        try:
            found = remove(read_journal(journal.path), journal, trial)
            return replace(found, left=tuple(map(trial.mask, found.left)))
        finally:
            trial.close()
            journal.close()


def note(journal: WriteJournal, number: int, planned: PlannedRequest, side: str, found: Exchange, body: bytes) -> None:
    """
    The journal says what came of a writing request.

    Never on the socket, or refused with 4xx: nothing was created. No whole answer, 5xx, or none of what `captures:` asks
    for: nobody knows.
    """
    if planned.written is None or (found.error and math.isnan(found.sent)):
        journal.nothing(number)
    elif found.error:
        journal.unknown(number, found.error)
    elif 400 <= found.status < 500 and not status_matches(found.status, planned.status):
        journal.nothing(number)
    elif found.status >= 500:
        journal.unknown(number, f"status {found.status}")
    else:
        try:
            journal.made(removal_of(planned.written, planned.name, number, side, body))
        except ValueError as error:
            journal.unknown(number, f"status {found.status}: {error}")
