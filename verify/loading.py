"""Environment files: found by name, read whole, every mistake told at once."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from verify.core.errors import CutoverError, InvalidEnvironment, Mistake
from verify.core.model import EnvironmentFile, SystemFile
from verify.core.references import misspelt, strings_in
from verify.core.subjects import Environment
from verify.positions import Document, Path_, read_yaml, show_path
from verify.soundness import unsound

ROOT: Final = Path(__file__).resolve().parent.parent
ENVIRONMENTS: Final = ROOT / "environments"
_ROUNDS: Final = 5
M = TypeVar("M", bound=BaseModel)
StoreProblems = Callable[[str, Mapping[str, JsonValue]], list[str]]

_WORDS: Final = {
    "extra_forbidden": "is not known here",
    "missing": "is required",
    "bool_type": "must be true or false",
    "string_type": "must be text; quote it",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of names",
    "model_type": "must be a mapping of names",
    "model_attributes_type": "must be a mapping of names",
    "string_pattern_mismatch": "must be a name of letters, digits, `_`, `-` and `.`",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
}


def available(folder: Path = ENVIRONMENTS) -> dict[str, Path]:
    """Every environment file below the folder by `system/name`, sorted."""
    files = (path for path in sorted(folder.glob("*/*.yaml")) if path.stem != "system")
    return {f"{path.parent.name}/{path.stem}": path for path in files}


def listing(folder: Path = ENVIRONMENTS) -> str:
    """The environments there are, one a line, for whoever has to choose."""
    return "\n".join(f"  {name}" for name in available(folder)) or f"  none below {folder.name}/"


def find(name: str, folder: Path = ENVIRONMENTS) -> Path:
    """The one file that `name` means: a stem, `system/stem` or a path; a CutoverError that lists the choices."""
    if name.endswith((".yaml", ".yml")):
        return Path(name)
    known = available(folder)
    hits = [path for full, path in known.items() if name in {full, path.stem}]
    if len(hits) == 1:
        return hits[0]
    what = "is the name of several environments" if hits else "is not an environment"
    close = difflib.get_close_matches(name, [*known, *(path.stem for path in known.values())], n=1)
    guess = f"; did you mean {close[0]}?" if close and not hits else ""
    raise CutoverError(f"{name!r} {what}{guess}\nenvironments:\n{listing(folder)}")


def load_environment(name: str, *, folder: Path = ENVIRONMENTS, stores: StoreProblems | None = None) -> Environment:
    """
    The environment of that name with its system and its baseline.

    Raises InvalidEnvironment with every mistake of the files concerned, CutoverError for an unknown name.
    """
    path = find(name, folder)
    mistakes: list[Mistake] = []
    system_document, system = _read(path.parent / "system.yaml", SystemFile, mistakes)
    document, file = _read(path, EnvironmentFile, mistakes)
    baseline_document, baseline = None, None
    if file and file.baseline:
        sibling = path.parent / f"{file.baseline}.yaml"
        if document and file.baseline in {path.stem, file.environment}:
            mistakes.append(
                document.mistake(("baseline",), "is this environment itself; compared with itself everything is equal")
            )
        elif sibling.is_file():
            baseline_document, baseline = _read(sibling, EnvironmentFile, mistakes)
        elif document:
            names = ", ".join(each.stem for each in sorted(path.parent.glob("*.yaml")) if each.stem != "system")
            mistakes.append(
                document.mistake(("baseline",), f"there is no {sibling.name} beside this file; there are: {names}")
            )
    documents = {"system": system_document, "candidate": document, "baseline": baseline_document}
    mistakes += _misnamed(path, system_document, system) + _misnamed(path, document, file)
    if system and file:
        mistakes += unsound(system, file, baseline, documents, stores=stores)
    if mistakes or system is None or file is None:
        raise InvalidEnvironment(mistakes)
    trusted = (
        Environment(system=system, file=baseline, path=str(path.parent / f"{file.baseline}.yaml")) if baseline else None
    )
    return Environment(system=system, file=file, path=str(path), baseline=trusted)


def _misnamed(path: Path, document: Document | None, said: SystemFile | EnvironmentFile | None) -> list[Mistake]:
    """A name that is not that of its file or folder: a copy would write its evidence under another's name."""
    if document is None or said is None:
        return []
    if isinstance(said, SystemFile):
        key, name, place, what = "system", said.system, path.resolve().parent.name, "folder"
    else:
        key, name, place, what = "environment", said.environment, path.stem, "file"
    return (
        [] if name == place else [document.mistake((key,), f"{name!r} is not the name of this {what}; write {place}")]
    )


def _shown(path: Path) -> str:
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _read(path: Path, model: type[M], mistakes: list[Mistake]) -> tuple[Document | None, M | None]:
    """The document and what it says; mistakes are added to the list."""
    try:
        document = read_yaml(path, shown=_shown(path))
    except InvalidEnvironment as error:
        mistakes.extend(error.mistakes)
        return None, None
    mistakes.extend(document.mistakes)
    for where, text in strings_in(document.data):
        if found := misspelt(document.file, document.line(where), show_path(where), text):
            mistakes.append(found)
    try:
        return document, model.model_validate(document.data)
    except ValidationError as error:
        told = {(each.line, each.path) for each in document.mistakes}
        mistakes.extend(each for each in _translated(error, document, model) if (each.line, each.path) not in told)
        return document, _rest(document.data, error, model)


def _rest(data: JsonValue, error: ValidationError, model: type[M]) -> M | None:
    """What is left once the wrong parts are taken out, so that mistakes that span files show in the same go."""
    left = deepcopy(data)
    for _ in range(_ROUNDS):
        for each in error.errors():
            path = tuple(part for part in each["loc"] if part != "[key]")
            _prune(left, path[:-1] if each["type"] == "missing" else path)
        try:
            return model.model_validate(left)
        except ValidationError as another:
            error = another
    return None


def _prune(data: JsonValue, path: Path_) -> None:
    for part in path[:-1]:
        if isinstance(data, dict):
            data = data.get(str(part))
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
    if isinstance(data, dict) and path:
        data.pop(str(path[-1]), None)
    elif isinstance(data, list) and path and isinstance(path[-1], int) and path[-1] < len(data):
        data[path[-1]] = None


def _translated(error: ValidationError, document: Document, model: type[BaseModel]) -> Iterator[Mistake]:
    """Pydantic's findings in our words, each at its place."""
    schema = model.model_json_schema(by_alias=True)
    places = [tuple(part for part in each["loc"] if part != "[key]") for each in error.errors()]
    for each, path in zip(error.errors(), places, strict=True):
        if each["type"] == "too_short" and any(place[: len(path)] == path and place != path for place in places):
            continue  # a list that is empty only because its items are wrong
        message = _WORDS.get(each["type"], each["msg"].removeprefix("Value error, "))
        if each["type"] == "literal_error":
            known = each["ctx"]["expected"]
            message = f"{each['input']!r} is not one of {known}{_guess(str(each['input']), known)}"
        elif each["type"] == "extra_forbidden":
            message += _close(str(path[-1]), _names_at(schema, path[:-1]))
        elif each["type"] in {"string_type", "bool_type", "int_type", "float_type"}:
            message += f"; found {each['input']!r}"
        yield document.mistake(path, message)


def _guess(word: str, expected: str) -> str:
    choices = [each.strip(" '") for each in expected.replace(" or ", ", ").split(",")]
    close = difflib.get_close_matches(word, choices, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _close(word: str, names: list[str]) -> str:
    close = difflib.get_close_matches(word, names, n=1)
    return f"; did you mean {close[0]}?" if close else f"; known here: {', '.join(names)}"


def _names_at(schema: Mapping[str, JsonValue], path: Path_) -> list[str]:
    """The keys a mapping at this path may have, read off the JSON schema."""
    place: JsonValue = dict(schema)
    for part in path:
        place = _inside(_followed(place, schema), part)
    found = _followed(place, schema)
    properties = found.get("properties") if isinstance(found, dict) else None
    return sorted(properties) if isinstance(properties, dict) else []


def _followed(place: JsonValue, schema: Mapping[str, JsonValue]) -> JsonValue:
    """The place with `$ref` followed, and of `anyOf` the branch that is a part of its own, or the first but null."""
    while isinstance(place, dict) and ("$ref" in place or "anyOf" in place):
        if "$ref" in place:
            definitions = schema.get("$defs")
            name = str(place["$ref"]).rpartition("/")[2]
            place = definitions.get(name) if isinstance(definitions, dict) else None
        else:
            branches = place["anyOf"]
            kept = (
                [b for b in branches if isinstance(b, dict) and b.get("type") != "null"]
                if isinstance(branches, list)
                else []
            )
            place = next((b for b in kept if "$ref" in b), kept[0] if kept else None)
    return place


def _inside(place: JsonValue, part: str | int) -> JsonValue:
    if not isinstance(place, dict):
        return None
    if isinstance(part, int):
        return place.get("items")
    properties = place.get("properties")
    if isinstance(properties, dict) and part in properties:
        return properties[part]
    patterns = place.get("patternProperties")  # what a mapping of Names is in a schema
    return next(iter(patterns.values()), None) if isinstance(patterns, dict) else place.get("additionalProperties")
