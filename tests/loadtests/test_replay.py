"""Recorded traffic, well-formed and hostile."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pytest

from loadtests.replay.reading import read_recording
from loadtests.replay.recording import shape
from verify.core.errors import CutoverError

COMBINED = '192.0.2.{n} - {user} [21/Nov/2026:10:00:{second:02d} +0000] "{request}" {status} 512 "-" "Agent/1.0"\n'


def line(
    second: int, request: str = "GET /api/products?limit=5 HTTP/1.1", *, status: int = 200, user: str = "-"
) -> str:
    """One line in the combined format."""
    return COMBINED.format(n=second, user=user, second=second, request=request, status=status)


def log(tmp_path: Path, *lines: str | bytes) -> Path:
    """A log of these lines."""
    path = tmp_path / "access.log"
    path.write_bytes(b"".join(each.encode() if isinstance(each, str) else each for each in lines))
    return path


def entry(
    path: str, *, at: str = "2026-11-21T10:00:00.250Z", method: str = "GET", host: str = "shop.example.test", status: int = 200,
    **request: object,
) -> dict[str, object]:  # fmt: skip
    """One entry of a HAR file."""
    asked = {"method": method, "url": f"https://{host}{path}", **request}
    return {"startedDateTime": at, "request": asked, "response": {"status": status}}


def har(tmp_path: Path, *entries: object) -> Path:
    """A HAR file of these entries."""
    path = tmp_path / "visit.har"
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), encoding="utf-8")
    return path


def test_both_log_formats_are_read_in_order_of_time(tmp_path: Path) -> None:
    """Common and combined lines, out of order and in another zone, become offsets from the first."""
    common = '192.0.2.9 - anna [21/Nov/2026:12:00:07 +0200] "HEAD /health HTTP/1.0" 204 -\n'
    found = read_recording(log(tmp_path, line(4), common, line(2)))
    assert found.offsets.tolist() == [0.0, 2.0, 5.0]
    assert [found.requests[each].method for each in found.chosen] == ["GET", "GET", "HEAD"]
    assert len(found.requests) == 2
    assert (found.left_out, found.grain) == ((), 1.0)


def test_a_har_file_keeps_milliseconds(tmp_path: Path) -> None:
    """Times are exact to the millisecond, the query is part of the path, and the recorded host is not."""
    found = read_recording(har(tmp_path, entry("/a?x=1"), entry("/b", at="2026-11-21T11:00:01.500+01:00")))
    assert found.offsets.tolist() == [0.0, 1.25]
    assert [each.path for each in found.requests] == ["/a?x=1", "/b"]
    assert "example" not in repr(found.requests)


def test_what_writes_is_left_out_unless_allowed(tmp_path: Path) -> None:
    """A POST is counted as left out; with leave to write a HAR file's is asked with its body."""
    posted = entry("/orders", method="POST", postData={"mimeType": "application/json", "text": '{"n":1}'})
    path = har(tmp_path, entry("/a"), posted)
    found = read_recording(path)
    assert [each.words for each in found.left_out] == ["1 that write; they need --allow-writes (first: entry 2)"]
    allowed = read_recording(path, allow_writes=True)
    assert (allowed.requests[1].body, allowed.requests[1].content_type) == (b'{"n":1}', "application/json")
    logged = read_recording(log(tmp_path, line(1), line(2, "POST /orders HTTP/1.1")), allow_writes=True)
    assert "an access log does not hold" in logged.left_out[0].why


@pytest.mark.parametrize(
    ("request_line", "said"),
    [
        ("GET http://other.example.test/ HTTP/1.1", "not a path"),
        ("CONNECT other.example.test:443 HTTP/1.1", "method"),
        ("OPTIONS * HTTP/1.1", "method"),
        ("\\x16\\x03\\x01", "not a method, a path and a version"),
        ("GET /a\u00e9 HTTP/1.1", "not a path of printable"),
        ("GET /" + "a" * 9000 + " HTTP/1.1", "over 8,192 characters"),
        ("-", "not a method, a path and a version"),
    ],
)
def test_what_cannot_be_asked_again_is_counted(tmp_path: Path, request_line: str, said: str) -> None:
    """Proxy requests, tunnels, noise and endless paths are left out with their reason and their line."""
    found = read_recording(log(tmp_path, line(1), line(2, request_line), line(3)))
    assert len(found.offsets) == 2
    assert (said in found.left_out[0].why, found.left_out[0].first) == (True, "line 2")


def test_recorded_failures_of_the_server_are_left_out(tmp_path: Path) -> None:
    """A request that was answered 503 is not load that can be answered; one answered 404 is."""
    found = read_recording(log(tmp_path, line(1), line(2, status=503), line(3, status=404)))
    assert [found.requests[each].status for each in found.chosen] == [200, 404]
    assert "5xx" in found.left_out[0].why


def test_broken_and_huge_lines_are_counted(tmp_path: Path) -> None:
    """Half-written, over-long, binary and impossible lines are left out; blank ones are nothing."""
    huge = '192.0.2.1 - - [21/Nov/2026:10:00:00 +0000] "GET /' + "a" * 2_000_000 + ' HTTP/1.1" 200 1\n'
    wrong_day = line(1).replace("21/Nov", "31/Feb")
    path = log(
        tmp_path,
        line(1),
        "\n",
        line(2)[:40] + "\n",
        huge,
        b"\xff\xfe\x00binary\n",
        wrong_day,
        line(6),
        line(7),
        line(8),
    )
    found = read_recording(path)
    assert len(found.offsets) == 4
    assert {each.why: each.count for each in found.left_out} == {
        "that are not in the common or combined format": 2, "over 65,536 bytes long": 1,
        "with a time that no calendar holds": 1,
    }  # fmt: skip


def test_a_line_made_to_be_slow_is_refused_at_once(tmp_path: Path) -> None:
    """60,000 quotes, brackets and backslashes on one line cost no noticeable time."""
    nasty = "[" * 20_000 + '"' + '\\"' * 20_000 + "\n"
    begun = time.process_time()
    read_recording(log(tmp_path, line(1), line(2), nasty))
    assert time.process_time() - begun < 1.0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n\n\n", "0 usable requests"),
        (gzip.compress(b"x"), "gunzip"),
        (b"\xff\xfea\x00", "UTF-16"),
        (b"abc\ndef\x00\x01", "line 2: byte 7 is zero"),
        (b"2026-11-21 10:00:00 INFO started\n" * 3, "0 usable requests"),
        (b"{", "line 1, column 2"),
        (b"[1, 2]", "no list at log.entries"),
        (b'{"log": {"entries": {}}}', "no list at log.entries"),
        (b'{"log": {"entries": []}}', "0 usable requests"),
        (b'{"a": "\xff"}', "is not UTF-8"),
        (b'{"a":' * 100_000, "export the HAR file again"),
        (b'{"log": {"entries": [1, null, {"request": []}, {"request": {"method": 1}}]}}', "4 that are not entries"),
    ],
    ids=[
        "empty",
        "blank",
        "gzip",
        "utf-16",
        "binary",
        "other-log",
        "cut-json",
        "list",
        "map",
        "no-entry",
        "latin-1",
        "deep",
        "no-entries",
    ],
)
def test_another_kind_of_file_is_refused_with_what_to_do(tmp_path: Path, content: bytes, said: str) -> None:
    """Nothing usable is an error that names the file, the place and the remedy."""
    path = tmp_path / "given"
    path.write_bytes(content)
    with pytest.raises(CutoverError, match="given") as raised:
        read_recording(path)
    assert said in str(raised.value)


def test_a_file_of_which_over_half_is_another_format_is_refused(tmp_path: Path) -> None:
    """What is left of such a file would not be the traffic it claims to be."""
    with pytest.raises(CutoverError, match="over half of it is not in its format"):
        read_recording(log(tmp_path, line(1), "noise\n", "more\n"))


def test_no_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    """A missing file and a folder are told apart from an empty one."""
    with pytest.raises(CutoverError, match="No such file"):
        read_recording(tmp_path / "none")
    with pytest.raises(CutoverError, match="is not a file"):
        read_recording(tmp_path)


def test_one_host_of_a_har_file_is_asked(tmp_path: Path) -> None:
    """Entries of other hosts are left out by name; a tie has to be decided by the caller."""
    path = har(tmp_path, entry("/a"), entry("/b"), entry("/pixel", host="tracker.example.test"))
    found = read_recording(path)
    assert len(found.requests) == 2
    assert "other hosts than shop.example.test" in found.left_out[0].why
    assert [each.path for each in read_recording(path, host="tracker.example.test").requests] == ["/pixel"]
    with pytest.raises(CutoverError, match="--replay-host"):
        read_recording(har(tmp_path, entry("/a"), entry("/b", host="other.example.test")))


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/api/products/17?token=fake", "/api/products/{}"),
        ("/users/anna@example.test/orders", "/users/{}/orders"),
        ("/f/3f2b8c1e-0000-4000-8000-000000000000", "/f/{}"),
        ("/health", "/health"),
        ("/", "/"),
    ],
)
def test_names_of_recorded_requests_hold_nothing_personal(path: str, shown: str) -> None:
    """Numbers, ids, addresses and queries do not reach a screen or the evidence."""
    assert shape(path) == shown
