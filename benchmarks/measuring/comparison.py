"""The comparison of this project as a contestant: exactly what a check calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from verify.comparing import compare_dataset
from verify.core.model import Dataset
from verify.stores.registry import open_store

Side = Mapping[str, str]


def comparison(*, baseline: Side, candidate: Side, dataset: Mapping[str, object]) -> Callable[[], str]:
    """
    A round that compares both sides: the verdict and its sentence.

    A side is the options of its store and `kind`; `dataset` is what system.yaml would say.
    """
    wanted = Dataset.model_validate(dataset)
    stores = [
        open_store(str(side["kind"]), {name: text for name, text in side.items() if name != "kind"}, source=source)
        for source, side in (("baseline", baseline), ("candidate", candidate))
    ]

    def compare() -> str:
        found = compare_dataset(stores[0], stores[1], wanted, name="orders", seed=7, conceal=lambda _: "hidden")
        return f"{found.verdict.name}: {found.summary}; {found.receipt}"

    return compare
