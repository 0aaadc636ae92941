"""The page of a decision: what it says, and that it is one file that stands alone."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.html import Material, measured, page
from reports.html.page import LARGEST
from tests.core.builders import HEALTH, ITEM, LIST, NOON, USERS, ask, environment, evidence, run, waiver, world
from tests.reports.pages import (
    PROMISED,
    advancing,
    columns,
    decision,
    difference,
    failing,
    load_settled,
    read,
    rendered,
    rolling_back,
    settled,
    words,
)
from verify.core.decision import Action
from verify.core.verdicts import Verdict

EVERY = {"ADVANCE": advancing, "HOLD": failing, "ROLL_BACK": rolling_back}


@pytest.fixture(params=sorted(EVERY))
def found(request):
    """One decision of each action."""
    made = EVERY[request.param]()
    assert made.action.value == request.param
    return made


def test_the_decision_comes_first(found):
    """Title and only h1 say the action, before any other heading."""
    text = rendered(found)
    said = found.action.value.replace("_", " ")
    assert re.search(r"<h1[^>]*><span class=\"verdict\">" + said, text)
    assert len(read(text).all("h1")) == 1
    assert text.index("<h1") < text.index("<h2")
    assert re.search(rf"<title>{found.action.value}: shop/target: ", text)


def test_a_step_about_the_baseline_moves_no_traffic_on_the_page():
    """Neither what was asked nor what is said names a share."""
    text = words(rendered(decision(action=Action.ADVANCE, of="baseline")))
    assert "may we begin step 10 ?" in text.replace("10?", "10 ?")
    assert "step 10 may begin; it moves no traffic" in text
    assert "traffic move to" not in text


def test_one_file_that_needs_nothing(found):
    """No address to fetch from, no element that fetches, and a policy that would refuse it."""
    text = rendered(found, measured=measured(columns(), load_settled(), PROMISED))
    parts = read(text)
    assert not re.search(r"(?i)\b(?:https?|ftp|wss?|data|blob):|//[a-z0-9]|@import|url\(", text)
    for tag in ("img", "link", "iframe", "object", "embed", "base", "form", "audio", "video", "source", "use"):
        assert not parts.all(tag), tag
    assert all(each.get("href", "").startswith("#") for each in parts.all("a"))
    assert all("src" not in each and "style" not in each for _, each in parts.elements)
    assert not any(name.startswith("on") for _, each in parts.elements for name in each)
    policy = parts.all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy


def test_the_policy_names_exactly_what_is_inlined(found):
    """The hashes are those of the page's only style and only script."""
    text = rendered(found)
    policy = read(text).all("meta", **{"http-equiv": "Content-Security-Policy"})[0]["content"]
    for tag in ("style", "script"):
        inside = re.findall(rf"<{tag}>(.*?)</{tag}>", text, flags=re.DOTALL)
        assert len(inside) == 1
        digest = base64.b64encode(hashlib.sha256(inside[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_ids_are_unique_and_links_lead_somewhere(found):
    """Every `#` has its place, no id stands twice, every label names what is there."""
    parts = read(rendered(found, measured=measured(columns(), load_settled(), PROMISED)))
    ids = [each["id"] for _, each in parts.elements if "id" in each]
    assert len(ids) == len(set(ids))
    for _, each in parts.elements:
        for name in ("href", "aria-labelledby"):
            if name in each:
                assert each[name].removeprefix("#") in ids


def test_it_can_be_used_by_keyboard_and_heard(found):
    """A skip link first, a language, a main part, captions of tables as headers with a scope, labels of every input."""
    parts = read(rendered(found, measured=measured(columns(), load_settled(), PROMISED)))
    assert parts.all("html", lang="en")
    assert parts.all("a")[0] == {"class": "skip", "href": "#main"}
    assert len(parts.all("main")) == 1
    assert all("scope" in each for each in parts.all("th"))
    assert all("aria-label" in each or each.get("aria-hidden") for each in parts.all("svg"))
    assert len(parts.all("label")) == len(parts.all("input")) + len(parts.all("select")) == 3


def test_no_emoji_and_words_beside_colours(found):
    """Every coloured chip has a word."""
    text = rendered(found)
    assert not re.search("[\U0001f000-\U0001faff\u2600-\u27bf]", text)
    assert not re.search(r'<span class="chip[^>]*>\s*</span>', text)


def test_every_claim_is_there_with_its_command(found):
    """Check, subject, what was found and how to ask again."""
    text = words(rendered(found))
    for each in found.claims:
        assert each.claim.check in text
        assert each.claim.subject in text
        assert each.why in text
        assert each.reproduce in text


@settings(max_examples=120, deadline=None)
@given(
    seen=st.dictionaries(st.sampled_from([HEALTH, LIST, ITEM, USERS]), st.sampled_from(list(Verdict))),
    waive=st.booleans(),
)
def test_no_page_is_kinder_than_its_decision(seen, waive):
    """A claim is green exactly when it is a PASS nobody waived, each claim stands once, and ADVANCE is said only then."""
    place = environment(waived=[waiver("parity.endpoint", "endpoint/list")] if waive else [])
    found = ask(place, "10", world(run(*(evidence(each, verdict) for each, verdict in seen.items()))))
    parts = read(rendered(found))
    shown = {each["id"]: each["data-verdict"] for _, each in parts.elements if "data-claim" in each}
    assert len(shown) == len(found.claims)
    for number, each in enumerate(found.claims, start=1):
        green = each.verdict is Verdict.PASS and not each.waived
        assert (shown[f"claim-{number}"] == "pass") is green
    assert ("ADVANCE" in parts.text) is (found.action is Action.ADVANCE)


def test_one_cause_a_line():
    """Thirty-seven endpoints that differ in one header are one line, with both values and their number."""
    claims = [LIST._replace(subject=f"endpoint/e{number:02}") for number in range(37)]
    differs = (difference("header server", '"nginx"', '"envoy"'),)
    bad = [settled(each, Verdict.FAIL, why="1 difference", differences=differs) for each in claims]
    text = rendered(decision(*bad, settled(HEALTH)))
    parts = read(text)
    assert len(parts.all("details", class_="cause fail")) == 1
    assert "1 cause against this step" in parts.text
    summary = re.sub(r"\s+", " ", re.search(r"<summary>(.*?)</summary>", text, flags=re.DOTALL)[1])
    assert "header server: baseline &#34;nginx&#34;, candidate &#34;envoy&#34;" in summary
    assert "37 endpoints: e00, e01, e02 and 34 more; 37 differences" in summary
    assert len(parts.all("article", **{"data-verdict": "fail"})) == 37


def test_failures_come_first_and_others_last():
    """FAIL, then required INCONCLUSIVE, then what is not required, then waived, then proven."""
    made = decision(
        settled(HEALTH),
        settled(LIST, Verdict.INCONCLUSIVE, why="not heard"),
        settled(ITEM, Verdict.FAIL, why="differs"),
        settled(USERS, Verdict.INCONCLUSIVE, why="no run asked it", required=False),
        settled(LIST._replace(subject="endpoint/w"), Verdict.FAIL, why="known", waived="asked by hand"),
    )
    kinds = [each["data-verdict"] for _, each in read(rendered(made)).elements if "data-claim" in each]
    assert kinds == ["fail", "unknown", "unknown", "waived", "pass"]
    assert "Open, and not required by this step" in rendered(made)


def test_a_failure_that_is_not_required_holds_and_says_so():
    """It stands among the causes against the step."""
    text = words(rendered(decision(settled(HEALTH), settled(USERS, Verdict.FAIL, why="differs", required=False))))
    assert "1 cause against this step" in text
    assert "1 of 1 required claims proven, 1 not required failed." in text
    assert "Not required by this step; a failure holds it all the same." in text


def test_reasons_without_a_claim_are_causes():
    """A step out of order has no claim; its reason is shown all the same, notes are not reasons."""
    made = decision(settled(HEALTH), reasons=("step 10 comes first", "override of ann"), notes=("override of ann",))
    text = words(rendered(made))
    assert "HOLD step 10 comes first" in text
    assert "1 cause against this step" in text
    assert "Also in force override of ann" in text


def test_what_is_not_known_is_said_at_the_top():
    """Deferred, undeclared, unanswered, waived, accepted and an unknown build, before any table."""
    made = decision(
        settled(LIST, Verdict.INCONCLUSIVE, why="not heard"),
        settled(ITEM, waived="", accepted={"$.x": 3}),
        settled(HEALTH, Verdict.FAIL, waived="asked by hand"),
        deferred=("load", "session"), undeclared=("consistency.count", "consistency.keys"), candidate=None,
    )  # fmt: skip
    text = rendered(made)
    top = words(text[: text.index('<section id="families"')] + "</main></body></html>")
    for said in (
        "Which build the candidate runs: it did not say.",
        "1 required claim without a verdict: a side did not answer: parity.endpoint endpoint/list",
        "1 claim waived: somebody answers for it, no check does",
        "1 difference accepted as meant",
        "2 families not required before a later step: load, session",
        "2 checks never asked, because this system declares nothing for them",
    ):
        assert said in top


def test_what_a_pass_does_not_show():
    """Each check's blind spots stand on the page."""
    text = words(rendered(advancing(), blind={"parity.endpoint": "endpoints that nobody declared"}))
    assert "What even a PASS does not show (1 check)" in text
    assert "endpoints that nobody declared" in text


def test_an_advance_says_what_it_rests_on():
    """The count, then both numbers of what was measured."""
    made = decision(load_settled(), action=Action.ADVANCE, reasons=("1 of 1 required claims proven",))
    top = words(rendered(made)).partition("Families of checks")[0]
    assert "Why 1 of 1 required claims proven load.latency mix/api: p50 10.00 ms against 10.00 ms" in top


def test_an_advance_rests_on_nothing_that_it_does_not_require():
    """A number measured beside the step is no reason, nor is what a person said; what is open beside it is no alarm."""
    beside = [replace(load_settled(), required=False), settled(LIST, Verdict.INCONCLUSIVE, required=False)]
    said = settled(USERS, kind="attested")
    made = decision(settled(HEALTH), said, *beside, action=Action.ADVANCE, reasons=("1 of 1 required claims proven",))
    top = words(rendered(made)).partition("Families of checks")[0]
    assert "Why 1 of 1 required claims proven health: 1 claim proven (endpoint) Not known" in top
    assert 'Open <b class="quiet">1</b>' in rendered(made)
    assert "Open <b>1</b>" in rendered(decision(settled(LIST, Verdict.INCONCLUSIVE)))


def test_what_was_judged_anew_says_so_where_it_stands():
    """By the claim, open or proven, and above the drawings of its samples; a run's own verdict has no such word."""
    for verdict in (Verdict.PASS, Verdict.INCONCLUSIVE):
        own = replace(load_settled(verdict), observed_at=NOON)
        for claim in (own, replace(own, kind="rejudged")):
            text = words(rendered(decision(claim), measured=measured(columns(), claim, PROMISED)))
            assert ("; judged anew in run r9" in text) is (claim is not own)
            assert text.count("judged anew The samples are those that were taken then") == (claim is not own)
            assert text.count("judged anew") == (0 if claim is own else 3)


def test_many_differences_of_one_kind_are_counted():
    """Four are shown, the rest counted at their place, others counted apart."""
    many = [difference(f"$.items[{number}].stock", f"number {number}", "absent") for number in range(50)]
    text = rendered(failing(differences=many, omitted=7))
    assert len(re.findall(r"\$\.items\[\d+\]\.stock</th>", text)) == 4
    said = words(text)
    assert "46 more differences like these at $.items[*].stock" in said
    assert "7 more differences not shown here." in said


def test_changed_parts_are_marked():
    """Only what differs, on both sides."""
    text = rendered(failing(differences=[difference("$.at", 'string "10:00:00.000"', 'string "10:00:00.300"')]))
    assert re.search(r"10:00:00\.<mark>000</mark>", text)
    assert re.search(r"10:00:00\.<mark>300</mark>", text)


def test_the_same_input_gives_the_same_bytes(found):
    """Also in another process with another hash seed."""
    material = Material(decision=found, measured=measured(columns(), load_settled(), PROMISED))
    assert page(material) == page(material)
    program = (
        "from tests.reports.test_html import *; import hashlib\n"
        f"found = EVERY[{found.action.value!r}]()\n"
        "text = rendered(found, measured=measured(columns(), load_settled(), PROMISED))\n"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    root = Path(__file__).resolve().parents[2]
    told = {**os.environ, "PYTHONPATH": str(root), "PYTHONHASHSEED": "7"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=told, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == hashlib.sha256(page(material).encode()).hexdigest()


def test_a_page_of_a_usual_decision_is_small(found):
    """A tenth of a megabyte with drawings."""
    text = rendered(found, measured=measured(columns(), load_settled(), PROMISED))
    assert len(text.encode()) < 150_000 < LARGEST
