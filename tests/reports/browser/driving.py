"""Chromium driven over its debugging pipe: a page is opened, asked and touched as by a person."""

from __future__ import annotations

import fcntl
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 60.0
_ARGUMENTS = (
    "--headless", "--no-sandbox", "--no-zygote", "--disable-gpu", "--hide-scrollbars", "--mute-audio",
    "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--remote-debugging-pipe",
)  # fmt: skip

# The protocol is fixed: Chromium reads commands from 3 and writes answers to 4.
_PIPED = """
import os, sys
for end, wanted in zip(sys.argv[1:3], (3, 4)):
    os.dup2(int(end), wanted)
    os.close(int(end))
os.execv(sys.argv[3], sys.argv[3:])
"""


class Browser:
    """A running Chromium; it ends when its pipe is closed, also when this process is killed."""

    def __init__(self, home: Path, work: Path) -> None:
        read, self._out = os.pipe()
        self._in, write = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 64) for end in (read, write)]
        told = {
            **os.environ,
            "LD_LIBRARY_PATH": str(home / "lib"),
            "FONTCONFIG_PATH": str(home / "fonts"),
            "HOME": str(work),
        }
        self._log = (work / "chromium.log").open("wb")
        chromium = [home / "chromium", *_ARGUMENTS, f"--user-data-dir={work / 'profile'}", "about:blank"]
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _PIPED, *map(str, ends), *chromium],
            env=told, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log, pass_fds=ends,
        )  # fmt: skip
        for end in (read, write, *ends):
            os.close(end)
        self._waiting = b""
        self._last = 0
        self.events: list[dict] = []

    def send(self, method: str, session: str = "", **parameters: object) -> dict:
        """The answer to a command; events that come meanwhile are kept."""
        self._last += 1
        number = self._last
        told = {"id": number, "method": method, "params": parameters, **({"sessionId": session} if session else {})}
        os.write(self._out, json.dumps(told).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.events.append(message)

    def wait(self, method: str, session: str) -> dict:
        """The first event of that name in the session, when it has come."""
        for event in self.events:
            if event.get("method") == method and event.get("sessionId") == session:
                return event
        while True:
            message = self._next()
            self.events.append(message)
            if message.get("method") == method and message.get("sessionId") == session:
                return message

    def _next(self) -> dict:
        end = time.monotonic() + PATIENCE
        while b"\0" not in self._waiting:
            ready, _, _ = select.select([self._in], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"Chromium said nothing for {PATIENCE:g} s"
            found = os.read(self._in, 1 << 20)
            assert found, f"Chromium ended: {self._process.poll()}"
            self._waiting += found
        message, _, self._waiting = self._waiting.partition(b"\0")
        return json.loads(message)

    def open(self, path: Path, *, scheme: str = "light", width: int = 1280, medium: str = "") -> Tab:
        """A page of its own, loaded; `medium` is what it is shown on: `print` is paper of that width."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable", session)
        self.send(
            "Emulation.setDeviceMetricsOverride", session, width=width, height=900, deviceScaleFactor=1, mobile=False
        )
        self.send(
            "Emulation.setEmulatedMedia",
            session,
            media=medium,
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )
        self.send("Page.navigate", session, url=path.as_uri())
        self.wait("Page.loadEventFired", session)
        return Tab(self, session, target)

    def close(self) -> None:
        """The process has ended."""
        os.close(self._out)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._in)
        self._log.close()


class Tab:
    """One page."""

    def __init__(self, browser: Browser, session: str, target: str) -> None:
        self._browser = browser
        self._session = session
        self._target = target

    def ask(self, expression: str) -> object:
        """The value of a JavaScript expression, as plain data."""
        found = self._browser.send(
            "Runtime.evaluate", self._session, expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, key: str, code: str = "", number: int = 0) -> None:
        """A key goes down and up, as from a keyboard."""
        text = {"text": key} if len(key) == 1 else {}
        said = {"key": key, "code": code or key, "windowsVirtualKeyCode": number}
        self._browser.send("Input.dispatchKeyEvent", self._session, type="keyDown", **said, **text)
        self._browser.send("Input.dispatchKeyEvent", self._session, type="keyUp", **said)

    def write(self, text: str) -> None:
        """The text is typed into what has the focus."""
        self._browser.send("Input.insertText", self._session, text=text)

    def print(self) -> str:
        """The page as PDF, in base64."""
        return self._browser.send("Page.printToPDF", self._session)["data"]

    def complaints(self) -> list[str]:
        """Every message of the console and every exception so far."""
        wanted = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        return [json.dumps(each["params"])[:500] for each in self._mine() if each["method"] in wanted]

    def requests(self) -> list[str]:
        """Every address that was asked for."""
        return [
            each["params"]["request"]["url"] for each in self._mine() if each["method"] == "Network.requestWillBeSent"
        ]

    def _mine(self) -> list[dict]:
        return [each for each in self._browser.events if each.get("sessionId") == self._session]

    def close(self) -> None:
        """The page is gone."""
        self._browser.send("Target.closeTarget", targetId=self._target)
