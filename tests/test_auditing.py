"""The record held against what was written: files, links, signatures, and ten thousand ways to touch them."""

from __future__ import annotations

import random
import shutil

import pytest

from tests.core.builders import BUILD, HEALTH, LIST, NOON, entered, environment, evidence
from tests.test_signing import keys_in
from tests.touching import DEEDS
from verify import chain
from verify.auditing import audit, news, untouched
from verify.chain import HEAD_FILE, append_link, read_links
from verify.core.errors import EvidenceError
from verify.core.evidence import Fingerprints, Observed, RunFinished, RunStarted, Sealed, Selected
from verify.core.links import Moved
from verify.core.secrets import Mask
from verify.reading import on_disk
from verify.recording import Recorder, home
from verify.signing import private_key, public_key

MUTATIONS = 10_000


def write_run(place, id, *claims):
    """A finished run on disk in which these claims pass."""
    recorder = Recorder(place / "runs" / id / "main.jsonl", mask=Mask())
    builds = Fingerprints(baseline="base-1", candidate=BUILD)
    recorder.write(RunStarted(
        run=id, process="main", tool="pytest", environment="shop/target", suite_version="1", revision=None,
        started_at=NOON, fingerprints=builds,
    ))  # fmt: skip
    recorder.write(Selected(claims=claims))
    for each in claims:
        recorder.write(Observed(evidence=evidence(each, run=id)))
        recorder.write(Sealed(claim=each, setup="passed", call="passed", teardown="passed"))
    recorder.write(RunFinished(finished_at=NOON, exit_status=0, fingerprints=builds))
    recorder.close()


def decide_there(place, signer=None, **changes):
    """One more decision, which has seen all evidence."""
    chain = read_links(place)
    seen = news(on_disk(place), chain.links)
    append_link(place, entered(evidence_files=seen, **changes), chain=chain.links, head=chain.head, signer=signer)


@pytest.fixture
def keys(tmp_path):
    """A signer and who verifies it."""
    private, public = keys_in(tmp_path, "ann")
    return private_key(private), public_key(public)


@pytest.fixture
def record(tmp_path, keys):
    """Two runs and three signed links, the last of which has seen everything."""
    place = home(tmp_path, environment())
    write_run(place, "r1", HEALTH)
    decide_there(place, keys[0])
    chain = read_links(place)
    moved = Moved(environment="shop/target", to=10.0, reason="by hand", by="ann", decided_at=NOON)
    append_link(place, moved, chain=chain.links, head=chain.head, signer=keys[0])
    write_run(place, "r2", LIST)
    decide_there(place, keys[0])
    return place


def audited(place, *keys, noted=None):
    """The audit of the record."""
    return audit(place, environment="shop/target", noted=noted, keys=keys)


def files_of(place):
    """Everything that is on record, in order."""
    return sorted([*place.glob("runs/*/*.jsonl"), *place.glob("decisions/*")])


def test_a_record_nobody_touched(record, keys):
    """Counts, head, and who signed what."""
    found = audited(record, keys[1])
    assert (found.decisions, found.runs) == (3, 2)
    assert found.head == read_links(record).head
    assert found.signed.startswith("Signed: decision 1 to 3.")
    assert audited(record).signed.startswith("Signed, and no signature was checked: give --key")


def test_every_decision_says_what_it_saw_first(record):
    """A file is witnessed once, and again only when it grew."""
    links = read_links(record).links
    assert list(links[0].evidence_files) == ["runs/r1/main.jsonl"]
    assert list(links[2].evidence_files) == ["runs/r2/main.jsonl"]


@pytest.mark.parametrize("deed", ["gone", "cut", "exchanged"])
def test_evidence_that_a_decision_rests_on_is_found_touched(record, deed):
    """A failing run taken away would otherwise launder its failure."""
    path = record / "runs" / "r1" / "main.jsonl"
    if deed == "gone":
        shutil.rmtree(path.parent)
    elif deed == "cut":
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    else:
        shutil.rmtree(path.parent)
        write_run(record, "r1", LIST)
    with pytest.raises(EvidenceError, match=r"runs/r1/main\.jsonl: (was there|is not what)"):
        audited(record)
    with pytest.raises(EvidenceError, match="r1"):
        untouched(record, on_disk(record), read_links(record).links)


def test_a_run_that_goes_on_after_a_decision_is_no_edit(tmp_path):
    """What was seen is still how the file begins."""
    write_run(tmp_path, "r1", HEALTH)
    path = tmp_path / "runs" / "r1" / "main.jsonl"
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    decide_there(tmp_path)
    path.write_bytes(whole)
    assert audited(tmp_path).runs == 1
    assert audited(tmp_path).signed.startswith("Unsigned: this finds accidents")
    decide_there(tmp_path)
    assert list(read_links(tmp_path).links[1].evidence_files) == ["runs/r1/main.jsonl"]


def test_links_before_files_were_witnessed_still_load(tmp_path):
    """An old chain says nothing about files, and nothing is asked of them."""
    write_run(tmp_path, "r1", HEALTH)
    append_link(tmp_path, entered(), chain=[], head="0" * 64)
    shutil.rmtree(tmp_path / "runs" / "r1")
    assert audited(tmp_path).runs == 0


def test_an_unsigned_link_after_a_signed_one_is_found(record, keys):
    """Whoever has no key cannot add an ADVANCE."""
    decide_there(record)
    assert audited(record).decisions == 4
    with pytest.raises(EvidenceError, match="decision 4 is not signed, although one before it is"):
        audited(record, keys[1])


def test_a_link_signed_by_somebody_else_is_found(record, keys, tmp_path):
    """A key that was not given vouches for nothing."""
    private, public = keys_in(tmp_path, "eve")
    with pytest.raises(EvidenceError, match="decision 1 is not signed by a key that was given"):
        audited(record, public_key(public))
    decide_there(record, private_key(private))
    with pytest.raises(EvidenceError, match="decision 4 is not signed by a key that was given"):
        audited(record, keys[1])
    assert audited(record, keys[1], public_key(public)).decisions == 4


def test_signing_may_begin_later(tmp_path, keys):
    """What came before is bound by the first signature, and said to be."""
    decide_there(tmp_path)
    with pytest.raises(EvidenceError, match="no decision is signed"):
        audited(tmp_path, keys[1])
    decide_there(tmp_path, keys[0])
    assert "decision 2 to 2; 1 before that are bound by it" in audited(tmp_path, keys[1]).signed


def test_a_chain_cut_at_its_end_shows_by_the_signed_head(record, keys):
    """Without a key the cut is invisible."""
    last = max(record.glob("decisions/*.json"))
    last.unlink()
    assert audited(record).decisions == 2
    with pytest.raises(EvidenceError, match="signed for decision 3, which the chain does not contain"):
        audited(record, keys[1])


def test_a_head_that_lags_by_one_is_a_crash_and_no_cut(record, keys):
    """The link is written first; killed in between, the next signature mends the head."""
    head = record / "decisions" / HEAD_FILE
    before = head.read_bytes()
    decide_there(record, keys[0])
    head.write_bytes(before)
    assert audited(record, keys[1]).decisions == 4
    decide_there(record, keys[0])
    head.write_bytes(before)
    with pytest.raises(EvidenceError, match="exchanged for an older one"):
        audited(record, keys[1])


def test_gates_killed_before_the_head_was_written_do_not_lock_the_chain(tmp_path, keys, monkeypatch):
    """The first signed link, and twice in a row: the next signature mends what the crash left."""

    def killed(*_):
        raise KeyboardInterrupt

    write = chain._vouch
    for number in range(3):
        calls = []
        monkeypatch.setattr(
            chain, "_vouch", lambda *said, calls=calls: killed() if calls else calls.append(write(*said))
        )
        with pytest.raises(KeyboardInterrupt):
            decide_there(tmp_path, keys[0])
        assert audited(tmp_path, keys[1]).decisions == number + 1
    monkeypatch.setattr(chain, "_vouch", write)
    decide_there(tmp_path, keys[0])
    assert audited(tmp_path, keys[1]).decisions == 4


def test_a_link_in_the_place_of_a_draft_leads_nowhere(tmp_path):
    """A decision is a file of its own, whatever lay where it was drafted."""
    other = tmp_path / "other"
    other.write_text("kept")
    (tmp_path / "decisions").mkdir()
    (tmp_path / "decisions" / ".draft").symlink_to(other)
    decide_there(tmp_path)
    (path,) = (tmp_path / "decisions").glob("*.json")
    assert (other.read_text(), path.is_symlink()) == ("kept", False)


def test_a_signed_head_of_another_environment_is_refused(record, keys, tmp_path):
    """Heads are not exchanged between environments."""
    other = tmp_path / "other"
    append_link(other, entered(environment="shop/other"), chain=[], head="0" * 64, signer=keys[0])
    shutil.copy(other / "decisions" / HEAD_FILE, record / "decisions" / HEAD_FILE)
    with pytest.raises(EvidenceError, match="does not contain"):
        audited(record, keys[1])


def test_ten_thousand_ways_to_touch_a_signed_record_are_all_found(record, keys):
    """Bytes flipped, lines removed, reordered, exchanged, files cut, swapped, taken away: the audit ends in words."""
    paths = files_of(record)
    texts = [path.read_bytes() for path in paths]
    draw = random.Random(20261121)
    missed = []
    for number in range(MUTATIONS):
        deed = DEEDS[number % len(DEEDS)]
        touched = deed(draw, texts)
        if all(texts[at] == text for at, text in touched.items()):
            continue  # equal lines exchanged: nothing was touched
        for at, text in touched.items():
            paths[at].unlink() if text is None else paths[at].write_bytes(text)
        try:
            audited(record, keys[1])
            missed.append((deed.__name__, sorted(paths[at].name for at in touched)))
        except EvidenceError:
            pass
        for at in touched:
            paths[at].write_bytes(texts[at])
    assert not missed
    assert audited(record, keys[1]).decisions == 3
