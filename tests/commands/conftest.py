"""What commands are tried on: two folders of JSON files as the sides of a system, and a release with nothing on record."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.commands.release import described
from verify import gating

PASSWORD = "fake-compare-password"
SYSTEM = """
system: shop
data: {main: replicated, far: replicated}
defaults: {personal: [$..email]}
datasets:
  products: {key: [id]}
  users: {key: [id]}
  empty: {key: [id]}
  far: {key: [id], store: far}
"""
ENVIRONMENT = """
environment: {side}
{baseline}
urls: {{api: "http://127.0.0.1:{port}"}}
stores:
  main: {{kind: json_file, path: "${{SHOP_{upper}}}"}}
  far: {{kind: postgres, dsn: "${{SHOP_DSN_{upper}}}", connect_timeout: 1s}}
"""
PRODUCTS = [{"id": number, "price": number / 4} for number in range(1, 11)]
USERS = [{"id": 1, "email": "kim@shop.example"}]


@dataclass
class Shop:
    """Two folders of JSON files, the environment files that name them, and what a command needs to find both."""

    folder: Path
    values: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self):
        """The option that names the candidate."""
        return f"--env={self.folder / 'shop' / 'next.yaml'}"

    @property
    def evidence(self):
        """Every file below the evidence folder."""
        return [each.name for each in (self.folder / "evidence").rglob("*") if each.is_file()]

    @property
    def spilled(self):
        """Where a process of its own may spill what does not fit memory."""
        place = self.folder / "spilled"
        place.mkdir(exist_ok=True)
        return place

    def write(self, side, **collections):
        """One side holds these."""
        place = self.folder / side
        place.mkdir(exist_ok=True)
        for name, rows in collections.items():
            (place / f"{name}.json").write_text(json.dumps(rows))


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Both sides hold the same; the store `far` is one that nobody listens for."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "system.yaml").write_text(SYSTEM)
    values = {"CUTOVER_EVIDENCE": str(tmp_path / "evidence")}
    found = Shop(tmp_path, values)
    for port, (side, baseline) in enumerate([("today", ""), ("next", "baseline: today")], start=1):
        text = ENVIRONMENT.format(side=side, baseline=baseline, upper=side.upper(), port=port)
        (tmp_path / "shop" / f"{side}.yaml").write_text(text)
        found.write(side, products=PRODUCTS, users=USERS, empty=[])
        values[f"SHOP_{side.upper()}"] = str(tmp_path / side)
        values[f"SHOP_DSN_{side.upper()}"] = f"postgresql://shop:{PASSWORD}@127.0.0.1:{port}/{side}"
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def release(tmp_path, monkeypatch):
    """The system, described, with nothing on record; whether lock and checks agree is asked elsewhere."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(gating, "asked_checks", gating.locked_checks)
    return described(tmp_path)


@pytest.fixture
def asking(release, tmp_path):
    """The system with one question for a person, required by the first step."""
    system = tmp_path / "release" / "system.yaml"
    text = system.read_text().replace("[health, parity]", "[health, parity, attest]", 1)
    system.write_text(text + 'attestations:\n  complaints: {asks: "Did anybody complain?"}\n')
    return release
