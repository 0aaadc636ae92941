"""What drills of going back showed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackDrill:
    """
    One drill, in seconds since T0, when it was decided to go back.

    `t1`: the command had ended. `t2`: the candidate's last answer. `t3`: the baseline answered alone and well from then
    on. None where it did not come to that. `asks` is how often visitors asked. `trouble` is what went wrong, and `ours`
    says that this shows nothing about going back.
    """

    t1: float | None = None
    t2: float | None = None
    t3: float | None = None
    asks: int = 0
    trouble: str = ""
    ours: bool = False
