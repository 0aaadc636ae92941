"""Whatever happens, no secret is in anything a run shows or leaves behind."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from urllib.parse import quote, quote_plus

import own
import pytest

pytestmark = pytest.mark.xdist_group("systems-own")
SECRETS = (own.PASSWORD, own.LOGIN_PASSWORD, own.TOKEN, own.ISSUED)
CRASHES = """
import logging, sys
import psycopg
from verify.clients._transport import Transport

def broken(*words, **named):
    told = f"lost {words} {named}"
    print(told)
    print(told, file=sys.stderr)
    logging.getLogger("driver").error(told)
    raise RuntimeError(told)

def unsent(self, request):
    heads = b" ".join(name + b": " + value for name, value in request.headers.raw) + request.content
    raise RuntimeError("could not send " + heads.decode(errors="replace"))

psycopg.connect = broken
Transport.handle_request = unsent
"""
LOUD = ("-l", "--tb=long", "-rA", "-vv", "--showlocals", "--setup-show")


def spellings(secret: str) -> set[str]:
    """The secret as it is, as part of an address, in JSON, in base64."""
    raw = secret.encode()
    encoded = {base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()}
    shown = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1], raw.hex()}
    return {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), *shown, *encoded}


def leaks(*texts: str) -> list[str]:
    """Every spelling of a secret that one of the texts holds."""
    wanted = sorted({each for secret in SECRETS for each in spellings(secret)})
    return [each for each in wanted for text in texts if each in text]


def left_behind(desk) -> str:
    """All that lies in the evidence folder, the decisions and reports among it, and the JUnit file."""
    files = [
        path
        for path in desk.root.parent.rglob("*")
        if path.is_file() and path.suffix in (".jsonl", ".json", ".md", ".xml")
    ]
    assert {path.suffix for path in files} >= {".jsonl", ".json", ".md", ".xml"}
    return "".join(path.read_text(errors="replace") for path in files)


def everything(desk, *words: str) -> tuple[str, str]:
    """The suite, the gate and the report, one after the other: what they said and what they left."""
    junit = str(desk.root.parent / "junit.xml")
    said = desk.pytest(f"--junitxml={junit}", *words).said
    said += desk.gate("umzug").said + desk.gate("umzug", "--json").said + desk.cutover("report").said
    return said, left_behind(desk)


def echoing(handler) -> None:
    """Shows the caller everything the caller sent."""
    sent = {name.lower(): value for name, value in handler.headers.items()}
    told = base64.b64encode(sent.get("x-api-key", "").encode()).decode()
    own.says(500, {"sent": sent, "url": quote(sent.get("x-api-key", "")), "again": told}, location=f"/{told}")(handler)


def echo_login(handler) -> None:
    """Refuses, and repeats the password in its reason."""
    asked = json.loads(handler.rfile.read(int(handler.headers["content-length"])))
    own.says(403, {"reason": f"{asked} is wrong"}, x_reason=quote(asked["wort"]))(handler)


@pytest.mark.parametrize("words", [(), LOUD], ids=["quiet", "loud"])
def test_a_green_run_keeps_them(laden, words):
    """Nothing went wrong, and nothing was shown."""
    said, left = everything(laden, *words)
    assert "ADVANCE" in said, said
    assert leaks(said, left) == []


@pytest.mark.parametrize("words", [LOUD, ("--tb=no",), ("-n", "2", "-l")], ids=["loud", "no-tb", "xdist"])
def test_a_candidate_that_repeats_what_it_was_sent_leaks_nothing(laden, sites, words):
    """Tokens and keys echoed in bodies and headers of both kinds of answers are masked as differences."""
    sites["neu"].answers |= {"GET /ich": echoing, "GET /waren?seite=1": echoing, "GET /gesund": echoing}
    said, left = everything(laden, *words)
    assert "HOLD" in said
    assert "[secret]" in said + left
    assert leaks(said, left) == []


def test_a_refused_login_and_a_refused_database_leak_nothing(laden, sites):
    """Both refusals are told; neither password is."""
    sites["neu"].answers["POST /anmelden"] = echo_login
    dsn = laden.variables["NEU_DSN"].replace("leser:", "niemand:")
    said, left = everything(replace(laden, variables={**laden.variables, "NEU_DSN": dsn}), *LOUD)
    assert "are its credentials right?" in said, said
    assert "candidate haupt did not answer" in said, said
    assert leaks(said, left) == []


@pytest.mark.parametrize("words", [LOUD, ("--tb=no",), ("--tb=native",), ("-n", "2", "-l")], ids=" ".join)
def test_a_crash_that_holds_them_in_its_text_and_locals_leaks_nothing(laden, words):
    """A driver that breaks with the address in its message, its log and its frames shows none of it."""
    folder = laden.root.parent
    (folder / "crashes.py").write_text(CRASHES)
    desk = replace(laden, more={"PYTHONPATH": str(folder)})
    junit = folder / "junit.xml"
    ended = desk.pytest(f"--junitxml={junit}", "-p", "crashes", *words)
    assert ended.code not in (0, 10), ended.said
    files = [*folder.rglob("*.jsonl"), junit]
    gate = desk.run(
        "-c", "import crashes; from verify.cli import main; main()", "gate", "--env", desk.env, "--step", "umzug"
    )
    assert gate.code not in (0, 10, 20, 30)
    assert "RuntimeError" in gate.said
    assert leaks(ended.said, gate.said, *(path.read_text() for path in files if path.exists())) == []


def test_a_driver_that_crashes_in_a_check_leaks_nothing(laden):
    """In the middle of a run the crash is told with its frames, and neither they nor the shell's variables leak."""
    unrelated = "fake-key-of-something-else"
    folder = laden.root.parent
    (folder / "crashes.py").write_text(CRASHES.replace("Transport.handle_request = unsent", ""))
    desk = replace(laden, more={"PYTHONPATH": str(folder), "UNRELATED_KEY": unrelated})
    said, left = everything(desk, "-p", "crashes", *LOUD)
    assert unrelated not in said + left
    assert "RuntimeError: lost" in said
    assert "HOLD" in said
    assert leaks(said, left) == []
