"""`cutover compare`: what it says and how it ends."""

from __future__ import annotations

import json
import os
import signal
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from tests.commands.conftest import PASSWORD, PRODUCTS, SYSTEM, USERS
from verify.__main__ import main as console_script
from verify.cli import main
from verify.commands.compare import _following
from verify.core.catalogue import Claim
from verify.core.verdicts import passed
from verify.messages import told, verdict_lines


def compare(shop, dataset="products", *words):
    """The command in this process."""
    return CliRunner().invoke(main, ["compare", shop.environment, "--dataset", dataset, *words])


def test_equal_sides_end_with_0(shop):
    """The verdict first, what was compared, how fast, and that this is no evidence."""
    found = compare(shop)
    assert found.exit_code == 0, found.output
    assert found.stdout.startswith("PASS consistency.records dataset/products")
    assert "10 rows on each side" in found.stdout
    assert "no evidence was written" in found.stdout
    assert found.stderr == ""


def test_the_command_it_names_repeats_it(shop):
    """What is printed under `again` is what was asked."""
    assert f"again: cutover compare {shop.environment} --dataset products" in compare(shop).stdout


def test_unequal_sides_end_with_1(shop):
    """The record and both values are named."""
    shop.write("next", products=[*PRODUCTS[:-1], {"id": 10, "price": 0}])
    found = compare(shop)
    assert found.exit_code == 1
    assert found.stdout.startswith("FAIL consistency.records dataset/products")
    assert "id=10 $.price" in found.stdout


@pytest.mark.parametrize(("dataset", "cause"), [("empty", "too-few"), ("far", "no-answer")])
def test_what_proves_nothing_ends_with_3(shop, dataset, cause):
    """Empty sides and silent stores are no difference and no proof."""
    found = compare(shop, dataset)
    assert found.exit_code == 3
    assert found.stdout.startswith(f"INCONCLUSIVE ({cause}) consistency.records dataset/{dataset}")


def test_a_defect_ends_with_70(shop, monkeypatch, capsys):
    """Never with 1, which says that records differ; the stack trace shows no secret."""

    def broken(*_):
        raise RuntimeError(f"no such luck with {PASSWORD}")

    monkeypatch.setattr("verify.commands.compare.LiveDatasets.compare", broken)
    monkeypatch.setattr("sys.argv", ["cutover", "compare", shop.environment, "--dataset", "products"])
    with pytest.raises(SystemExit) as ended:
        console_script()
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (70, "")
    assert "RuntimeError: no such luck" in err
    assert PASSWORD not in err or "far" not in err


def test_a_variable_without_value_ends_with_3(shop, monkeypatch):
    """It is named."""
    monkeypatch.delenv("SHOP_NEXT")
    found = compare(shop)
    assert found.exit_code == 3
    assert "SHOP_NEXT" in found.stdout


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_an_unknown_dataset_ends_with_30_and_lists_the_known(shop, words):
    """Nothing was asked, and nothing is said on stdout."""
    found = compare(shop, "product", *words)
    assert found.exit_code == 30
    assert "compares no dataset 'product'; datasets: empty, far, products, users" in found.stderr
    assert found.stdout == ""


def test_the_baseline_itself_compares_nothing(shop):
    """It has nobody to be compared with."""
    words = ["compare", f"--env={shop.folder / 'shop' / 'today.yaml'}", "--dataset", "products"]
    found = CliRunner().invoke(main, words)
    assert found.exit_code == 30
    assert "no baseline" in found.stderr


def test_a_wrong_description_ends_with_30(shop):
    """The mistake is told with its place."""
    (shop.folder / "shop" / "system.yaml").write_text(SYSTEM.replace("key: [id]", "keys: [id]", 1))
    found = compare(shop)
    assert found.exit_code == 30
    assert "system.yaml" in found.stderr


@pytest.mark.parametrize(
    ("dataset", "code", "verdict", "cause"),
    [("products", 0, "PASS", None), ("users", 1, "FAIL", None), ("empty", 3, "INCONCLUSIVE", "too-few")],
)
def test_json_says_the_same(shop, dataset, code, verdict, cause):
    """One document on stdout, whatever the verdict."""
    shop.write("next", users=[*USERS, {"id": 2, "email": "ann@shop.example"}])
    found = compare(shop, dataset, "--json")
    document = json.loads(found.stdout)
    assert found.exit_code == code
    assert found.stderr == ""
    assert document.keys() == {
        "dataset", "environment", "claim", "finished", "verdict", "cause", "summary", "receipt", "differences", "omitted",
        "normalised", "seconds", "rows_read",
    }  # fmt: skip
    assert (document["dataset"], document["finished"]) == (dataset, True)
    assert (document["verdict"], document["cause"]) == (verdict, cause)
    assert (document["environment"], document["claim"]) == ("shop/next", f"consistency.records dataset/{dataset}")
    assert all(set(each) == {"key", "path", "baseline", "candidate", "detail"} for each in document["differences"])
    assert bool(document["differences"]) is (verdict == "FAIL")


def test_json_counts_what_was_read(shop):
    """By side."""
    assert json.loads(compare(shop, "products", "--json").stdout)["rows_read"] == {"baseline": 10, "candidate": 10}


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_no_secret_and_no_person_is_shown(shop, words):
    """Neither the password of a store that refuses nor an address that differs."""
    shop.write("next", users=[{"id": 1, "email": "ann@shop.example"}])
    for dataset in ("far", "users"):
        said = compare(shop, dataset, *words).output
        assert PASSWORD not in said
        assert "@shop.example" not in said


def test_no_evidence_is_written(shop):
    """Neither by what passes nor by what fails; only the key of the hashes may appear."""
    shop.write("next", users=[{"id": 1, "email": "ann@shop.example"}])
    for dataset in ("products", "users", "empty", "far"):
        compare(shop, dataset)
        compare(shop, dataset, "--json")
    assert set(shop.evidence) <= {".key"}


def test_progress_shows_percent_and_speed(monkeypatch, capsys):
    """Where the whole is known, the part of it that was read."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    with _following("products", as_json=False) as follower:
        follower.phase("reading")
        follower.expected("baseline", 200)
        for _ in range(2):
            follower.read("baseline", 50)
    shown = capsys.readouterr().err
    assert "baseline, reading" in shown
    assert "50%" in shown
    assert "100/200" in shown
    assert "rows/s" in shown


def test_progress_gives_ctrl_c_back(monkeypatch):
    """After the block Ctrl-C is what it was before."""
    before = signal.getsignal(signal.SIGINT)
    with _following("products", as_json=True):
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_a_pipe_is_refused_and_not_waited_for(shop):
    """A collection that has no end is not read."""
    path = shop.folder / "next" / "products.json"
    path.unlink()
    os.mkfifo(path)
    found = compare(shop)
    assert found.exit_code == 3
    assert "not a regular file" in found.stdout


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_names_that_cannot_be_written_are_escaped(shop, words):
    """Half a character in a field's name, in a column and below one, is a difference with a place, not a crash."""
    for side, half in (("today", "\ud800"), ("next", "\ud801")):
        shop.write(side, products=[{"id": 1, half: 1, "a": {half: 1}}])
    found = compare(shop, "products", *words)
    assert found.exit_code == 1, found.output
    shown = [each["path"] for each in json.loads(found.stdout)["differences"]] if words else found.stdout
    for path in (r"$['\ud800']", r"$['\ud801']", r"$.a['\ud800']", r"$.a['\ud801']"):
        assert path in shown


@pytest.mark.parametrize("words", [(), ("--json",)])
def test_a_message_that_cannot_be_written_is_escaped(shop, words):
    """A file that is broken behind such a name is unreadable, not a crash."""
    (shop.folder / "next" / "products.json").write_text(r'{"\ud800": {"id": 01}}')
    found = compare(shop, "products", *words)
    assert found.exit_code == 3, found.output
    assert r"$.\ud800 (character" in found.stdout


def test_what_is_told_of_a_claim_can_be_written():
    """Also a summary or a receipt that quotes what a store holds."""
    claim, half = Claim("shop/next", "consistency.records", "dataset/a"), "\ud800"
    found = passed(f"equal {half}", receipt=f"columns {half}")
    environment = SimpleNamespace(id="shop/next")
    for text in (told(claim, found, "again"), *verdict_lines(environment, {claim: found})):
        assert half not in text
    assert r"columns \ud800" in told(claim, found, "again")
