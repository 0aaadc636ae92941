"""A decision in Markdown that something was put on record after."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from reports.markdown import markdown
from tests.core.test_gate_moved import adopted, moved
from tests.core.test_gate_overridden import override
from tests.reports.pages import advancing
from tests.reports.test_html_command import place, record  # noqa: F401 - a fixture
from tests.reports.test_markdown import plain
from verify.cli import main


@pytest.mark.parametrize(
    ("link", "words"),
    [(moved(0), "traffic is at 0 %, says ann: by hand"), (adopted(), "step 30 adopted, says ann: was so"),
     (override(), "ann and bob answer for step 10: baseline fails"), (advancing(), "ADVANCE: shop/target")],
    ids=["moved", "adopted", "override", "decision"],
)  # fmt: skip
def test_what_came_later_stands_above_what_it_may_have_ended(link, words):
    """An ADVANCE that traffic was taken back from is not the last word."""
    text = plain(markdown(advancing(), later=[link]))
    assert text.startswith("# ADVANCE")
    assert "This may no longer stand." in text
    assert text.index(words, 20) < text.index("Proven:")


def test_nothing_later_says_nothing():
    """The last word is the last word."""
    assert "no longer" not in markdown(advancing())


def test_the_command_reads_what_came_later(place):  # noqa: F811
    """Traffic went back to 0 after the decision."""
    home = record(place, moved(0))
    ended = CliRunner().invoke(main, ["report", f"--env={place / 'shop' / 'target.yaml'}"])
    assert ended.exit_code == 0, ended.output
    assert "traffic is at 0 %, says ann: by hand" in plain((home / "report.md").read_text())
