"""What people put on record beside claims: overrides, waivers, and the chain on the page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from tests.core.builders import HEALTH, LIST, NOON, entered
from tests.reports.pages import decision, failing, read, rendered, settled, words
from verify.core.decision import Action
from verify.core.links import Adopted, Moved, Override
from verify.core.verdicts import Verdict


def test_an_override_is_never_green():
    """Who answers, what the evidence says, and no word or colour of an ADVANCE."""
    made = replace(failing(), overridden_by=("ann", "bob"))
    text = rendered(made)
    assert '<section id="decision" class="decision overridden"' in text
    said = words(text)
    assert "OVERRIDDEN Step 10 without proof; ann, bob answer for it." in said
    assert "What the evidence says: HOLD" in said
    assert "ADVANCE" not in said


def test_a_waived_advance_does_not_say_all_is_proven():
    """The sentence and the count name what was waived."""
    made = decision(settled(HEALTH), settled(LIST, Verdict.FAIL, waived="asked by hand"), action=Action.ADVANCE)
    text = words(rendered(made))
    assert "proven, or waived by somebody who answers for it" in text
    assert "1 of 2 required claims proven, 1 waived." in text


def test_the_chain_and_what_came_after():
    """Earlier decisions, entries of people, this one marked, and later ones as a warning at the top."""
    first = entered(sequence=1, at=NOON - timedelta(hours=2))
    adopted = Adopted(
        sequence=2, environment="shop/target", step="10", percent=10.0, attested_by="ann", reason="joined", candidate="b",
        decided_at=NOON - timedelta(hours=1),
    )  # fmt: skip
    made = replace(failing(), sequence=3)
    override = Override(
        sequence=4, environment="shop/target", step="30", reason="launch", approvers=("ann", "bob"),
        expires_at=NOON + timedelta(hours=4), decided_at=NOON + timedelta(hours=1),
    )  # fmt: skip
    moved = Moved(
        sequence=5,
        environment="shop/target",
        to=0,
        reason="incident 12",
        by="kim",
        decided_at=NOON + timedelta(hours=2),
    )
    text = rendered(made, links=(first, adopted, made, override, moved), digest="ab" * 32)
    said = words(text)
    assert "Since this decision 2 more entries in the record" in said
    assert "The last: MOVED: traffic is at 0 %, 2026-03-01 14:00:00 UTC. kim: incident 12" in said
    assert read(text).all("tr", **{"aria-current": "true"})
    for word in (
        "ADVANCE",
        "ADOPTED",
        "HOLD this one",
        "OVERRIDE step 30",
        "ann and bob, until 2026-03-01 16:00:00 UTC",
        "ab" * 32,
    ):
        assert word.replace("OVERRIDE step 30", "OVERRIDE") in said


def test_a_long_chain_is_cut_and_counted():
    """The newest links are kept."""
    links = tuple(entered(sequence=number) for number in range(1, 200))
    made = replace(failing(), sequence=200)
    text = rendered(made, links=(*links, made))
    assert "140 links of the chain not shown" in text
    assert [int(number) for number in re.findall(r'<td class="n">(\d+)</td><td>2026', text)] == list(range(141, 201))
