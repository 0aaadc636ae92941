"""The page of a decision beside samples and series that are no longer what was judged."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from tests.core.builders import HEALTH, LOAD, NOON, claim, evidence, run
from tests.reports.pages import decision, load_settled, settled
from tests.reports.test_html_command import place, sample  # noqa: F401 - a fixture
from verify.commands import release_page
from verify.core.errors import EvidenceError
from verify.core.probing import ObservationBegan, ProbeWindow
from verify.keeping import bound
from verify.probe_files import ProbeFiles


@pytest.fixture
def judged(place, monkeypatch):  # noqa: F811
    """An evidence folder with samples and a series, both bound by the evidence of run r9."""
    sample(place)
    home = place / "evidence" / "shop" / "target"
    folder = home / "runs" / "r9"
    said = {"title": "split", "kind": "shares", "names": ["candidate"], "points": [[15.1, 10]]}
    (folder / "split.series.json").write_text(json.dumps(said))
    files = bound(home, sorted(folder.iterdir()))
    seen = run(replace(evidence(LOAD, run="r9"), files=files), id="r9")
    monkeypatch.setattr(release_page, "read_run", lambda path: seen if path.name == "r9" else None)
    return SimpleNamespace(home=home, folder=folder)


def test_samples_as_they_were_judged_are_drawn(judged):
    """Those that the evidence names."""
    (found,) = release_page._samples(judged.home, load_settled())
    assert found.name == "samples-7.arrows"
    assert [each.title for each in release_page._drawn(judged.home, "r9")] == ["split"]


def test_edited_samples_are_not_drawn_beside_the_verdict(judged):
    """A better curve than the one that was judged would be believed."""
    path = judged.folder / "samples-7.arrows"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(EvidenceError, match="is not what was judged"):
        release_page._samples(judged.home, load_settled())


def test_other_samples_do_not_take_the_place_of_those_that_are_gone(judged):
    """What lies beside the evidence and is not bound by it was not judged."""
    path = judged.folder / "samples-7.arrows"
    path.rename(judged.folder / "samples-8.arrows")
    assert release_page._samples(judged.home, load_settled()) == []


def test_an_edited_series_is_refused(judged):
    """As an edited decision is."""
    path = judged.folder / "split.series.json"
    path.write_text(path.read_text().replace("15.1", "10.0"))
    with pytest.raises(EvidenceError, match="is not what was judged"):
        release_page._drawn(judged.home, "r9")


def test_the_probes_that_were_judged_are_drawn_and_not_the_newest(place, monkeypatch):  # noqa: F811
    """An observation that begun anew after an outage shows none."""
    home = place / "evidence" / "shop" / "target"
    for number, failed in ((1, (0, 1)), (2, ())):
        began = ObservationBegan(
            observation=f"20260301T110{number}00-00000000", part=1, environment="shop/target", digest="0" * 32,
            began_at=NOON - timedelta(hours=1) + timedelta(minutes=number), goal=3600.0, every=1.0,
        )  # fmt: skip
        files = ProbeFiles(home, began)
        files.write(ProbeWindow(side="candidate", at=began.began_at, sent=(0, 1000), failed=failed))
        files.close()
    probes = claim("success.availability", "availability/candidate")
    first = "observations/20260301T110100-00000000/000001.jsonl"
    seen = run(replace(evidence(probes, run="r8"), files={first: "1 x"}), id="r8")
    monkeypatch.setattr(release_page, "read_run", lambda _: seen)
    made = decision(replace(settled(probes), run="r8"))
    assert ["2 of 2 probes failed" in each.note for each in release_page._observed(made, home)] == [True]
    assert "0 of 2 probes failed" in release_page._observed(decision(settled(HEALTH)), home)[0].note
