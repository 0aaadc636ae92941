"""Numbers over time or by name that a run left beside its evidence, for drawing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from verify.core.errors import EvidenceError

PATTERN: Final = "*.series.json"
_LARGEST: Final = 20_000_000
_MOST: Final = 200_000

Number = Annotated[float, Field(allow_inf_nan=False)]


class Series(BaseModel):
    """
    What a `*.series.json` file beside evidence holds.

    `timeline`: points are (seconds since the start, value). `shares`: points are (value measured, value declared), one a
    name of `names`. `moments`: points are (seconds since the start, row), each with a name of `names`. `limit` is drawn as
    a line; `above` says that values over it are the bad ones.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    kind: Literal["timeline", "shares", "moments"]
    check: str = ""
    unit: str = ""
    note: str = ""
    names: tuple[str, ...] = ()
    points: Annotated[tuple[tuple[Number, Number], ...], Field(min_length=1, max_length=_MOST)]
    limit: Number | None = None
    above: bool = False


def read_series(folder: Path) -> tuple[Series, ...]:
    """Every series of a run's folder, by file name; EvidenceError naming the file when one is none."""
    found = []
    for path in sorted(folder.glob(PATTERN)):
        if path.stat().st_size > _LARGEST:
            raise EvidenceError(f"{path}: {path.stat().st_size:,} bytes; a series has at most {_LARGEST:,}")
        try:
            found.append(Series.model_validate_json(path.read_bytes()))
        except ValidationError as error:
            first = error.errors()[0]
            raise EvidenceError(f"{path}: not a series: {first['loc']}: {first['msg']}") from error
    return tuple(found)
