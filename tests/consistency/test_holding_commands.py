"""What a person reads, and what a pipeline gets as exit code, when a store died halfway."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.consistency.conftest import Kept
from tests.consistency.keepers import SearchKeeper
from tests.consistency.keepers_sql import PostgresKeeper
from tests.consistency.lines import CUT, address, large, through
from tests.consistency.test_pairs import described
from tests.stores.dynamodb_fake import Said, page, refusal, serving
from tests.systems.desk import CUTOVER, Desk
from tests.systems.relay import Relay
from verify.cli import main

pytestmark = pytest.mark.xdist_group("consistency")
SYSTEM = """
system: lager
data: {main: replicated}
datasets:
  items:
    key: [sku]
    columns: {seen: {type: timestamptz}, due: {type: timestamp}, born: {type: date}, ref: {type: uuid}, blob: {type: bytes},
      note: {absent: "null"}, labels: {unordered: true}}
steps:
  - {name: backfill, percent: 0, requires: [consistency]}
"""
SECRET = {"password", "secret_key"}
SIDE = "environment: {side}\n{baseline}stores:\n  main: {store}\n"


@dataclass(frozen=True)
class Shop:
    """A described system whose baseline is a file and whose candidate is a database behind a line."""

    desk: Desk
    line: Relay


@pytest.fixture
def shop(kept: Kept, tmp_path: Path) -> Iterator[Shop]:
    """The system, with both sides equal."""
    file, database = kept.keeper("json_file"), kept.keeper("postgres")
    assert isinstance(database, PostgresKeeper)
    folder = tmp_path / "environments" / "lager"
    folder.mkdir(parents=True)
    (folder / "system.yaml").write_text(SYSTEM)
    path = file.folder / f"{large(kept, 'json_file')}.json"  # type: ignore[attr-defined]
    stores = {"alt": f'{{kind: json_file, path: "{path}"}}', "neu": '{kind: postgres, dsn: "${LAGER_DSN}"}'}
    for side, store in stores.items():
        baseline = "baseline: alt\n" if side == "neu" else ""
        (folder / f"{side}.yaml").write_text(SIDE.format(side=side, baseline=baseline, store=store))
    table = large(kept, "postgres")
    text = (folder / "system.yaml").read_text()
    (folder / "system.yaml").write_text(
        text.replace(
            "key: [sku]", f"key: [sku]\n    baseline: {{collection: $}}\n    candidate: {{collection: {table}}}"
        )
    )
    with Relay(address(database)) as line:
        dsn = through(database, line.port).dsn  # type: ignore[attr-defined]
        yield Shop(Desk(str(folder / "neu.yaml"), tmp_path / "evidence", {"LAGER_DSN": dsn}), line)


def test_no_command_ends_with_0_when_a_store_died_halfway(shop: Shop) -> None:
    """`cutover compare` and `pytest` say INCONCLUSIVE with the side, and neither exits with 0, though both did before."""
    asked = ("-q", "verify/checks/test_consistency.py", "-k", "records")
    whole = shop.desk.cutover("compare", "--dataset", "items", "--json")
    assert (whole.code, json.loads(whole.said)["verdict"]) == (0, "PASS"), whole.said
    assert shop.desk.pytest(*asked).code == 0
    shop.line.after = CUT
    broken = shop.desk.cutover("compare", "--dataset", "items", "--json")
    told = json.loads(broken.said)
    assert (broken.code, told["verdict"], told["cause"]) == (3, "INCONCLUSIVE", "no-answer"), broken.said
    assert "candidate" in told["summary"]
    again = shop.desk.pytest(*asked)
    assert again.code == 1, again.said
    assert again.names("INCONCLUSIVE", "candidate main", "dataset/items"), again.said
    assert "Traceback" not in again.said


@pytest.mark.parametrize("kind", ["mysql", "dynamodb", "opensearch", "s3"])
@pytest.mark.xdist_group("consistency-search")
def test_no_store_that_died_halfway_ends_the_command_with_0(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Whichever store it is; through the same line, whole, it is equal."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the command hides secrets in crashes of its process
    file, keeper = kept.keeper("json_file"), kept.keeper(kind)
    here, there = large(kept, "json_file"), large(kept, kind)
    dataset = described(file, keeper, here, there).model_dump(mode="json", by_alias=True, exclude_unset=True)
    system = {"system": "lager", "data": {"main": "moved"}, "datasets": {"items": dataset},
              "steps": [{"name": "backfill", "percent": 0, "requires": ["consistency"]}]}  # fmt: skip
    folder = tmp_path / "environments" / "lager"
    folder.mkdir(parents=True)
    (folder / "system.yaml").write_text(json.dumps(system))
    with Relay(address(keeper)) as line:
        behind = through(keeper, line.port)
        options = {"url": behind.url} if isinstance(behind, SearchKeeper) else dict(behind.options)  # type: ignore[attr-defined]
        values = {f"LAGER_{name.upper()}": str(options.pop(name)) for name in SECRET & options.keys()}
        told = {"kind": kind, **options, **{name.removeprefix("LAGER_").lower(): f"${{{name}}}" for name in values}}
        stores = {"alt": {"kind": "json_file", "path": str(file.folder)}, "neu": told}  # type: ignore[attr-defined]
        if kind == "s3":
            told["contents"] = "json"
        for side, store in stores.items():
            baseline = "baseline: alt\n" if side == "neu" else ""
            (folder / f"{side}.yaml").write_text(SIDE.format(side=side, baseline=baseline, store=json.dumps(store)))
        asked = ["compare", "--env", str(folder / "neu.yaml"), "--dataset", "items", "--json"]
        for after, code, verdict in ((None, 0, "PASS"), (CUT, 3, "INCONCLUSIVE")):
            line.after = after
            found = CliRunner().invoke(main, asked, env={**values, "CUTOVER_EVIDENCE": str(tmp_path / "evidence")})
            assert (found.exit_code, json.loads(found.stdout)["verdict"]) == (code, verdict), found.output
        assert "candidate" in json.loads(found.stdout)["summary"]


PLANS = """
system: lager
data: {main: moved}
datasets:
  plans: {key: [PK], baseline: {collection: $}, candidate: {collection: plans}}
steps:
  - {name: backfill, percent: 0, requires: [consistency]}
"""
TABLE = (
    'kind: dynamodb, endpoint: "${LAGER_URL}", region: eu-central-1, access_key: FAKEKEY, secret_key: "${LAGER_KEY}"'
)
SECOND = {
    "expired": (refusal("ExpiredTokenException"), "expired"),
    "short": (Said({"Count": 2, "ScannedCount": 2, "Items": []}), "short"),
}


@pytest.mark.parametrize("how", SECOND)
def test_no_command_ends_with_0_when_the_second_page_is_none(tmp_path: Path, how: str) -> None:
    """The file holds just what the first page does, and neither command calls that equal."""
    second, word = SECOND[how]
    folder = tmp_path / "environments" / "lager"
    folder.mkdir(parents=True)
    (folder / "system.yaml").write_text(PLANS)
    (tmp_path / "plans.json").write_text('[{"PK": "p1", "SK": "s"}]')
    stores = {
        "alt": f'{{kind: json_file, path: "{tmp_path}/plans.json"}}',
        "neu": f"{{{TABLE}, segments: 1, retries: 0}}",
    }
    for side, store in stores.items():
        baseline = "baseline: alt\n" if side == "neu" else ""
        (folder / f"{side}.yaml").write_text(SIDE.format(side=side, baseline=baseline, store=store))
    pages = [page(1)]
    with serving(lambda ask: second if "ExclusiveStartKey" in ask.question else pages[0]) as fake:
        told = {"LAGER_URL": fake.url, "LAGER_KEY": "fake-secret"}
        desk = Desk(str(folder / "neu.yaml"), tmp_path / "evidence", told)
        assert desk.cutover("compare", "--dataset", "plans").code == 0
        pages[0] = page(1, more=1)
        broken = desk.cutover("compare", "--dataset", "plans", "--json")
        said = json.loads(broken.said)
        assert (broken.code, said["verdict"], said["cause"]) == (3, "INCONCLUSIVE", "no-answer"), broken.said
        assert word in said["summary"]
        again = desk.pytest("-q", "verify/checks/test_consistency.py", "-k", "records")
        assert again.code == 1, again.said
        assert again.names("INCONCLUSIVE", "candidate main", word), again.said


FILES = """
system: lager
data: {main: moved}
datasets:
  items: {key: [id], collection: $}
steps:
  - {name: backfill, percent: 0, requires: [consistency]}
"""
# Blocks of 512 bytes: room for all that is written down, and for little of what the comparison has to lay aside.
FULL = 4_096


@pytest.fixture
def narrow(tmp_path: Path) -> Desk:
    """A system whose sides are equal files, with more in their keys than a comparison holds in memory."""
    folder, spilled = tmp_path / "environments" / "lager", tmp_path / "spilled"
    folder.mkdir(parents=True)
    spilled.mkdir()
    (folder / "system.yaml").write_text(FILES)
    text = "".join(f'{{"id":"{at:08}{"k" * 6_000}","v":{at}}}\n' for at in range(5_500))
    for side, baseline in (("alt", ""), ("neu", "baseline: alt\n")):
        path = tmp_path / f"{side}.ndjson"
        path.write_text(text)
        store = f'{{kind: json_file, path: "{path}"}}'
        (folder / f"{side}.yaml").write_text(SIDE.format(side=side, baseline=baseline, store=store))
    return Desk(str(folder / "neu.yaml"), tmp_path / "evidence", {}, more={"TMPDIR": str(spilled)})


def test_no_command_ends_with_0_when_the_disk_fills(narrow: Desk, tmp_path: Path) -> None:
    """Both say what was too little, and leave nothing behind; with a disk the very same is equal."""
    words = (*CUTOVER, "compare", "--env", narrow.env, "--dataset", "items", "--json")
    whole = narrow.run(*words)
    assert (whole.code, json.loads(whole.said)["verdict"]) == (0, "PASS"), whole.said
    full = narrow.run(*words, blocks=FULL)
    told = json.loads(full.said)
    assert (full.code, told["verdict"], told["cause"]) == (3, "INCONCLUSIVE", "over-budget"), full.said
    assert "more room than it may take" in told["summary"]
    assert not told["differences"]
    asked = narrow.pytest("-q", "verify/checks/test_consistency.py", "-k", "records", blocks=FULL)
    assert asked.code == 1, asked.said
    assert asked.names("INCONCLUSIVE", "over-budget", "more room than it may take", "TMPDIR", "dataset/items"), (
        asked.said
    )
    assert "Traceback" not in asked.said
    assert narrow.gate("backfill").code != 0
    assert list((tmp_path / "spilled").iterdir()) == []
