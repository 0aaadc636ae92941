"""What the YAML may say about records: which ones, on which side, how they are compared, what holds between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)

from verify.core.scalars import Duration, Flag, Name, Real, Request, Whole
from verify.core.spec import Spec

Scalar = str | int | float | bool | None
_VALUE = "text, a number, true, false or null"


def _one_of(words: str, test: type[BaseModel] | None = None) -> WrapValidator:
    """What is none of several kinds is told once, in these words; a mapping, if it may be a test, by what is wrong in it."""

    def checked(value: object, validate: ValidatorFunctionWrapHandler) -> object:
        try:
            return validate(value)
        except ValidationError:  # says what is wrong with the value as each of the kinds
            if test and isinstance(value, Mapping):
                return test.model_validate(value)
            raise ValueError(f"must be {words}") from None

    return WrapValidator(checked)


Bound = Annotated[str | int | float | None, _one_of("text or a number")]


class Column(Spec):
    """
    A softer rule for one column, or another name of it on one side; each use of a rule is counted in the evidence.

    `baseline` and `candidate` say where a side keeps the column: another field (`unit_price`), a place inside a
    document (`$.address.city`) or a text made of fields (`{first} {last}`).
    """

    type: str | None = None
    absent: Literal["null"] | None = None
    precision: Literal["s", "ms", "us"] | None = None
    tolerance: Real | None = None
    unordered: Flag = False
    case: Literal["fold"] | None = None
    trim: Flag = False
    baseline: str | None = None
    candidate: str | None = None


class Condition(Spec):
    """What a field must be for a record to count, beyond plain equality; exactly one of the four."""

    starts: str | None = None
    not_: Annotated[Scalar | tuple[Scalar, ...], _one_of(f"{_VALUE}, or a list of these")] = Field(
        default=None, alias="not"
    )
    at_least: Bound = None
    below: Bound = None

    @model_validator(mode="after")
    def _one(self) -> Condition:
        if len(self.model_fields_set) != 1:
            raise ValueError("say exactly one of starts:, not:, at_least: and below:")
        return self


# A value, one of several values, or a test; `null` stands for null and absent alike.
_TEST = "a test: starts:, not:, at_least: or below:"
Where = dict[
    str,
    Annotated[
        Scalar | tuple[Scalar, ...] | Condition, _one_of(f"{_VALUE}, a list of these, or {_TEST}", test=Condition)
    ],
]


class Place(Spec):
    """
    Where one side keeps a dataset; what is left out is the dataset's own.

    `key` is how this side writes the key: field → text with the key's names in braces (`PK: "PLAN#{id}"`).
    `where` keeps only records for which every test holds, on top of the dataset's own `where`.
    """

    store: Name | None = None
    collection: str | None = None
    key: dict[str, str] = {}
    where: Where = {}


class Recheck(Spec):
    """While writes go on: suspects are read again until they agree, or until they have differed for `within`."""

    within: Duration = Field(default="30s", validate_default=True)
    every: Duration = Field(default="1s", validate_default=True)


class Expected(Spec):
    """What the candidate's collection must have, whatever the baseline has: column types and indexes by columns."""

    columns: dict[str, str] = {}
    indexes: tuple[Annotated[tuple[str, ...], Field(min_length=1)], ...] = ()


class DualWrite(Spec):
    """
    How writes to both sides are followed: the column that says which of two writes is the later one.

    `stats` asks the application what it believes (`request`, then JSONPath → value); it must agree with the stores.
    """

    version: str
    stats: Request | None = None
    url: Name = "api"
    expect: dict[str, JsonValue] = {}


class Dataset(Spec):
    """
    One set of records that both sides must hold alike. Columns left out of `except` are all compared.

    `key: []` says that there is none: records are then compared as a multiset. `only` names the columns to compare.
    """

    key: tuple[str, ...]
    store: Name = "main"
    collection: str | None = None
    where: Where = {}
    baseline: Place = Place()
    candidate: Place = Place()
    columns: dict[str, Column] = {}
    only: tuple[str, ...] = ()
    except_: tuple[str, ...] = Field(default=(), alias="except")
    minimum: Whole = Field(default=1, ge=1)
    exact: Flag = False
    recheck: Recheck | None = None
    expect: Expected = Expected()
    dual_write: DualWrite | None = None

    def place(self, role: str) -> Place:
        """What is said about one side, `baseline` or `candidate`."""
        return self.baseline if role == "baseline" else self.candidate

    @property
    def told_apart(self) -> bool:
        """True when the description says that the sides are different records of one collection."""
        return (self.baseline.key, self.baseline.where) != (self.candidate.key, self.candidate.where)

    def store_on(self, role: str) -> str:
        """The name of the store that holds it on one side."""
        return self.place(role).store or self.store

    def collection_on(self, role: str, name: str) -> str:
        """Where in the store it is on one side: that side's word, the dataset's, or the dataset's own `name`."""
        return self.place(role).collection or self.collection or name


class Discovery(Spec):
    """Every collection the baseline's catalogue lists in `schema`, but those that match `except` (shell patterns)."""

    store: Name = "main"
    schema_: str | None = Field(default=None, alias="schema")
    except_: tuple[str, ...] = Field(default=(), alias="except")
    minimum: Whole = Field(default=1, ge=0)


class Reference(Spec):
    """
    A column of one dataset that names a record of another, both written `dataset.column`.

    `both` also asks that every record on the other end is named by somebody. Null and absent name nobody.
    """

    from_: str = Field(alias="from", pattern=r"^[^.]+\..+$")
    to: str = Field(pattern=r"^[^.]+\..+$")
    both: Flag = False


class Backup(Spec):
    """
    A copy of one dataset made at some time: it can be read, is of the right place and equals `of` (default baseline).

    `store` is looked for in the candidate's file, then in the baseline's. `key` is how the copy writes the key,
    `where` narrows both, and `columns` adds rules for what the copy's form cannot say.
    """

    dataset: Name
    store: Name
    collection: str | None = None
    of: Literal["baseline", "candidate"] = "baseline"
    key: dict[str, str] = {}
    where: Where = {}
    columns: dict[str, Column] = {}
    database: str | None = None


class Shared(Spec):
    """Both sides are declared to reach one and the same store."""


class StoreSpec(BaseModel):
    """One store of an environment; what its kind needs is checked by `verify/stores/<kind>`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: Name
    protect: Flag | None = None

    @property
    def options(self) -> dict[str, JsonValue]:
        """What only this kind understands, unresolved."""
        return dict(self.model_extra or {})
