"""Decisions, samples and pages for tests of the page; everything is a value."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from html.parser import HTMLParser

import numpy as np

from reports.html import Material, page
from tests.core.builders import (
    ERRORS,
    HEALTH,
    ITEM,
    LIST,
    LOAD,
    NOON,
    ask,
    entered,
    environment,
    evidence,
    green,
    run,
    world,
)
from verify.core.decision import Action, Decision, Settled
from verify.core.verdicts import Cause, Conclusion, Difference, Verdict

EVIL = (
    '</script><script>alert(1)</script></style><style>*{display:none}</style><img src=x onerror=alert(1)>" onclick="x'
    "' ]]> <!-- --> {{ 7*7 }} {% raw %} &lt; http://evil.test/ javascript:alert(1) \u202egnp.exe\u2066 \x00\x07\x1b[2J\x7f"
    "\u200b\ufeff\ud800 \u2028 \U000e0041 \r\n\t end"
)


def difference(path="$.name", baseline='string "a"', candidate='string "b"', **said):
    """One difference."""
    return Difference(path=path, baseline=baseline, candidate=candidate, **said)


def failing(claims=(LIST,), differences=(), **said):
    """A decision that holds because these claims FAIL; the others of health and parity are proven."""
    conclusion = Conclusion(
        verdict=Verdict.FAIL, summary=said.pop("summary", "differs"), differences=tuple(differences), **said
    )
    bad = [replace(evidence(each), conclusion=conclusion) for each in claims]
    good = [each for each in (HEALTH, LIST, ITEM) if each not in claims]
    return ask(environment(), "10", world(green(*good), run(*bad, id="r2")))


def advancing():
    """A decision that advances."""
    return ask(environment(), "10", world(green()))


def rolling_back():
    """A decision that takes traffic back."""
    failed = run(evidence(HEALTH, Verdict.FAIL, confirmed=True, run="r2", at=NOON - timedelta(minutes=1)), id="r2")
    return ask(environment(), "10", world(green(), failed, chain=[entered()]), question="stay")


def settled(claim, verdict=Verdict.PASS, **said):
    """One claim of a decision."""
    cause = Cause.NO_ANSWER if verdict is Verdict.INCONCLUSIVE else None
    return Settled(**{"claim": claim, "required": True, "verdict": verdict, "why": "equal", "cause": cause, **said})


def decision(*claims, **said):
    """A decision about exactly these settled claims."""
    return Decision(
        **{
            "environment": "shop/target", "step": "10", "percent": 10.0, "question": "advance", "action": Action.HOLD,
            "reasons": (), "claims": tuple(claims), "decided_at": NOON, "candidate": "build-7", **said,
        }
    )  # fmt: skip


def rendered(found, **said):
    """The page of a decision."""
    return page(Material(decision=found, **said))


@dataclass
class Columns:
    """Samples as columns, as a load run leaves them."""

    triple: np.ndarray
    arm: np.ndarray
    scheduled: np.ndarray
    done: np.ndarray
    error: np.ndarray


def columns(*, slower=1.0, triples=20, each=60, failing_share=0.0, seed=1):
    """Samples of three arms around 10 ms; the candidate's take `slower` times as long."""
    random = np.random.default_rng(seed)
    triple = np.repeat(np.arange(triples), 3 * each)
    arm = np.tile(np.repeat(np.arange(3), each), triples)
    taken = random.lognormal(np.log(0.010), 0.3, len(arm)) * np.where(arm == 1, slower, 1.0)
    scheduled = np.arange(len(arm)) * 0.005
    error = np.where((arm == 1) & (random.uniform(size=len(arm)) < failing_share), "status 503", "")
    return Columns(triple=triple, arm=arm, scheduled=scheduled, done=scheduled + taken, error=error.astype(np.str_))


def load_settled(verdict=Verdict.PASS, why=None):
    """The latency claim of a run."""
    said = "p50 10.00 ms against 10.00 ms (1.00 x, 0.90 to 0.95 of its limit: PASS)"
    return settled(LOAD, verdict, why=said if why is None else why, run="r9")


def errors_settled():
    """The error claim of a run."""
    return settled(ERRORS, run="r9")


PROMISED = {
    "objective latency": '{"p50": {"floor_ms": 0.5, "max_ratio": 1.1}, "p99": {"floor_ms": 1.0, "max_ratio": 1.25}}'
}


class Read(HTMLParser):
    """A page as a browser would take it apart: elements with their attributes, text by element, style and script."""

    VOID = frozenset({"meta", "input", "br", "img", "link", "hr"})

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.text = ""
        self.code = ""
        self._open = []
        self.feed(text)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag, attributes):
        """An element begins."""
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        """The element that was opened last ends."""
        assert self._open, tag
        assert self._open.pop() == tag

    def handle_data(self, data):
        """Text, of a reader or of the browser."""
        if self._open and self._open[-1] in {"style", "script"}:
            self.code += data
        else:
            self.text += data

    def all(self, tag, **attributes):
        """Every element of this kind with these attributes."""
        return [
            each
            for name, each in self.elements
            if name == tag and all(each.get(k.rstrip("_")) == v for k, v in attributes.items())
        ]


def read(text):
    """The page taken apart."""
    return Read(text)


def words(text):
    """The page's text with white space as one space."""
    return re.sub(r"\s+", " ", Read(text).text)
