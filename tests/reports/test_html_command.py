"""`cutover report --html` on a chain, samples and series that lie in an evidence folder."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from click.testing import CliRunner

from loadtests.samples import Row, SampleFile
from tests.core.builders import HEALTH, LIST, NOON
from tests.reports.pages import PROMISED, decision, load_settled, read, settled, words
from verify.chain import append_link, read_links
from verify.cli import main
from verify.core.probing import ObservationBegan, ProbeWindow
from verify.core.verdicts import Verdict
from verify.probe_files import ProbeFiles

SYSTEM = """
system: shop
title: A shop
data: {main: shared}
health: {request: GET /health}
endpoints: {list: {request: GET /api/list}}
"""
SIDES = {
    "origin": 'environment: origin\ntitle: Where it is\nurls: {api: "http://127.0.0.1:1"}\n',
    "target": 'environment: target\ntitle: Where it goes\nbaseline: origin\nurls: {api: "http://127.0.0.1:2"}\n',
}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An environment folder, and a decision about it on record."""
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "system.yaml").write_text(SYSTEM)
    for name, text in SIDES.items():
        (folder / f"{name}.yaml").write_text(text)
    monkeypatch.setenv("CUTOVER_EVIDENCE", str(tmp_path / "evidence"))
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    record(
        tmp_path,
        decision(settled(HEALTH), settled(LIST, Verdict.FAIL, why="differs"), load_settled(), commitments=PROMISED),
    )
    return tmp_path


def record(place, made):
    """The decision is the last of the chain."""
    home = place / "evidence" / "shop" / "target"
    chain = read_links(home)
    append_link(home, made, chain=chain.links, head=chain.head)
    return home


def report(place, *options):
    """What the command prints; it ended well."""
    done = CliRunner().invoke(main, ["report", f"--env={place / 'shop' / 'target.yaml'}", *options])
    assert done.exit_code == 0, done.output
    return done.output


def sample(place, run="r9"):
    """A file of samples beside the run's evidence."""
    random = np.random.default_rng(1)
    file = SampleFile(place / "evidence" / "shop" / "target" / "runs" / run / "samples-7.arrows", about={})
    for triple in range(12):
        for arm in range(3):
            for pair in range(20):
                at = triple * 3.0 + arm + pair / 20
                file.append(
                    Row(
                        triple=triple, position=arm, arm=arm, pair=pair, request=0, scheduled=at, started=at, sent=at, first=at,
                        done=at + random.lognormal(-4.6, 0.2), bytes=1, status=200, reconnects=0, error="", worker=0,
                    )
                )  # fmt: skip
    file.close()


def test_the_page_lies_beside_the_decisions(place):
    """Markdown as before, and the page with titles, baseline, blind spots and the digest of the decision's file."""
    sample(place)
    said = report(place, "--html")
    home = place / "evidence" / "shop" / "target"
    assert said.splitlines() == [f"report: {home / 'report.md'}", f"page: {home / 'report.html'}"]
    text = words((home / "report.html").read_text())
    for word in (
        "A shop / Where it goes compared with Where it is",
        "What even a PASS does not show",
        read_links(home).head,
    ):
        assert word in text
    assert "the same requests to three arms in 12 triples of blocks" in text
    assert re.search(r"p50 ?PASS ?[\d.]+ ms ?[\d.]+ ms", text)
    assert str(place) not in text


def test_the_page_goes_where_it_is_told(place):
    """A file of its own; without --html there is none."""
    report(place)
    assert not list(place.rglob("*.html"))
    assert f"page: {place / 'meeting.html'}" in report(place, "--html", str(place / "meeting.html"))
    assert (place / "meeting.html").read_text().startswith("<!doctype html>")


def test_without_samples_the_page_says_so(place):
    """Not there, or not what was written: the decision is shown all the same."""
    report(place, "--html", str(place / "a.html"))
    assert "Latencies cannot be drawn: run r9 left no samples beside its evidence." in words(
        (place / "a.html").read_text()
    )
    folder = place / "evidence" / "shop" / "target" / "runs" / "r9"
    folder.mkdir(parents=True)
    (folder / "samples-1.arrows").write_bytes(b"nothing")
    report(place, "--html", str(place / "a.html"))
    text = words((place / "a.html").read_text())
    assert "Latencies cannot be drawn: runs/r9/samples-1.arrows: not a file of samples" in text
    assert "1 cause against this step" in text
    assert str(place) not in text


def test_series_beside_the_evidence_are_drawn(place):
    """Those of the runs that the decision rests on, and no others."""
    for run in ("r9", "other"):
        folder = place / "evidence" / "shop" / "target" / "runs" / run
        folder.mkdir(parents=True)
        said = {"title": f"split of {run}", "kind": "shares", "names": ["candidate"], "points": [[15.1, 10]]}
        (folder / "split.series.json").write_text(json.dumps(said))
    report(place, "--html", str(place / "a.html"))
    text = (place / "a.html").read_text()
    assert "split of r9" in text
    assert "split of other" not in text


def test_probes_of_both_sides_are_drawn(place):
    """Those of the newest observation until the decision; what came later is not its basis."""
    began = ObservationBegan(
        observation="20260301T110000-00000000", part=1, environment="shop/target", digest="0" * 32, targets={},
        began_at=NOON - timedelta(hours=1), goal=3600.0, every=1.0,
    )  # fmt: skip
    files = ProbeFiles(place / "evidence" / "shop" / "target", began)
    for minute in (10, 20, 70):
        for side, failed in (("candidate", (0,)), ("baseline", ())):
            at = began.began_at + timedelta(minutes=minute)
            files.write(ProbeWindow(side=side, at=at, sent=(0, 1000, 2000, 3000), failed=failed))
    files.close()
    report(place, "--html", str(place / "a.html"))
    text = words((place / "a.html").read_text())
    assert "Health probes of the candidate success.availability" in text
    assert "2 of 8 probes failed, observed from 2026-03-01 11:00:00 UTC" in text
    assert "0 of 8 probes failed" in text


def test_the_chain_is_shown_whole(place):
    """The last decision is the page's, those before it are rows."""
    record(place, replace(decision(settled(HEALTH)), reasons=("not now",)))
    report(place, "--html", str(place / "a.html"))
    text = (place / "a.html").read_text()
    assert len(read(text).all("tr", **{"aria-current": "true"})) == 1
    assert "number 2 of this environment" in text
    assert [int(each) for each in re.findall(r'<td class="n">(\d+)</td><td>2026', text)] == [1, 2]


def test_an_edited_decision_ends_with_30(place):
    """No page is written of what cannot be trusted."""
    path = next((place / "evidence").rglob("decisions/*.json"))
    path.write_text(path.read_text().replace("HOLD", "ADVANCE"))
    done = CliRunner().invoke(main, ["report", f"--env={place / 'shop' / 'target.yaml'}", "--html"])
    assert done.exit_code == 30
    assert not list(place.rglob("*.html"))
