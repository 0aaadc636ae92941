"""The comparison of this project as a contestant: exactly what a check calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.measuring.race import Contestant
from verify.comparing import compare_dataset
from verify.core.datasets import Dataset
from verify.stores.registry import open_store

Side = Mapping[str, str]


def ours(name: str, sides: tuple[Side, Side], dataset: Mapping[str, object], expected: str) -> Contestant:
    """Our comparison of the baseline and the candidate; `expected` is how its answer has to begin."""
    arguments = {"baseline": dict(sides[0]), "candidate": dict(sides[1]), "dataset": dict(dataset)}
    return Contestant(name=name, role="ours", module=__name__, function="comparison", expected=expected,
                      arguments=arguments)  # fmt: skip


def comparison(*, baseline: Side, candidate: Side, dataset: Mapping[str, object]) -> Callable[[], str]:
    """
    A round that compares both sides: the verdict, its sentence, the places shown, the receipt.

    A side is the options of its store and `kind`; `dataset` is what system.yaml would say.
    """
    wanted = Dataset.model_validate(dataset)
    stores = [
        open_store(str(side["kind"]), {name: text for name, text in side.items() if name != "kind"}, source=source)
        for source, side in (("baseline", baseline), ("candidate", candidate))
    ]

    def compare() -> str:
        found = compare_dataset(stores[0], stores[1], wanted, name="orders", seed=7, conceal=lambda _: "hidden")
        places = ", ".join(f"{each.key} {each.path}" for each in found.differences)
        return "; ".join(filter(None, (f"{found.verdict.name}: {found.summary}", places, found.receipt)))

    return compare
