"""The page of a decision whose every word comes from somebody hostile, and of one that is far too large."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reports.html import Material, measured, page
from reports.html.series import Series
from tests.core.builders import ERRORS, HEALTH, ITEM, LIST, NOON
from tests.reports.pages import EVIL, PROMISED, columns, decision, difference, load_settled, read, rendered, settled
from verify.core.catalogue import Claim
from verify.core.decision import Action
from verify.core.links import Moved
from verify.core.verdicts import Verdict


def spoken(word):
    """A page on which every free text is this word."""
    claims = [Claim(word, f"parity.{word}", f"endpoint/{word}"), Claim(word, f"{word}.x", word), LIST]
    text = {
        "why": word, "run": word, "reproduce": word, "receipt": word, "superseded": (word,),
        "accepted": {word: 1}, "normalised": {word: 1},
    }  # fmt: skip
    differs = tuple(
        difference(word, baseline, candidate, key=word, detail=word)
        for baseline, candidate in ((word, "x"), ("x", word))
    )
    made = decision(
        settled(claims[0], Verdict.FAIL, differences=differs, **text),
        settled(claims[1], Verdict.INCONCLUSIVE, **text),
        settled(claims[2], **text),
        settled(ITEM, Verdict.FAIL, waived=word, **{**text, "why": f"{word} "}),
        load_settled(why=word),
        settled(ERRORS, Verdict.FAIL, **text),
        environment=word, step=word, reasons=(word,), deferred=(word,), undeclared=(f"{word}.{word}",), notes=(f"{word}2",),
        acknowledged=(claims[0],), changed=(word,), candidate=word, baseline=word, target=word, going_back=word,
        revision=word, suite_version=word, previous=word, evidence=word, configuration=word, action=Action.ROLL_BACK,
        overridden_by=(word,),
    )  # fmt: skip
    samples = columns(failing_share=0.1)
    samples.error = samples.error.astype(object)
    samples.error[samples.error != ""] = word
    return rendered(
        made, system=word, title=word, baseline=word, digest=word, blind={word: word},
        measured=measured(samples, load_settled(why=word), PROMISED),
        links=(made, Moved(sequence=2, environment=word, to=1, reason=word, by=word, decided_at=NOON)),
        series=(Series(title=word, kind="timeline", unit=word, note=word, check=word, points=((0, 1), (1, 2))),
                Series(title=word, kind="shares", unit=word, names=(word,), points=((1, 2),))),
    )  # fmt: skip


def shape(text):
    """The page's elements with their attributes' names and everything that is not a text of somebody."""
    ours = {"class", "id", "href", "scope", "for", "type", "role", "http-equiv", "tabindex", "data-verdict"}
    return [
        (tag, sorted(each), {k: v for k, v in each.items() if k in ours})
        for tag, each in read(text).elements
        if tag != "mark"
    ]


def test_no_word_adds_an_element_or_an_attribute():
    """The page of hostile words is built of exactly what the page of a plain word is built of."""
    assert shape(spoken(EVIL)) == shape(spoken("plain"))


def test_no_word_gets_into_style_or_script():
    """What runs and what colours is the same, whatever a decision says."""
    assert read(spoken(EVIL)).code == read(spoken("plain")).code
    assert "alert(1)" not in read(spoken(EVIL)).code


def test_what_a_screen_would_obey_is_written_out():
    """No control, no direction mark, no invisible character, no half character is left; a reader sees their names."""
    text = spoken(EVIL)
    assert not [each for each in set(text) if not each.isprintable() and each != "\n"]
    for said in (
        r"\u202e",
        r"\u2066",
        r"\x00",
        r"\x07",
        r"\x1b",
        r"\u200b",
        r"\ufeff",
        r"\ud800",
        r"\u2028",
        r"\U000e0041",
    ):
        assert said in text
    text.encode("utf-8")


def test_templates_are_not_read_twice():
    """Braces of an answer stay braces."""
    assert "{{ 7*7 }}" in read(spoken(EVIL)).text
    assert "49" not in read(spoken("{{ 7*7 }}")).text.replace("2026", "")


@example(word="$")
@settings(max_examples=60, deadline=None)
@given(word=st.text(max_size=30) | st.text(alphabet="<>&\"'/=! \n\t-{}%#;:()[]\u202e\x00", max_size=30))
def test_any_word_stays_a_word(word):
    """The elements are the same for every text there is."""
    claim = settled(HEALTH, Verdict.FAIL, why=word, differences=(difference("$", word, "x", key=word),))
    plain = settled(HEALTH, Verdict.FAIL, why="plain", differences=(difference("$", "plain", "x", key="plain"),))
    texts = [rendered(decision(each)) for each in (claim, plain)]
    found = [[each for each in shape(text) if "key" not in str(each)] for text in texts]
    assert found[0] == found[1]


@pytest.mark.parametrize("limit", [5_000_000, 600_000])
def test_the_size_is_capped_and_what_is_left_out_is_counted(limit):
    """Thousands of claims with fifty huge differences each: still a page, with the decision on top."""
    evil = EVIL * 40
    differs = tuple(difference(f"$.{number}.{evil}", evil, f"x{evil}", key=evil) for number in range(50))
    claims = [
        settled(
            Claim("shop/target", "parity.endpoint", f"endpoint/{n}"),
            Verdict.FAIL,
            why=f"{n} {evil}",
            differences=differs,
        )
        for n in range(900)
    ]
    proven = [settled(Claim("shop/target", "health.endpoint", f"health/{n}"), receipt=evil) for n in range(900)]
    made = decision(*claims, *proven, reasons=tuple(f"{n} {evil}" for n in range(2_000)), deferred=(evil,) * 50)
    text = page(Material(decision=made, links=(made,) * 3), limit=limit)
    assert len(text.encode()) <= limit
    assert "<h1" in text[:20_000]
    said = read(text).text
    assert "900 of 1,800 required claims proven, 900 failed." in said
    assert re.search(r"[\d,]+ claims of this decision not shown on this page", said)
    assert re.search(r"[\d,]+ more differences? not shown here", said)


def test_one_huge_text_is_cut_in_its_middle():
    """Its start and its end stay, and how much is between them is said."""
    huge = "begin" + "x" * 1_000_000 + "end"
    text = rendered(decision(settled(HEALTH, Verdict.FAIL, why=huge, differences=(difference("$", huge, "y"),))))
    assert len(text) < 90_000
    assert re.search(r"beginx+ … [\d,]+ more characters … x+end", text)


def test_a_changed_place_in_a_long_value_is_in_sight():
    """Equal text around it is shortened, not the difference."""
    around = "lorem ipsum " * 2_000
    text = rendered(
        decision(
            settled(
                HEALTH, Verdict.FAIL, differences=(difference("$", f"{around}41 {around}", f"{around}42 {around}"),)
            )
        )
    )
    assert "<mark>41</mark>" in text
    assert "<mark>42</mark>" in text
    assert re.search(r"[\d,]+ equal characters", text)


def test_a_decision_of_nothing():
    """No claim, no reason, no family: still a page that says so."""
    text = read(rendered(decision())).text
    assert "This step requires no claim, so nothing was proven." in text
    assert "Nothing holds this step" in text
    assert replace(decision(), percent=None).percent is None
