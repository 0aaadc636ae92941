"""Evidence and chain in a bucket: two machines, one chain."""

from __future__ import annotations

import random
import sys

import boto3
import pytest

from sandbox.engines import moto
from tests.commands.release import described
from tests.core.builders import CHECKS, HEALTH, NOON, entered, environment
from tests.test_auditing import audited, decide_there, write_run
from tests.test_signing import keys_in
from verify import gating, recording, remote
from verify.auditing import audit
from verify.chain import append_link, brought, locked, read_links
from verify.core.catalogue import claims
from verify.core.errors import EvidenceError
from verify.core.evidence import Fingerprints
from verify.core.probing import ProbeWindow
from verify.core.secrets import Mask
from verify.core.verdicts import passed
from verify.journal import Journal, Setting
from verify.keeping import bound
from verify.probe_files import Asked, begin, brought_observations, read_observations
from verify.reading import read_run
from verify.recording import FIRST, evidence_root, hash_key, home
from verify.remote import mirror, remote_of
from verify.signing import private_key, public_key

BUCKET = "evidence"


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A stand-in of S3 that lives as long as the worker."""
    with moto.running(tmp_path_factory.mktemp("bucket")) as endpoint:
        yield endpoint


@pytest.fixture
def client(server, monkeypatch):
    """An empty bucket, and a shell that finds it."""
    for name, value in {
        "AWS_ENDPOINT_URL_S3": server.url, "AWS_DEFAULT_REGION": server.region,
        "AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    found = boto3.client("s3")
    found.create_bucket(Bucket=BUCKET)
    yield found
    for each in found.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        found.delete_object(Bucket=BUCKET, Key=each["Key"])
    found.close()


@pytest.fixture
def machines(client, tmp_path):
    """Two machines' folders that mirror one bucket."""
    return [mirror(f"s3://{BUCKET}/release/one", tmp_path / name) for name in ("ann", "bob")]


def place_of(root):
    """The folder of the environment below a machine's evidence folder."""
    return home(root, environment())


def decide_on(root, **changes):
    """A machine's gate adds a link."""
    place = place_of(root)
    with locked(place):
        chain = read_links(place)
        append_link(place, entered(**changes), chain=chain.links, head=chain.head)


def test_what_one_machine_decides_the_other_reads(machines):
    """Link by link, in order, by turns."""
    for turn in range(4):
        decide_on(machines[turn % 2], reasons=(f"turn {turn}",))
    for root in machines:
        with locked(place_of(root)):
            assert [each.reasons for each in read_links(place_of(root)).links] == [
                (f"turn {turn}",) for turn in range(4)
            ]


def test_two_gates_at_once_do_not_fork_the_chain(machines):
    """The second to write a number is refused and has written nothing, here or there."""
    decide_on(machines[0])
    ann, bob = (place_of(root) for root in machines)
    with locked(ann), locked(bob):
        chain = read_links(ann)
        assert read_links(bob).head == chain.head
        append_link(ann, entered(reasons=("ann",)), chain=chain.links, head=chain.head)
        with pytest.raises(EvidenceError, match="somebody else wrote it at the same time; ask again"):
            append_link(bob, entered(reasons=("bob",)), chain=chain.links, head=chain.head)
    assert len(read_links(bob).links) == 1
    decide_on(machines[1], reasons=("bob",))
    assert [each.reasons for each in read_links(bob).links][1:] == [("ann",), ("bob",)]


def test_an_older_head_never_replaces_a_newer_one(machines, tmp_path):
    """A gate that was slow between link and head leaves the head of the next one alone."""
    private, public = keys_in(tmp_path, "ann")
    signer = private_key(private)
    ann, bob = (place_of(root) for root in machines)
    with locked(ann):
        decide_there(ann, signer)
    with locked(ann), locked(bob):
        text = (ann / "decisions" / "HEAD.dsse").read_bytes()
        decide_there(bob, signer)
        decide_there(bob, signer)
        remote_of(ann).replace(ann, "decisions/HEAD.dsse", text)
    with locked(ann):
        assert audited(ann, public_key(public)).decisions == 3


def test_evidence_travels_with_its_run(machines):
    """A run is in the bucket once it said what it would ask, and again when it is finished."""
    ann, bob = machines
    setting = Setting(
        environment=environment(), root=ann, run="r1", process="main", tool="pytest", values={}, clock=lambda: NOON,
    )  # fmt: skip
    journal = Journal(setting, mask=Mask())
    journal.start([HEALTH], fingerprints=Fingerprints())
    with locked(place_of(bob)):
        assert read_run(place_of(bob) / "runs" / "r1").claims == {HEALTH}
        assert not read_run(place_of(bob) / "runs" / "r1").finished
    journal.finish(exit_status=0, fingerprints=Fingerprints())
    with locked(place_of(bob)):
        assert read_run(place_of(bob) / "runs" / "r1").finished


def test_two_machines_do_not_write_one_run(machines):
    """The second would hide what the first has asked."""
    for root, expected in zip(machines, (None, EvidenceError), strict=True):
        place = place_of(root)
        write_run(place, "r1", HEALTH)
        if expected is None:
            remote_of(place).push(place / "runs" / "r1" / "main.jsonl")
        else:
            with pytest.raises(expected, match="somebody else wrote it"):
                remote_of(place).push(place / "runs" / "r1" / "main.jsonl")


def test_all_machines_hash_with_one_key(machines):
    """Else evidence of one would speak of other targets to the other."""
    assert hash_key(machines[0]) == hash_key(machines[1])


@pytest.mark.parametrize("deed", ["edited", "gone"])
def test_a_touched_bucket_is_found(machines, client, deed):
    """An object edited by hand, and the last decision taken away, on a machine that has seen it."""
    for number in range(2):
        decide_on(machines[0], reasons=(f"turn {number}",))
    key = "release/one/shop/target/decisions/000002.json"
    if deed == "edited":
        text = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        client.put_object(Bucket=BUCKET, Key=key, Body=text.replace(b"turn", b"torn"))
    else:
        client.delete_object(Bucket=BUCKET, Key=key)
    words = "not what was written there" if deed == "edited" else "was there and is gone; the chain was cut"
    with pytest.raises(EvidenceError, match=words):
        decide_on(machines[0])


def test_a_signed_chain_is_audited_from_the_bucket(machines, tmp_path):
    """Head and links are brought together."""
    private, public = keys_in(tmp_path, "ann")
    with locked(place_of(machines[0])):
        decide_there(place_of(machines[0]), private_key(private))
    with locked(place_of(machines[1])):
        assert audited(place_of(machines[1]), public_key(public)).decisions == 1


def test_a_bucket_that_cannot_be_heard_is_said(client, tmp_path, monkeypatch):
    """Refused, missing, unreachable: unusable input in words, and nothing decided."""
    missing = mirror("s3://nowhere-at-all/x", tmp_path / "missing")
    with pytest.raises(EvidenceError, match="the bucket refused: NoSuchBucket"):
        decide_on(missing)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    deaf = mirror(f"s3://{BUCKET}/x", tmp_path / "deaf")
    with pytest.raises(EvidenceError, match="the bucket cannot be heard"):
        decide_on(deaf)
    assert not list(place_of(deaf).glob("decisions/*"))


def test_the_commands_understand_a_bucket(client, tmp_path, monkeypatch):
    """Evidence, decision and audit by the address alone; another machine goes on from there."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(gating, "asked_checks", gating.locked_checks)
    place = f"s3://{BUCKET}/release"
    for machine in ("ann", "bob"):
        (tmp_path / machine).mkdir()
        monkeypatch.setattr(recording, "DEFAULT", tmp_path / machine / "out")
        release = described(tmp_path / machine, root=evidence_root(place, {}), evidence=place)
        if machine == "ann":
            release.asked()
        assert release.gate("--step", "10").exit_code == 0
        assert f"{1 if machine == 'ann' else 2} decisions follow each other, 1 runs" in release.gate("--audit").output


def test_nobody_begins_midway_twice(client, tmp_path, monkeypatch):
    """A machine that has seen nothing of the bucket yet is refused as well."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    place = f"s3://{BUCKET}/release"
    for machine, code in (("ann", 0), ("bob", 30)):
        (tmp_path / machine).mkdir()
        monkeypatch.setattr(recording, "DEFAULT", tmp_path / machine / "out")
        release = described(tmp_path / machine, root=evidence_root(place, {}), evidence=place)
        words = ["--at", "30", "--attested-by", machine, "--offline", "--candidate", "build-7"]
        ended = release.cutover("adopt", *words)
        assert ended.exit_code == code
    assert "traffic is in step 30 on record" in ended.output


@pytest.mark.parametrize("place", ["s3://", "s3://Bucket/x", "s3://bucket/../x", "s3://bucket/a b"])
def test_what_is_no_place(place):
    """Said with what to write."""
    with pytest.raises(EvidenceError, match=r"^s3://"):
        evidence_root(place, {})


def test_a_folder_is_no_bucket(tmp_path):
    """Nothing is asked of anybody."""
    assert remote_of(place_of(tmp_path)) is None
    append_link(place_of(tmp_path), entered(), chain=[], head=FIRST)


def rested(root, *contents, name="samples-1.arrows"):
    """A finished run whose evidence rests on files of these contents."""
    setting = Setting(
        environment=environment(), root=root, run="r1", process="main", tool="pytest", values={}, clock=lambda: NOON,
    )  # fmt: skip
    journal = Journal(setting, mask=Mask())
    journal.start([HEALTH], fingerprints=Fingerprints())
    paths = [journal.folder / f"{number}-{name}" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    subject = claims(environment(), CHECKS)[HEALTH]
    said = {"duration": 1.0, "reproduce": "", "files": bound(place_of(root), paths)}
    journal.observe(HEALTH, subject, passed("well", receipt="1 ask"), **said)
    journal.finish(exit_status=0, fingerprints=Fingerprints())
    return journal, paths


def test_what_evidence_rests_on_goes_along_and_is_brought_when_asked_for(machines):
    """A gate brings none of it; an audit elsewhere finds every byte."""
    ann, bob = machines
    _, paths = rested(ann, b"rows" * 100_000)
    there = place_of(bob) / paths[0].relative_to(place_of(ann))
    brought(place_of(bob))
    assert not there.exists()
    brought(place_of(bob), kept="")
    assert there.read_bytes() == paths[0].read_bytes()
    found = audit(place_of(bob), environment="shop/target", noted=None, keys=(), strict=True)
    assert found.files == 1


def test_what_is_too_large_stays_and_says_why(machines, monkeypatch):
    """Nothing is cut; the reason lies in its place, and the audit elsewhere quotes it."""
    monkeypatch.setattr(remote, "LARGEST_SENT", 1_000)
    journal, paths = rested(machines[0], random.Random(1).randbytes(5_000), b"small")
    (left,) = journal.left_out
    assert "0-samples-1.arrows stays on this machine: 5,000 bytes, 5,0" in left
    place = place_of(machines[1])
    brought(place, kept="")
    assert (place / paths[1].relative_to(place_of(machines[0]))).read_bytes() == b"small"
    (gone,) = audit(place, environment="shop/target", noted=None, keys=()).gone
    assert "0-samples-1.arrows: 5,000 bytes" in gone
    assert "at most 1,000 go along" in gone


def test_samples_that_the_bucket_no_longer_has_stay_here(machines, client):
    """A rule that empties old samples there takes nothing from a machine that has them."""
    _, paths = rested(machines[0], b"rows" * 10)
    place = place_of(machines[1])
    brought(place, kept="")
    for each in client.list_objects_v2(Bucket=BUCKET)["Contents"]:
        if each["Key"].endswith(".kept.gz"):
            client.delete_object(Bucket=BUCKET, Key=each["Key"])
    brought(place, kept="")
    assert (place / paths[0].relative_to(place_of(machines[0]))).read_bytes() == b"rows" * 10


def test_an_observation_of_one_machine_is_judged_on_another(machines):
    """Its files are there when it ended, and again when more was observed."""
    ann, bob = (place_of(root) for root in machines)
    asked = Asked(digest="d", targets={})
    for number in (1, 2):
        files, _ = begin(ann, environment(), asked, now=NOON, goal=60.0, every=0.5, anew=False)
        files.write(ProbeWindow(side="candidate", at=NOON, sent=(0, 500)))
        files.close()
        brought_observations(bob)
        (seen,) = read_observations(bob)
        assert seen.seen() == 2 * number
