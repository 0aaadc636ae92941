"""AWS is several clouds that share nothing: a bucket's name is unique in one of them only."""

from __future__ import annotations

import pytest

from verify.core.verdicts import Verdict
from verify.describing import same_place
from verify.stores.s3 import connect
from verify.stores.s3.store import S3Store

KEYS = {"access_key": "FAKEKEY", "secret_key": "fake-secret"}


def _store(side: str, **options: object) -> S3Store:
    return connect({"bucket": "files", **KEYS, **options}, source=f"{side} s3", protect=False)


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ({"region": "eu-central-1"}, {"region": "us-east-1"}, Verdict.PASS),
        ({"region": "eu-central-1"}, {"region": "cn-north-1"}, Verdict.FAIL),
        ({"region": "us-gov-west-1"}, {"region": "us-west-1"}, Verdict.FAIL),
        ({"region": "cn-north-1"}, {"endpoint": "https://s3.cn-north-1.amazonaws.com.cn"}, Verdict.PASS),
        ({"region": "us-gov-west-1"}, {"endpoint": "https://s3.us-gov-west-1.amazonaws.com"}, Verdict.PASS),
        ({"endpoint": "https://s3.amazonaws.com"}, {"endpoint": "https://s3.cn-north-1.amazonaws.com.cn"}, Verdict.FAIL),
        ({"endpoint": "https://s3.amazonaws.com"}, {"region": "ap-northeast-2"}, Verdict.PASS),
    ],
)  # fmt: skip
def test_buckets_of_one_name_are_one_within_a_cloud_only(
    one: dict[str, object], other: dict[str, object], verdict: Verdict
) -> None:
    """Nobody is asked: the address and the region tell which cloud it is."""
    assert same_place(_store("baseline", **one), _store("candidate", **other)).verdict is verdict


def test_the_region_of_the_surroundings_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a region of its own a store is where the environment says."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    assert _store("baseline").place() == "s3 aws-cn files"
