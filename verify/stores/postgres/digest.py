"""
A fingerprint of a whole table, taken where the table is.

Measured blind spots of `hash_record_extended`, each kept out by text or bytes: numeric ignores sign, NaN and
infinities; `1 mon` hashes as `30 days`; arrays ignore dimensions and bounds; jsonb `{}` hashes as `[]`; enums
hash their oid; an eight-byte integer is folded to four, so 1 hashes as 4294967296 and a timestamp as one 71
minutes away; char(n) ignores trailing blanks, and so does a collation that is not deterministic.

A row's hash is the exclusive or of its columns' own, each under a seed of its own: to make a record of them, and hash
that, costs a seventh more. A record is made only of types whose hash no SQL can call on every server, or folds:
dates, bytes and instants.

So a row's hash is linear in its columns, and it is hashed once more before it is summed. Of the functions that all
servers have, that of a double is the cheapest that does not fold: it is given the 53 leading bits of the row's hash, so
an unequal row goes unseen once in 2^53. For that, a hash must not differ in its last bits alone, as numeric's does
between 1 and 10000: one more reason for text.
"""

# ruff: noqa: S608 - names are quoted by verify.stores.postgres.names
from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from verify.stores.postgres.catalog import Relation
from verify.stores.postgres.encoding import shown, unwrapped
from verify.stores.postgres.names import quoted

_AS_IT_IS: Final = {"int2", "int4", "bool", "uuid", "bytea", "date", "float4", "float8"}
# What would be folded, and the function that writes all of it.
_AS_BYTES: Final = {
    "int8": "int8send", "timestamp": "timestamp_send", "timestamptz": "timestamptz_send",
    "time": "time_send", "timetz": "timetz_send",
}  # fmt: skip
_TEXTS: Final = {"text", "varchar"}
# Functions that every server has; what has none is hashed inside a record.
_OWN: Final = {
    "int2": "hashint2extended", "int4": "hashint4extended", "float4": "hashfloat4extended",
    "float8": "hashfloat8extended", "uuid": "uuid_hash_extended",
}  # fmt: skip
# What has a hash of its own, blind spots and all.
_PLAIN: Final = {*_AS_IT_IS, *_AS_BYTES, "numeric", "jsonb", "interval"}
# An expression may not nest too deeply, and a record has at most 1,664 fields: wider tables spend one on each column.
_WIDE: Final = 800

# Edge values whose hash or text must come out alike on both servers before two sums may be compared. Letters that
# the database's encoding lacks must not even be written: constants are converted before any CASE is asked.
_PROBE: Final = """
    SELECT current_setting('server_encoding') || hash_record_extended(ROW(
        NULL::text, true, (-1)::int2, 2147483647, int8send(-4294967296), 'NaN'::float8, '-0'::float8, 5e-324::float8,
        1.1::float4, (-4294967297)::float8, (-4294967297)::int8,
        ''::text COLLATE "C", convert_from(decode(CASE current_setting('server_encoding') WHEN 'UTF8'
            THEN 'eab08065cc81' ELSE '65' END, 'hex'), 'UTF8') COLLATE "C", '\\x00ff'::bytea,
        '00000000-0000-4000-8000-000000000001'::uuid, 'infinity'::date, '0044-03-15 BC'::date,
        timestamptz_send('2024-02-29 23:59:59.999999+00'), timestamp_send('-infinity'), time_send('24:00')), {seed})
        || hashfloat8extended((-9007199254740993)::int8::float8, {seed})
        || ARRAY[hashint2extended((-1)::int2, {seed}), hashint4extended(2147483647, {seed}),
        hashint8extended(-4294967296, {seed}), hashfloat8extended('NaN', {seed}), hashfloat8extended('-0', {seed}),
        hashfloat8extended('5e-324', {seed}), hashfloat4extended(1.1::float4, {seed}), hashfloat4extended('NaN', {seed}),
        hashtextextended('' COLLATE "C", {seed}), hashtextextended('thirteen, all' COLLATE "C", {seed}),
        uuid_hash_extended('00000000-0000-4000-8000-000000000001', {seed})]::text
        || ARRAY[1.50::text, 'NaN'::numeric::text, (-1.5)::text, '1 mon'::interval::text, '30 days'::interval::text,
        '[2:3]={{1,2}}'::int4[]::text, '{{"b": 1.0, "a": null}}'::jsonb::text, '[1.0,2)'::numrange::text,
        1e-7::float8::text, '2024-02-29 12:00+09'::timestamptz::text, '::1'::inet::text,
        bpcharout('a '::char(3))::text]::text
"""


def _text(relation: Relation, column: str) -> str:
    """SQL for the column as a text whose bytes differ where its values do."""
    name, kind = quoted(column), unwrapped(relation.columns[column], relation.types)
    if not kind.builtin:
        return f'({shown(name)}) COLLATE "C"'
    if kind.name in _TEXTS:
        return f'{name} COLLATE "C"'
    return f'bpcharout({name})::text COLLATE "C"' if kind.name == "bpchar" else f'{name}::text COLLATE "C"'


def _field(relation: Relation, column: str) -> str | None:
    """SQL for the column as a field of a record that is hashed as it is; None for what is better hashed as text."""
    name, kind = quoted(column), unwrapped(relation.columns[column], relation.types)
    if kind.builtin and kind.name in _AS_IT_IS:
        return name
    return f"{_AS_BYTES[kind.name]}({name})" if kind.builtin and kind.name in _AS_BYTES else None


def _own(relation: Relation, column: str, drawn: Sequence[int]) -> list[str] | None:
    """SQL for numbers whose exclusive or is the column's hash, zero for NULL; None where only a record can be hashed."""
    name, kind = quoted(column), unwrapped(relation.columns[column], relation.types)
    first, second = drawn
    if kind.builtin and kind.name == "bool":
        return [f"CASE WHEN {name} THEN {first} WHEN NOT {name} THEN {second} ELSE 0 END"]
    if kind.builtin and kind.name == "int8":
        # Two numbers that share a double are less than 2^11 apart, and fold apart.
        return [_or_zero("hashfloat8extended", f"{name}::float8", first), _or_zero("hashint8extended", name, second)]
    if kind.builtin and kind.name in _OWN:
        return [_or_zero(_OWN[kind.name], name, first)]
    text = _field(relation, column) is None
    return [_or_zero("hashtextextended", _text(relation, column), first)] if text else None


def _or_zero(function: str, value: str, seed: int) -> str:
    return f"coalesce({function}({value}, {seed}), 0)"


def plain(relation: Relation, column: str) -> str:
    """SQL for the column as `hash_record` takes it at the least cost; equal hashes of it prove nothing."""
    kind = unwrapped(relation.columns[column], relation.types)
    if kind.builtin and kind.name in _PLAIN:
        return quoted(column)
    return _field(relation, column) or _text(relation, column)


def seeds(seed: int) -> tuple[int, int]:
    """Two independent 64-bit seeds, never zero, made from the run's one."""
    return _two(f"cutover digest {seed}")


def _two(text: str) -> tuple[int, int]:
    raw = hashlib.sha256(text.encode()).digest()
    first, second = (int.from_bytes(raw[at : at + 8], "big", signed=True) for at in (0, 8))
    return first or 1, second or 1


def row_hash(relation: Relation, columns: Sequence[str], seed: int) -> str:
    """SQL for one row's hash over the named columns, linear in them: hash it again before it is summed."""
    hashes: list[str] = []
    fields: list[str] = []
    for at, column in enumerate(columns):
        own = None if len(columns) > _WIDE else _own(relation, column, _two(f"cutover column {at} {seed}"))
        hashes += own or []
        fields += [] if own else [_field(relation, column) or _text(relation, column)]
    if fields or not hashes:
        hashes.append(f"hash_record_extended(ROW({', '.join(fields)}), {seed})")
    return f"({' # '.join(hashes)})"


def fingerprint(relation: Relation, columns: Sequence[str], seed: int) -> str:
    """SQL for one row's fingerprint over the named columns, which may be summed."""
    first, second = seeds(seed)
    return f"hashfloat8extended(({row_hash(relation, columns, first)})::float8, {second})"


def digest_sql(relation: Relation, columns: Sequence[str], seed: int, where: str = "") -> str:
    """One row: how many rows (of those under `where`), and the sum of their fingerprints over the named columns."""
    return (
        f"SELECT count(*), coalesce(sum({fingerprint(relation, columns, seed)}), 0)::text FROM {relation.name}{where}"
    )


def probe_sql(seed: int) -> str:
    """One text that two servers share when they hash and write every edge value alike."""
    return _PROBE.format(seed=seeds(seed)[0])
