"""The page in a headless Chromium: it complains of nothing, can be filtered by keyboard, and obeys no answer."""

from __future__ import annotations

import base64
import re

import pytest

from reports.html import measured
from tests.core.builders import HEALTH, ITEM, LIST, USERS
from tests.reports.browser.driving import Browser
from tests.reports.browser.fetching import chromium
from tests.reports.pages import EVIL, PROMISED, columns, decision, difference, load_settled, rendered, settled
from tests.reports.test_html_hostile import spoken
from verify.core.verdicts import Verdict

pytestmark = pytest.mark.xdist_group("chromium")
SHOWN = "[...document.querySelectorAll('[data-claim]')].filter(each => !each.hidden).map(each => each.dataset.verdict).join()"
VISIBLE = "document.querySelector('#claim-1').checkVisibility()"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One Chromium for the file, ended with it."""
    started = Browser(chromium(), tmp_path_factory.mktemp("chromium"))
    yield started
    started.close()


@pytest.fixture
def opened(browser, tmp_path):
    """Opens texts as files; whatever a page complained of fails the test, as does any request beyond the file itself."""
    tabs = []

    def opening(text, **said):
        path = tmp_path / f"page-{len(tabs)}.html"
        path.write_text(text, encoding="utf-8")
        tabs.append((browser.open(path, **said), path))
        return tabs[-1][0]

    yield opening
    for tab, path in tabs:
        assert tab.complaints() == []
        assert {each.partition("#")[0] for each in tab.requests()} == {path.as_uri()}
        tab.close()


@pytest.fixture
def tab(opened):
    """A decision with a claim of each verdict and drawings."""
    differs = (difference("$.name", 'string "Ann"', 'string "Anna"'),)
    made = decision(
        settled(HEALTH, reproduce="pytest --env=target"),
        settled(LIST, Verdict.FAIL, why="1 difference", differences=differs),
        settled(ITEM, Verdict.FAIL, waived="asked by hand"),
        settled(USERS, Verdict.INCONCLUSIVE, why="not heard"),
        load_settled(),
    )
    return opened(rendered(made, measured=measured(columns(failing_share=0.05), load_settled(), PROMISED)))


def test_nothing_is_complained_of_and_nothing_is_fetched(tab):
    """The page's own policy lets its style and script work: a theme button appears, a colour is set."""
    assert tab.ask("document.querySelector('#theme').hidden") is False
    assert tab.ask("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.ask(SHOWN) == "fail,unknown,waived,pass,pass"


def test_the_filter_by_keyboard(tab):
    """`/` goes to it, words narrow, Escape clears; a group without a claim left is hidden."""
    tab.press("/", "Slash", 191)
    assert tab.ask("document.activeElement.id") == "find"
    assert tab.ask("document.activeElement.value") == ""
    tab.write("ANNA endpoint/list")
    assert tab.ask(SHOWN) == "fail"
    assert tab.ask("document.querySelector('#count').textContent") == "1 of 5 claims shown"
    assert tab.ask("[...document.querySelectorAll('.cause, .family')].filter(each => !each.hidden).length") == 1
    tab.press("Escape", "Escape", 27)
    assert tab.ask(SHOWN) == "fail,unknown,waived,pass,pass"
    assert tab.ask("document.activeElement.id") != "find"


def test_the_filter_by_family_and_verdict(tab):
    """Both narrow; proven claims that are wanted are opened; nothing is a number too."""

    def choose(name, value):
        said = f"const each = document.querySelector('#{name}'); each.value = '{value}'; each.dispatchEvent(new Event('input'))"
        tab.ask(f"{{{said}}}")

    choose("verdict", "pass")
    assert tab.ask(SHOWN) == "pass,pass"
    assert tab.ask(VISIBLE) is True
    choose("family", "load")
    assert tab.ask(SHOWN) == "pass"
    choose("verdict", "fail")
    assert tab.ask("document.querySelector('#count').textContent") == "0 of 5 claims shown"
    tab.ask("document.querySelector('#clear').click()")
    assert tab.ask(SHOWN) == "fail,unknown,waived,pass,pass"


def test_the_skip_link_is_the_first_stop(tab):
    """Tab reaches it first, it is in sight then, and every control can be reached."""
    tab.press("Tab", "Tab", 9)
    assert tab.ask("document.activeElement.className") == "skip"
    assert tab.ask("document.activeElement.getBoundingClientRect().top >= 0") is True
    stops = []
    for _ in range(60):
        tab.press("Tab", "Tab", 9)
        stops.append(tab.ask("document.activeElement.id || document.activeElement.tagName"))
    assert {"theme", "find", "family", "verdict", "clear", "unfold", "SUMMARY"} <= set(stops)


def test_the_theme_goes_around(tab):
    """System, light, dark; each colours the page."""
    colour = "getComputedStyle(document.body).backgroundColor"
    seen = []
    for _ in range(3):
        tab.ask("document.querySelector('#theme').click()")
        seen.append((tab.ask("document.querySelector('#theme').textContent"), tab.ask(colour)))
    assert seen == [
        ("Theme: light", "rgb(255, 255, 255)"), ("Theme: dark", "rgb(20, 23, 27)"), ("Theme: system", "rgb(255, 255, 255)"),
    ]  # fmt: skip


def test_the_system_may_be_dark(opened):
    """Without a choice the page follows the system."""
    tab = opened(rendered(decision(settled(HEALTH))), scheme="dark")
    assert tab.ask("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 27)"


def test_a_link_to_a_claim_opens_what_it_is_in(tab):
    """A proven claim lies in a closed family until somebody asks for it."""
    assert tab.ask(VISIBLE) is False
    tab.ask("new Promise(done => { addEventListener('hashchange', () => done()); location.hash = '#claim-1' })")
    assert tab.ask(VISIBLE) is True
    assert tab.ask("document.querySelector('#claim-1').open") is True


def test_all_is_open_on_paper(tab):
    """Printing opens what is closed and closes it again."""
    tab.ask("window.counts = []")
    count = "window.counts.push(document.querySelectorAll('details:not([open])').length)"
    tab.ask(f"addEventListener('beforeprint', () => {count}); addEventListener('afterprint', () => {count}); {count}")
    assert base64.b64decode(tab.print()).startswith(b"%PDF")
    before, during, after = tab.ask("window.counts")
    assert before == after > 0
    assert during == 0


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_no_page_is_wider_than_its_screen(opened, width):
    """Neither with plain nor with hostile words."""
    for text in (rendered(decision(settled(HEALTH), load_settled())), spoken(EVIL), spoken("x" * 3_000)):
        tab = opened(text, width=width)
        assert tab.ask("document.documentElement.scrollWidth - innerWidth") <= 0


COUNTS = """[...document.querySelectorAll('.families tbody tr:first-child .n')].map(each => {
    const box = each.getBoundingClientRect();
    const name = getComputedStyle(each, '::before').content.replaceAll('"', '').trim();
    return [name, each.textContent.trim(), each.checkVisibility() && box.left >= 0 && box.right <= innerWidth];
})"""


@pytest.mark.parametrize(("width", "medium"), [(390, ""), (390, "print"), (720, "print"), (1280, "")])
def test_every_count_of_a_family_is_in_sight(opened, width, medium):
    """No column is hidden or cut off, and each says what it counts."""
    claims = (settled(LIST), settled(ITEM, Verdict.INCONCLUSIVE, why="not heard"), settled(USERS, required=False))
    tab = opened(rendered(decision(*claims)), width=width, medium=medium)
    found = tab.ask(COUNTS)
    assert [rest for _, *rest in found] == [[number, True] for number in ("2", "1", "0", "1", "0", "0")]
    names = ["required", "proven", "failed", "no verdict", "waived", "not required"]
    heads = "[...document.querySelectorAll('.families thead .n')].filter(each => each.checkVisibility())"
    assert (tab.ask(f"{heads}.map(each => each.textContent)") or [name for name, *_ in found]) == names


def test_no_answer_is_obeyed(opened):
    """Scripts, handlers and styles of an answer do nothing; a reader sees them as text."""
    tab = opened(spoken(EVIL))
    assert tab.ask("document.querySelectorAll('script').length") == 1
    assert tab.ask("document.querySelectorAll('style').length") == 1
    assert tab.ask("document.querySelectorAll('img, [onclick], [onerror]').length") == 0
    assert tab.ask("getComputedStyle(document.querySelector('h1')).display") == "flex"
    assert "<script>alert(1)</script>" in tab.ask("document.querySelector('h1').textContent")


def test_the_headline_can_be_seen_at_once(tab):
    """Decision, why and what is not known stand on the first screen of a laptop."""
    for place in ("h1", "#why", "#unknown", "#facts"):
        assert tab.ask(f"document.querySelector('{place}').getBoundingClientRect().bottom") < 700, place


def test_contrast_of_text():
    """Every text colour on every ground it stands on: at least 4.5 to 1, in light and in dark (WCAG 2.2, 1.4.3)."""
    style = rendered(decision())
    colours = dict(re.findall(r"--([a-z-]+): light-dark\((#\w{6}, #\w{6})\)", style))
    pairs = [(name, ground) for name in ("ink", "quiet", "link") for ground in ("paper", "panel")]
    pairs += [(name, f"{name}-back") for name in ("pass", "fail", "unknown", "waived")]
    pairs += [("ink", "mark"), ("fail", "paper")]
    for name, ground in pairs:
        for text, behind in zip(colours[name].split(", "), colours[ground].split(", "), strict=True):
            one, two = sorted((luminance(text), luminance(behind)))
            assert (two + 0.05) / (one + 0.05) >= 4.5, (name, ground, text, behind)


def luminance(colour):
    """The relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
