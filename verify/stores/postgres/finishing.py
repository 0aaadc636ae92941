"""
The last step of encodings that SQL cannot write to their end, a column at a time.

Every distinct text is finished once. Documents of jsonb, which have each name once, are read and written as one
JSON text by the C parser of the standard library: 0.5 us each, where one by one they take 8 us. What that way
could get wrong (escapes, deep nesting, very long numbers, values that are no object or list) goes one by one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from verify.core.values import DEEPEST, canonical_number
from verify.stores.postgres.encoding import BINARY, finished

_UNFINISHED: Final = "^[ABDFP]"
# Escapes are left to the slow way, so no string of a document holds a control character: these mark our own.
_NUMBER, _BETWEEN = "\x02", "\x03"
_SLOW: Final = r"^.[^{\[]|\\u|[0-9]{300}|[0-9][eE]"
_WRITTEN_NUMBER: Final = re.compile(r'"\\u0002([^"]*)"')
_WRITTEN_BETWEEN: Final = r',"\u0003",'
_READ: Final = json.JSONDecoder(parse_float=lambda text: _NUMBER + canonical_number(text))
_WRITE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def finish(column: pa.Array) -> pa.Array:
    """The encodings of a column that came over the wire; what is one already stays as it is."""
    if not pc.any(pc.match_substring_regex(column, _UNFINISHED)).as_py():
        return column
    coded = column.dictionary_encode()
    texts = coded.dictionary
    quick = _quick(texts)
    if not pc.any(quick).as_py():
        return _array([finished(text) for text in texts.to_pylist()]).take(coded.indices)
    places = pc.indices_nonzero(quick)
    others = pc.indices_nonzero(pc.invert(quick))
    done = [*documents(texts.take(places).to_pylist()), *(finished(text) for text in texts.take(others).to_pylist())]
    back = pc.sort_indices(pa.concat_arrays([places, others]))
    return _array(done).take(back).take(coded.indices)


def _array(texts: Sequence[str]) -> pa.Array:
    return pa.array(texts, pa.large_string())


def _quick(texts: pa.Array) -> pa.Array:
    """Which are documents of jsonb that `documents` reads exactly."""
    depth = pc.add(pc.count_substring(texts, "{"), pc.count_substring(texts, "["))
    sure = pc.and_(pc.less_equal(depth, DEEPEST), pc.invert(pc.match_substring_regex(texts, _SLOW)))
    return pc.and_(pc.starts_with(texts, BINARY), sure)


def documents(texts: Sequence[str]) -> list[str]:
    """The encodings of these objects and lists (each behind its mark), none with an escape of a code point."""
    read = _READ.decode(f"[{f',{json.dumps(_BETWEEN)},'.join(text[1:] for text in texts)}]")
    written = _WRITE.encode(read)[1:-1]
    if r"\u0002" in written:
        written = _WRITTEN_NUMBER.sub(r"\1", written)
    return [("m" if text.startswith("{") else "l") + text for text in written.split(_WRITTEN_BETWEEN)]
