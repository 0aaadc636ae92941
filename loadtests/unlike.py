"""Answers in range that are none: empty, a redirect, or far too short, where the baseline's never are."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.samples import Samples
from loadtests.schedule import CANDIDATE

Truths = NDArray[np.bool_]
EMPTY: Final = "empty answer"
REDIRECT: Final = "redirect"
SHORT: Final = "answer of under half its usual size"
# Fewer answers of a side do not show what is usual.
FEWEST: Final = 20
HALF: Final = 0.5


def unlike(samples: Samples) -> Samples:
    """
    The samples in which the candidate's good answers to a request fail where they are empty, redirect, or are of under
    half their usual size, and not one good answer of the baseline to the same request is.

    A range such as 200-399 counts a redirect to a login page as answered, and a status alone tells nothing of a body
    that is gone or of an error page in its place. Requests that the baseline never answered well are left as they are.
    """
    good = samples.error == ""
    error = samples.error.astype(object)
    for words, odd in (
        (SHORT, _short(samples, good)),
        (EMPTY, _empty(samples)),
        (REDIRECT, (samples.status >= 300) & (samples.status < 400)),
    ):
        error[good & odd & _only_candidate(samples, good, odd)] = words
    return replace(samples, error=error.astype(np.str_))


def _empty(samples: Samples) -> Truths:
    """Which answers have no body; none where sizes are not known."""
    return np.zeros(samples.count, dtype=np.bool_) if samples.bytes is None else samples.bytes == 0


def _short(samples: Samples, good: Truths) -> Truths:
    """
    The candidate's answers of under half of what is usual: its own middle size, by as much less as the baseline's
    smallest answer is less than its middle one. So what a side compresses, and what varies on both, is no difference.
    """
    found = np.zeros(samples.count, dtype=np.bool_)
    if samples.bytes is None:
        return found
    mine = samples.arm == CANDIDATE
    asked = [np.bincount(samples.request[good & side], minlength=_width(samples)) for side in (mine, ~mine)]
    for request in np.flatnonzero(np.minimum(*asked) >= FEWEST).tolist():
        of = good & (samples.request == request)
        ours, theirs = samples.bytes[of & mine], samples.bytes[of & ~mine]
        middle = float(np.median(theirs))
        usual = float(np.median(ours)) * float(theirs.min()) / middle if middle else 0.0
        found |= of & mine & (samples.bytes < HALF * usual)
    return found


def _only_candidate(samples: Samples, good: Truths, odd: Truths) -> Truths:
    """The candidate's rows of requests that the baseline answered well, and never like this."""
    theirs, width = samples.arm != CANDIDATE, _width(samples)
    answered = np.bincount(samples.request[theirs & good], minlength=width)
    alike = np.bincount(samples.request[theirs & good & odd], minlength=width)
    never = (answered > 0) & (alike == 0)
    return np.asarray(~theirs & never[samples.request])


def _width(samples: Samples) -> int:
    return int(samples.request.max(initial=-1)) + 1
