"""Everything a page is made of, read before by who may read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reports.html.measured import Measured
from reports.html.series import Series
from verify.core.decision import Decision
from verify.core.links import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """
    A decision and what belongs to it.

    `links` is the whole chain that the decision is a link of, and `digest` the SHA-256 of its file. `blind` says of
    each check what its PASS does not show. `measured` is the load run behind its latency claim; where its samples
    cannot be drawn, `unmeasured` says why.
    """

    decision: Decision
    links: Sequence[Link] = ()
    digest: str = ""
    system: str = ""
    title: str = ""
    baseline: str = ""
    blind: Mapping[str, str] = field(default_factory=dict)
    measured: Measured | None = None
    unmeasured: str = ""
    series: Sequence[Series] = ()
