"""Backups and dual writes: comparisons of whole datasets asked in another light."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.stored import Memory, raising
from verify.copying import backup_of, dual_write_of
from verify.core.datasets import Backup, Column, Condition, Dataset, DualWrite, Place, Recheck
from verify.core.errors import StoreRefused, StoreUnavailable, StoreUnreadable
from verify.core.verdicts import Answer, Cause, Problem, Verdict

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
ROWS = [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, {"id": 3, "name": "c"}]
PLAIN = Dataset(key=("id",))


class Dump(Memory):
    """A copy that says which database it is of."""

    of: str | None = "shop"

    def database(self):
        """The database's name, or None."""
        self.before("database")
        return self.of


def backed(copy, dataset=PLAIN, live=ROWS, **spec):
    """The conclusion about a copy of the live rows, kept under `users`."""
    found = copy if isinstance(copy, Memory) else Memory("backup s", {"users": copy})
    kept = live if isinstance(live, Memory) else Memory("baseline s", {"users": live})
    backup = Backup(dataset="users", store="backup", **spec)
    return backup_of(kept, found, backup, dataset, seed=1, conceal=lambda _: "hash:x", personal=("email",))


def test_an_equal_copy_passes_with_a_receipt():
    """What was copied is there, and the receipt counts it."""
    found = backed(ROWS)
    assert found.verdict is Verdict.PASS
    assert "3 rows" in found.receipt


@pytest.mark.parametrize("copy", [ROWS[:2], [*ROWS, {"id": 4, "name": "d"}], [*ROWS[:2], {"id": 3, "name": "x"}]])
def test_a_copy_that_differs_fails(copy):
    """A record too few, too many or changed is a difference."""
    assert backed(copy).verdict is Verdict.FAIL


def test_which_side_is_the_copy_is_told():
    """Whoever reads `candidate` in a backup's difference is told that it is the copy, and not the environment on trial."""
    live = Memory("candidate postgres main", {"users": ROWS})
    found = backed([*ROWS[:2], {"id": 3, "name": "x"}], live=live)
    assert found.summary.endswith(" (baseline is here the live store main, candidate its copy backup)")
    assert "is here" not in backed(ROWS, live=live).summary
    missing = Memory("backup s")
    assert "is here" not in backed(missing, live=live).summary


def test_an_empty_copy_of_nothing_proves_nothing():
    """Nothing equals nothing."""
    assert backed([], live=[]).cause is Cause.TOO_FEW


def test_a_missing_copy_fails():
    """There is no collection of that name in the copy: the place, what was looked for, and what to do are told."""
    found = backed(Memory("backup s"))
    assert found.verdict is Verdict.FAIL
    assert found.summary == "the backup of users cannot be read: backup s: there is no users"
    assert "`collection`" in found.remedy
    assert "make a copy that holds them" in found.remedy


@pytest.mark.parametrize("times", [1, 9], ids=["once", "always"])
@pytest.mark.parametrize("error", [StoreRefused("backup s: denied"), StoreUnavailable("backup s: gone")], ids=str)
def test_a_copy_that_cannot_be_asked_is_not_damaged(error, times):
    """Denied or unavailable says nothing about the copy, even when it answers a moment later."""
    found = backed(Memory("backup s", {"users": ROWS}, before=raising("count", error, times=times)))
    assert (found.verdict, found.cause) == (Verdict.INCONCLUSIVE, Cause.NO_ANSWER)
    assert "backup s did not answer" in found.summary


def test_a_live_side_that_cannot_be_asked_is_no_difference():
    """The copy may be right."""
    live = Memory("baseline s", {"users": ROWS}, before=raising("scan", StoreUnavailable("baseline s: gone")))
    assert backed(ROWS, live=live).cause is Cause.NO_ANSWER


def dump(of, **options):
    """A copy that says it is of this database."""
    found = Dump("backup s", {"users": ROWS}, **options)
    found.of = of
    return found


def test_the_database_must_be_the_declared_one():
    """An equal copy of another database is a FAIL, one that does not say proves nothing."""
    assert backed(dump("shop"), database="shop").verdict is Verdict.PASS
    assert backed(dump("shop_staging"), database="shop").verdict is Verdict.FAIL
    assert backed(dump(None), database="shop").cause is Cause.NO_ANSWER
    assert backed(ROWS, database="shop").cause is Cause.NO_ANSWER


def test_a_database_that_cannot_be_read_is_no_crash():
    """What the store cannot say becomes INCONCLUSIVE."""
    broken = dump("shop", before=raising("database", StoreUnreadable("backup s: changed while it was read")))
    assert backed(broken, database="shop").verdict is Verdict.INCONCLUSIVE


def test_where_narrows_both_sides():
    """Records that came after the copy was made are in neither."""
    where = {"id": Condition(below=3)}
    assert backed(ROWS[:2], where=where).verdict is Verdict.PASS
    assert backed(ROWS[:1], where=where).verdict is Verdict.FAIL


def test_where_that_leaves_nothing_proves_nothing():
    """A filter that no record fits makes two empty sides."""
    assert backed(ROWS, where={"name": "nobody"}).cause is Cause.TOO_FEW


def test_a_copy_may_write_its_key_in_another_way():
    """The key's pattern is that of the copy, and a key that fits none is told."""
    dataset = Dataset(key=("id",), columns={"id": Column(type="integer")})
    copy = [{"PK": f"USER#{row['id']}", "name": row["name"]} for row in ROWS]
    assert backed(copy, dataset, key={"PK": "USER#{id}"}).verdict is Verdict.PASS
    assert backed([*copy, {"PK": "OLD"}], dataset, key={"PK": "USER#{id}"}).verdict is Verdict.FAIL


def test_a_copy_of_the_candidate_has_the_candidate_s_names():
    """`of: candidate` compares with what the candidate calls things, on both sides."""
    dataset = Dataset(key=("id",), columns={"name": Column(candidate="label")})
    renamed = [{"id": row["id"], "label": row["name"]} for row in ROWS]
    assert backed(renamed, dataset, live=renamed, of="candidate").verdict is Verdict.PASS
    assert backed(ROWS, dataset, live=renamed, of="candidate").verdict is Verdict.FAIL


def test_rules_of_the_backup_soften_only_what_they_name():
    """A rule for what the copy's form cannot say hides nothing else."""
    copy = [{**row, "id": str(row["id"])} for row in ROWS]
    columns = {"id": Column(type="integer")}
    assert backed(copy).verdict is Verdict.FAIL
    assert backed(copy, columns=columns).verdict is Verdict.PASS
    assert backed([{**row, "name": "x"} for row in copy], columns=columns).verdict is Verdict.FAIL


def test_personal_values_of_a_copy_are_not_shown():
    """A difference in a personal column is told by hashes."""
    found = backed([{"id": 1, "email": "kim@shop.example"}], live=[{"id": 1, "email": "ann@shop.example"}])
    assert found.verdict is Verdict.FAIL
    assert "shop.example" not in str(found)


WRITTEN = [{"id": 1, "v": 3}, {"id": 2, "v": 5}]


def dual(candidate, baseline=WRITTEN, *, version="v", said=None, dataset=None, **options):
    """The conclusion about two sides that are both written to."""
    stats = {} if said is None else {"stats": "GET /stats", "expect": {"$.rate": 100}}
    spec = Dataset(key=("id",), recheck=Recheck(within="1ms", every="1ms"),
                   dual_write=DualWrite(version=version, **stats), **(dataset or {}))  # fmt: skip
    one, other = (
        rows if isinstance(rows, Memory) else Memory(f"{side} s", {"t": rows}, **options)
        for side, rows in (("baseline", baseline), ("candidate", candidate))
    )
    return dual_write_of(one, other, spec, name="t", seed=1, conceal=str, personal=(), now=NOW, stats=lambda _: said)


def test_equal_versions_pass():
    """Every key is on both sides at one version; what else differs is not asked here."""
    assert dual([{**row, "more": 1} for row in WRITTEN]).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("candidate", "words"),
    [
        (WRITTEN[:1], "written on baseline only"),
        ([*WRITTEN, {"id": 3, "v": 1}], "written on candidate only"),
        ([WRITTEN[0], {"id": 2, "v": 4}], "updates lost on candidate"),
        ([WRITTEN[0], {"id": 2, "v": 6}], "updates lost on baseline"),
    ],
)
def test_a_write_that_reached_one_side_is_told(candidate, words):
    """The side that lacks it is named, with the rate of disagreement."""
    found = dual(candidate)
    assert found.verdict is Verdict.FAIL
    assert words in found.summary
    assert "of 2 records disagree" in found.summary


def test_versions_are_ordered_by_their_declared_type():
    """JSON has no moments: the column's rule says that a text is one, here under the name of each side."""
    dataset = {"columns": {"v": Column(type="timestamptz", candidate="w")}}
    baseline = [{"id": 1, "v": "2026-01-01T10:00:00+09:00"}, {"id": 2, "v": "2026-01-01T00:00:00Z"}]
    candidate = [{"id": 1, "w": "2026-01-01T00:59:59Z"}, {"id": 2, "w": "2026-01-01T00:00:01Z"}]
    found = dual(candidate, baseline, dataset=dataset)
    told = [each.detail.partition(";")[0] for each in found.differences]
    assert told == ["updates lost on candidate", "updates lost on baseline"]


@pytest.mark.parametrize("open_", [True, False], ids=["open", "closed"])
@pytest.mark.parametrize("rows", [WRITTEN, [{"id": 1, "v": None}]], ids=["misspelt", "null"])
def test_a_version_that_no_record_has_never_passes(rows, open_):
    """Keys alone were compared, and an update that was lost would not show."""
    found = dual(rows, rows, version="v" if rows is not WRITTEN else "vresion", open=open_)
    assert found.verdict is not Verdict.PASS
    assert "v" in found.summary


def test_a_version_that_is_the_key_never_passes():
    """No write changes a key."""
    assert dual(WRITTEN, version="id").verdict is Verdict.INCONCLUSIVE


def test_a_version_on_one_side_only_is_a_difference():
    """The candidate forgot the column."""
    assert dual([{"id": 1}, {"id": 2}]).verdict is Verdict.FAIL


def test_filters_keep_their_own_rules():
    """A filter reads a column under the name that each side gives it."""
    dataset = {"where": {"state": "live"}, "columns": {"state": Column(candidate="status")}}
    baseline = [{"id": 1, "v": 3, "state": "live"}, {"id": 2, "v": 3, "state": "gone"}]
    candidate = [{"id": 1, "v": 3, "status": "live"}, {"id": 2, "v": 9, "status": "gone"}]
    assert dual(candidate, baseline, dataset=dataset).verdict is Verdict.PASS
    assert dual([{**candidate[0], "v": 2}], baseline, dataset=dataset).verdict is Verdict.FAIL


def test_a_store_without_answer_is_no_lost_write():
    """Could not ask is not a wrong answer."""
    broken = Memory("candidate s", {"t": WRITTEN}, before=raising("scan", StoreUnavailable("candidate s: gone")))
    assert dual(broken).cause is Cause.NO_ANSWER


def test_a_count_that_cannot_be_asked_leaves_the_difference():
    """The rate is for the reader; without it the FAIL stands."""
    baseline = Memory("baseline s", {"t": WRITTEN}, before=raising("count", StoreUnavailable("baseline s: gone")))
    found = dual(WRITTEN[:1], baseline)
    assert found.verdict is Verdict.FAIL
    assert "1 disagree" in found.summary


CONTENT = Answer(source="app", value={})
COMPLAINT = Answer(source="app", value={"$.rate": ("number 100", "number 99")})
SILENT = Problem(source="app", reason="refused")


@pytest.mark.parametrize(
    ("candidate", "said", "verdict"),
    [
        (WRITTEN, CONTENT, Verdict.PASS),
        (WRITTEN, COMPLAINT, Verdict.FAIL),
        (WRITTEN, SILENT, Verdict.INCONCLUSIVE),
        (WRITTEN[:1], CONTENT, Verdict.FAIL),
        (WRITTEN[:1], SILENT, Verdict.FAIL),
        ([], COMPLAINT, Verdict.FAIL),
    ],
)
def test_stores_and_statistics_must_both_agree(candidate, said, verdict):
    """Neither is believed against the other, and silence proves nothing."""
    assert dual(candidate, said=said).verdict is verdict


def test_content_statistics_do_not_make_up_for_missing_versions():
    """What could not be compared stays unproven."""
    found = dual(WRITTEN, version="vresion", said=CONTENT)
    assert found.verdict is Verdict.FAIL
    assert "vresion" in found.summary


def test_a_dataset_without_dual_write_is_a_mistake_of_the_caller():
    """There is nothing to follow."""
    with pytest.raises(ValueError, match="declares no dual write"):
        dual_write_of(Memory("b"), Memory("c"), Dataset(key=("id",), candidate=Place()), name="t", seed=1,
                      conceal=str, personal=(), now=NOW, stats=lambda _: CONTENT)  # fmt: skip
