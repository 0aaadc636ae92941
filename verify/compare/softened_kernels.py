"""
The usual spellings of a value read by Arrow, a column at a time.

A kernel takes encodings and gives as many: the softened one, or null where it cannot say. It gives the very same
array back when there is nothing to change. Patterns are RE2's: `\\d` is ASCII and `\\z` is the end of the text.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from verify.core.datasets import Column

TEXT: Final = pa.large_string()
Kernel = Callable[[pa.Array], pa.Array]

_UNDECIDED: Final = pa.scalar(None, TEXT)
_NOTHING: Final = pa.scalar("", TEXT)
_BLANKS: Final = "".join(filter(str.isspace, map(chr, range(sys.maxunicode + 1))))
# Longer numbers may be written with an exponent.
_LONGEST: Final = 400

_DAY = (
    r"(?:[1-8]\d{3}|9[0-8]\d\d)-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])"
    r"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
)
_CLOCK = r"(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d"
_LOCAL = rf"\As{_DAY}[T ]{_CLOCK}(?:\.\d{{1,6}})?\z"
_ZONED = rf"\As{_DAY}[T ]{_CLOCK}(?:\.\d{{1,6}})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)\z"
_MOMENT = r"\As\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?[ \t\n\r\f\v]?(?:Z|z|[+-]\d\d(?::?\d\d)?)?\z"
_NUMERIC = r"s[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,6})?\z"
_WHOLE = r"\As(?:0|-?[1-9]\d*)\z"
_FRACTION = r"\As-?(?:0|[1-9]\d*)\.\d*\z"
# At most 15 digits: the nearest float is written with the same ones.
_SHORT = r"\A[s#](?:0|-?[1-9]\d{0,14}|-?(?:0|[1-9]\d{0,6})\.\d{0,6}[1-9])\z"
_UUID = r"\As[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\z"
_UUID_BYTES = r"\Ay[0-9a-f]{32}\z"
_BYTE = r"(?:0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])"
_INET4 = rf"\A(?:s|xinet4?:)((?:{_BYTE}\.){{3}}{_BYTE})(?:/32)?\z"
_DECIMAL = re.compile(r"decimal\((\d+), ?(\d+)\)", re.ASCII)
_POINT = r"\A[TtcC][^.]*\.\d+(?:[^.\d][^.]*)?\z"


def some(mask: pa.Array) -> bool:
    """Whether any row is true."""
    return bool(pc.any(mask).as_py())


def joined(*parts: pa.Array | pa.Scalar | str) -> pa.Array:
    """The texts of each row one after the other."""
    given = [pa.scalar(part, TEXT) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*given, _NOTHING)


def body(array: pa.Array) -> pa.Array:
    """Encodings without their kind."""
    return pc.binary_replace_slice(array, 0, 1, "")


def as_kind(kind: str, array: pa.Array) -> pa.Array:
    """The same texts as values of another kind."""
    return pc.binary_replace_slice(array, 0, 1, kind)


def kernel(rule: Column, name: str) -> Kernel:
    """The kernel of the rule's step of this name; a type's step has none."""
    if not name:
        return _reading(rule.type or "text")
    if name.startswith("precision"):
        return partial(_cut, digits={"s": 0, "ms": 3, "us": 6}[rule.precision or "us"])
    return {"absent -> null": _absent, "trim": _trim, "case": _fold, "order": _order}[name]


def _reading(name: str) -> Kernel:
    sized = _DECIMAL.fullmatch(name)
    if sized:
        return partial(_decimal, precision=int(sized[1]), scale=int(sized[2]))
    return _READERS[name]


def _absent(array: pa.Array) -> pa.Array:
    mask = pc.equal(array, "_")
    return pc.if_else(mask, pa.scalar("n", TEXT), array) if some(mask) else array


def _on(array: pa.Array, mask: pa.Array, change: Kernel) -> pa.Array:
    """The change made to the rows of the mask."""
    count = pc.sum(mask).as_py() or 0
    if not count:
        return array
    return change(array) if count == len(array) else pc.replace_with_mask(array, mask, change(array.filter(mask)))


def _undecided(array: pa.Array, mask: pa.Array) -> pa.Array:
    return pc.if_else(mask, _UNDECIDED, array) if some(mask) else array


def _trim(array: pa.Array) -> pa.Array:
    return _on(
        array, pc.starts_with(array, "s"), lambda part: joined("s", pc.utf8_trim(body(part), characters=_BLANKS))
    )


def _fold(array: pa.Array) -> pa.Array:
    strings = pc.starts_with(array, "s")
    if not some(strings):
        return array
    plain = pc.string_is_ascii(array)
    return _undecided(_on(array, pc.and_(strings, plain), pc.ascii_lower), pc.and_not(strings, plain))


def _order(array: pa.Array) -> pa.Array:
    return _undecided(array, pc.or_(pc.starts_with(array, "l"), pc.starts_with(array, "e")))


def _cut(array: pa.Array, *, digits: int) -> pa.Array:
    pointed = pc.match_substring_regex(array, r"\A[TtcC][^.]*\.")
    if not some(pointed):
        return array
    usual = pc.match_substring_regex(array, _POINT)
    found = _on(array, usual, partial(_shortened, digits=digits))
    return _undecided(found, pc.and_not(pointed, usual))


def _shortened(array: pa.Array, *, digits: int) -> pa.Array:
    if not digits:
        return pc.replace_substring_regex(array, r"\.\d+", "")
    kept = pc.replace_substring_regex(array, rf"\.(\d{{1,{digits}}})\d*", r".\1")
    kept = pc.replace_substring_regex(kept, r"(\.\d*[1-9])0+([^\d]|\z)", r"\1\2")
    return pc.replace_substring_regex(kept, r"\.0+([^\d]|\z)", r"\1")


def _read(array: pa.Array, *, usual: Sequence[tuple[str, Kernel]], readable: str, first: str = "s") -> pa.Array:
    """Rows of a usual form changed; other rows that match `readable` are undecided, the rest stay as they are."""
    left = pc.match_substring_regex(array, rf"\A[{first}]") if len(first) > 1 else pc.starts_with(array, first)
    found = array
    for form, change in usual:
        if not some(left):
            return found
        mask = pc.and_(left, pc.match_substring_regex(array, form))
        found = _on(found, mask, change)
        left = pc.and_not(left, mask)
    return _undecided(found, pc.and_(left, pc.match_substring_regex(array, readable))) if some(left) else found


def _zoned(array: pa.Array) -> pa.Array:
    world = body(array).cast(pa.timestamp("us", "UTC")).cast(pa.int64()).cast(pa.timestamp("us"))
    return joined("T", _unpadded(world.cast(TEXT)), "+00")


def _instant(array: pa.Array) -> pa.Array:
    """Texts with a zone, and timestamps without one, as instants."""
    local = pc.starts_with(array, "t")
    if not some(local):
        return _read(array, usual=(_ZONES,), readable=_MOMENT)
    usual = pc.match_substring_regex(array, r"\At[^\n]*\d\z")
    found = _on(array, usual, lambda part: joined("T", body(part), "+00"))
    return _read(_undecided(found, pc.and_not(local, usual)), usual=(_ZONES,), readable=_MOMENT)


def _local(array: pa.Array) -> pa.Array:
    return joined("t", _unpadded(body(array).cast(pa.timestamp("us")).cast(TEXT)))


def _unpadded(array: pa.Array) -> pa.Array:
    """Digits after the point that say nothing are gone, and a point that nothing follows; there must be a point."""
    return pc.ascii_rtrim(pc.ascii_rtrim(array, characters="0"), characters=".")


def _trimmed(array: pa.Array) -> pa.Array:
    found = as_kind("#", _unpadded(array))
    return pc.if_else(pc.equal(found, "#-0"), pa.scalar("#0", TEXT), found)


def _number(array: pa.Array) -> pa.Array:
    found = _read(array, usual=_NUMBERS, readable=r"\A" + _NUMERIC)
    long = pc.greater(pc.binary_length(array), _LONGEST)
    return _undecided(found, long) if some(long) else found


def _integer(array: pa.Array) -> pa.Array:
    found = _read(array, usual=_INTEGERS, readable=r"\A" + _NUMERIC)
    long = pc.greater(pc.binary_length(array), _LONGEST)
    return _undecided(found, long) if some(long) else found


def _decimal(array: pa.Array, *, precision: int, scale: int) -> pa.Array:
    found = _number(array)
    if found is array:
        return array
    if not 0 <= precision - scale <= 500 or scale > 500:
        return _undecided(array, pc.starts_with(array, "s"))
    fits = pc.match_substring_regex(found, rf"\A#-?(?:0|\d{{0,{precision - scale}}})(?:\.\d{{0,{scale}}})?\z")
    return pc.if_else(pc.or_(fits, pc.invert(pc.starts_with(array, "s"))), found, array)


def _boolean(array: pa.Array) -> pa.Array:
    at = pc.index_in(array, pa.array(["strue", "sfalse", "#1", "#0"], TEXT))
    if at.null_count == len(at):
        return array
    return pc.coalesce(pa.array(["btrue", "bfalse", "btrue", "bfalse"], TEXT).take(at), array)


def _text(array: pa.Array) -> pa.Array:
    found = _on(array, pc.match_substring_regex(array, r"\A[#bu]"), partial(as_kind, "s"))
    return _undecided(found, pc.starts_with(array, "x"))


def _uuid(array: pa.Array) -> pa.Array:
    """Texts and sixteen bytes as uuids."""
    found = _read(array, usual=((_UUID, lambda part: as_kind("u", pc.ascii_lower(part))),), readable=_UUID)
    return _on(found, pc.match_substring_regex(found, _UUID_BYTES), _hyphened)


def _hyphened(array: pa.Array) -> pa.Array:
    return pc.replace_substring_regex(array, r"\Ay(.{8})(.{4})(.{4})(.{4})(.{12})\z", r"u\1-\2-\3-\4-\5")


def _inet(array: pa.Array) -> pa.Array:
    """Addresses of four bytes; the spellings of the others are many."""
    told = pc.or_(pc.starts_with(array, "s"), pc.starts_with(array, "xinet"))
    if not some(told):
        return array
    usual = pc.match_substring_regex(array, _INET4)
    found = _on(array, usual, lambda part: pc.replace_substring_regex(part, _INET4, r"xinet:\1/32"))
    return _undecided(found, pc.and_not(told, usual))


def _json(array: pa.Array) -> pa.Array:
    mask = pc.equal(array, "j")
    found = pc.if_else(mask, pa.scalar("n", TEXT), array) if some(mask) else array
    return _undecided(found, pc.starts_with(array, "s"))


_NUMBERS: Final = ((_WHOLE, partial(as_kind, "#")), (_FRACTION, _trimmed))
_INTEGERS: Final = ((_WHOLE, partial(as_kind, "#")), (r"\As-?(?:0|[1-9]\d*)\.0*\z", _trimmed))
_ZONES: Final = (_ZONED, _zoned)

_READERS: Final[dict[str, Kernel]] = {
    "integer": _integer,
    "decimal": _number,
    "float": partial(_read, usual=((_SHORT, partial(as_kind, "#")),), readable=rf"\A(?:#|{_NUMERIC})", first="s#"),
    "boolean": _boolean,
    "text": _text,
    "timestamp": partial(_read, usual=(_ZONES, (_LOCAL, _local)), readable=_MOMENT),
    "timestamptz": _instant,
    "date": partial(_read, usual=((rf"\As{_DAY}\z", partial(as_kind, "d")),), readable=r"\As\d{4}-\d\d-\d\d\z"),
    "time": partial(
        _read,
        usual=(
            (rf"\As{_CLOCK}\z", partial(as_kind, "c")),
            (rf"\As{_CLOCK}\.\d{{1,6}}\z", lambda array: as_kind("c", _unpadded(array))),
        ),
        readable=r"\As\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?\z",
    ),
    "uuid": _uuid,
    "inet": _inet,
    "bytes": partial(
        _read,
        usual=(
            (r"\As\\x(?:[0-9a-fA-F]{2})*\z", lambda array: pc.binary_replace_slice(pc.ascii_lower(array), 0, 3, "y")),
        ),
        readable=r"\As",
    ),
    "json": _json,
}
