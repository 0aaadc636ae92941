"""What every part of a description has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """A part of a description: frozen, and nothing it does not know is let in."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
