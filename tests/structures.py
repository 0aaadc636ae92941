"""Tables made as a test says, for what is asked about structures and places."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tests.stored import Tables
from verify.core.datasets import Dataset
from verify.core.structures import Structure

TABLE = Structure(
    kind="table",
    columns={"id": {"type": "bigint"}},
    constraints={"pk": {"kind": "primary key", "validated": True}},
    indexes={"pk": {"columns": ["id"], "unique": True, "valid": True}},
)
PLAIN = Dataset(key=("id",))


def tables(side, structure=TABLE, kind=Tables, **options):
    """A side whose collection `t` is made like this."""
    return kind(f"{side} store", made={"t": structure}, holds={"t": ()}, **options)


@dataclass
class Placed(Tables):
    """Tables that know which collection they are."""

    def describe(self, collection):
        """The same place for every address of it."""
        return replace(super().describe(collection), place=f"{self.at} {collection}" if self.at else "")


def asked(question, baseline, candidate, dataset=PLAIN):
    """The conclusion about `t`."""
    return question(baseline, candidate, dataset, name="t")
