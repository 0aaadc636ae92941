"""What was sent and what came back, one row a request, one file a process."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from verify.core.errors import EvidenceError

SCHEMA: Final = pa.schema(
    {
        "triple": pa.int32(), "position": pa.int8(), "arm": pa.int8(), "pair": pa.int32(), "request": pa.int32(),
        "scheduled": pa.float64(), "started": pa.float64(), "sent": pa.float64(), "first": pa.float64(),
        "done": pa.float64(), "bytes": pa.int64(), "status": pa.int16(), "reconnects": pa.int8(),
        "error": pa.string(), "worker": pa.int16(), "dns": pa.float64(), "connect": pa.float64(), "tls": pa.float64(),
    }
)  # fmt: skip
SEAL: Final = b"sealed"


class Row(NamedTuple):
    """
    One request.

    Times are seconds on one monotonic clock: `scheduled` by the plan, `started` when it was taken up, `sent` when
    its bytes were on the socket, `first` when the first answer byte came, `done` when the answer was whole or had
    failed; NaN for what never came. `pair` is the arrival's number in its triple, equal in the three arms. `error` is
    empty when the answer was whole and its status in range, else its class (`timeout`, `status 503`).
    `dns`, `connect` and `tls` are the seconds that looking the name up, connecting and agreeing on TLS took, NaN when
    this request did not do it.
    """

    triple: int
    position: int
    arm: int
    pair: int
    request: int
    scheduled: float
    started: float
    sent: float
    first: float
    done: float
    bytes: int
    status: int
    reconnects: int
    error: str
    worker: int
    dns: float = math.nan
    connect: float = math.nan
    tls: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """
    Rows as columns, one entry a request; `unsealed` names files whose writer never said that it ended.

    `opening` are the seconds a request spent on a new connection (name, connect, TLS), NaN on one that was kept; `bytes`
    those of the body, None where that is not known.
    """

    triple: NDArray[np.int64]
    arm: NDArray[np.int64]
    pair: NDArray[np.int64]
    request: NDArray[np.int64]
    scheduled: NDArray[np.float64]
    started: NDArray[np.float64]
    sent: NDArray[np.float64]
    first: NDArray[np.float64]
    done: NDArray[np.float64]
    status: NDArray[np.int64]
    reconnects: NDArray[np.int64]
    error: NDArray[np.str_]
    opening: NDArray[np.float64] | None = None
    bytes: NDArray[np.int64] | None = None
    unsealed: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many requests there are."""
        return len(self.arm)


class SampleFile:
    """
    Appends rows to an Arrow IPC stream; what was flushed survives a crash of the process.

    The last batch carries a seal with the number of rows, so that a file cut short is known as such.
    """

    def __init__(self, path: Path, *, about: Mapping[str, str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._file = path.open("xb")
        self._writer = pa.ipc.new_stream(self._file, SCHEMA.with_metadata(dict(about)))
        self._rows: list[Row] = []
        self._appended = 0

    def append(self, row: Row) -> None:
        """The row waits for the next flush; the seal counts it also where that fails, as on a full disk."""
        self._appended += not self._file.closed
        self._rows.append(row)

    def flush(self) -> None:
        """Every row so far is in the file; after `close` it stays as it was sealed, and what comes later is left out."""
        if self._file.closed:
            return
        if self._rows:
            rows, self._rows = self._rows, []
            self._writer.write_batch(_batch(rows))
        self._file.flush()

    def close(self) -> None:
        """The file is sealed and closed; a second call changes nothing."""
        if self._file.closed:
            return
        self.flush()
        flushed = self._appended - len(self._rows)  # what another thread appends now comes later
        self._writer.write_batch(_batch([]), custom_metadata={SEAL: str(flushed).encode()})
        self._writer.close()
        self._file.close()


def _batch(rows: list[Row]) -> Any:  # pyarrow is untyped
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(SCHEMA)
    return pa.record_batch(
        [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], SCHEMA
    )


def read_samples(paths: Iterable[Path]) -> Samples:
    """
    Every whole batch of the files, in order of scheduling.

    A file without its seal, or whose seal counts other rows, is named in `unsealed`. EvidenceError when a file
    does not even begin like one of ours.
    """
    batches: list[Any] = []
    unsealed: list[str] = []
    for path in sorted(paths):
        found, sealed = _read(path)
        batches += found
        if sealed != sum(each.num_rows for each in found):
            unsealed.append(path.name)
    table = pa.Table.from_batches([each.replace_schema_metadata(None) for each in batches], SCHEMA)
    return _samples(
        table.sort_by([("scheduled", "ascending"), ("triple", "ascending"), ("arm", "ascending")]), tuple(unsealed)
    )


def samples_of(rows: Iterable[Row]) -> Samples:
    """The rows as columns, as if read from a sealed file."""
    return _samples(pa.Table.from_batches([_batch(list(rows))], SCHEMA), ())


def _read(path: Path) -> tuple[list[Any], int | None]:
    """Whole batches and the number of rows the seal speaks of; None without a seal."""
    batches: list[Any] = []
    sealed: int | None = None
    with path.open("rb") as file:
        try:
            reader = pa.ipc.open_stream(file)
        except (pa.ArrowInvalid, OSError) as error:
            raise EvidenceError(f"{path}: not a file of samples: {error}") from error
        if not reader.schema.equals(SCHEMA):
            raise EvidenceError(f"{path}: samples of another version of this program; run the load again")
        while True:
            try:
                batch, about = reader.read_next_batch_with_custom_metadata()
            except (StopIteration, pa.ArrowInvalid, OSError):
                return batches, sealed
            batches.append(batch)
            if about is not None and SEAL in about:
                sealed = int(about[SEAL])


def _samples(table: Any, unsealed: tuple[str, ...]) -> Samples:
    def whole(name: str) -> NDArray[np.int64]:
        return np.asarray(table[name].to_numpy(), dtype=np.int64)

    def real(name: str) -> NDArray[np.float64]:
        return np.asarray(table[name].to_numpy(), dtype=np.float64)

    parts = np.nan_to_num([real("dns"), real("tls")])
    return Samples(
        opening=real("connect") + parts.sum(axis=0), bytes=whole("bytes"),
        triple=whole("triple"), arm=whole("arm"), pair=whole("pair"), request=whole("request"),
        scheduled=real("scheduled"), started=real("started"), sent=real("sent"), first=real("first"), done=real("done"),
        status=whole("status"), reconnects=whole("reconnects"),
        error=np.asarray(table["error"].to_pylist(), dtype=np.str_), unsealed=unsealed,
    )  # fmt: skip
