"""Views of any records: the same as one record at a time."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compare.viewing import Record, page, rows
from verify.core.datasets import Column, Condition, Dataset, Place
from verify.core.softening import soften
from verify.core.values import ABSENT, encode, regrown, tree

MIXED = Dataset(
    key=("tenant", "id"),
    baseline=Place(key={"PK": "{tenant}/{id}", "SK": "META"}, where={"state": ("on", None)}),
    where={"state": "on", "price": Condition(at_least=0)},
    columns={
        "id": Column(type="integer"), "price": Column(type="decimal", baseline="cost"), "cost": Column(baseline="price"),
        "city": Column(baseline="$.address.city", absent="null", trim=True), "name": Column(baseline="{first}-{last}"),
        "seen": Column(type="timestamptz", precision="s"),
    },
    except_=("noise",),
)  # fmt: skip
ASKED = ["price", "cost", "city", "name", "seen", "other"]
TEXTS = st.sampled_from(["", "1", "07", "a/b", "on", " x ", "2024-01-02T03:04:05.678+09:00", "한"])
SCALARS = TEXTS | st.none() | st.integers(-2, 2) | st.booleans()
VALUES = SCALARS | st.dictionaries(st.sampled_from(["city", "zip"]), SCALARS) | st.lists(SCALARS, max_size=2)
RECORDS = st.fixed_dictionaries(
    {"PK": st.builds(lambda a, b: encode(f"{a}/{b}"), TEXTS, TEXTS) | SCALARS.map(encode),
     "SK": st.sampled_from(["sMETA"] * 5 + ["sX"])},
    optional={name: VALUES.map(encode) for name in
              ("state", "cost", "price", "address", "first", "last", "seen", "other", "more", "noise")},
)  # fmt: skip


@settings(max_examples=250, deadline=None)
@given(records=st.lists(RECORDS, max_size=6))
def test_a_page_is_what_record_by_record_gives(records: list[Record]) -> None:
    """Pattern, filter, other names, documents, made texts and rules at once: the same as one record at a time."""
    found = page(MIXED, "baseline", records, ASKED)
    expected, unknown, left_out, used = _slowly(records)
    assert rows(found) == expected
    assert (list(found.unknown), found.left_out, found.softened) == (unknown, left_out, used)


def _slowly(records: list[Record]) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]], int, Counter[str]]:
    expected, unknown, left_out, used = [], list[tuple[str, ...]](), 0, Counter[str]()
    for record in records:
        price = soften(MIXED.columns["price"], record.get("cost", ABSENT))[0]
        if record.get("state", ABSENT) not in ("son", "n", "_") or (price[0] == "#" and int(price[1:]) < 0):
            left_out += 1
            continue
        tenant, slash, number = record["PK"].partition("/")
        if tenant[0] != "s" or not slash or record["SK"] != "sMETA":
            unknown.append((record["PK"], record["SK"]))
            continue
        logical = {"tenant": tenant, "id": f"s{number}", **_columns(record)}
        for name, rule in MIXED.columns.items():
            logical[name], words = soften(rule, logical[name])
            used.update(f"{name}: {word}" for word in words)
        rest = {name: tree(record[name]) for name in ("state", "more") if name in record}
        address = tree(record.get("address", ABSENT))
        left = (
            {name: each for name, each in address.items() if name != "city"} if isinstance(address, dict) else address
        )
        rest |= {"address": left} if left not in ({}, "n", "_") else {}
        expected.append((*(logical[name] for name in ("tenant", "id", *ASKED)), regrown(rest)))
    return expected, unknown, left_out, used


def _columns(record: Record) -> Record:
    address, names = tree(record.get("address", ABSENT)), [record.get(name, ABSENT) for name in ("first", "last")]
    city = regrown(address["city"]) if isinstance(address, dict) and "city" in address else ABSENT
    made = f"s{names[0][1:]}-{names[1][1:]}"
    if any(each[0] not in "s#" for each in names):
        made = "xnot made of texts:" + "".join(names)
    made = ABSENT if ABSENT in names else "n" if "n" in names else made
    plain = {"price": record.get("cost", ABSENT), "cost": record.get("price", ABSENT)}
    return {**plain, "city": city, "name": made, **{name: record.get(name, ABSENT) for name in ("seen", "other")}}
